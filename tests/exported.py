"""Runs of the shipped configs and of real tables, and rows that exported networks and `dlrun predict` are asked alike.

Rows are cells of text by column, as they stand in a CSV.
"""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml

from dlrun.data import read_examples
from dlrun.experiment import read_config
from dlrun.experiment.prepare import random_streams, reading_of
from dlrun.model import Model, load_model
from dlrun.store import find_run
from tests.commands import CONFIGS as CONFIGS
from tests.commands import ROOT, dlrun

REAL = Path(__file__).parents[2] / "shared" / "data" / "tabular"
TABLES = sorted(REAL.glob("*.csv")) if REAL.is_dir() else []

# Real tables are longer than what a test needs to answer; every row that a class has few of is among so many.
MOST_ROWS = 40_000
SHORT = ("training.epochs=2", "report=false")
# A config for each loss, whose ensembles are exported.
ENSEMBLES = [ROOT / "configs" / f"{name}.yaml" for name in ("flowers", "moons_overfit", "diabetes")]
# What cells of any column are replaced by: gaps, words not seen, numbers far out, markers.
SPOILT = ("", "NA", "never seen", "0", "-1e35", "1e300", "nan", "inf", "-7.25", "true", "#N/A", "3.0")


class Trained(NamedTuple):
    """A run with rows to ask it: `file` for `dlrun predict`, and the same as cells by column."""

    folder: Path
    model: Model
    file: Path
    columns: dict[str, list[str]]


def trained(path: Path, place: Path, *changes: str) -> Trained:
    """The run of a config with changes, or of a table, of few epochs; its own rows, and some with spoilt cells."""
    config = path
    if path.suffix == ".csv":
        config = place / f"{path.stem}.yaml"
        done = dlrun("init", path, "-o", config, cwd=place)
        assert done.returncode == 0, done.stderr
    done = dlrun("train", config, *SHORT, *changes, "-q", "--runs-dir", place / "runs", cwd=place)
    assert done.returncode == 0, done.stderr
    folder = find_run(place / "runs", path.stem)
    model = load_model(folder)
    columns = cells_of(config, model)
    with_spoilt(columns)
    file = place / f"{path.stem}_rows.csv"
    write_rows(file, columns, header=not model.form.without_header)
    return Trained(folder.path, model, file, columns)


def cells_of(config: Path, model: Model) -> dict[str, list[str]]:
    """The features of a config's source as text: those of a file as they stand in it, those of arrays as numbers."""
    source = yaml.safe_load(config.read_text())["data"]["source"]
    file = config.parent / source
    if file.is_file():
        with file.open(newline="", encoding="utf-8-sig") as stream:
            lines = [[cell.strip() for cell in line] for line in csv.reader(stream) if line][:MOST_ROWS]
        names = [f"x{at}" for at in range(len(lines[0]))] if model.form.without_header else lines.pop(0)
        whole = dict(zip(names, map(list, zip(*lines, strict=True)), strict=True))
        return {name: whole[name] for name in model.form.names if name in model.form.features}
    loaded = read_config(config, SHORT)
    streams = random_streams(loaded.config.seed)
    found = read_examples(reading_of(loaded.config.data), folder=config.parent, rng=streams["source"])
    return {name: [repr(float(x)) for x in found.numbers[:, at]] for at, name in enumerate(found.number_names)}


def with_spoilt(columns: dict[str, list[str]]) -> None:
    """Adds rows in which one cell, and then half of the cells, are replaced by each of SPOILT."""
    rng, names = np.random.default_rng(0), list(columns)
    count = len(columns[names[0]])
    for at in range(12 * max(len(names), 20)):
        base = int(rng.integers(count))
        row = {name: columns[name][base] for name in names}
        changed = [names[at % len(names)]] if at % 2 else [name for name in names if rng.random() < 0.5]
        row |= {name: str(rng.choice(SPOILT)) for name in changed}
        for name, cell in row.items():
            columns[name].append(cell)


def write_rows(file: Path, columns: dict[str, list[str]], *, header: bool, separator: str = ",") -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=separator)
        if header:
            writer.writerow(list(columns))
        writer.writerows(zip(*columns.values(), strict=True))


