"""The mean target of each word of a column: scikit-learn's numbers, and never by a training row's own label."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder

from dlrun.data import Examples, Parts, Preparation, fit_dataset
from dlrun.data.preparation import MISSING_CODE, UNSEEN_CODE
from dlrun.data.target_means import FOLDS, SEED
from dlrun.errors import DataError

M, TRAIN = 600, 400
PARTS = Parts({"train": np.arange(TRAIN)[::-1], "dev": np.arange(TRAIN, 500), "test": np.arange(500, M)})
TASKS = ("binary", "multiclass", "regression")


def shops(task, words=40, missing=True, seed=0):
    """Rows with a column of many words, whose effects differ, a column of few, and a number."""
    rng = np.random.default_rng(seed)
    codes = np.column_stack([rng.integers(0, words, M), rng.integers(0, 3, M)]).astype(np.int32)
    if missing:
        codes[rng.random(M) < 0.1, 0] = MISSING_CODE
    effect = rng.normal(size=words + 1)[codes[:, 0]] + rng.normal(size=M)
    y = 100 + 7 * effect if task == "regression" else np.digitize(effect, [0] if task == "binary" else [-0.7, 0.7])
    return Examples(
        shown="t.csv",
        numbers=rng.normal(size=(M, 1)),
        number_names=("price",),
        codes=codes,
        code_names=("shop", "size"),
        levels=(tuple(f"s{at}" for at in range(words)), ("l", "m", "s")),
        y=y,
        task=task,
        classes=() if task == "regression" else tuple("abc"[: 2 if task == "binary" else 3]),
        target_name="y",
        sha256="0" * 64,
    )


def fitted(examples, parts=PARTS, **given):
    return fit_dataset(examples, parts, **({"encoding": {"shop": "target"}, "dtype": np.float64} | given))


def means_of(dataset, split="train"):
    places = [at for at, name in enumerate(dataset.feature_names) if name.startswith("shop target mean")]
    return getattr(dataset, split).X[:, places]


@pytest.mark.parametrize("task", TASKS)
def test_the_numbers_are_those_of_scikit_learns_target_encoder(task):
    examples, train = shops(task), PARTS["train"]
    dataset = fitted(examples)
    folds = (KFold if task == "regression" else StratifiedKFold)(FOLDS, shuffle=True, random_state=SEED)
    encoder = TargetEncoder(target_type="continuous" if task == "regression" else task, cv=folds)
    shop = examples.codes[:, :1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = encoder.fit_transform(shop[train], examples.y[train])
    mean, spread = own.mean(axis=0), own.std(axis=0)
    np.testing.assert_allclose(means_of(dataset), (own - mean) / spread, rtol=1e-9, atol=1e-9)
    for split in ("dev", "test"):
        expected = (encoder.transform(shop[PARTS[split]]) - mean) / spread
        np.testing.assert_allclose(means_of(dataset, split), expected, rtol=1e-9, atol=1e-9)
    assert dataset.feature_names[:4] == ("price", "size=l", "size=m", "size=s")
    names = [f"shop target mean {number}" for number in (1, 2, 3)] if task == "multiclass" else ["shop target mean"]
    assert list(dataset.feature_names[4:]) == names == list(dataset.preparation.inputs_of("shop"))
    assert dataset.facts.encodings == {"shop": "target"}


def test_a_training_row_is_never_told_by_its_own_label():
    # A word for each two rows: a mean of the whole column nearly is the label.
    examples = shops("binary", words=200, missing=False)
    examples = replace(examples, y=np.random.default_rng(1).integers(0, 2, M))
    dataset, train = fitted(examples), PARTS["train"]
    codes = dataset.preparation.recoded(examples.codes, examples.levels)[train]
    of_all = dataset.preparation.features(examples.numbers[train], codes, np.float64)[:, -1]
    told, leaked = (np.corrcoef(means, examples.y[train])[0, 1] for means in (means_of(dataset)[:, 0], of_all))
    assert abs(told) < 0.15
    # The planted fault: what dev rows are encoded by has seen the label.
    assert leaked > 0.5


def test_other_labels_outside_of_training_change_nothing():
    one = shops("binary")
    y = one.y.copy()
    y[TRAIN:] = 1 - y[TRAIN:]
    before, after = fitted(one), fitted(replace(one, y=y))
    assert before.train.X.tobytes() == after.train.X.tobytes()
    assert before.dev.X.tobytes() == after.dev.X.tobytes()
    y[PARTS["train"][0]] = 1 - y[PARTS["train"][0]]
    assert fitted(replace(one, y=y)).dev.X.tobytes() != before.dev.X.tobytes()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_preparation_read_from_a_file_prepares_dev_rows_to_the_last_bit(tmp_path, task, dtype):
    examples = shops(task)
    dataset = fitted(examples, dtype=dtype, encoding={"shop": "target", "price": "piecewise"})
    np.savez(tmp_path / "p.npz", **dataset.preparation.to_arrays())
    with np.load(tmp_path / "p.npz") as loaded:
        again = Preparation.from_arrays(dict(loaded))
    assert again.feature_names == dataset.feature_names
    codes = again.recoded(examples.codes, examples.levels)[PARTS["dev"]]
    X = again.features(examples.numbers[PARTS["dev"]], codes, dtype)
    assert X.tobytes() == dataset.dev.X.tobytes()
    assert again.raw(X).shape == again.first_inputs(X).shape == (100, 4)
    np.testing.assert_allclose(again.scaled(again.raw(X))[:, :20], X[:, :20], atol=1e-5)


def test_words_that_training_lacks_have_the_mean_of_all_and_none_is_rare():
    examples = shops("regression", missing=False)
    dataset = fitted(examples, max_levels=2)
    preparation = dataset.preparation
    told = "column 'size' has 3 different words: at most 2, the commonest, get a feature each and the others share one"
    assert [warning for warning in dataset.warnings if "different words" in warning] == [f"{told} (data.max_levels)"]
    assert (len(preparation.levels[0]), preparation.rare_columns) == (40, ("size",))
    table = preparation.target_means["shop"]
    assert table.shape == (42, 1)
    codes = np.array([[UNSEEN_CODE, 0], [MISSING_CODE, 0], [0, 0]], dtype=np.int32)
    X = preparation.features(np.zeros((3, 1)), codes, np.float64)
    assert X[:, -1].tolist() == table[:3, 0].tolist()
    assert X[0, -1] == X[1, -1] != X[2, -1]
    assert abs(X[0, -1]) < 0.2  # near the mean of the training rows' inputs


def test_a_column_of_one_word_and_few_rows_do_no_harm():
    one = shops("binary")
    assert np.isfinite(means_of(fitted(replace(one, codes=np.zeros_like(one.codes))))).all()
    y = one.y.copy()
    y[:4] = [0, 1, 0, 0]
    assert np.isfinite(fitted(replace(one, y=y), Parts({"train": np.arange(4), "dev": np.arange(4, M)})).train.X).all()
    with pytest.raises(DataError, match="target needs two training rows of one class"):
        fitted(replace(one, y=y), Parts({"train": np.arange(2), "dev": np.arange(4, M)}))
