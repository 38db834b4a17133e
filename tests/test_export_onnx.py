"""`dlrun export --onnx`: the graph answers in onnxruntime as `dlrun predict` does."""

import json

import numpy as np
import pytest

from dlrun import __version__ as dlrun_version
from dlrun.data.cells.date_features import date_features
from dlrun.model import inputs, onnx_dates, onnx_encodings, onnx_graph
from dlrun.model.graph_builder import OPSET, GraphBuilder
from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.encodings import ENCODINGS
from tests.commands import ROOT, dlrun
from tests.exported import CONFIGS, ENSEMBLES, MIXED_RUNS, TABLES, as_number, days, mixed_runs, predicted, trained

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

# Probabilities are float32 sums in another order; 4e-7 was the largest distance.
TOLERANCE = 1e-5


PIECEWISE, PERIODIC = onnx_encodings.NODES["piecewise"], onnx_encodings.NODES["periodic"]
PATTERNS = {"joined": "%d.%m.%Y", "seen": "%Y-%m-%d %H:%M"}


def exported(run, path):
    """The graph of a run in a session of onnxruntime."""
    done = dlrun("export", run.folder.name, "--onnx", path, "--runs-dir", run.folder.parent, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def value_of(column, cell):
    """A cell as a number; in the mixed table with a decimal comma, or a date."""
    return days(cell, PATTERNS[column]) if column in PATTERNS else as_number(cell.replace(",", "."))


def answers_of(session, columns):
    """The outputs by name, for cells of text by column."""
    names = {one["input"]: one["column"] for one in json.loads(session.get_modelmeta().custom_metadata_map["inputs"])}
    inputs = {}
    for given in session.get_inputs():
        cells = columns[names[given.name]]
        is_text = given.type == "tensor(string)"
        values = cells if is_text else [value_of(names[given.name], cell) for cell in cells]
        inputs[given.name] = np.array(values, dtype=object if is_text else float)[:, None]
    return dict(zip([one.name for one in session.get_outputs()], session.run(None, inputs), strict=True))


def disagreement(run, session):
    """The largest distance between the answers of a graph and of predict, and the rows with another label."""
    answers, (labels, outputs) = answers_of(session, run.columns), predicted(run)
    if not run.model.classes:
        return np.abs(answers["prediction"] - outputs).max() / run.model.preparation.target_scale, 0
    assert answers["probabilities"].shape == outputs.shape
    return np.abs(answers["probabilities"] - outputs).max(), int((answers["label"] != np.array(labels)).sum())


@pytest.mark.parametrize("path", [*CONFIGS, *TABLES], ids=lambda path: path.stem)
def test_the_graph_answers_every_row_as_predict_does(path, tmp_path):
    run = trained(path, tmp_path)
    distance, others = disagreement(run, exported(run, tmp_path / "network.onnx"))
    assert distance < TOLERANCE
    assert others == 0


@pytest.mark.parametrize("path", ENSEMBLES, ids=lambda path: path.stem)
def test_the_graph_of_an_ensemble_answers_with_the_mean_of_its_members_as_predict_does(path, tmp_path):
    run = trained(path, tmp_path, "ensemble=3")
    assert run.model.parameters.members == 3
    distance, others = disagreement(run, exported(run, tmp_path / "network.onnx"))
    assert distance < TOLERANCE
    assert others == 0


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    return mixed_runs(tmp_path_factory.mktemp("mixed"))


@pytest.mark.parametrize("name", MIXED_RUNS)
def test_a_graph_of_every_kind_of_column_answers_as_predict_does(mixed, name, tmp_path):
    distance, others = disagreement(mixed[name], exported(mixed[name], tmp_path / "network.onnx"))
    assert distance < TOLERANCE
    assert others == 0


@pytest.mark.parametrize(
    ("module", "name", "fault"),
    [
        (onnx_graph, "fillings", lambda preparation: 0 * preparation.means),
        (onnx_graph, "largest_numbers", lambda preparation: np.inf * preparation.scales),
        (onnx_graph, "number_markers", lambda model: ()),
        (onnx_graph, "UNSEEN_CODE", 0),
        (onnx_graph, "ACTIVATION_NODES", {"leaky_relu": ("LeakyRelu", {"alpha": 0.02})}),
        (onnx_dates, "MONDAY", 2),
        (onnx_dates, "TO_MARCH", 60.0),
        (onnx_dates, "TO_NEW_YEAR", 307.0),
        (onnx_dates, "WEEK", 6.0),
        (inputs, "FLAGS", (("no", "yes"),)),
    ],
)
def test_a_planted_fault_is_seen(mixed, monkeypatch, tmp_path, module, name, fault):
    monkeypatch.setattr(module, name, fault)
    distance, _ = disagreement(mixed["bought"], exported(mixed["bought"], tmp_path / "network.onnx"))
    assert not distance < TOLERANCE


@pytest.mark.parametrize(
    ("word", "fault"),
    [
        ("robust", lambda graph, columns: [columns.first(columns.z)]),
        ("quantile", lambda graph, columns: [columns.first(columns.z)]),
        (
            "piecewise",
            lambda graph, columns: [one._replace(inputs=one.inputs[::-1]) for one in PIECEWISE(graph, columns)],
        ),
        ("periodic", lambda graph, columns: PERIODIC(graph, columns._replace(z=columns.x))),
    ],
)
def test_a_planted_fault_of_an_encoding_is_seen(mixed, monkeypatch, tmp_path, word, fault):
    monkeypatch.setitem(onnx_encodings.NODES, word, fault)
    distance, _ = disagreement(mixed[word], exported(mixed[word], tmp_path / "network.onnx"))
    assert not distance < TOLERANCE


def test_every_day_of_nine_centuries_has_its_place_in_year_week_and_day():
    parts = ("month", "weekday", "hour")
    graph = GraphBuilder(("day",))
    made = onnx_dates.date_values(graph, "day", "day", parts)
    value = onnx.helper.make_tensor_value_info
    outputs = [value(name, onnx.TensorProto.DOUBLE, ["rows", 1]) for name in made.values() if name != "day"]
    given = [value("day", onnx.TensorProto.DOUBLE, ["rows", 1])]
    opsets = [onnx.helper.make_opsetid("", OPSET)]
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "days", given, outputs, graph.constants), opset_imports=opsets, ir_version=8
    )
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    asked = np.arange(np.datetime64("1600-01-01"), np.datetime64("2500-01-01")).astype(float)
    asked += np.random.default_rng(0).random(len(asked))
    answers = session.run(None, {"day": asked[:, None]})
    expected = date_features("day", asked, parts)
    for output, answer in zip(outputs, answers, strict=True):
        # Doubles of up to 2e5 days leave 3e-11 of a day.
        assert np.abs(answer[:, 0] - expected[output.name]).max() < 1e-9


