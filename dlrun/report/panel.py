"""Show a training as a live panel on a terminal: progress, cost and errors with their curves, the verdict so far.

`progress` uses it on a terminal. The panel is redrawn after some time has passed, without a thread, and so seldom that
it costs next to nothing even on a slow terminal.
"""

import math
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from ..diagnosis import Optimal, diagnose
from ..records import BySplit
from .text import LEVEL_STYLES, clean, shown, shown_cost

if TYPE_CHECKING:
    from ..nn.training import EpochRecord

# The share of the time that drawing may take (one drawing was measured at one to three milliseconds), and the shortest
# and the longest time between two drawings.
SHARE = 0.01
SHORTEST_SECONDS, LONGEST_SECONDS = 0.2, 1.0

# When there are more epochs than this, every second one is dropped: no terminal has that many columns.
REMEMBERED = 1024

CURVE, ASCII_CURVE = "▁▂▃▄▅▆▇█", "_.-=+*#@"

NOT_MEASURED: BySplit[float | None] = BySplit(None, None)


class Past(NamedTuple):
    """What the curves show of an epoch: its cost, and the errors known at that time."""

    cost: float | None
    train: float | None
    dev: float | None


class LivePanel:
    """The display that `training_display` yields on a terminal; `optimal_error` as in `diagnose`."""

    def __init__(self, epochs: int, console: Console, name: str = "", optimal_error: Optimal | float | None = None):
        self.epochs, self.console, self.name, self.optimal_error = epochs, console, clean(name), optimal_error
        self.history: list[Past] = []
        self.errors = NOT_MEASURED
        self.unshown: EpochRecord | None = None
        self.began: tuple[float, int] | None = None
        self.next_refresh = 0.0
        self.live: Live | None = None

    def update(self, record: "EpochRecord") -> None:
        """Keeps the record, and shows it if the last refresh is long enough ago."""
        self.errors = newest_errors(self.errors, record)
        self.history.append(Past(record.cost, self.errors.train, self.errors.dev))
        if len(self.history) > REMEMBERED:
            del self.history[1::2]
        self.unshown, now = record, time.monotonic()
        self.began = self.began or (now, record.epoch)
        if now >= self.next_refresh:
            self.refresh()
            self.next_refresh = next_refresh(now)

    def refresh(self) -> None:
        """Draws the newest record."""
        if self.unshown is None:
            return
        if self.live is None:
            # Standard output may be a pipe that a script reads; Rich would send what is printed there to this console.
            self.live = Live(console=self.console, auto_refresh=False, redirect_stdout=False)
            self.live.start()
        self.live.update(self.drawn(self.unshown), refresh=True)
        self.unshown = None

    def close(self) -> None:
        """Draws the last record and leaves the panel as it is."""
        self.refresh()
        if self.live is not None:
            self.live.stop()

    def drawn(self, record: "EpochRecord") -> Panel:
        """The panel, as wide as the terminal."""
        ascii_only = self.console.options.ascii_only
        width = self.console.width - 4
        lines = [self.progress_line(record, width, ascii_only), *self.curve_lines(record, width, ascii_only)]
        lines.append(verdict_line(self.errors, self.optimal_error))
        for line in lines:
            line.truncate(width)
        return Panel(Text("\n").join(lines), title=self.name or None, title_align="left", border_style="dim")

    def progress_line(self, record: "EpochRecord", width: int, ascii_only: bool) -> Text:
        """Epochs done, a bar, and the time left."""
        counted = f"epoch {record.epoch:>{len(str(self.epochs))}}/{self.epochs}  "
        left = f"  {self.time_left(record)}"
        cells = max(0, width - len(counted) - len(left))
        done = round(cells * record.epoch / self.epochs)
        full, empty = ("#", "-") if ascii_only else ("━", "─")
        return Text.assemble(counted, (full * done, "green"), (empty * (cells - done), "dim"), left)

    def time_left(self, record: "EpochRecord") -> str:
        """The time that the rest of the epochs takes at the speed so far: "0:00:12 left"."""
        began, first = self.began or (0.0, record.epoch)
        seen, rest = record.epoch - first, self.epochs - record.epoch
        if rest == 0 or seen == 0:
            return "-:--:-- left" if rest else "0:00:00 left"
        return f"{clock((time.monotonic() - began) / seen * rest)} left"

    def curve_lines(self, record: "EpochRecord", width: int, ascii_only: bool) -> list[Text]:
        """Cost, train and dev error, each a number and a curve; the two errors on one scale."""
        costs, train, dev = ([finite(value) for value in values] for values in zip(*self.history, strict=True))
        both = [*train, *dev]
        rows = (
            ("cost", shown_cost(record.cost), costs, costs),
            ("train", shown(self.errors.train), train, both),
            ("dev", shown(self.errors.dev), dev, both),
        )
        digits = max(len(figure) for _, figure, _, _ in rows)
        lines = []
        for name, figure, values, scale in rows:
            drawn = curve(values, scale, width - len("train") - digits - 4, ascii_only)
            lines.append(Text.assemble(f"{name:5}  {figure:>{digits}}  ", (drawn, "cyan" if name == "dev" else "")))
        return lines


def next_refresh(began: float) -> float:
    """When to draw again, after a drawing that began at that time of the monotonic clock and has just ended."""
    ended = time.monotonic()
    return ended + min(max(SHORTEST_SECONDS, (ended - began) / SHARE), LONGEST_SECONDS)


def clock(seconds: float) -> str:
    """A time in whole seconds, rounded up: "0:00:12"."""
    whole = math.ceil(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def finite(value: float | None) -> float | None:
    """The value, or None if it cannot be drawn."""
    return value if value is not None and math.isfinite(value) else None


def curve(values: Sequence[float | None], scale: Iterable[float | None], width: int, ascii_only: bool = False) -> str:
    """The values as a line of at most `width` letters; of more values, evenly spread ones with the last among them.

    The scale is logarithmic, from the smallest to the largest positive value of `scale`, because on a linear one the
    first epochs would flatten all others. A value that is not above 0 is the lowest letter, and None is a blank.
    """
    letters = ASCII_CURVE if ascii_only else CURVE
    positive = [math.log(value) for value in scale if value and value > 0] or [0.0]
    low, high = min(positive), max(positive)
    step = (high - low) / (len(letters) - 1) or 1.0
    count = min(len(values), max(width, 0))
    picked = [values[(column + 1) * len(values) // count - 1] for column in range(count)]
    return "".join(" " if v is None else letters[round((math.log(v) - low) / step) if v > 0 else 0] for v in picked)


def verdict_line(errors: BySplit[float | None], optimal_error: Optimal | float | None) -> Text:
    """The verdict on the last errors measured: "so far: low bias, high variance"."""
    if finite(errors.train) is None or finite(errors.dev) is None:
        return Text("so far: not measured yet", style="dim")
    # The task is not known here; only a regression can have an error above 1, so this accepts both.
    verdict = diagnose(errors, optimal_error=optimal_error, regression=True).verdict
    parts = [(f"{level} {ill}", LEVEL_STYLES.get(level, "")) for ill, level in verdict.items()]
    return Text.assemble("so far: ", parts[0], ", ", parts[1])


def newest_errors(errors: BySplit[float | None], record: "EpochRecord") -> BySplit[float | None]:
    """The errors so far, replaced by those that the record has."""
    train, dev = record.train_error, record.dev_error
    if train is None and dev is None:
        return errors
    return BySplit(errors.train if train is None else train, errors.dev if dev is None else dev)
