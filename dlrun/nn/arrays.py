"""The types of the arrays in the signatures of the maths. Docstrings give the shapes, since the types cannot."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# float32 or float64, sometimes indices or booleans. The config chooses the precision that a network computes in.
Array = npt.NDArray[Any]


class Rows(Protocol):
    """Rows that are an array, or rows that stay in a file and are read a few at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Array: ...

    def take(self, rows: npt.NDArray[np.integer[Any]], /, *, axis: int) -> Array: ...
