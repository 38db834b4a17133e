"""Show one run in full, the differences of two runs, the result of a check, and what gc deletes; and a plan to show.

`dlrun show`, `diff`, `verify` and `gc` use it, and `sweep` the record. Text from outside is cleaned before it is shown.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console

from ..places import command_for
from ..records import ConfigData, Flat, flattened
from .ended import show_bars, show_top_advice, verdict_sentences
from .metrics import show_confusion, show_metrics
from .qualifiers import show_refit, show_test_look
from .terminal import errors_table
from .text import borderless_table, cell, say

if TYPE_CHECKING:
    from ..inspection import Overview
    from ..inspection.difference import Difference, Rerun
    from ..store import FileCheck
    from ..store.trash import Garbage


@dataclass(frozen=True, kw_only=True)
class PlanShown:
    """The plan of a sweep as it is shown before the start.

    keys : each varied key with its values or its range in words. trainings : settings times seeds. done : how many of
    these were trained before. where : in words, such as "on 2 processes of this machine". seconds : of all that are to
    come, by the clock; None where it is not known yet.
    """

    name: str
    keys: tuple[tuple[str, str], ...]
    settings: int
    seeds: int
    trainings: int
    where: str
    done: int = 0
    seconds: float | None = None


def show_run(run: "Overview", console: Console, *, test_look: int | None = None) -> None:
    """A run: its config, its results, its files, and the command that repeats it.

    test_look : the number of this look at the test set.
    """
    from ..store import Result

    tags = f"  {', '.join(run.tags)}" if run.tags else ""
    say(console, (run.run_id, "bold"), f"  {run.status}{tags}", whole=True)
    if run.parent:
        say(console, f"follows from {run.parent.run_id}: {run.parent.why}", whole=True)
    if run.result and run.result.message:
        say(console, run.result.message)
    if isinstance(run.result, Result):
        console.print(errors_table(run.result))
        show_test_look(test_look, console)
        show_bars(run.diagnosis, console)
        show_metrics(run.result.metrics, console)
        show_confusion(run.result.confusion, run.result.labels, console)
        for sentence in verdict_sentences(run.result):
            say(console, sentence)
        show_refit(run.refit, console)
        show_top_advice(run.diagnosis, console)
    for key, value in leaves(run.config).items():
        say(console, f"  {key}: ", (json.dumps(value, ensure_ascii=False), "cyan"), whole=True)
    files = ", ".join(f"{file.name} ({file.bytes})" for file in run.files)
    say(console, "files, in bytes: ", files)
    say(console, "repeat it: ", (run.reproduce, "bold"), whole=True)
    if run.status in ("interrupted", "crashed", "failed"):
        say(console, "resume: ", (command_for("resume", run.run_dir), "bold"), whole=True)


def leaves(config: ConfigData) -> Flat:
    """The values of a config by dotted path, without those that are null."""
    return {key: value for key, value in flattened(config).items() if value is not None}


def show_difference(difference: "Difference", console: Console) -> None:
    """The keys and results in which two runs differ, side by side."""
    table = borderless_table()
    for header in ("", *difference.runs):
        table.add_column(cell(header))
    rows = {**difference.config, **difference.results}
    for key, values in rows.items():
        table.add_row(cell(key), *(cell(json.dumps(value, ensure_ascii=False)) for value in values))
    if rows:
        console.print(table)
    else:
        say(console, "no difference in config or results")


def show_verification(files: "Sequence[FileCheck]", rerun: "Sequence[Rerun] | None", console: Console) -> None:
    """Every checked file, with the problem of a damaged one, and the result of training again."""
    for file in files:
        verdict = (file.problem, "bold red") if file.problem else ("sound", "green")
        say(console, f"{file.file}: ", verdict, whole=True)
    for comparison in rerun or ():
        verdict = ("the same bits", "green") if comparison.same else ("different", "bold red")
        say(console, f"trained again, {comparison.what}: ", verdict)


def show_garbage(garbage: "Sequence[Garbage]", removed: bool, console: Console) -> None:
    """What `dlrun gc` deleted, or would delete."""
    verb = "removed" if removed else "would remove"
    for item in garbage:
        say(console, f"{verb} {item.path} ({item.bytes} bytes)", whole=True)
    say(console, f"{len(garbage)} to remove, {sum(item.bytes for item in garbage)} bytes")
