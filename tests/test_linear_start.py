"""network.init: linear: the network begins as the linear model of its training rows, whatever its depth."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import dlrun
from dlrun.experiment import prepare, read_config
from dlrun.nn.linear_start import begin_as_linear, linear_model, pairs_with_room
from dlrun.nn.network import Network, predict_logits
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.training import Examples
from dlrun.store import RunFolder

HIDDEN = {1: (), 2: (40,), 4: (64, 40, 80)}


def rows_for(loss, rng, m=200, n=5):
    """Rows of a noisy linear rule, with their targets in the form of the loss."""
    X = rng.standard_normal((m, n)).astype(np.float32)
    Z = X @ rng.standard_normal((n, 3)) + rng.standard_normal((m, 3))
    if loss == "softmax":
        return Examples(X, Z.argmax(axis=1))
    y = (Z[:, :1] > 0.3) if loss == "sigmoid" else Z[:, :1]
    return Examples(X, y.astype(np.float32))


def outputs_of(loss):
    return 3 if loss == "softmax" else 1


@pytest.mark.parametrize("depth", HIDDEN)
@pytest.mark.parametrize("loss", ["sigmoid", "softmax", "squared"])
@pytest.mark.parametrize("members", [1, 3])
def test_each_member_answers_as_the_linear_model_before_the_first_step(loss, depth, members, rng):
    train, n_out = rows_for(loss, rng), outputs_of(loss)
    network = Network((7, *HIDDEN[depth], n_out), "relu", loss, members=members)
    parameters = initial_parameters(network.sizes, "linear", rng=rng, members=members)
    begin_as_linear(parameters, network, train, np.zeros(1))
    model = linear_model(network, train, np.zeros(1))
    X = np.hstack(
        [train.X, rng.standard_normal((200, 2)).astype(np.float32)]
    )  # two inputs that the model does not have
    alone = Network(network.sizes, "relu", loss)
    for number in range(members):
        logits = predict_logits(alone, parameters.member(number), X)
        np.testing.assert_allclose(logits, train.X @ model.W + model.b, rtol=1e-4, atol=1e-5)


def test_the_linear_model_is_nearly_that_of_scikit_learn(rng):
    for loss in ("sigmoid", "softmax"):
        train = rows_for(loss, rng)
        model = linear_model(Network((5, outputs_of(loss)), "relu", loss), train, np.zeros(1))
        theirs = LogisticRegression(C=1).fit(train.X, train.Y.ravel())
        Z = train.X @ model.W + model.b
        ours = Z.argmax(axis=1) if loss == "softmax" else (Z[:, 0] > 0)
        assert (ours == theirs.predict(train.X)).mean() > 0.98
    train = rows_for("squared", rng)
    model = linear_model(Network((5, 1), "relu", "squared"), train, np.zeros(1))
    theirs = Ridge(alpha=0.5).fit(train.X, train.Y.ravel())
    np.testing.assert_allclose(train.X @ model.W[:, 0] + model.b, theirs.predict(train.X), atol=0.02)


@pytest.mark.parametrize(
    ("activation", "sizes", "pairs"),
    [
        ("relu", (5, 256, 256, 3), 8),
        ("relu", (5, 256, 40, 3), 3),
        ("relu", (5, 12, 3), 1),
        ("relu", (5, 11, 3), 0),
        ("tanh", (5, 256, 3), 0),
    ],
)
def test_a_network_without_room_or_relu_begins_as_he_draws_it(activation, sizes, pairs, rng):
    network = Network(sizes, activation, "softmax")
    assert pairs_with_room(network) == pairs
    begun, drawn = (initial_parameters(sizes, init, rng=np.random.default_rng(1)) for init in ("linear", "he"))
    assert np.array_equal(begun.flat, drawn.flat)
    begin_as_linear(begun, network, rows_for("softmax", rng), np.zeros(1))
    assert np.array_equal(begun.flat, drawn.flat) == (pairs == 0)


def test_the_other_units_begin_as_drawn_without_a_weight_in_the_output(rng):
    train, network = rows_for("sigmoid", rng), Network((5, 40, 40, 1), "relu", "sigmoid")
    drawn = initial_parameters(network.sizes, "he", rng=np.random.default_rng(1))
    begun = initial_parameters(network.sizes, "linear", rng=np.random.default_rng(1))
    begin_as_linear(begun, network, train, np.zeros(1))
    carriers = 2 * pairs_with_room(network)
    for layer, before in zip(begun.layers[:-1], drawn.layers[:-1], strict=True):
        assert np.array_equal(layer.W[:, carriers:], before.W[:, carriers:])
    assert not begun.layers[-1].W[carriers:].any()


def test_rows_far_out_leave_the_network_as_it_was_drawn(rng):
    train, network = rows_for("squared", rng), Network((5, 40, 1), "relu", "squared")
    train.X[:] = np.inf
    begun = initial_parameters(network.sizes, "linear", rng=np.random.default_rng(1))
    before = begun.flat.copy()
    begin_as_linear(begun, network, train, np.zeros(1))
    assert np.array_equal(begun.flat, before)


def test_weights_of_rows_count_in_the_linear_model(rng):
    train = rows_for("squared", rng)
    weight = rng.integers(0, 3, len(train.X)).astype(np.float32)
    network = Network((5, 1), "relu", "squared")
    weighted = linear_model(network, train._replace(weight=weight), np.zeros(1))
    theirs = Ridge(alpha=0.5).fit(train.X, train.Y.ravel(), sample_weight=weight / weight.mean())
    np.testing.assert_allclose(train.X @ weighted.W[:, 0] + weighted.b, theirs.predict(train.X), atol=0.02)


def table(place, rng, rows=150):
    """A .csv of six numbers whose sum, with noise, says yes or no."""
    X = rng.standard_normal((rows, 6))
    yes = X.sum(axis=1) + 2 * rng.standard_normal(rows) > 0
    lines = [
        "a,b,c,d,e,f,label",
        *(",".join([*(f"{x:.4f}" for x in row), ["no", "yes"][y]]) for row, y in zip(X, yes.astype(int), strict=True)),
    ]
    (place / "t.csv").write_text("\n".join(lines) + "\n")
    (place / "c.yaml").write_text("data: {source: t.csv, target: label}\n")
    return place / "c.yaml"


def test_a_config_of_data_alone_begins_so_from_the_first_inputs_and_another_one_does_not(tmp_path, rng):
    config = table(tmp_path, rng)
    bare = prepare(read_config(config))
    first, inputs = bare.parameters.layers[0], len(bare.dataset.preparation.raw_names)
    assert (bare.config.network.init, inputs) == ("linear", 6)
    carriers = 2 * pairs_with_room(bare.network)
    assert not first.W[inputs:, :carriers].any()
    assert first.W[:inputs, :carriers].all()
    assert prepare(read_config(config, ["network.width=64"])).config.network.init == "linear"
    config.write_text(config.read_text() + "network: {width: 64}\n")
    assert prepare(read_config(config)).config.network.init == "he"


def test_a_training_that_begins_so_is_repeated_to_the_bit(tmp_path, rng):
    config = table(tmp_path, rng)
    runs = [dlrun.train(config, ["training.epochs=6"], runs_dir=tmp_path / "runs") for _ in range(2)]
    one, other = (RunFolder(Path(run.run_dir)).read_arrays("model.npz") for run in runs)
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_rows_that_stay_in_their_file_begin_as_drawn(tmp_path, rng):
    np.save(tmp_path / "t.npy", np.column_stack([rng.standard_normal((200, 5)), rng.integers(0, 2, 200)]))
    (tmp_path / "c.yaml").write_text("data: {source: t.npy, memory_map: true}\ntraining: {batch_size: 32}\n")
    linear, he = (prepare(read_config(tmp_path / "c.yaml", [f"network.init={init}"])) for init in ("linear", "he"))
    assert np.array_equal(linear.parameters.flat, he.parameters.flat)
