"""`dlrun export --python`: the file answers as `dlrun predict` does, with NumPy alone."""

import ast
import csv
import importlib.util
import io
import shutil
import subprocess
import sys
from datetime import date

import numpy as np
import pytest

from dlrun.model import numpy_encodings, numpy_file
from dlrun.model.literals import literal
from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.encodings import ENCODINGS
from dlrun.store import find_run
from tests.commands import ROOT, dlrun
from tests.exported import (
    CONFIGS,
    ENSEMBLES,
    MIXED_RUNS,
    TABLES,
    Trained,
    load_model,
    mixed_runs,
    predicted,
    trained,
    write_rows,
)

# Probabilities are float32 sums in another order; 2e-6 was the largest distance.
TOLERANCE = 1e-5

# The file says which cells it cannot read.
pytestmark = pytest.mark.filterwarnings("ignore:column ")


def asked(run, *words):
    return dlrun("export", run.folder.name, *words, "--runs-dir", run.folder.parent, cwd=ROOT)


def exported(run, path):
    """The file of a run as a module."""
    done = asked(run, "--python", path)
    assert done.returncode == 0, done.stderr
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def disagreement(run, module):
    """The largest distance between the answers of the file and of predict, and the rows with another label."""
    labels, outputs = predicted(run)
    if not labels:
        return np.abs(module.predict(run.columns) - outputs[:, 0]).max() / run.model.preparation.target_scale, 0
    shares = module.predict_proba(run.columns)
    assert shares.shape == outputs.shape
    return np.abs(shares - outputs).max(), int((module.predict(run.columns) != np.array(labels)).sum())


@pytest.mark.parametrize("path", [*CONFIGS, *TABLES], ids=lambda path: path.stem)
def test_the_file_answers_every_row_as_predict_does(path, tmp_path):
    run = trained(path, tmp_path)
    distance, others = disagreement(run, exported(run, tmp_path / "network.py"))
    assert distance < TOLERANCE
    assert others == 0


@pytest.mark.parametrize("path", ENSEMBLES, ids=lambda path: path.stem)
def test_the_file_of_an_ensemble_answers_with_the_mean_of_its_members_as_predict_does(path, tmp_path):
    run = trained(path, tmp_path, "ensemble=3")
    assert run.model.parameters.members == 3
    distance, others = disagreement(run, exported(run, tmp_path / "network.py"))
    assert distance < TOLERANCE
    assert others == 0


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return mixed_runs(tmp_path_factory.mktemp("mixed"))


