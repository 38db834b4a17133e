"""Training as it goes: a live panel on a terminal, a few lines in a pipe, nothing when quiet.

Stands beside the training loop, which hands over one record an epoch. An epoch may take a millisecond, so all but a few
updates a second cost no more than looking at the clock.
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

# A log shows the course of a run in this many lines, plus the last epoch.
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

    Epochs are counted from 1. One without evaluation has None for its errors; the last known ones go on being shown.
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
    """Shows nothing; what the others have in common."""

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
    """Cost and errors on one line: "cost 0.1234  train 1.2%  dev 3.0%"; an error never measured is left out."""
    known = [f"{split} {shown(error)}" for split, error in errors.items() if error is not None]
    return "  ".join([f"cost {shown_cost(record.cost)}", *known])


@contextmanager
def counting_display(things: str, console: Console, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A function to call as `count(done, total)`: a bar on a terminal past the first second, nothing elsewhere."""
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
