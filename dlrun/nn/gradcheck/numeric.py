"""Central differences of a network's cost, many parameters at a time: exact, and fast enough for every parameter.

A change of W[i, j] or b[j] in layer l moves one unit of that layer, so Z of layer l + 1 changes by an outer product:
the unit's change, example by example, times row j of the weights above. What is left is one forward pass of the
layers above for many parameters at once. A row, here a column, is one example under one changed parameter; rows in
which nothing moves (a zero input, a dead or dropped unit) are left out, since their loss is the one already known.

Arrays stand with units first, (n, rows): biases, masks and the classes of a softmax then run along memory.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..activations import ACTIVATIONS
from .costs import LOSSES_BY_COLUMN
from .problem import Problem

# All buffers of a block together, unless said otherwise. More is not faster: see CACHED_BYTES.
MEMORY_BYTES = 64 * 2**20
# What a block takes of them at most: of 1 to 32 MiB measured fastest on five nets, or within a tenth of it.
CACHED_BYTES = 8 * 2**20
# Floats that one example under one changed parameter takes, as a multiple of the widest layer above: for +h and for -h
# a pre-activation, an activation, a gathered operand and the signs.
BUFFERS_A_ROW = 8
# The step of the probe for a kink at zero: any would do, the activations in question are straight on either side.
KINK_PROBE = 1e-3


@dataclass
class Differences:
    """What the cost does when parameters change one at a time by +h and by -h; each array has one entry a parameter.

    slope : (J(+h) - J(-h)) / 2h. right, left : (J(+h) - J) / h and (J - J(-h)) / h.
    low, high : the least and the greatest slope that picking one side an example could give, where any crossed.
    crossed : whether any pre-activation of any example changed sign between -h and +h, at an activation with a kink.
    """

    slope: np.ndarray
    right: np.ndarray
    left: np.ndarray
    low: np.ndarray
    high: np.ndarray
    crossed: np.ndarray

    @classmethod
    def empty(cls, n: int) -> "Differences":
        return cls(*(np.zeros(n) for _ in range(5)), np.zeros(n, np.bool_))

    def put(self, where, other: "Differences") -> None:
        """Write another's entries at the positions `where`."""
        for name, array in vars(self).items():
            array[where] = getattr(other, name)


def has_kink(activation: str) -> bool:
    """Whether the slopes on the two sides of zero differ; found from the values, not from the slopes under check."""
    values = np.empty(3)
    ACTIVATIONS[activation].value(np.array([-KINK_PROBE, 0.0, KINK_PROBE]), values)
    left, right = np.diff(values)
    return not np.isclose(left, right, rtol=1e-6, atol=0)


