"""Network and training to begin with, by the number of rows: what `dlrun init` writes below the data.

Measured on eight public tables (adult, churn, german, penguins, phoneme, sonar, titanic, white wine), with 3 to 16
seeds each: nowhere worse than the defaults by more than chance, and up to 2.5 points of test error better. What was
measured on others is said where it stands.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

# With fewer dev rows than this, one row is more than a point of error, and the epoch with the best dev error is chosen
# by chance: on sonar (42 dev rows, 16 seeds) early stopping gave a test error of 22.5%, 60 epochs 18.0%.
FEWEST_TO_STOP_BY = 100


# With few rows, lambda is this times the training rows: 3 for the 600 of titanic and german, where it was the best of
# those tried, and less for fewer, where 3 made the penalty outweigh the data and gave no better error (10 seeds).
PENALTY_A_ROW = 0.005


class Setting(NamedTuple):
    """A value of the config, and why it is so, as a clause; empty if it needs no words."""

    value: int | float
    why: str = ""


Settings = Mapping[str, Setting]


class Tier(NamedTuple):
    """Settings for fewer training rows than `below`; those of `for_classes` come first where classes are learned."""

    below: float
    settings: Settings
    for_classes: Settings = MappingProxyType({})


# For each size, the best of the 5 to 12 settings tried, by mean dev error.
TIERS = (
    Tier(
        1500,
        {
            "network.depth": Setting(2, "one hidden layer; few rows cannot teach many weights"),
            "network.width": Setting(64),
            "regularization.lambda": Setting(PENALTY_A_ROW, "few rows: large weights would learn them by heart"),
            "regularization.keep_prob": Setting(0.8, "dropout, for the same reason; 1 is none"),
            "regularization.patience_epochs": Setting(30, "stops after 30 epochs without a better dev error"),
            "training.epochs": Setting(200, "at most; rarely reached"),
            "training.batch_size": Setting(32),
        },
    ),
    Tier(
        10_000,
        {
            "network.width": Setting(128),
            "regularization.lambda": Setting(0.5, "more if train error is far below dev error, less if both are high"),
            "regularization.keep_prob": Setting(0.9, "dropout; 1 is none"),
            "regularization.patience_epochs": Setting(20, "stops after 20 epochs without a better dev error"),
            "training.epochs": Setting(200, "at most; rarely reached"),
            "training.batch_size": Setting(64),
        },
        # By mean dev error on 15 other public tables of 2,500 to 9,800 rows (bfi, chile, dna, flchain, letters, males,
        # satellite, shuttle, spam, tic, train, treatment, waveform, working hours, a part of adult): 7% lower, test
        # error 2% lower. On five tables of numbers to predict, a deeper network was 5% worse.
        for_classes={
            "network.depth": Setting(4, "three hidden layers"),
            "regularization.lambda": Setting(0.2, "more if train error is far below dev error, less if both are high"),
            "regularization.patience_epochs": Setting(30, "stops after 30 epochs without a better dev error"),
        },
    ),
    Tier(
        200_000,
        {
            "network.width": Setting(128),
            "regularization.lambda": Setting(0.5, "more if train error is far below dev error, less if both are high"),
            "regularization.keep_prob": Setting(0.9, "dropout; 1 is none"),
            "regularization.patience_epochs": Setting(10, "stops after 10 epochs without a better dev error"),
            "training.epochs": Setting(60, "at most; many rows need few passes"),
            "training.batch_size": Setting(128),
        },
    ),
    Tier(
        float("inf"),
        {
            "network.width": Setting(256, "so many rows can teach a wider network"),
            "regularization.patience_epochs": Setting(3, "stops after 3 epochs without a better dev error"),
            "training.epochs": Setting(20, "at most; so many rows need few passes"),
            "training.batch_size": Setting(1024, "large batches pass through many rows faster"),
        },
    ),
)

# What replaces early stopping where there are fewer than FEWEST_TO_STOP_BY dev rows.
WITHOUT_STOPPING = Setting(60, "a fixed number: {dev} dev rows are too few to stop by")


def settings_for(train: int, dev: int, *, of_classes: bool) -> dict[str, Setting]:
    """The settings for this many rows of train and dev, by dotted key."""
    tier = next(tier for tier in TIERS if train < tier.below)
    own = tier.for_classes if of_classes else {}
    settings = {**own, **tier.settings, **own}
    penalty = settings.get("regularization.lambda", Setting(0))
    if penalty.value == PENALTY_A_ROW:
        settings["regularization.lambda"] = penalty._replace(value=float(f"{PENALTY_A_ROW * train:.1g}"))
    if dev < FEWEST_TO_STOP_BY:
        settings.pop("regularization.patience_epochs", None)
        value, why = WITHOUT_STOPPING
        settings["training.epochs"] = Setting(value, why.format(dev=dev))
    return settings
