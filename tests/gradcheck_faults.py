"""Backpropagation as a learner would write it, right or with one thing wrong: what the gradient check is checked with.

`Backprop` is right. Each fault overrides one of its steps, and says in which nets it can be made and which causes a
hint may rightly name. It shares no code with the package's own backward pass.
"""

from dataclasses import dataclass, field

import numpy as np

from dlrun.nn.parameters import Parameters


class Backprop:
    """The gradient of a problem, layers counted from 1; a step a method, so that a fault can take its place."""

    def __init__(self, problem):
        self.problem, self.m, self.L = problem, len(problem.X), problem.network.depth
        self.activation, self.loss = problem.network.activation, problem.network.loss
        self.W = {n: layer.W for n, layer in enumerate(problem.parameters.layers, 1)}
        self.b = {n: layer.b for n, layer in enumerate(problem.parameters.layers, 1)}
        self.lam, self.m_train = problem.l2_lambda, problem.m_train
        self.masks = dict(enumerate(problem.masks, 1))
        keeps = problem.network.keep_probs or (1.0,) * (self.L - 1)
        # The word of 16 bits that draws a mask makes keep_prob a multiple of 2^-16.
        self.keep = {n: round(keep * 2**16) / 2**16 for n, keep in enumerate(keeps, 1)}
        self.A, self.Z, self.G = {0: problem.X}, {}, {}

    def g(self, Z):
        if self.activation == "leaky_relu":
            return np.where(Z > 0, Z, 0.01 * Z)
        named = {"relu": lambda: Z * (Z > 0), "tanh": lambda: np.tanh(Z), "identity": lambda: Z}
        return named.get(self.activation, lambda: 1 / (1 + np.exp(-Z)))()

    def forward(self):
        for n in range(1, self.L + 1):
            self.Z[n] = self.A[n - 1] @ self.W[n] + self.b[n]
            if n < self.L:
                self.G[n] = self.g(self.Z[n])
                self.A[n] = self.G[n] if self.masks[n] is None else self.G[n] * self.masks[n] / self.keep[n]

    def output_slope(self):
        Z, Y = self.Z[self.L], self.problem.Y
        if self.loss == "squared":
            return 2 * (Z - Y) / self.m
        if self.loss == "sigmoid":
            return (1 / (1 + np.exp(-Z)) - Y) / self.m
        P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
        P[np.arange(self.m), Y] -= 1
        return P / self.m

    def derivative(self, n):
        Z, G = self.Z[n], self.G[n]
        if self.activation == "leaky_relu":
            return np.where(Z > 0, 1, 0.01)
        named = {"relu": lambda: Z > 0, "tanh": lambda: 1 - G**2, "identity": lambda: np.ones_like(Z)}
        return named.get(self.activation, lambda: G * (1 - G))()

    def dropped(self, dA, n):
        return dA if self.masks[n] is None else dA * self.masks[n] / self.keep[n]

    def down(self, dZ, n):
        return dZ @ self.W[n].T

    def weight_slope(self, dZ, n):
        return self.A[n - 1].T @ dZ

    def bias_slope(self, dZ, n):
        return dZ.sum(axis=0)

    def weight_penalty(self, n):
        return self.lam / self.m_train * self.W[n]

    def bias_penalty(self, n):
        return 0 * self.b[n]

    def last(self, gradient):
        """The finished gradient, in place."""

    def gradient(self) -> Parameters:
        self.forward()
        gradient, dZ = Parameters(self.problem.network.sizes, np.float64), self.output_slope()
        for n in range(self.L, 0, -1):
            gradient.layers[n - 1].W[:] = self.weight_slope(dZ, n) + self.weight_penalty(n)
            gradient.layers[n - 1].b[:] = self.bias_slope(dZ, n) + self.bias_penalty(n)
            if n > 1:
                dZ = self.dropped(self.down(dZ, n), n - 1) * self.derivative(n - 1)
        self.last(gradient)
        return gradient


@dataclass(frozen=True)
class Fault:
    """One planted bug. causes : what the first hint may say; empty if no hint knows it. activations, losses : where
    it can be made; empty means everywhere."""

    name: str
    causes: frozenset
    steps: dict = field(repr=False)
    activations: tuple = ()
    losses: tuple = ()

    def gradient(self, problem) -> Parameters:
        return type("Faulty", (Backprop,), self.steps)(problem).gradient()

    def fits(self, activation: str, loss: str) -> bool:
        return activation in (self.activations or (activation,)) and loss in (self.losses or (loss,))


FAULTS: list[Fault] = []


def fault(name, *causes, activations=(), losses=(), **steps):
    FAULTS.append(Fault(name, frozenset(causes), steps, activations, losses))


R = Backprop  # the right steps, for faults to start from


def scale(number, tensor, k):
    def last(self, gradient):
        gradient.tensors()[f"{tensor}{number}"][:] *= k

    return last


