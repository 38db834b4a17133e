"""Suspicions about data: each is planted and found, and its innocent neighbour is left in peace."""

from pathlib import Path

import numpy as np
import pytest

from dlrun.data import Examples, Reading, checks, duplicates, fit_dataset, hashing, read_examples, split_examples
from dlrun.data.checks import suspicions_of
from dlrun.data.hashing import row_hashes
from dlrun.errors import DataError

M = 60
Y = np.arange(M) % 3
PARTS = {"train": np.arange(40), "dev": np.arange(40, 50), "test": np.arange(50, 60)}
NOISE = np.random.default_rng(0).normal(size=M)


def examples(columns=None, texts=None, y=Y, **fields):
    columns, texts = columns if columns and "noise" in columns else {"noise": NOISE} | (columns or {}), texts or {}
    classes = tuple("abcdef"[: y.max() + 1]) if y.dtype.kind == "i" else ()
    fields = {"image_side": None} | fields
    return Examples(
        shown="t.csv",
        numbers=np.column_stack(list(columns.values())).astype(float),
        number_names=tuple(columns),
        codes=np.column_stack([*texts.values(), np.empty((len(y), 0))]).astype(np.int32),
        code_names=tuple(texts),
        levels=tuple(tuple(f"l{i}" for i in range(int(codes.max()) + 1)) for codes in texts.values()),
        y=y,
        task="multiclass" if classes else "regression",
        classes=classes,
        target_name="y",
        sha256="",
        **fields,
    )


def warned(*args, parts=PARTS, **fields):
    return [str(found) for found in suspicions_of(examples(*args, **fields), parts)]


def leak(name):
    return (
        f"column {name!r} gives the target 'y' away, each value standing for one of its values; unless it is known"
        " before the target is, name it in data.drop"
    )


def test_innocent_data_is_left_in_peace():
    assert warned() == []


@pytest.mark.parametrize("recoded", [Y, 2 - Y, np.array([7.5, -1, 3])[Y]])
def test_a_column_that_recodes_the_target_is_a_leak(recoded):
    assert warned({"z": recoded}) == [leak("z")]


def test_a_category_that_recodes_the_target_is_a_leak():
    assert warned(texts={"z": np.array([2, 0, 1])[Y]}) == [leak("z")]


@pytest.mark.parametrize(
    "values", [np.where(np.arange(M) == 59, 0, Y), np.where(Y == 2, 1, Y), np.where(np.arange(M) == 5, np.nan, Y)]
)
def test_a_column_that_only_resembles_the_target_is_not_a_leak(values):
    assert "leak" not in [found.code for found in suspicions_of(examples({"z": values}), PARTS)]


def test_a_leak_is_judged_by_every_row(monkeypatch):
    monkeypatch.setattr(checks, "FIRST_LOOK", 10)
    assert leak("z") not in warned({"z": np.where(np.arange(M) == 59, 0, Y)})
    assert warned({"z": Y}) == [leak("z")]


def test_the_target_in_other_units_is_a_leak():
    y = np.random.default_rng(1).normal(size=M)
    assert warned({"z": 32 + 1.8 * y}, y=y) == [leak("z")]
    assert warned({"z": y + 0.1 * NOISE}, y=y) == []


