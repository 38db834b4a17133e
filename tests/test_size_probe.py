"""A wider network's first steps, after a run with high bias, tell a network that is too small from one that is slow."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from dlrun import experiment
from dlrun.diagnosis.size_probe import SizeProbe, answer_of, probed_units, size_words
from dlrun.diagnosis.words import percent
from dlrun.experiment import read_config
from dlrun.store import read_result

DIGITS = {"source": "digits"}
SHORT = ("training.epochs=80", "training.learning_rate=0.005")


def trained(folder, *keys, data=None):
    """A run of one network, with all that it left."""
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump({"data": data or DIGITS, "ensemble": 1}))
    return experiment.run(read_config(path, [*SHORT, *keys]), folder / "runs")


def codes(contents):
    return [finding.code for finding in contents.diagnosis.findings]


@pytest.mark.parametrize("layers", [2, 3])
def test_a_network_of_single_units_is_told_to_be_too_small_before_all_else(layers, tmp_path):
    contents = trained(tmp_path, "network.width=1", f"network.depth={layers}")
    probe, first = contents.result.size_probe, contents.diagnosis.advice[0]
    assert codes(contents)[0] == "network-too-small"
    assert not {"plateau", "learning-rate-too-low", "exploding-gradients"} & set(codes(contents))
    assert (first.change, first.code) == ({"network.width": 64}, "network-too-small")
    assert (
        f"a network of 64 units a layer reached {percent(probe.error)} train error in {probe.steps} steps" in first.why
    )


def test_the_probe_is_what_a_wider_run_had_after_as_many_steps_and_its_own_figure_is_of_the_curve(tmp_path):
    narrow, wide = (trained(tmp_path, f"network.width={units}", *ODD) for units in (1, 64))
    probe = narrow.result.size_probe
    an_epoch = -(-narrow.result.sizes.train // 64)
    at = probe.steps // an_epoch - 1
    assert probe.steps % an_epoch == 0
    assert probe.error == wide.metrics[at].train_error
    assert probe.own_error == narrow.metrics[at].train_error
    assert (probe.last_error, probe.last_steps) == (narrow.result.errors.train, 80 * an_epoch)


# What a step depends on beside the weights: dropout's masks, and a rate that changes over all steps of the plan.
ODD = ("regularization.keep_prob=0.9", "training.schedule=cosine", "training.warmup_fraction=0.1")


def test_a_run_with_bags_is_probed_by_one_network_on_all_rows(tmp_path):
    alone, bagged = (trained(tmp_path, "network.width=1", *keys) for keys in ((), ("ensemble=3", "bag_fraction=0.7")))
    assert bagged.result.size_probe.error == alone.result.size_probe.error


def test_the_probe_takes_less_than_a_tenth_of_the_work_counted_in_products(tmp_path):
    result = trained(tmp_path, "network.width=1", "network.depth=2").result
    m, steps_of_run = result.sizes.train, result.size_probe.last_steps
    fixed = 1.7e6  # of a step, as the estimates of time have it
    own, wide = 65 * 1 + 2 * 10, 65 * 64 + 65 * 10
    taken = (result.size_probe.steps + 2 * m / 64 / 3) * (fixed + wide * 64)
    share = taken / (steps_of_run * (fixed + own * 64))
    assert result.size_probe.work == float(f"{share:.2g}")
    assert share < 0.1


def test_a_network_that_is_slow_is_not_told_to_be_too_small(tmp_path):
    contents = trained(tmp_path, "training.learning_rate=0.00012", "network.width=64", "network.depth=2")
    assert contents.result.size_probe.answer != "too small"
    assert "network-too-small" not in codes(contents)


def test_a_training_with_another_cause_is_not_probed_and_keeps_it(tmp_path):
    contents = trained(tmp_path, "training.learning_rate=0.00001")
    assert contents.result.size_probe is None
    assert "learning-rate-too-low" in codes(contents)


def test_dropout_of_a_single_unit_is_not_blamed_before_its_size(tmp_path):
    contents = trained(tmp_path, "network.width=1", "regularization.keep_prob=0.8")
    assert codes(contents)[0] == "network-too-small"
    assert "dropout-dominates" in {finding.code for finding in contents.result.health}
    assert "dropout-dominates" not in codes(contents)


@pytest.mark.parametrize("keys", [["training.epochs=3"], ["regularization.augment.noise=0.1"]])
def test_too_few_steps_and_changed_rows_decide_nothing(keys, tmp_path):
    result = trained(tmp_path, "network.width=1", *keys).result
    assert result.verdict.bias == "high"
    assert result.size_probe is None
    assert "size_probe" not in json.loads((Path(result.run_dir) / "result.json").read_text())


def test_a_run_without_high_bias_is_not_probed(tmp_path):
    assert trained(tmp_path, "network.width=64").result.size_probe is None


def test_the_probe_changes_no_bit_of_the_training_and_is_the_same_again(tmp_path, monkeypatch):
    once, again = (trained(tmp_path / str(n), "network.width=1") for n in folders(tmp_path, 2))
    assert once.result.size_probe == again.result.size_probe == read_result(again.folder).size_probe
    monkeypatch.setattr(sys.modules["dlrun.experiment.run"], "probe_size", lambda *arguments: None)
    unprobed = trained(tmp_path / str(folders(tmp_path, 3)[-1]), "network.width=1")
    assert unprobed.result.size_probe is None
    for name, array in unprobed.model.items():
        np.testing.assert_array_equal(array, once.model[name])
    assert [line.cost for line in unprobed.metrics] == [line.cost for line in once.metrics]


def folders(tmp_path, count):
    for number in range(count):
        (tmp_path / str(number)).mkdir(exist_ok=True)
    return list(range(count))


def test_a_network_without_a_hidden_layer_is_probed_with_one(tmp_path):
    circles = {"source": "circles", "samples": 2000, "noise": 0.05}
    contents = trained(tmp_path, "network.depth=1", data=circles)
    assert codes(contents)[0] == "network-too-small"
    assert contents.diagnosis.advice[0].change == {"network.width": 64, "network.depth": 2}


def answer(error, own, last, first=0.9, baseline=0.9, regression=False):
    return answer_of(SizeProbe(64, 50, first, error, own, last, 500, 100, 0.1, "open"), baseline, regression=regression)


@pytest.mark.parametrize(
    ("error", "own", "last", "told"),
    [
        (0.08, 0.5, 0.31, "too small"),
        (0.30, 0.5, 0.31, "open"),  # at its end the run's own is as good
        (0.29, 0.5, 0.335, "open"),  # by 4.5 points of 100 rows: not surely
        (0.50, 0.5, 0.31, "not the size"),
        (0.60, 0.5, 0.31, "not the size"),
        (0.60, None, 0.31, "open"),
    ],
)
def test_the_answer_compares_the_wider_one_with_the_end_and_with_as_many_steps(error, own, last, told):
    assert answer(error, own, last) == told


def test_a_wider_network_that_was_better_by_its_initial_weights_alone_says_nothing():
    assert answer(0.30, 0.5, 0.5, first=0.32) == "open"
    assert answer(0.30, 0.5, 0.5, first=0.6) == "too small"


def test_a_regression_has_no_interval_and_needs_a_distance():
    assert answer(0.2, 0.9, 0.5, baseline=1.0, regression=True) == "too small"
    assert answer(0.2, 0.9, 0.22, baseline=1.0, regression=True) == "open"


def test_the_words_have_both_networks_on_equal_footing():
    probe = SizeProbe(64, 300, 0.9, 0.08, 0.5, 0.31, 2000, 600, 0.09, "too small")
    assert size_words(probe, "error") == (
        "a probe: a network of 64 units a layer reached 8.0% train error in 300 steps, this one 50.0% and 31.0% in all"
        " its 2000"
    )
    assert probed_units((1, 1)) == 64
    assert probed_units((50, 20)) == 100
