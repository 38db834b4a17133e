"""`dlrun explain step`: what it shows is what the engine computes, and each number follows from those before it."""

import functools
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import oracles
import pytest
import slow_training

from dlrun.diagnosis.explain import codes
from dlrun.experiment import read_config
from dlrun.experiment.prepare import prepare
from dlrun.experiment.train import trainer_of
from dlrun.inspection.one_step import training_step
from dlrun.nn.dropout import realised_keep_prob
from tests.commands import ROOT, dlrun

SMALL = ("network.depth=3", "network.hidden=[4,3]")
CASES = {
    "sigmoid": ("moons_overfit", *SMALL),
    "dropout": ("moons_dropout", *SMALL, "regularization.lambda=0.5"),
    "softmax": ("wine", *SMALL, "training.optimizer=gd", "regularization.keep_prob=0.8"),
    "squared": ("diabetes", *SMALL, "training.optimizer=momentum", "network.activation=tanh"),
    "logistic": ("moons_overfit", "network.depth=1", "training.optimizer=rmsprop"),
    "decay": ("moons_overfit", *SMALL, "regularization.weight_decay=0.1", "training.schedule=cosine"),
    "weighted": ("breast_cancer", *SMALL, "training.class_weight=balanced"),
    "noisy": ("wine", *SMALL, "regularization.augment={noise: 0.1}"),
    "ensemble": ("wine", *SMALL, "ensemble=3"),
}


def config_of(case, *more):
    name, *overrides = CASES[case]
    return read_config(ROOT / "configs" / f"{name}.yaml", [*overrides, *more])


def arrays(step):
    """All arrays of a step by name."""
    return {part.name: np.array(part.values) for part in (*step.forward, *step.backward, *step.update)}


def unexplained(step, dtype):
    """The names of arrays that are not what their formula gives, of a step in rows. An empty list is a sound page.

    dW and db are the engine's own, and must have the bits of the product of the A and dZ that are shown.
    """
    shown, depth = {name: a.astype(dtype) for name, a in arrays(step).items()}, len(step.sizes) - 1
    found, below = [], shown["X"]
    for number in range(1, depth + 1):
        Z, ones = shown[f"Z{number}"], np.ones((len(below), 1), dtype)
        if not np.allclose(Z, below @ shown[f"W{number}"] + shown[f"b{number}"], rtol=1e-5, atol=1e-6):
            found.append(f"Z{number}")
        exact = np.concatenate([below, ones], axis=1).T @ np.asfortranarray(shown[f"dZ{number}"])
        if not np.array_equal(exact[:-1], shown[f"dW{number}"]) or not np.array_equal(exact[-1], shown[f"db{number}"]):
            found.append(f"dW{number}")
        if number == depth:
            break
        value, slope = oracles.VALUES[step.activation], slow_training.SLOPES[step.activation]
        keep = step.keep_probs[number - 1] if step.keep_probs else 1.0
        factor = shown.get(f"mask{number}", np.ones(Z.shape)) / realised_keep_prob(keep)
        if not np.allclose(shown[f"A{number}"], np.vectorize(value, otypes=[float])(Z) * factor, rtol=1e-5, atol=1e-6):
            found.append(f"A{number}")
        if not np.allclose(shown[f"slope{number}"], np.vectorize(slope)(Z) * factor, rtol=1e-4, atol=1e-6):
            found.append(f"slope{number}")
        dA = shown[f"dZ{number + 1}"] @ shown[f"W{number + 1}"].T
        if not np.allclose(shown[f"dA{number}"], dA, rtol=1e-5, atol=1e-7):
            found.append(f"dA{number}")
        if not np.array_equal(shown[f"dZ{number}"], shown[f"dA{number}"] * shown[f"slope{number}"]):
            found.append(f"dZ{number}")
        below = shown[f"A{number}"]
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_step_is_the_first_of_a_training_in_such_batches(case):
    """Bit for bit: by another way, the config's own batch size."""
    step = training_step(config_of(case), 2)
    experiment = prepare(config_of(case, "training.batch_size=2", "ensemble=1"))
    if case == "ensemble":
        experiment.parameters.flat[:] = prepare(config_of(case)).parameters.member(0).flat
    trainer = trainer_of(experiment)
    trainer.after_step = functools.partial(stop_after_first, trainer)
    before = trainer.parameters.copy()
    with pytest.raises(StopIteration):
        trainer.run_epoch()
    shown = arrays(step)
    for number, (old, gradient, new) in enumerate(
        zip(before.layers, trainer.gradient.layers, trainer.parameters.layers, strict=True), start=1
    ):
        for name, expected in (("W", old.W), ("b", old.b), ("dW", gradient.W), ("db", gradient.b)):
            np.testing.assert_array_equal(shown[f"{name}{number}"], expected)
        np.testing.assert_array_equal(shown[f"W{number} after"], new.W)
        np.testing.assert_array_equal(shown[f"b{number} after"], new.b)
    assert step.costs.loss * 2 == trainer.loss_sum
    assert step.costs.penalty * 2 == trainer.penalty_sum