@pytest.mark.parametrize("name", MIXED_RUNS)
def test_a_file_of_every_kind_of_column_answers_as_predict_does(mixed, name, tmp_path):
    distance, others = disagreement(mixed[name], exported(mixed[name], tmp_path / "network.py"))
    assert distance < TOLERANCE
    assert others == 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("A @ W + b", "A @ W"),
        ("(whole + 3) % 7", "(whole + 4) % 7"),
        ('~known[:, KEPT["gaps"]]', 'known[:, KEPT["gaps"]]'),
        ('KEPT["middles"]', "0"),
        ("MISSING_CODE, UNSEEN_CODE = -1, -2", "MISSING_CODE, UNSEEN_CODE = -1, -1"),
        ("if found in MARKERS", "if False"),
        ('"signs": {', '"signs": {"1": "2", '),
        ("/ 365.2425", "/ 366"),
        ("str(cell).casefold()", "cell"),
        ("0.01 * Z", "0.02 * Z"),
    ],
)
def test_a_planted_fault_is_seen(mixed, tmp_path, right, wrong):
    path = tmp_path / "network.py"
    exported(mixed["bought"], path)
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong))
    # What was compiled is taken for this file's own where size and second are the same.
    shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)
    spec = importlib.util.spec_from_file_location("faulty", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert not disagreement(mixed["bought"], module)[0] < TOLERANCE


# A column for each way of writing that the mixed table has not; the row's number decides the value.
WRITTEN = {
    "percent": lambda i: f"{i * 7 % 50},{i % 10} %",
    "money": lambda i: f"€ {1 + i % 9}.{i * 37 % 1000:03},{i % 100:02}",
    "bracketed": lambda i: f"({1 + i % 9},{i * 31 % 1000:03}.50)" if i % 3 else f"{i * 12}.25",
    "trailing": lambda i: f"{i * 13 % 400}.5-" if i % 4 == 0 else f"{i * 11 % 400}.5",
    "blank": lambda i: f"{1 + i % 9}\u00a0{i * 41 % 1000:03}",
    "minus": lambda i: f"\u2212{i}.5" if i % 2 else f"{i}.5",
    "month": lambda i: f"{1 + i % 28} {['Jan', 'Feb', 'Nov', 'Dec'][i % 4]} {2000 + i % 30}",
    "short": lambda i: f"{1 + i % 28:02}/{1 + i % 12:02}/{i * 3 % 100:02}",
    "zoned": lambda i: f"2024-{1 + i % 12:02}-{1 + i % 28:02}T{i % 24:02}:30:00+02:00",
    "clock": lambda i: f"{i % 24:02}:{i * 7 % 60:02}",
    "week": lambda i: f"20{10 + i % 20}-W{1 + i % 52:02}",
    "second": lambda i: f"2020-01-{1 + i % 28:02} 10:{i % 60:02}:{i * 7 % 60:02}.{i % 1000:03}",
}


def written_run(place, columns):
    """A run of a table with these columns."""
    table = columns | {"y": ["ab"[i * 5 % 7 > 2] for i in range(200)]}
    write_rows(place / "written.csv", table, header=True, separator=";")
    (place / "written.yaml").write_text("data: {source: written.csv}\nnetwork: {width: 8}\ntraining: {epochs: 3}\n")
    done = dlrun("train", "written.yaml", "-q", cwd=place)
    assert done.returncode == 0, done.stderr
    folder = find_run(place / "runs", "latest")
    write_rows(place / "rows.csv", columns, header=True, separator=";")
    return Trained(folder.path, load_model(folder), place / "rows.csv", columns)


@pytest.mark.parametrize("name", WRITTEN)
def test_cells_are_read_as_in_training(name, tmp_path):
    cells = [WRITTEN[name](i) for i in range(200)]
    run = written_run(tmp_path, {"x": [str(i * 3 % 17) for i in range(200)], name: cells})
    assert name == "minus" or run.model.form.form(name).in_words()
    distance, _ = disagreement(run, exported(run, tmp_path / "network.py"))
    assert distance < TOLERANCE


def test_a_number_is_no_text_in_the_form_of_training(tmp_path):
    run = written_run(tmp_path, {"money": [WRITTEN["money"](i) for i in range(200)]})
    module = exported(run, tmp_path / "network.py")
    assert (
        module.predict_proba({"money": [1.234, 1234]}).tolist()
        == module.predict_proba({"money": ["€ 1,234", "€ 1.234,00"]}).tolist()
    )


def test_what_the_file_does_not_read_is_told(tmp_path):
    quarters = {"x": [str(i * 3 % 17) for i in range(200)], "q": [f"20{10 + i % 12}-Q{1 + i % 4}" for i in range(200)]}
    run = written_run(tmp_path, quarters)
    done = asked(run, "--python", tmp_path / "network.py")
    assert "--python: column 'q' is read as ISO dates or as days since 1970-01-01" in " ".join(done.stderr.split())
    iso = {**quarters, "q": [f"20{10 + i % 12}-{1 + 3 * (i % 4):02}-01" for i in range(200)]}
    distance, _ = disagreement(run._replace(columns=iso), exported(run, tmp_path / "other.py"))
    assert distance < TOLERANCE


def test_a_cell_that_cannot_be_read_is_told(mixed, tmp_path):
    module = exported(mixed["bought"], tmp_path / "network.py")
    columns = {name: cells[:3] for name, cells in mixed["bought"].columns.items()} | {"age": ["old", "", "30"]}
    with pytest.warns(UserWarning, match="column 'age': 1 cells are taken as missing, such as 'old'"):
        module.predict(columns)


def test_rows_come_as_dicts_as_columns_or_by_place(mixed, tmp_path):
    module = exported(mixed["grade"], tmp_path / "network.py")
    columns = {name: cells[:20] for name, cells in mixed["grade"].columns.items()}
    dicts = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    expected = module.predict_proba(columns)
    assert module.predict_proba(dicts).tolist() == expected.tolist()
    assert module.predict_proba([{**row, "more": 1} for row in dicts]).tolist() == expected.tolist()
    typed = {"age": None, "weight": 70.5, "X": 3, "member": True, "joined": date(2020, 2, 29), "seen": float("nan")}
    texts = {"age": "", "weight": "70,5", "X": "3", "member": "ja", "joined": "29.02.2020", "seen": ""}
    typed, as_text = ([row | values for row in dicts] for values in (typed, texts))
    assert module.predict_proba(typed).tolist() == module.predict_proba(as_text).tolist()
    del dicts[0]["city"]
    with pytest.raises(ValueError, match="the rows lack city, which the network was trained on"):
        module.predict(dicts)


@pytest.mark.parametrize("target", ["grade", "amount"])
def test_the_file_is_a_program_that_needs_numpy_alone(mixed, target, tmp_path):
    exported(mixed[target], tmp_path / "network.py")
    tree = ast.parse((tmp_path / "network.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported - sys.stdlib_module_names == {"numpy"}
    command = [sys.executable, "-I", tmp_path / "network.py", mixed[target].file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    labels, outputs = predicted(mixed[target])
    if labels:
        assert [row["prediction"] for row in rows] == labels
        shares = [[float(row[f"probability {name}"]) for name in "abc"] for row in rows]
        assert np.abs(np.array(shares) - outputs).max() < TOLERANCE
    else:
        assert np.allclose([float(row["prediction"]) for row in rows], outputs[:, 0], atol=1e-4)
    without = subprocess.run(command[:-1], capture_output=True, text=True, timeout=100)
    assert without.returncode == 1
    assert "usage: python" in without.stderr


def test_the_file_reads_as_ours_do(mixed, tmp_path):
    """Ruff finds nothing in it; what a table made is left as it is."""
    exported(mixed["bought"], tmp_path / "network.py")
    config = ["--config", ROOT / "pyproject.toml", "--ignore", "UP017,B905,B028,E501"]
    command = [sys.executable, "-m", "ruff", "check", *config, tmp_path / "network.py"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_name_of_a_source_stays_a_name():
    hostile = '"""\n\\ import os\u202e \ud83d\ude00 $name {x}'.encode("utf-16", "surrogatepass").decode("utf-16")
    written = literal([hostile, 1, 2.5])
    assert ast.literal_eval(written) == [hostile, 1, 2.5]
    assert "\n" not in written
    assert "\u202e" not in written


def test_every_activation_has_its_formula(rng):
    assert set(numpy_file.FORMULAS) == set(ACTIVATIONS)
    Z = rng.normal(0, 20, (5, 5))
    for name, activation in ACTIVATIONS.items():
        A = np.empty_like(Z)
        activation.value(Z, A)
        assert np.allclose(eval(numpy_file.FORMULAS[name], {"np": np, "Z": Z}), A, rtol=1e-12)


def test_every_encoding_has_its_function(rng):
    kinds = {word: kind for word, kind in ENCODINGS.items() if kind}
    assert set(numpy_encodings.ENCODERS) == set(kinds)
    x = np.exp(rng.normal(size=200))
    z = (x - x.mean()) / x.std()
    for word, kind in kinds.items():
        exec(numpy_encodings.ENCODERS[word], space := {"np": np})
        fitted = kind.fitted(x)
        assert space[word](x, z, fitted.kept).tobytes() == fitted.inputs(x, z).tobytes()


def test_what_cannot_be_written_leaves_nothing_behind(mixed, tmp_path, monkeypatch):
    done = asked(mixed["bought"], "--python", tmp_path / "network.txt")
    assert done.returncode == 2
    assert "network.txt: name it FILE.py; the weights are written to FILE.npz beside it" in " ".join(
        done.stderr.split()
    )
    monkeypatch.delitem(numpy_file.FORMULAS, "leaky_relu")
    done = asked(mixed["bought"], "--python", tmp_path / "network.py", "--onnx", tmp_path / "network.onnx")
    assert done.returncode == 2
    assert "no formula is known for the activation leaky_relu; train with one of relu, tanh" in done.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "network.npz").write_text("mine")
    done = asked(mixed["grade"], "--python", tmp_path / "network.py")
    assert done.returncode == 6
    assert "network.npz: exists already" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["network.npz"]
