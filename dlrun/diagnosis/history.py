"""What is known of a training when its health is judged: its config, its sizes, its metrics and its trace.

Each check of `causes` and `symptoms` is a function from a History to a Sign or None, so that no check reads files.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ..nn.optimizers import OPTIMIZERS
from ..nn.trace import TraceLine
from ..nn.training import EpochRecord
from ..records import ConfigData
from .steps import steps_an_epoch

# The train error is high if it is above the optimal error by more than this, or by more than this share of the distance
# from the optimal error to the baseline: the upper threshold of the verdict.
HIGH_BIAS, HIGH_BIAS_SHARE = 0.05, 0.10

# How many epochs count as the first ones, in which steps are the largest: this many, or this share of a long training.
# The very first steps say little and are left out: rmsprop's are 1 / sqrt(1 - rms_decay) times too long, 32 times by
# default, until its mean has filled; and any optimizer first leaves the steep region of the initial weights.
FIRST_EPOCHS, FIRST_SHARE = 3, 0.1
FILLING_STEPS, SETTLING_STEPS = 20, 5
MOSTLY_DEAD = 0.5

# The figures of a single layer that checks use.
LayerFigure = Literal["update_ratio", "dead_share", "saturated_share", "linear_share"]


@dataclass(frozen=True)
class History:
    """One training.

    config : the config as plain nested data. sizes : the network's widths from inputs to outputs.
    metrics : one an epoch. trace : may be empty.
    train_error, optimal_error, baseline_error : fractions; the last is None where it is not known.
    """

    config: ConfigData
    sizes: tuple[int, ...]
    m_train: int
    status: str
    metrics: Sequence[EpochRecord]
    trace: Sequence[TraceLine]
    train_error: float
    optimal_error: float = 0.0
    baseline_error: float | None = None

    def value(self, key: str) -> Any:
        """The config's value at a dotted key."""
        value: Any = self.config
        for part in key.split("."):
            value = value[part]
        return value

    @property
    def depth(self) -> int:
        return len(self.sizes) - 1

    @property
    def train_is_high(self) -> bool:
        """Whether the train error is high, so that a finding about the training matters."""
        baseline = 1.0 if self.baseline_error is None else self.baseline_error
        headroom = max(baseline - self.optimal_error, 0.0)
        return self.train_error - self.optimal_error > min(HIGH_BIAS, HIGH_BIAS_SHARE * headroom)

    @cached_property
    def first_cost(self) -> float | None:
        """The cost at the initial weights; without a trace, the cost of the first epoch."""
        first = self.trace[0] if self.trace else None
        if first and first.epoch == 0 and first.loss is not None:
            return first.loss + (first.penalty or 0.0)
        return self.metrics[0].cost if self.metrics else None

    @cached_property
    def costs(self) -> list[float]:
        """The cost of each epoch as training measured it: with the penalty, and with dropout on."""
        return [record.cost for record in self.metrics if record.cost is not None]

    @cached_property
    def first_lines(self) -> list[TraceLine]:
        """The trace's lines of the first epochs, with those of a warm-up; without any, the first line after."""
        end = max(FIRST_EPOCHS, FIRST_SHARE * len(self.metrics)) + self.warmup_epochs
        filling = FILLING_STEPS if OPTIMIZERS[self.value("training.optimizer")].starts_long else SETTLING_STEPS
        lines = [line for line in self.trace if line.epoch * self.steps_an_epoch >= filling]
        return [line for line in lines if line.epoch <= end] or lines[:1]

    @property
    def warmup_epochs(self) -> float:
        """How many epochs the rate takes to rise, in which steps are smaller; 0 for a run of a version without it."""
        training: ConfigData = self.value("training")
        share: float = training.get("warmup_fraction", 0.0)
        return share * float(training["epochs"])

    @property
    def steps_an_epoch(self) -> int:
        return steps_an_epoch(self.value("training.batch_size"), self.m_train)

    def is_dying(self) -> bool:
        """Whether, in the first epochs, most units of some layer gave 0 on every row; its steps then say nothing."""
        shares = [share for line in self.first_lines for _, share in self.layer_figures(line, "dead_share")]
        return max(shares, default=0.0) > MOSTLY_DEAD

    def layer_figures(self, line: TraceLine, figure: LayerFigure) -> list[tuple[int, float]]:
        """(layer, value) of each layer that has this figure in a line of the trace."""
        values = [(layer.layer, getattr(layer, figure)) for layer in line.layers]
        return [(layer, value) for layer, value in values if value is not None]


class Sign(NamedTuple):
    """What a check noticed: whether it is grave, the evidence with this run's numbers, what to do, and the layer."""

    is_grave: bool
    evidence: str
    do: str
    layer: int | None = None


class Check(NamedTuple):
    """A row of a table of checks. explained_by : codes of findings of which this sign is only a symptom."""

    code: str
    title: str
    find: Callable[[History], Sign | None]
    explained_by: tuple[str, ...] = ()


# The codes of what is wrong before the first step; they explain many later signs.
OF_START = ("symmetric-units", "init-scale", "inputs-unscaled")


class Limits(NamedTuple):
    """The value from which a figure is noticed, and the value from which it is grave."""

    notice: float
    grave: float


def figure(number: float) -> str:
    """A figure with three significant digits: 0.0123, 1.2e-05."""
    return f"{number:.3g}"