def stop_after_first(trainer):
    assert trainer.optimizer.steps == 1
    raise StopIteration


@pytest.mark.parametrize("examples", [2, 7])
@pytest.mark.parametrize("case", CASES)
def test_every_number_follows_from_those_before_it(case, examples):
    assert unexplained(training_step(config_of(case), examples), np.float32) == []


@pytest.mark.parametrize(("name", "missed"), [("dZ1", {"dW1", "dZ1"}), ("A1", {"A1", "Z2", "dW2"}), ("mask1", None)])
def test_a_number_that_is_not_the_engines_is_seen(name, missed):
    """The check above sees a fault: one number of one array is changed, or a mask is turned over."""
    step = training_step(config_of("dropout"), 4)
    changed = {part.name: np.array(part.values, float) for part in (*step.forward, *step.backward)}[name]
    changed = 1 - changed if name == "mask1" else changed + np.eye(*changed.shape)
    parts = {
        kind: tuple(
            replace(part, values=changed.tolist()) if part.name == name else part for part in getattr(step, kind)
        )
        for kind in ("forward", "backward")
    }
    assert set(unexplained(replace(step, **parts), np.float32)) >= (missed or {"A1"})


@pytest.mark.parametrize("case", ["sigmoid", "dropout", "softmax", "squared", "logistic", "decay"])
def test_a_slow_twin_takes_the_same_step(case):
    """Row by row, from logarithms of probabilities, in float64. Differences over all cases were 1e-15 at most."""
    loaded = config_of(case, "training.precision=float64")
    step, experiment = training_step(loaded, 3), prepare(loaded)
    shown, plan = arrays(step), experiment.plan
    rule = functools.partial(getattr(oracles, f"textbook_{plan.optimizer}"), rate=step.rule.rate)
    keep = realised_keep_prob(step.keep_probs[0]) if step.keep_probs else 1.0
    twin = slow_training.SlowTraining(
        experiment.parameters,
        step.activation,
        step.output,
        descend=rule,
        l2_lambda=step.costs.lambda_,
        keep_prob=keep,
        m_train=step.costs.m_train,
        decay=step.rule.rate * step.rule.weight_decay,
    )
    Y = shown["Y"].argmax(axis=1) if step.output == "softmax" else shown["Y"]
    masks = [shown[name] for name in sorted(shown) if name.startswith("mask")]
    loss, penalty = twin.step(shown["X"], Y, masks)
    assert (step.costs.loss, step.costs.penalty) == pytest.approx((loss, penalty), rel=1e-12)
    for number, (W, b) in enumerate(twin.layers(twin.theta), start=1):
        np.testing.assert_allclose(shown[f"W{number} after"], W, rtol=0, atol=1e-12)
        np.testing.assert_allclose(shown[f"b{number} after"], b, rtol=0, atol=1e-12)
    for number, (dW, _) in enumerate(twin.layers(twin.gradients[0]), start=1):
        of_cost = shown.get(f"dJ/dW{number}", shown[f"dW{number}"])
        np.testing.assert_allclose(of_cost, dW, rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", ["dropout", "softmax", "squared", "weighted"])
def test_columns_are_the_rows_transposed_and_slopes_are_without_the_share(case):
    rows, columns = (arrays(training_step(config_of(case), 3, way)) for way in ("rows", "columns"))
    assert list(rows) == list(columns)
    for name, array in rows.items():
        times = 3 if name.startswith(("dZ", "dA")) else 1
        np.testing.assert_array_equal(columns[name], times * array.T if array.ndim > 1 else array[:, None])
    depth = max(int(name[1:]) for name in rows if name[0] == "Z")
    if case == "dropout":  # the course's own lines, where dZ = A - Y and dW = 1/m dZ A^T
        np.testing.assert_allclose(columns[f"dZ{depth}"], columns[f"A{depth}"] - columns["Y"], rtol=0, atol=1e-7)
        product = columns[f"dZ{depth}"] @ columns[f"A{depth - 1}"].T / 3
        np.testing.assert_allclose(columns[f"dW{depth}"], product, rtol=1e-5, atol=1e-8)


def test_the_command_shows_it_and_gives_all_digits_as_json():
    words = ("explain", "step", ROOT / "configs/digits.yaml", "network.width=8", "--columns")
    shown = dlrun(*words, cwd=ROOT, COLUMNS="80")
    assert shown.returncode == 0
    assert "X  (64 x 2)\n" in shown.stdout
    assert "Z1 = W1 X + b1  (8 x 2)\n" in shown.stdout
    assert "dW1 = dZ1 X^T / 2  (8 x 64)\n" in shown.stdout
    assert "only the first 6 rows and columns are shown; --json has" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 90
    record = json.loads(dlrun(*words, "--json", cwd=ROOT).stdout)
    assert record["sizes"] == [64, 8, 8, 10]
    [X] = [part for part in record["forward"] if part["name"] == "X"]
    assert np.array(X["values"]).shape == (64, 2) == tuple(X["shape"])


def test_a_small_network_is_not_cut():
    words = ("explain", "step", ROOT / "configs/moons_overfit.yaml", *SMALL)
    shown = dlrun(*words, cwd=ROOT).stdout
    assert "..." not in shown
    assert "--json" not in shown
    assert all(f"{one}\n" in shown for one in ("forward", "cost", "backward", "update"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["step"], "explain step: which config? such as dlrun explain step configs/moons_overfit.yaml"),
        (["c.yaml"], "c.yaml: a config, and no finding's code; its first training step: dlrun explain step c.yaml"),
        (["plateau", "c.yaml"], "explain plateau: for a training step, dlrun explain step CONFIG"),
        (["--columns"], "explain: for a training step, dlrun explain step CONFIG"),
        (["step", "absent.yaml"], "absent.yaml: no such file; give the path of a YAML file"),
    ],
)
def test_what_cannot_be_explained_is_told(words, sentence, tmp_path):
    done = dlrun("explain", *words, cwd=tmp_path)
    assert done.returncode in (2, 3)
    assert sentence in done.stderr


def test_no_finding_is_called_step():
    assert "step" not in codes()


def test_a_step_that_diverges_is_told(tmp_path):
    done = dlrun("explain", "step", ROOT / "configs/circles_large.yaml", "network.init_scale=1e30", cwd=tmp_path)
    assert done.returncode == 5
    assert "training diverged at epoch 1" in done.stderr


def test_widths_are_pairwise_those_of_the_weights():
    step = training_step(config_of("softmax"), 2)
    shown = arrays(step)
    assert [shown[f"W{k}"].shape for k in (1, 2, 3)] == list(pairwise(step.sizes))
    assert Path(config_of("softmax").file).stem == step.name
