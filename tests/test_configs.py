"""Every shipped config is run, shortened, and shows what it is there to show."""

from pathlib import Path

import pytest
import yaml

from dlrun.diagnosis.ills import Verdict
from dlrun.experiment import prepare, read_config
from tests.commands import CONFIGS, ROOT, dlrun
from tests.trainings import run

ALL = sorted((ROOT / "configs").glob("*.yaml"))
SHORT = ("training.epochs=2",)
MNIST = ROOT.parent / "shared" / "data" / "mnist.npz"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_config_trains(path, tmp_path):
    result = run(read_config(path, SHORT), tmp_path)
    assert result.status == "finished"
    assert result.name == path.stem
    assert result.errors.dev >= 0
    assert {result.verdict.bias, result.verdict.variance} <= {"high", "low", "moderate", "inconclusive"}


@pytest.mark.skipif(not MNIST.exists(), reason="no mnist.npz beside the project")
def test_mnist_keeps_its_test_pictures_and_scales_all_pixels_alike():
    experiment = prepare(read_config(ROOT / "configs" / "mnist.yaml", [f"data.source={MNIST}"]))
    assert [len(part.X) for part in experiment.dataset.splits().values()] == [54000, 6000, 10000]
    assert len(set(experiment.dataset.preparation.scales)) == 1
    assert float(experiment.dataset.train.X.mean()) == pytest.approx(0, abs=1e-3)
    assert float(experiment.dataset.train.X.std()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_shipped_config_names_its_schema_for_editors(path):
    assert path.read_text().splitlines()[0] == "# yaml-language-server: $schema=schema.json"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_shipped_config_fits_the_schema(path):
    import json

    import jsonschema

    jsonschema.validate(yaml.safe_load(path.read_text()), json.loads((path.parent / "schema.json").read_text()))


def verdicts(name, tmp_path, *overrides):
    path = Path(__file__).parents[1] / "configs" / f"{name}.yaml"
    return run(read_config(path, overrides), tmp_path)


def test_the_moons_configs_show_bias_variance_and_two_remedies(tmp_path):
    underfit, overfit, regularized, dropout = (
        verdicts(f"moons_{name}", tmp_path) for name in ("underfit", "overfit", "regularized", "dropout")
    )
    assert underfit.verdict == Verdict("high", "low")
    assert overfit.verdict == Verdict("low", "high")
    gaps = [r.errors.dev - r.errors.train for r in (overfit, regularized, dropout)]
    assert gaps[1] < gaps[0]
    assert gaps[2] < gaps[0]


def test_the_circles_configs_show_what_initialization_does(tmp_path):
    zeros, large, he = (verdicts(f"circles_{name}", tmp_path) for name in ("zeros", "large", "he"))
    assert zeros.errors.train > 0.4
    assert he.errors.dev < large.errors.dev < zeros.errors.dev


def test_150_sigmoid_layers_learn_nothing_and_orthogonal_tanh_layers_do(tmp_path):
    vanishing = verdicts("vanishing_150", tmp_path)
    carried = verdicts("vanishing_150", tmp_path, "network.activation=tanh", "network.init=orthogonal")
    assert vanishing.errors.train > 0.8
    assert carried.errors.train < 0.3


@pytest.mark.parametrize(("name", "bar"), [("digits", 0.030), ("breast_cancer", 0.040), ("wine", 0.040)])
def test_a_shipped_config_reaches_its_test_error_on_the_mean_of_three_seeds(name, bar, tmp_path):
    errors = [verdicts(name, tmp_path, f"seed={seed}").errors.test for seed in (0, 1, 2)]
    assert sum(errors) / 3 <= bar


def test_a_shipped_config_goes_by_its_bare_name_from_any_folder(tmp_path, monkeypatch):
    from dlrun.config.loading import SHIPPED, shipped

    monkeypatch.chdir(tmp_path)
    assert {path.stem for path in SHIPPED.glob("*.yaml")} == {path.stem for path in (ROOT / "configs").glob("*.yaml")}
    assert dlrun("train", "flowers", "training.epochs=1", cwd=tmp_path).returncode == 0  # with its table
    assert dlrun("sweep", "moons_overfit", "training.epochs=1", "seed=0..1", "--plan", cwd=tmp_path).returncode == 0
    missing = dlrun("train", "configs/digits.yaml", cwd=tmp_path)
    assert "configs/digits.yaml: no such file; did you mean digits, which comes with dlrun?" in missing.stderr
    (tmp_path / "digits").write_text("data: {source: iris}\n")
    assert shipped(Path("digits")) == Path("digits")  # a file of one's own comes first
    assert shipped(Path("digits.yaml")) == Path("digits.yaml")
