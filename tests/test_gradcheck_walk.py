"""Situations, sweep and text: which paths a check walks, what it says of them, and how it reads."""

import json

import numpy as np
import pytest
from gradcheck_faults import FAULTS
from gradcheck_nets import KINDS, problem_of

from dlrun.gradcheck import CheckOptions, check_config_network, report_lines, sweep, sweep_lines
from dlrun.gradcheck.problem import shipped_gradient
from dlrun.gradcheck.situations import heavy_lambda, situations_of, twin_network
from dlrun.gradcheck.sweep import flank_slope
from dlrun.gradcheck.sweep_report import Slopes, SweepPoint, SweepReport
from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters
from dlrun.store.codec import to_plain


def walked(problem, rng, **settings):
    situations = situations_of(problem, init=None, rng=rng, **settings)
    return {(situation.net, situation.name): situation.problem for situation in situations}


def fault_named(name):
    return next(fault for fault in FAULTS if fault.name == name)


def test_every_path_is_walked_once_a_seed(rng):
    problem = problem_of((4, 5, 6, 3), "relu", "softmax", rng=rng, l2_lambda=0.5)
    found = walked(problem, rng, after_steps=7)
    assert list(found) == [
        ("own", "at initialisation"),
        ("own", "after 7 steps"),
        ("own", "random biases"),
        ("own", "lambda 0"),
        ("own", "heavy lambda"),
        ("own", "frozen masks"),
        ("twin", "random biases"),
        ("twin", "heavy lambda"),
        ("twin", "frozen masks"),
        ("twin", "all together, after 7 steps"),
    ]
    first = found["own", "at initialisation"]
    np.testing.assert_array_equal(first.parameters.flat, problem.parameters.flat)
    assert (first.l2_lambda, first.mask_seed) == (0.5, None)
    assert found["own", "lambda 0"].l2_lambda == 0
    assert found["own", "frozen masks"].masks[0] is not None
    assert found["own", "random biases"].parameters.layers[0].b.any()
    assert (found["own", "after 7 steps"].parameters.flat != problem.parameters.flat).mean() > 0.5


def test_a_net_with_dropout_is_checked_with_its_masks_and_without(rng):
    problem = problem_of((4, 5, 6, 3), "relu", "softmax", rng=rng, keep_prob=0.7)
    found = walked(problem, rng)
    assert found["own", "at initialisation"].masks[0] is not None
    assert found["own", "dropout off"].masks == [None, None]


def test_further_seeds_begin_from_fresh_parameters(rng):
    problem = problem_of((4, 5, 3), "relu", "softmax", rng=rng)

    def init(rng):
        return initial_parameters((4, 5, 3), "he", rng=rng)

    firsts = [s for s in situations_of(problem, init=init, rng=rng, seeds=3) if s.name == "at initialisation"]
    assert [s.seed for s in firsts] == [0, 1, 2]
    assert len({float(s.problem.parameters.flat[0]) for s in firsts}) == 3


def test_the_twin_is_small_with_equal_hidden_widths_that_are_no_other_number():
    twin = twin_network(Network((784, 128, 64, 10), "tanh", "softmax", (0.5, 0.9)))
    assert twin.sizes == (6, 7, 7, 7, 5)
    assert (twin.activation, twin.loss, twin.keep_probs) == ("tanh", "softmax", (0.5, 0.9, 0.5))
    assert twin_network(Network((784, 1), "tanh", "sigmoid")).sizes == (6, 1)


def test_a_heavy_lambda_weighs_as_much_as_the_data(rng):
    problem = problem_of((4, 5, 6, 3), "tanh", "softmax", rng=rng)
    data = np.linalg.norm(shipped_gradient(problem).flat)
    weights = np.sqrt(sum((layer.W**2).sum() for layer in problem.parameters.layers))
    assert heavy_lambda(problem) / problem.m_train * weights == pytest.approx(data)


def test_the_whole_report_keeps_the_keys_and_adds_what_is_new():
    told = to_plain(KINDS[0].check(fault_named("lambda doubled")))
    json.dumps(told, allow_nan=False)
    assert told.keys() >= {"passed", "relative_difference", "judgement", "epsilon", "n_parameters", "tensors"}
    assert told.keys() >= {"verdict", "situations", "where", "hints", "not_verified", "sampled", "n_kinks"}
    assert (told["passed"], told["verdict"], told["tensors"][0]["verdict"]) == (False, "fail", "pass")
    assert [s["verdict"] for s in told["situations"] if s["name"] == "heavy lambda"] == ["fail", "fail"]
    assert told["hints"][0]["cause"] == "penalty_doubled"


def test_two_faults_in_two_tensors_are_both_told(rng):
    def two(problem):
        gradient = shipped_gradient(problem)
        gradient.layers[1].W[:] *= 2
        gradient.layers[0].b[:] *= 4
        return gradient

    problem = problem_of((4, 5, 6, 3), "tanh", "softmax", rng=rng)
    report = check_config_network(problem, rng=rng, gradient_function=two)
    words = [hint.words for hint in report.hints]
    assert {"dW2 is 2 times what it should be", "db1 is 4 times what it should be"} <= set(words)