def test_the_graph_says_what_it_is_and_what_it_takes(mixed, tmp_path):
    run = mixed["bought"]
    exported(run, tmp_path / "network.onnx")
    proto = onnx.load(tmp_path / "network.onnx")
    onnx.checker.check_model(proto, full_check=True)
    assert (proto.ir_version, proto.producer_name, proto.producer_version) == (8, "dlrun", dlrun_version)
    assert {one.domain: one.version for one in proto.opset_import} == {"": 17, "ai.onnx.ml": 3}
    told = {one.key: one.value for one in proto.metadata_props}
    assert (told["run_id"], told["target"], told["opset"]) == (run.folder.name, "bought", "17")
    assert json.loads(told["classes"]) == ["no", "yes"]
    given = {one["column"]: one for one in json.loads(told["inputs"])}
    assert list(given) == list(run.model.form.features)
    # A column may be called as an output is.
    assert given["label"]["input"] == "label (2)"
    assert given["joined"]["given"].startswith("days since 1970-01-01")
    assert given["size"]["given"] == "one of low, mid, high"
    assert given["fare"]["given"] == "a number; in training: decimal comma"
    assert [one.name for one in proto.graph.output] == ["label", "probabilities"]
    names = [node.name for node in proto.graph.node]
    assert {"scaled", "city, one-hot", "layer 1: Z = A W + b", "layer 1: A = leaky_relu(Z)", "softmax"} <= set(names)
    assert len(set(names)) == len(names)
    assert all("NaN where missing" in one.doc_string or "an empty text" in one.doc_string for one in proto.graph.input)


def test_two_exports_of_a_run_are_the_same_bytes(mixed, tmp_path):
    for name in ("one.onnx", "two.onnx"):
        exported(mixed["grade"], tmp_path / name)
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def test_every_activation_has_an_operator_and_every_encoding_its_nodes():
    assert set(onnx_graph.ACTIVATION_NODES) == set(ACTIVATIONS)
    assert {"standard", *onnx_encodings.NODES} == set(ENCODINGS)


def asked(run, *words):
    return dlrun("export", run.folder.name, *words, "--runs-dir", run.folder.parent, cwd=ROOT)


def test_what_is_given_otherwise_than_it_is_written_is_told(mixed, tmp_path):
    done = asked(mixed["bought"], "--onnx", tmp_path / "network.onnx", "--json")
    assert json.loads(done.stdout)["exported"] == [
        {"to": str(tmp_path / "network.onnx"), "run": mixed["bought"].folder.name}
    ]
    told = " ".join(done.stderr.split())
    assert "column 'joined' is given as days since 1970-01-01 UTC" in told
    assert "column 'member' is given as a word for yes or no" in told
    assert "'age'" not in told


def test_what_onnx_cannot_hold_is_said_before_anything_is_written(mixed, tmp_path, monkeypatch):
    monkeypatch.delitem(onnx_graph.ACTIVATION_NODES, "leaky_relu")
    done = asked(mixed["bought"], "--onnx", tmp_path / "network.onnx")
    assert done.returncode == 2
    assert "ONNX has no operator for the activation leaky_relu; train with one of relu, tanh" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_written_over(mixed, tmp_path):
    (tmp_path / "network.onnx").write_text("mine")
    done = asked(mixed["bought"], "--onnx", tmp_path / "network.onnx")
    assert done.returncode == 6
    assert "network.onnx: exists already; remove it or name another file" in done.stderr
    assert (tmp_path / "network.onnx").read_text() == "mine"
    done = asked(mixed["bought"], "--onnx", tmp_path / "no folder" / "network.onnx")
    assert done.returncode == 6
