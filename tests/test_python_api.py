"""The public API: what it is, that its page is true, and that its functions do what the verbs do."""

import inspect
import json
import os
import re
import subprocess
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from sklearn.base import clone

import dlrun
from dlrun.data.given import frame_given
from dlrun.errors import ConfigError, StoreError, UsageError
from dlrun.store import to_plain
from tests.commands import ROOT
from tests.commands import dlrun as command

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMES = {
    "DenseClassifier",
    "DenseRegressor",
    "DlrunError",
    "__version__",
    "check_gradients",
    "diagnose",
    "load",
    "train",
}
WORDS = ("Oslo", "Paris", "Rome")


def python_blocks(text):
    return re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)


@pytest.fixture
def clone_of_project(tmp_path, monkeypatch):
    """A folder with the shipped configs, in which the process works."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLRUN_RUNS", raising=False)
    return tmp_path


def cells(rng, rows=200):
    """A frame with words, gaps and a date, and a target that follows from them."""
    city, age = rng.choice(WORDS, rows), rng.integers(18, 80, rows).astype(float)
    age[::9] = np.nan
    score = np.nan_to_num(age, nan=45) / 20 + 2 * (city == "Rome") + 0.3 * rng.standard_normal(rows)
    days = np.datetime64("2021-03-01") + rng.integers(0, 700, rows)
    return pl.DataFrame(
        {
            "city": city,
            "joined": days,
            "age": age,
            "bought": np.where(score > 3, "yes", "no"),
            "stars": (score > 3) + 1.0,
        }
    ).with_columns(pl.col("age").fill_nan(None), amount=pl.Series(score))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder with a table and a run for each kind of target."""
    folder, frame = tmp_path_factory.mktemp("shop"), cells(np.random.default_rng(3))
    frame.write_csv(folder / "shop.csv")
    for target in ("bought", "stars", "amount"):
        drop = [name for name in ("bought", "stars", "amount") if name != target]
        config = {
            "name": target,
            "data": {"source": str(folder / "shop.csv"), "target": target, "drop": drop},
            "training": {"epochs": 30},
            "report": False,
        }
        dlrun.train(config, runs_dir=folder / "runs")
    return folder, frame


