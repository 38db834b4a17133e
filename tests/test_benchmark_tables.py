"""The benchmark of tables asks everybody the same rows, and counts what it says it counts."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.tables import cells, contestants, folder, ours, peers, telling
from tests.benchmarks.tables.cells import Cell
from tests.benchmarks.tables.folder import Measured, Wish
from tests.benchmarks.tables.rows import rows_of

ROOT = Path(__file__).parents[1]
CHEAP = "default,linear,boosting,ensemble5,realmlp"


def write_ring(path, rows=120, target="inside"):
    """Points inside a circle or not, with a word and gaps, and a column that only the README can leave out."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 2)).round(3)
    inside = np.where((X**2).sum(axis=1) < 1.4, "yes", "no")
    lines = [f"{a},{'' if at % 17 == 3 else b},{'red' if a > 0 else 'blue'},{at % 7},{told}" for at, (a, b, told) in
             enumerate(zip(*X.T, inside, strict=True))]  # fmt: skip
    path.write_text("\n".join([f"a,b,colour,week,{target}", *lines]) + "\n")
    return path


def write_line(path, rows=80):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 2)).round(3)
    path.write_text("\n".join(f"{a},{b},{2 * a - b + 0.01 * at:.3f}" for at, (a, b) in enumerate(x)) + "\n")
    return path


@pytest.fixture
def tables(tmp_path):
    write_ring(tmp_path / "ring.csv")
    write_line(tmp_path / "line.csv")
    (tmp_path / "README.md").write_text(
        "# Two tables\n\n| task | file | target | leave out |\n|---|:--|---|---|\n"
        "| | `ring.csv` | inside | `week` |\n| regression | line.csv | -1 | |\n\n| file | other |\n"
    )
    return tmp_path


def test_a_readme_says_what_is_to_be_predicted_and_without_one_init_proposes_it(tables, tmp_path_factory):
    line, ring = folder.tables_of(tables)[:2]
    assert (line.wish, ring.wish) == (Wish("-1", (), "regression"), Wish("inside", ("week",)))
    assert [table.name for table in folder.tables_of(tables)[2:]] == list(folder.BUNDLED)
    asked = rows_of(ring, 0, None, tmp_path_factory.mktemp("asked"))
    assert (asked.numbers.shape, asked.codes.shape, asked.task) == ((120, 2), (120, 1), "binary")
    (tables / "README.md").unlink()
    write_ring(tables / "ring.csv", target="target")
    _, proposed = folder.tables_of(tables)[:2]
    assert proposed.wish == Wish()
    assert rows_of(proposed, 0, None, tmp_path_factory.mktemp("proposed")).numbers.shape == (120, 3)
    assert proposed.digest() != ring.digest()


def test_what_cannot_be_measured_is_told_with_the_remedy(tables):
    with pytest.raises(ValueError, match=r"nowhere: is no folder; --tables takes a folder of \.csv files"):
        folder.tables_of(Path("nowhere"))
    ring = Measured("ring", tables / "ring.csv", Wish())
    (tables / "out").mkdir()
    with pytest.raises(ValueError, match=r"ring: which column is to be predicted\? A README\.md beside it says so"):
        rows_of(ring, 0, None, tables / "out")
    with (tables / "README.md").open("a") as readme:
        readme.write("\n| file | target | task |\n|---|---|---|\n| gone.csv | y | |\n")
    with pytest.raises(ValueError, match=r"README\.md: gone\.csv is not in the folder"):
        folder.tables_of(tables)
    (tables / "README.md").write_text("| file | task |\n|---|---|\n| ring.csv | ranking |\n")
    with pytest.raises(ValueError, match=r"ring\.csv: the task ranking is none of auto, regression, binary"):
        folder.tables_of(tables)


def test_a_table_stays_in_its_half_for_ever():
    chosen = {table.name for table in folder.tables_of(None, "choose")}
    published = {table.name for table in folder.tables_of(None, "publish")}
    assert not chosen & published
    assert chosen | published == set(folder.BUNDLED)
    assert chosen == CHOOSE


CHOOSE = {"breast_cancer", "diabetes", "digits", "wine"}


def test_a_long_table_is_cut_to_rows_that_the_seed_draws(tables, tmp_path):
    table, places = folder.tables_of(tables)[1], [tmp_path / name for name in ("first", "again", "other")]
    for place in places:
        place.mkdir()
    first, again, other = (
        folder.write_table(table, place, 30, seed).read_text().splitlines()
        for place, seed in zip(places, (0, 0, 1), strict=True)
    )
    assert first == again != other
    assert first[0] == "a,b,colour,week,inside"
    lines = (tables / "ring.csv").read_text().splitlines()
    assert len(first) == 31
    assert sorted(first[1:], key=lines.index) == first[1:]


def test_all_are_asked_the_rows_of_dlruns_own_split(tables, tmp_path):
    rows = rows_of(folder.tables_of(tables)[1], 3, None, tmp_path)
    assert [len(part) for part in (rows.train, rows.dev, rows.test)] == [72, 24, 24]
    assert sorted([*rows.known, *rows.test]) == list(range(120))
    assert 0 <= ours.default(rows) < rows.guessing_error()
    moved = dataclasses.replace(rows, test=rows.dev, dev=rows.test)
    with pytest.raises(ValueError, match="the run was judged on other test rows than all others"):
        ours.default(moved)


def test_the_errors_are_those_that_scikit_learn_counts(tables, tmp_path):
    from sklearn.metrics import accuracy_score, r2_score

    for at, score in ((0, r2_score), (1, accuracy_score)):
        (tmp_path / str(at)).mkdir()
        rows = rows_of(folder.tables_of(tables)[at], 0, None, tmp_path / str(at))
        answers = np.random.default_rng(0).permutation(rows.y[rows.test])
        assert rows.error_of(answers) == pytest.approx(1 - score(rows.y[rows.test], answers), abs=1e-12)


