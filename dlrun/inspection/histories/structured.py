"""Logs of JSON and NumPy: a list of numbers, lists by name, lines by name, or the trainer_state.json of a Trainer."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from .lines import Line
from .separated import ONLY_COLUMN, text_of

# Hugging Face's Trainer: where its lines are, and what marks the last of them, which sums up the whole training.
TRAINER_LINES, TRAINER_SUMMARY = "log_history", "train_runtime"

EXPECTED = "expected a list of losses, lists by name as in Keras' history.history, or a trainer_state.json"


def json_lines(file: Path) -> list[Line]:
    """The lines of a JSON file, or of one with a JSON object a line."""
    text = text_of(file)
    try:
        held = json.loads(text)
    except json.JSONDecodeError as problem:
        held = objects_by_line(text)
        if held is None:
            raise DataError(f"{file}, line {problem.lineno}: is no JSON: {problem.msg}; {EXPECTED}") from None
    return lines_of(held, file)


def objects_by_line(text: str) -> list[Any] | None:
    """The values of text with one JSON value a line; None where it is not such."""
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except json.JSONDecodeError:
        return None


def lines_of(held: Any, file: Path) -> list[Line]:
    if isinstance(held, Mapping) and isinstance(held.get(TRAINER_LINES), list):
        held = [one for one in held[TRAINER_LINES] if isinstance(one, Mapping) and TRAINER_SUMMARY not in one]
    if isinstance(held, Mapping):
        return lines_of_lists({name: part for name, part in held.items() if isinstance(part, list)}, file)
    if isinstance(held, list) and held and all(isinstance(one, Mapping) for one in held):
        return [Line(f"entry {at}", plain(one)) for at, one in enumerate(held, start=1)]
    if isinstance(held, list):
        return lines_of_lists({ONLY_COLUMN: held}, file)
    raise DataError(f"{file}: holds {type(held).__name__}; {EXPECTED}")


def lines_of_lists(lists: Mapping[str, Sequence[Any]], file: Path) -> list[Line]:
    """A line for each place in the lists."""
    length = max((len(part) for part in lists.values()), default=0)
    if not length:
        raise DataError(f"{file}: holds no list of numbers; {EXPECTED}")
    return [
        Line(f"entry {at + 1}", plain({name: part[at] for name, part in lists.items() if at < len(part)}))
        for at in range(length)
    ]


def plain(values: Mapping[str, Any]) -> dict[str, str | float]:
    """Numbers as numbers, nothing for null, and text for all else, which is told if it is asked for."""
    return {
        name: float(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }


def array_lines(file: Path) -> list[Line]:
    """The lines of an array (n,) of losses in a .npy, or of such arrays by name in a .npz; objects are refused."""
    try:
        held = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise DataError(f"{file}: cannot be read as arrays of numbers: {problem}") from None
    arrays = {ONLY_COLUMN: held} if isinstance(held, np.ndarray) else dict(held)
    for name, array in arrays.items():
        if array.ndim != 1 or array.dtype.kind not in "fiu":
            raise DataError(f"{file}: {name} is of shape {array.shape} and {array.dtype}; expected numbers (epochs,)")
    return lines_of_lists({name: array.tolist() for name, array in arrays.items()}, file)
