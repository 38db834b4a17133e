"""Reads other rows of a source as the training rows were read, and notes what of them the network cannot know.

Each column is read by the form that its run kept, so that one row is read alike in any company.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..arrays import Array
from .cells.dates import date_features, date_form, days_of, days_of_typed, iso
from .cells.forms import ColumnForm
from .cells.markers import is_marker
from .cells.numbers import NumberForm, number_form, numbers_of
from .cells.words import coded_words, levels_of
from .columns import is_number
from .frames import texts_of_typed
from .new_words import codes_by_word, place_in_order
from .preparation import MISSING_CODE, UNSEEN_CODE, Preparation, codes_of_words
from .source_form import PLAIN, SourceForm
from .targets import LARGEST_TARGET

if TYPE_CHECKING:
    import polars


# A number further from the mean, in standard deviations, would make sums within the network infinite in float32, whose
# largest number is 3e38.
MOST_DEVIATIONS = 1e30


NO_ROWS = np.empty(0, dtype=np.int64)


class Oddity(NamedTuple):
    """Rows in which a column differs from all that training had.

    what : a key of ODDITIES. rows (r,) : their numbers, from 0. example : the cell of the first of them, as text.
    """

    what: str
    column: str
    rows: Array
    example: str


class OddKind(NamedTuple):
    """What a kind of oddity is called in a row of its own, and in a sentence about {rows}, with an {example}."""

    mark: str
    sentence: str


ODDITIES: Mapping[str, OddKind] = {
    "unseen": OddKind("not seen in training", "words that training did not have in {rows}, such as {example}"),
    "below": OddKind("below the training range", "below the training range in {rows}, such as {example}"),
    "above": OddKind("above the training range", "above the training range in {rows}, such as {example}"),
    "missing": OddKind("missing", "no value in {rows}, and no training row lacked one; read as the middle of training"),
    "otherwise": OddKind(
        "written otherwise", "written otherwise than in training in {rows}, such as {example}, and read all the same"
    ),
    "unread": OddKind("not readable", "cannot be read as in training in {rows}, such as {example}; taken as missing"),
    "unjudged": OddKind(
        "target not readable", "the target cannot be read as in training in {rows}, such as {example}; not judged"
    ),
}


class NewRows(NamedTuple):
    """Raw rows as `Preparation.features` takes them: numbers (k, p), codes (k, c); and what is odd in them."""

    numbers: Array
    codes: Array
    oddities: tuple[Oddity, ...]


class _Read(NamedTuple):
    """A column as Float64 and null where missing; and masks of the cells written otherwise, and of those not read."""

    values: "polars.Series"
    otherwise: "polars.Series | None" = None
    unread: "polars.Series | None" = None


def new_rows(columns: "Mapping[str, polars.Series]", form: SourceForm, preparation: Preparation) -> NewRows:
    """The rows of these columns, which are all features of the source by their names in training."""
    rows = len(next(iter(columns.values())))
    number_places = {name: at for at, name in enumerate(preparation.numeric_columns)}
    code_places = {name: at for at, name in enumerate(preparation.categorical_columns)}
    # Column by column, as they come; the network's first product takes rows from either order.
    numbers = np.empty((rows, len(number_places)), order="F")
    codes = np.empty((rows, len(code_places)), dtype=np.int32, order="F")
    oddities: list[Oddity] = []
    has_markers = bool(_numbers_meant(form.missing))
    for name in form.features:
        of_column = form.form(name)
        if not has_markers and of_column == PLAIN and name in number_places:
            limits = _limits(preparation, number_places[name])
            if (usual := _usual_numbers(columns[name], limits)) is not None:
                numbers[:, number_places[name]] = usual
                continue
        if name in code_places:
            own = preparation.levels[code_places[name]]
            codes[:, code_places[name]], odd = _codes(columns[name], of_column, form.missing, own)
        else:
            made, odd = _numbers(columns[name], of_column, form.missing)
            odd += _checked(made, columns[name], of_column, _limits(preparation, number_places[name]), odd)
            for feature, values in made.items():
                numbers[:, number_places[feature]] = values
        oddities += odd
    return NewRows(preparation.filled(numbers), codes, tuple(oddities))


def _usual_numbers(values: "polars.Series", limits: "_Limits") -> Array | None:
    """Numbers (k,) of a column that has a type, no gap and nothing out of range, as nearly all have; else None."""
    if not values.dtype.is_numeric() or values.null_count() or not len(values):
        return None
    numbers = values.to_numpy()
    # Neither holds if a number is NaN.
    return numbers if float(numbers.min()) >= limits.low and float(numbers.max()) <= limits.high else None


def target_numbers(values: "polars.Series", form: SourceForm) -> tuple[Array, tuple[Oddity, ...]]:
    """(k,) float64 of a target of numbers, NaN where it is missing or cannot be judged; and where that is."""
    made, odd = _numbers(values, form.form(form.target), form.missing)
    numbers = made[values.name]
    with np.errstate(invalid="ignore"):
        enormous = np.abs(numbers) > LARGEST_TARGET
    odd += _odd("unread", values, enormous)
    unjudged = [oddity._replace(what="unjudged") for oddity in odd if oddity.what in ("unread", "unseen")]
    return np.where(enormous, np.nan, numbers), tuple(unjudged)


def target_classes(values: "polars.Series", form: SourceForm, classes: Sequence[str]) -> Array:
    """(k,) int32 indices of a target's classes; MISSING_CODE for none, UNSEEN_CODE for one not in training."""
    of_column = form.form(form.target)
    coded = coded_words(texts_of_typed(values))
    # A class may have the name of a missing value, such as NA.
    missing = tuple(word for word in form.missing if word not in classes)
    known = {name: at for at, name in enumerate(classes)}
    return _placed(coded, codes_by_word(levels_of(coded), known, of_column, missing))


