"""The commands: what each prints where, and the exit status that it ends with.

Where a test is about processes it starts one; a command in this process says the same, as the first test holds.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from dlrun.nn import network
from dlrun.nn.training import Trainer
from tests.commands import ROOT, dlrun, process

DIGITS = ROOT / "configs" / "digits.yaml"
SHORT = ("training.epochs=3", "network.width=16", "report=false")


@pytest.mark.parametrize("words", [("explain",), ("train", "absent.yaml"), ("diagnose", "--json")])
def test_a_command_in_this_process_says_what_a_process_of_its_own_says(words, tmp_path):
    assert dlrun(*words, cwd=tmp_path) == process(*words, cwd=tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which one short run on digits has been trained, and the process that did it."""
    folder = tmp_path_factory.mktemp("trained")
    done = process("train", DIGITS, *SHORT, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_train_prints_one_json_object_with_the_keys_that_scripts_rely_on(trained):
    _, done = trained
    result = json.loads(done.stdout)
    keys = {"run_id", "run_dir", "status", "errors", "baseline_error", "costs", "epochs", "seconds", "verdict"}
    assert result.keys() >= keys
    assert result["status"] == "finished"
    assert result["errors"].keys() == result["costs"].keys() == {"train", "dev", "test"}
    assert result["verdict"].keys() == {"bias", "variance"}
    assert result["epochs"] == 3


def test_a_run_folder_holds_all_that_is_promised(trained):
    folder, done = trained
    run_dir = folder / json.loads(done.stdout)["run_dir"]
    files = {path.name for path in run_dir.iterdir()}
    assert files >= {
        "config.yaml",
        "resolved.yaml",
        "environment.json",
        "data.json",
        "form.json",
        "split.npz",
        "metrics.jsonl",
        "result.json",
        "diagnosis.json",
        "model.npz",
        "predictions.npz",
        "log.txt",
    }
    assert (run_dir / "config.yaml").read_bytes() == DIGITS.read_bytes()
    assert len((run_dir / "metrics.jsonl").read_text().splitlines()) == 3
    assert json.loads((run_dir / "environment.json").read_text())["seed"] == 0
    with np.load(run_dir / "model.npz", allow_pickle=False) as model:
        assert model["W1"].shape == (64, 16)
    with np.load(run_dir / "split.npz", allow_pickle=False) as split:
        rows = np.concatenate([split[name] for name in ("train", "dev", "test")])
    assert sorted(rows) == list(range(1797))


def test_the_resolved_config_of_a_run_trains_to_the_same_bits(trained):
    folder, done = trained
    first = folder / json.loads(done.stdout)["run_dir"]
    again = dlrun("train", first / "resolved.yaml", "--json", "--quiet", cwd=folder, DLRUN_RUNS="elsewhere")
    assert again.returncode == 0, again.stderr
    second = folder / json.loads(again.stdout)["run_dir"]
    assert second.parent.name == "elsewhere"
    assert (second / "model.npz").read_bytes() == (first / "model.npz").read_bytes()
    assert json.loads(again.stdout)["errors"] == json.loads(done.stdout)["errors"]


def test_train_shows_lines_on_standard_error_and_the_result_on_standard_output(tmp_path):
    done = dlrun("train", DIGITS, *SHORT, cwd=tmp_path)
    assert done.returncode == 0
    assert "epoch 3/3  cost" in done.stderr
    assert "avoidable bias" in done.stdout
    assert "more: dlrun diagnose" in done.stdout


def test_quiet_says_nothing_on_standard_error(tmp_path):
    assert dlrun("train", DIGITS, *SHORT, "--quiet", cwd=tmp_path).stderr == ""


def test_diagnose_takes_the_latest_run_an_id_a_prefix_or_a_name(trained):
    folder, done = trained
    run_id = json.loads(done.stdout)["run_id"]
    answers = [dlrun("diagnose", *run, "--json", cwd=folder) for run in ((), ("latest",), (run_id,), (run_id[:-2],))]
    counted = dict.fromkeys(("selection", "test_look"))  # each answer is a look at the test set
    diagnoses = [json.loads(answer.stdout) | counted for answer in answers]
    assert all(diagnosis == diagnoses[0] for diagnosis in diagnoses)
    keys = {"run_id", "errors", "optimal_error", "avoidable_bias", "variance", "verdict", "advice"}
    assert diagnoses[0].keys() >= keys
    assert diagnoses[0]["run_id"] == run_id
    assert {"action", "key", "why"} <= diagnoses[0]["advice"][0].keys()


def test_a_better_known_optimal_error_changes_the_verdict(trained):
    folder, done = trained
    train_error = json.loads(done.stdout)["errors"]["train"]
    assert train_error > 0.03
    told = [dlrun("diagnose", "--json", *more, cwd=folder) for more in ((), ("--optimal", train_error))]
    assert [json.loads(t.stdout)["verdict"]["bias"] for t in told] == ["high", "inconclusive"]


@pytest.mark.parametrize(
    ("figures", "optimal", "bias", "variance"),
    [
        ("train=0.01,dev=0.11", "0", "low", "high"),
        ("train=0.15,dev=0.16", "0", "high", "low"),
        ("train=0.15,dev=0.30", "0", "high", "high"),
        ("train=0.005,dev=0.01", "0", "low", "low"),
        ("train=15%,dev=16%", "0.15", "low", "low"),
    ],
)
def test_diagnose_judges_figures_from_anywhere_as_the_course_does(figures, optimal, bias, variance, tmp_path):
    told = dlrun("diagnose", "--errors", figures, "--optimal", optimal, "--json", cwd=tmp_path)
    assert json.loads(told.stdout)["verdict"] == {"bias": bias, "variance": variance}


def test_diagnose_judges_figures_with_their_sizes_and_judgements(tmp_path):
    figures = ("--errors", "train=0.15,dev=0.16", "--sizes", "train=10000,dev=1000")
    told = [
        json.loads(dlrun("diagnose", *figures, *more, "--json", cwd=tmp_path).stdout)
        for more in (("--optimal", "0.15"), ("--optimal", "30/200"), ("--baseline", "0.2"))
    ]
    assert [t["verdict"]["bias"] for t in told] == ["low", "inconclusive", "high"]
    assert [t["optimal"]["kind"] for t in told] == ["declared", "human", "assumed"]
    assert told[2]["thresholds"] == {"low": 0.008, "high": 0.02}
    refused = dlrun("diagnose", "--sizes", "train=10,dev=10", cwd=tmp_path)
    assert (refused.returncode, refused.stderr.count("belong to --errors")) == (2, 1)


def test_gradcheck_passes_with_the_keys_that_scripts_rely_on(tmp_path):
    done = dlrun("gradcheck", DIGITS, "network.width=8", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["passed"] is True
    assert report["relative_difference"] < 1e-7
    assert report.keys() >= {"judgement", "epsilon", "n_parameters", "tensors"}
    assert report["tensors"][0].keys() >= {"name", "shape", "relative_difference", "worst"}
    assert report["tensors"][0]["worst"].keys() == {"index", "analytic", "numeric"}


def test_gradcheck_ends_with_4_and_names_the_tensor_and_the_cause_of_a_planted_fault(tmp_path, monkeypatch):
    correct = network.backward

    def doubled(parameters, gradient, workspace):
        correct(parameters, gradient, workspace)
        gradient.layers[1].W[:] *= 2

    monkeypatch.setattr(network, "backward", doubled)
    done = dlrun("gradcheck", DIGITS, "network.width=8", "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 4
    assert report["passed"] is False
    assert [t["name"] for t in report["tensors"] if t["relative_difference"] > 1e-3] == ["W2"]
    assert report["where"]["tensor"] == "W2"
    assert report["hints"][0]["words"] == "in dW2 alone: a factor 2 too much"


def test_gradcheck_walks_its_situations_and_obeys_its_options(tmp_path):
    options = ("--seeds", "2", "--after-steps", "3", "--examples", "4", "--memory-mib", "1", "--json")
    report = json.loads(dlrun("gradcheck", DIGITS, "network.width=8", *options, cwd=tmp_path).stdout)
    names = [situation["name"] for situation in report["situations"]]
    assert {"at initialisation", "after 3 steps", "random biases", "lambda 0", "heavy lambda"} <= set(names)
    assert {situation["seed"] for situation in report["situations"]} == {0, 1}
    assert {situation["network"] for situation in report["situations"]} == {"own", "twin"}
    assert report["n_examples"] == 4


def test_gradcheck_samples_and_says_so_where_time_is_short(tmp_path):
    wide = ("network.width=400", "network.depth=4", "--examples", "32", "--max-seconds", "0.5")
    done = dlrun("gradcheck", DIGITS, *wide, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "sampled, to keep to the time limit: " in done.stdout


def test_gradcheck_sweep_finds_the_v(tmp_path):
    done = dlrun("gradcheck", DIGITS, "network.width=8", "network.activation=tanh", "--sweep", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["slopes"]["truncation"] == pytest.approx(2, abs=0.2)
    assert told["slopes"]["round_off"] == pytest.approx(-1, abs=0.2)
    assert told["slopes"]["one_sided"] == pytest.approx(1, abs=0.1)
    assert 1e-7 < told["best_epsilon"] < 1e-4


OWN_CODE = """
def parameters():
    return {"w": numpy.array([1.0, 2.0])}
def cost(p):
    return float((p["w"] ** 3).sum())
def gradient(p):
    return {"w": 3 * p["w"] ** 2}
"""


@pytest.mark.parametrize(
    ("code", "status", "sentence"),
    [
        ("import numpy" + OWN_CODE, 0, "gradient check passed"),
        ("import numpy" + OWN_CODE.replace("3 * p", "6 * p"), 4, "dw is 2 times what it should be"),
        (OWN_CODE, 2, "own.py:3: NameError: name 'numpy' is not defined; fix it, then check again"),
        ("import numpy", 2, "own.py: defines no function parameters; add def parameters(): ..."),
        ("def f(:", 2, "own.py:1: SyntaxError"),
        ("raise SystemExit(3)", 2, "own.py:1: SystemExit: 3"),
    ],
)
def test_gradcheck_runs_a_persons_own_file(code, status, sentence, tmp_path):
    (tmp_path / "own.py").write_text(code)
    done = dlrun("gradcheck", "own.py", cwd=tmp_path)
    assert done.returncode == status
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_gradcheck_of_a_file_takes_no_overrides(tmp_path):
    (tmp_path / "own.py").write_text("")
    done = dlrun("gradcheck", "own.py", "seed=1", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "dlrun: own.py: a file of your own takes neither KEY=VALUE nor --sweep; leave them out\n",
    )


def test_check_gradients_is_at_hand_in_a_notebook():
    import dlrun as package

    report = package.check_gradients(lambda w: float((w**2).sum()), lambda w: 2 * w, np.arange(1.0, 4.0))
    assert report.passed
    assert str(report).startswith("gradient check passed")
    with pytest.raises(AttributeError, match="no attribute 'anything'"):
        package.anything  # noqa: B018


def test_runs_lists_each_run(trained):
    folder, done = trained
    listed = json.loads(dlrun("runs", "--json", cwd=folder).stdout)["runs"]
    assert [run["run_id"] for run in listed] == [json.loads(done.stdout)["run_id"]]
    assert "finished" in dlrun("runs", cwd=folder).stdout


def test_config_prints_every_value_and_where_it_came_from(tmp_path):
    shown = dlrun("config", DIGITS, "training.epochs=5", cwd=tmp_path).stdout
    assert "epochs: 5" in shown
    origins = {line.split(":")[0].strip(): line.rsplit("# ", 1)[-1] for line in shown.splitlines()}
    assert (origins["epochs"], origins["batch_size"], origins["momentum"]) == ("command line", "file", "default")


def test_schema_is_the_one_that_the_configs_name(tmp_path):
    schema = json.loads(dlrun("schema", cwd=tmp_path).stdout)
    assert schema == json.loads((ROOT / "configs" / "schema.json").read_text())


def test_help_shows_every_verb_and_each_verb_an_example(tmp_path):
    from dlrun.cli.app import VERBS, app_with

    shown = dlrun("--help", cwd=tmp_path).stdout
    for verb in VERBS:
        assert f" {verb} " in shown
        assert "Example: dlrun" in CliRunner().invoke(app_with(), [verb, "--help"]).stdout


def test_help_has_its_verbs_in_parts_and_cuts_nothing_off(tmp_path):
    from dlrun.cli.app import PARTS, VERBS

    shown = dlrun("--help", cwd=tmp_path, COLUMNS="80").stdout
    headings = re.findall(r"^(\w[\w ]*):$", shown, re.M)
    assert headings[1:] == ["Train and try", "Judge", "Look", "Keep", "Use"] == list(PARTS.values())
    assert re.findall(r"^  ([a-z]+) ", shown.partition("Train and try:")[2], re.M) == list(VERBS)
    assert "..." not in shown.partition("Train and try:")[2]
    assert set(PARTS) <= set(VERBS)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("train", "absent.yaml"), 3, "absent.yaml: no such file"),
        (("train", DIGITS, "network.depht=3"), 3, "command line: network.depht: unknown key here; did you mean depth?"),
        (("train", DIGITS, "depth"), 2, "key=value"),
        (("train",), 2, "Missing argument 'CONFIG'"),
        (("train", DIGITS, "--sideways"), 2, "No such option: --sideways"),
        (("sideways",), 2, "No such command 'sideways'"),
        (("train", DIGITS, "data.source=absent.csv"), 3, "absent.csv"),
        (("diagnose",), 6, "runs"),
        (("diagnose", "../x"), 6, "../x"),
        (("diagnose", "/etc"), 6, "/etc"),
        (("diagnose", "--errors", "train=2,dev=0.1"), 2, "train"),
        (("train", DIGITS, "--runs-dir", "/dev/null/runs"), 6, "/dev/null"),
    ],
)
def test_errors_are_a_sentence_and_a_status_and_in_json_an_object(arguments, status, sentence, tmp_path):
    plain = dlrun(*arguments, cwd=tmp_path)
    assert plain.returncode == status
    assert sentence in plain.stderr
    assert "Traceback" not in plain.stderr
    assert plain.stdout == ""
    in_json = dlrun(*arguments, "--json", cwd=tmp_path)
    assert in_json.returncode == status
    error = json.loads(in_json.stdout)["error"]
    assert error["exit_status"] == status
    assert sentence in error["message"]


def test_divergence_ends_with_5_says_where_and_keeps_finite_parameters(tmp_path):
    wild = ("training.learning_rate=1e30", "training.optimizer=gd", "training.epochs=20", "network.activation=identity")
    done = process("train", DIGITS, *wild, "--json", cwd=tmp_path)
    assert done.returncode == 5
    result = json.loads(done.stdout)
    assert result["status"] == "diverged"
    assert result["error"]["exit_status"] == 5
    assert "at epoch 1 the activations of layer 2 left the finite numbers" in result["message"]
    assert "training.learning_rate=1e+29" in result["message"]
    with np.load(tmp_path / result["run_dir"] / "model.npz", allow_pickle=False) as model:
        assert all(np.isfinite(model[name]).all() for name in model.files if name[0] in "Wb")
    shown = dlrun("runs", cwd=tmp_path)
    assert "diverged" in shown.stdout
    advice = json.loads(dlrun("diagnose", "--json", cwd=tmp_path).stdout)["advice"]
    assert advice[0]["change"] == {"training.learning_rate": 0.1}
    assert result["message"] in advice[0]["why"]
    assert "this run is diverged" in dlrun("diagnose", cwd=tmp_path).stdout


def test_ctrl_c_ends_with_130_and_keeps_the_best_parameters_so_far(tmp_path):
    command = [sys.executable, "-m", "dlrun", "train", str(DIGITS), "training.epochs=100000", "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, stdout=-1, stderr=-1, text=True, env=environment) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not any(tmp_path.glob("runs/*/metrics.jsonl")):
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    result = json.loads(output)
    assert result["status"] == "interrupted"
    assert result["best_epoch"] >= 1
    lines = (tmp_path / result["run_dir"] / "metrics.jsonl").read_text().splitlines()
    assert result["errors"]["dev"] == min(json.loads(line)["dev_error"] for line in lines)


def test_a_bug_ends_with_1_and_its_traceback_is_in_the_run_folder(tmp_path, monkeypatch):
    def broken(self):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(Trainer, "run_epoch", broken)
    done = dlrun("train", DIGITS, cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (saved,) = tmp_path.glob("runs/*/traceback.txt")
    assert "planted" in saved.read_text()
    assert str(saved.relative_to(tmp_path)) in done.stderr


@pytest.mark.parametrize("words", [["--runs-dir", "elsewhere"], ["--runs-dir=elsewhere"]])
def test_a_bug_without_a_run_leaves_its_traceback_where_runs_were_asked_for(words, tmp_path):
    planted = "import dlrun.store\ndlrun.store.first_runs = None\nfrom dlrun.cli import main\nmain()"
    done = process("runs", *words, cwd=tmp_path, code=planted)
    assert done.returncode == 1
    (saved,) = tmp_path.glob("**/traceback.txt")
    assert saved.parent.parent == tmp_path / "elsewhere"
    assert str(saved.relative_to(tmp_path)) in done.stderr


def test_a_reader_that_goes_away_is_no_bug(trained):
    folder, _ = trained
    command = f"{sys.executable} -m dlrun schema | head -c 10"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.stderr == ""


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_run_is_kept_whichever_standard_stream_is_closed(closed, tmp_path):
    words = f'"{sys.executable}" -m dlrun train "{DIGITS}" {" ".join(SHORT)} {closed}'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", words], cwd=tmp_path, capture_output=True, env=environment)
    assert done.returncode == 0
    assert b"bug" not in done.stdout + done.stderr
    (run_dir,) = (tmp_path / "runs").glob("2*")
    assert json.loads((run_dir / "result.json").read_text())["status"] == "finished"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
@pytest.mark.parametrize(
    ("streams", "status"),
    [(">/dev/full", 6), ("2>/dev/full", 0), (">/dev/full 2>&1", 6), ("| true", 141), ("2>&1 | true", 141)],
)
def test_a_run_is_kept_whichever_standard_stream_is_full_or_broken(streams, status, tmp_path):
    words = f'"{sys.executable}" -m dlrun train "{DIGITS}" {" ".join(SHORT)} {streams}; exit ${{PIPESTATUS[0]}}'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", words], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == status
    assert ("standard output: cannot be written" in done.stderr) == (streams == ">/dev/full")
    (run_dir,) = (tmp_path / "runs").glob("2*")
    assert json.loads((run_dir / "result.json").read_text())["status"] == "finished"


def test_a_run_has_the_name_of_its_config_in_any_script_and_without_a_known_ending(tmp_path):
    for file, name in (("实验.yaml", "实验"), ("esc.csv.yaml", "esc"), ("हिन्दी.xlsx.yml", "हिन्दी")):
        (tmp_path / file).write_bytes(DIGITS.read_bytes().replace(b"name: digits", b""))
        trained = json.loads(dlrun("train", file, *SHORT, "-q", "--json", cwd=tmp_path).stdout)
        assert trained["name"] == name
        assert f"-{name}-" in trained["run_id"]
        assert dlrun("resume", name, "training.epochs=3", "-q", cwd=tmp_path).returncode == 0
        assert name in dlrun("tag", name, name, cwd=tmp_path).stdout
        assert name in dlrun("runs", cwd=tmp_path).stdout
        assert dlrun("rm", name, cwd=tmp_path).returncode == 0
