"""Each sickness of a training is seen where it was planted, named by its cause, and not seen in healthy trainings."""

import dataclasses
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from dlrun.cli.guard import guarded
from dlrun.diagnosis.explain import codes, explain
from dlrun.diagnosis.health import CHECKS, health_findings
from dlrun.diagnosis.symptoms import bottleneck, plateau
from dlrun.errors import ConfigError, Diverged, UsageError
from dlrun.experiment import prepare, read_config
from dlrun.experiment.judge import Lines, history_of
from dlrun.experiment.train import trainer_of
from dlrun.nn.evaluation import baseline_error, evaluate
from dlrun.records import BySplit
from tests.trainings import run

MOONS = {"source": "moons", "samples": 400, "noise": 0.2}
REGRESSION = {"source": "regression", "samples": 300, "noise": 5.0}
HEALTHY = ("network.hidden=[16,16]", "training.learning_rate=0.01", "training.batch_size=32", "training.epochs=30")
FULL_BATCH = ("training.optimizer=gd", "training.batch_size=full", "training.epochs=60")
TANH = ("network.activation=tanh", "network.init=xavier")
SIGMOID = ("network.activation=sigmoid", "network.init=xavier")


def normal(scale):
    return ("network.init=normal", f"network.init_scale={scale}")


# Where a sickness is planted: its code, the data, and the keys that plant it.
SICK = [
    ("symmetric-units", MOONS, ["network.init=zeros"]),
    ("init-scale", MOONS, normal(3)),
    ("init-scale", MOONS, normal(0.01)),
    ("inputs-unscaled", {"source": "breast_cancer"}, ["data.normalize=false"]),
    ("penalty-dominates", MOONS, ["regularization.lambda=300"]),
    ("dropout-dominates", MOONS, ["regularization.keep_prob=0.1"]),
    ("learning-rate-too-high", MOONS, ["training.learning_rate=0.2"]),
    ("learning-rate-too-high", MOONS, ["training.learning_rate=3"]),
    ("learning-rate-too-low", MOONS, ["training.learning_rate=0.00001"]),
    ("hardly-trained", MOONS, ["training.epochs=1"]),
    ("diverged", REGRESSION, [*FULL_BATCH, "network.depth=1", "training.learning_rate=1.2", "training.epochs=12"]),
    ("initial-loss-high", MOONS, normal(3)),
    ("vanishing-gradients", MOONS, [f"network.hidden={[8] * 8}", *SIGMOID]),
    ("exploding-gradients", MOONS, [f"network.hidden={[16] * 30}", *TANH, *normal(0.5)]),
    ("saturated-units", MOONS, [*TANH, *normal(9)]),
    ("saturated-units", MOONS, [*TANH, "training.learning_rate=1"]),
    ("dead-units", MOONS, ["training.learning_rate=1"]),
    ("linear-units", MOONS, [*TANH, "regularization.lambda=100"]),
    ("oscillation", MOONS, ["training.optimizer=gd", "training.learning_rate=6"]),
    ("cost-not-monotone", MOONS, [*FULL_BATCH, "training.learning_rate=10"]),
    ("plateau", MOONS | {"noise": 9}, ["training.learning_rate=0.02", "network.hidden=[2]"]),
    ("network-too-small", MOONS | {"noise": 9}, ["training.learning_rate=0.02", "network.hidden=[8,2]"]),
]  # fmt: skip
WELL = {
    "plain": (MOONS, []),
    "tanh": (MOONS, TANH),
    "sigmoid": (MOONS, ["network.activation=sigmoid", "network.init=glorot", "network.hidden=[16]"]),
    "dropout": (MOONS, ["regularization.keep_prob=0.8"]),
    "a warm-up and a cosine": (MOONS, ["training.warmup_fraction=0.3", "training.schedule=cosine"]),
    "a little penalty": (MOONS, ["regularization.lambda=0.3"]),
    "full-batch descent": (MOONS, [*FULL_BATCH, "training.learning_rate=0.5", "training.epochs=150"]),
    "full-batch rmsprop": (
        MOONS,
        [
            "training.batch_size=full",
            "training.optimizer=rmsprop",
            "training.learning_rate=0.001",
            "training.epochs=200",  # after 30 steps the train error is 8%, after 200 below 2%
        ],
    ),
    "logistic regression": ({"source": "breast_cancer"}, ["network.depth=1", "network.init=zeros"]),
    "a regression": (REGRESSION, []),
    "three classes": ({"source": "wine"}, []),
}


