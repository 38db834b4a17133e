"""Verdicts a tensor at a time: what passes, what fails, and what can be called neither. Kinks are set apart."""

import json

import numpy as np
import pytest
from gradcheck_faults import Backprop
from gradcheck_nets import problem_of, random_problem

from dlrun.errors import CheckFailed
from dlrun.gradcheck import GREAT, CheckOptions, check_problem, judgement, relative_difference, report_lines
from dlrun.gradcheck.check import examine
from dlrun.gradcheck.hints import clues_for
from dlrun.gradcheck.judging import verdict_on
from dlrun.gradcheck.problem import shipped_gradient
from dlrun.nn import network
from dlrun.nn.optimizers import OPTIMIZERS, Rule
from dlrun.store.codec import to_plain


def verdicts(report):
    return {tensor.name: tensor.verdict for tensor in report.tensors}


def spoilt(change):
    """The shipped gradient with something done to its tensors."""

    def gradient(problem):
        found = shipped_gradient(problem)
        change(found.tensors())
        return found

    return gradient


def scaled(name, factor):
    def change(tensors):
        tensors[name][:] *= factor

    return spoilt(change)


def test_the_relative_difference_is_the_courses_formula():
    assert relative_difference(np.array([3.0, 4.0]), np.array([0.0, 0.0])) == 1
    assert relative_difference(np.array([1.0]), np.array([2.0])) == pytest.approx(1 / 3)
    assert relative_difference(np.zeros(3), np.zeros(3)) == 0


@pytest.mark.parametrize(
    ("difference", "words"), [(9e-8, "great"), (9e-6, "fine"), (9e-4, "look closer"), (2e-3, "probably a bug")]
)
def test_judgements_follow_the_courses_scale(difference, words):
    assert judgement(difference) == words


@pytest.mark.parametrize(
    ("numeric", "analytic", "floor", "n_off", "verdict"),
    [
        ([1.0, 2.0], [1.0, 2.0], 1e-11, 0, "pass"),
        ([1.0, 2.0], [1.0, 2.001], 1e-11, 0, "fail"),
        ([1.0, 2.0], [1.0, 2.0], 1e-11, 1, "fail"),
        ([0.0, 0.0], [0.0, 0.0], 1e-11, 0, "vacuous"),
        ([1e-11, 0.0], [0.0, 2e-11], 1e-11, 0, "unverifiable"),
        ([1e-11, 0.0], [1.0, 0.0], 1e-11, 0, "fail"),
        ([1.0, 2.0], [1.0, float("nan")], 1e-11, 0, "fail"),
    ],
)
def test_verdicts(numeric, analytic, floor, n_off, verdict):
    assert verdict_on(np.array(numeric), np.array(analytic), np.full(2, floor), n_off=n_off) == verdict


def test_a_correct_net_passes_as_great(rng):
    report = check_problem(problem_of((4, 5, 5, 3), "tanh", "softmax", rng=rng))
    assert report.passed
    assert report.relative_difference < GREAT
    assert {tensor.relative_difference < GREAT for tensor in report.tensors} == {True}


def test_the_course_step_reads_worse_than_ours_and_both_pass(rng):
    problem = problem_of((20, 30, 20, 10), "tanh", "softmax", rng=rng, m=20)
    ours, course = check_problem(problem), check_problem(problem, CheckOptions(epsilon=1e-7))
    assert ours.passed
    assert course.passed
    assert course.relative_difference > 10 * ours.relative_difference


@pytest.mark.parametrize("keep_prob", [1.0, 0.6])
def test_dropout_is_checked_with_frozen_masks(keep_prob, rng):
    problem = problem_of((4, 5, 5, 3), "tanh", "softmax", rng=rng, keep_prob=keep_prob)
    assert (problem.mask_seed is None) == (keep_prob == 1)
    assert check_problem(problem).passed


def test_a_fault_in_the_first_of_nine_sigmoid_layers_hides_in_the_norm_and_not_in_its_tensor(rng):
    problem = problem_of((5,) * 9 + (1,), "sigmoid", "squared", rng=rng, init="glorot")
    problem.parameters.flat[:] *= 2  # so that the first layer is small beside the last, and above the floor
    report = check_problem(problem, gradient_function=scaled("W1", 2))
    assert report.relative_difference < 1e-4
    assert [tensor.name for tensor in report.failed] == ["W1"]
    assert report.failed[0].relative_difference == pytest.approx(1 / 3, rel=1e-3)


