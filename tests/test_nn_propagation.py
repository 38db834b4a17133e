"""Signals through layers at initialisation: measured ones against theory, theory against other ways to know it."""

import json

import numpy as np
import pytest

from dlrun.cli.guard import guarded
from dlrun.errors import CheckFailed
from dlrun.experiment import read_config
from dlrun.inspection.probe import probe
from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.network import Network
from dlrun.nn.parameters import Parameters, initial_parameters
from dlrun.nn.propagation import expected, first_dead, float32_depth, growth, signals, theory
from dlrun.store import to_plain


def wide(activation, init, rng, width=256, depth=6, scale=0.05):
    """A wide network and what its first pass shows, with what theory says."""
    network = Network((50, *[width] * (depth - 1), 1), activation, "sigmoid")
    X, Y = rng.standard_normal((200, 50)), rng.integers(2, size=(200, 1)).astype(float)
    parameters = initial_parameters(network.sizes, init, rng=rng, scale=scale, dtype=np.float64)
    found = signals(network, parameters, X, Y)
    variances = [layer.W.var() for layer in parameters.layers]
    return found, theory(network, variances, float(np.mean(X**2)), found.gradients[-1])


def test_half_the_variance_goes_through_a_relu_and_that_of_tanh_is_known_to_scipy():
    from scipy.integrate import quad
    from scipy.stats import norm

    assert expected(ACTIVATIONS["relu"], 3.0, of_slope=False) == pytest.approx(1.5, rel=1e-9)
    assert expected(ACTIVATIONS["relu"], 3.0, of_slope=True) == pytest.approx(0.5, rel=1e-9)
    for q in (0.01, 1.0, 9.0):
        square = quad(lambda z, q=q: norm.pdf(z) * np.tanh(np.sqrt(q) * z) ** 2, -10, 10)[0]
        slope = quad(lambda z, q=q: norm.pdf(z) * np.cosh(np.sqrt(q) * z) ** -4, -10, 10)[0]
        assert expected(ACTIVATIONS["tanh"], q, of_slope=False) == pytest.approx(square, rel=1e-6)
        assert expected(ACTIVATIONS["tanh"], q, of_slope=True) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "sigmoid", "identity"])
@pytest.mark.parametrize("init", ["he", "xavier", "orthogonal", "normal"])
def test_wide_layers_do_as_theory_says(activation, init, rng):
    found, expected_ = wide(activation, init, rng)
    # Over 5 seeds the worst of all layers was off by 13% (a relative spread of about 1 / sqrt(width) a layer).
    assert found.activations[:-1] == pytest.approx(expected_.activations[:-1], rel=0.25)
    assert found.gradients == pytest.approx(expected_.gradients, rel=0.25)


def test_the_factor_of_a_relu_layer_is_the_root_of_half_n_times_the_variance(rng):
    found, expected_ = wide("relu", "normal", rng, scale=0.1)
    assert growth(expected_.activations) == pytest.approx(np.sqrt(256 * 0.01 / 2), rel=0.01)
    assert growth(found.activations) == pytest.approx(np.sqrt(256 * 0.01 / 2), rel=0.05)


def test_a_wrong_theory_would_be_seen(rng):
    found, _ = wide("relu", "xavier", rng)
    assert found.activations[-2] != pytest.approx(wide("relu", "he", rng)[1].activations[-2], rel=0.25)


def test_gradients_are_those_that_the_loss_has_along_the_biases(rng):
    network = Network((3, 4, 4, 1), "tanh", "squared")
    parameters = initial_parameters(network.sizes, "xavier", rng=rng, dtype=np.float64)
    X, Y = rng.standard_normal((1, 3)), np.ones((1, 1))
    found = signals(network, parameters, X, Y)
    moved = []
    for unit in range(4):  # with one row, dJ/dZ of a layer is dJ/db
        losses = []
        for step in (1e-6, -1e-6):
            other = Parameters(network.sizes, np.float64)
            other.flat[:] = parameters.flat
            other.layers[0].b[unit] += step
            losses.append((loss_of(network, other, X) - 1) ** 2)
        moved.append((losses[0] - losses[1]) / 2e-6)
    assert found.gradients[0] == pytest.approx(np.sqrt(np.mean(np.square(moved))), rel=1e-5)


def loss_of(network, parameters, X):
    A = X
    for layer in parameters.layers[:-1]:
        A = np.tanh(A @ layer.W + layer.b)
    return (A @ parameters.layers[-1].W + parameters.layers[-1].b).item()


@pytest.mark.parametrize(("factor", "start"), [(0.25, 1e-3), (0.9, 1.0), (3.0, 2.0)])
def test_float32_dies_where_repeated_products_say(factor, start):
    value, layers = start, 0
    with np.errstate(over="ignore"):
        while np.isfinite(np.float32(value)) and np.float32(value) > 0:
            value, layers = value * factor, layers + 1
    assert float32_depth(factor, start) == pytest.approx(layers, abs=1)


def test_what_has_died_is_found_and_has_no_factor():
    assert first_dead([1.0, 1e-40, 0.0, 0.0]) == 3
    assert first_dead([1.0, 2.0]) is None
    assert growth([1.0, 1.0, 0.0, 0.0, 1.0]) is None
    assert growth([9.0, 1.0, 2.0, 4.0, 7.0]) == pytest.approx(2)


def test_a_probe_sees_sigmoid_gradients_die_and_orthogonal_tanh_live(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("data: {source: moons}\nnetwork: {depth: 90, width: 16, activation: sigmoid, init: xavier}\n")
    sigmoid, tanh = (
        probe(read_config(path, ["training.epochs=1", *keys])) for keys in ([], ["network.activation=tanh"])
    )
    rows = {row.init: row for row in sigmoid.inits}
    assert set(rows) == {"zeros", "normal", "he", "xavier", "glorot", "orthogonal"}
    assert rows["xavier"].float32.gradient.seen
    assert 50 < rows["xavier"].float32.gradient.layers < 90
    downwards = rows["xavier"].gradient_growth
    assert downwards.measured == pytest.approx(downwards.theory, rel=0.1)
    assert sigmoid.layers[0].gradient_float32 == 0 < sigmoid.layers[0].gradient
    live = {row.init: row for row in tanh.inits}["orthogonal"]
    assert not live.float32.gradient.seen
    json.dumps(to_plain(sigmoid), allow_nan=False)


def test_the_verb_shows_and_fails_where_twenty_rows_cannot_be_learned(tmp_path, capsys):
    from dlrun.cli.app import app_with

    path = tmp_path / "c.yaml"
    path.write_text("data: {source: wine}\nnetwork: {depth: 3, width: 16}\n")

    def status(*arguments):
        return guarded(lambda: app_with()(["probe", str(path), *arguments], standalone_mode=False)) or 0

    assert status("--overfit-twenty") == 0
    shown = capsys.readouterr().out
    assert "c  relu, init he, depth 3" in shown
    assert "twenty rows by heart: error 0.0%" in shown
    assert status("--overfit-twenty", "--json", "network.init=zeros") == CheckFailed.exit_status
    assert json.loads(capsys.readouterr().out)["overfit_twenty"]["finding"]["code"] == "cannot-overfit-twenty"
