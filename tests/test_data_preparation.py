"""Preparation: the formulas, what a mixed table becomes, and that nothing of dev or test reaches the training rows."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlrun.data import Examples, Parts, Reading, fit_dataset, preparation, read_examples, split_examples
from dlrun.errors import DataError

PARTS = {"train": np.array([3, 0, 2, 1]), "dev": np.array([4, 5]), "test": np.array([6])}
Y = np.array([0, 1, 0, 1, 0, 1, 1])


def numeric(numbers, y=Y, classes=("no", "yes"), task="binary", **fields):
    numbers = np.asarray(numbers)
    numbers = numbers[:, None] if numbers.ndim == 1 else numbers
    names = tuple("abcdef"[: numbers.shape[1]])
    fields = {"codes": np.empty((len(numbers), 0), dtype=np.int32), "code_names": (), "levels": ()} | fields
    return Examples(
        shown="t.csv",
        numbers=numbers,
        number_names=names,
        y=np.asarray(y),
        task=task,
        classes=classes,
        target_name="y",
        sha256="0" * 64,
        **fields,
    )


MIXED = numeric(
    [[1.0, 7], [np.nan, 7], [3, 7], [8, 7], [np.nan, 9], [5, np.nan], [2, 7]],
    codes=np.array([[0], [1], [-1], [1], [2], [-1], [0]], dtype=np.int32),
    code_names=("t",),
    levels=(("u", "v", "w"),),
)


def column(dataset, name, split="train"):
    return getattr(dataset, split).X[:, dataset.feature_names.index(name)].tolist()


def test_scaling_is_the_population_formula_of_the_training_rows():
    rng = np.random.default_rng(0)
    X = rng.normal(3, 5, size=(7, 4))
    dataset = fit_dataset(numeric(X), PARTS, dtype=np.float64)
    train = X[:4]
    mu = train.sum(axis=0) / 4
    sigma = np.sqrt(((train - mu) ** 2).sum(axis=0) / 4)
    for name, rows in PARTS.items():
        np.testing.assert_allclose(getattr(dataset, name).X, (X[rows] - mu) / sigma, rtol=1e-12)
    # The fault that the notes print, a divisor of m / 2 and no root, is told apart.
    assert not np.allclose(dataset.dev.X, (X[PARTS["dev"]] - mu) / (2 * sigma**2))
    np.testing.assert_allclose(dataset.preparation["means"], mu)
    np.testing.assert_allclose(dataset.preparation["scales"], sigma)


def test_splits_carry_their_rows_shapes_and_layout():
    dataset = fit_dataset(numeric(np.arange(14.0).reshape(7, 2)), PARTS)
    for name, split in dataset.splits().items():
        assert split.rows.tolist() == PARTS[name].tolist()
        assert (split.X.dtype, split.X.flags["C_CONTIGUOUS"], split.X.shape) == (np.float32, True, (len(split.rows), 2))
    assert fit_dataset(numeric(np.arange(7.0)), {name: PARTS[name] for name in ("train", "dev")}).test is None


@pytest.mark.parametrize("dtype", ["float32", np.float64])
def test_the_target_of_each_task_has_its_shape(dtype):
    binary = fit_dataset(numeric(np.arange(7.0)), PARTS, dtype=dtype)
    assert (binary.train.Y.dtype, binary.train.Y.tolist()) == (np.dtype(dtype), [[1], [0], [0], [1]])
    many = fit_dataset(numeric(np.arange(7.0), classes=("a", "b", "c"), task="multiclass"), PARTS, dtype=dtype)
    assert (many.dev.Y.dtype, many.dev.Y.tolist()) == (np.int64, [0, 1])
    y = np.array([1.0, 2, 3, 6, 10, 20, 30])
    value = fit_dataset(numeric(np.arange(7.0), y=y, classes=(), task="regression"), PARTS, dtype=dtype)
    assert (value.target_mean, value.target_scale) == (3.0, np.sqrt(3.5))
    assert (value.dev.Y.dtype, value.dev.Y.shape) == (np.dtype(dtype), (2, 1))
    np.testing.assert_allclose(value.dev.Y * value.target_scale + value.target_mean, [[10], [20]], rtol=1e-6)


def test_nothing_is_divided_by_zero_where_all_is_constant():
    y = np.full(7, 4.0)
    dataset = fit_dataset(numeric(np.full(7, 5.0), y=y, classes=(), task="regression"), PARTS)
    assert (dataset.train.X.tolist(), dataset.train.Y.tolist()) == ([[0]] * 4, [[0]] * 4)
    assert dataset.target_scale == 1.0


def test_without_normalize_numbers_stay_as_they_are():
    X = np.arange(7.0)
    assert fit_dataset(numeric(X), PARTS, normalize=False).dev.X.tolist() == [[4], [5]]
    dataset = fit_dataset(MIXED, PARTS, normalize=False)
    assert column(dataset, "a") == [8, 1, 3, 3]
    assert (dataset.preparation["means"].tolist(), dataset.preparation["scales"].tolist()) == ([0, 0], [1, 1])


def test_a_mixed_table_worked_by_hand():
    dataset = fit_dataset(MIXED, PARTS, dtype=np.float64)
    assert dataset.feature_names == ("a", "b", "a is missing", "t is missing", "t=u", "t=v")
    # Rows 3, 0, 2, 1: the median of 8, 1, 3 is 3; mean 15/4, variance (4.25^2 + 2.75^2 + 2 * 0.75^2) / 4.
    scale = np.sqrt((4.25**2 + 2.75**2 + 2 * 0.75**2) / 4)
    np.testing.assert_allclose(column(dataset, "a"), np.array([4.25, -2.75, -0.75, -0.75]) / scale)
    assert column(dataset, "b") == [0, 0, 0, 0]
    assert column(dataset, "a is missing") == [0, 0, 0, 1]
    assert [column(dataset, name) for name in dataset.feature_names[3:]] == [[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]]
    # In dev, w was never seen, and the gap in b, which training never had, is filled with its median.
    np.testing.assert_allclose(column(dataset, "a", "dev"), np.array([-0.75, 1.25]) / scale)
    assert column(dataset, "b", "dev") == [2, 0]
    assert [column(dataset, name, "dev") for name in dataset.feature_names[2:]] == [[1, 0], [0, 1], [0, 0], [0, 0]]


def test_a_column_that_training_never_saw_filled_does_no_harm():
    X = np.array([[1.0, np.nan], [2, np.nan], [3, np.nan], [4, np.nan], [5, 1], [6, 2], [7, 3]])
    dataset = fit_dataset(numeric(X), PARTS)
    assert column(dataset, "b") == [0, 0, 0, 0]
    assert np.isfinite(dataset.dev.X).all()


def test_a_table_of_categories_alone_has_their_levels_for_columns():
    codes = replace(MIXED, numbers=np.empty((7, 0)), number_names=())
    assert fit_dataset(codes, PARTS).feature_names == ("t is missing", "t=u", "t=v")


@pytest.mark.parametrize("examples", [numeric(np.random.default_rng(0).normal(size=(7, 2))), MIXED])
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_altering_dev_and_test_rows_leaves_training_bit_for_bit_alone(examples, task):
    y = np.array([0.5, 1, 2, 4, 8, 16, 32]) if task == "regression" else Y
    before = replace(examples, y=y, task=task, classes=() if task == "regression" else ("no", "yes"))
    outside = np.concatenate([PARTS["dev"], PARTS["test"]])
    numbers, codes, other_y = before.numbers.copy(), before.codes.copy(), before.y.copy()
    numbers[outside] = numbers[outside] * -1e6 + 17
    codes[outside] = 2 - codes[outside]
    other_y[outside] = other_y[outside][::-1]
    one, two = fit_dataset(before, PARTS), fit_dataset(replace(before, numbers=numbers, codes=codes, y=other_y), PARTS)
    assert one.train.X.tobytes() == two.train.X.tobytes()
    assert one.train.Y.tobytes() == two.train.Y.tobytes()
    assert one.feature_names == two.feature_names
    assert one.preparation.keys() == two.preparation.keys()
    assert all(one.preparation[key].tobytes() == two.preparation[key].tobytes() for key in one.preparation)
    assert one.dev.X.tobytes() != two.dev.X.tobytes()
    # The planted fault: a changed training row shows.
    numbers[PARTS["train"][0]] += 1
    assert fit_dataset(replace(before, numbers=numbers), PARTS).train.X.tobytes() != one.train.X.tobytes()


def test_a_few_rows_at_a_time_scale_like_all_at_once(monkeypatch):
    X = np.random.default_rng(0).integers(0, 255, size=(7, 3)).astype(np.uint8)
    whole = fit_dataset(numeric(X), PARTS, dtype=np.float64)
    monkeypatch.setattr(preparation, "CELLS_AT_A_TIME", 6)
    np.testing.assert_allclose(fit_dataset(numeric(X), PARTS, dtype=np.float64).test.X, whole.test.X, rtol=1e-12)


@pytest.mark.parametrize("examples", [numeric(np.random.default_rng(0).normal(size=(7, 2))), MIXED])
def test_the_preparation_suffices_to_prepare_a_row(examples, tmp_path):
    dataset = fit_dataset(examples, PARTS, dtype=np.float64)
    np.savez(tmp_path / "p.npz", **dataset.preparation)
    with np.load(tmp_path / "p.npz", allow_pickle=False) as loaded:
        kept = dict(loaded)
    for row, expected in zip(dataset.dev.rows, dataset.dev.X, strict=True):
        raw = examples.numbers[row]
        filled = np.where(np.isnan(raw), kept.get("medians", raw), raw)
        built = list((filled - kept["means"]) / kept["scales"])
        names = kept["numeric_columns"].tolist()
        built += [float(np.isnan(raw[names.index(name)])) for name in kept.get("gap_columns", [])]
        for at in range(len(kept.get("categorical_columns", []))):
            code = examples.codes[row, at]
            text = examples.levels[at][code] if code >= 0 else ""
            built += [float(level == text) for level in kept[f"levels_{at}"]]
        np.testing.assert_allclose(built, expected)


def test_numbers_beyond_the_type_are_named_by_their_column():
    X = np.column_stack([np.arange(7.0), [0, 1, 2, 3, 1e60, 5, 6]])
    expected = "t.csv: the numbers of column 'b' leave the range of float32; express it in other units, or drop it with"
    with pytest.raises(DataError) as caught:
        fit_dataset(numeric(X), PARTS)
    assert str(caught.value) == f"{expected} data.drop"
    assert fit_dataset(numeric(X), PARTS, dtype=np.float64).dev.X[0, 1] > 1e59
    # The square of 1e200 is no float64, and an infinite scale would turn the column to zeros unseen.
    X[:, 1] = np.arange(7) * 1e200
    with pytest.raises(DataError, match="column 'b' leave the range of float64"):
        fit_dataset(numeric(X), PARTS, dtype=np.float64)


def test_the_facts_are_plain_and_count_right():
    facts = fit_dataset(MIXED, Parts(PARTS, "by a test")).facts
    assert json.loads(json.dumps(facts)) == {
        "source": "t.csv",
        "sha256": "0" * 64,
        "rows": 7,
        "columns": [
            {"name": "a", "kind": "numeric"},
            {"name": "b", "kind": "numeric"},
            {"name": "t", "kind": "categorical", "levels": ["u", "v", "w"]},
        ],
        "missing": {"a": 2, "b": 1, "t": 2},
        "features": 6,
        "normalize": True,
        "target": "y",
        "task": "binary",
        "classes": ["no", "yes"],
        "split": "by a test",
        "sizes": {"train": 4, "dev": 2, "test": 1},
        "class_counts": {"train": {"no": 2, "yes": 2}, "dev": {"no": 1, "yes": 1}, "test": {"no": 0, "yes": 1}},
        "image_side": None,
    }


def test_the_three_calls_go_from_a_word_to_numbers_that_sum_to_nothing(tmp_path):
    examples = read_examples(Reading("digits"), folder=tmp_path, rng=np.random.default_rng(0))
    dataset = fit_dataset(examples, split_examples(examples, rng=np.random.default_rng(1)))
    assert dataset.image_side == 8
    assert [split.X.shape for split in dataset.splits().values()] == [(1079, 64), (359, 64), (359, 64)]
    np.testing.assert_allclose(dataset.train.X.mean(axis=0), 0, atol=1e-6)
    deviations = dataset.train.X.std(axis=0)
    # Rounding to float32 moves a deviation of 1 by less than 1e-6; constant pixels stay 0.
    assert (np.isclose(deviations, 1, atol=1e-5) | (deviations == 0)).all()
    raw = dataset.train.X * dataset.preparation["scales"] + dataset.preparation["means"]
    np.testing.assert_allclose(raw, examples.numbers[dataset.train.rows], atol=1e-4)