# Factors.
fault("factor 2 in dW2", "factor", "factor_2", last=scale(2, "W", 2))
fault("4/m for 1/m in db1", "factor", last=scale(1, "b", 4))
fault("dW2 a ten-thousandth too large", "factor", last=scale(2, "W", 1.0001))
fault("sum instead of mean", "sum_not_mean", output_slope=lambda s: R.output_slope(s) * s.m)
fault("mean taken twice", "averaged_twice", output_slope=lambda s: R.output_slope(s) / s.m)
fault("m - 1 for m", "divided_by_m_minus_1", output_slope=lambda s: R.output_slope(s) * s.m / (s.m - 1))
fault("sign of the output", "sign", output_slope=lambda s: -R.output_slope(s))
fault("sign of dA1", "sign", down=lambda s, dZ, n: R.down(s, dZ, n) * (-1 if n == 2 else 1))
fault("squared error without its 2", "factor_half", losses=("squared",), output_slope=lambda s: R.output_slope(s) / 2)
fault("db averaged", "averaged_twice", bias_slope=lambda s, dZ, n: dZ.mean(axis=0))

# The penalty.
fault("lambda forgotten", "penalty_missing", weight_penalty=lambda s, n: 0)
fault("lambda doubled", "penalty_doubled", weight_penalty=lambda s, n: 2 * R.weight_penalty(s, n))
fault("lambda / 2m", "penalty_halved", weight_penalty=lambda s, n: R.weight_penalty(s, n) / 2)
fault("lambda on biases", "penalty_on_biases", bias_penalty=lambda s, n: s.lam / s.m_train * s.b[n])
fault("lambda by the batch", "penalty_of_batch", weight_penalty=lambda s, n: s.lam / s.m * s.W[n])
fault("lambda not divided", "penalty_not_divided", weight_penalty=lambda s, n: s.lam * s.W[n])
fault("lambda subtracted", "penalty_sign", weight_penalty=lambda s, n: -R.weight_penalty(s, n))
fault(
    "lambda forgotten in the last layer",
    "penalty_missing",
    weight_penalty=lambda s, n: R.weight_penalty(s, n) * (n < s.L),
)
fault(
    "lambda of the first layer alone", "penalty_missing", weight_penalty=lambda s, n: R.weight_penalty(s, n) * (n == 1)
)
fault("sign of W for W", "penalty", weight_penalty=lambda s, n: s.lam / s.m_train * np.sign(s.W[n]))

# Dropout.
fault(
    "1 / keep_prob missing",
    "mask_not_rescaled",
    dropped=lambda s, dA, n: dA if s.masks[n] is None else dA * s.masks[n],
)
fault("mask not applied backward", "mask_not_applied", dropped=lambda s, dA, n: dA)
fault("only 1 / keep_prob backward", "mask_not_applied", dropped=lambda s, dA, n: dA / s.keep[n])
fault(
    "1 / keep_prob twice",
    "mask_rescaled_twice",
    dropped=lambda s, dA, n: R.dropped(s, dA, n) / (1 if s.masks[n] is None else s.keep[n]),
)


def other_mask(s, dA, n):
    other = next((k for k in s.masks if k != n and np.shape(s.masks[k]) == np.shape(s.masks[n])), n)
    return R.dropped(s, dA, n) if s.masks[other] is None else dA * s.masks[other] / s.keep[other]


fault("mask of another layer", "mask_of_another_layer", dropped=other_mask)
fault("dW takes A before its mask", "mask_not_applied", weight_slope=lambda s, dZ, n: s.G.get(n - 1, s.A[n - 1]).T @ dZ)

# Activation derivatives.
TANH, SIGMOID, RELU, LEAKY = ("tanh",), ("sigmoid",), ("relu",), ("leaky_relu",)
fault("tanh' from z", "wrong_derivative", activations=TANH, derivative=lambda s, n: 1 - s.Z[n] ** 2)
fault("tanh' without the square", "wrong_derivative", activations=TANH, derivative=lambda s, n: 1 - s.G[n])
fault(
    "tanh' with half the slope",
    "factor",
    "factor_half",
    activations=TANH,
    derivative=lambda s, n: R.derivative(s, n) / 2,
)
fault("gate reversed", "gate_reversed", activations=RELU, derivative=lambda s, n: s.Z[n] <= 0)
fault("gate a >= 0", "derivative_missing", activations=RELU, derivative=lambda s, n: s.G[n] >= 0)
fault("leaky slope missing", "leaky_slope_missing", activations=LEAKY, derivative=lambda s, n: s.Z[n] > 0)
fault("leaky slope 0.1", activations=LEAKY, derivative=lambda s, n: np.where(s.Z[n] > 0, 1, 0.1))
fault("sigmoid' twice", "derivative_twice", activations=SIGMOID, derivative=lambda s, n: R.derivative(s, n) ** 2)
fault("sigmoid' = a", "wrong_derivative", activations=SIGMOID, derivative=lambda s, n: s.G[n])
fault(
    "sigmoid' of a",
    "wrong_derivative",
    activations=SIGMOID,
    derivative=lambda s, n: s.g(s.G[n]) * (1 - s.g(s.G[n])),
)
SLOPED = (*TANH, *SIGMOID, *RELU, *LEAKY)  # all whose derivative is not 1 throughout
fault("derivative missing", "derivative_missing", activations=SLOPED, derivative=lambda s, n: 1)
fault(
    "derivative missing in layer 1",
    "derivative_missing",
    activations=SLOPED,
    derivative=lambda s, n: 1 if n == 1 else R.derivative(s, n),
)


