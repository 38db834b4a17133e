"""Bias and variance add up to the loss, and their estimates are right on average over every possible outcome."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.statistics.decomposition import (
    disagreement_variance,
    domingos,
    kohavi_wolpert,
    pairwise_variance,
    squared_parts,
)

CLASSES = 3


@st.composite
def answers_and_targets(draw):
    networks, m = draw(st.integers(2, 6)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.integers(CLASSES, size=(networks, m)), rng.integers(CLASSES, size=m)


@settings(max_examples=60)
@given(answers_and_targets())
def test_bias_and_variance_add_up_to_the_loss(case):
    answers, targets = case
    parts = kohavi_wolpert(answers, targets, CLASSES)
    net = domingos(answers, targets, CLASSES)
    squared = squared_parts(answers.astype(float), targets.astype(float))
    assert parts.loss == net.loss == np.mean(answers != targets)
    assert parts.bias + parts.variance == pytest.approx(parts.loss, abs=1e-12)
    assert net.bias + net.net_variance == pytest.approx(net.loss, abs=1e-12)
    assert squared.bias + squared.variance == pytest.approx(np.mean((answers - targets) ** 2), abs=1e-12)


@pytest.mark.parametrize("networks", [2, 3, 4])
def test_the_corrected_parts_are_unbiased_over_every_possible_set_of_networks(networks):
    p, target = np.array([0.5, 0.3, 0.2]), 1
    hit = np.eye(CLASSES)[target]
    truth = (np.sum((hit - p) ** 2) / 2, (1 - np.sum(p**2)) / 2)
    found, naive = np.zeros(2), 0.0
    for outcome in product(range(CLASSES), repeat=networks):
        answers = np.array(outcome)[:, None]
        chance = np.prod(p[list(outcome)])
        parts = kohavi_wolpert(answers, np.array([target]), CLASSES)
        found += chance * np.array([parts.bias, parts.variance])
        naive += chance * parts.variance * (networks - 1) / networks
    assert found == pytest.approx(truth, abs=1e-12)
    assert naive < truth[1] - 0.05  # without its correction the same check fails


def test_half_the_disagreement_is_the_variance_on_average():
    p = np.array([0.5, 0.3, 0.2])
    pairs = list(product(range(CLASSES), repeat=2))
    found = sum(p[a] * p[b] * disagreement_variance(np.array([a]), np.array([b]), regression=False) for a, b in pairs)
    assert found == pytest.approx((1 - np.sum(p**2)) / 2, abs=1e-12)
    numbers = np.array([1.0, 4.0, 9.0])
    found = sum(p[a] * p[b] * disagreement_variance(numbers[[a]], numbers[[b]], regression=True) for a, b in pairs)
    assert found == pytest.approx(p @ numbers**2 - (p @ numbers) ** 2)


def test_the_mean_over_all_pairs_is_the_unbiased_variance(rng):
    answers = rng.normal(size=(6, 20))
    assert pairwise_variance(answers, regression=True) == pytest.approx(answers.var(axis=0, ddof=1).mean())


def test_domingos_follows_the_formula_row_by_row(rng):
    answers, targets = rng.integers(CLASSES, size=(9, 40)), rng.integers(CLASSES, size=40)
    bias = variance = net = 0.0
    for row, target in enumerate(targets):
        given = answers[:, row].tolist()
        main = min(range(CLASSES), key=lambda c, given=given: (-given.count(c), c))
        varies = sum(answer != main for answer in given) / 9
        biased = main != target
        # c2 = 1, or -P(y = y* | y != main) where the main answer is wrong
        wrong_main = [answer for answer in given if answer != main]
        c2 = 1.0 if not biased else -(wrong_main.count(target) / len(wrong_main) if wrong_main else 0.0)
        bias, variance, net = bias + biased / 40, variance + varies / 40, net + c2 * varies / 40
    found = domingos(answers, targets, CLASSES)
    assert (found.bias, found.variance, found.net_variance) == pytest.approx((bias, variance, net))
