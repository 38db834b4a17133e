"""Splits: disjoint, of the sizes asked for, fair to every class, groups whole, order kept, the same for one seed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.data import Examples, split_examples
from dlrun.data.splits import class_table
from dlrun.errors import DataError


def examples(y, **fields):
    """Rows that are nothing but their class."""
    y = np.asarray(y)
    classes = tuple(map(str, range(y.max() + 1))) if y.dtype.kind == "i" else ()
    return Examples(
        shown="t.csv",
        numbers=np.arange(len(y), dtype=float)[:, None],
        number_names=("a",),
        codes=np.empty((len(y), 0), dtype=np.int32),
        code_names=(),
        levels=(),
        y=y,
        task="multiclass" if classes else "regression",
        classes=classes,
        target_name="y",
        sha256="",
        **fields,
    )


def divide(found, seed=0, **options):
    return split_examples(found, rng=np.random.default_rng(seed), **options)


def message(found, **options):
    with pytest.raises(DataError) as caught:
        divide(found, **options)
    return str(caught.value)


def sizes(parts):
    return {name: len(rows) for name, rows in parts.items()}


UNEVEN = np.repeat([0, 1, 2, 3], [500, 300, 150, 50])


@pytest.mark.parametrize("stratify", [True, False])
def test_ratios_divide_every_row_once(stratify):
    parts = divide(examples(UNEVEN), stratify=stratify)
    assert sizes(parts) == {"train": 600, "dev": 200, "test": 200}
    assert sorted(np.concatenate(list(parts.values()))) == list(range(1000))


def test_stratified_splits_agree_with_scikit_learn_to_a_row():
    from sklearn.model_selection import train_test_split

    y = np.random.default_rng(5).choice(4, size=777, p=[0.5, 0.3, 0.15, 0.05])
    parts = divide(examples(y), split={"train": 0.7, "dev": 0.3})
    oracle = train_test_split(np.arange(777), test_size=len(parts["dev"]), stratify=y, random_state=0)
    for rows, others in zip((parts["train"], parts["dev"]), oracle, strict=True):
        assert np.abs(np.bincount(y[rows]) - np.bincount(y[others])).max() <= 1


def test_an_unstratified_split_leaves_shares_to_chance():
    counts = {tuple(np.bincount(UNEVEN[divide(examples(UNEVEN), s, stratify=False)["dev"]])) for s in range(5)}
    assert len(counts) > 1
    assert {tuple(np.bincount(UNEVEN[divide(examples(UNEVEN), s)["dev"]])) for s in range(5)} == {(100, 60, 30, 10)}


@pytest.mark.parametrize("fields", [{}, {"group": np.arange(1000) // 10, "split_by": "group g"}])
def test_one_seed_gives_one_split_and_another_seed_another(fields):
    first, again, other = (divide(examples(UNEVEN, **fields), seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["dev"], other["dev"])


def test_every_class_reaches_every_split_down_to_one_row_each():
    y = np.repeat([0, 1, 2], [94, 3, 3])
    for seed in range(20):
        parts = divide(examples(y), seed)
        assert [np.bincount(y[rows]).tolist()[1:] for rows in parts.values()] == [[1, 1]] * 3


@given(
    counts=st.lists(st.integers(3, 60), min_size=2, max_size=8),
    shares=st.tuples(st.floats(0.1, 0.8), st.floats(0.1, 0.8)),
)
def test_the_table_of_classes_keeps_its_sums_and_stays_near_the_shares(counts, shares):
    counts = np.array(counts)
    m, k = int(counts.sum()), len(counts)
    dev, test = (round(share / (1 + sum(shares)) * m) for share in shares)
    asked = np.array([m - dev - test, dev, test])
    if min(asked) < k:
        return
    table = class_table(counts, asked)
    assert table.sum(axis=0).tolist() == asked.tolist()
    assert table.sum(axis=1).tolist() == counts.tolist()
    assert table.min() >= 1


def test_large_classes_get_their_shares_to_within_a_row():
    table = class_table(np.array([5000, 301, 77]), np.array([3227, 1076, 1075]))
    shares = np.outer([5000, 301, 77], [3227, 1076, 1075]) / 5378
    assert np.abs(table - shares).max() <= 1.5


def test_counts_draw_a_random_subset():
    parts = divide(examples(UNEVEN), split={"train": 60, "dev": 20, "test": 20})
    assert sizes(parts) == {"train": 60, "dev": 20, "test": 20}
    assert np.bincount(UNEVEN[parts["dev"]]).tolist() == [10, 6, 3, 1]
    assert sizes(divide(examples(UNEVEN), split={"train": 60, "dev": 20})) == {"train": 60, "dev": 20}
    loose = divide(examples(UNEVEN), split={"train": 60, "dev": 20}, stratify=False)
    assert sizes(loose) == {"train": 60, "dev": 20}
    assert max(loose["train"]) > 100


def test_train_is_shuffled_and_the_others_stand_in_order():
    parts = divide(examples(UNEVEN))
    assert sorted(parts["train"]) != parts["train"].tolist()
    assert set(UNEVEN[parts["train"][:60]]) == {0, 1, 2, 3}
    assert sorted(parts["dev"]) == parts["dev"].tolist()


GIVEN = np.repeat(np.array([0, 1, 2], dtype=np.int8), [60, 20, 20])


def test_given_splits_stay_and_their_shares_go_to_the_others():
    y = np.arange(100) % 2
    parts = divide(examples(y, given=GIVEN))
    assert {name: (rows.min(), rows.max()) for name, rows in parts.items()} == {
        "train": (0, 59),
        "dev": (60, 79),
        "test": (80, 99),
    }
    assert parts.method == "dev and test given; the rest at random, stratified by class"
    only_test = divide(examples(y, given=np.where(GIVEN == 2, GIVEN, 0)))
    assert sizes(only_test) == {"train": 60, "dev": 20, "test": 20}
    assert only_test["test"].tolist() == list(range(80, 100))


def test_a_count_draws_from_a_given_split():
    parts = divide(examples(np.arange(100) % 2, given=GIVEN), split={"train": 30, "dev": 10, "test": 5})
    assert sizes(parts) == {"train": 30, "dev": 10, "test": 5}
    assert (parts["dev"].min() >= 60, parts["dev"].max() < 80, parts["test"].min() >= 80) == (True, True, True)
    assert message(examples(np.arange(100) % 2, given=GIVEN), split={"train": 30, "dev": 30}) == (
        "data.split.dev: asks for 30 rows; t.csv gives dev 20"
    )


def test_a_split_column_is_obeyed_exactly():
    found = examples(np.arange(100) % 2, given=GIVEN, given_exactly=True, split_by="split_column fold")
    parts = divide(found)
    assert sorted(parts["train"]) == list(range(60))
    assert (sizes(parts), parts.method) == ({"train": 60, "dev": 20, "test": 20}, "split_column fold")
    assert sizes(divide(replace(found, given=np.where(GIVEN == 2, 1, GIVEN)))) == {"train": 60, "dev": 40}
    assert message(replace(found, given=np.where(GIVEN == 1, 2, GIVEN))) == (
        "t.csv: no rows are in dev by split_column fold; mark or give some rows as dev"
    )


def test_a_group_stands_on_one_side_and_sizes_come_near():
    group = np.random.default_rng(0).integers(0, 100, size=1000)
    parts = divide(examples(UNEVEN, group=group, split_by="group g"))
    seen = [set(group[rows]) for rows in parts.values()]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 100
    assert all(abs(len(parts[name]) - size) <= 15 for name, size in {"train": 600, "dev": 200, "test": 200}.items())
    assert parts.method == "by group g, not stratified"


def test_three_groups_of_any_size_make_three_splits():
    y = np.arange(100) % 2
    for seed in range(10):
        group = np.repeat([0, 1, 2], [80, 10, 10])
        assert set(divide(examples(y, group=group), seed)) == {"train", "dev", "test"}
    assert message(examples(y, group=y)) == (
        "data.group: there are 2 groups for train and dev and test; each needs one, so name a column of more groups, or"
        " set fewer splits"
    )


def test_an_order_puts_the_earliest_in_train_and_the_latest_in_test():
    time = np.random.default_rng(0).permutation(100)
    parts = divide(examples(np.arange(100) % 2, order=time, split_by="order t"))
    assert [time[rows].tolist() for rows in parts.values()] == [
        list(range(60)),
        list(range(60, 80)),
        list(range(80, 100)),
    ]
    assert parts.method == "in the order t"


def test_a_subset_in_order_keeps_the_order():
    time = np.random.default_rng(0).permutation(100)
    found = examples(np.arange(100) % 2, order=time, split_by="order t")
    parts = divide(found, split={"train": 30, "dev": 10, "test": 10})
    assert sizes(parts) == {"train": 30, "dev": 10, "test": 10}
    assert max(time[parts["train"]]) < min(time[parts["dev"]]) < max(time[parts["dev"]]) < min(time[parts["test"]])


@pytest.mark.parametrize(
    ("y", "options", "expected"),
    [
        (
            np.repeat([0, 1], [98, 2]),
            {},
            "t.csv: class '1' has 2 rows; it cannot be in train, dev and test; set data.rare_classes: drop or"
            " merge, gather more, or set data.stratify: false",
        ),
        (
            np.repeat([0, 1], [99, 1]),
            {"split": {"train": 0.5, "dev": 0.5}},
            "t.csv: class '1' has 1 row; it cannot be in train and dev; set data.rare_classes: drop or merge,"
            " gather more, or set data.stratify: false",
        ),
        (
            np.arange(60) % 20,
            {},
            "data.split: a split of 12 rows cannot hold rows of all 20 classes; give it a larger share, or set"
            " data.stratify: false",
        ),
        (
            np.arange(100) % 2,
            {"split": {"train": 100, "dev": 20, "test": 10}},
            "data.split: asks for 130 rows (train 100, dev 20, test 10); t.csv has 100 to divide; ask for fewer",
        ),
        (
            np.arange(100) % 2,
            {"split": {"train": 0.6, "dev": 0.6}},
            "data.split: train 0.6, dev 0.6 sum to 1.2; ratios must sum to 1",
        ),
        (
            np.arange(100) % 2,
            {"split": {"train": 0.8, "test": 0.2}},
            "data.split.dev: 0 of 100 rows leaves dev empty; give it a larger share, or more rows",
        ),
        (
            np.arange(100) % 2,
            {"split": {"train": 0.997, "dev": 0.003}},
            "data.split.dev: 0.003 of 100 rows leaves dev empty; give it a larger share, or more rows",
        ),
        (
            np.arange(100) % 2,
            {"split": {"train": 0.797, "dev": 0.2, "test": 0.003}},
            "data.split.test: 0.003 of 100 rows leaves test empty; give it a larger share, or more rows",
        ),
    ],
)
def test_a_split_that_cannot_be_made_is_a_sentence(y, options, expected):
    assert message(examples(y), **options) == expected


def test_a_class_that_train_lacks_cannot_be_learned():
    found = examples(np.repeat([0, 1], [80, 20]), order=np.arange(100), split_by="order t")
    assert message(found) == (
        "t.csv: class '1' has no rows in train and cannot be learned; set data.stratify: true, choose another split, or"
        " drop the rows"
    )


def test_a_class_with_a_very_long_name_is_told_in_short():
    long = "x" * 140_000
    rare = replace(examples(np.repeat([0, 1], [98, 2])), classes=("0", long))
    assert len(message(rare)) < 300
    absent = replace(
        examples(np.repeat([0, 1], [80, 20]), order=np.arange(100), split_by="order t"), classes=("0", long)
    )
    assert len(message(absent)) < 300


def test_numbers_are_split_at_random_without_classes():
    parts = divide(examples(np.linspace(0, 1, 50)))
    assert (sizes(parts), parts.method) == ({"train": 30, "dev": 10, "test": 10}, "at random")


def test_everything_given_needs_only_train():
    parts = divide(examples(np.arange(100) % 2, given=GIVEN), split={"train": 1})
    assert sizes(parts) == {"train": 60, "dev": 20, "test": 20}