class BlockDifferences:
    """Central differences of the cost of a `Problem`; `loss` (m,) is each example's own at the point itself.

    frozen_gates : hold every kinked activation on the side where the point stands (zero counts as negative), which
    makes the cost smooth: its slope is the one that a backward pass should give at a kink.
    """

    def __init__(self, problem: Problem, memory_bytes: int = MEMORY_BYTES, frozen_gates: bool = False):
        self.problem, self.m = problem, len(problem.X)
        self.activation = ACTIVATIONS[problem.network.activation]
        self.kinked = has_kink(problem.network.activation)
        self.WbT = [np.ascontiguousarray(layer.Wb.T) for layer in problem.parameters.layers]
        self.factors = [None if f is None else np.ascontiguousarray(f.T) for f in problem.kept_factors]
        self.gates: list[np.ndarray] | None = None
        self.run_base()
        if frozen_gates and self.kinked:
            slopes = self.value(np.array([-1.0, 1.0])) * [-1, 1]
            self.gates = [np.where(Z > 0, slopes[1], slopes[0]) for Z in self.Z[:-1]]
        self.buffers: dict[str, np.ndarray] = {}
        self.block_bytes = min(memory_bytes, CACHED_BYTES)

    def run_base(self) -> None:
        """Forward at the point: Z of every layer (n, m), and A1 of its inputs beside a row of ones (n + 1, m)."""
        ones = np.ones((1, self.m))
        self.A1, self.Z, self.G = [np.concatenate([self.problem.X.T, ones])], [], []
        for index, WbT in enumerate(self.WbT):
            self.Z.append(WbT @ self.A1[index])
            if index < len(self.WbT) - 1:
                self.G.append(self.value(self.Z[index]))
                factor = self.factors[index]
                A = self.G[index] if factor is None else self.G[index] * factor
                self.A1.append(np.concatenate([A, ones]))
        self.Z_rows = [np.ascontiguousarray(Z.T) for Z in self.Z]
        self.loss = self.losses(self.Z[-1].copy(), np.arange(self.m))

    def value(self, Z: np.ndarray) -> np.ndarray:
        out = np.empty_like(Z)
        self.activation.value(Z, out)
        return out

    def losses(self, Z: np.ndarray, examples: np.ndarray) -> np.ndarray:
        """The loss of each column of logits Z (k, rows), which is spoilt; `examples` names each column's target."""
        return LOSSES_BY_COLUMN[self.problem.network.loss](Z, self.problem.Y[examples])

    def of(self, entries: np.ndarray, steps) -> Differences:
        """Differences for the flat indices `entries` (K,), each with its step h, a number or an array (K,)."""
        steps = np.broadcast_to(np.asarray(steps, np.float64), entries.shape)
        result = Differences.empty(len(entries))
        start = 0
        for index, WbT in enumerate(self.WbT):
            here = np.flatnonzero((entries >= start) & (entries < start + WbT.size))
            n_a_block = self.entries_a_block(index)
            for first in range(0, len(here), n_a_block):
                block = here[first : first + n_a_block]
                inputs, units = np.divmod(entries[block] - start, len(WbT))
                result.put(block, self.block(index, inputs, units, steps[block]))
            start += WbT.size
        self.add_penalty(result, entries, steps)
        return result

    def entries_a_block(self, index: int) -> int:
        """How many parameters of a layer go through at once: at least one, else what the memory bound allows."""
        widest = max(self.problem.network.sizes[index + 1 :]) + 1
        return max(1, self.block_bytes // (8 * BUFFERS_A_ROW * widest * self.m))

    def add_penalty(self, result: Differences, entries: np.ndarray, steps: np.ndarray) -> None:
        """The penalty's own differences: of all its squares, only the changed one does not cancel."""
        theta = self.problem.parameters.flat[entries]
        rate = self.problem.l2_lambda / (2 * self.problem.m_train) * self.is_weight[entries]
        right = rate * ((theta + steps) ** 2 - theta**2) / steps
        left = rate * (theta**2 - (theta - steps) ** 2) / steps
        result.right += right
        result.left += left
        result.slope += (right + left) / 2
        result.low += np.minimum(left, right)
        result.high += np.maximum(left, right)

    @property
    def is_weight(self) -> np.ndarray:
        """1 at each weight and 0 at each bias, in the order of the flat vector."""
        return np.concatenate([np.repeat([1.0, 0.0], [W.size - len(W), len(W)]) for W in self.WbT])

    def block(self, index: int, inputs: np.ndarray, units: np.ndarray, steps: np.ndarray) -> Differences:
        """Differences for entries [inputs, units] of Wb in one layer, without the penalty."""
        moves = steps[:, None] * self.A1[index][inputs]  # (K, m), what each does to its unit's pre-activation
        if index == len(self.WbT) - 1:
            changed, examples = np.nonzero(moves)
            logits = self.changed_logits(units[changed], moves[changed, examples], examples)
            crossed = np.zeros(len(changed), np.bool_)
        else:
            changed, examples, up, down, crossed = self.changed_unit(index, units, moves)
            logits = self.pass_on(index + 1, units[changed], up, down, examples, crossed)
        losses = self.losses(logits, np.concatenate([examples, examples])).reshape(2, -1)
        return self.collect(moves.shape, changed, examples, losses, crossed, steps)

    def changed_logits(self, units, moves, examples) -> np.ndarray:
        """Logits (k, 2 R) after an output unit has moved: first the R rows with +h, then those with -h."""
        logits = self.Z[-1][:, np.concatenate([examples, examples])]
        rows = np.arange(len(units))
        logits[units, rows] += moves
        logits[units, rows + len(units)] -= moves
        return logits

    def changed_unit(self, index: int, units: np.ndarray, moves: np.ndarray):
        """The rows in which a hidden unit's output moves: parameter, example, change with +h and -h, kink crossed."""
        Z = self.Z[index][units]
        above, below = Z + moves, Z - moves
        if self.gates is not None:
            up, down = moves * self.gates[index][units], -moves * self.gates[index][units]
        else:
            before = self.G[index][units]
            up, down = self.value(above) - before, self.value(below) - before
        if self.factors[index] is not None:
            up *= self.factors[index][units]
            down *= self.factors[index][units]
        changed, examples = np.nonzero((up != 0) | (down != 0))
        rows = (changed, examples)
        crossed = (above[rows] > 0) != (below[rows] > 0) if self.kinked else np.zeros(len(changed), np.bool_)
        return changed, examples, up[rows], down[rows], crossed

    def buffer(self, name: str, *shape: int) -> np.ndarray:
        """Memory to write into, kept from block to block: fresh memory costs more than what is done in it."""
        size = math.prod(shape)
        if name not in self.buffers or self.buffers[name].size < size:
            self.buffers[name] = np.empty(size)
        return self.buffers[name][:size].reshape(shape)

    def pass_on(self, index: int, units, up, down, examples, crossed) -> np.ndarray:
        """From moved units below layer `index` to logits (k, 2 R); adds to `crossed` (R,) on the way.

        The first step gathers, so it has rows first, where to gather is to copy whole rows; the rest has units first.
        """
        if index == len(self.WbT) - 1:
            return self.moved_logits(units, np.concatenate([up, down]), examples)
        two = np.concatenate([examples, examples])
        Z = self.outer_product(index, units, up, down, examples)
        crossed |= self.crossings(Z.T)
        A = self.through(index, Z, two, 0, self.buffer("A", *Z.shape))
        WbT = self.WbT[index + 1]
        Z = np.dot(WbT[:, :-1], A.T, out=self.buffer("Z", len(WbT), len(two)))
        Z += WbT[:, -1:]
        for above in range(index + 1, len(self.WbT) - 1):
            crossed |= self.crossings(Z)
            A1 = self.buffer("A", len(Z) + 1, len(two))
            self.through(above, Z, two, 1, A1[:-1])
            A1[-1] = 1
            WbT = self.WbT[above + 1]
            Z = np.dot(WbT, A1, out=self.buffer("Z", len(WbT), len(two)))
        return Z

    def moved_logits(self, units, moves, examples) -> np.ndarray:
        """Logits (k, 2 R) when one unit of the last hidden layer moves: few, so that they have units first."""
        base = np.take(self.Z[-1], examples, axis=1)
        row = np.take(self.WbT[-1], units, axis=1)
        Z = self.buffer("Z", len(base), 2, len(units))
        np.multiply(row[:, None, :], moves.reshape(2, -1), out=Z)
        Z += base[:, None, :]
        return Z.reshape(len(base), -1)

    def outer_product(self, index: int, units, up, down, examples) -> np.ndarray:
        """Z of layer `index` (2 R, n) when one unit below moves: Z + move * (row of W)."""
        R, n = len(units), len(self.Z[index])
        Z, rows, base = self.buffer("Z", 2, R, n), self.buffer("rows", R, n), self.buffer("base", R, n)
        # clip is the mode that writes into `out` without a copy in between; no index is out of bounds.
        np.take(self.problem.parameters.layers[index].W, units, axis=0, out=rows, mode="clip")
        np.take(self.Z_rows[index], examples, axis=0, out=base, mode="clip")
        for half, moves in zip(Z, (up, down), strict=True):
            np.multiply(rows, moves[:, None], out=half)
            half += base
        return Z.reshape(2 * R, n)

    def crossings(self, Z: np.ndarray) -> np.ndarray:
        """Of the R changes in Z (n, 2 R): whether any unit has another sign with -h than with +h."""
        R = Z.shape[1] // 2
        if not self.kinked:
            return np.zeros(R, np.bool_)
        signs = Z > 0
        return (signs[:, :R] != signs[:, R:]).any(axis=0)

    def through(self, index: int, Z: np.ndarray, examples: np.ndarray, axis: int, out: np.ndarray) -> np.ndarray:
        """Write the outputs of hidden layer `index`, mask included; `axis` is that of Z along which the rows run."""
        if self.gates is not None:
            np.multiply(Z, self.along(self.gates[index], examples, axis), out=out)
        else:
            self.activation.value(Z, out)
        if self.factors[index] is not None:
            out *= self.along(self.factors[index], examples, axis)
        return out

    @staticmethod
    def along(array: np.ndarray, examples: np.ndarray, axis: int) -> np.ndarray:
        """Of an array (n, m) the columns `examples`, as columns or as rows."""
        return np.take(array if axis else array.T, examples, axis=axis)

    def collect(self, shape, changed, examples, losses, crossed, steps) -> Differences:
        """Sum rows to parameters: (1/m) times the sum over examples; rows that were left out add nothing."""
        plus, minus = np.zeros(shape), np.zeros(shape)
        plus[changed, examples] = (losses[0] - self.loss[examples]) / self.m
        minus[changed, examples] = (self.loss[examples] - losses[1]) / self.m
        right, left = plus.sum(axis=1) / steps, minus.sum(axis=1) / steps
        slope = (right + left) / 2
        if not crossed.any():  # and so there is but one side to pick
            return Differences(slope, right, left, slope, slope, np.zeros(len(steps), np.bool_))
        kinks = np.zeros(shape, np.bool_)
        kinks[changed, examples] = crossed
        low, high = np.minimum(plus, minus).sum(axis=1) / steps, np.maximum(plus, minus).sum(axis=1) / steps
        return Differences(slope, right, left, low, high, kinks.any(axis=1))
