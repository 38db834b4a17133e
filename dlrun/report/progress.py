"""Show the progress of a training: a live panel on a terminal, a few lines in a pipe, nothing when quiet.

The training loop calls a display with one record per epoch. An epoch may take a millisecond, so most updates only look
at the clock, and a few per second draw.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ..diagnosis import Optimal
from ..records import BySplit
from .panel import NOT_MEASURED, SHORTEST_SECONDS, LivePanel, newest_errors
from .text import say, shown, shown_cost

if TYPE_CHECKING:
    from ..nn.training import EpochRecord

# The number of lines that are printed for a training, the last epoch not counted.
PLAIN_LINES = 12


@contextmanager
def training_display(
    epochs: int,
    console: Console,
    *,
    quiet: bool = False,
    name: str | None = None,
    optimal_error: Optimal | float | None = None,
) -> Iterator["Display | LivePanel"]:
    """A display with `.update(record)` for `epochs` epochs, on `console`; its last state stays when it ends.

    Epochs are counted from 1. The errors of an epoch without evaluation are None; the last known errors stay shown.
    """
    display: Display | LivePanel
    if quiet:
        display = Display(epochs)
    elif console.is_terminal and not console.is_dumb_terminal:
        display = LivePanel(epochs, console, name or "", optimal_error)
    else:
        display = Lines(epochs, console)
    try:
        yield display
    finally:
        display.close()


class Display:
    """A display that shows nothing; the base of the others."""

    def __init__(self, epochs: int):
        self.epochs = epochs

    def update(self, record: "EpochRecord") -> None:
        """Takes one epoch's record."""

    def close(self) -> None:
        """Shows what was not shown yet, and leaves the console as it was."""


class Lines(Display):
    """Plain lines, evenly spread over the epochs."""

    def __init__(self, epochs: int, console: Console):
        super().__init__(epochs)
        self.console = console
        self.every = max(1, math.ceil(epochs / PLAIN_LINES))
        self.errors = NOT_MEASURED
        self.unshown: EpochRecord | None = None

    def update(self, record: "EpochRecord") -> None:
        """Prints the record if its epoch is due, else keeps it in case it is the last."""
        self.errors = newest_errors(self.errors, record)
        self.unshown = record
        if record.epoch % self.every == 0:
            self.close()

    def close(self) -> None:
        """Prints the last record, unless it was due anyway."""
        if self.unshown is not None:
            width = len(str(self.epochs))
            epoch = f"epoch {self.unshown.epoch:>{width}}/{self.epochs}"
            say(self.console, f"{epoch}  {numbers(self.unshown, self.errors)}", whole=True)
            self.unshown = None


def numbers(record: "EpochRecord", errors: BySplit[float | None]) -> str:
    """Cost and errors on one line: "cost 0.1234  train 1.2%  dev 3.0%"; an error never measured is omitted."""
    measured = [f"{split} {shown(error)}" for split, error in errors.items() if error is not None]
    return "  ".join([f"cost {shown_cost(record.cost)}", *measured])


@contextmanager
def counting_display(things: str, console: Console, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A function to call as `count(done, total)`: it shows a bar on a terminal after the first second, else nothing."""
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.completed:.0f}/{task.total:.0f} " + things), BarColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, auto_refresh=False, transient=True, redirect_stdout=False)
    task, due = progress.add_task("", total=1), time.monotonic() + 1

    def count(done: int, total: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            progress.start()
            progress.update(task, completed=done, total=total, refresh=True)
            due = time.monotonic() + SHORTEST_SECONDS

    try:
        yield count
    finally:
        progress.stop()


@contextmanager
def share_display(things: str, console: Console, *, quiet: bool = False) -> Iterator[Callable[[float, int], None]]:
    """The same for a file of unknown length: a function to call as `tell(share of the file, done)`."""
    with counting_display(things, console, quiet=quiet) as count:
        yield lambda share, done: count(done, round(done / share) if share else done)