def other_derivative(s, n):
    other = next((k for k in s.G if k != n and s.G[k].shape == s.G[n].shape), n)
    return R.derivative(s, other)


fault(
    "derivative of another layer",
    "derivative_of_another_layer",
    activations=SLOPED,
    derivative=other_derivative,
)
fault("tanh' for relu'", "wrong_derivative", activations=RELU, derivative=lambda s, n: 1 - np.tanh(s.Z[n]) ** 2)


# The loss.
def right_class_only(s):
    return R.output_slope(s) * (np.arange(s.Z[s.L].shape[1]) == s.problem.Y[:, None])


def extra_sigmoid(s):
    P = 1 / (1 + np.exp(-s.Z[s.L]))
    return R.output_slope(s) * P * (1 - P)


fault("softmax without its coupling", "softmax_uncoupled", losses=("softmax",), output_slope=right_class_only)
fault("an extra sigmoid' at the output", "extra_output_slope", losses=("sigmoid",), output_slope=extra_sigmoid)

# Biases.
fault(
    "db summed over units as well",
    "wrong_axis",
    bias_slope=lambda s, dZ, n: dZ.sum() if dZ.shape[1] > 1 else R.bias_slope(s, dZ, n),
)
fault("db of the first example", "rows_left_out", bias_slope=lambda s, dZ, n: dZ[0])
fault("db of hidden layers never set", "zero", bias_slope=lambda s, dZ, n: R.bias_slope(s, dZ, n) * (n == s.L))
fault(
    "db summed over the examples of the wrong axis", bias_slope=lambda s, dZ, n: np.resize(dZ.sum(axis=1), dZ.shape[1])
)

# Layers, rows and entries.


def last_layer_only(s, gradient):
    for layer in gradient.layers[:-1]:
        layer.Wb[:] = 0


def square_transposed(s, dZ, n):
    return dZ @ s.W[n] if s.W[n].shape[0] == s.W[n].shape[1] else R.down(s, dZ, n)


def transposed_slope(s, dZ, n):
    dW = R.weight_slope(s, dZ, n)
    return dW.T if dW.shape[0] == dW.shape[1] else dW


def stale(s, dZ, n):
    """A as it was before the last update: of weights that were a little different."""
    if n == 1:
        return R.weight_slope(s, dZ, n)
    Z = s.A[n - 2] @ (s.W[n - 1] * 1.1) + s.b[n - 1] - 0.05
    A = s.g(Z)
    return (A if s.masks[n - 1] is None else A * s.masks[n - 1] / s.keep[n - 1]).T @ dZ


def other_input(s, dZ, n):
    other = next((k for k in s.A if k != n - 1 and s.A[k].shape == s.A[n - 1].shape), n - 1)
    return s.A[other].T @ dZ


def one_row(s, gradient):
    gradient.layers[0].W[3] *= 1.5


def one_column(s, gradient):
    gradient.layers[0].W[:, 2] += 0.01


def one_entry(s, gradient):
    """A hundredth, of the entry whose size is in the middle of its tensor's nonzero ones."""
    W = gradient.layers[0].W
    sizes = np.where(W == 0, np.inf, np.abs(W)).ravel()
    W.flat[np.argsort(sizes)[np.isfinite(sizes).sum() // 2]] *= 1.01


def clip(s, gradient):
    bound = np.quantile(np.abs(gradient.flat), 0.6)
    np.clip(gradient.flat, -bound, bound, out=gradient.flat)


def swapped(s, gradient):
    for lower, upper in zip(gradient.layers[:-1], gradient.layers[1:], strict=True):
        if lower.Wb.shape == upper.Wb.shape:
            lower.Wb[:], upper.Wb[:] = upper.Wb.copy(), lower.Wb.copy()
            return


def updated_weights(s, dZ, n):
    return dZ @ (0.9 * s.W[n] + 0.01).T


def rows_but_the_last(s):
    dZ = R.output_slope(s)
    dZ[-1] = 0
    return dZ


fault("last layer only", "zero", last=last_layer_only)
fault("square weight not transposed", "transposed_weight", down=square_transposed)
fault("dW transposed where square", "transposed", weight_slope=transposed_slope)
fault("stale activations in dW", "only_weights", weight_slope=stale)
fault("dW takes Z for A", "pre_activation_input", weight_slope=lambda s, dZ, n: s.Z.get(n - 1, s.A[n - 1]).T @ dZ)
fault("dW takes A of another layer", "input_of_another_layer", weight_slope=other_input)
fault("one row of dW1", "one_row", last=one_row)
fault("one column of dW1", "one_column", last=one_column)
fault("1 % of one entry of dW1", "one_entry", last=one_entry)
fault("gradient clipped", "clipped", last=clip)
fault("the gradients of two layers swapped", last=swapped)
fault("dA through weights already updated", down=updated_weights)
fault("the last example left out", "rows_left_out", output_slope=rows_but_the_last)
