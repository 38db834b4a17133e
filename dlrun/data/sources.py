"""The sources that have a name: bundled sets and generators.

Every row of SOURCES is a function from (word, rng, settings) to a `Table`, and the settings it takes with their
defaults. scikit-learn is imported by the function that needs it, so that SOURCE_SETTINGS can be read without it.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from .columns import plain_table
from .examples import Table
from .files import short

# scikit-learn's generators take their seed as an unsigned 32-bit number.
LARGEST_SEED = 2**32 - 1

# 10^9 float64 numbers are 8 GB; a larger wish is a slip of the keyboard.
MOST_CELLS = 10**9


class Source(NamedTuple):
    """How to read a named source, and its settings with their defaults."""

    read: Callable[[str, np.random.Generator, dict[str, Any]], Table]
    defaults: Mapping[str, float]


def _bundled(word: str, rng: np.random.Generator, settings: dict[str, Any]) -> Table:
    from sklearn import datasets

    # scikit-learn ships diabetes scaled by the statistics of all rows, which is the leak that this package avoids.
    found = getattr(datasets, f"load_{word}")(**({"scaled": False} if word == "diabetes" else {}))
    labels = found.get("target_names") if word != "diabetes" else None
    return plain_table(
        word, found.data, found.target, names=found.feature_names, labels=labels, pixels=word == "digits"
    )


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(LARGEST_SEED))


def _moons(word: str, rng: np.random.Generator, settings: dict[str, Any]) -> Table:
    from sklearn.datasets import make_moons

    return plain_table(word, *make_moons(settings["samples"], noise=settings["noise"], random_state=_seed(rng)))


def _circles(word: str, rng: np.random.Generator, settings: dict[str, Any]) -> Table:
    from sklearn.datasets import make_circles

    noise, factor = settings["noise"], settings["factor"]
    return plain_table(word, *make_circles(settings["samples"], noise=noise, factor=factor, random_state=_seed(rng)))


def _blobs(word: str, rng: np.random.Generator, settings: dict[str, Any]) -> Table:
    from sklearn.datasets import make_blobs

    X, y = make_blobs(
        settings["samples"],
        settings["features"],
        centers=settings["classes"],
        cluster_std=settings["cluster_std"],
        random_state=_seed(rng),
    )
    return plain_table(word, X, y, labels=range(settings["classes"]))


def _classification(word: str, rng: np.random.Generator, settings: dict[str, Any]) -> Table:
    from sklearn.datasets import make_classification

    classes, informative = settings["classes"], settings["informative"]
    if classes > 2**informative:
        raise DataError(
            f"data.classes: got {classes}; {informative} informative features have {2**informative} corners, one class"
            f" each; raise data.informative to {math.ceil(math.log2(classes))} or lower data.classes"
        )
    X, y = make_classification(
        settings["samples"],
        settings["features"],
        n_informative=informative,
        n_redundant=0,
        n_classes=classes,
        n_clusters_per_class=1,
        random_state=_seed(rng),
    )
    return plain_table(word, X, y, labels=range(classes))


def _regression(word: str, rng: np.random.Generator, settings: dict[str, Any]) -> Table:
    from sklearn.datasets import make_regression

    X, y = make_regression(
        settings["samples"],
        settings["features"],
        n_informative=settings["informative"],
        noise=settings["noise"],
        random_state=_seed(rng),
    )
    return plain_table(word, X, y)


SOURCES: dict[str, Source] = {
    "digits": Source(_bundled, {}),
    "breast_cancer": Source(_bundled, {}),
    "wine": Source(_bundled, {}),
    "iris": Source(_bundled, {}),
    "diabetes": Source(_bundled, {}),
    "moons": Source(_moons, {"samples": 400, "noise": 0.2}),
    "circles": Source(_circles, {"samples": 400, "noise": 0.1, "factor": 0.5}),
    "blobs": Source(_blobs, {"samples": 400, "features": 2, "classes": 3, "cluster_std": 1.0}),
    "classification": Source(_classification, {"samples": 1000, "features": 20, "informative": 5, "classes": 2}),
    "regression": Source(_regression, {"samples": 1000, "features": 20, "informative": 5, "noise": 10.0}),
}

SOURCE_SETTINGS: dict[str, frozenset[str]] = {word: frozenset(source.defaults) for word, source in SOURCES.items()}


class Range(NamedTuple):
    """What a generator setting may be, as a check and in words."""

    holds: Callable[[float], bool]
    words: str
    whole: bool = False


RANGES: dict[str, Range] = {
    "samples": Range(lambda v: v >= 10, "a whole number of at least 10", whole=True),
    "noise": Range(lambda v: v >= 0, "a number of at least 0"),
    "features": Range(lambda v: v >= 1, "a whole number of at least 1", whole=True),
    "informative": Range(lambda v: v >= 1, "a whole number of at least 1", whole=True),
    "classes": Range(lambda v: v >= 2, "a whole number of at least 2", whole=True),
    "factor": Range(lambda v: 0 <= v < 1, "0 <= factor < 1 (the inner circle's radius over the outer's)"),
    "cluster_std": Range(lambda v: v > 0, "a number above 0"),
}


def read_named(word: str, *, rng: np.random.Generator, settings: Mapping[str, Any]) -> Table:
    """The bundled set or generator called `word`; settings that are None keep their default. Raises DataError."""
    source = SOURCES[word]
    asked = {key: value for key, value in settings.items() if value is not None}
    for key, value in asked.items():
        _check_setting(word, key, value)
    chosen = {**source.defaults, **asked}
    if "informative" in chosen and chosen["informative"] > chosen["features"]:
        if "informative" in asked:
            raise DataError(
                f"data.informative: got {chosen['informative']}; {word} has {chosen['features']} features;"
                " raise data.features or lower data.informative"
            )
        chosen["informative"] = chosen["features"]
    if (cells := chosen.get("samples", 0) * chosen.get("features", 2)) > MOST_CELLS:
        raise DataError(f"data.samples: {cells} numbers would not fit in memory; lower data.samples or data.features")
    return source.read(word, rng, chosen)


def _check_setting(word: str, key: str, value: object) -> None:
    takes = SOURCES[word].defaults
    if key not in takes:
        known = ", ".join(f"data.{name}" for name in takes) or "no settings"
        raise DataError(f"data.{key}: not a setting of source {word}; it takes {known}")
    allowed = RANGES[key]
    kinds = (int, np.integer) if allowed.whole else (int, float, np.integer, np.floating)
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value) or not allowed.holds(value):
        raise DataError(f"data.{key}: got {short(value)}; {word} expects {allowed.words}")