def _placed(coded: "polars.Series", places: Sequence[int]) -> Array:
    """The place of each cell's word; the last entry is that of a missing one."""
    import polars as pl

    at = coded.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    return np.asarray(np.array([*places, MISSING_CODE], dtype=np.int32)[at])


def _codes(
    values: "polars.Series", form: ColumnForm, missing: Sequence[str], own: Sequence[str]
) -> tuple[Array, list[Oddity]]:
    """The codes (k,) of a column of words, of which training had its `own`."""
    coded = coded_words(texts_of_typed(values))
    known = {word: code for word, code in zip(own, codes_of_words(own).tolist(), strict=True) if word}
    codes = _placed(coded, codes_by_word(levels_of(coded), known, form, missing))
    return codes, _odd("unseen", coded, codes == UNSEEN_CODE)


def _numbers(
    values: "polars.Series", form: ColumnForm, missing: Sequence[str]
) -> tuple[dict[str, Array], list[Oddity]]:
    """The numbers (k,) that were made of a column: itself, or the parts of a date."""
    if form.kind == "flag" or form.order:
        coded = coded_words(texts_of_typed(values))
        words = levels_of(coded)
        codes = _placed(coded, [place_in_order(word, form, missing) for word in words])
        return {values.name: np.where(codes < 0, np.nan, codes)}, _odd("unseen", coded, codes == UNSEEN_CODE)
    read = _read_dates(values, form, missing) if form.kind == "date" else _read_numbers(values, form, missing)
    made = read.values.to_numpy().astype(np.float64)
    odd = [
        oddity
        for what, mask in (("otherwise", read.otherwise), ("unread", read.unread))
        if mask is not None
        for oddity in _odd(what, values, mask.fill_null(False).to_numpy())
    ]
    return date_features(values.name, made, form.date_parts) if form.kind == "date" else {values.name: made}, odd


def _read_numbers(values: "polars.Series", form: ColumnForm, missing: Sequence[str]) -> _Read:
    import polars as pl

    if values.dtype.is_numeric():
        return _Read(_without_markers(values.cast(pl.Float64), missing))
    if values.dtype == pl.Boolean:
        return _Read(values.cast(pl.Float64), otherwise=values.is_not_null())
    if values.dtype != pl.String:
        return _all_unread(values)
    number = form.number or NumberForm()

    def found(texts: "polars.Series") -> "polars.Series | None":
        form_here = number_form(texts)
        return None if form_here is None or form_here.rival else numbers_of(texts, form_here.form)

    read = _by_form(values, lambda texts: numbers_of(texts, number).fill_nan(None), found, missing)
    return read._replace(values=_without_markers(read.values, missing))


def _read_dates(values: "polars.Series", form: ColumnForm, missing: Sequence[str]) -> _Read:
    import polars as pl

    if values.dtype.is_temporal() and values.dtype != pl.Duration:
        return _Read(days_of_typed(values))
    if values.dtype != pl.String and form.date is not None and form.date.pattern.startswith("%Y%m%d"):
        values = texts_of_typed(values)  # dates such as 20240131 are whole numbers in some files
    if values.dtype != pl.String:
        return _all_unread(values)

    def parsed(texts: "polars.Series") -> "polars.Series":
        return days_of(texts, form.date) if form.date is not None else texts.cast(pl.Float64, strict=False).clear(0)

    def found(texts: "polars.Series") -> "polars.Series | None":
        form_here = date_form(texts)
        return None if form_here is None or form_here.rival else days_of(texts, form_here.form)

    if form.date is None:  # the column had a type of its own in training, and here it is text
        nothing = pl.Series(values.name, [None] * len(values), dtype=pl.Float64)
        return _by_form(values, lambda texts: nothing, found, missing)
    return _by_form(values, parsed, found, missing)


Parse = Callable[["polars.Series"], "polars.Series"]
Find = Callable[["polars.Series"], "polars.Series | None"]


