"""`dlrun runs`: the runs so far."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, Json, RunsDir


class Order(StrEnum):
    """How runs are sorted."""

    NEWEST = "newest"
    DEV = "dev"


class Status(StrEnum):
    """What a run can be, as the listing has it."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    DIVERGED = "diverged"
    FAILED = "failed"
    CRASHED = "crashed"
    BROKEN = "broken"


def runs(
    name: Annotated[str | None, typer.Option("--name", help="Only the runs of this name.")] = None,
    status: Annotated[Status | None, typer.Option("--status", help="Only the runs with this status.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only the runs with this tag.")] = None,
    sort: Annotated[Order, typer.Option("--sort", help="The newest first, or the lowest dev error.")] = Order.NEWEST,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """List the runs so far, newest first: id, name, status, errors and verdict.

    Example: dlrun runs --status finished --sort dev
    """
    from ..report import make_console, show_runs
    from ..store import list_runs, select
    from .output import print_json

    rows = select(list_runs(runs_dir), name=name, status=status and status.value, tag=tag, by_dev=sort == Order.DEV)
    if as_json:
        print_json({"runs": rows})
    else:
        show_runs(rows, make_console())
