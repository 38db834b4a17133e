"""Tells how columns were read: notes on how they are written, warnings where another reading was possible, and faults.

`reader` puts them into the examples, so that nothing is read in silence.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ..arrays import Array
from .examples import Suspicion, Table
from .files import listed, short
from .reading import Reading

# Texts told in a sentence.
TEXTS_TOLD = 4

# The numbers that people and programs write for a missing one: repeated nines.
SENTINELS = frozenset(sign * int("9" * digits) for sign in (1, -1) for digits in range(2, 7)) - {99}

# A sentinel stands in at least this many rows; a single one is an outlier.
FEWEST_SENTINELS = 2


def columns_told(table: Table, names: Sequence[str], reading: Reading) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(notes, warnings) about the columns that are used: how they are written, and what was chosen for them."""
    written: dict[str, list[str]] = {}
    notes, warnings = [], []
    for name in names:
        read = table.read_as.get(name)
        if read is None:
            continue
        if words := read.form.in_words():
            what = "dates" if read.form.kind == "date" else "numbers"
            written.setdefault(f"read as {what}: {words}", []).append(name)
        usual = {"", *reading.missing}
        if read.form.kind in ("number", "date") and (more := {t: n for t, n in read.markers.items() if t not in usual}):
            notes.append(f"column {short(name)}: {_counted(more)} {'is' if len(more) == 1 else 'are'} read as missing")
        warnings += [f"column {short(name)}: {note}" for note in read.notes]
        if read.form.kind == "date" and reading.order is None:
            notes.append(f"column {short(name)} is a time: data.order={name} would train on the earliest rows")
    notes = [f"{_named(columns)} {what}" for what, columns in written.items()] + notes
    return tuple(notes), tuple(warnings)


def _named(columns: Sequence[str]) -> str:
    quoted = listed([short(name) for name in columns])
    return f"column {quoted} is" if len(columns) == 1 else f"columns {quoted} are"


def _counted(texts: dict[str, int]) -> str:
    told = [f"{short(text)} ({count})" for text, count in list(texts.items())[:TEXTS_TOLD]]
    more = len(texts) - len(told)
    return " and ".join(told) + (f" and {more} more" if more else "")


def faults_in_columns(table: Table, names: Sequence[str]) -> Iterator[Suspicion]:
    """Words among numbers, and numbers that seem to stand for a missing one."""
    for name in names:
        read = table.read_as.get(name)
        if read is not None and read.strays:
            rows = len(table.numbers)
            yield Suspicion(
                "mixed-column",
                f"column {short(name)} holds {_counted(dict(read.strays))} among {read.form.kind}s, read as missing",
                "list the words in data.missing, or name the column in data.categorical",
                sum(read.strays.values()) / rows,
            )
        if name in table.number_places and table.kind_of(name) == "number":
            yield from _sentinels(name, table.column(name).values)


def _sentinels(name: str, values: Array) -> Iterator[Suspicion]:
    """A repeated -999 or 9999 that is further from all other values than these are from each other."""
    if not len(values):
        return
    for extreme in (np.fmin.reduce(values), np.fmax.reduce(values)):
        if float(extreme) not in SENTINELS:  # as nearly always, so that nothing below is computed
            continue
        rows = int((values == extreme).sum())
        others = (
            values[(values != extreme) & ~np.isnan(values)] if values.dtype.kind == "f" else values[values != extreme]
        )
        if rows < FEWEST_SENTINELS or not len(others):
            continue
        low, high = float(others.min()), float(others.max())
        distance = low - float(extreme) if extreme < low else float(extreme) - high
        if distance > high - low:
            yield Suspicion(
                "sentinel",
                f"column {short(name)} holds {extreme:g} in {rows} rows, far from all others ({low:g} to {high:g}): it"
                " may stand for a missing value",
                f"if it does, list it: data.missing: ['', '{extreme:g}']",
                rows / len(values),
            )
