"""What signatures call the arrays of the maths. Their shapes stand in docstrings, since no type says them."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# float32 or float64, now and then indices or booleans: in which numbers a network computes is chosen in its config.
Array = npt.NDArray[Any]


class Rows(Protocol):
    """Rows that are an array, or that stay in a file and are read a few at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Array: ...

    def take(self, rows: npt.NDArray[np.integer[Any]], /, *, axis: int) -> Array: ...