def _by_form(values: "polars.Series", parse: Parse, find: Find, missing: Sequence[str]) -> _Read:
    """Texts by the form of training; those that are left by a form of their own, if only one is possible."""
    import polars as pl

    texts = values.str.strip_chars()
    read = parse(texts)
    if read.null_count() == texts.null_count():
        return _Read(read)
    left = texts.filter(read.is_null() & texts.is_not_null()).unique(maintain_order=True)
    strays = left.filter(pl.Series([not is_marker(word, missing) for word in left], dtype=pl.Boolean))
    if not len(strays):
        return _Read(read)
    found = find(strays)
    if found is None:
        return _Read(read, unread=texts.is_in(strays.implode()))
    known = strays.filter(found.is_not_null())
    instead = pl.DataFrame({"text": strays, "value": found}).filter(pl.col("value").is_not_null())
    values_here = pl.DataFrame({"text": texts}).join(instead, on="text", how="left", maintain_order="left")["value"]
    otherwise, unread = texts.is_in(known.implode()), texts.is_in(strays.filter(found.is_null()).implode())
    return _Read(read.zip_with(~otherwise.fill_null(False), values_here), otherwise, unread)


def _all_unread(values: "polars.Series") -> _Read:
    import polars as pl

    nothing = pl.Series(values.name, [None] * len(values), dtype=pl.Float64)
    return _Read(nothing, unread=values.is_not_null())


def _without_markers(numbers: "polars.Series", missing: Sequence[str]) -> "polars.Series":
    """Without numbers that stand for a missing value, such as -999, which may also be written -999.0."""
    gone = _numbers_meant(missing)
    return numbers.set(numbers.is_in(gone).fill_null(False), None) if gone else numbers


def _numbers_meant(missing: Sequence[str]) -> list[float]:
    """The numbers among the texts for a missing value; nan is none."""
    return [number for text in missing if is_number(text) and (number := float(text)) == number]


class _Limits(NamedTuple):
    """The least and greatest number of training, the largest distance from 0 that is taken, whether gaps are usual."""

    low: float
    high: float
    largest: float
    has_gaps: bool


def _limits(preparation: Preparation, at: int) -> _Limits:
    """Those of a column; without bounds where its run did not keep them."""
    low, high = -np.inf, np.inf
    if preparation.lows is not None and preparation.highs is not None and preparation.lows[at] == preparation.lows[at]:
        low, high = float(preparation.lows[at]), float(preparation.highs[at])
    largest = MOST_DEVIATIONS * float(preparation.scales[at]) + abs(float(preparation.means[at]))
    return _Limits(low, high, largest, preparation.numeric_columns[at] in preparation.gap_columns)


def _checked(
    made: dict[str, Array], cells: "polars.Series", form: ColumnForm, limits: _Limits, told: Sequence[Oddity]
) -> list[Oddity]:
    """What is odd in the numbers of a column beside what is `told`; those too large for float32 become NaN."""
    name, numbers = cells.name, made[cells.name]
    if not len(numbers):
        return []
    # The ends tell which of the looks at each number are needed; few columns need more than one.
    low, high = float(numbers.min()), float(numbers.max())
    is_gap = np.isnan(numbers) if low != low else None
    if is_gap is not None:
        low, high = float(np.fmin.reduce(numbers)), float(np.fmax.reduce(numbers))
    odd: list[Oddity] = []
    if max(-low, high) > limits.largest:
        enormous = np.abs(numbers) > limits.largest
        odd += _odd("unread", cells, enormous)
        numbers = made[name] = np.where(enormous, np.nan, numbers)
    if form.kind != "flag":
        below = np.flatnonzero(numbers < limits.low) if low < limits.low else NO_ROWS
        above = np.flatnonzero(numbers > limits.high) if high > limits.high else NO_ROWS
        odd += [
            Oddity(what, name, rows, f"{_shown(float(numbers[rows[0]]), form)} (the {side} was {_shown(end, form)})")
            for what, rows, side, end in (
                ("below", below, "least", limits.low),
                ("above", above, "greatest", limits.high),
            )
            if len(rows)
        ]
    if is_gap is None or limits.has_gaps:
        return odd
    for oddity in told:
        if oddity.what in ("unread", "unseen"):
            is_gap[oddity.rows] = False
    return odd + _odd("missing", cells, is_gap)


def _shown(number: float, form: ColumnForm) -> str:
    return iso(number, "hour" in form.date_parts) if form.kind == "date" else f"{number:g}"


def _odd(what: str, cells: "polars.Series", mask: Array) -> list[Oddity]:
    """The rows of a mask, if there are any, with the first cell as the example."""
    rows = np.flatnonzero(mask)
    return [Oddity(what, cells.name, rows, repr(cells[int(rows[0])]))] if len(rows) else []
