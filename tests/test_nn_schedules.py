"""Schedules and the warm-up: each factor beside a twin in another notation, and the steps taken by them in training."""

import numpy as np
import oracles
import pytest

from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.schedules import SCHEDULES, rate_factor
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan

RATE, EPOCHS, M, BATCH = 0.3, 5, 23, 4  # six steps an epoch, the last of three rows


def factors(schedule, total, warmup=0.0):
    return np.array([rate_factor(schedule, warmup, step, total) for step in range(total)])


@pytest.mark.parametrize("total", [1, 2, 7, 100])
@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_agree_with_their_twin(name, total):
    # Measured: 2e-16 at most.
    np.testing.assert_allclose(factors(name, total), getattr(oracles, f"schedule_{name}")(total), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_begins_at_1_never_rises_and_still_moves_in_its_last_step(name):
    for total in (1, 2, 9, 1000):
        found = factors(name, total)
        assert found[0] == 1
        assert (np.diff(found) <= 0).all()
        assert found[-1] > 0


def test_a_constant_rate_without_a_warm_up_is_the_rate_to_the_bit():
    assert set(factors("constant", 1000)) == {1.0}


@pytest.mark.parametrize(("warmup", "total", "risen"), [(0.5, 8, 4), (0.25, 100, 25), (0.3, 10, 3), (0.01, 20, 0)])
def test_a_warm_up_rises_by_equal_amounts_to_the_whole_rate(warmup, total, risen):
    expected = [number / risen for number in range(1, risen + 1)] + [1.0] * (total - risen)
    np.testing.assert_allclose(factors("constant", total, warmup), expected, rtol=1e-14)
    np.testing.assert_allclose(
        factors("cosine", total, warmup), expected * oracles.schedule_cosine(total), rtol=1e-13, atol=1e-15
    )


def test_pytorchs_cosine_has_the_same_rates():
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40), []
    for _ in range(40):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose(factors("cosine", 40), rates, atol=1e-12)


def trained(**pace):
    """(rates, records): of each step the rate by which descent moved its parameters, and the records of the epochs."""
    rng = np.random.default_rng(3)
    network = Network((3, 4, 1), "tanh", "squared")
    parameters = initial_parameters(network.sizes, "glorot", rng=rng, dtype=np.float64)
    rows = Examples(rng.standard_normal((M, 3)), rng.standard_normal((M, 1)))
    streams = Streams(*(np.random.Generator(np.random.SFC64(seed)) for seed in (1, 2)))
    trainer = Trainer(network, parameters, rows, rows, TrainingPlan(EPOCHS, BATCH, "gd", RATE, **pace), streams)
    rates, before = [], parameters.flat.copy()

    def watch():
        slope = trainer.gradient.flat
        rates.append(float((before - parameters.flat) @ slope / (slope @ slope)))
        before[:] = parameters.flat

    trainer.after_step = watch
    records = list(trainer.epochs())
    return np.array(rates), records


@pytest.mark.parametrize("warmup", [0.0, 0.4])
@pytest.mark.parametrize("name", SCHEDULES)
def test_each_step_moves_by_its_own_rate_and_a_record_has_that_of_the_last_step(name, warmup):
    rates, records = trained(schedule=name, warmup_fraction=warmup)
    total, steps = len(rates), -(-M // BATCH)
    expected = getattr(oracles, f"schedule_{name}")(total)
    if warmup:
        expected *= np.minimum(np.linspace(1, total, total) / (warmup * total), 1)
    # Measured: 2e-13 at most; the rates are found from differences of parameters.
    np.testing.assert_allclose(rates, RATE * expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose([r.learning_rate for r in records], RATE * expected[steps - 1 :: steps], rtol=1e-12)


def test_the_twin_tells_a_schedule_that_goes_by_epochs():
    rates, _ = trained(schedule="cosine")
    by_epochs = np.repeat(RATE * oracles.schedule_cosine(EPOCHS), -(-M // BATCH))
    assert np.abs(rates - by_epochs).max() > 0.02


def test_the_decay_and_a_warm_up_multiply():
    _, records = trained(learning_rate_decay=1.0, warmup_fraction=0.8)
    expected = [RATE / (1 + epoch) * min(1, (6 * epoch + 6) / 24) for epoch in range(EPOCHS)]
    assert [record.learning_rate for record in records] == pytest.approx(expected, rel=1e-12)
