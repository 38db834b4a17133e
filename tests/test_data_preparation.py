"""Preparation: the formulas, what a mixed table becomes, and that nothing of dev or test reaches the training rows."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from dlrun.data import (
    DataFacts,
    Examples,
    Parts,
    Preparation,
    Reading,
    fit_dataset,
    fitting,
    read_examples,
    split_examples,
)
from dlrun.data.fitting import statistics_of
from dlrun.data.preparation import MISSING_CODE, UNSEEN_CODE
from dlrun.data.scaling import Scaling
from dlrun.errors import DataError
from dlrun.store import from_plain, to_plain

PARTS = Parts({"train": np.array([3, 0, 2, 1]), "dev": np.array([4, 5]), "test": np.array([6])})
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


def bits_of(preparation):
    """All that a preparation holds, to the last bit."""
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in preparation.to_arrays().items()}


def kept(preparation, path):
    """The preparation, written to a .npz and read again."""
    np.savez(path, **preparation.to_arrays())
    with np.load(path, allow_pickle=False) as loaded:
        return Preparation.from_arrays(dict(loaded))


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
    np.testing.assert_allclose(dataset.preparation.means, mu)
    np.testing.assert_allclose(dataset.preparation.scales, sigma)


@pytest.mark.parametrize("most_bytes", [1, 40, 10**9])
def test_examples_that_give_their_features_are_prepared_alike_and_have_none_left(monkeypatch, most_bytes):
    monkeypatch.setattr(fitting, "GIVEN_BYTES", most_bytes)
    kept = fit_dataset(MIXED, PARTS, dtype=np.float64)
    giving = replace(MIXED, gives_features=True)
    prepared = fit_dataset(giving, PARTS, dtype=np.float64)
    for name, split in kept.splits().items():
        assert prepared.splits()[name].X.tobytes() == split.X.tobytes()
    assert (prepared.facts, prepared.suspicions) == (kept.facts, kept.suspicions)
    assert (len(giving.numbers), len(giving.codes)) == (0, 0)
    assert (len(MIXED.numbers), len(MIXED.codes)) == (MIXED.m, MIXED.m)


def test_splits_carry_their_rows_shapes_and_layout():
    dataset = fit_dataset(numeric(np.arange(14.0).reshape(7, 2)), PARTS)
    for name, split in dataset.splits().items():
        assert split.rows.tolist() == PARTS[name].tolist()
        assert (split.X.dtype, split.X.flags["C_CONTIGUOUS"], split.X.shape) == (np.float32, True, (len(split.rows), 2))
    assert fit_dataset(numeric(np.arange(7.0)), Parts({name: PARTS[name] for name in ("train", "dev")})).test is None


@pytest.mark.parametrize("dtype", ["float32", np.float64])
def test_the_target_of_each_task_has_its_shape(dtype):
    binary = fit_dataset(numeric(np.arange(7.0)), PARTS, dtype=dtype)
    assert (binary.train.Y.dtype, binary.train.Y.tolist()) == (np.dtype(dtype), [[1], [0], [0], [1]])
    many = fit_dataset(numeric(np.arange(7.0), classes=("a", "b", "c"), task="multiclass"), PARTS, dtype=dtype)
    assert (many.dev.Y.dtype, many.dev.Y.tolist()) == (np.int64, [0, 1])
    y = np.array([1.0, 2, 3, 6, 10, 20, 30])
    value = fit_dataset(numeric(np.arange(7.0), y=y, classes=(), task="regression"), PARTS, dtype=dtype)
    assert (value.preparation.target_mean, value.preparation.target_scale) == (3.0, np.sqrt(3.5))
    assert (value.dev.Y.dtype, value.dev.Y.shape) == (np.dtype(dtype), (2, 1))
    np.testing.assert_allclose(value.preparation.target_in_own_units(value.dev.Y), [[10], [20]], rtol=1e-6)


def test_nothing_is_divided_by_zero_where_all_is_constant():
    y = np.full(7, 4.0)
    dataset = fit_dataset(numeric(np.full(7, 5.0), y=y, classes=(), task="regression"), PARTS)
    assert (dataset.train.X.tolist(), dataset.train.Y.tolist()) == ([[0]] * 4, [[0]] * 4)
    assert dataset.preparation.target_scale == 1.0


@pytest.mark.parametrize("gap", [False, True])
def test_together_all_numbers_have_the_mean_and_sigma_of_all_in_training(gap, rng):
    X = rng.integers(0, 256, (60, 5)).astype(float)
    X[:, 0] = 0  # a pixel that is always dark, and one that is hardly ever not
    X[:, 1] = 0
    X[0, 1] = 255
    if gap:
        X[:20, 4] = np.median(X[20:40, 4])  # what the gaps below become
    train = X[:40].copy()
    expected = (X - train.mean()) / train.std()
    if gap:
        X[:20, 4] = np.nan
    rows = {"train": np.arange(40), "dev": np.arange(40, 60)}
    dataset = fit_dataset(numeric(X, y=np.arange(60) % 2), Parts(rows), normalize="together", dtype=np.float64)
    np.testing.assert_allclose(dataset.dev.X[:, :5], expected[40:], rtol=1e-12)
    np.testing.assert_allclose(dataset.preparation.raw(dataset.dev.X)[:, :5], X[40:], atol=1e-9)


def test_together_equal_numbers_become_zero_and_not_infinite():
    X = np.full((7, 3), 7.0)
    dataset = fit_dataset(numeric(X), PARTS, normalize="together")
    assert not dataset.train.X.any()


def test_without_normalize_numbers_stay_as_they_are():
    X = np.arange(7.0)
    assert fit_dataset(numeric(X), PARTS, normalize=False).dev.X.tolist() == [[4], [5]]
    dataset = fit_dataset(MIXED, PARTS, normalize=False)
    assert column(dataset, "a") == [8, 1, 3, 3]
    assert (dataset.preparation.means.tolist(), dataset.preparation.scales.tolist()) == ([0, 0], [1, 1])


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
    assert bits_of(one.preparation) == bits_of(two.preparation)
    assert one.dev.X.tobytes() != two.dev.X.tobytes()
    # The planted fault: a changed training row shows.
    numbers[PARTS["train"][0]] += 1
    assert fit_dataset(replace(before, numbers=numbers), PARTS).train.X.tobytes() != one.train.X.tobytes()


def test_a_few_rows_at_a_time_scale_like_all_at_once(monkeypatch):
    X = np.random.default_rng(0).integers(0, 255, size=(7, 3)).astype(np.uint8)
    whole = fit_dataset(numeric(X), PARTS, dtype=np.float64)
    monkeypatch.setattr(fitting, "CELLS_AT_A_TIME", 6)
    np.testing.assert_allclose(fit_dataset(numeric(X), PARTS, dtype=np.float64).test.X, whole.test.X, rtol=1e-12)


def texts_of(examples, rows):
    """The words of these rows in each categorical column, as a file holds them."""
    return [
        [words[code] if code >= 0 else "" for code in codes[rows]]
        for codes, words in zip(examples.codes.T, examples.levels, strict=True)
    ]


@st.composite
def tables(draw):
    """Examples with numbers, gaps and categories, or some of them; rows of each split; whether to normalize; a type."""
    p, c, m = draw(st.integers(0, 4)), draw(st.integers(0, 3)), draw(st.integers(8, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    p = p or int(not c)
    numbers = rng.normal(size=(m, p)) * 10.0 ** rng.integers(-3, 4, p) + rng.integers(-50, 50, p)
    numbers[rng.random((m, p)) < draw(st.sampled_from([0, 0.02, 0.4]))] = np.nan
    if draw(st.booleans()):
        numbers[:, :1] = 7
    levels = tuple(tuple(f"{'äbc'[at]}{k}" for k in range(rng.integers(1, 9))) for at in range(c))
    codes = np.array([rng.integers(draw(st.integers(-1, 0)), len(words), m) for words in levels]).T.reshape(m, c)
    is_regression = draw(st.booleans())
    examples = numeric(
        numbers,
        y=rng.normal(size=m) * 30 + 5 if is_regression else rng.integers(0, 2, m),
        task="regression" if is_regression else "binary",
        classes=() if is_regression else ("no", "yes"),
        codes=codes.astype(np.int32),
        code_names=tuple("tuv"[:c]),
        levels=levels,
    )
    rows = rng.permutation(m)
    parts = Parts({"train": rows[: m // 2], "dev": np.sort(rows[m // 2 :])})
    return examples, parts, draw(st.booleans()), draw(st.sampled_from([np.float32, np.float64]))


@given(tables())
def test_a_preparation_read_from_a_file_prepares_dev_rows_to_the_last_bit(tmp_path_factory, table):
    examples, parts, normalize, dtype = table
    dataset = fit_dataset(examples, parts, normalize=normalize, dtype=dtype)
    again = kept(dataset.preparation, tmp_path_factory.getbasetemp() / "p.npz")
    assert bits_of(again) == bits_of(dataset.preparation)
    assert again.feature_names == dataset.feature_names
    rows = parts["dev"]
    for codes in (again.recoded(examples.codes, examples.levels)[rows], again.codes_of(texts_of(examples, rows))):
        X = again.features(examples.numbers[rows], codes, dtype)
        assert (X.dtype, X.flags["C_CONTIGUOUS"]) == (dtype, True)
        assert X.tobytes() == dataset.dev.X.tobytes()
    assert again.target(examples.y[rows], examples.task, dtype).tobytes() == dataset.dev.Y.tobytes()


def sklearns(examples, rows, normalize):
    """Another way to the same X: scikit-learn's own transformers, in one."""
    width, total = examples.numbers.shape[1], examples.numbers.shape[1] + examples.codes.shape[1]
    both = np.hstack([examples.numbers, examples.codes.astype(np.float64)])
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    steps = [
        ("numbers", make_pipeline(filled, StandardScaler()) if normalize else filled, list(range(width))),
        ("gaps", MissingIndicator(features="missing-only", error_on_new=False), list(range(width))),
        ("levels", OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(range(width, total))),
    ]
    transformer = ColumnTransformer([step for step in steps if step[2]], sparse_threshold=0)
    transformer.fit(both[rows["train"]])
    return {name: transformer.transform(both[of_split]) for name, of_split in rows.items()}