def test_one_percent_of_one_entry_of_a_large_tensor_is_seen(rng):
    problem = problem_of((80, 60, 3), "tanh", "softmax", rng=rng)

    def change(tensors):
        tensors["W1"][17, 5] *= 1.01

    report = check_problem(problem, gradient_function=spoilt(change))
    (failed,) = report.failed
    assert (failed.name, failed.worst.index, failed.n_off) == ("W1", (17, 5), 1)
    assert failed.worst.analytic == pytest.approx(1.01 * failed.worst.numeric, rel=1e-6)


def test_a_layer_of_dead_units_is_vacuous_neither_a_pass_nor_a_failure(rng):
    problem = problem_of((4, 5, 3), "relu", "softmax", rng=rng)
    problem.parameters.layers[0].b[:] = -100
    report = check_problem(problem)
    assert verdicts(report) == {"W1": "vacuous", "b1": "vacuous", "W2": "vacuous", "b2": "pass"}
    assert report.verdict == "pass"


def test_a_check_in_which_all_is_vacuous_does_not_pass(rng):
    problem = problem_of((3, 1), "relu", "squared", rng=rng)
    problem.X[:] = 0
    problem.Y[:] = 0
    report = check_problem(problem)
    assert (report.verdict, report.passed) == ("vacuous", False)


def test_a_gradient_below_the_floor_is_unverifiable_neither_a_pass_nor_a_failure(rng):
    problem = problem_of((4, *[4] * 11, 1), "sigmoid", "squared", rng=rng, init="normal")
    report = check_problem(problem)
    assert verdicts(report)["W1"] == "unverifiable"
    assert verdicts(report)["W12"] == "pass"
    assert "fail" not in verdicts(report).values()


def test_zero_biases_on_zero_inputs_stand_on_kinks_and_raise_no_alarm(rng):
    for activation in ("relu", "leaky_relu"):
        problem = problem_of((4, 6, 6, 3), activation, "softmax", rng=rng)
        problem.X[::2] = 0
        report = check_problem(problem)
        assert report.passed
        assert report.n_kinks >= 12  # both hidden layers' biases
        assert sum(tensor.n_kinks_off for tensor in report.tensors) == 0


def test_a_slope_that_no_side_of_a_kink_explains_fails(rng):
    problem = problem_of((4, 6, 6, 3), "relu", "softmax", rng=rng)
    problem.X[::2] = 0

    def change(tensors):
        tensors["b1"][:] += 5

    report = check_problem(problem, gradient_function=spoilt(change))
    (failed,) = report.failed
    assert (failed.name, failed.n_kinks, failed.n_kinks_off) == ("b1", 6, 6)


def test_a_crossing_that_a_smaller_step_avoids_is_retried_and_is_no_kink(rng):
    problem = problem_of((4, 6, 3), "relu", "softmax", rng=rng, bias_sd=0.1)
    z = problem.X[0] @ problem.parameters.layers[0].W[:, 2] + problem.parameters.layers[0].b[2]
    problem.parameters.layers[0].b[2] -= z - 3e-6  # 3e-6 above its kink: within 1e-5, outside 1e-6
    report = check_problem(problem)
    assert report.passed
    assert report.n_retried > 0
    assert report.n_kinks == 0
    assert report.relative_difference < 1e-8


def test_penalty_and_update_are_under_check(rng, monkeypatch):
    def overshooting(theta, grad, state, scratch, factors):
        theta -= 2 * factors[0] * grad

    problem = problem_of((4, 5, 3), "tanh", "softmax", rng=rng, l2_lambda=3.0)
    assert check_problem(problem).passed
    monkeypatch.setitem(OPTIMIZERS, "gd", Rule(overshooting, 0, 0.1))
    failed = check_problem(problem).failed
    assert [tensor.relative_difference for tensor in failed] == [pytest.approx(1 / 3, rel=1e-6)] * 4


def test_the_shipped_backward_pass_is_under_check(rng, monkeypatch):
    right = network.backward

    def doubled(parameters, gradient, workspace):
        right(parameters, gradient, workspace)
        gradient.layers[1].W[:] *= 2

    monkeypatch.setattr(network, "backward", doubled)
    report = check_problem(problem_of((4, 5, 5, 3), "tanh", "softmax", rng=rng))
    assert [tensor.name for tensor in report.failed] == ["W2"]


def test_a_forward_pass_that_is_not_the_documented_cost_fails_even_with_a_right_gradient(rng, monkeypatch):
    from dlrun.gradcheck import check

    right = check.shipped_cost
    monkeypatch.setattr(check, "shipped_cost", lambda problem: right(problem) * (1 + 1e-6))
    report = check_problem(problem_of((4, 5, 3), "tanh", "softmax", rng=rng))
    assert report.failed == []
    assert report.verdict == "fail"


