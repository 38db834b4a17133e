"""The planted faults: what is done to a healthy config or to its data, and by which words their cause is named.

A cause is named by the code of a finding, or by advice that changes a key in a direction: `up` and `down` are relative
to the sick config.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

Arrays = dict[str, np.ndarray]

HEALTHY = {
    "network": {"depth": 2, "width": 32, "activation": "relu", "init": "he"},
    "training": {"optimizer": "adam", "learning_rate": 0.005, "batch_size": 32, "epochs": 40},
}


@dataclass(frozen=True)
class Fault:
    """changes : dotted keys of the config. spoil : what is done to the data. codes, moves : how the cause may be named.

    moves : (key, direction) of advice that cures it; direction is "up", "down" or "other".
    is_config : whether a config can cure it, so that the recipe can be tried on it.
    """

    changes: dict[str, object] = field(default_factory=dict)
    spoil: Callable[[Arrays, np.random.Generator], Arrays] | None = None
    codes: tuple[str, ...] = ()
    moves: tuple[tuple[str, str], ...] = ()
    is_config: bool = True


def third(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """A third of the training rows."""
    m = len(arrays["x_train"]) // 3
    return arrays | {"x_train": arrays["x_train"][:m], "y_train": arrays["y_train"][:m]}


def bad_scales(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """Every feature times ten to a power between -3 and 3."""
    factors = 10 ** rng.uniform(-3, 3, arrays["x_train"].shape[1])
    return {key: array * factors if key.startswith("x") else array for key, array in arrays.items()}


def noisy_labels(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """A quarter of the training labels drawn anew."""
    y = arrays["y_train"].copy()
    rows = rng.random(len(y)) < 0.25
    y[rows] = rng.permutation(y)[rows]
    return arrays | {"y_train": y}


def tiny_dev(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """Twenty-five dev rows."""
    return arrays | {"x_dev": arrays["x_dev"][:25], "y_dev": arrays["y_dev"][:25]}


def shifted(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """Half of the features moved by one and a half standard deviations in dev and test."""
    columns = rng.permutation(arrays["x_train"].shape[1])[: max(1, arrays["x_train"].shape[1] // 2)]
    move = np.zeros(arrays["x_train"].shape[1])
    move[columns] = 1.5 * arrays["x_train"][:, columns].std(axis=0)
    return arrays | {key: arrays[key] + move for key in ("x_dev", "x_test")}


def random_labels(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """Labels that have nothing to do with the rows."""
    return {key: rng.permutation(array) if key.startswith("y") else array for key, array in arrays.items()}


def repeated_rows(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """A third of the dev rows also among the training rows."""
    n = len(arrays["x_dev"]) // 3
    return arrays | {f"{k}_train": np.concatenate([arrays[f"{k}_train"], arrays[f"{k}_dev"][:n]]) for k in ("x", "y")}


BIGGER = (("network.width", "up"), ("network.depth", "up"), ("network.hidden", "other"))
SMOOTHER = (
    ("regularization.lambda", "up"),
    ("regularization.keep_prob", "down"),
    ("regularization.patience_epochs", "other"),
    ("data.source", "other"),
    ("network.width", "down"),
)
LONGER = (("training.epochs", "up"), ("training.learning_rate", "up"))
SLOWER = (("training.learning_rate", "down"),)
OVERFIT = {"network.width": 128, "network.depth": 3, "training.epochs": 120}

FAULTS = {
    "too_small": Fault({"network.width": 2}, moves=BIGGER),
    "too_short": Fault({"training.epochs": 2, "training.learning_rate": 0.001}, moves=LONGER),
    "rate_low": Fault({"training.learning_rate": 1e-5}, codes=("learning-rate-too-low",), moves=LONGER),
    "rate_high": Fault({"training.learning_rate": 1.0}, codes=("learning-rate-too-high",), moves=SLOWER),
    "init_zeros": Fault({"network.init": "zeros"}, codes=("symmetric-units",), moves=(("network.init", "other"),)),
    "init_large": Fault(
        {"network.init": "normal", "network.init_scale": 3.0},
        codes=("init-scale", "initial-loss-high"),
        moves=(("network.init", "other"), ("network.init_scale", "down")),
    ),
    "lambda_huge": Fault(
        {"regularization.lambda": 500.0}, codes=("penalty-dominates",), moves=(("regularization.lambda", "down"),)
    ),
    "drop_90": Fault(
        {"regularization.keep_prob": 0.1}, codes=("dropout-dominates",), moves=(("regularization.keep_prob", "up"),)
    ),
    "deep_sigmoid": Fault(
        {"network.activation": "sigmoid", "network.depth": 9, "network.init": "xavier"},
        codes=("vanishing-gradients",),
        moves=(("network.activation", "other"), ("network.depth", "down"), ("network.init", "other")),
    ),
    "overfit": Fault(OVERFIT, third, moves=SMOOTHER),
    "unscaled": Fault(
        {"data.normalize": False}, bad_scales, codes=("inputs-unscaled",), moves=(("data.normalize", "other"),)
    ),
    "short_and_small": Fault({"training.epochs": 2, "network.width": 2}, moves=(*LONGER, *BIGGER)),
    "small_and_penalised": Fault(
        {"network.width": 2, "regularization.lambda": 100.0},
        codes=("penalty-dominates",),
        moves=(("regularization.lambda", "down"), *BIGGER),
    ),
    "label_noise": Fault(OVERFIT, noisy_labels, moves=SMOOTHER, codes=("label-noise",), is_config=False),
    "tiny_dev": Fault({}, tiny_dev, codes=("dev-set-too-small",), is_config=False),
    "mismatch": Fault({}, shifted, codes=("train-dev-mismatch", "mismatch"), is_config=False),
    "random_labels": Fault({}, random_labels, codes=("no-better-than-baseline",), is_config=False),
    "repeated_rows": Fault({}, repeated_rows, codes=("rows-in-two-splits",), is_config=False),
}
