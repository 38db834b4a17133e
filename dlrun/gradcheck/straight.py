"""Differences along straight lines: between kinks a net of ReLU units is linear in the move of one unit.

If a unit moves by s, every pre-activation above moves by s times a direction, until one of them crosses zero. So the
logits of every change that stops before a crossing need no forward pass of the layers above. They are exact, not first
order. The direction and the distance to the first crossing depend on the unit and the example, and serve every
parameter that moves this unit. For the output layer this holds with any activation, since none follows it.
"""

import numpy as np

from ..arrays import Array
from .point import Buffers, Point

# A change beyond this share of the distance to the nearest kink gets a full forward pass, which sees whether it
# crosses. Any share well below 1 and well above rounding would do; few changes come so near.
SHORT_OF_KINK = 0.5
# Floats for one unit and one example, as a multiple of the widest layer above.
BUFFERS_A_UNIT = 4


class StraightLines:
    """Logits of changes along straight lines. held : every activation stays on its side, even at a kink."""

    def __init__(self, point: Point, piece_bytes: int, held: bool = False):
        self.point, self.piece_bytes, self.buffers = point, piece_bytes, Buffers()
        self.may_cross = point.kinked and not held
        if point.side_slopes is not None:
            left, right = point.side_slopes
            self.gates = [np.where(Z > 0, right, left) for Z in point.Z[:-1]]
            pairs = zip(self.gates, point.factors, strict=True)
            self.slopes = [gate if factor is None else gate * factor for gate, factor in pairs]

    def reaches(self, index: int) -> bool:
        """Whether the logits are linear in this layer between kinks."""
        return index == self.point.last or self.point.side_slopes is not None

    def directions(self, index: int, units: Array) -> tuple[Array, Array]:
        """For units of a layer and each example: dlogits (k, m, U) and nearness (m, U) for a pre-activation's move.

        nearness : 1 / the smallest move at which any pre-activation, its own included, becomes zero.
        """
        point = self.point
        if index == point.last:
            identity = np.eye(len(point.WbT[-1]))[:, None, units]
            return np.repeat(identity, point.m, axis=1), np.zeros((point.m, len(units)))
        widest = max(point.problem.network.sizes[index + 2 :])
        units_a_piece = max(1, self.piece_bytes // (8 * BUFFERS_A_UNIT * widest * point.m))
        pieces = [
            self.follow(index, units[first : first + units_a_piece]) for first in range(0, len(units), units_a_piece)
        ]
        D, nearness = (np.concatenate(part, axis=-1) for part in zip(*pieces, strict=True))
        return D, nearness

    def follow(self, index: int, units: Array) -> tuple[Array, Array]:
        """`directions` in one piece: forward, layer by layer, D (n, m, U) is how far each pre-activation moves."""
        point = self.point
        D = np.ones((1, point.m, len(units)))
        slope, W = self.slopes[index][units].T, point.WbT[index + 1][:, units]
        nearness = self.nearness(D, point.Z[index][units].T[None])
        D = W[:, None, :] * slope
        for above in range(index + 1, point.last):
            np.maximum(nearness, self.nearness(D, point.Z[above][:, :, None]), out=nearness)
            D *= self.slopes[above][:, :, None]
            W = point.WbT[above + 1][:, :-1]
            D = np.dot(W, D.reshape(len(D), -1)).reshape(len(W), *D.shape[1:])
        return D, nearness

    def nearness(self, D: Array, Z: Array) -> Array:
        """The greatest |D| / |Z| of a layer's units: infinite at a kink, 0 where nothing moves or there is no kink."""
        if not self.may_cross:
            return np.zeros(D.shape[1:])
        with np.errstate(divide="ignore", invalid="ignore"):
            # fmax ignores 0 / 0: a unit that is at zero and does not move.
            nearness: Array = np.fmax.reduce(np.abs(D / Z), axis=0, initial=0)
            return nearness

    def losses(self, moves: Array, D: Array, columns: Array, examples: Array) -> Array:
        """Losses (2, R) at logits Z + move * D and Z - move * D, for moves (R,) and columns of D (k, m * U)."""
        base = self.point.Z[-1]
        (k, R), buffer = (len(base), len(moves)), self.buffers
        step, start, Z = buffer("step", k, R), buffer("start", k, R), buffer("Z", k, 2, R)
        # Only the mode clip writes into `out` without a copy; no index is out of bounds.
        np.take(D, columns, axis=1, out=step, mode="clip")
        np.take(base, examples, axis=1, out=start, mode="clip")
        step *= moves
        np.add(start, step, out=Z[:, 0])
        np.subtract(start, step, out=Z[:, 1])
        return self.point.losses(Z.reshape(k, 2 * R), np.concatenate([examples, examples])).reshape(2, R)
