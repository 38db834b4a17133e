"""The parameters of an estimator and the keys of a config: the same words, and the same checks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..advice.case import changed, hidden_of
from ..config import Config, config_from_dict
from ..errors import ConfigError
from ..records import Change

# Each parameter with the config's key that it stands for. `dev` is data.split, `random_state` is seed.
KEYS: Mapping[str, str] = {
    "hidden": "network.hidden",
    "activation": "network.activation",
    "init": "network.init",
    "init_scale": "network.init_scale",
    "output_bias": "network.output_bias",
    "lambda_": "regularization.lambda",
    "weight_decay": "regularization.weight_decay",
    "keep_prob": "regularization.keep_prob",
    "patience_epochs": "regularization.patience_epochs",
    "augment": "regularization.augment",
    "optimizer": "training.optimizer",
    "learning_rate": "training.learning_rate",
    "learning_rate_decay": "training.learning_rate_decay",
    "schedule": "training.schedule",
    "warmup_fraction": "training.warmup_fraction",
    "momentum": "training.momentum",
    "rms_decay": "training.rms_decay",
    "epsilon": "training.epsilon",
    "batch_size": "training.batch_size",
    "class_weight": "training.class_weight",
    "epochs": "training.epochs",
    "evaluate_every": "training.evaluate_every",
    "keep": "training.keep",
    "precision": "training.precision",
    "trace": "training.trace",
    "ensemble": "ensemble",
    "bag_fraction": "bag_fraction",
    "normalize": "data.normalize",
    "encoding": "data.encoding",
    "stratify": "data.stratify",
    "duplicates": "data.duplicates",
    "optimal_error": "diagnosis.optimal_error",
    "target_error": "diagnosis.target_error",
    "metric": "diagnosis.metric",
    "ignore": "diagnosis.ignore",
}

# What stands for the source in the config of arrays.
SOURCE = "X"


def config_of(parameters: Mapping[str, Any], *, rows: int, seed: int, task: str) -> Config:
    """The config with these parameters, for so many rows. Raises ValueError with a sentence for each wrong one."""
    data: dict[str, Any] = {
        "name": "estimator",
        "seed": seed,
        "data": {"source": SOURCE, "task": task, "split": split_of(parameters["dev"], rows)},
    }
    for word, key in KEYS.items():
        if word in parameters and not (word == "augment" and parameters[word] is None):
            section, _, name = key.rpartition(".")
            (data.setdefault(section, {}) if section else data)[name] = plain(parameters[word])
    try:
        return config_from_dict(data)
    except ConfigError as problem:
        raise ValueError("; ".join(map(in_own_words, problem.problems))) from None


def split_of(dev: Any, rows: int) -> dict[str, Any]:
    """The config's split that holds a share of the rows back, or a number of them. Raises ValueError."""
    dev = plain(dev)
    if isinstance(dev, bool) or not isinstance(dev, int | float) or not 0 < dev < (rows if isinstance(dev, int) else 1):
        raise ValueError(f"dev: got {dev!r}; expected a share of the rows with 0 < dev < 1, or a number of them")
    return {"train": rows - dev if isinstance(dev, int) else 1 - dev, "dev": dev}


def plain(value: Any) -> Any:
    """A value as a config holds it: numbers of NumPy become Python's, and arrays and tuples lists."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return {str(name): plain(item) for name, item in value.items()} if isinstance(value, Mapping) else value


def in_own_words(problem: str) -> str:
    """A problem of a config with the parameter's name instead of the key's."""
    told = problem.removeprefix("config: ")
    for word, key in KEYS.items():
        if told.startswith(tuple(key + after for after in ":.[")):
            return word + told.removeprefix(key)
    return told


def parameters_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that stand for a config's plain data, `random_state` included."""
    found: dict[str, Any] = {}
    for word, key in KEYS.items():
        section, _, name = key.rpartition(".")
        within = config.get(section, {}) if section else config
        if name in within:
            value = within[name]
            found[word] = tuple(value) if isinstance(value, list) else value
    split = config["data"]["split"]
    return found | {"hidden": hidden_of(config), "dev": split["dev"], "random_state": config["seed"]}


def call_of(change: Change, config: Mapping[str, Any]) -> str | None:
    """A change of the config as a call of `set_params`; None where no parameter stands for one of its keys."""
    after, words = changed(config, change), {}
    for key, value in change.items():
        if key in ("network.width", "network.depth", "network.hidden"):
            words["hidden"] = hidden_of(with_shape(after, change))
        elif key.startswith("regularization.augment."):
            words["augment"] = after["regularization"]["augment"]
        elif word := next((word for word, known in KEYS.items() if known == key), None):
            words[word] = tuple(value) if isinstance(value, list) else value
        else:
            return None
    return f"set_params({', '.join(f'{word}={value!r}' for word, value in words.items())})"


def with_shape(config: Mapping[str, Any], change: Change) -> Mapping[str, Any]:
    """The config with `width` and `depth` in force where the change sets one of them, as an override does."""
    if change.get("network.hidden") is not None:
        return config
    network = config["network"]
    hidden = network.get("hidden") or ()
    width = change.get("network.width") or (max(hidden) if hidden else network.get("width"))
    depth = change.get("network.depth") or len(hidden) + 1
    return {"network": {"width": width, "depth": depth, "hidden": None}}