def history(tmp_path, data, keys=()):
    """What is known of a short training."""
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump({"data": data, "ensemble": 1}))
    keys = [key for key in HEALTHY if not (key.startswith("network.hidden") and "network.depth=1" in keys)] + list(keys)
    experiment = prepare(read_config(path, keys))
    trainer, dataset = trainer_of(experiment), experiment.dataset
    metrics, trace, status = [], [trainer.trace()], "finished"
    try:
        for record in trainer.epochs():
            metrics.append(record)
            trace.append(trainer.trace())
    except Diverged:
        status = "diverged"
    result = SimpleNamespace(
        status=status,
        errors=BySplit(evaluate(experiment.network, trainer.last_good, *trainer.train).error, None),
        optimal_error=0.0,
        baseline_error=baseline_error(experiment.network, dataset.train.Y, dataset.dev.Y),
    )
    return history_of(experiment, result, Lines(tuple(metrics), tuple(line for line in trace if line)))


def signs(told):
    """The codes of all checks that see something, their causes seen or not."""
    return {check.code for check in CHECKS if check.find(told)}


@pytest.mark.parametrize(("code", "data", "keys"), SICK)
def test_a_planted_sickness_is_seen(code, data, keys, tmp_path):
    told = history(tmp_path, data, keys)
    assert code in signs(told)
    assert health_findings(told)


def test_a_plateau_of_a_unit_or_two_is_told_as_a_bottleneck(tmp_path):
    told = history(tmp_path, MOONS | {"noise": 9}, ["training.learning_rate=0.02", "network.hidden=[2]"])
    assert plateau(told)
    for sizes, layer in (((2, 2, 1), 1), ((2, 8, 1, 1), 2), ((2, 3, 1), None), ((2, 1), None)):
        found = bottleneck(dataclasses.replace(told, sizes=sizes))
        assert (found and found.layer) == layer
    assert bottleneck(told).evidence.startswith("all that is answered passes through the 2 units of layer 1, and the")
    assert bottleneck(dataclasses.replace(told, train_error=0.0)) is None


@pytest.mark.parametrize(
    ("factor", "told"),
    [(1.0, None), (100.0, "inputs are as large as"), (0.01, "inputs are no larger than"), ((1.0, 0.01), "reach")],
)
def test_inputs_are_unscaled_when_they_differ_in_size_or_are_all_far_from_1(factor, told, tmp_path):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 2))
    np.savez(tmp_path / "d.npz", X=(X * factor).astype(np.float32), y=(X[:, 0] * X[:, 1] > 0).astype(int))
    found = history(tmp_path, {"source": "d.npz", "normalize": False})
    said = [finding.evidence for finding in health_findings(found) if finding.code == "inputs-unscaled"]
    assert bool(said) is (told is not None)
    assert not told or told in said[0]


@pytest.mark.parametrize(("data", "keys"), WELL.values(), ids=WELL.keys())
def test_a_healthy_training_raises_no_finding(data, keys, tmp_path):
    assert health_findings(history(tmp_path, data, keys)) == []


def test_the_small_steps_of_a_warm_up_are_not_taken_for_a_low_rate(tmp_path):
    keys = ["training.learning_rate=0.001", "training.warmup_fraction=0.9", "network.hidden=[16]"]
    told = history(tmp_path, MOONS | {"noise": 9}, keys)
    assert told.train_is_high
    assert "learning-rate-too-low" not in signs(told)
    training = {**told.config["training"], "warmup_fraction": 0.0}  # the same steps, were they the largest
    unwarmed = dataclasses.replace(told, config={**told.config, "training": training})
    assert "learning-rate-too-low" in signs(unwarmed)


