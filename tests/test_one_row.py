"""An activation is one row and an init is one row: with nothing else added, every verb takes them.

The rows are put into the tables before anything else of dlrun is imported, as if they stood there.
"""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest


def ours():
    return {name: module for name, module in sys.modules.items() if name == "dlrun" or name.startswith("dlrun.")}


def forget():
    for name in ours():
        del sys.modules[name]


def softplus(Z, out):
    np.logaddexp(0, Z, out=out)


def softplus_slope(A, out):
    """1 - exp(-log(1 + e^z)) is the sigmoid of z."""
    np.negative(A, out=out)
    np.expm1(out, out=out)
    np.negative(out, out=out)


def softsign(Z, out):
    np.abs(Z, out=out)
    out += 1
    np.divide(Z, out, out=out)


def softsign_slope(A, out):
    """1 / (1 + |z|)^2, where 1 - |a| is 1 / (1 + |z|)."""
    np.abs(A, out=out)
    np.subtract(1, out, out=out)
    np.square(out, out=out)


def uniform(shape, spread, rng):
    reach = np.sqrt(3) * spread
    return rng.uniform(-reach, reach, shape)


@pytest.fixture(scope="module")
def app():
    """The verbs of a dlrun that knows two more activations, and one more init that one of them names as its own."""
    before = ours()
    forget()
    rows = importlib.import_module("dlrun.nn.activations")
    inits = importlib.import_module("dlrun.nn.initializers")
    inits.INITIALIZERS["lecun"] = inits.Initializer(lambda n_in, n_out, scale: np.sqrt(1 / n_in), uniform)
    rows.ACTIVATIONS["softplus"] = rows.Activation(
        softplus, softplus_slope, textbook_slope=rows.logistic, init="lecun", instead="relu"
    )
    rows.ACTIVATIONS["softsign"] = rows.Activation(
        softsign,
        softsign_slope,
        textbook_slope=lambda Z: (1 + np.abs(Z)) ** -2.0,
        init="lecun",
        instead="softplus",
        flat_ends=rows.FlatEnds(0, 1),
    )
    yield importlib.import_module("dlrun.cli.app").app_with()
    forget()
    sys.modules.update(before)


CONFIG = """name: NAME
data: {source: moons, samples: 120}
network: {depth: 3, width: 8, activation: NAME, init: lecun}
training: {epochs: 8, batch_size: 32}
"""


@pytest.fixture(params=["softplus", "softsign"])
def call(app, request, tmp_path, monkeypatch, capsys):
    """Calls a verb in a folder with a config of one of the activations; gives the object that it prints."""
    (tmp_path / "c.yaml").write_text(CONFIG.replace("NAME", request.param))
    monkeypatch.chdir(tmp_path)

    def called(verb, *arguments, prints_json=True):
        status = app([verb, *arguments, *(["--json"] if prints_json else [])], standalone_mode=False)
        printed = capsys.readouterr().out
        assert not status, printed
        return json.loads(printed) if prints_json else printed

    called.activation = request.param
    return called


def test_a_run_with_a_new_row_is_trained_judged_resumed_and_shown(call):
    first = call("train", "c.yaml")
    assert first["status"] == "finished"
    assert call("diagnose", first["run_id"])["verdict"].keys() == {"bias", "variance"}
    longer = call("resume", first["run_id"], "training.epochs=10", "report=false")
    assert longer["epochs"] == 10
    assert [run["run_id"] for run in call("compare", first["run_id"], longer["run_id"])["runs"]]
    assert call("show", first["run_id"])["config"]["network"]["init"] == "lecun"
    assert call("verify", first["run_id"])
    assert "<svg" in Path(call("report", first["run_id"])["report"]).read_text()


def test_findings_and_fixes_name_what_the_rows_say(call):
    sick = call("train", "c.yaml", "network.init=normal", "network.init_scale=9", "report=false")
    judged = call("diagnose", sick["run_id"])
    found = {finding["code"]: finding["do"] for finding in judged["findings"]}
    assert found["init-scale"] == f"set network.init=lecun, which is made for {call.activation}"
    assert {"network.init": "lecun"} in [item["change"] for item in judged["advice"] if item["code"] == "init-scale"]


def test_units_with_flat_ends_saturate_and_are_exchanged_for_what_their_row_names(call):
    from dlrun.advice.case import Case
    from dlrun.advice.fixes import FIXES

    call("train", "c.yaml", "report=false")
    trace = (next(Path("runs").glob("*/trace.jsonl"))).read_text().splitlines()
    has_ends = call.activation == "softsign"
    assert all((json.loads(line)["layers"][0]["saturated_share"] is not None) == has_ends for line in trace)
    units = {"network.activation": "softplus", "network.init": "lecun"}
    config = {"network": {"activation": call.activation}}
    assert FIXES["saturated-units"].change(Case({}, config)) == units


def test_the_recipe_goes_on_from_a_new_row(call):
    path = call("recipe", "c.yaml", "--trainings", "2", "report=false")
    assert len(path["steps"]) >= 1


def test_a_new_row_is_probed_and_its_gradient_checked(call):
    probed = call("probe", "c.yaml")
    assert probed["init"] == "lecun"
    hidden = probed["layers"][1]
    assert hidden["activation"] == pytest.approx(hidden["activation_theory"], rel=0.5)
    assert call("gradcheck", "c.yaml", "--max-seconds", "0")["passed"]
    assert call("gradcheck", "c.yaml", "--sweep")["slopes"]["truncation"] == pytest.approx(2, abs=0.2)


def test_the_config_and_its_schema_know_the_new_words(call):
    assert call("config", "c.yaml")["config"]["network"]["activation"] == call.activation
    words = call("schema", prints_json=False)
    assert f'"{call.activation}"' in words
    assert '"lecun"' in words
