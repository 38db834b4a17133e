"""Reads metrics.jsonl and trace.jsonl as records whose every field can be relied on.

A checksum says that nobody damaged a line, not that dlrun wrote it; so each line is checked against its record, too.
Other files of lines have readers of their own.
"""

from collections.abc import Callable
from typing import TypeVar

from ..nn.trace import TraceLine
from ..nn.training import EpochRecord
from .codec import Misfit, Plain, from_plain
from .folder import RunFolder, corrupt

METRICS = "metrics.jsonl"
TRACE = "trace.jsonl"

L = TypeVar("L", EpochRecord, TraceLine)


def sound_metrics(folder: RunFolder) -> tuple[tuple[EpochRecord, ...], str | None]:
    """The records up to the first damaged line, and what is wrong with that line; nothing without the file."""
    return sound_records(folder, METRICS, EpochRecord, epoch_fault)


def sound_trace(folder: RunFolder) -> tuple[tuple[TraceLine, ...], str | None]:
    """The lines up to the first damaged one, and what is wrong with that line; nothing without the file."""
    return sound_records(folder, TRACE, TraceLine, layers_fault)


def read_metrics(folder: RunFolder) -> tuple[EpochRecord, ...]:
    """A run's records, one for each epoch so far. Raises StoreError where a line is damaged."""
    records, problem = sound_metrics(folder)
    if problem:
        raise corrupt(folder.path / METRICS, problem)
    return records


def line_problem(folder: RunFolder, name: str) -> str | None:
    """What is wrong with the first damaged line of metrics or trace; None if nothing."""
    return (sound_metrics if name == METRICS else sound_trace)(folder)[1]


def sound_records(
    folder: RunFolder, name: str, kind: type[L], fault_of: Callable[[L, L], str | None]
) -> tuple[tuple[L, ...], str | None]:
    """The records of a file's lines up to the first line that is damaged or no record of this kind.

    fault_of : what is wrong with a record, given the first record of the file.
    """
    if not (folder.path / name).exists():
        return (), None
    plain, problem = folder.sound_lines(name)
    records: list[L] = []
    for number, line in enumerate(plain, start=1):
        try:
            record = from_plain(kind, line)
        except Misfit as misfit:
            return tuple(records), f"line {number}: {misfit_in_words(misfit, line)}"
        if fault := fault_of(record, records[0] if records else record):
            return tuple(records), f"line {number}: {fault}"
        records.append(record)
    return tuple(records), problem


def misfit_in_words(misfit: Misfit, line: Plain) -> str:
    """The first key that a line lacks, or whose value is impossible; for a layer, with its number."""
    path, where = misfit.path, ""
    if path[0] == "layers" and len(path) > 2 and isinstance(line["layers"][int(path[1])], dict):
        path, where = path[2:], f"layer {int(path[1]) + 1}: "
    elif path[0] == "start" and len(path) > 1:
        path = path[1:]
    else:
        path = path[:1]
    return (
        f"{where}it has no {path[0]}" if misfit.is_missing else f"{where}its {path[0]} is not what dlrun writes there"
    )


def epoch_fault(record: EpochRecord, first: EpochRecord) -> str | None:
    return "its epoch is not what dlrun writes there" if record.epoch < 0 else None


def layers_fault(line: TraceLine, first: TraceLine) -> str | None:
    """What is wrong with the layers: they are numbered from 1, and every line has as many."""
    if line.epoch < 0:
        return "its epoch is not what dlrun writes there"
    if not line.layers:
        return "its layers is not what dlrun writes there"
    for number, layer in enumerate(line.layers, start=1):
        if layer.layer != number:
            return f"layer {number}: it is numbered {layer.layer}"
    count, expected = len(line.layers), len(first.layers)
    return None if count == expected else f"it has {count} layers, and the first line {expected}"
