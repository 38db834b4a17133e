"""The keyed permutation: that it is one, that it has a way back, and that its places are fair."""

import itertools

import numpy as np
import pytest
from scipy.stats import chi2

from dlrun.nn import permutation
from dlrun.nn.permutation import Permutation, shuffled

SIZES = [*range(1, 35), 63, 64, 65, 1000, 1023, 1025, 65537]


def stream(number):
    return np.random.Generator(np.random.SFC64(number))


@pytest.mark.parametrize("m", SIZES)
def test_every_number_stands_at_one_place(m, rng):
    numbers = Permutation.drawn(m, rng)[:]
    assert numbers.dtype == np.int64
    np.testing.assert_array_equal(np.sort(numbers), np.arange(m))


@pytest.mark.parametrize("m", SIZES)
def test_the_way_back_leads_to_the_place(m, rng):
    found = Permutation.drawn(m, rng)
    np.testing.assert_array_equal(found.places_of(found[:]), np.arange(m))
    np.testing.assert_array_equal(found[found.places_of(np.arange(m))], np.arange(m))


def test_any_places_are_found_without_the_others(rng):
    found = Permutation.drawn(10**12, rng)
    places = np.array([0, 7, 10**12 - 1])
    numbers = found[places]
    assert ((numbers >= 0) & (numbers < 10**12)).all()
    np.testing.assert_array_equal(found.places_of(numbers), places)
    np.testing.assert_array_equal(found[5:9], found[np.arange(5, 9)])
    assert len(found[10**12 - 3 : 10**12 + 100]) == 3


def test_the_keys_are_all_that_it_is_made_of():
    one = Permutation.drawn(1000, stream(1))
    np.testing.assert_array_equal(Permutation(1000, one.keys.copy())[:], one[:])
    assert not np.array_equal(Permutation.drawn(1000, stream(2))[:], one[:])


def p_value(counts, expected):
    """How likely counts as uneven as these are, were all cells alike."""
    statistic = ((counts - expected) ** 2 / expected).sum()
    return chi2.sf(statistic, counts.size - 1)


@pytest.mark.parametrize("m", [5, 13, 40])
def test_over_many_keys_every_number_is_as_often_at_every_place(m, rng):
    keys = 1000
    counts = np.zeros((m, m))
    for _ in range(keys):
        counts[np.arange(m), Permutation.drawn(m, rng)[:]] += 1
    # Rows and columns sum to `keys`, so of m^2 cells only (m - 1)^2 are free.
    statistic = ((counts - keys / m) ** 2 / (keys / m)).sum()
    assert chi2.sf(statistic, (m - 1) ** 2) > 1e-4


def test_over_many_keys_every_order_of_a_few_is_as_likely(rng):
    orders = dict.fromkeys(itertools.permutations(range(4)), 0)
    for _ in range(1000):
        orders[tuple(Permutation.drawn(4, rng)[:].tolist())] += 1
    assert p_value(np.array(list(orders.values())), 1000 / 24) > 1e-4


def test_neighbours_are_torn_apart(rng):
    numbers = Permutation.drawn(100_000, rng)[:]
    steps = np.diff(numbers) % 100_000
    assert p_value(np.bincount(steps // 1000, minlength=100), 999.99) > 1e-4


def test_the_fairness_check_sees_a_rotation():
    """The planted fault: a rotation is a bijection whose every place is fair, and its neighbours stay together."""
    steps = np.diff((np.arange(100_000) + 4711) % 100_000) % 100_000
    assert p_value(np.bincount(steps // 1000, minlength=100), 999.99) < 1e-300


def test_few_rows_are_shuffled_by_the_generator_itself_and_many_by_keys(monkeypatch):
    np.testing.assert_array_equal(shuffled(100, stream(3)), stream(3).permutation(100))
    monkeypatch.setattr(permutation, "LISTED_ROWS", 99)
    keyed = shuffled(100, stream(3))
    assert isinstance(keyed, Permutation)
    np.testing.assert_array_equal(np.sort(keyed[:]), np.arange(100))
