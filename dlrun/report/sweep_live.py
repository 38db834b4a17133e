"""Show a sweep while it runs: a live panel on a terminal, a few lines in a pipe, nothing when quiet.

The display counts trainings and keeps none of them but the best and the last few, so that its memory is the same for
ten and for 100,000.
"""

import math
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from .panel import clock, next_refresh
from .progress import PLAIN_LINES
from .sweep_words import settings_text
from .text import clean, say, shown

if TYPE_CHECKING:
    from ..sweep.records import TrainingLine

# The trainings that ended last, as many as a panel of usual height has room for.
LAST_ENDED = 4

# How a training may end, in the order in which the numbers are told, with the style of each.
ENDS = {"finished": "green", "stopped": "cyan", "diverged": "yellow", "failed": "bold red"}


@contextmanager
def sweep_display(
    total: int, console: Console, *, quiet: bool = False, name: str = "", processes: int = 1, done: int = 0
) -> Iterator["SweepDisplay"]:
    """A display with `.begun(number, settings, seed)` and `.update(line)` for `total` trainings; its last state stays.

    processes : how many trainings are done at once. done : how many of the total were done before, on a resume; they
    count in the bar and not in the speed.
    """
    display: SweepDisplay
    if quiet:
        display = SweepDisplay(total, done)
    elif console.is_terminal and not console.is_dumb_terminal:
        display = SweepPanel(total, console, name, processes, done)
    else:
        display = SweepLines(total, console, done)
    try:
        yield display
    finally:
        display.close()


class SweepDisplay:
    """A display that counts and shows nothing; the base of the others."""

    def __init__(self, total: int, done: int = 0):
        self.total, self.done = total, done
        self.ended: Counter[str] = Counter()
        self.running: set[tuple[int, int]] = set()
        self.seconds = 0.0
        self.best: TrainingLine | None = None
        self.last: deque[TrainingLine] = deque(maxlen=LAST_ENDED)
        self.began: float | None = None

    def begun(self, number: int, settings: Mapping[str, object], seed: int) -> None:
        """Takes that a training has begun, perhaps again."""
        self.running.add((number, seed))
        self.began = time.monotonic() if self.began is None else self.began

    def update(self, line: "TrainingLine") -> None:
        """Takes a training that has ended."""
        self.began = time.monotonic() if self.began is None else self.began
        self.running.discard((line.number, line.seed))
        self.ended[line.status] += 1
        self.seconds += line.seconds
        self.last.append(line)
        error = line.errors.dev
        # What was stopped or has diverged is not a candidate.
        if line.status == "finished" and error is not None and math.isfinite(error):
            self.best = line if self.best is None or error < (self.best.errors.dev or 0.0) else self.best

    def close(self) -> None:
        """Shows what was not shown yet, and leaves the console as it was."""

    @property
    def count(self) -> int:
        """The trainings that have ended, those before a resume included; one whose files were damaged ends again."""
        return min(self.done + self.ended.total(), self.total)

    def left(self) -> str:
        """The time that the rest takes at the speed so far: "0:00:12 left"."""
        ended, rest = self.ended.total(), self.total - self.count
        if not ended or self.began is None:
            return "-:--:-- left"
        return f"{clock((time.monotonic() - self.began) / ended * rest)} left"

    def best_text(self) -> str:
        """The lowest dev error of a finished training, with its settings."""
        if self.best is None:
            return "no dev error yet"
        return f"lowest dev {shown(self.best.errors.dev)}: {named(self.best)}"


def named(line: "TrainingLine") -> str:
    """A training in words: "width 64, keep_prob 0.8, seed 3"."""
    return ", ".join(filter(None, (settings_text(line.settings), f"seed {line.seed}")))


