"""Writes a proposal as a config: a page of YAML with a comment on each choice that could be otherwise.

`dlrun init` prints what this makes into a file. `read_config` reads it as it stands.
"""

import os
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config import NAMELESS, without_endings, yaml_value
from ..config.problems import counted, escaped
from ..data import FILE_SUFFIXES
from ..data.proposal import Named, Proposal
from ..data.records import SourceColumn
from ..diagnosis.words import percent
from .first_look import FirstLook
from .first_settings import Setting, settings_for

# A comment stands beside its value up to this width, and else on lines of its own above.
WIDTH = 110

# Sentences on what is odd that are written; dlrun data shows all.
MOST_REMARKS = 8

# What a person may take in once all else is chosen.
ENSEMBLE = ("# ensemble", 5, "the mean of five such networks errs less, in up to five times the time")

# The sections of the config that settings are in, in their order.
SECTIONS = ("data", "network", "regularization", "training")


def first_config(look: FirstLook, proposal: Proposal, config: Path) -> str:
    """The text of a config for this file, to be written at `config`: the source is named from its folder."""
    lines = [
        *_comment(_opening(proposal, look.columns)),
        *_comment(f"Each choice can be changed; dlrun data {shlex.quote(str(config))} shows how every column is read."),
        "data:",
        *_line("source", source_for(look.file, config), "", 1),
        *_given(look.given),
        *_target(proposal),
        *_left_out(proposal.drop),
        *_division(proposal),
        *_remarks(proposal.remarks),
    ]
    numbers = sum(column.kind == "number" for column in _features(proposal, look.columns))
    return "\n".join([*lines, *_settings(settings_for(numbers)), *_line(*ENSEMBLE, 0)]) + "\n"


def config_path(file: Path) -> Path:
    """Where the config of a file of data is written: its name without the endings, in the working directory."""
    return Path(f"{without_endings(file.name, FILE_SUFFIXES) or NAMELESS}.yaml")


def source_for(file: Path, config: Path) -> str:
    """The file's path as seen from the config's folder, where the reader looks first."""
    try:
        return Path(os.path.relpath(file.resolve(), config.resolve().parent)).as_posix()
    except ValueError:  # on another drive
        return str(file.resolve())


def _given(given: Mapping[str, Any]) -> Iterator[str]:
    """The keys that were given with the file; those of `drop` are listed with the others."""
    for key, value in given.items():
        if key != "drop":
            yield from _line(key, value, "as asked", 1)


def _opening(proposal: Proposal, columns: Sequence[SourceColumn]) -> str:
    rows = columns[0].rows if columns else proposal.rows
    features = len(_features(proposal, columns))
    words = {"binary": "one of two classes", "multiclass": "one of several classes", "regression": "a number"}
    used = f"{rows:,} rows" if rows == proposal.rows else f"{proposal.rows:,} of {rows:,} rows, the others lack it"
    return f"Predicts {proposal.target.name}, {words[proposal.task]}, from {counted(features, 'column')}; {used}."


def _features(proposal: Proposal, columns: Sequence[SourceColumn]) -> list[SourceColumn]:
    """The columns that the target is predicted from."""
    apart = {proposal.target.name, *(one.name for one in proposal.drop)}
    apart |= {one.name for one in (proposal.split_column, proposal.group, proposal.order) if one}
    return [column for column in columns if column.name not in apart]


def _target(proposal: Proposal) -> Iterator[str]:
    name, why = proposal.target
    if why:  # a file that comes with its target takes no such key
        yield from _line("target", name, why, 1)
    if proposal.counts:
        yield from _comment(balance(proposal.counts), 1)
    if proposal.asked_task:
        yield from _line("task", *proposal.asked_task, 1)
    if proposal.rare:
        yield from _line("rare_classes", *proposal.rare, 1)


def balance(counts: Mapping[str, int]) -> str:
    """The classes and their shares, the commonest first, and what always guessing it costs."""
    total, order = sum(counts.values()), sorted(counts, key=lambda name: -counts[name])
    shares = ", ".join(f"{name} {percent(counts[name] / total)}" for name in order[:6])
    more = f" and {len(order) - 6} more" if len(order) > 6 else ""
    return f"{shares}{more}: always answering {order[0]} has an error of {percent(1 - counts[order[0]] / total)}"


def _left_out(drop: Sequence[Named]) -> Iterator[str]:
    if not drop:
        return
    yield "  drop:"
    for name, why in drop:
        yield from _commented(f"    - {yaml_value(name)}", why, 2)


def _division(proposal: Proposal) -> Iterator[str]:
    if proposal.split_column:
        yield from _line("split_column", *proposal.split_column, 1)
        return
    if proposal.group:
        yield from _line("group", proposal.group.name, f"{proposal.group.why}: all rows of one stay together", 1)
    if proposal.order:
        yield from _line("order", *proposal.order, 1)
    if proposal.possible_order:
        yield from _line("# order", *proposal.possible_order, 1)
    dev, test = (round(proposal.rows * proposal.split[part]) for part in ("dev", "test"))
    why = f"dev ({dev:,} rows) to choose by, test ({test:,}) for the last word"
    yield from _line("split", dict(proposal.split), why, 1)


def _remarks(remarks: Sequence[str]) -> Iterator[str]:
    for remark in remarks[:MOST_REMARKS]:
        yield from _comment(f"odd: {remark}", 1)
    if len(remarks) > MOST_REMARKS:
        yield from _comment(f"and {len(remarks) - MOST_REMARKS} more, which dlrun data shows", 1)


def _settings(settings: Mapping[str, Setting]) -> Iterator[str]:
    for section in SECTIONS:  # that of the data is open already
        inside = {key.partition(".")[2]: item for key, item in settings.items() if key.startswith(f"{section}.")}
        if inside and section != "data":
            yield f"{section}:"
        for key, (value, why) in inside.items():
            yield from _line(key, value, why, 1)


def _line(key: str, value: object, why: str, depth: int) -> Iterator[str]:
    yield from _commented(f"{'  ' * depth}{key}: {yaml_value(value)}", why, depth)


def _commented(line: str, why: str, depth: int) -> Iterator[str]:
    """A line with its comment beside it, or above where that would be too wide."""
    beside = f"{line:<32}  # {escaped(why)}"
    if not why:
        yield line
    elif len(beside) <= WIDTH:
        yield beside
    else:
        yield from _comment(why, depth)
        yield line


def _comment(text: str, depth: int = 0) -> list[str]:
    start = "  " * depth + "# "
    return textwrap.wrap(escaped(text), WIDTH, initial_indent=start, subsequent_indent=start)