SHORT = {
    "one epoch": ["training.epochs=1"],
    "two epochs": ["training.epochs=2", "training.learning_rate=0.001"],
    "one epoch of tiny batches": ["training.epochs=1", "training.batch_size=4", "training.learning_rate=0.001"],
    "one epoch, which is one step": ["training.epochs=1", "training.batch_size=full"],
    "twenty steps of all rows": ["training.epochs=20", "training.batch_size=full", "training.learning_rate=0.001"],
}


@pytest.mark.parametrize("keys", SHORT.values(), ids=SHORT.keys())
@pytest.mark.parametrize("data", [MOONS, REGRESSION, {"source": "digits"}], ids=["classes", "regression", "digits"])
def test_a_network_that_has_hardly_been_trained_is_told_so_and_nothing_that_needs_a_curve(data, keys, tmp_path):
    told = history(tmp_path, data, [*keys, "network.hidden=[32]"])
    found = health_findings(told)
    assert [finding.code for finding in found if finding.severity == "fail"] == ["hardly-trained"]
    steps = told.steps_an_epoch * len(told.metrics)
    [finding] = [finding for finding in found if finding.code == "hardly-trained"]
    assert finding.evidence.startswith(f"it took {steps} step{'s' * (steps > 1)} (")
    assert "of healthy networks half needed more than 700 steps, a quarter more than 1700" in finding.evidence


def test_one_epoch_of_many_rows_is_enough(tmp_path):
    keys = ["training.epochs=1", "network.hidden=[32]"]
    assert health_findings(history(tmp_path, MOONS | {"samples": 20000, "noise": 0.9}, keys)) == []


def test_a_training_that_was_interrupted_or_diverged_is_not_told_to_be_short(tmp_path):
    short = history(tmp_path, MOONS, ["training.epochs=1"])
    for status in ("interrupted", "diverged"):
        assert "hardly-trained" not in signs(dataclasses.replace(short, status=status))


def test_early_stopping_that_ended_too_soon_is_what_is_to_be_changed(tmp_path):
    short = history(tmp_path, MOONS, ["training.epochs=2"])
    stopped = dataclasses.replace(short, metrics=short.metrics[:1])
    [finding] = [finding for finding in health_findings(stopped) if finding.code == "hardly-trained"]
    assert finding.do.endswith("raise regularization.patience_epochs, or leave it out")


@pytest.mark.parametrize(
    ("keys", "codes_told"),
    [
        (["training.epochs=1", "training.learning_rate=0.00001"], ["learning-rate-too-low", "hardly-trained"]),
        (["training.epochs=1", "training.learning_rate=1"], ["learning-rate-too-high"]),
        (["training.epochs=100", "training.learning_rate=0.00001"], ["learning-rate-too-low"]),
        (["training.epochs=100", "training.learning_rate=1"], ["learning-rate-too-high"]),
    ],
)
def test_a_rate_far_off_is_the_cause_in_a_short_training_too(keys, codes_told, tmp_path):
    found = [finding.code for finding in health_findings(history(tmp_path, MOONS, keys)) if finding.severity == "fail"]
    assert [code for code in found if code != "diverged"] == codes_told


def test_a_usual_rate_is_not_blamed_for_steps_that_are_too_few(tmp_path):
    short = history(tmp_path, MOONS, ["training.epochs=7", "training.learning_rate=0.00011"])
    long = dataclasses.replace(short, metrics=short.metrics * 40)
    assert "learning-rate-too-low" not in signs(short)
    assert "learning-rate-too-low" in signs(long)


def test_every_check_is_planted():
    assert {check.code for check in CHECKS} == {code for code, _, _ in SICK}


