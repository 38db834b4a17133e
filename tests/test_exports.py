"""A run handed on, read back by the very packages it is for: `pip install -e '.[tensorboard,mlflow]' tensorboard`."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.app import app_with
from dlrun.cli.guard import guarded
from dlrun.config import load_config
from dlrun.inspection import overview
from dlrun.store import change_tags, find_run, read_metrics
from tests.commands import ROOT, dlrun
from tests.trainings import run

# What the packages themselves warn of is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

CONFIG = """
name: moons
data: {source: moons, samples: 200, split: {train: 60, dev: 70, test: 70}}
training: {epochs: 4, evaluate_every: 2}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with a tag and a report."""
    path = tmp_path_factory.mktemp("exports")
    (path / "moons.yaml").write_text(CONFIG)
    run(load_config(path / "moons.yaml"), path / "runs")
    found = find_run(path / "runs", "latest")
    change_tags(found, ["kept"], [])
    found.write_bytes("report.html", b"<p>seen</p>")
    return found


@pytest.fixture
def export(folder, monkeypatch, capsys):
    """`dlrun export latest`, carried out in this process: (exit status, standard output, standard error)."""

    def carried_out(*arguments):
        line = ["export", "latest", *map(str, arguments), "--runs-dir", str(folder.path.parent)]
        monkeypatch.setattr(sys, "argv", ["dlrun", *line])
        return guarded(lambda: app_with()(line, standalone_mode=False)), *capsys.readouterr()

    return carried_out


def test_tensorboard_reads_every_metric_the_parameters_and_the_verdict(folder, export, tmp_path):
    pytest.importorskip("tensorboardX")
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    from tensorboard.plugins.hparams import plugin_data_pb2

    status, output, _ = export("--tensorboard", tmp_path, "--json")
    assert status == 0
    assert json.loads(output)["exported"] == [{"to": str(tmp_path / folder.id), "run": folder.id}]
    events = accumulator.EventAccumulator(str(tmp_path / folder.id))
    events.Reload()
    epochs = read_metrics(folder)
    for name, key in (("cost", "cost"), ("loss/train", "train_loss"), ("error/dev", "dev_error")):
        read = {event.step: event.value for event in events.Scalars(name)}
        assert read == pytest.approx(
            {line.epoch: value for line in epochs if (value := getattr(line, key)) is not None}
        )
    assert len(events.Scalars("error/dev")) == 2
    assert events.Scalars("final_error/test")[0].value == pytest.approx(overview(folder).result.errors.test)
    started = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    parameters = plugin_data_pb2.HParamsPluginData.FromString(started).session_start_info.hparams
    assert parameters["training.epochs"].number_value == 4
    assert parameters["dlrun.variance"].string_value == overview(folder).diagnosis.diagnosis.verdict.variance


def test_mlflow_reads_every_metric_the_parameters_the_tags_and_the_report(folder, export, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("alembic")
    monkeypatch.chdir(tmp_path)  # where MLflow puts artifacts
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    status, output, _ = export("--mlflow", uri, "--json")
    assert status == 0
    client = mlflow.MlflowClient(tracking_uri=uri)
    read = client.get_run(json.loads(output)["exported"][0]["run"])
    known = overview(folder)
    assert read.info.status == "FINISHED"
    assert read.data.params["training.epochs"] == "4"
    assert read.data.tags["dlrun.bias"] == known.diagnosis.diagnosis.verdict.bias
    assert read.data.tags["tag.kept"] == "true"
    assert read.data.metrics["final_error/test"] == known.result.errors.test
    history = {(point.step, point.value) for point in client.get_metric_history(read.info.run_id, "cost")}
    assert history == {(line.epoch, line.cost) for line in read_metrics(folder)}
    page = client.download_artifacts(read.info.run_id, "report.html", str(tmp_path))
    assert Path(page).read_text() == "<p>seen</p>"
    status, _, errors = export("--mlflow", uri)
    assert status == 6
    assert "MLflow has it as run" in errors


def test_mlflow_reads_the_model_back_and_it_answers_as_predict_does(tmp_path, monkeypatch):
    mlflow, pandas = pytest.importorskip("mlflow"), pytest.importorskip("pandas")
    pytest.importorskip("alembic")
    monkeypatch.chdir(tmp_path)
    table = ROOT / "configs/data/flowers.csv"
    words = (ROOT / "configs/flowers.yaml", "training.epochs=3", "report=false", "-q")
    assert dlrun("train", *words, cwd=tmp_path).returncode == 0
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    done = dlrun("export", "flowers", "--mlflow", uri, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    there = json.loads(done.stdout)["exported"][0]["run"]
    mlflow.set_tracking_uri(uri)
    network = mlflow.pyfunc.load_model(f"runs:/{there}/model")
    signature = network.metadata.signature
    assert set(signature.inputs.input_names()) == {"zone_code", "water_litres", "height_cm", "soil", "light"}
    assert signature.outputs.input_names() == ["prediction", "probability no", "probability yes"]
    answers = network.predict(pandas.read_csv(table).drop(columns="blooms"))
    assert dlrun("predict", "flowers", table, "-q", "-o", "o.csv", cwd=tmp_path).returncode == 0
    expected = pandas.read_csv(tmp_path / "o.csv")
    assert answers["prediction"].tolist() == expected["prediction"].tolist()
    assert np.allclose(answers["probability yes"], expected["probability yes"], atol=1e-6)
    # Nothing in the model is a pickle.
    assert not list((tmp_path / "mlruns").rglob("*.pkl"))


def test_a_run_is_not_exported_over_itself(folder, export, tmp_path):
    pytest.importorskip("tensorboardX")
    (tmp_path / folder.id).mkdir()
    status, _, errors = export("--tensorboard", tmp_path)
    assert status == 6
    assert "this run has been exported already; remove the folder" in errors


@pytest.mark.parametrize(
    ("option", "package", "extra"),
    [
        ("--tensorboard", "tensorboardX", "tensorboard"),
        ("--mlflow", "mlflow", "mlflow"),
        ("--onnx", "onnx", "onnx"),
    ],
)
def test_without_the_package_a_sentence_says_how_to_get_it(export, tmp_path, monkeypatch, option, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    status, _, errors = export(option, tmp_path / "there")
    assert status == 2
    assert f"needs the package {package}, which is not installed; pip install 'dlrun[{extra}]'" in errors


def test_a_place_is_asked_for(export):
    status, _, errors = export()
    assert status == 2
    assert "expected --onnx FILE, --python FILE, --card FILE, --tensorboard DIR or --mlflow URI" in errors
