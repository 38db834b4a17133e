"""Central differences of a network's cost, many parameters at a time: exact, and fast enough for every parameter.

A change of W[i, j] or b[j] in layer l moves one unit of that layer, in each example by a different amount. The changed
logits come from one of two methods: a straight line, where no kink is near (`straight`), or a forward pass of the
layers above (`forward`). Both give the cost at both changed points, as the loop over parameters does. An example in
which nothing moves (a zero input, a dead or dropped unit) keeps its loss.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .forward import ForwardPasses
from .point import Point
from .problem import Problem
from .straight import SHORT_OF_KINK, StraightLines

# The memory of all buffers of a block together, by default. More is not faster: see CACHED_BYTES.
MEMORY_BYTES = 64 * 2**20
# The most that a block uses of it: the fastest of 1/4 to 16 MiB on four nets, ReLU and tanh.
CACHED_BYTES = 16 * 2**20
# Floats for one example under one changed parameter: as a multiple of the number of logits, and in addition.
BUFFERS_A_LOGIT, BUFFERS_BESIDE = 4, 24


@dataclass
class Differences:
    """What the cost does when parameters change one at a time by +h and by -h; each array has one entry a parameter.

    slope : (J(+h) - J(-h)) / 2h. right, left : (J(+h) - J) / h and (J - J(-h)) / h.
    low, high : the least and the greatest slope that picking one side for each example could give, if any crossed.
    crossed : whether any pre-activation of any example changed sign between -h and +h, at an activation with a kink.
    """

    slope: Array
    right: Array
    left: Array
    low: Array
    high: Array
    crossed: Array

    @classmethod
    def empty(cls, n: int) -> "Differences":
        return cls(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, np.bool_))

    def put(self, where: Array, part: "Differences") -> None:
        """Write the entries of `part` to the positions `where`."""
        for name, array in vars(self).items():
            array[where] = getattr(part, name)


class BlockDifferences:
    """Central differences of the cost of a `Problem`; `loss` (m,) is the loss of each example at the point itself.

    frozen_gates : hold every kinked activation on the side where the point is (zero counts as negative). This makes the
    cost smooth, and its slope is the one that a backward pass should give at a kink.
    """

    def __init__(self, problem: Problem, memory_bytes: int = MEMORY_BYTES, frozen_gates: bool = False):
        self.problem, self.point = problem, Point(problem)
        self.loss = self.point.loss
        self.block_bytes = min(memory_bytes, CACHED_BYTES)
        self.straight = StraightLines(self.point, self.block_bytes // 2, held=frozen_gates)
        self.forward = ForwardPasses(self.point, self.block_bytes // 2)

    def of(
        self, entries: Array, steps: float | Array, progress: Callable[[int, int], None] | None = None
    ) -> Differences:
        """Differences for the flat indices `entries` (K,), each with its step h, a number or an array (K,).

        progress : called after each block with the number of entries done, and of all entries.
        """
        steps = np.broadcast_to(np.asarray(steps, np.float64), entries.shape)
        result, start, done = Differences.empty(len(entries)), 0, 0
        n_a_block = self.entries_a_block()
        for index, WbT in enumerate(self.point.WbT):
            here = np.flatnonzero((entries >= start) & (entries < start + WbT.size))
            inputs, units = np.divmod(entries[here] - start, len(WbT))
            order = np.argsort(units, kind="stable")  # grouped by unit, since each unit has one direction
            for first in range(0, len(here), n_a_block):
                some = order[first : first + n_a_block]
                result.put(here[some], self.block(index, inputs[some], units[some], steps[here[some]]))
                done += len(some)
                if progress is not None:
                    progress(done, len(entries))
            start += WbT.size
        self.add_penalty(result, entries, steps)
        return result

    def entries_a_block(self) -> int:
        """How many parameters one block holds: what the memory bound allows, at least one."""
        floats = BUFFERS_A_LOGIT * self.problem.network.sizes[-1] + BUFFERS_BESIDE
        return max(1, self.block_bytes // 2 // (8 * floats * self.point.m))

    def add_penalty(self, result: Differences, entries: Array, steps: Array) -> None:
        """Add the differences of the penalty: of all its squares, only the changed one does not cancel."""
        if self.problem.l2_lambda == 0:
            return
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
    def is_weight(self) -> Array:
        """1 at each weight and 0 at each bias, in the order of the flat vector."""
        return np.concatenate([np.repeat([1.0, 0.0], [W.size - len(W), len(W)]) for W in self.point.WbT])

    def block(self, index: int, inputs: Array, units: Array, steps: Array) -> Differences:
        """Differences for entries [inputs, units] of Wb in one layer, sorted by unit, without the penalty."""
        moves = (
            steps * np.take(self.point.A1[index], inputs, axis=0).T
        )  # (m, K): each unit's pre-activation, by example
        losses = np.empty((2, *moves.shape))
        losses[:] = self.loss[:, None]
        crossed, left = np.zeros(moves.shape, np.bool_), moves != 0
        starts = np.flatnonzero(np.diff(units, prepend=-1))  # where the entries of each unit begin
        if self.straight.reaches(index):
            left &= ~self.along_lines(index, units, starts, moves, losses)
        if left.any():
            for begin, end in zip(starts, [*starts[1:], len(units)], strict=True):
                span = slice(begin, end)
                self.pass_forward(
                    index, units[begin], moves[:, span], left[:, span], losses[:, :, span], crossed[:, span]
                )
        return self.collect(losses, crossed, steps)

    def along_lines(self, index: int, units: Array, starts: Array, moves: Array, losses: Array) -> Array:
        """Write the losses of all changes that are not near a kink, and return which (m, K) these are."""
        D, nearness = self.straight.directions(index, units[starts])
        which = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(units)))  # (K,), among distinct units
        with np.errstate(invalid="ignore"):  # nearness inf times a move of 0
            clear: Array = np.abs(moves) * nearness[:, which] < SHORT_OF_KINK
        rows = clear & (moves != 0) & (D != 0).any(axis=0)[:, which]
        examples, entries = np.nonzero(rows)
        columns = examples * D.shape[2] + which[entries]
        losses[:, rows] = self.straight.losses(moves[rows], D.reshape(len(D), -1), columns, examples)
        return clear

    def pass_forward(self, index: int, unit: int, moves: Array, rows: Array, losses: Array, crossed: Array) -> None:
        """Write the losses of one unit's moves at the places `rows` (m, K) and whether they crossed a kink."""
        examples, _ = np.nonzero(rows)
        if len(examples):
            losses[:, rows], crossed[rows] = self.forward.losses(index, unit, examples, moves[rows])

    def collect(self, losses: Array, crossed: Array, steps: Array) -> Differences:
        """From losses (2, m, K) with +h and with -h to slopes of the cost, (1/m) times the sum over examples."""
        m = len(self.loss)
        losses -= self.loss[:, None]
        plus, minus = losses[0], np.negative(losses[1], out=losses[1])
        right, left = plus.sum(axis=0) / (m * steps), minus.sum(axis=0) / (m * steps)
        slope = (right + left) / 2
        kinks: Array = np.logical_or.reduce(crossed, axis=0)
        if not kinks.any():  # then both sides are the same
            return Differences(slope, right, left, slope, slope, kinks)
        low, high = (side(plus, minus).sum(axis=0) / (m * steps) for side in (np.minimum, np.maximum))
        return Differences(slope, right, left, low, high, kinks)