def test_a_dead_first_layer_of_the_own_net_is_told_as_not_verified(rng):
    problem = problem_of((4, 5, 3), "relu", "softmax", rng=rng)
    problem.parameters.layers[0].b[:] = -100
    report = check_config_network(problem, rng=rng)
    assert report.passed
    assert report.not_verified == ("b1",)  # W1 and W2 have the penalty's slope in the situation with lambda
    assert "not verified, neither passed nor failed: b1" in report_lines(report)


def test_progress_runs_to_the_total_of_all_situations(rng):
    problem, seen = problem_of((4, 5, 3), "tanh", "softmax", rng=rng), []
    check_config_network(problem, rng=rng, progress=lambda *done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] > 0


def test_a_budget_of_no_time_samples_every_situation(rng):
    problem = problem_of((30, 20, 3), "tanh", "softmax", rng=rng)
    report = check_config_network(problem, CheckOptions(max_seconds=0.0), rng=rng)
    assert report.sampled is True
    assert {result.report.sampled for result in report.situations} == {True}
    n = len(report.situations)
    assert f"sampled, to keep to the time limit: {n} of {n} situations, as many of each tensor" in report_lines(report)


def test_the_sweep_has_the_slopes_of_both_flanks(rng):
    problem = problem_of((6, 8, 5, 3), "tanh", "softmax", rng=rng, keep_prob=0.8, l2_lambda=0.3)
    found = sweep(problem, rng=rng)
    assert found.slopes.truncation == pytest.approx(2, abs=0.1)
    assert found.slopes.round_off == pytest.approx(-1, abs=0.1)
    assert found.slopes.one_sided == pytest.approx(1, abs=0.1)
    assert 1e-6 < found.best_epsilon < 1e-4
    assert found.sampled is False


def test_the_sweep_of_a_wrong_gradient_has_a_floor_and_no_flanks(rng):
    problem = problem_of((6, 8, 3), "tanh", "softmax", rng=rng)
    found = sweep(problem, rng=rng, gradient_function=fault_named("sign of the output").gradient)
    assert {round(point.central) for point in found.points} == {1}
    assert found.slopes == Slopes(None, None, None)


def test_the_sweep_of_a_large_net_takes_as_many_of_each_tensor(rng):
    found = sweep(problem_of((20, 20, 3), "tanh", "softmax", rng=rng), rng=rng, max_entries=40)
    assert (found.n_parameters, found.n_checked, found.sampled) == (483, 10 + 10 + 10 + 3, True)


def test_flank_slopes_are_exponents():
    steps = [10.0**-k for k in range(1, 11)]
    curve = [step**2 + 1e-16 / step for step in steps]
    assert flank_slope(steps, curve, above=True) == pytest.approx(2, abs=0.02)
    assert flank_slope(steps, curve, above=False) == pytest.approx(-1, abs=0.02)
    assert flank_slope(steps[:2], curve[:2], above=True) is None


def test_the_sweep_reads_as_a_table_and_a_plot():
    points = (
        SweepPoint(epsilon=1e-2, central=1e-5, one_sided=1e-2, n_kinks=3),
        SweepPoint(epsilon=1e-4, central=1e-9, one_sided=1e-4, n_kinks=0),
        SweepPoint(epsilon=1e-7, central=1e-7, one_sided=1e-7, n_kinks=0),
    )
    slopes = Slopes(truncation=2.0, round_off=-0.667, one_sided=None)
    assert sweep_lines(SweepReport(points, 1e-4, 50, 50, False, slopes)) == [
        "epsilon  central  one-sided  kinks",
        "1.0e-02  1.0e-05    1.0e-02      3",
        "1.0e-04  1.0e-09    1.0e-04      0",
        "1.0e-07  1.0e-07    1.0e-07      0",
        "",
        "1e-02 |       o",
        "1e-03 |",
        "1e-04 |    o",
        "1e-05 |       *",
        "1e-06 |",
        "1e-07 | @",
        "1e-08 |",
        "1e-09 |    *",
        "      +---------",
        "       1e-071e-02",
        "       epsilon; * central, o one-sided, @ both",
        "",
        "slopes: truncation 2.00 (eps^2: 2), round-off -0.67 (1/eps: -1), one-sided not seen (eps: 1)",
        "least at epsilon 1e-04",
    ]


def test_a_failed_report_reads_where_and_what():
    lines = report_lines(KINDS[0].check(fault_named("mask not applied backward")))
    text = "\n".join(lines)
    assert lines[0] == "gradient check failed"
    assert "the course's scale: below 1e-07 great, below 1e-05 fine, below 0.001 look closer" in lines
    assert "looks like: the dropout mask is not applied in the backward pass" in lines
    assert "or: off only with dropout: look at the masks in the backward pass" in lines
    assert "where: layer 2, " in text
    assert "own net, frozen masks:" in lines
    assert not [line for line in lines if line != line.rstrip()]


def test_a_passed_report_reads_as_one_line_a_situation():
    lines = report_lines(KINDS[0].check(None))
    assert lines[0] == "gradient check passed"
    assert sum(line.startswith(("own ", "twin ")) and line.endswith("pass") for line in lines) == 9
    assert not [line for line in lines if line.startswith(("where", "looks like"))]