@pytest.mark.parametrize("name", ["id", "PassengerId", "row_number", "CustomerID", "ID", "order no"])
def test_a_column_named_and_numbered_like_an_identity_is_one(name):
    order = np.random.default_rng(0).permutation(M)
    assert warned({name: order}) == [
        f"column {name!r} numbers the rows, all different whole numbers; name it in data.drop if it is an id"
    ]
    assert not any("numbers the rows" in told for told in warned({name: order // 2}))
    assert warned({name: order + 0.5}) == []


@pytest.mark.parametrize("name", ["humid", "acid", "kidney", "Monkey", "piano"])
def test_a_word_that_merely_ends_so_is_no_identity(name):
    assert warned({name: np.random.default_rng(0).permutation(M)}) == []


def test_constant_columns_are_listed_but_for_pictures():
    columns = {"c": np.full(M, 3.0), "d": np.where(np.arange(M) < 40, 1.0, NOISE)}
    assert warned(columns) == ["2 columns are constant in the training rows and can teach nothing: c, d"]
    assert warned({"c": columns["c"]}) == ["1 column is constant in the training rows and can teach nothing: c"]
    assert warned(columns, image_side=2) == []


def test_a_constant_regression_target_is_told():
    assert warned(y=np.full(M, 2.5)) == ["the target 'y' is constant in the training rows; there is nothing to learn"]


def test_classes_that_a_split_lacks_are_told():
    parts = {"train": np.arange(40), "dev": np.array([42, 43, 45]), "test": np.array([48])}
    assert warned(parts=parts) == [
        "class 'c' has no rows in dev, so the dev error says nothing about it",
        "classes 'b', 'c' have no rows in test, so the test error says nothing about it",
    ]


def test_rows_that_stand_in_two_splits_are_counted():
    values = NOISE.copy()
    values[[42, 45, 48]] = values[[0, 3, 3]]
    values[57] = values[42]
    values[58] = values[0]
    found = warned({"noise": values})
    same, tail = (
        "equal in every feature and the target",
        "; set data.duplicates: together, remove duplicate rows, or split by data.group",
    )
    other = "equal in every feature but with another target, so that no answer is right for both"
    look = "look at their labels, or add a feature that tells them apart"
    assert found == [
        f"3 of 10 dev rows also stand in train, {same}, which flatters the dev error{tail}",
        f"1 of 10 test rows also stand in train, {same}, which flatters the test error{tail}",
        f"1 of 10 test rows also stand in train, {other}; {look}",
        f"1 of 10 test rows also stand in dev, {same}, which flatters the test error{tail}",
        f"1 of 10 test rows also stand in dev, {other}; {look}",
    ]


def test_too_many_cells_are_not_hashed_and_that_is_said(monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_CELLS_TO_HASH", 59)
    assert warned() == ["rows that stand in two splits were not looked for: 60 cells are more than 59"]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32, np.float64])
def test_hashes_are_equal_where_rows_are_and_nowhere_else(dtype, monkeypatch):
    monkeypatch.setattr(hashing, "CELLS_AT_A_TIME", 64)
    # Small whole numbers: as floats they differ in the topmost bits alone, which a weaker hash confuses.
    rows = np.random.default_rng(0).integers(0, 4, size=(5000, 7)).astype(dtype)
    _, expected = np.unique(rows, axis=0, return_inverse=True)
    _, found = np.unique(row_hashes(rows), return_inverse=True)
    assert len(np.unique(found)) == len(np.unique(expected)) == len(np.unique(np.c_[found, expected.ravel()], axis=0))


def test_hashes_that_all_differ_are_known():
    hashes = np.array([5, 1, 9, 3], dtype=np.uint64)
    assert hashing.all_differ(hashes)
    assert not hashing.all_differ(np.append(hashes, hashes[1]))


def several(m, seed=0):
    """Labels, a feature that hints at them and one that says nothing."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, m)
    return (
        y,
        {"hint": y + rng.normal(size=m), "noise": rng.normal(size=m)},
        {"train": np.arange(m - 100), **later_parts(m)},
    )


def later_parts(m):
    return {"dev": np.arange(m - 100, m - 50), "test": np.arange(m - 50, m)}


def codes_of(columns, parts, **fields):
    return [found.code for found in suspicions_of(examples(columns, **fields), parts)]


@pytest.mark.parametrize("recoded", [lambda y: y, lambda y: np.array([7.5, -1, 3])[y], lambda y: (y - 1) * 100.0])
def test_a_feature_that_nearly_gives_the_target_away_is_told(recoded):
    y, columns, parts = several(1000)
    wrong = np.where(np.random.default_rng(1).random(1000) < 0.005, (y + 1) % 3, y)
    assert codes_of({"z": recoded(wrong)} | columns, parts, y=y) == ["near-leak"]
    far_off = np.where(np.random.default_rng(1).random(1000) < 0.1, (y + 1) % 3, y)
    assert codes_of({"z": recoded(far_off)} | columns, parts, y=y) == []


def test_a_threshold_on_one_of_many_features_is_suspected_and_an_easy_task_is_asked_about():
    y, columns, parts = several(2000)
    y = (y > 0).astype(int)
    noise = np.random.default_rng(2).normal(size=2000)
    assert codes_of({"z": y * 10 + noise} | columns, parts, y=y) == ["easy-target"]
    clear = y * 50 + noise
    assert codes_of({"z": clear} | columns, parts, y=y) == ["near-leak"]
    assert codes_of({"z": clear, "twin": -clear} | columns, parts, y=y) == ["easy-target"]
    rare = np.where(np.arange(2000) < 10, 1, 0)
    assert codes_of(columns, parts, y=rare) == ["absent-class"] * 2


def test_a_number_that_ranks_as_the_target_does_is_told():
    _, columns, parts = several(1000)
    y = np.random.default_rng(3).normal(size=1000)
    noise = np.random.default_rng(4).normal(size=1000)
    assert codes_of({"z": np.exp(y) + 0.001 * noise} | columns, parts, y=y) == ["near-leak"]
    assert codes_of({"z": y + 0.1 * noise} | columns, parts, y=y) == []


def test_a_column_that_names_groups_on_both_sides_is_told():
    y, columns, parts = several(600)
    shuffled = np.random.default_rng(5).permutation(600)
    found = [str(f) for f in suspicions_of(examples({"patient_id": shuffled // 4} | columns, y=y), parts)]
    shared = np.isin(shuffled[parts["dev"]] // 4, shuffled[parts["train"]] // 4).sum()
    assert found == [
        f"column 'patient_id' seems to name groups, 150 of them, and {shared} of 50 dev rows share theirs with train;"
        " if rows of one group are alike, split by them: data.group=patient_id"
    ]
    assert codes_of({"patient_id": np.arange(600) // 4} | columns, parts, y=y) == []  # on one side each
    assert codes_of({"humid": shuffled // 4} | columns, parts, y=y) == []
    assert codes_of({"patient_id": shuffled // 40} | columns, parts, y=y) == []  # too few to be persons


def test_rows_with_another_target_are_told_by_themselves():
    values = NOISE.copy()
    values[41] = values[0]
    assert Y[41] != Y[0]
    assert codes_of({"noise": values}, PARTS) == ["conflicting-rows"]
    assert codes_of({"noise": values}, PARTS, y=NOISE[::-1].copy()) == []  # two measurements may differ


# Public tables that are no part of the project, for whoever has them beside it.
REAL = Path(__file__).parents[2] / "shared" / "data"


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the tables beside the repository")
class TestRealTables:
    """What is known of well-known tables without looking at our own results."""

    def dataset(self, name, **options):
        found = read_examples(Reading(name, **options), folder=REAL, rng=np.random.default_rng(0))
        return fit_dataset(found, split_examples(found, rng=np.random.default_rng(0)))

    def test_titanics_alive_column_is_found_out(self):
        dataset = self.dataset("tabular/titanic.csv", target="survived")
        assert any("'alive' gives the target 'survived' away" in warning for warning in dataset.warnings)
        assert dataset.facts.missing == {"age": 177, "embarked": 2, "deck": 688, "embark_town": 2}

    def test_adult_has_no_header_and_blanks_after_its_commas(self):
        dataset = self.dataset("tabular/adult.csv")
        assert dataset.classes == ("<=50K", ">50K")
        assert (dataset.facts.rows, dataset.facts.missing) == (32561, {"x1": 1836, "x6": 1843, "x13": 583})

    def test_churns_ids_and_surnames_are_told(self):
        warnings = "\n".join(self.dataset("tabular/churn.csv").warnings)
        assert all(word in warnings for word in ("'Surname' has 2932", "'CustomerId' numbers", "'RowNumber' numbers"))

    def test_penguins_without_a_sex_cannot_be_asked_for_it(self):
        with pytest.raises(DataError, match=r"11 rows have no value .*, the first at .*penguins.csv:5;"):
            self.dataset("tabular/penguins.csv", unlabeled="error")
        dataset = self.dataset("tabular/penguins.csv")
        assert dataset.facts.rows == 333
        assert any("11 rows have no value in the target 'sex'" in warning for warning in dataset.warnings)
        assert self.dataset("tabular/penguins.csv", target="species").classes == ("Adelie", "Chinstrap", "Gentoo")

    def test_mnist_keeps_its_test_rows(self):
        found = read_examples(Reading("mnist.npz"), folder=REAL, rng=np.random.default_rng(0))
        parts = split_examples(found, rng=np.random.default_rng(0), split={"train": 500, "dev": 100, "test": 100})
        dataset = fit_dataset(found, parts)
        assert (dataset.image_side, dataset.classes) == (28, tuple("0123456789"))
        assert dataset.test.rows.min() >= 60000 > dataset.train.rows.max()
