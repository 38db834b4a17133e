"""What signatures call the arrays of rows. Their shapes stand in docstrings, since no type says them."""

from typing import Any

import numpy.typing as npt

# Floats, counts or booleans.
Array = npt.NDArray[Any]
