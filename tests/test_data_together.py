"""Equal rows stay in one split, and every split keeps its size and its shares of the classes."""

from dataclasses import replace

import numpy as np
import pytest
from test_data_splits import divide, examples, sizes

from dlrun.data import Examples

ROWS = 300


def with_copies(share, *, classes=3, seed=7):
    """Rows of which a share is equal to another row, in features and target."""
    rng = np.random.default_rng(seed)
    y = np.arange(ROWS) % classes
    found = examples(y)
    originals, copies = np.split(rng.permutation(ROWS)[: 2 * int(share * ROWS)], 2)
    order = np.argsort(y[originals], kind="stable"), np.argsort(y[copies], kind="stable")
    numbers, target = found.numbers.copy(), y.copy()
    numbers[copies[order[1]]] = numbers[originals[order[0]]]
    target[copies[order[1]]] = target[originals[order[0]]]
    return replace(found, numbers=numbers, y=target)


def rows_in_two_splits(found: Examples, parts):
    values = {name: set(found.numbers[rows, 0].tolist()) for name, rows in parts.items()}
    return (
        len(values["train"] & values["dev"])
        + len(values["train"] & values["test"])
        + len(values["dev"] & values["test"])
    )


def shares(found, parts):
    return {name: np.bincount(found.y[rows], minlength=3).tolist() for name, rows in parts.items()}


@pytest.mark.parametrize("share", [0.01, 0.1, 0.2])
def test_equal_rows_are_in_one_split_at_no_cost(share):
    found = with_copies(share)
    apart, together = divide(found, duplicates="apart"), divide(found)
    assert rows_in_two_splits(found, apart) > 0
    assert rows_in_two_splits(found, together) == 0
    assert sizes(together) == sizes(apart)
    assert shares(found, together) == shares(found, apart)
    assert sorted(np.concatenate(list(together.values()))) == list(range(ROWS))
    assert together.method.endswith(", equal rows together")


def test_without_equal_rows_the_split_is_what_it_always_was():
    found = examples(np.arange(ROWS) % 3)
    for name, rows in divide(found).items():
        np.testing.assert_array_equal(rows, divide(found, duplicates="apart")[name])


def test_train_stays_shuffled_and_the_others_in_the_order_of_the_source():
    parts = divide(with_copies(0.1))
    assert (np.diff(parts["train"]) < 0).any()
    assert (np.diff(parts["dev"]) > 0).all()


def test_where_it_would_cost_their_sizes_equal_rows_stay_apart_unless_asked_for():
    found = replace(examples(np.arange(ROWS) % 3), numbers=(np.arange(ROWS) % 6 // 1.0)[:, None])
    assert sizes(divide(found)) == {"train": 180, "dev": 60, "test": 60}
    assert rows_in_two_splits(found, divide(found)) > 0
    asked = divide(with_copies(0.45), duplicates="together")
    assert rows_in_two_splits(with_copies(0.45), asked) == 0


def test_numbers_as_targets_are_kept_together_as_well():
    found = with_copies(0.1)
    found = replace(found, y=found.numbers[:, 0] * 0.5, classes=(), task="regression")
    parts = divide(found)
    assert rows_in_two_splits(found, parts) == 0
    assert sizes(parts) == {"train": 180, "dev": 60, "test": 60}
