"""The sources that have a name, one row each: bundled sets and generators.

Every row of SOURCES is a function from (word, rng, settings) to a `Table`, and the settings that it takes, each with
its default and its range. One generator imports scikit-learn itself, so that importing the table stays fast.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..errors import DataError
from ..machine import require_memory
from .bundled import read_bundled
from .columns import plain_table
from .examples import Table
from .files import short
from .generated import blobs, circles, moons, regression

# scikit-learn's generators take their seed as an unsigned 32-bit number.
LARGEST_SEED = 2**32 - 1

# 10^9 float64 numbers are 8 GB; a larger number is a typing error.
MOST_CELLS = 10**9
NUMBER_BYTES = 8


class Range(NamedTuple):
    """The values that a generator's setting may have, as a check and in words."""

    holds: Callable[[float], bool]
    words: str
    whole: bool = False


class Setting(NamedTuple):
    """A generator's setting: its default and its range."""

    default: float
    range: Range


# The values of a generator's settings; those that are whole numbers are int.
Settings = Mapping[str, Any]


class Source(NamedTuple):
    """How to read a named source, and the settings that it takes."""

    read: Callable[[str, np.random.Generator, Settings], Table]
    settings: Mapping[str, Setting] = MappingProxyType({})


SAMPLES = Range(lambda v: v >= 10, "a whole number of at least 10", whole=True)
AT_LEAST_ONE = Range(lambda v: v >= 1, "a whole number of at least 1", whole=True)
AT_LEAST_TWO = Range(lambda v: v >= 2, "a whole number of at least 2", whole=True)
NOT_NEGATIVE = Range(lambda v: v >= 0, "a number of at least 0")
ABOVE_ZERO = Range(lambda v: v > 0, "a number above 0")
INNER_RADIUS = Range(lambda v: 0 <= v < 1, "0 <= factor < 1 (the inner circle's radius over the outer's)")


def _bundled(word: str, rng: np.random.Generator, settings: Settings) -> Table:
    return read_bundled(word)


def _seed(rng: np.random.Generator) -> int:
    """A seed for one of scikit-learn's generators."""
    return int(rng.integers(LARGEST_SEED))


def _moons(word: str, rng: np.random.Generator, settings: Settings) -> Table:
    return plain_table(word, *moons(_seed(rng), **settings))


def _circles(word: str, rng: np.random.Generator, settings: Settings) -> Table:
    return plain_table(word, *circles(_seed(rng), **settings))


def _blobs(word: str, rng: np.random.Generator, settings: Settings) -> Table:
    return plain_table(word, *blobs(_seed(rng), **settings), labels=range(settings["classes"]))


def _regression(word: str, rng: np.random.Generator, settings: Settings) -> Table:
    return plain_table(word, *regression(_seed(rng), **settings))


def _classification(word: str, rng: np.random.Generator, settings: Settings) -> Table:
    classes, informative = settings["classes"], settings["informative"]
    if classes > 2**informative:
        raise DataError(
            f"data.classes: got {classes}; {informative} informative features have {2**informative} corners, one class"
            f" each; raise data.informative to {math.ceil(math.log2(classes))} or lower data.classes"
        )
    from sklearn.datasets import make_classification

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


# Settings that several generators share, with one default.
FEW_SAMPLES, MANY_SAMPLES = {"samples": Setting(400, SAMPLES)}, {"samples": Setting(1000, SAMPLES)}
MANY_FEATURES = {"features": Setting(20, AT_LEAST_ONE), "informative": Setting(5, AT_LEAST_ONE)}

SOURCES: dict[str, Source] = {
    "digits": Source(_bundled),
    "breast_cancer": Source(_bundled),
    "wine": Source(_bundled),
    "iris": Source(_bundled),
    "diabetes": Source(_bundled),
    "moons": Source(_moons, {**FEW_SAMPLES, "noise": Setting(0.2, NOT_NEGATIVE)}),
    "circles": Source(
        _circles, {**FEW_SAMPLES, "noise": Setting(0.1, NOT_NEGATIVE), "factor": Setting(0.5, INNER_RADIUS)}
    ),
    "blobs": Source(
        _blobs,
        {
            **FEW_SAMPLES,
            "features": Setting(2, AT_LEAST_ONE),
            "classes": Setting(3, AT_LEAST_TWO),
            "cluster_std": Setting(1.0, ABOVE_ZERO),
        },
    ),
    "classification": Source(_classification, {**MANY_SAMPLES, **MANY_FEATURES, "classes": Setting(2, AT_LEAST_TWO)}),
    "regression": Source(_regression, {**MANY_SAMPLES, **MANY_FEATURES, "noise": Setting(10.0, NOT_NEGATIVE)}),
}

# The settings that each source takes, and those that any source takes.
SOURCE_SETTINGS: dict[str, frozenset[str]] = {word: frozenset(source.settings) for word, source in SOURCES.items()}
GENERATOR_SETTINGS = tuple(dict.fromkeys(name for source in SOURCES.values() for name in source.settings))


def read_named(word: str, *, rng: np.random.Generator, settings: Mapping[str, float]) -> Table:
    """The bundled set or generator called `word`; a setting that is not given keeps its default. Raises DataError."""
    source = SOURCES[word]
    for key, value in settings.items():
        _check_setting(word, key, value)
    chosen = {name: setting.default for name, setting in source.settings.items()} | dict(settings)
    if "informative" in chosen and chosen["informative"] > chosen["features"]:
        if "informative" in settings:
            raise DataError(
                f"data.informative: got {chosen['informative']}; {word} has {chosen['features']} features;"
                " raise data.features or lower data.informative"
            )
        chosen["informative"] = chosen["features"]
    if (cells := chosen.get("samples", 0) * chosen.get("features", 2)) > MOST_CELLS:
        raise DataError(f"data.samples: {cells} numbers would not fit in memory; lower data.samples or data.features")
    # The draws, and the same in another order.
    require_memory(2 * NUMBER_BYTES * int(cells), f"data.source {word}: {cells:,} numbers", "lower data.samples")
    return source.read(word, rng, chosen)


def _check_setting(word: str, key: str, value: float) -> None:
    takes = SOURCES[word].settings
    if key not in takes:
        settings = ", ".join(f"data.{name}" for name in takes) or "no settings"
        raise DataError(f"data.{key}: not a setting of source {word}; it takes {settings}")
    allowed = takes[key].range
    kinds = (int, np.integer) if allowed.whole else (int, float, np.integer, np.floating)
    is_number = isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not allowed.holds(value):
        raise DataError(f"data.{key}: got {short(value)}; {word} expects {allowed.words}")