def predicted(run: Trained) -> tuple[list[str], np.ndarray]:
    """What `dlrun predict` answers: labels (m,) and probabilities (m, K), or no labels and numbers (m, 1)."""
    out = run.file.with_suffix(".parquet")
    done = dlrun("predict", run.folder.name, run.file, "-q", "-o", out, "--runs-dir", run.folder.parent, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    import polars as pl

    frame = pl.read_parquet(out)
    if not run.model.classes:
        return [], frame["prediction"].to_numpy()[:, None]
    shares = frame.select(f"probability {name}" for name in run.model.classes).to_numpy()
    return frame["prediction"].to_list(), shares


def as_number(cell: str) -> float:
    """A cell of a column of plain numbers; NaN for one that is none."""
    try:
        return float(cell)
    except ValueError:
        return float("nan")


# A table with a column of each kind: decimal commas, gaps, a marker, flags, an order, dates with and without a time of
# day, rare words, and names that outputs and values of a graph have too.
MIXED = """
name: {name}
data: {{source: mixed.csv, target: {target}, drop: [{drop}], missing: ["", NA, "-999"], ordered: [[low, mid, high]],
  max_levels: 3, encoding: {encoding}}}
network: {{hidden: [8, 6], activation: {activation}, init: xavier}}
training: {{epochs: 5, precision: {precision}}}
report: false
"""
MIXED_ROWS = 400
# For each task a target and a run with an activation, a precision and an encoding, then a run for each encoding.
TARGETS = ("bought", "grade", "amount", "plain")
EACH = '{age: piecewise, fare: periodic, label: robust, X: piecewise, weight: standard, "*": quantile}'
MIXED_RUNS = {
    "bought": ("bought", "leaky_relu", "float32", "standard"),
    "grade": ("grade", "tanh", "float64", "standard"),
    "amount": ("amount", "sigmoid", "float32", "standard"),
    "plain": ("plain", "identity", "float32", "standard"),
    "robust": ("bought", "relu", "float64", "robust"),
    "quantile": ("grade", "relu", "float32", "quantile"),
    "piecewise": ("amount", "tanh", "float32", "piecewise"),
    "periodic": ("bought", "tanh", "float64", "periodic"),
    "each": ("bought", "relu", "float32", EACH),
    "target": ("bought", "tanh", "float64", "{city: target}"),
    "target_grade": ("grade", "relu", "float32", "{city: target, age: piecewise}"),
    "target_amount": ("amount", "tanh", "float32", "{city: target, fare: quantile}"),
}


def mixed_row(rng) -> dict[str, str]:
    day = datetime(1999, 1, 1) + timedelta(days=int(rng.integers(0, 9000)))
    moment = datetime(2019, 12, 25) + timedelta(minutes=int(rng.integers(0, 60 * 24 * 90)))
    return {
        "age": str(int(rng.integers(18, 80))),
        "fare": f"{rng.normal(30, 8):.2f}".replace(".", ","),
        "label": f"{rng.normal(1e6, 3):.3f}".replace(".", ","),
        "X": "-999" if rng.random() < 0.2 else str(int(rng.integers(0, 9))),
        "city": str(rng.choice(["Oslo", "Paris", "Rome", "Riga", "Bern", ""], p=[0.3, 0.3, 0.2, 0.1, 0.05, 0.05])),
        "member": str(rng.choice(["ja", "nein"])),
        "joined": day.strftime("%d.%m.%Y"),
        "seen": "" if rng.random() < 0.1 else moment.strftime("%Y-%m-%d %H:%M"),
        "size": str(rng.choice(["low", "mid", "high"])),
        "weight": "" if rng.random() < 0.2 else f"{rng.normal(70, 9):.1f}".replace(".", ","),
    }


def days(cell: str, pattern: str) -> float:
    """Days since 1970 of a date as it stands in the mixed table."""
    if not cell:
        return float("nan")
    return (datetime.strptime(cell, pattern).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)


def mixed_runs(place: Path) -> dict[str, Trained]:
    """A run of each of MIXED_RUNS on the mixed table, and rows in which some cells are gone, new or far out."""
    rng = np.random.default_rng(7)
    rows = [mixed_row(rng) for _ in range(MIXED_ROWS)]
    for row in rows:
        score = as_number(row["fare"].replace(",", ".")) / 8 + (row["city"] == "Rome") * 2 + rng.normal()
        row |= {"bought": "yes" if score > 4 else "no", "grade": "abc"[int(np.clip(score - 3, 0, 2))]}
        row |= {"amount": f"{1e6 + score:.3f}".replace(".", ","), "plain": "q" if row["member"] == "ja" else "p"}
    write_rows(place / "mixed.csv", {name: [row[name] for row in rows] for name in rows[0]}, header=True, separator=";")
    asked = rows + [spoilt_row(row, rng) for row in rows]
    runs = {}
    for run, (target, activation, precision, encoding) in MIXED_RUNS.items():
        drop = ", ".join(other for other in TARGETS if other != target)
        words = {"activation": activation, "precision": precision, "encoding": encoding}
        (place / f"{run}.yaml").write_text(MIXED.format(name=run, target=target, drop=drop, **words))
        done = dlrun("train", f"{run}.yaml", "-q", cwd=place)
        assert done.returncode == 0, done.stderr
        folder = find_run(place / "runs", run)
        model = load_model(folder)
        columns = {name: [row[name] for row in asked] for name in rows[0] if name not in TARGETS}
        file = place / f"{run}_rows.csv"
        write_rows(file, columns, header=True, separator=";")
        runs[run] = Trained(folder.path, model, file, columns)
    return runs


def spoilt_row(row: dict[str, str], rng) -> dict[str, str]:
    """The row with some cells replaced."""
    instead = {
        "age": ("", "NA", "200", "-999", "1e39"),
        "fare": ("", "-5,5", "1e38"),
        "label": ("", "0", "-999"),
        "X": ("", "12", "-999"),
        "city": ("", "NA", "Berlin", "oslo"),
        "member": ("", "JA", "Nein", "yes", "0", "perhaps", "True"),
        "joined": ("", "29.02.2024", "31.12.2023", "01.01.1900", "28.02.2100", "31.12.1969", "01.03.2000"),
        "seen": ("", "2024-02-29 23:59", "1960-01-01 00:00"),
        "size": ("", "huge", "low"),
        "weight": ("", "1000", "-999"),
    }
    return row | {name: str(rng.choice(cells)) for name, cells in instead.items() if rng.random() < 0.3}