def test_the_cause_is_named_and_not_its_symptoms(tmp_path):
    told = history(tmp_path, MOONS, normal(3))
    assert {"init-scale", "initial-loss-high"} <= signs(told)
    assert [finding.code for finding in health_findings(told)] == ["init-scale"]


def test_a_grave_sign_fails_only_where_the_training_rows_are_not_fitted(tmp_path):
    told = history(tmp_path, MOONS, ["network.init=zeros"])
    assert told.train_is_high
    assert [finding.severity for finding in health_findings(told)] == ["fail"]
    fitted = dataclasses.replace(told, train_error=0.01)
    assert [finding.severity for finding in health_findings(fitted)] == ["notice"]


def test_evidence_has_the_numbers_of_the_run(tmp_path):
    told = history(tmp_path, MOONS, ["regularization.lambda=300"])
    (finding,) = health_findings(told)
    assert finding.evidence.startswith(f"the penalty is {told.trace[-1].penalty_share:.0%} of the cost")
    assert "lambda / m_train = 1.25" in finding.evidence


def test_a_run_keeps_its_findings_and_tells_none_that_is_ignored(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump({"data": MOONS, "ensemble": 1}))
    keys = [*HEALTHY, "network.init=zeros", "training.epochs=3"]
    told = run(read_config(path, keys), tmp_path / "runs")
    quiet = run(read_config(path, [*keys, "diagnosis.ignore=[symmetric-units]"]), tmp_path / "runs")
    assert "symmetric-units" in [finding.code for finding in told.findings]
    assert "symmetric-units" not in [finding.code for finding in quiet.findings]


def test_an_unknown_code_to_ignore_is_refused_with_what_was_meant(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {source: moons}\ndiagnosis:\n  ignore: [plateau, dead-unit]\n")
    with pytest.raises(ConfigError) as refusal:
        read_config(path)
    assert f"{path}:3: diagnosis.ignore[1]: got 'dead-unit', no finding's code; did you mean dead-units?" in str(
        refusal.value
    )


@pytest.mark.parametrize("code", codes())
def test_an_explanation_fits_a_screen_and_has_every_part(code):
    lines = explain(code).split("\n")
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    for part in ("What it is: ", "How it is measured: ", "Why it happens: ", "What to do: ", "Try: ", "Source: "):
        assert sum(line.startswith(part) for line in lines) == 1, part


def codes_in_source():
    """Every code that a finding of the package is made with: the tables' keys, and what Finding is called with."""
    from dlrun.advice import curves
    from dlrun.diagnosis import data_faults, selection

    files = [*Path(data_faults.__file__).parent.glob("*.py"), Path(curves.__file__)]
    source = "".join(path.read_text() for path in files)
    written = set(re.findall(r'Finding\(\s*"([a-z-]+)"', source))
    assert "not-finite" in written
    return written | {check.code for check in CHECKS} | set(data_faults.FAULTS) | set(selection.TITLES)


def test_every_code_has_an_explanation_and_every_explanation_a_code():
    assert set(codes()) == codes_in_source()


def test_every_cause_is_a_check():
    known = {check.code for check in CHECKS}
    assert {cause for check in CHECKS for cause in check.explained_by} <= known


def test_an_unknown_code_is_explained_by_the_one_meant():
    with pytest.raises(UsageError, match=r"dead-unit: no such finding; did you mean dead-units\?"):
        explain("dead-unit")


def test_the_verb_explains_and_lists(capsys):
    from dlrun.cli.app import app_with

    for arguments, found in [
        (["explain", "plateau"], "plateau: The cost has stopped falling"),
        (["explain"], "oscillation "),
        (["explain", "plateau", "--json"], '"code": "plateau"'),
        (["explain", "--json"], '"plateau": "The cost has stopped falling"'),
    ]:
        assert not guarded(lambda given=arguments: app_with()(given, standalone_mode=False))
        assert found in capsys.readouterr().out