@given(tables())
def test_a_mixed_table_becomes_what_scikit_learn_makes_of_it(table):
    examples, parts, normalize, dtype = table
    assume(examples.codes.shape[1] or np.isnan(examples.numbers).any())
    dataset = fit_dataset(examples, parts, normalize=normalize, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a level of dev that training never saw
        expected = sklearns(examples, parts, normalize)
    for name, X in expected.items():
        assert getattr(dataset, name).X.tobytes() == np.ascontiguousarray(X, dtype=dtype).tobytes()


@pytest.mark.parametrize("m", [9, 129, 20_001])
def test_the_statistics_of_long_columns_are_scikit_learns_to_the_bit(m, rng):
    numbers = rng.normal(size=(m, 6)) * [1, 1e-8, 1e8, 1, 1, 1] + [0, 1e6, 0, 1e9, 0, 0]
    numbers[rng.random(numbers.shape) < 0.1] = np.nan
    numbers[:, 4], numbers[:, 5] = 3.7, np.nan
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    scaler = StandardScaler().fit(filled.fit_transform(np.asfortranarray(numbers)))
    figures = [statistics_of(column.copy()) for column in numbers.T]
    medians, means, variances, lows, highs, _ = (np.array(values) for values in zip(*figures, strict=True))
    assert medians.tolist() == filled.statistics_.tolist()
    assert (means.tolist(), variances.tolist()) == (scaler.mean_.tolist(), scaler.var_.tolist())
    assert Scaling.of_columns(means, variances, m).scale.tolist() == scaler.scale_.tolist()
    np.testing.assert_array_equal([lows[:5], highs[:5]], [np.nanmin(numbers[:, :5], 0), np.nanmax(numbers[:, :5], 0)])


@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_how_columns_lie_in_memory_changes_no_bit(gaps, rng):
    numbers = rng.normal(size=(3000, 5)) * [1, 1e-8, 1e8, 1, 1] + [0, 1e6, 0, 1e9, 0]
    numbers[rng.random(numbers.shape) < gaps] = np.nan
    y = rng.integers(0, 2, 3000)
    parts = Parts(dict(zip(("train", "dev"), np.split(rng.permutation(3000), [2000]), strict=True)))
    by_rows, by_columns = (
        fit_dataset(numeric(np.require(numbers, requirements=order), y=y), parts) for order in ("C", "F")
    )
    assert bits_of(by_rows.preparation) == bits_of(by_columns.preparation)
    assert by_rows.train.X.tobytes() == by_columns.train.X.tobytes()
    assert by_rows.facts == by_columns.facts


def test_codes_of_the_same_words_are_not_copied():
    preparation = Preparation(categorical_columns=("c",), levels=(("", "u", "v"),))
    codes = np.array([[0], [1], [-1]], dtype=np.int32)
    assert preparation.recoded(codes, [("u", "v")]) is codes
    assert preparation.recoded(codes, [("v", "u")]).tolist() == [[1], [0], [-1]]
    assert preparation.recoded(codes, [("u", "w")]).tolist() == [[0], [UNSEEN_CODE], [-1]]


def test_rows_of_another_file_are_prepared_by_their_words(tmp_path):
    preparation = kept(fit_dataset(MIXED, PARTS, dtype=np.float64).preparation, tmp_path / "p.npz")
    codes = preparation.codes_of([["v", "never seen", "", "u"]])
    assert codes.dtype == np.int32
    assert codes[:, 0].tolist() == [1, UNSEEN_CODE, MISSING_CODE, 0]
    numbers = np.array([[3.0, 7], [np.nan, np.nan], [3, 7], [3, 8]])
    X = preparation.features(numbers, codes, np.float64)
    # The median of a is 3 and that of b 7; a's own gap has an indicator, b's has none, for training had no gap there.
    a = (3 - 3.75) / preparation.scales[0]
    expected = [[a, 0, 0, 0, 0, 1], [a, 0, 1, 0, 0, 0], [a, 0, 0, 1, 0, 0], [a, 1, 0, 0, 1, 0]]
    np.testing.assert_allclose(X, expected)
    np.testing.assert_allclose(preparation.raw(X)[:, :2], [[3, 7], [3, 7], [3, 7], [3, 8]])
    np.testing.assert_allclose(preparation.scaled(preparation.raw(X)), X)


def test_a_gap_stays_one_where_training_says_nothing_of_gaps():
    preparation = fit_dataset(numeric(np.arange(14.0).reshape(7, 2)), PARTS).preparation
    X = preparation.features(np.array([[np.nan, 3.0]]), np.empty((1, 0), dtype=np.int32))
    assert np.isnan(X[0, 0])
    assert np.isfinite(X[0, 1])


@pytest.mark.parametrize("examples", [numeric(np.random.default_rng(0).normal(size=(7, 2))), MIXED])
def test_the_arrays_of_a_preparation_suffice_to_prepare_a_row(examples):
    dataset = fit_dataset(examples, PARTS, dtype=np.float64)
    kept = {name.removeprefix("preparation_"): array for name, array in dataset.preparation.to_arrays().items()}
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


def test_the_arrays_have_the_names_and_the_order_of_model_npz():
    ranges, target = ["lows", "highs"], ["target_mean", "target_scale"]
    plain = ["numeric_columns", "means", "scales", *ranges, *target]
    mixed = ["numeric_columns", "medians", "means", "scales", *ranges, "gap_columns", "categorical_columns", "levels_0"]
    categories = ["categorical_columns", "levels_0", "target_mean", "target_scale"]
    tables = {
        tuple(plain): numeric(np.arange(14.0).reshape(7, 2)),
        (*mixed, *target): MIXED,
        tuple(categories): replace(MIXED, numbers=np.empty((7, 0)), number_names=()),
    }
    for names, examples in tables.items():
        arrays = fit_dataset(examples, PARTS).preparation.to_arrays()
        assert list(arrays) == [f"preparation_{name}" for name in names]
        assert not any(array.dtype.hasobject for array in arrays.values())


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


def test_the_facts_count_right_and_come_back_from_json():
    facts = fit_dataset(replace(MIXED, warnings=("a word",)), Parts(PARTS, "by a test")).facts
    assert from_plain(DataFacts, to_plain(facts)) == facts
    expected = {
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
        "warnings": [
            "a word",
            "1 column is constant in the training rows and can teach nothing: b",
            "class 'no' has no rows in test, so the test error says nothing about it",
        ],
    }
    assert to_plain(facts) == expected
    assert list(to_plain(facts)) == list(expected)


def test_the_three_calls_go_from_a_word_to_numbers_that_sum_to_nothing(tmp_path):
    examples = read_examples(Reading("digits"), folder=tmp_path, rng=np.random.default_rng(0))
    dataset = fit_dataset(examples, split_examples(examples, rng=np.random.default_rng(1)))
    assert dataset.image_side == 8
    assert [split.X.shape for split in dataset.splits().values()] == [(1079, 64), (359, 64), (359, 64)]
    np.testing.assert_allclose(dataset.train.X.mean(axis=0), 0, atol=1e-6)
    deviations = dataset.train.X.std(axis=0)
    # Rounding to float32 moves a deviation of 1 by less than 1e-6; constant pixels stay 0.
    assert (np.isclose(deviations, 1, atol=1e-5) | (deviations == 0)).all()
    np.testing.assert_allclose(
        dataset.preparation.raw(dataset.train.X), examples.numbers[dataset.train.rows], atol=1e-4
    )