def test_the_search_takes_the_settings_with_the_least_dev_error(tables, tmp_path, monkeypatch):
    rows = rows_of(folder.tables_of(tables)[1], 0, None, tmp_path)
    fitted = []

    class Model:
        n_iter_ = 7
        classes_ = np.arange(2)

        def __init__(self, settings):
            self.settings = settings

        def fit(self, X, y):
            fitted.append((len(X), self.settings))

        def predict(self, X):
            # Right on the dev rows for the fifth settings alone.
            return rows.y[rows.dev if len(fitted) == 5 else rows.test] if len(fitted) in (5, 17) else np.zeros(len(X))

        def predict_proba(self, X):
            return np.full((len(X), 2), 0.5)

    monkeypatch.setattr(peers, "boosted_trees", lambda rows, settings: Model(settings))
    assert peers.boosting_tuned(rows) == 0
    assert [n for n, _ in fitted] == [72] * peers.TRIALS + [96]
    assert fitted[-1][1] == fitted[4][1] | {"max_iter": 7, "early_stopping": False}
    assert fitted[0][1] == {"early_stopping": False}  # as shipped: 7 rows are too few to stop by


def cell(table, seed, contestant, error, **more):
    return Cell(table, seed, contestant, error, 1.0, "binary", 100, "same", **more)


def test_means_ranks_and_paired_differences_are_of_the_cells_that_all_have():
    found = [
        *(cell("easy", seed, "default", 0.10) for seed in (0, 1)),
        *(cell("easy", seed, "forest", 0.10) for seed in (0, 1)),
        *(cell("hard", seed, "default", 0.30) for seed in (0, 1)),
        cell("hard", 0, "forest", 0.50),
    ]
    results = telling.Results(found)
    assert results.mean_error("default") == pytest.approx(0.20)  # tables count alike, whatever their seeds
    assert results.mean_error("forest") == pytest.approx(0.30)
    assert (results.mean_rank("default"), results.mean_rank("forest")) == (1.25, 1.75)
    errors, paired, *_ = telling.all_tables(found, {})
    assert "means of 2 tables, 3 cells" in errors
    assert "hard (100)" in errors
    assert "30.00*" in errors
    (row,) = [line for line in paired.splitlines() if line.startswith("default - forest")]
    assert row.split()[3:] == ["-6.7", "[-20.0,", "+0.0]", "1-2-0", "easy", "+0.0"]


def test_a_default_is_held_against_the_better_of_the_simple_ones_table_by_table():
    errors = {"a": (0.20, 0.10, 0.30), "b": (0.20, 0.30, 0.15)}
    found = [
        cell(table, seed, name, error + 0.01 * seed)
        for table, of_table in errors.items()
        for name, error in zip(("default", "linear", "mlp"), of_table, strict=True)
        for seed in (0, 1)
    ]
    told = telling.paired_table(telling.Results(found), "default")
    (row,) = [line for line in told.splitlines() if line.startswith("default - better of linear, mlp")]
    assert row.split()[6:] == ["+7.5", "[+5.0,", "+10.0]", "0-0-4", "a", "+10.0"]


def test_what_a_reader_must_know_is_told_below():
    odd = [cell("easy", 0, "default", 0.5, problem="ValueError: no"), cell("easy", 0, "forest", 0.1)._replace(rows="x")]
    notes = telling.all_tables(odd, {"tabm": "not installed"})[-1]
    assert "tabm: left out, not installed" in notes
    assert "easy, seed 0: default counts as guessing: ValueError: no" in notes
    assert "easy, seed 0: not all were asked the same rows; measure anew with another --results" in notes


def test_one_that_fails_counts_as_guessing(tables, monkeypatch):
    broken = contestants.Contestant(lambda rows: 1 / 0, "", ())
    monkeypatch.setitem(contestants.CONTESTANTS, "linear", broken)
    found = cells.measured(cells.Job(folder.tables_of(tables)[1], 0, "linear", None))
    assert found.problem == "ZeroDivisionError: division by zero"
    assert 0.2 < found.error < 0.6


def test_the_command_measures_two_tables_and_goes_on_where_it_was(tables, monkeypatch):
    kept, file = tables / "cells.jsonl", tables / "all.json"
    line = [sys.executable, "-m", "tests.benchmarks.tables", "--tables", str(tables), "--names", "ring,line"]
    line += ["--seeds", "2", "--only", CHEAP, "--results", str(kept), "--json", str(file)]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "ring (120)" in done.stdout
    assert "line (80, R^2)" in done.stdout
    assert "default - boosting" in done.stdout
    assert "realmlp: left out, pytabkit is not installed" in done.stdout or "RealMLP-TD" in done.stdout
    assert "2 seeds; means of 2 tables, 4 cells" in done.stdout
    written = json.loads(file.read_text())
    assert written["summary"]["linear"]["mean_error"] < 0.4
    assert written["machine"]["threads"] == 1
    with kept.open("a") as cut_short:
        cut_short.write('{"key": "')
    jobs = list(cells.jobs_of(folder.tables_of(tables)[:2], 2, ["default", "linear", "boosting", "ensemble5"], None))
    monkeypatch.setattr(cells, "measured", lambda job: 1 / 0)
    again, lost = cells.cells_of(jobs, kept, 1)
    assert ([one._asdict() for one in again], lost) == (written["cells"], {})
    cells.keep_cell(kept, "new", again[0])
    assert cells.read_cells(kept)["new"] == again[0]
    _, lost = cells.cells_of([job._replace(most_rows=50) for job in jobs[:1]], kept, 1)
    assert lost == {"line, default": "ZeroDivisionError: division by zero"}
