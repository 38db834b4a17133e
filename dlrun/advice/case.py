"""A case: the diagnosis of a run with its config, its course and facts of its data.

The remedies read nothing else. `experiment.advising` makes a case from a run folder or from a training in memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..diagnosis.learning_curve import Curve
from ..diagnosis.records import Diagnosis
from ..diagnosis.size_probe import SizeProbe
from ..records import Change, ConfigData
from .course import Course


class Facts(NamedTuple):
    """inputs, outputs : of the network. train_rows : rows it was trained on. seconds : how long its training took.
    image_side : pixels on each side where a row is a square image, else None."""

    inputs: int
    outputs: int
    train_rows: int
    seconds: float
    image_side: int | None = None


@dataclass(frozen=True)
class Case:
    """diagnosis : with all findings. The other fields are None where only figures are known.

    config : nested, with the keys of the YAML. curve : the learning curve of this run. curve_command : the command that
    makes it. config_file : the config's path in commands. size : what a wider network did in a few hundred steps.
    """

    diagnosis: Diagnosis
    config: ConfigData | None = None
    course: Course | None = None
    facts: Facts | None = None
    curve: Curve | None = None
    curve_command: str | None = None
    config_file: str | None = None
    size: SizeProbe | None = None

    def value(self, key: str) -> Any:
        """A value of the config by its dotted key; None where no config is known."""
        value: Any = self.config
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def hidden(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return hidden_of(self.config or {})

    def keep_probs(self) -> tuple[float, ...]:
        """The probability that a unit stays, one for each hidden layer."""
        keep_prob = self.value("regularization.keep_prob")
        if isinstance(keep_prob, list | tuple):
            return tuple(keep_prob)
        return (keep_prob or 1.0,) * len(self.hidden())


def hidden_of(config: ConfigData) -> tuple[int, ...]:
    """Units of each hidden layer from a nested config, equal to `Config.network.hidden_widths`."""
    network = config.get("network") or {}
    if network.get("hidden") is not None:
        return tuple(network["hidden"])
    return (network.get("width") or 0,) * max(0, (network.get("depth") or 1) - 1)


def changed(config: ConfigData, change: Change) -> dict[str, Any]:
    """A nested config with values at dotted keys replaced; the config itself stays as it is."""
    new = dict(config)
    for key, value in change.items():
        first, _, rest = key.partition(".")
        new[first] = changed(new.get(first) or {}, {rest: value}) if rest else value
    return new
