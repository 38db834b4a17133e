"""Makes a `Table` of a frame: each column is read by what its cells are, and kept as numbers or as codes of words.

Readers of tables give frames whose columns are text as it stands in the file, or have a type of their own. Frames are
handled only by polars expressions, so that a million rows need no Python loop.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .cells.dates import date_parts, days_of_typed
from .cells.forms import Asked, Cells, ColumnForm
from .cells.numbers import NumberForm
from .cells.typed import read_texts
from .cells.words import coded_words, flag_levels, levels_of
from .columns import is_number
from .examples import ReadAs, Table
from .files import short
from .preparation import MISSING_CODE
from .reading import DEFAULT_MISSING, Reading
from .wishes import Wishes, wishes_of

if TYPE_CHECKING:
    import polars

# Different cells that are shown of a column.
EXAMPLES = 3

# Rows in which different cells are looked for.
ROWS_FOR_EXAMPLES = 200

# Fewer rows are read sooner than threads begin.
ROWS_FOR_THREADS = 10_000

# Column names that programs give to row numbers which they wrote without a name: pandas, R, readr.
INDEX_NAMES = ("Unnamed: 0", "index", "X", "...1", "rownames", "row.names")


def table_from_frame(
    frame: "polars.DataFrame",
    *,
    shown: str,
    place: Callable[[int], str],
    reading: Reading,
    separator: str | None = None,
    unnamed: frozenset[str] = frozenset(),
) -> Table:
    """A table from a frame of text, numbers, booleans and dates.

    Columns of text are taken out of the frame, so that they do not stay in memory beside their codes.

    `separator` stood between the cells, `unnamed` are the columns without a name in the file. Raises DataError.
    """
    import polars as pl

    names = tuple(frame.columns)
    wishes = wishes_of(names, reading, shown=shown)
    cells = read_columns(frame, wishes, reading, separator)
    for name in wishes.numeric:
        _refuse_strays(name, cells[name], frame, place)
    indices = [name for name in names if name not in wishes.numeric and is_index(name, cells[name], unnamed)]
    cells |= {name: _as_index(cells[name]) for name in indices}
    examples, rows = _examples_of(frame), len(frame)
    for name in reversed(frame.select(pl.col(pl.String)).columns):
        frame.drop_in_place(name)
    number_names = tuple(name for name in names if not _is_words(cells[name]))
    code_names = tuple(name for name in names if _is_words(cells[name]))
    coded = [codes_of(cells[name]) for name in code_names]
    return Table(
        shown,
        names,
        _matrix({name: cells[name].values for name in number_names}, rows),
        number_names,
        _codes_together([codes for codes, _ in coded], rows),
        code_names,
        tuple(levels for _, levels in coded),
        place,
        forced=frozenset(wishes.categorical),
        unnamed=unnamed,
        read_as={
            name: ReadAs(read.form, read.markers, read.strays, examples[name], read.notes)
            for name, read in cells.items()
        },
    )


def read_columns(
    frame: "polars.DataFrame", wishes: Wishes, reading: Reading, separator: str | None
) -> dict[str, Cells]:
    """Every column as it is read. A column that could be read in two ways is read as the others are."""
    import polars as pl

    texts = frame.select(pl.col(pl.String))
    asked = {name: _asked(name, wishes, reading) for name in texts.columns}
    cells = _together(lambda name: _read_texts(texts[name], asked[name]), texts.columns, len(frame))
    unsure = [name for name, read in cells.items() if read.is_unsure]
    if unsure and (usual := _usual_form(frame, cells)) is not None:
        cells |= {name: _read_texts(texts[name], asked[name]._replace(preferred=usual)) for name in unsure}
    elif separator not in (None, ","):
        # Where commas do not separate cells they stand before fractions; but nothing makes it sure.
        with_comma = [name for name in unsure if cells[name].form.number == NumberForm(thousands=",")]
        likely = NumberForm(decimal=",")
        cells |= {name: read_texts(texts[name], asked[name]._replace(likely=likely)) for name in with_comma}
    typed = [name for name in frame.columns if name not in cells]
    cells |= {name: _read_typed(frame[name], asked=_asked(name, wishes, reading)) for name in typed}
    markers = {float(marker): marker for marker in reading.missing if is_number(marker) and marker.lower() != "nan"}
    return {name: _without_markers(cells[name], markers) if markers else cells[name] for name in frame.columns}


def _read_texts(texts: "polars.Series", asked: Asked) -> Cells:
    """A column of texts without the blanks around them; these are rare, and only seen in what was read as words."""
    import polars as pl

    read = read_texts(texts, asked)
    words = pl.Series(
        [*read.markers, *read.strays, *(levels_of(read.values) if _is_words(read) else ())], dtype=pl.String
    )
    if not (words != words.str.strip_chars()).any():
        return read
    return read_texts(texts.str.strip_chars(), asked)


def _together(read: Callable[[str], Cells], names: Sequence[str], rows: int) -> dict[str, Cells]:
    """Each column as `read` reads it, several at a time: polars works on a column alone without Python's lock."""
    import polars as pl

    if rows < ROWS_FOR_THREADS:
        return {name: read(name) for name in names}
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        return dict(zip(names, pool.map(read, names), strict=True))


