"""A training as the textbook writes it: a row, a layer and a parameter at a time, float64, nothing kept in place.

The slow twin of `dlrun.nn.training`. It has the streams in common with it, since equal rows must meet equal masks:
an order of the rows an epoch, and a 16-bit word a hidden unit.
"""

import numpy as np
import oracles

SLOPES = {
    "relu": lambda z: float(z > 0),
    "leaky_relu": lambda z: 1.0 if z > 0 else 0.01,
    "tanh": lambda z: 1 / np.cosh(z) ** 2,
    "sigmoid": lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
    "identity": lambda z: 1.0,
}


class SlowTraining:
    """theta : all parameters, each layer's W and then its b. gradients : those of every step so far.

    descend(theta, gradients) : where an optimizer ends that is given these gradients. decay : the share of the weights
    that each step takes before it.
    """

    def __init__(self, parameters, activation, loss, *, descend, l2_lambda, keep_prob, m_train, decay=0.0):
        self.shapes = [layer.W.shape for layer in parameters.layers]
        self.first = self.theta = parameters.flat.astype(np.float64)
        self.activation, self.loss, self.keep_prob = activation, loss, keep_prob
        self.descend = descend
        self.l2_lambda, self.m_train, self.decay = l2_lambda, m_train, decay
        self.gradients = []

    def layers(self, flat):
        """[(W, b), ...], copies, of a vector in the order of theta."""
        pairs, start = [], 0
        for n_in, n_out in self.shapes:
            W = flat[start : start + n_in * n_out].reshape(n_in, n_out).copy()
            b = flat[start + n_in * n_out : start + (n_in + 1) * n_out].copy()
            pairs.append((W, b))
            start += (n_in + 1) * n_out
        return pairs

    def step(self, X, Y, masks, weight=None):
        """(loss, penalty) before the update. masks: one (m, n) of booleans a hidden layer, or none. weight: (m,)."""
        weights = self.layers(self.theta)
        slopes = [(np.zeros_like(W), np.zeros_like(b)) for W, b in weights]
        losses = []
        for i, (x, y) in enumerate(zip(X, np.ravel(Y), strict=True)):
            counts = 1.0 if weight is None else float(weight[i])
            losses.append(self.add_row(weights, slopes, x, y, [mask[i] for mask in masks], counts))
        m = len(X)
        penalty = sum(self.l2_lambda / (2 * self.m_train) * np.sum(W**2) for W, _ in weights)
        gradient = [
            np.concatenate([(dW / m + self.l2_lambda / self.m_train * W).ravel(), db / m])
            for (W, _), (dW, db) in zip(weights, slopes, strict=True)
        ]
        self.gradients.append(np.concatenate(gradient))
        # What an optimizer moves by depends on the gradients alone, so a decay changes where it moves from.
        step = self.descend(self.first, self.gradients) - self.descend(self.first, self.gradients[:-1])
        lost = [np.concatenate([self.decay * W.ravel(), 0 * b]) for W, b in weights]
        self.theta = self.theta - np.concatenate(lost) + step
        return np.mean(losses), penalty

    def add_row(self, weights, slopes, x, y, masks, counts):
        """The loss of one row, whose slopes are added to those of the batch; it counts so often."""
        a, inputs, zs = np.asarray(x, np.float64), [], []
        for number, (W, b) in enumerate(weights):
            inputs.append(a)
            zs.append(np.einsum("i,io->o", a, W) + b)
            a = np.array([oracles.VALUES[self.activation](z) for z in zs[-1]]) * self.factor(masks, number)
        dz = counts * self.loss_slope(zs[-1], y)
        for number in reversed(range(len(weights))):
            slopes[number][0][:] += np.einsum("i,o->io", inputs[number], dz)
            slopes[number][1][:] += dz
            if number:
                g = np.array([SLOPES[self.activation](z) for z in zs[number - 1]])
                dz = np.einsum("o,io->i", dz, weights[number][0]) * g * self.factor(masks, number - 1)
        return counts * oracles.loss_one(self.loss, zs[-1], y)

    def factor(self, masks, number):
        """What dropout multiplies the units of a hidden layer by."""
        return masks[number] / self.keep_prob if number < len(masks) else 1.0

    def loss_slope(self, z, y):
        if self.loss == "sigmoid":
            return 1 / (1 + np.exp(-z)) - y
        if self.loss == "softmax":
            return np.exp(z) / np.exp(z).sum() - (np.arange(len(z)) == y)
        return 2 * (z - y)


def drawn_masks(m, widths, keep_prob, rng):
    """A 16-bit word a hidden unit, layer by layer and row by row: the unit stays if it is below keep_prob * 2^16."""
    if keep_prob == 1:
        return []
    n_words = m * sum(widths)
    words = [(draw >> shift) & 0xFFFF for draw in raw_draws(n_words, rng) for shift in (0, 16, 32, 48)]
    stays = iter(word < round(keep_prob * 2**16) for word in words)
    return [np.array([[next(stays) for _ in range(n)] for _ in range(m)]) for n in widths]


def raw_draws(n_words, rng):
    return [int(draw) for draw in rng.bit_generator.random_raw(-(-n_words // 4))]