def test_nothing_else_is_public():
    assert set(dlrun.__all__) == NAMES
    assert dir(dlrun) == sorted(dlrun.__all__)
    table = PAGE[PAGE.index("| name |") : PAGE.index("## Estimators")]
    assert {name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(\w+)`", row)} == NAMES
    star = subprocess.run(
        [sys.executable, "-c", "from dlrun import *; print(*[n for n in dir() if n[:2] != '__'])"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(star.stdout.split()) == NAMES - {"__version__"}
    with pytest.raises(AttributeError, match="no attribute 'run'"):
        _ = dlrun.run


def test_names_that_are_lent_are_the_modules_of_none():
    """A module of the package with a public name would take its place once it is imported."""
    assert not any(isinstance(getattr(dlrun, name), types.ModuleType) for name in NAMES)
    assert NAMES.isdisjoint({path.stem for path in (ROOT / "dlrun").iterdir()})


@pytest.mark.parametrize("name", sorted(NAMES - {"__version__", "DlrunError"}))
def test_what_is_public_is_documented_and_typed(name):
    thing = getattr(dlrun, name)
    assert thing.__doc__
    methods = [getattr(thing, m) for m in ("__init__", "fit", "predict")] if inspect.isclass(thing) else [thing]
    for function in methods:
        signature = inspect.signature(function)
        untyped = [one for one in signature.parameters.values() if one.annotation is one.empty and one.name != "self"]
        assert untyped == []
        assert function.__name__ == "__init__" or signature.return_annotation is not signature.empty


@pytest.mark.parametrize("estimator", ["DenseClassifier", "DenseRegressor"])
def test_the_page_names_every_parameter_and_what_a_fit_leaves(estimator, rng):
    kind = getattr(dlrun, estimator)
    for word in kind().get_params():
        assert f"`{word}`" in PAGE, word
    model = kind(epochs=1).fit(rng.standard_normal((30, 2)), np.arange(30) % 2)
    left = {name for name in vars(model) if name.endswith("_") and name != "lambda_"}
    assert {name for name in left if f"`{name}`" not in PAGE} == {"model_"}


def test_the_examples_of_the_page_run(clone_of_project, capsys):
    names = {}
    for block in python_blocks(PAGE):
        exec(compile(block, "docs/python.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "bias" in printed
    assert "finished" in printed


def test_the_readmes_example_runs(clone_of_project, capsys):
    block = next(block for block in python_blocks(README) if "DenseClassifier" in block)
    names = {}
    exec(compile(block, "README.md", "exec"), names)
    frame = pl.read_csv("configs/data/flowers.csv")
    assert len(names["network"].predict(frame)) == len(frame)
    assert "90% interval" in capsys.readouterr().out


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, dlrun; print([m for m in ('numpy', 'sklearn', 'pydantic') if m in sys.modules])"
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def without_times(record):
    """What of a result does not depend on the clock or the run's name."""
    varying = ("run_id", "run_dir", "seconds", "ended", "report", "test_look", "name")
    return {key: value for key, value in record.items() if key not in varying}


def test_train_does_what_the_verb_does(clone_of_project):
    words = ["training.epochs=3", "network.depth=2"]
    printed = json.loads(command("train", "configs/flowers.yaml", *words, "--json", cwd=clone_of_project).stdout)
    from_file = dlrun.train("configs/flowers.yaml", words, runs_dir="other")
    plain = yaml.safe_load((ROOT / "configs" / "flowers.yaml").read_text())
    plain["data"]["source"] = "configs/" + plain["data"]["source"]
    plain["training"]["epochs"], plain["network"]["depth"] = 3, 2
    from_dict = dlrun.train(plain, runs_dir=Path("other"))
    for result in (from_file, from_dict):
        assert without_times(json.loads(json.dumps(to_plain(result)))) == without_times(printed)
        folder = Path(result.run_dir)
        assert {path.name for path in folder.iterdir()} == {p.name for p in Path(printed["run_dir"]).iterdir()}
        assert (folder / "report.html").exists()
        assert (folder / "model.npz").read_bytes() == (Path(printed["run_dir"]) / "model.npz").read_bytes()
    assert command("verify", "latest", "--runs-dir", "other", cwd=clone_of_project).returncode == 0
    looks = [len((clone_of_project / name / "looks.jsonl").read_text().splitlines()) for name in ("runs", "other")]
    assert looks == [2, 4]  # each training notes its score and its look at the test set


def test_a_config_of_values_that_are_hard_to_write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("odd : name #1.npy", np.random.default_rng(0).standard_normal((60, 3)))
    config = {
        "data": {"source": "odd : name #1.npy", "missing": ["", "null", "1e5", "a\nb", "é"]},
        "training": {"epochs": np.int64(2), "epsilon": 1e-08, "learning_rate": np.float64(1e-3)},
        "network": {"hidden": (3, np.int32(4))},
        "report": False,
    }
    result = dlrun.train(config, runs_dir=tmp_path / "runs")
    resolved = yaml.safe_load((Path(result.run_dir) / "resolved.yaml").read_text(encoding="utf-8"))
    assert resolved["data"]["missing"] == ["", "null", "1e5", "a\nb", "é"]
    assert resolved["network"]["hidden"] == [3, 4]
    assert result.name == "config"


def test_needed_gives_the_run_again(clone_of_project):
    first = dlrun.train("configs/flowers.yaml", ["training.epochs=2", "report=false"], needed=True)
    again = dlrun.train("configs/flowers.yaml", ["training.epochs=2", "report=false"], needed=True)
    assert again.reused
    assert again.run_dir == first.run_dir


@pytest.mark.parametrize(
    ("config", "overrides", "error", "told"),
    [
        ({"data": {"source": "nodata"}}, (), ConfigError, "data.source: got 'nodata', an unknown source"),
        ({"data": {"source": "iris"}, "network": {"dept": 2}}, (), ConfigError, "did you mean depth"),
        ("nowhere.yaml", (), ConfigError, "no such file"),
        (7, (), ConfigError, "config: got int; expected the path of a YAML file, or a dict"),
        ({"data": {"source": "iris"}}, "training.epochs=2", UsageError, "expected a list such as"),
    ],
)
def test_a_wrong_config_is_told(config, overrides, error, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=re.escape(told)):
        dlrun.train(config, overrides)
    assert issubclass(error, dlrun.DlrunError)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_saves_the_run_and_is_raised_again(tmp_path, monkeypatch):
    import signal

    from dlrun.nn.training import Trainer

    step, steps = Trainer.run_epoch, []

    def interrupted_in_the_third(self):
        steps.append(1)
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return step(self)

    monkeypatch.setattr(Trainer, "run_epoch", interrupted_in_the_third)
    with pytest.raises(KeyboardInterrupt, match="interrupted; resume: dlrun resume"):
        dlrun.train({"data": {"source": "iris"}, "network": {"width": 64}, "report": False}, runs_dir=tmp_path)
    monkeypatch.undo()
    assert command("resume", "latest", "--runs-dir", tmp_path, cwd=tmp_path).returncode == 0


def test_diagnose_does_what_the_verb_does(shop):
    folder, _ = shop
    printed = json.loads(command("diagnose", "bought", "--json", "--runs-dir", "runs", cwd=folder).stdout)
    asked = dlrun.diagnose("bought", runs_dir=folder / "runs")
    plain = json.loads(json.dumps(to_plain(asked)))
    for one in (plain, printed):
        one["selection"].pop("test_looks")
    varying = {"run_dir", "test_look", "advice"}
    assert {k: v for k, v in plain.items() if k not in varying} == {
        k: v for k, v in printed.items() if k not in varying
    }
    assert [item["change"] for item in plain["advice"]] == [item["change"] for item in printed["advice"]]
    assert plain["test_look"] == printed["test_look"] + 1
    assert dlrun.diagnose(asked.run_dir).run_dir == asked.run_dir
    surer = dlrun.diagnose("bought", optimal=0.9, runs_dir=folder / "runs")
    assert surer.run.diagnosis.optimal_error == 0.9
    assert asked._repr_html_().startswith("<div")
    assert asked.sentence in str(asked)


def test_figures_are_diagnosed_as_by_the_verb(tmp_path):
    words = ["--errors", "train=0.15,dev=0.16", "--sizes", "train=10000,dev=1000", "--optimal", "30/200"]
    printed = json.loads(command("diagnose", *words, "--baseline", "0.5", "--json", cwd=tmp_path).stdout)
    figures = dlrun.diagnose(
        errors={"train": 0.15, "dev": np.float64(0.16)},
        sizes={"train": 10_000, "dev": np.int64(1_000)},
        optimal={"errors": 30, "n": 200},
        baseline=0.5,
    )
    assert json.loads(json.dumps(to_plain(figures))) == printed


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"errors": {"train": 0.1}}, "errors: got train; expected train, dev and perhaps test"),
        ({"errors": {"train": 0.1, "dev": 0.1, "x": 1}}, "errors: got train, dev, x"),
        ({"errors": {"train": 0.1, "dev": 2.0}}, "dev"),
        ({"sizes": {"train": 1, "dev": 1}}, "sizes and baseline belong to errors"),
        ({"errors": {"train": 0.1, "dev": 0.1}, "reference": True}, "reference: needs the rows of a run"),
        ({"errors": {"train": 0.1, "dev": 0.1}, "optimal": {"errors": 3, "n": 2}}, "optimal: got"),
    ],
)
def test_wrong_figures_are_told(asked, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        dlrun.diagnose(**asked)


def test_a_run_that_is_not_there_is_told(tmp_path):
    for function in (dlrun.diagnose, dlrun.load):
        with pytest.raises(StoreError, match="no such run folder"):
            function(tmp_path / "gone")
        with pytest.raises(StoreError, match="no runs in"):
            function("latest", runs_dir=tmp_path)


def predictions_of_verb(folder, run):
    out = folder / f"{run}.out.csv"
    done = command("predict", run, "shop.csv", "-o", out, "--runs-dir", "runs", "--quiet", cwd=folder)
    assert done.returncode == 0, done.stderr
    return pl.read_csv(out)


def shuffled(frame):
    return frame.select(sorted(frame.columns))


def as_pandas(frame):
    return pytest.importorskip("pandas").DataFrame({column.name: column.to_list() for column in frame})


@pytest.mark.parametrize("form", [lambda frame: frame, shuffled, as_pandas])
@pytest.mark.parametrize("run", ["bought", "stars", "amount"])
def test_a_loaded_network_answers_as_the_verb_does(run, form, shop):
    folder, frame = shop
    network, written = dlrun.load(run, runs_dir=folder / "runs"), predictions_of_verb(folder, run)
    answers = network.predict(form(frame.drop("bought", "stars", "amount")))
    if run == "amount":
        # The verb computes in float32, whose numbers are apart by 6e-8 of their size; the network sums some dozens.
        np.testing.assert_allclose(answers, written["prediction"].to_numpy(), rtol=1e-5)
        return
    assert answers.tolist() == written["prediction"].to_list()
    assert network.classes_.tolist() == (["no", "yes"] if run == "bought" else [1, 2])
    shares = written.select(pl.selectors.starts_with("probability")).to_numpy()
    np.testing.assert_allclose(network.predict_proba(form(frame)), shares, atol=1e-5)
    assert network.score(frame, frame[run].to_numpy()) == np.mean(answers == frame[run].to_numpy())


def test_labels_of_a_loaded_network_are_of_the_type_of_the_source(shop):
    folder, _ = shop
    kinds = {run: dlrun.load(run, runs_dir=folder / "runs").classes_.dtype.kind for run in ("bought", "stars")}
    assert kinds == {"bought": "U", "stars": "i"}


CELLS = {
    "word": ["a", None, "c"],
    "whole": [1, 2, None],
    "real": [0.5, None, 2.0],
    "flag": [True, None, False],
    "day": [np.datetime64("2024-01-31"), None, np.datetime64("2024-02-01")],
}


def test_frames_and_arrays_hold_the_same_cells():
    pandas = pytest.importorskip("pandas")
    given = [
        pandas.DataFrame(CELLS),
        pandas.DataFrame(CELLS).convert_dtypes(),
        pandas.DataFrame({name: pandas.Categorical(cells) for name, cells in CELLS.items()}),
        np.array(list(zip(*CELLS.values(), strict=True)), dtype=object),
    ]
    for rows in given:
        frame = frame_given(rows, list(CELLS))
        assert frame.columns == list(CELLS)
        for name, cells in CELLS.items():
            found = frame[name].cast(pl.Date) if name == "day" else frame[name]
            expected = [cell.item() if isinstance(cell, np.datetime64) else cell for cell in cells]
            assert found.to_list() == expected, (name, type(rows))


def test_a_loaded_network_is_the_run(shop):
    folder, _ = shop
    asked = dlrun.diagnose("bought", runs_dir=folder / "runs")
    network = dlrun.load(asked.run_dir)
    with np.load(Path(asked.run_dir) / "model.npz") as model:
        for name, tensor in network.parameters_.items():
            np.testing.assert_array_equal(tensor, model[name])
    assert network.diagnosis_.run_id == asked.run.run_id
    assert len(network.loss_curve_) == len(network.metrics_) == network.n_iter_ == 30
    assert network.feature_names_in_.tolist() == ["city", "joined", "age"]
    anew = clone(network)
    assert (anew.hidden, anew.dev, anew.random_state, anew.epochs) == ((64, 64), 0.2, 0, 30)
    with pytest.raises(ValueError, match="X: lacks age, which the network was trained on"):
        network.predict(cells(np.random.default_rng(1)).drop("age"))
    with pytest.raises(ValueError, match="expected a frame, or rows of 3 columns in order"):
        network.predict(np.zeros((2, 5)))


def test_an_array_has_the_features_in_order(shop):
    folder, frame = shop
    network = dlrun.load("bought", runs_dir=folder / "runs")
    features = frame.select("city", "joined", "age")
    np.testing.assert_array_equal(network.predict(np.array(features.rows(), dtype=object)), network.predict(features))


def test_what_the_network_cannot_know_is_warned_of(shop):
    folder, frame = shop
    network = dlrun.load("bought", runs_dir=folder / "runs")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network.predict(frame.with_columns(age=pl.col("age") + 1000))
    with pytest.warns(
        UserWarning, match=r"column 'city': words that training did not have in 200 rows, such as 'Bergen'"
    ):
        network.predict(frame.with_columns(city=pl.lit("Bergen")))
