"""Whether a column of any type is one of numbers, and these."""

from typing import TYPE_CHECKING

import numpy as np

from ..arrays import Array
from .cells.numbers import number_form

if TYPE_CHECKING:
    import polars


def numbers_or_none(values: "polars.Series") -> Array | None:
    """(m,) float64, NaN where missing; None for a column of words."""
    import polars as pl

    if values.dtype == pl.Boolean:
        return None
    if values.dtype.is_numeric():
        return values.cast(pl.Float64).to_numpy().astype(np.float64)
    if values.dtype != pl.String:
        return None
    texts = values.str.strip_chars()
    distinct = texts.drop_nulls().unique(maintain_order=True)
    distinct = distinct.filter(distinct != "")
    found = number_form(distinct) if len(distinct) else None
    if found is None or found.numbers.has_nulls():
        return None
    table = pl.DataFrame({"text": distinct, "number": found.numbers})
    joined = pl.DataFrame({"text": texts}).join(table, on="text", how="left", maintain_order="left")
    return joined["number"].to_numpy().astype(np.float64)
