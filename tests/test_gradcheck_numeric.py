"""The fast differences are the slow ones: against the loop, for every kind of net, and within a bound on memory."""

import itertools
import tracemalloc

import numpy as np
import pytest
from gradcheck_nets import problem_of

from dlrun.gradcheck import BlockDifferences, loop_gradient, numeric, numeric_gradient
from dlrun.gradcheck.costs import LOSSES_BY_COLUMN
from dlrun.gradcheck.point import side_slopes
from dlrun.gradcheck.problem import shipped_cost
from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.losses import LOSSES
from dlrun.nn.network import forward

SAME = 1e-9


def every_entry(problem):
    return np.arange(problem.parameters.flat.size)


def test_central_differences_of_a_cubic_are_exact_but_for_epsilon_squared():
    theta = np.array([2.0, -1.0])
    slopes = numeric_gradient(lambda: theta[0] ** 3 + 5 * theta[1], theta, 1e-3)
    np.testing.assert_allclose(slopes, [12 + 1e-6, 5], atol=1e-10)
    np.testing.assert_array_equal(theta, [2.0, -1.0])


@pytest.mark.parametrize(("activation", "loss"), list(itertools.product(ACTIVATIONS, LOSSES)))
@pytest.mark.parametrize("hidden", [(), (4,), (6, 4, 7)])
@pytest.mark.parametrize("keep_prob", [1.0, 0.6])
def test_blocks_agree_with_the_loop_over_parameters(activation, loss, hidden, keep_prob, rng):
    sizes = (5, *hidden, 3 if loss == "softmax" else 1)
    # Glorot's weights keep the cost near 1, and with it the rounding of both sides near 1e-11.
    problem = problem_of(sizes, activation, loss, rng=rng, keep_prob=keep_prob, l2_lambda=0.5, init="glorot")
    fast = BlockDifferences(problem).of(every_entry(problem), 1e-5).slope
    np.testing.assert_allclose(fast, loop_gradient(problem, 1e-5), rtol=0, atol=SAME)


def test_blocks_agree_with_the_loop_in_a_net_of_thirty_layers(rng):
    problem = problem_of((4,) * 30 + (3,), "tanh", "softmax", rng=rng, m=3, init="orthogonal")
    fast = BlockDifferences(problem).of(every_entry(problem), 1e-5).slope
    np.testing.assert_allclose(fast, loop_gradient(problem, 1e-5), rtol=0, atol=SAME)


def test_the_comparison_with_the_loop_sees_a_weight_that_is_off(rng):
    problem = problem_of((5, 6, 4, 3), "tanh", "softmax", rng=rng)
    blocks = BlockDifferences(problem)
    blocks.point.WbT[2][0, 1] += 1e-4
    assert np.abs(blocks.of(every_entry(problem), 1e-5).slope - loop_gradient(problem, 1e-5)).max() > SAME


@pytest.mark.parametrize("loss", LOSSES)
def test_the_numeric_sides_own_cost_is_the_shipped_one(loss, rng):
    problem = problem_of((5, 6, 3 if loss == "softmax" else 1), "tanh", loss, rng=rng, l2_lambda=2.0)
    own = BlockDifferences(problem).loss.mean() + problem.penalty()
    assert own == pytest.approx(shipped_cost(problem), rel=1e-13)


def test_each_loss_has_its_form_by_column():
    assert LOSSES_BY_COLUMN.keys() == LOSSES.keys()


def test_losses_by_column_stay_finite_at_logits_of_a_thousand():
    Z, Y = np.array([[1000.0, -1000.0]]), np.array([[0.0], [1.0]])
    np.testing.assert_allclose(LOSSES_BY_COLUMN["sigmoid"](Z.copy(), Y), [1000, 1000])
    np.testing.assert_allclose(LOSSES_BY_COLUMN["softmax"](np.array([[1000.0], [-1000.0]]), np.array([1])), [2000])


