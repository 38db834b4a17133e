"""Recognises pictures in the shape of rows, and lays each out as one row: the numbers of a pixel side by side."""

import math
import re
from typing import NamedTuple

import numpy as np

from ...arrays import Array

# Fewer than 4 x 4 pixels are not taken as an image.
SMALLEST_SIDE = 4

# Red, green and blue.
COLOURS = 3

# Names of arrays that say that a flat row is a picture.
PICTURE_NAME = re.compile("image|picture|pixel", re.IGNORECASE)

# How many flat rows are looked at to see whether colours alternate or follow each other.
ROWS_TO_LOOK_AT = 100


class Layout(NamedTuple):
    """How rows are laid out. pixels : square pictures. channels : numbers of a pixel. planes : in the file, one channel
    of the whole picture follows another. note : what was chosen although another reading was possible, or ""."""

    pixels: bool = False
    channels: int = 1
    planes: bool = False
    note: str = ""

    def flattened(self, X: Array) -> Array:
        """(m, n) of X (m, ...), the numbers of a pixel side by side."""
        if self.planes:
            X = X.reshape(len(X), self.channels, -1).transpose(0, 2, 1)
        return X.reshape(len(X), -1)


def square_side(n: int, channels: int = 1) -> int | None:
    """The side of a square picture of n numbers, or None if there is none of SMALLEST_SIDE or more."""
    side = math.isqrt(n // channels)
    return side if channels * side * side == n and side >= SMALLEST_SIDE else None


def layout_of(where: str, name: str, X: Array) -> Layout:
    """The layout of the rows of X (m, ...), by its shape, and by its name and type where it is flat.

    Pictures are (h, h), (h, h, 1), (1, h, h), (h, h, 3) or (3, h, h). A flat row is one if its length is a square,
    since nothing else shows it, or three squares, if its name says so or it holds bytes.
    """
    inner = X.shape[1:]
    if len(inner) == 3 and COLOURS in (inner[0], inner[-1]):
        last = inner[-1] == COLOURS
        height, width = inner[:2] if last else inner[1:]
        note = "" if last else f"{where}: {inner} read as pictures of {height} x {width} pixels in 3 colours"
        return Layout(height == width, COLOURS, not last, note)
    sides = [side for side in inner if side != 1]
    if len(sides) > 1:
        return Layout(len(sides) == 2 and sides[0] == sides[1])
    n = math.prod(inner)
    side = square_side(n, COLOURS)
    if side is None or not (PICTURE_NAME.search(name) or X.dtype == np.uint8):
        return Layout(square_side(n) is not None)
    planes = _follow_each_other(X, side)
    order = f"({COLOURS}, {side}, {side})" if planes else f"({side}, {side}, {COLOURS})"
    note = f"{where}: rows of {n} numbers read as pictures of shape {order}, whose neighbours are alike; if they are"
    return Layout(True, COLOURS, planes, f"{note} others, write the array in its shape (m, height, width, 3)")


def _follow_each_other(X: Array, side: int) -> bool:
    """Whether the colours of flat pictures follow each other: neighbouring pixels are then more alike than the other
    way round."""
    some = X[:ROWS_TO_LOOK_AT].astype(np.float64)
    apart, together = some.reshape(-1, COLOURS, side, side), some.reshape(-1, side, side, COLOURS)
    return bool(np.abs(np.diff(apart, axis=3)).mean() < np.abs(np.diff(together, axis=2)).mean())
