"""Makes a `Sheet` of a frame whose columns have types already, as those of Parquet, Arrow, JSON and workbooks.

Every such reader ends here, so that all of them treat decimals, durations, large whole numbers and lists alike.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...errors import DataError
from ..columns import row_places
from ..files import listed
from ..reading import ColumnWish, Reading
from .plain import FIRST_INEXACT
from .sheets import Sheet

if TYPE_CHECKING:
    import polars

# The days of the years 1 to 9999, counted from 1970, and the units that a moment may be counted in.
DAYS = (-719_162, 2_932_896)
UNITS_A_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}

# The names that pandas gives to an index without one when it writes a file.
INDEX_NAME = "__index_level_"


def typed_sheet(
    shown: str,
    frame: "polars.DataFrame",
    reading: Reading,
    *,
    place: Callable[[int], str] | None = None,
    notes: Sequence[str] = (),
    unnamed: frozenset[str] = frozenset(),
) -> Sheet:
    """The sheet of a frame with a header; columns become numbers, text, booleans or times that mean one value a row.

    Decimals become Float64, durations seconds, and whole numbers that a float64 cannot hold text. Columns of lists and
    the like are left out with a note. Raises DataError if nothing is left, or the target is one of them.
    """
    if not frame.width or not len(frame):
        raise DataError(f"{shown}: has columns but no rows; expected rows of data")
    frame, told = _without_nested(shown, frame, reading)
    frame = frame.select(_plain(frame[name], shown) for name in frame.columns)
    if "" in frame.columns:
        at = frame.columns.index("")
        name = next(
            name for name in (f"x{at}", *(f"x{at}_{n}" for n in range(2, frame.width + 2))) if name not in frame
        )
        frame, unnamed = frame.rename({"": name}), unnamed | {name}
    unnamed |= {name for name in frame.columns if name.startswith(INDEX_NAME)}
    return Sheet(shown, frame, place or row_places(shown), True, (*notes, *told), unnamed)


def _without_nested(
    shown: str, frame: "polars.DataFrame", reading: Reading
) -> "tuple[polars.DataFrame, tuple[str, ...]]":
    import polars as pl

    names = frame.columns
    nested = {
        name: kind
        for name, kind in frame.schema.items()
        if kind.is_nested() or kind in (pl.Binary, pl.Object, pl.Unknown)
    }
    dropped = _named(reading.drop, names)
    for name, kind in nested.items():
        what = f"{shown}: column {name!r} holds {_in_words(kind)} values; a column needs one number or text a row"
        target = _named(() if reading.target is None else (reading.target,), names)
        if name in target:
            raise DataError(f"{what}: name another data.target")
        if reading.target is None and name == names[-1] and name not in dropped:
            raise DataError(
                f"{what}: name the column to predict with data.target, or leave it out: data.drop: [{name}]"
            )
    if len(nested) == len(names):
        held = listed([f"{name}: {_in_words(kind)}" for name, kind in nested.items()])
        raise DataError(f"{shown}: no column holds one number or text a row ({held}); make such columns of them")
    told = tuple(
        f"{shown}: column {name!r} holds {_in_words(kind)} values and was left out; data.drop: [{name}] says the same"
        for name, kind in nested.items()
        if name not in dropped
    )
    # A column that the config drops must stay one that the file has.
    kept = [
        pl.lit(None, dtype=pl.String).alias(name) if name in nested else pl.col(name)
        for name in names
        if name not in nested or name in dropped
    ]
    return frame.select(kept), told


def _named(wishes: Sequence[ColumnWish], names: Sequence[str]) -> set[str]:
    """Those of the columns that the wishes name; a wish for one that is not there is left to the roles to refuse."""
    found = {str(wish) for wish in wishes if str(wish) in names}
    places = [wish for wish in wishes if isinstance(wish, int) and str(wish) not in names]
    return found | {names[at] for at in places if -len(names) <= at < len(names)}


def _in_words(kind: "polars.DataType") -> str:
    return "nested" if str(kind).startswith("Struct") else str(kind)


def _plain(column: "polars.Series", shown: str) -> "polars.Series":
    """The column as Float64 or other numbers, String, Boolean, Date, Datetime or Time."""
    import polars as pl

    kind = column.dtype
    if kind == pl.Duration:
        return column.dt.total_microseconds().cast(pl.Float64) / 1e6
    if kind.is_decimal() or kind.is_integer():
        is_whole = kind.is_integer() or getattr(kind, "scale", 0) == 0
        if is_whole and len(column) and _beyond(column):
            return column.cast(pl.String)
        return column.cast(pl.Float64) if kind.is_decimal() else column
    if kind.is_float():
        return column.cast(pl.Float64)
    if kind in (pl.Date, pl.Datetime):
        _refuse_far_days(column, shown)
    if kind in (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Time):
        return column
    return column.cast(pl.String)


def _refuse_far_days(column: "polars.Series", shown: str) -> None:
    """Raise DataError for days that no calendar has: in a damaged file, and libraries end on them."""
    import polars as pl

    unit = getattr(column.dtype, "time_unit", None)
    days = column.to_physical() // (UNITS_A_DAY[unit] if unit else 1)
    if not days.drop_nulls().cast(pl.Int64).is_between(*DAYS).all():
        raise DataError(f"{shown}: column {column.name!r} holds dates outside of the years 1 to 9999; correct them")


def _beyond(column: "polars.Series") -> bool:
    """Whether a whole number is so large that a float64 takes its neighbour for the same."""
    ends = [end for end in (column.min(), column.max()) if end is not None]
    return any(abs(int(str(end).split(".")[0])) >= FIRST_INEXACT for end in ends)
