"""Random tables of the kinds of columns that people have, each value as what it means and not as it is written.

`dialects` writes them in the ways of many programs and countries.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

WORDS = (
    "Köln", "Zürich", "Malmö", "São Paulo", "Orléans", "Gijón", "Düsseldorf", "Århus", "Genève", "Großräschen",
    "red", "dark red", "green", "blue", "half, sliced", 'the "big" one', "it's", "left; right", "up|down",
    "Müller & Söhne", "small", "large", "x-large", "A1", "B-2", "never", "often", "one two three", "north/south",
    "plus+", "a.b", "50-60 yrs",
)  # fmt: skip

NAMES = (
    "age", "Größe", "price (EUR)", "x1", "Temp. max", "weight, dry", 'the "size"', "año", "count", "since", "zip",
    "left|right", "B_2", "name",
    "Höhe über NN", "dose/day", "col umn", "it's", "colour", "rate", "length", "born", "note", "key",
)  # fmt: skip

# Words of free text; each row has some of them, so that no two are alike.
FREE = (
    "the",
    "patient",
    "came",
    "again,",
    "übel",
    "but",
    '"fine"',
    "after",
    "2",
    "days;",
    "très",
    "bien",
    "no",
    "change",
)


class Made(NamedTuple):
    """A column: its kind and its values, None where missing.

    number, whole: the digits as text, such as -1234.50 or 1.5e-12. day, moment: a datetime in UTC. flag: a boolean.
    word, code, text: text. class: the digits of a small whole number, which never has signs around.
    """

    name: str
    kind: str
    values: tuple[object, ...]


class MadeTable(NamedTuple):
    """Columns of equal length; the last one is the target."""

    columns: tuple[Made, ...]

    @property
    def target(self) -> Made:
        return self.columns[-1]


def random_table(seed: int) -> MadeTable:
    """A table of 30 to 120 rows and 2 to 7 features."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(30, 121))
    names = [NAMES[at] for at in rng.permutation(len(NAMES))]
    kinds = ["number", *rng.choice(list(MAKERS), size=int(rng.integers(1, 7)))]
    columns = [
        _with_gaps(Made(name, kind, tuple(MAKERS[kind](rng, rows))), rng)
        for name, kind in zip(names, kinds, strict=False)
    ]
    kind = str(rng.choice(["word", "class", "number", "whole"]))
    return MadeTable((*_shuffled(columns, rng), _target(names[len(columns)], kind, rows, rng)))


def _shuffled(columns, rng):
    return [columns[at] for at in rng.permutation(len(columns))]


def _with_gaps(column, rng):
    """The column with some missing values, in about half of all columns; one of each different pair stays."""
    share = rng.choice([0.0, 0.0, 0.03, 0.15])
    gone = rng.random(len(column.values)) < share
    values = [None if missing else value for value, missing in zip(column.values, gone, strict=True)]
    kept = [value for value in values if value is not None]
    if column.kind == "flag" and len(set(kept)) < 2:
        return column
    if column.kind in ("day", "moment") and not any(value.day > 12 for value in kept):
        return column
    return column._replace(values=tuple(values))


def _target(name, kind, rows, rng):
    if kind == "word":
        words = [WORDS[at] for at in rng.permutation(len(WORDS))[: int(rng.integers(2, 6))]]
        return Made(name, "word", tuple(words[at % len(words)] for at in rng.permutation(rows)))
    if kind == "class":
        return Made(name, "class", tuple(str(at % int(rng.integers(2, 5))) for at in rng.permutation(rows)))
    values = MAKERS[kind](rng, rows)
    while len({float(value) for value in values}) == 1:  # nothing could be learned of it
        values = MAKERS[kind](rng, rows)
    return Made(name, kind, tuple(values))


def _signs(rng, rows):
    """Minus signs as text: mostly none, or some."""
    share = rng.choice([0.0, 0.0, 0.3, 0.6])
    return ["-" if drawn < share else "" for drawn in rng.random(rows)]


def _numbers(rng, rows):
    """Decimal numbers of one magnitude or of many, with the same decimals or with as many as there are."""
    low = int(rng.integers(-3, 6))
    high = low + int(rng.choice([0, 1, 4]))
    decimals = int(rng.integers(1, 5))
    is_even, is_tiny = rng.random() < 0.6, rng.random() < 0.1
    texts = []
    for sign in _signs(rng, rows):
        size = 10.0 ** rng.uniform(low, high + 1)
        if is_tiny:
            texts.append(f"{sign}{rng.uniform(1, 10):.3f}e-{int(rng.integers(5, 15)):02}")
            continue
        text = f"{size:.{decimals}f}"
        texts.append(sign + (text if is_even else text.rstrip("0").rstrip(".")))
    return ["0" if text in ("-0", "0") else text for text in texts]


def _whole(rng, rows):
    """Whole numbers: counts, years, amounts."""
    low, high = [(0, 9), (0, 300), (1950, 2025), (100, 99_999), (0, 10**7), (10**6, 10**12)][int(rng.integers(6))]
    values = rng.integers(low, high, size=rows)
    return [_signed(sign, value) for sign, value in zip(_signs(rng, rows), values, strict=True)]


def _signed(sign, value):
    return f"{sign if value else ''}{value}"


def _words(rng, rows):
    some = [WORDS[at] for at in rng.permutation(len(WORDS))[: int(rng.integers(2, 8))]]
    return [some[at] for at in rng.integers(len(some), size=rows)]


def _flags(rng, rows):
    return [bool(at % 3) for at in rng.permutation(rows)]


def _days(rng, rows):
    """Days of a week, a year or decades, one of them after the twelfth of a month."""
    span = int(rng.choice([20, 400, 20_000]))
    first = datetime(int(rng.integers(1975, 2015)), int(rng.integers(1, 13)), 15, tzinfo=UTC)
    return [first, *(first + timedelta(days=int(day)) for day in rng.integers(span, size=rows - 1))]


def _moments(rng, rows):
    step = int(rng.choice([1, 60]))
    seconds = rng.integers(24 * 3600 // step, size=rows) * step
    return [day + timedelta(seconds=int(second)) for day, second in zip(_days(rng, rows), seconds, strict=True)]


def _codes(rng, rows):
    """Codes of one length with leading zeros in some."""
    some = [f"{int(code):05}" for code in rng.integers(1, 99_999, size=int(rng.integers(3, 12)))] + ["00501"]
    return [some[at] for at in (*rng.integers(len(some), size=rows - 1), len(some) - 1)]


def _texts(rng, rows):
    return [" ".join(FREE[at] for at in rng.integers(len(FREE), size=8)) + f" {row}" for row in range(rows)]


MAKERS = {
    "number": _numbers,
    "whole": _whole,
    "word": _words,
    "flag": _flags,
    "day": _days,
    "moment": _moments,
    "code": _codes,
    "text": _texts,
}
