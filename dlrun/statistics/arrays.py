"""What signatures call the arrays of rows. Their shapes stand in docstrings, since no type says them."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# Floats, counts or booleans.
Array = npt.NDArray[Any]


class Rows(Protocol):
    """Rows (m, n) that are an array, or that stay in a file and are read a few at a time."""

    def __len__(self) -> int: ...

    def take(self, rows: npt.NDArray[np.integer[Any]], /, *, axis: int) -> Array: ...
