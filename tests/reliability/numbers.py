"""Numbers at the edge: tables and settings that arithmetic does not survive by itself. A right result, or a sentence.

A case with a table is a config beside it; what it must end with, and words that it must say, stand in the row. A result
never holds what is no number, and a verdict of few rows says that it cannot know.
"""

import json
import math
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from .commands import faults_of, said

Rows = list[tuple[object, ...]]

# Of the small tables.
ROWS = 60

# How far 1 - R² may be from that of the same rows in other units: the last bits of float32 in three epochs.
SAME = 1e-3


class Case(NamedTuple):
    """What it is, its table, overrides of the config, the exit statuses that are right, and words that it says."""

    what: str
    rows: Callable[[], Rows]
    overrides: tuple[str, ...] = ()
    statuses: tuple[int, ...] = (0,)
    words: str = ""


def table(target: Callable[[float, float, int], object], a: Callable[[float, int], object] = lambda x, i: x) -> Rows:
    """ROWS rows of two inputs and a target. target(a, b, number), a(value, number) : what stands in the cells."""
    rng = random.Random(5)
    rows = [(rng.uniform(-1, 1), rng.uniform(-1, 1)) for _ in range(ROWS)]
    return [(a(x, at), y, target(x, y, at)) for at, (x, y) in enumerate(rows)]


def classes(x: float, y: float, at: int) -> str:
    return "u" if x + y > 0 else "v"


def scaled(by: float, add: float = 0.0) -> Callable[[], Rows]:
    """A regression whose target is linear, in other units."""
    return lambda: table(lambda x, y, at: (2 * x - y) * by + add)


def inputs(make: Callable[[float, int], object]) -> Callable[[], Rows]:
    return lambda: table(classes, make)


REGRESSION = "data.task=regression"

CASES = (
    Case("targets around 1", scaled(1.0), (REGRESSION,)),
    Case("targets around 1e38", scaled(1e38), (REGRESSION,)),
    Case("targets around 1e150", scaled(1e150), (REGRESSION,), (0, 3)),
    Case("targets around 1e300", scaled(1e300), (REGRESSION,), (3,), "whose squares no float holds"),
    Case("targets around 1e-38", scaled(1e-38), (REGRESSION,)),
    Case("targets that are denormal", scaled(1e-310), (REGRESSION,), (0, 3)),
    Case("targets of 1e15 that differ by 1", scaled(1.0, 1e15), (REGRESSION,)),
    Case("targets all equal", lambda: table(lambda x, y, at: 7.0), (REGRESSION,), (3,), "nothing to learn"),
    Case("one class alone", lambda: table(lambda x, y, at: "u"), (), (3,), "nothing to learn"),
    Case("targets of 400 digits", lambda: table(lambda x, y, at: "9" * 400), (REGRESSION,), (3,)),
    Case("inputs around 1e38", inputs(lambda x, at: x * 1e38)),
    Case("inputs around 1e300", inputs(lambda x, at: x * 1e300), (), (0, 3)),
    Case("inputs that are denormal", inputs(lambda x, at: x * 1e-310), (), (0, 3)),
    Case("inputs of 1e15 that differ by 1", inputs(lambda x, at: 1e15 + x)),
    Case("inputs from 1e-300 to 1e300", inputs(lambda x, at: 10.0 ** (at * 10 - 300)), (), (0, 3)),
    Case("inputs all equal", inputs(lambda x, at: 3.5), (), (0,), "constant"),
    Case("inputs all missing but one", inputs(lambda x, at: 1.5 if at == 7 else "")),
    Case("inputs all missing", inputs(lambda x, at: ""), (), (0, 3)),
    Case("inputs of nan and inf", inputs(lambda x, at: ("nan", "inf", "-inf", x)[at % 4]), (), (0, 3)),
    Case("one row in dev", lambda: table(classes), ("data.split={train: 0.95, dev: 1, test: 2}",), (0, 3)),
    Case("two rows in all", lambda: table(classes)[:2], (), (0, 3)),
    Case("one row in all", lambda: table(classes)[:1], (), (3,)),
    Case("no rows", lambda: [], (), (3,)),
    Case("as many classes as rows", lambda: table(lambda x, y, at: f"c{at}"), (), (3,)),
    Case("depth 1000", lambda: table(classes), ("network.depth=1000", "network.width=2"), (0, 5)),
    Case("width 1", lambda: table(classes), ("network.width=1",)),
    Case("keep_prob 1e-9", lambda: table(classes), ("regularization.keep_prob=1e-9",), (0, 3)),
    Case("lambda 1e30", lambda: table(classes), ("regularization.lambda=1e30",), (0, 3, 5)),
    Case("a rate of 0", lambda: table(classes), ("training.learning_rate=0",), (0, 3)),
    Case("a rate of 1e30", lambda: table(classes), ("training.learning_rate=1e30",), (0, 3, 5)),
    Case("a rate of 1e-300", lambda: table(classes), ("training.learning_rate=1e-300",), (0, 3)),
    Case("epochs 0", lambda: table(classes), ("training.epochs=0",), (3,), "training.epochs"),
    Case("epochs 1", lambda: table(classes), ("training.epochs=1",)),
    Case("patience 0", lambda: table(classes), ("regularization.patience_epochs=0",), (0, 3)),
    Case("a batch of 1", lambda: table(classes), ("training.batch_size=1",)),
    Case("a batch of a billion", lambda: table(classes), ("training.batch_size=1000000000",), (0, 3)),
    Case("a seed of 2^63", lambda: table(classes), ("seed=9223372036854775808",), (0, 3)),
    Case("init_scale 1e30", lambda: table(classes), ("network.init=normal", "network.init_scale=1e30"), (0, 5)),
)