def _asked(name: str, wishes: Wishes, reading: Reading) -> Asked:
    is_target = name == wishes.target
    return Asked(
        missing=reading.missing,
        decimal=reading.decimal,
        thousands=reading.thousands,
        day_first=reading.day_first,
        as_text=name in wishes.categorical or (name == wishes.splitter and reading.order is None),
        as_number=name in wishes.numeric,
        is_target=is_target,
        # Markers that the config names are meant for the target too.
        keeps_name=is_target and reading.missing == DEFAULT_MISSING,
    )


def _without_markers(read: Cells, markers: Mapping[float, str]) -> Cells:
    """A column of numbers without those that stand for a missing value, such as -999 (also written -999.0)."""
    if read.form.kind != "number":
        return read
    counts = {text: int((read.values == number).sum()) for number, text in markers.items()}
    counts = {text: count for text, count in counts.items() if count}
    if not counts:
        return read
    gone = read.values.is_in([number for number, text in markers.items() if text in counts])
    return read._replace(values=read.values.set(gone, None), markers={**read.markers, **counts})


def _usual_form(frame: "polars.DataFrame", cells: Mapping[str, Cells]) -> NumberForm | None:
    """How numbers are written in the columns that can be read in one way only; None if these do not tell."""
    import polars as pl

    plain = [*frame.select(pl.col(pl.Float64)), *(read.values for read in cells.values() if _is_plain(read))]
    with_fractions = any(bool((values.round() != values).any()) for values in plain)
    sure = [read.form.number for read in cells.values() if read.form.number is not None and not read.is_unsure]
    if any(form.decimal == "," for form in sure):
        return NumberForm(decimal=",")
    if any(form.decimal == "." and form.thousands == "," for form in sure) or with_fractions:
        return NumberForm()
    return None


def _is_plain(read: Cells) -> bool:
    return read.form.number == NumberForm() and not read.is_unsure


def _read_typed(values: "polars.Series", asked: Asked) -> Cells:
    """A column that has a type in its file."""
    import polars as pl

    kind = values.dtype
    if kind == pl.Boolean:
        words = pl.DataFrame({"v": values}).select(
            pl.when(pl.col("v")).then(pl.lit("True")).when(~pl.col("v")).then(pl.lit("False"))
        )
        return _counted(Cells(ColumnForm("flag"), words.to_series()))
    if kind.is_temporal() and kind != pl.Duration:
        days = days_of_typed(values)
        return _counted(Cells(ColumnForm("date", date_parts=date_parts(days.drop_nulls().to_numpy())), days))
    if not kind.is_numeric():
        return read_texts(values.cast(pl.String).str.strip_chars(), asked)
    numbers = values.cast(pl.Float64)
    if asked.as_text:
        return read_texts(pl.Series(values.name, _labels(numbers)), asked)
    numbers = numbers.fill_nan(None)
    return _counted(Cells(ColumnForm("empty" if numbers.null_count() == len(numbers) else "number"), numbers))


def texts_of_typed(values: "polars.Series") -> "polars.Series":
    """A column of any type as words, in the way that `read_columns` writes them."""
    import polars as pl

    if values.dtype == pl.String:
        return values.str.strip_chars()
    if values.dtype == pl.Boolean:
        return pl.select(pl.when(values).then(pl.lit("True")).when(~values).then(pl.lit("False"))).to_series()
    if values.dtype.is_numeric():
        return pl.Series(values.name, _labels(values.cast(pl.Float64).fill_nan(None)))
    return values.cast(pl.String).str.strip_chars()