class SweepLines(SweepDisplay):
    """Plain lines, evenly spread over the trainings."""

    def __init__(self, total: int, console: Console, done: int = 0):
        super().__init__(total, done)
        self.console = console
        self.every = max(1, math.ceil((total - done) / PLAIN_LINES))
        self.is_unshown = False

    def update(self, line: "TrainingLine") -> None:
        """Prints where the sweep is if that is due, else keeps it in case this training is the last."""
        super().update(line)
        self.is_unshown = True
        if self.ended.total() % self.every == 0:
            self.close()

    def close(self) -> None:
        """Prints where the sweep is, unless the last line says it."""
        if self.is_unshown:
            others = [f"{self.ended[end]:,} {end}" for end in ENDS if self.ended[end] and end != "finished"]
            parts = [f"{self.count:,}/{self.total:,} trainings", *others, self.best_text(), self.left()]
            say(self.console, "  ".join(parts), whole=True)
            self.is_unshown = False


class SweepPanel(SweepDisplay):
    """A panel that is redrawn in place, as seldom as that of a training."""

    def __init__(self, total: int, console: Console, name: str = "", processes: int = 1, done: int = 0):
        super().__init__(total, done)
        self.console, self.name, self.processes = console, clean(name), processes
        self.next_refresh = 0.0
        self.live: Live | None = None

    def begun(self, number: int, settings: Mapping[str, object], seed: int) -> None:
        """Shows it, if the last refresh is long enough ago."""
        super().begun(number, settings, seed)
        self.refresh_if_due()

    def update(self, line: "TrainingLine") -> None:
        """Shows it, if the last refresh is long enough ago."""
        super().update(line)
        self.refresh_if_due()

    def refresh_if_due(self) -> None:
        if (now := time.monotonic()) >= self.next_refresh:
            self.refresh()
            self.next_refresh = next_refresh(now)

    def refresh(self) -> None:
        """Draws where the sweep is."""
        if self.live is None:
            # Standard output may be a pipe that a script reads; Rich would send what is printed there to this console.
            self.live = Live(console=self.console, auto_refresh=False, redirect_stdout=False)
            self.live.start()
        self.live.update(self.drawn(), refresh=True)

    def close(self) -> None:
        """Draws the last state and leaves the panel as it is."""
        if self.live is not None:
            self.refresh()
            self.live.stop()

    def drawn(self) -> Panel:
        """The panel, as wide as the terminal."""
        width = self.console.width - 4
        lines = [self.bar_line(width), self.counts_line(), self.speed_line(), Text(clean(self.best_text()), "bold")]
        lines += [ended_line(line) for line in self.last]
        for line in lines:
            line.truncate(width, overflow="ellipsis" if not self.console.options.ascii_only else "crop")
        return Panel(Text("\n").join(lines), title=self.name or None, title_align="left", border_style="dim")

    def bar_line(self, width: int) -> Text:
        """Trainings done, a bar of how they ended, and the time left."""
        total = f"{self.total:,}"
        counted_part, left = f"{self.count:>{len(total)},}/{total}  ", f"  {self.left()}"
        cells = max(0, width - len(counted_part) - len(left))
        full, empty = ("#", "-") if self.console.options.ascii_only else ("━", "─")
        filled = round(cells * self.count / max(self.total, 1))
        return Text.assemble(counted_part, (full * filled, "green"), (empty * (cells - filled), "dim"), left)

    def counts_line(self) -> Text:
        """How many trainings ended in which way, how many run and how many are to come."""
        parts = [(f"{self.ended[end]:,} {end}", style) for end, style in ENDS.items() if self.ended[end]]
        to_come = max(0, self.total - self.count - len(self.running))
        before = [(f"{self.done:,} done before", "dim")] if self.done else []
        rest = [(f"{len(self.running):,} running", ""), (f"{to_come:,} to come", "dim")]
        return Text(", ").join(Text(text, style) for text, style in (*before, *parts, *rest))

    def speed_line(self) -> Text:
        """What a training takes, and how many are done at once."""
        ended, at_once = self.ended.total(), f"{self.processes} process{'' if self.processes == 1 else 'es'}"
        each = f"{self.seconds / ended:.3g} s a training" if ended else "no training has ended yet"
        return Text(f"{each}, {at_once}", "dim")


def ended_line(line: "TrainingLine") -> Text:
    """A training that has ended, with its dev error or what went wrong."""
    found = f"dev {shown(line.errors.dev)}" if line.status == "finished" else line.status
    message = f": {line.message}" if line.message else ""
    return Text.assemble(f"  {clean(named(line))}  ", (f"{found}{clean(message)}", ENDS[line.status]))
