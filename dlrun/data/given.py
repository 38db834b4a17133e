"""Frames and arrays that a program holds, as the columns that `new_rows` reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError

if TYPE_CHECKING:
    import polars


def frame_given(X: Any, names: Sequence[str]) -> "polars.DataFrame":
    """Rows as a frame: a frame of polars or pandas by its names, or an array (k, n) whose columns are these in order.

    Raises DataError for anything else.
    """
    import polars as pl

    if isinstance(X, pl.DataFrame):
        return X
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        columns = [_of_pandas(str(name), X.iloc[:, at]) for at, name in enumerate(X.columns)]
    else:
        array = np.asarray(X)
        if array.ndim != 2 or array.shape[1] != len(names):
            raise DataError(f"X: has shape {array.shape}; expected a frame, or rows of {len(names)} columns in order")
        columns = [_of_array(name, values) for name, values in zip(names, array.T, strict=True)]
    if repeated := next((one.name for at, one in enumerate(columns) if one.name in [c.name for c in columns[:at]]), ""):
        raise DataError(f"X: has two columns {repeated!r}; rename one")
    return pl.DataFrame(columns)


def _of_pandas(name: str, column: Any) -> "polars.Series":
    """A column of pandas; what counts there as missing is null."""
    import polars as pl

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        return pl.Series(name, column.to_numpy(), nan_to_null=True)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        return pl.Series(name, column.to_numpy().astype("datetime64[us]"))
    return _of_cells(name, column.tolist(), column.isna().tolist())


def _of_array(name: str, values: Any) -> "polars.Series":
    import polars as pl

    if values.dtype.kind in "iufbM":
        return pl.Series(name, np.ascontiguousarray(values), nan_to_null=True)
    cells = values.tolist()
    return _of_cells(name, cells, [cell is None or cell != cell for cell in cells])


def of_python(cell: Any) -> Any:
    """A cell as Python has it; of NumPy's times, to the microsecond."""
    if isinstance(cell, np.datetime64):
        return cell.astype("datetime64[us]").item()
    return cell.item() if isinstance(cell, np.generic) else cell


def _of_cells(name: str, cells: list[Any], is_missing: list[bool]) -> "polars.Series":
    """A column of Python objects: of their own type where it is one, else as text."""
    import polars as pl

    known = [None if missing else of_python(cell) for cell, missing in zip(cells, is_missing, strict=True)]
    kinds = {type(cell) for cell in known if cell is not None}
    if len(kinds) > 1 and not kinds <= {int, float}:
        known = [None if cell is None else str(cell) for cell in known]
    return pl.Series(name, known, strict=False)
