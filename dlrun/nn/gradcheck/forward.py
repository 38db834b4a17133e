"""Forward passes of the layers above a moved unit, for many changed parameters at once: the way for bent activations,
and for changes that come near a kink.

The change of one unit changes Z of the next layer by an outer product: the unit's change, example by example, times a
row of the weights. What is left is one forward pass. A row, here mostly a column, is one example under one change.
"""

import numpy as np

from .point import Buffers, Point

# Floats that one row takes, as a multiple of the widest layer above: for +h and for -h a pre-activation, an activation,
# a gathered operand and the signs.
BUFFERS_A_ROW = 8


class ForwardPasses:
    """Losses after a hidden unit has moved by so much and by minus so much."""

    def __init__(self, point: Point, piece_bytes: int):
        self.point, self.piece_bytes, self.buffer = point, piece_bytes, Buffers()
        self.Z_rows = [np.ascontiguousarray(Z.T) for Z in point.Z]

    def losses(self, index: int, units, examples, moves) -> tuple[np.ndarray, np.ndarray]:
        """Losses (2, R) for moves (R,) of the pre-activations of units, each in one example; and kinks crossed (R,)."""
        widest = max(self.point.problem.network.sizes[index + 1 :]) + 1
        rows_a_piece = max(1, self.piece_bytes // (8 * BUFFERS_A_ROW * widest))
        losses, crossed = np.empty((2, len(moves))), np.empty(len(moves), np.bool_)
        for first in range(0, len(moves), rows_a_piece):
            piece = slice(first, first + rows_a_piece)
            losses[:, piece], crossed[piece] = self.piece(index, units[piece], examples[piece], moves[piece])
        return losses, crossed

    def piece(self, index: int, units, examples, moves) -> tuple[np.ndarray, np.ndarray]:
        """`losses` in one piece. Rows in which nothing is passed on (a dead or dropped unit) keep their loss."""
        up, down, crossed = self.changed_unit(index, units, examples, moves)
        rows = np.flatnonzero((up != 0) | (down != 0))
        if len(rows) < len(moves):
            units, examples_left, up, down = units[rows], examples[rows], up[rows], down[rows]
        else:
            examples_left = examples
        crossed_left = crossed[rows]
        logits = self.pass_on(index + 1, units, up, down, examples_left, crossed_left)
        found = self.point.losses(logits, np.concatenate([examples_left, examples_left])).reshape(2, -1)
        if len(rows) == len(moves):
            return found, crossed_left
        losses, crossed = np.tile(self.point.loss[examples], (2, 1)), np.zeros(len(moves), np.bool_)
        losses[:, rows], crossed[rows] = found, crossed_left
        return losses, crossed

    def changed_unit(self, index: int, units, examples, moves):
        """How a hidden unit's output changes as its pre-activation moves up and down, and whether it crosses a kink."""
        point, here = self.point, (units, examples)
        Z, before = point.Z[index][here], point.G[index][here]
        above, below = Z + moves, Z - moves
        up, down = point.value(above) - before, point.value(below) - before
        if point.factors[index] is not None:
            factor = point.factors[index][here]
            up *= factor
            down *= factor
        crossed = (above > 0) != (below > 0) if point.kinked else np.zeros(len(moves), np.bool_)
        return up, down, crossed

    def pass_on(self, index: int, units, up, down, examples, crossed) -> np.ndarray:
        """From moved units below layer `index` to logits (k, 2 R); adds to `crossed` (R,) on the way.

        The first step gathers, so it has rows first, where to gather is to copy whole rows; the rest has units first.
        """
        point = self.point
        if index == point.last:
            return self.moved_logits(units, np.concatenate([up, down]), examples)
        two = np.concatenate([examples, examples])
        Z = self.outer_product(index, units, up, down, examples)
        crossed |= self.crossings(Z.T)
        A = self.through(index, Z, two, 0, self.buffer("A", *Z.shape))
        WbT = point.WbT[index + 1]
        Z = np.dot(WbT[:, :-1], A.T, out=self.buffer("Z", len(WbT), len(two)))
        Z += WbT[:, -1:]
        for above in range(index + 1, point.last):
            crossed |= self.crossings(Z)
            A1 = self.buffer("A", len(Z) + 1, len(two))
            self.through(above, Z, two, 1, A1[:-1])
            A1[-1] = 1
            WbT = point.WbT[above + 1]
            Z = np.dot(WbT, A1, out=self.buffer("Z", len(WbT), len(two)))
        return Z

    def moved_logits(self, units, moves, examples) -> np.ndarray:
        """Logits (k, 2 R) when one unit of the last hidden layer moves: few, so that they have units first."""
        base = np.take(self.point.Z[-1], examples, axis=1)
        row = np.take(self.point.WbT[-1], units, axis=1)
        Z = self.buffer("Z", len(base), 2, len(units))
        np.multiply(row[:, None, :], moves.reshape(2, -1), out=Z)
        Z += base[:, None, :]
        return Z.reshape(len(base), -1)

    def outer_product(self, index: int, units, up, down, examples) -> np.ndarray:
        """Z of layer `index` (2 R, n) when one unit below moves: Z + move * (row of W)."""
        R, n = len(units), len(self.point.Z[index])
        Z, rows, base = self.buffer("Z", 2, R, n), self.buffer("rows", R, n), self.buffer("base", R, n)
        # clip is the mode that writes into `out` without a copy in between; no index is out of bounds.
        np.take(self.point.problem.parameters.layers[index].W, units, axis=0, out=rows, mode="clip")
        np.take(self.Z_rows[index], examples, axis=0, out=base, mode="clip")
        for half, moves in zip(Z, (up, down), strict=True):
            np.multiply(rows, moves[:, None], out=half)
            half += base
        return Z.reshape(2 * R, n)

    def crossings(self, Z: np.ndarray) -> np.ndarray:
        """Of the R changes in Z (n, 2 R): whether any unit has another sign with -h than with +h."""
        R = Z.shape[1] // 2
        if not self.point.kinked:
            return np.zeros(R, np.bool_)
        signs = Z > 0
        return (signs[:, :R] != signs[:, R:]).any(axis=0)

    def through(self, index: int, Z: np.ndarray, examples: np.ndarray, axis: int, out: np.ndarray) -> np.ndarray:
        """Write the outputs of hidden layer `index`, mask included; `axis` is that of Z along which the rows run."""
        self.point.activation.value(Z, out)
        factor = self.point.factors[index]
        if factor is not None:
            out *= np.take(factor if axis else factor.T, examples, axis=axis)
        return out