def _labels(numbers: "polars.Series") -> "polars.Series":
    """Numbers as people write labels: 3 and not 3.0."""
    import polars as pl

    whole = numbers.round() == numbers
    texts = pl.DataFrame({"v": numbers, "whole": whole}).select(
        pl.when(pl.col("whole") & (pl.col("v").abs() < 2**53))
        .then(pl.col("v").cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(pl.col("v").cast(pl.String))
    )
    return texts.to_series()


def _counted(cells: Cells) -> Cells:
    """With empty cells as its only marker."""
    gaps = cells.values.null_count()
    return cells._replace(markers={"": gaps}) if gaps else cells


def _refuse_strays(name: str, read: Cells, frame: "polars.DataFrame", place: Callable[[int], str]) -> None:
    """Raise DataError that names the first row without a number in a column that data.numeric names."""
    words = set(read.strays) if read.form.kind == "number" else None
    if words is not None and not words:
        return
    import polars as pl

    texts = frame[name].cast(pl.String).str.strip_chars()
    if words is None and read.form.kind in ("empty", "date"):
        return
    wrong = texts.is_in(list(words)) if words else texts.is_not_null() & (read.values.is_not_null())
    row = int(wrong.fill_null(False).arg_max() or 0)
    raise DataError(
        f"{place(row)}: column {name!r} holds {short(texts[row])}, which is no number, but data.numeric names the"
        " column; correct the value, list it in data.missing, or take the column out of data.numeric"
    )


def is_index(name: str, read: Cells, unnamed: frozenset[str]) -> bool:
    """Whether a column without a name numbers the rows: 0, 1, 2, ... or 1, 2, 3, ..."""
    if (name not in unnamed and name not in INDEX_NAMES) or read.form.kind != "number" or read.values.null_count():
        return False
    values = read.values.to_numpy()
    return len(values) > 1 and values[0] in (0, 1) and bool((values == values[0] + np.arange(len(values))).all())


def _as_index(read: Cells) -> Cells:
    return read._replace(form=ColumnForm("id", number=read.form.number))


def _is_words(read: Cells) -> bool:
    import polars as pl

    return read.values.dtype in (pl.String, pl.Enum)


def codes_of(read: Cells) -> tuple[Array, tuple[str, ...]]:
    """(m,) int32 codes of a column's words, -1 where missing, and the words, sorted; those of a flag are no, yes."""
    import polars as pl

    coded = read.values if read.values.dtype == pl.Enum else coded_words(read.values)
    levels = tuple(levels_of(coded))
    codes = coded.to_physical().cast(pl.Int32)
    if read.form.kind == "flag" and (flag := flag_levels(levels)) and flag != levels:
        codes, levels = 1 - codes, flag
    return codes.fill_null(MISSING_CODE).to_numpy(), levels


def _codes_together(columns: Sequence[Array], rows: int) -> Array:
    """(m, c) int32 of the columns side by side, each in one piece of memory."""
    codes = np.empty((rows, len(columns)), dtype=np.int32, order="F")
    for at, column in enumerate(columns):
        codes[:, at] = column
    return codes


def _matrix(columns: "Mapping[str, polars.Series]", rows: int) -> Array:
    """(m, p) float64 of the columns side by side; NaN where missing.

    Each column is in one piece of memory, since all that follows but the last step looks at columns.
    """
    import polars as pl

    if not columns:
        return np.empty((rows, 0))
    return pl.DataFrame([values.alias(name) for name, values in columns.items()]).to_numpy(order="fortran")


def _examples_of(frame: "polars.DataFrame") -> dict[str, tuple[str, ...]]:
    """A few different cells of each column, as they stand in the file."""
    import polars as pl

    head = frame.head(ROWS_FOR_EXAMPLES)
    numbers = {cells.name: _different(cells.to_list())[:EXAMPLES] for cells in head.select(pl.col(pl.Float64))}
    # The numbers of all columns at once: polars takes a tenth of a millisecond for each column, however short.
    labels = iter(_labels(pl.Series([n for few in numbers.values() for n in few], dtype=pl.Float64)).to_list())
    found = {name: tuple(itertools.islice(labels, len(few))) for name, few in numbers.items()}
    for cells in head.select(pl.exclude(pl.Float64)):
        texts = _different(cells.cast(pl.String).to_list())
        found[cells.name] = tuple(text.strip() for text in texts if text.strip())[:EXAMPLES]
    return found


def _different(cells: Iterable[Any]) -> list[Any]:
    """The different ones of these that are not missing, in their order; not-a-numbers are one."""
    return list(dict.fromkeys(np.nan if cell != cell else cell for cell in cells if cell is not None))
