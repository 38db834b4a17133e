"""The types of the arrays in this room's signatures. Docstrings give the shapes, since the types cannot."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# Floats, counts or booleans.
Array = npt.NDArray[Any]


class Rows(Protocol):
    """Rows (m, n) that are an array, or rows that stay in a file and are read a few at a time."""

    def __len__(self) -> int: ...

    def take(self, rows: npt.NDArray[np.integer[Any]], /, *, axis: int) -> Array: ...