# Takes some ten seconds, so it is of the full form alone.
MANY = 1_000_000


def at_the_edge(
    folder: Path, cases: Iterable[Case] = CASES, precisions: tuple[str, ...] = ("float32", "float64"), many: int = 0
) -> dict:
    """Trains each case in each precision, and diagnoses what was trained: {trainings, classes, cases, losses}."""
    met, losses, plain = [], [], {}
    for number, case in enumerate(cases):
        for precision in precisions:
            place = folder / f"{number}-{precision}"
            write(place, case.rows())
            done = said(place, "train", "t.yaml", f"training.precision={precision}", *case.overrides)
            met.append((f"{case.what}, {precision}", done.status))
            found = faults_of(done, case.statuses)
            if case.words not in done.out + done.err:
                found.append(f"does not say {case.words!r}: {(done.out + done.err)[-300:]!r}")
            if done.status in (0, 5):
                found += faults_of(said(place, "diagnose", "latest"), (0,))
                found += told_faults(place, plain.setdefault(precision, {}), case.what)
            losses += [f"{case.what}, {precision}: {fault}" for fault in found]
    if many:
        losses += of_many_classes(folder / "many", many)
    return {"trainings": len(met), "classes": many, "cases": met, "losses": losses}


def write(place: Path, rows: Rows) -> None:
    """A table and its config."""
    place.mkdir(parents=True)
    lines = [",".join(map(str, row)) for row in [("a", "b", "y"), *rows]]
    (place / "t.csv").write_text("\n".join(lines) + "\n")
    (place / "t.yaml").write_text("data: {source: t.csv, target: y}\nnetwork: {width: 4}\ntraining: {epochs: 3}\n")


def told_faults(place: Path, plain: dict[str, float], what: str) -> list[str]:
    """What is wrong with a result: no number where one stands, or another error than the same rows in other units."""
    [path] = place.glob("runs/2*/result.json")
    result = json.loads(path.read_text(), parse_constant=lambda word: math.nan)
    found = [f"{key} is {value}" for key, value in numbers_in(result) if not math.isfinite(value)]
    if what.startswith("targets around") and result["status"] == "finished":
        error = result["errors"]["train"]
        usual = plain.setdefault("train", error)
        if abs(error - usual) > SAME * max(1.0, usual):
            found.append(f"train error {error} where the same rows in other units have {usual}")
    return found


def numbers_in(value: object, key: str = "") -> Iterable[tuple[str, float]]:
    """Every number of a JSON value, with the key that it is below."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from numbers_in(item, f"{key}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from numbers_in(item, key)
    elif isinstance(value, float):
        yield key, value


def of_many_classes(place: Path, count: int) -> list[str]:
    """So many classes, each of one row: a sentence, of a bounded length, and no hours."""
    place.mkdir(parents=True)
    (place / "t.csv").write_text("a,y\n" + "".join(f"{at % 97},c{at}\n" for at in range(count)))
    (place / "t.yaml").write_text("data: {source: t.csv, target: y}\nnetwork: {width: 4}\ntraining: {epochs: 1}\n")
    done = said(place, "train", "t.yaml")
    found = faults_of(done, (3,))
    found += [f"a sentence of {len(done.err)} letters"] if len(done.err) > 2000 else []
    return [f"{count} classes: {fault}" for fault in found]
