"""A log of another package as curves: read by its kind, its columns matched, its lines put together by epoch."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ...advice.curves import Curve, Curves, Unit
from ...errors import DataError, UsageError
from .events import event_lines, is_event_log
from .lines import Line, finite
from .roles import roles_of
from .separated import separated_lines
from .structured import array_lines, json_lines

# Endings of files that run code when they are opened.
PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".sav")

# Above this, an accuracy or an error must be a percentage: some go a little above 1 by rounding.
LARGEST_FRACTION = 1.0 + 1e-6


class Reader(NamedTuple):
    """A kind of log: what it is called, whether a path is such, and the function that reads it."""

    name: str
    fits: Callable[[Path], bool]
    read: Callable[[Path], list[Line]]


# The first that fits reads.
READERS = (
    Reader("events of TensorBoard", is_event_log, event_lines),
    Reader("JSON", lambda path: path.suffix.lower() in (".json", ".jsonl"), json_lines),
    Reader("arrays of NumPy", lambda path: path.suffix.lower() in (".npy", ".npz"), array_lines),
    Reader("separated text", lambda path: True, separated_lines),
)


@dataclass(frozen=True)
class Told:
    """What a log tells. kind : of file. columns : by role. notes : how it was read, a sentence each."""

    kind: str
    columns: dict[str, str]
    notes: tuple[str, ...]
    curves: Curves


def read_history(file: Path, named: Mapping[str, str]) -> Told:
    """The curves of a log; `named` says which column has which role. Raises DataError and UsageError."""
    if not file.exists():
        raise DataError(f"{file}: no such file; expected a log of a training, such as a CSV")
    if file.suffix.lower() in PICKLES:
        raise DataError(
            f"{file}: is a pickle, which may run any code when it is opened; write what it holds as JSON, such as"
            " json.dump(model.loss_curve_, file)"
        )
    reader = next(one for one in READERS if one.fits(file))
    lines = reader.read(file)
    columns = list(dict.fromkeys(name for line in lines for name in line.values))
    roles = roles_of(columns, named, str(file))
    unit, periods = periods_of(lines, roles, str(file))
    series = {role: series_of(periods, column, str(file)) for role, column in roles.items() if role != "epoch"}
    if not any(any(value is not None for value in values) for values in series.values()):
        raise DataError(f"{file}: nothing was measured; expected a number in {' or '.join(roles.values())}")
    notes = []
    for kind in ("accuracy", "error"):
        notes += as_fractions(series, kind, lines, roles, str(file))
    unused = [name for name in columns if name not in roles.values() and name != "step"]
    if unused:
        notes.append(f"not used: {', '.join(unused)}")
    return Told(reader.name, roles, tuple(notes), curves_of(unit, periods, roles, series))


class Period(NamedTuple):
    """An epoch, or what lies between two measurements of dev: its number as the file has it, and its lines."""

    number: float
    lines: list[Line]


def periods_of(lines: Sequence[Line], roles: Mapping[str, str], file: str) -> tuple[Unit, list[Period]]:
    """The lines by epoch; without a column for it a line is an epoch, or all up to a line with a dev figure are one."""
    if "epoch" in roles:
        return "epoch", by_epoch(lines, roles["epoch"], file)
    dev = [column for role, column in roles.items() if role.startswith("dev")]
    train = [column for role, column in roles.items() if role.startswith("train")]
    measures_dev = [any(line.number(column, file) is not None for column in dev) for line in lines]
    if not (dev and train) or all(measures_dev[:-1]):  # the last may still be under way
        return "epoch", [Period(at, [line]) for at, line in enumerate(lines, start=1)]
    periods: list[Period] = []
    open_lines: list[Line] = []
    for line, ends in zip(lines, measures_dev, strict=True):
        open_lines.append(line)
        if ends:
            periods.append(Period(len(periods) + 1, open_lines))
            open_lines = []
    return "evaluation", periods


def by_epoch(lines: Sequence[Line], column: str, file: str) -> list[Period]:
    """The lines of each epoch, which may be told in parts, as 2.5. Raises DataError where the numbers go back."""
    periods: list[Period] = []
    for line in lines:
        epoch = line.number(column, file)
        if epoch is None:
            continue
        if not math.isfinite(epoch):
            raise DataError(f"{file}, {line.where}: the epoch is {epoch}; expected a number")
        number = float(math.ceil(epoch))
        if periods and number < periods[-1].number:
            raise DataError(
                f"{file}, {line.where}: epoch {number:g} comes after epoch {periods[-1].number:g}, so two trainings are"
                " in this file; keep the lines of one"
            )
        if not periods or number > periods[-1].number:
            periods.append(Period(number, []))
        periods[-1].lines.append(line)
    return periods


def series_of(periods: Sequence[Period], column: str, file: str) -> list[float | None]:
    """The mean of what each period measured, None for nothing; infinity where a figure is no finite number."""
    name = column if any(column in line.values for period in periods for line in period.lines) else column[:-1]
    found: list[float | None] = []
    for period in periods:
        numbers = [number for line in period.lines if (number := line.number(name, file)) is not None]
        found.append(finite(sum(numbers) / len(numbers)) if numbers else None)
    return found


def as_fractions(
    series: dict[str, list[float | None]], kind: str, lines: Sequence[Line], roles: Mapping[str, str], file: str
) -> list[str]:
    """Turns percentages of train and dev into fractions, and says which of both they were.

    Raises DataError for a number that is neither.
    """
    found = [role for role in (f"train_{kind}", f"dev_{kind}") if role in series]
    highest = max((v for role in found for v in series[role] if v is not None and math.isfinite(v)), default=None)
    if highest is None:
        return []
    named = any(roles[role].endswith("%") and not any(roles[role] in line.values for line in lines) for role in found)
    are_percentages = highest > LARGEST_FRACTION or named
    for role in found:
        refuse_impossible(roles[role], lines, 100.0 if are_percentages else LARGEST_FRACTION, file)
        if are_percentages:
            series[role] = [None if value is None else value / 100 for value in series[role]]
    if are_percentages:
        return [f"{kind} is read as a percentage: it reaches {highest:g}"]
    if kind == "error":
        hint = f"name the column with a % where it is a percentage: --columns {found[0]}={roles[found[0]]}%"
        return [f"error is read as a fraction: it reaches {highest:g}; {hint}"]
    return [f"accuracy is read as a fraction: it reaches {highest:g}"]


def refuse_impossible(column: str, lines: Sequence[Line], largest: float, file: str) -> None:
    for line in lines:
        value = line.number(column, file) if column in line.values else None
        if value is not None and math.isfinite(value) and not 0 <= value <= largest:
            raise DataError(
                f"{file}, {line.where}: column {column!r} has {value:g}; expected shares of rows, from 0 to 1, or"
                " percentages from 0 to 100"
            )


def curves_of(
    unit: Unit, periods: Sequence[Period], roles: Mapping[str, str], series: Mapping[str, list[float | None]]
) -> Curves:
    """The curves; an error is 1 less the accuracy where that was logged."""

    def errors(split: str) -> Curve | None:
        accuracy = series.get(f"{split}_accuracy")
        if accuracy is None:
            return curve(series.get(f"{split}_error"))
        return tuple(
            None if one is None else one if math.isinf(one) else min(1.0, max(0.0, 1 - one)) for one in accuracy
        )

    def curve(values: list[float | None] | None) -> Curve | None:
        return None if values is None else tuple(values)

    if not periods:
        raise UsageError(f"no {unit} was told: column {roles.get('epoch')!r} is empty; leave it out of --columns")
    return Curves(
        unit=unit,
        numbers=tuple(period.number for period in periods),
        train_loss=curve(series.get("train_loss")),
        dev_loss=curve(series.get("dev_loss")),
        train_error=errors("train"),
        dev_error=errors("dev"),
    )
