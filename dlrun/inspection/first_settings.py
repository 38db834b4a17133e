"""Inputs, network and training to begin with: what `dlrun init` writes below the data, and a bare config has, too."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..config.bare import CHOSEN
from ..config.problems import dotted
from ..config.words import STANDARD
from ..experiment.auto import auto_encoding

ENCODING = ("data", "encoding")

# Why each value is so, as a clause.
REASONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ENCODING: "each number also as its place among 16 parts of its range: thresholds are then easy to learn",
        ("network", "depth"): "two hidden layers and the output",
        ("network", "init"): "it begins as a linear model of the training rows",
        ("regularization", "keep_prob"): "dropout; 1 is none",
        ("training", "batch_size"): "larger where there are more rows",
        ("training", "epochs"): "by steps: more epochs where there are fewer rows; the best on dev is kept",
        ("training", "schedule"): "the learning rate falls to zero at the end",
    }
)


class Setting(NamedTuple):
    """A value of the config, and why it is so, as a clause; empty if it needs no words."""

    value: object
    why: str = ""


def settings_for(numbers: int) -> dict[str, Setting]:
    """The settings for a table with so many columns of numbers among its features, by dotted key."""
    chosen: dict[tuple[str, str], object] = {**CHOSEN, ENCODING: auto_encoding(numbers, are_pictures=False)}
    return {
        dotted(path): Setting(value, REASONS.get(path, ""))
        for path, value in chosen.items()
        if (path, value) != (ENCODING, STANDARD)
    }
