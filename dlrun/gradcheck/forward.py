"""Forward passes of the layers above a moved unit, for many moves at once.

`numeric` uses them for curved activations and for changes that come near a kink, where `straight` does not hold.

The move of one unit changes Z of the next layer by an outer product: the unit's change, row by row, times its weights
there. One forward pass does the rest. A row (here stored as a column) is one example under one changed parameter.
"""

import numpy as np

from ..arrays import Array
from .point import Buffers, Point

# The memory of one row in floats, as a multiple of the widest layer above: for +h and for -h a pre-activation, an
# activation and the signs, and the start values of the row.
BUFFERS_A_ROW = 6


class ForwardPasses:
    """Losses after a hidden unit has moved by a given amount, up and down."""

    def __init__(self, point: Point, piece_bytes: int):
        self.point, self.piece_bytes, self.buffer = point, piece_bytes, Buffers()

    def losses(self, index: int, unit: int, examples: Array, moves: Array) -> tuple[Array, Array]:
        """Losses (2, R) for moves (R,) of a unit's pre-activation, each in one example; and which cross a kink (R,)."""
        point = self.point
        up, down, crossed = self.changed_unit(index, unit, examples, moves)
        losses, rows = np.tile(point.loss[examples], (2, 1)), np.flatnonzero((up != 0) | (down != 0))
        crossed[(up == 0) & (down == 0)] = False  # dead or dropped units pass nothing on: no crossing
        widest = max(point.problem.network.sizes[index + 2 :]) + 1
        rows_a_piece = max(1, self.piece_bytes // (8 * BUFFERS_A_ROW * widest))
        for first in range(0, len(rows), rows_a_piece):
            piece = rows[first : first + rows_a_piece]
            changes = np.stack([up[piece], down[piece]])
            losses[:, piece], beyond = self.pass_on(index + 1, unit, changes, examples[piece])
            crossed[piece] |= beyond
        return losses, crossed

    def changed_unit(self, index: int, unit: int, examples: Array, moves: Array) -> tuple[Array, Array, Array]:
        """How a hidden unit's output changes as its pre-activation moves up and down, and whether it crosses a kink."""
        point = self.point
        Z, before = point.Z[index][unit, examples], point.G[index][unit, examples]
        above, below = Z + moves, Z - moves
        up, down = point.value(above) - before, point.value(below) - before
        factors = point.factors[index]
        if factors is not None:
            factor = factors[unit, examples]
            up *= factor
            down *= factor
        crossed = (above > 0) != (below > 0) if point.kinked else np.zeros(len(moves), np.bool_)
        return up, down, crossed

    def pass_on(self, index: int, unit: int, changes: Array, examples: Array) -> tuple[Array, Array]:
        """From changes (2, R) of a unit's output below layer `index` to losses (2, R), and kinks crossed (R,)."""
        point, R = self.point, len(examples)
        two, crossed = np.concatenate([examples, examples]), np.zeros(R, np.bool_)
        Z = self.outer_product(index, unit, changes, examples)
        for layer in range(index, point.last):
            crossed |= self.crossings(Z)
            A1 = self.buffer("A1", len(Z) + 1, 2 * R)
            point.activation.value(Z, A1[:-1])
            factors = point.factors[layer]
            if factors is not None:
                A1[:-1] *= np.take(factors, two, axis=1)
            A1[-1] = 1
            WbT = point.WbT[layer + 1]
            Z = np.dot(WbT, A1, out=self.buffer("Z", len(WbT), 2 * R))
        return point.losses(Z, two).reshape(2, R), crossed

    def outer_product(self, index: int, unit: int, changes: Array, examples: Array) -> Array:
        """Z of layer `index` (n, 2 R) when a unit below changes: Z + w * change, w (n,) being its weights there."""
        base, w = self.point.Z[index], self.point.WbT[index][:, unit]
        n, R = len(base), len(examples)
        start, Z = self.buffer("start", n, R), self.buffer("Z", n, 2, R)
        # Only the mode clip writes into `out` without a copy; no index is out of bounds.
        np.take(base, examples, axis=1, out=start, mode="clip")
        np.multiply(w[:, None, None], changes, out=Z)
        Z += start[:, None, :]
        return Z.reshape(n, 2 * R)

    def crossings(self, Z: Array) -> Array:
        """(R,) for the R changes in Z (n, 2 R): whether any unit has another sign with -h than with +h."""
        R = Z.shape[1] // 2
        if not self.point.kinked:
            return np.zeros(R, np.bool_)
        signs = Z > 0
        crossed: Array = (signs[:, :R] != signs[:, R:]).any(axis=0)
        return crossed
