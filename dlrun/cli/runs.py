"""`dlrun runs`: list the runs so far."""

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Json, RunsDir
from .report import REPORT, PageFile, write_page

if TYPE_CHECKING:
    from ..store import RunSummary


# A large terminal's screen. A table of 20,000 runs takes seconds to lay out, and nobody reads it.
SHOWN = 50


class Order(StrEnum):
    """How runs are sorted."""

    NEWEST = "newest"
    DEV = "dev"


class Status(StrEnum):
    """The statuses that a run can have in the list."""

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
    all_: Annotated[bool, typer.Option("--all", help=f"Show all, not only the first {SHOWN}.")] = False,
    html: Annotated[bool, typer.Option("--html", help="Write a page with links to the runs' reports.")] = False,
    output: PageFile = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """List the runs so far, newest first: id, name, status, errors and verdict.

    The first 50 are shown, with --all or --json all of them. With --html, write all as a page: index.html in the runs
    folder, or the file that -o names.

    Example: dlrun runs --status finished --sort dev
    """
    from ..report import counting_display, make_console, say, show_runs
    from ..store import Wanted, first_runs
    from .output import print_json

    if output is not None and not html:
        raise UsageError("-o: got a file without --html; add --html, or send the output to a file with >")
    at_most = None if all_ or html or as_json else SHOWN
    wanted = Wanted(name, status and status.value, tag, by_dev=sort == Order.DEV)
    with counting_display("runs", make_console(stderr=True)) as progress:
        rows, more = first_runs(runs_dir, at_most, wanted, progress)
    page = write_index(runs_dir, rows, output or runs_dir / "index.html") if html else None
    if as_json:
        print_json({"runs": rows} | ({"page": str(page)} if page else {}))
    elif page:
        say(make_console(), str(page), whole=True)
    else:
        show_runs(rows, make_console())
        if more:
            say(make_console(), f"and {more} more: dlrun runs --all")


def write_index(runs_dir: Path, rows: "Sequence[RunSummary]", path: Path) -> Path:
    """Write the page of these runs, with relative links to the reports that exist; return its path."""
    from ..report.page import runs_page

    reports = {row.run_id: runs_dir / row.run_id / REPORT for row in rows}
    links = {run_id: os.path.relpath(file, path.parent) for run_id, file in reports.items() if file.is_file()}
    return write_page(path, runs_page(rows, {run_id: quote(link) for run_id, link in links.items()}))
