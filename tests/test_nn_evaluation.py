"""Measuring a chunk at a time: equal to measuring all rows at once, whatever the loss, and kind to rows in a file."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from dlrun.nn import evaluation
from dlrun.nn.evaluation import baseline_error, evaluate
from dlrun.nn.moments import Moments
from dlrun.nn.network import Network, predict_logits
from dlrun.nn.parameters import initial_parameters


def measured(loss, rng, m=5000, offset=0.0):
    """A network, its parameters, rows with targets for its loss, and all of its logits."""
    network = Network((6, 20, 3 if loss == "softmax" else 1), "tanh", loss)
    parameters = initial_parameters(network.sizes, "he", rng=rng, dtype=np.float64)
    X = rng.standard_normal((m, 6))
    Y = rng.integers(0, 3, m) if loss == "softmax" else rng.integers(0, 2, (m, 1)).astype(float)
    if loss == "squared":
        Y = rng.standard_normal((m, 1)) + offset
    return network, parameters, X, Y, predict_logits(network, parameters, X)


@pytest.mark.parametrize("loss", ["sigmoid", "softmax", "squared"])
def test_chunks_add_up_to_the_measures_of_all_rows_at_once(loss, rng):
    network, parameters, X, Y, logits = measured(loss, rng, offset=1000.0)
    found = evaluate(network, parameters, X, Y)
    assert found.loss == pytest.approx(network.loss_function.mean(logits, Y), rel=1e-12)
    answers = network.loss_function.predict(logits)
    if loss == "squared":
        assert found.error == pytest.approx(1 - r2_score(Y, logits), rel=1e-12)
    else:
        assert found.error == float(np.mean(answers != Y.reshape(-1)))


@pytest.mark.parametrize("size", [1, 7, 5000, 6000])
def test_the_size_of_a_chunk_changes_nothing(size, rng, monkeypatch):
    network, parameters, X, Y, _ = measured("squared", rng)
    whole = evaluate(network, parameters, X, Y)
    monkeypatch.setattr(evaluation, "EVALUATION_ROWS", size)
    found = evaluate(network, parameters, X, Y)
    assert found == pytest.approx(whole, rel=1e-12)


def test_the_baseline_is_the_commonest_class_of_train_or_its_mean(rng):
    classes = Network((2, 3), "relu", "softmax")
    Y_train, Y = np.array([2] * 3000 + [1] * 2999), np.array([1] * 1500 + [2] * 500)
    assert baseline_error(classes, Y_train, Y) == 0.75
    truth = rng.standard_normal((3000, 1))
    value = Network((2, 1), "relu", "squared")
    expected = 1 - r2_score(truth[:2000], np.full(2000, truth.mean()))
    assert baseline_error(value, truth, truth[:2000]) == pytest.approx(expected, rel=1e-9)


def test_targets_that_do_not_vary_are_an_error_of_nothing_or_all(rng):
    network = Network((6, 1), "relu", "squared")
    Y = np.full((3000, 1), 0.1)
    logits = np.full((3000, 1), 0.1)
    assert evaluation.error_of(network, logits, Y) == 0.0
    assert evaluation.error_of(network, logits + 1e-9, Y) == 1.0


def in_blocks(X, size):
    moments = Moments(X.shape[1])
    for start in range(0, len(X), size):
        moments.add(X[start : start + size])
    return moments


@pytest.mark.parametrize("size", [1, 3, 1000, 5000])
def test_moments_of_blocks_are_those_of_all_rows_even_far_from_zero(size, rng):
    X = rng.standard_normal((5000, 3)) * [1, 1e-3, 1e6] + [1e9, 1, -1e6]
    moments = in_blocks(X, size)
    exact = X.astype(np.longdouble)
    # Measured: 2e-15 at most, of either.
    np.testing.assert_allclose(moments.mean(), exact.mean(axis=0).astype(float), rtol=2e-14)
    np.testing.assert_allclose(moments.variance(), exact.var(axis=0).astype(float), rtol=2e-14)
    # The planted fault, the mean of the squares less the square of the mean, is told apart.
    assert abs((X**2).mean(axis=0) - X.mean(axis=0) ** 2 - exact.var(axis=0))[0] > 1


def test_a_constant_has_no_variance_to_the_last_bit():
    moments = in_blocks(np.full((1000, 2), 0.1), 7)
    assert moments.variance().tolist() == [0, 0]
    assert moments.mean().tolist() == [0.1, 0.1]


def test_a_first_row_far_from_the_others_spoils_nothing(rng):
    X = np.concatenate([[[1e12]], rng.standard_normal((2000, 1))])
    np.testing.assert_allclose(in_blocks(X, 100).variance(), X.astype(np.longdouble).var(axis=0).astype(float))
