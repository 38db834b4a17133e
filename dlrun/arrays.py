"""The types of the arrays in signatures. Docstrings give the shapes, since the types cannot."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# In the maths float32 or float64, as the config chooses; elsewhere also counts, indices, booleans or text.
Array = npt.NDArray[Any]


class Rows(Protocol):
    """Rows that are an array, or rows that stay in a file and are read a few at a time."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> Array: ...

    def take(self, rows: npt.NDArray[np.integer[Any]], /, *, axis: int) -> Array: ...