def test_steps_and_entries_may_be_picked_one_by_one(rng):
    problem = problem_of((5, 6, 4, 3), "tanh", "softmax", rng=rng, l2_lambda=1.0)
    whole = BlockDifferences(problem).of(every_entry(problem), 1e-4)
    picked = np.array([70, 3, 41, 28])
    some = BlockDifferences(problem).of(picked, np.array([1e-4, 1e-5, 1e-4, 1e-4]))
    np.testing.assert_allclose(some.slope[[0, 2, 3]], whole.slope[picked[[0, 2, 3]]], atol=1e-11)
    assert some.slope[1] == pytest.approx(whole.slope[3], abs=1e-7)


def test_one_sided_slopes_are_those_of_the_cost(rng):
    problem = problem_of((3, 4, 1), "tanh", "squared", rng=rng, l2_lambda=1.5)
    found, h = BlockDifferences(problem).of(every_entry(problem), 1e-3), 1e-3
    before = shipped_cost(problem)
    for i in range(problem.parameters.flat.size):
        problem.parameters.flat[i] += h
        right = (shipped_cost(problem) - before) / h
        problem.parameters.flat[i] -= 2 * h
        left = (before - shipped_cost(problem)) / h
        problem.parameters.flat[i] += h
        assert (found.right[i], found.left[i]) == pytest.approx((right, left), abs=1e-11)


def test_straight_activations_are_told_from_bent_ones_by_their_values():
    slopes = {name: side_slopes(name) for name in ACTIVATIONS}
    straight = {"relu": (0, 1), "leaky_relu": (pytest.approx(0.01), 1), "identity": (1, 1)}
    assert slopes == dict.fromkeys(ACTIVATIONS) | straight
    assert {name for name, row in ACTIVATIONS.items() if row.homogeneous} == straight.keys()


def test_crossings_are_those_that_two_shipped_forward_passes_show(rng):
    problem, h = problem_of((4, 6, 5, 3), "relu", "softmax", rng=rng, bias_sd=0.1), 0.05
    found = BlockDifferences(problem).of(every_entry(problem), h).crossed
    workspace, parameters = problem.workspace(), problem.parameters
    expected = np.zeros(found.size, bool)
    for i in range(found.size):
        signs = []
        for side in (h, -h):
            parameters.flat[i] += side
            forward(parameters, workspace)
            signs.append([hidden.A > 0 for hidden in workspace.hidden])
            parameters.flat[i] -= side
        expected[i] = any((up != down).any() for up, down in zip(*signs, strict=True))
    assert 5 < expected.sum() < expected.size - 5
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_changes_that_reach_a_kink_do_not_follow_the_line_past_it(activation, rng):
    problem, h = problem_of((4, 6, 5, 3), activation, "softmax", rng=rng, bias_sd=0.1, keep_prob=0.8), 0.05
    expected = loop_gradient(problem, h)
    np.testing.assert_allclose(BlockDifferences(problem).of(every_entry(problem), h).slope, expected, rtol=0, atol=SAME)
    past = BlockDifferences(problem, frozen_gates=True).of(every_entry(problem), h).slope
    assert np.abs(past - expected).max() > 1e4 * SAME


@pytest.mark.parametrize("bound", [2**18, 2**20])
def test_a_block_stays_within_the_bound_on_memory(bound, rng):
    problem = problem_of((40, 60, 30, 10), "relu", "softmax", rng=rng, m=8)
    blocks, n = BlockDifferences(problem, memory_bytes=bound), problem.parameters.flat.size
    tracemalloc.start()
    blocks.of(every_entry(problem), 1e-5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    results = 16 * 8 * n  # what is asked for and found, an entry each, does not depend on the bound
    assert peak < bound + results
    assert peak > bound / 4


def test_more_memory_than_the_cache_is_not_taken(rng):
    problem = problem_of((40, 60, 30, 10), "relu", "softmax", rng=rng)
    assert BlockDifferences(problem, memory_bytes=2**40).block_bytes == numeric.CACHED_BYTES
