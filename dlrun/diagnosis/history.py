"""What is known of a training when its health is judged: its config, its sizes, its metrics and its trace.

Each check of `causes` and `symptoms` is a function from a History to a Sign or None, so that no check reads files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ..nn.optimizers import OPTIMIZERS
from ..nn.trace import TraceLine
from ..nn.training import EpochRecord
from .steps import steps_an_epoch

# Train error is high this far above the optimal one, or at this share of what the baseline leaves to gain: the upper
# threshold of the verdict.
HIGH_BIAS, HIGH_BIAS_SHARE = 0.05, 0.10

# The first epochs, in which steps are the largest: so many, or this share of a long training. The very first steps say
# little: they leave the slope of the initial weights, and rmsprop's are 1 / sqrt(1 - rms_decay) times too long, 32
# times by default, until its mean has filled.
FIRST_EPOCHS, FIRST_SHARE = 3, 0.1
FILLING_STEPS, SETTLING_STEPS = 20, 5
MOSTLY_DEAD = 0.5

# What a check asks of single layers.
LayerFigure = Literal["update_ratio", "dead_share", "saturated_share", "linear_share"]


@dataclass(frozen=True)
class History:
    """One training.

    config : the config as plain nested data. sizes : the network's widths from inputs to outputs.
    metrics : one an epoch. trace : may be empty.
    train_error, optimal_error, baseline_error : fractions; the last is None where it is not known.
    """

    config: Mapping[str, Any]
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
        found: Any = self.config
        for part in key.split("."):
            found = found[part]
        return found

    @property
    def depth(self) -> int:
        return len(self.sizes) - 1

    @property
    def train_is_high(self) -> bool:
        """Whether the training error itself leaves much to gain, so that a finding costs something."""
        baseline = 1.0 if self.baseline_error is None else self.baseline_error
        headroom = max(baseline - self.optimal_error, 0.0)
        return self.train_error - self.optimal_error > min(HIGH_BIAS, HIGH_BIAS_SHARE * headroom)

    @cached_property
    def first_cost(self) -> float | None:
        """The cost at the initialisation, or over the first epoch where there is no trace."""
        first = self.trace[0] if self.trace else None
        if first and first.epoch == 0 and first.loss is not None:
            return first.loss + (first.penalty or 0.0)
        return self.metrics[0].cost if self.metrics else None

    @cached_property
    def costs(self) -> list[float]:
        """The cost of each epoch, the penalty included, as it was met on the way, dropout on."""
        return [record.cost for record in self.metrics if record.cost is not None]

    @cached_property
    def first_lines(self) -> list[TraceLine]:
        """The lines of the trace of the first epochs, or the first line after them."""
        end = max(FIRST_EPOCHS, FIRST_SHARE * len(self.metrics))
        filling = FILLING_STEPS if OPTIMIZERS[self.value("training.optimizer")].starts_long else SETTLING_STEPS
        lines = [line for line in self.trace if line.epoch * self.steps_an_epoch >= filling]
        return [line for line in lines if line.epoch <= end] or lines[:1]

    @property
    def steps_an_epoch(self) -> int:
        return steps_an_epoch(self.value("training.batch_size"), self.m_train)

    def is_dying(self) -> bool:
        """Whether, in the first epochs, most units of some layer gave 0 on every row: no step then says anything."""
        shares = [share for line in self.first_lines for _, share in self.layer_figures(line, "dead_share")]
        return max(shares, default=0.0) > MOSTLY_DEAD

    def layer_figures(self, line: TraceLine, figure: LayerFigure) -> list[tuple[int, float]]:
        """(layer, value) of each layer that has this figure in a line of the trace."""
        found = [(layer.layer, getattr(layer, figure)) for layer in line.layers]
        return [(layer, value) for layer, value in found if value is not None]


class Sign(NamedTuple):
    """What a check has found: whether it is grave, the evidence with this run's numbers, what to do, and where."""

    is_grave: bool
    evidence: str
    do: str
    layer: int | None = None


class Check(NamedTuple):
    """A row of a table of checks. explained_by : codes beside which this sign is only their symptom."""

    code: str
    title: str
    find: Callable[[History], Sign | None]
    explained_by: tuple[str, ...] = ()


# The codes of what is wrong before the first step, and explains what comes of it.
OF_START = ("symmetric-units", "init-scale", "inputs-unscaled")


class Limits(NamedTuple):
    """From where on a figure is noticed, and from where on it is grave."""

    notice: float
    grave: float


def figure(number: float) -> str:
    """A figure with three significant digits: 0.0123, 1.2e-05."""
    return f"{number:.3g}"