def test_a_gradient_that_is_not_finite_fails_and_can_be_told_as_json(rng):
    def change(tensors):
        tensors["W1"][2, 3] = np.nan

    problem = problem_of((4, 5, 3), "tanh", "softmax", rng=rng)
    report, evidence = examine(problem, CheckOptions(), gradient_function=spoilt(change))
    (failed,) = report.failed
    assert (failed.name, failed.worst.index, failed.relative_difference) == ("W1", (2, 3), 1.0)
    assert json.loads(json.dumps(to_plain(report), allow_nan=False))["tensors"][0]["worst"]["analytic"] is None
    lines = report_lines(report)
    assert [line.split()[0] for line in lines if "not finite" in line] == ["W1"]
    hint = clues_for(evidence, report)[0]
    assert (hint.cause, hint.words) == ("not_finite", "dW1 overflows, or divides by zero")


def test_a_cost_that_is_not_finite_is_told_where_what_and_what_would_do(rng):
    problem = problem_of((4, 5, 1), "identity", "squared", rng=rng)
    problem.parameters.flat[:] = 1e200
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(CheckFailed) as caught:
        check_problem(problem)
    assert str(caught.value) == (
        "gradient check of the net 4-5-1: found a cost of inf; "
        "scale the inputs or begin with smaller weights, so that it is finite"
    )


def test_a_sample_takes_as_many_of_each_tensor_and_says_so(rng):
    problem = problem_of((30, 40, 20, 10), "tanh", "softmax", rng=rng)
    report = check_problem(problem, CheckOptions(max_seconds=0.0))
    assert report.sampled is True
    assert {tensor.n_checked for tensor in report.tensors} == {1}
    everything = check_problem(problem, CheckOptions(max_seconds=600.0))
    assert everything.sampled is False
    assert everything.n_checked == problem.parameters.flat.size


def test_a_sample_still_sees_a_structural_fault(rng):
    problem = problem_of((30, 40, 20, 10), "tanh", "softmax", rng=rng)
    report = check_problem(problem, CheckOptions(max_seconds=0.0), gradient_function=scaled("W2", 2))
    assert [tensor.name for tensor in report.failed] == ["W2"]


def test_random_correct_nets_raise_no_false_alarm():
    alarms = [seed for seed in range(60) if check_problem(random_problem(seed)).verdict == "fail"]
    assert alarms == []


@pytest.mark.parametrize(("epsilon", "scale"), [(1e-2, 1), (1e-3, 1), (1e-7, 1), (1e-9, 1), (1e-5, 1e3), (1e-5, 1e-4)])
def test_neither_a_poor_step_nor_unscaled_inputs_raise_a_false_alarm(epsilon, scale):
    """Seeds at which an error of the differences, truncation or round-off, looks like one of the gradient."""
    alarms = []
    for seed in (5002, 5008, 5010, 5013, 5141, 5144, 5164, 5165, 5173, 5210):
        problem = random_problem(seed)
        problem.X *= scale
        if check_problem(problem, CheckOptions(epsilon=epsilon)).verdict == "fail":
            alarms.append(seed)
    assert alarms == []


def test_the_faulty_twin_without_a_fault_is_the_shipped_gradient():
    for seed in range(40):
        problem = random_problem(seed)
        right = Backprop(problem).gradient().flat
        scale = max(1.0, np.abs(right).max())
        np.testing.assert_allclose(shipped_gradient(problem).flat, right, rtol=1e-9, atol=1e-13 * scale)


def test_the_report_has_the_keys_that_scripts_rely_on(rng):
    told = to_plain(check_problem(problem_of((4, 5, 5, 3), "tanh", "softmax", rng=rng)))
    assert told.keys() >= {"passed", "relative_difference", "judgement", "epsilon", "n_parameters", "tensors"}
    assert told["n_parameters"] == told["n_checked"] == 4 * 5 + 5 + 5 * 5 + 5 + 5 * 3 + 3
    assert told["tensors"][0].keys() >= {"name", "shape", "relative_difference", "judgement", "worst", "verdict"}
    assert told["tensors"][0]["worst"].keys() == {"index", "analytic", "numeric"}


def test_progress_counts_up_to_every_parameter(rng):
    problem, seen = problem_of((60, 70, 10), "relu", "softmax", rng=rng, m=2), []
    check_problem(problem, progress=lambda *done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == (problem.parameters.flat.size,) * 2
    assert len(seen) > 1
