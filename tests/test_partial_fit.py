"""`partial_fit`: an epoch a call, with the steps that the training loop itself would take."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import dlrun
from dlrun import DenseClassifier, DenseRegressor
from dlrun.experiment import random_streams
from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan

WORDS = {"hidden": (6,), "learning_rate_decay": 0.1, "lambda_": 0.3, "keep_prob": 0.8, "batch_size": 16}
FIT_ALONE = {"warmup_fraction": 0.4, "patience_epochs": 1, "epochs": 2}


@pytest.fixture
def rows(rng):
    """X (90, 3) and labels y (90,) of three classes."""
    X = rng.standard_normal((90, 3)) * [1, 20, 0.1] + [0, 5, 2]
    return X, np.digitize(X[:, 0] + 0.3 * rng.standard_normal(90), [-0.5, 0.5])


def loop(X, y, epochs, seed):
    """The parameters after so many epochs of the training loop on rows that are all there from the beginning."""
    streams = random_streams(seed)
    network = Network((3, 6, 3), "relu", "softmax", (0.8,))
    shares = np.log(np.bincount(y))
    bias = shares - shares.mean()
    parameters = initial_parameters(network.sizes, "he", rng=streams["init"], output_bias=bias)
    prepared = Examples(((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32), y)
    plan = TrainingPlan(epochs, 16, learning_rate_decay=0.1, l2_lambda=0.3)
    drawn = Streams(streams["batches"], streams["dropout"])
    records = list(Trainer(network, parameters, prepared, prepared, plan, drawn).epochs())
    return parameters.tensors(), records


def test_calls_on_the_same_rows_are_the_epochs_of_one_training(rows):
    X, y = rows
    model = DenseClassifier(random_state=4, **WORDS, **FIT_ALONE)
    for _ in range(5):
        model.partial_fit(X, y, classes=[0, 1, 2])
    tensors, records = loop(X, y, 5, seed=4)
    for name, tensor in tensors.items():
        # The loop's rows are scaled by NumPy's mean and deviation, whose last bits of float64 may differ.
        np.testing.assert_allclose(model.parameters_[name], tensor, rtol=1e-4, atol=1e-6)
    assert [one.learning_rate for one in model.metrics_] == [one.learning_rate for one in records]
    assert model.loss_curve_ == pytest.approx([one.cost for one in records], rel=1e-5)
    assert (model.n_iter_, model.diagnosis_, model.best_epoch_) == (5, None, None)


def test_calls_on_the_same_rows_keep_the_bags(rows, monkeypatch):
    X, y = rows
    bags = []
    monkeypatch.setattr(Trainer, "run_epoch", lambda self, own=Trainer.run_epoch: bags.append(self.weight) or own(self))
    model = DenseClassifier(random_state=4, ensemble=3, bag_fraction=0.5, **WORDS, **FIT_ALONE)
    for _ in range(2):
        model.partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_array_equal(*bags)
    assert len({(weight > 0).tobytes() for weight in bags[0]}) == 3
    model.partial_fit(X[:1], y[:1])
    assert bags[2].tolist() == [[1], [1], [1]]  # a bag has at least one row


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "rmsprop", "gd"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_with_the_same_bits(copied, optimizer, rows):
    X, y = rows
    whole = DenseClassifier(random_state=4, optimizer=optimizer, augment={"noise": 0.1}, **WORDS)
    for at in range(4):
        whole.partial_fit(X[at::4], y[at::4], classes=[0, 1, 2])
        if at == 1:
            half = copied(whole)
    for at in (2, 3):
        half.partial_fit(X[at::4], y[at::4])
    for name, tensor in whole.parameters_.items():
        np.testing.assert_array_equal(half.parameters_[name], tensor)
    np.testing.assert_array_equal(half.predict_proba(X), whole.predict_proba(X))


def test_the_layers_of_a_copied_network_are_views_again(rng):
    parameters = initial_parameters((3, 4, 2), "he", rng=rng)
    for again in (pickle.loads(pickle.dumps(parameters)), copy.deepcopy(parameters)):
        np.testing.assert_array_equal(again.flat, parameters.flat)
        again.flat[:] = 7
        assert all((tensor == 7).all() for tensor in again.tensors().values())
        assert not (parameters.flat == 7).any()


def test_pieces_of_a_table_teach(rows):
    X, y = rows
    model = DenseClassifier(random_state=0, hidden=(16,), learning_rate=0.01, batch_size=8)
    for _ in range(30):
        for at in range(3):
            model.partial_fit(X[at::3], y[at::3], classes=[0, 1, 2])
    assert model.score(X, y) > 0.8
    assert model.n_iter_ == 90


def test_a_number_is_learned_in_its_own_units(rows):
    X, _ = rows
    target = 1000 + 50 * X[:, 0]
    model = DenseRegressor(random_state=0, hidden=(16,), learning_rate=0.01, batch_size=8)
    for _ in range(60):
        model.partial_fit(X, target)
    assert model.score(X, target) > 0.95


def test_it_goes_on_where_a_fit_has_ended(rows):
    X, y = rows
    model = DenseClassifier(random_state=0, epochs=3, **WORDS).fit(X, y)
    before = {name: tensor.copy() for name, tensor in model.parameters_.items()}
    preparation = model.model_.preparation
    model.partial_fit(X + 100, y)
    assert model.n_iter_ == len(model.metrics_) == 4
    assert model.model_.preparation is preparation
    moved = np.abs(model.parameters_["W1"] - before["W1"]).max()
    assert 0 < moved < 0.1  # some steps of adam, each of 0.001 at most
    assert model.diagnosis_ is None


def test_a_fit_begins_anew(rows):
    X, y = rows
    fresh = DenseClassifier(random_state=0, epochs=3, **WORDS).fit(X, y)
    model = DenseClassifier(random_state=0, epochs=3, **WORDS).partial_fit(X, y, classes=[0, 1, 2]).fit(X, y)
    np.testing.assert_array_equal(model.parameters_["W1"], fresh.parameters_["W1"])
    assert model.diagnosis_.diagnosis == fresh.diagnosis_.diagnosis


def test_the_first_rows_need_not_have_all_classes(rows):
    X, y = rows
    first = y == 1
    model = DenseClassifier(random_state=0, **WORDS).partial_fit(X[first], y[first], classes=[0, 1, 2, 9])
    assert model.predict_proba(X).shape == (90, 4)
    model.partial_fit(X[:1], y[:1])
    assert model.classes_.tolist() == [0, 1, 2, 9]


def test_weights_count(rows):
    X, y = rows
    weight = np.arange(90) % 3
    counted = weight > 0
    model, removed, plain = (DenseClassifier(random_state=0, **WORDS) for _ in range(3))
    model.partial_fit(X, y, [0, 1, 2], sample_weight=weight)
    removed.partial_fit(X[counted], y[counted], [0, 1, 2], sample_weight=5.0 * weight[counted])
    plain.partial_fit(X[counted], y[counted], [0, 1, 2])
    np.testing.assert_allclose(model.parameters_["W1"], removed.parameters_["W1"], rtol=1e-5, atol=1e-7)
    assert np.abs(model.parameters_["W1"] - plain.parameters_["W1"]).max() > 1e-4
    heavy = DenseClassifier(random_state=0, class_weight={2: 3.0}, **WORDS).partial_fit(X, y, [0, 1, 2])
    same = DenseClassifier(random_state=0, **WORDS)
    same.partial_fit(X, y, [0, 1, 2], sample_weight=np.where(y == 2, 3.0, 1.0))
    np.testing.assert_array_equal(heavy.parameters_["W1"], same.parameters_["W1"])


def test_what_cannot_go_on_is_told(rows, tmp_path):
    X, y = rows
    with pytest.raises(ValueError, match="the first call of partial_fit needs all labels"):
        DenseClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match="balanced needs all rows at once"):
        DenseClassifier(class_weight="balanced").partial_fit(X, y, [0, 1, 2])
    model = DenseClassifier(**WORDS).partial_fit(X, y, [0, 1, 2])
    with pytest.raises(ValueError, match=r"label 7 is not one of the classes \[0, 1, 2\]"):
        model.partial_fit(X, np.where(y == 2, 7, y))
    with pytest.raises(ValueError, match="and the first call had"):
        model.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(X[:, :2], y)
    run = dlrun.train({"data": {"source": "iris"}, "training": {"epochs": 1}, "report": False}, runs_dir=tmp_path)
    with pytest.raises(ValueError, match="this network is that of a run; use dlrun resume"):
        dlrun.load(run.run_dir).partial_fit(np.zeros((9, 4)), [0] * 9)


@pytest.mark.parametrize("size", [1e30, 1e12])
def test_a_call_that_diverges_changes_nothing(size, rows):
    """At its first step, whose loss is infinite; or at its second, since the first leaves enormous weights."""
    X, _ = rows
    words = {"optimizer": "gd", "learning_rate": 0.01, "batch_size": 8}
    model = DenseRegressor(random_state=0, hidden=(6,), **words).partial_fit(X, X[:, 0])
    before = model.predict(X)
    with pytest.warns(ConvergenceWarning, match="the last finite parameters are kept"):
        model.partial_fit(X, size * X[:, 0])
    np.testing.assert_array_equal(model.predict(X), before)
    model.partial_fit(X, X[:, 0])
    assert np.isfinite(model.predict(X)).all()
