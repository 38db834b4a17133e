"""Encodings of numbers: each against another way to the same inputs, fitted on training rows alone, kept to the bit."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata
from sklearn.preprocessing import QuantileTransformer, RobustScaler

from dlrun.config import config_from_dict, load_config
from dlrun.data import Examples, Parts, Preparation, Reading, fit_dataset, read_examples, split_examples
from dlrun.data.encoded import words_of
from dlrun.data.records import SourceColumn
from dlrun.errors import ConfigError, DataError
from dlrun.experiment.identity import config_sha256, differences
from dlrun.nn import encodings
from dlrun.nn.encodings import (
    BINS,
    CLIP,
    ENCODINGS,
    FREQUENCIES,
    MOST_KNOTS,
    STANDARD,
    Periodic,
    Piecewise,
    Quantile,
    Robust,
)

KINDS = {word: kind for word, kind in ENCODINGS.items() if kind}
M = 400


def table(numbers, names="abcdefgh", **fields):
    """Examples of numbers (m, p), with a target that no encoding heeds."""
    numbers = np.asarray(numbers, dtype=np.float64)
    m = len(numbers)
    given = {"codes": np.empty((m, 0), np.int32), "code_names": (), "levels": ()} | fields
    return Examples(
        shown="t.csv",
        numbers=numbers,
        number_names=tuple(names[: numbers.shape[1]]),
        y=np.arange(m) % 2,
        task="binary",
        classes=("no", "yes"),
        target_name="y",
        sha256="0" * 64,
        **given,
    )


def columns_of_all_kinds(m=M, seed=0):
    """Normal, heavy-tailed, tied, constant, two-valued, gappy, and mostly zero numbers."""
    rng = np.random.default_rng(seed)
    normal, tailed = rng.normal(5, 2, m), np.exp(rng.normal(0, 3, m))
    tied, flag = rng.integers(0, 6, m), rng.integers(0, 2, m)
    gappy = np.where(rng.random(m) < 0.3, np.nan, rng.normal(size=m))
    zeros = np.where(rng.random(m) < 0.9, 0, rng.exponential(size=m))
    return np.column_stack([normal, tailed, tied, np.full(m, 7.0), flag, gappy, zeros])


def parts_of(m=M):
    rows = np.random.default_rng(1).permutation(m)
    return Parts({"train": rows[: m // 2], "dev": rows[m // 2 : 3 * m // 4], "test": rows[3 * m // 4 :]})


def fitted(word, numbers=None, dtype=np.float64, **fields):
    numbers = columns_of_all_kinds() if numbers is None else numbers
    return fit_dataset(table(numbers, **fields), parts_of(len(numbers)), encoding=word, dtype=dtype)


def inputs_called(dataset, start, split="train"):
    """The inputs (m, k) whose names begin so."""
    places = [at for at, name in enumerate(dataset.feature_names) if name.startswith(start)]
    return getattr(dataset, split).X[:, places]


# Slow twins in plain loops: a number, the known training numbers, its scaled value -> its inputs.


def slow_robust(x, train, z):
    low, median, high = np.percentile(train, [25, 50, 75])
    reach = high - low if high != low else (max(train) - min(train)) / 2
    scaled = (x - median) / reach if reach else 0
    return [scaled / math.sqrt(1 + (scaled / 3) ** 2)]


def slow_piecewise(x, train, z):
    ordered = sorted(train)
    edges = sorted({ordered[max(math.ceil(len(ordered) * t / 16) - 1, 0)] for t in range(17)})
    if len(edges) < 3:
        return [z]
    shares, bins = [], len(edges) - 1
    for above, (low, high) in zip(range(bins - 1, -1, -1), pairwise(edges), strict=True):
        share = 0.0 if x <= low else 1.0 if x >= high else (x - low) / (high - low)
        shares.append(share - (above + 0.5) / bins)
    return [z, *shares]


def slow_periodic(x, train, z):
    if len(set(train)) < 3:
        return [z]
    return [z, *(f(2 * math.pi * c * z) for f in (math.sin, math.cos) for c in (1 / 8, 1 / 4, 1 / 2, 1))]


TWINS = {"robust": slow_robust, "piecewise": slow_piecewise, "periodic": slow_periodic}


@pytest.mark.parametrize(("word", "twin"), TWINS.items())
def test_each_column_becomes_what_a_slow_twin_makes_of_it(word, twin):
    numbers, parts = columns_of_all_kinds(), parts_of()
    dataset, scaled = fitted(word, numbers), fitted(STANDARD, numbers)
    for at, name in enumerate("abcdefg"):
        train = numbers[parts["train"], at]
        known = train[~np.isnan(train)].tolist()
        for split in ("train", "dev", "test"):
            raw = numbers[parts[split], at]
            filled = np.where(np.isnan(raw), np.median(known), raw)
            z = getattr(scaled, split).X[:, at]
            expected = np.array([twin(*row) for row in zip(filled, [known] * len(raw), z, strict=True)])
            made = inputs_called(dataset, name, split)
            if name == "f":  # the gaps have a column of their own, behind the first input
                assert made[:, 1].tolist() == np.isnan(raw).tolist()
                made = np.delete(made, 1, axis=1)
            # Powers of float64: rounding alone.
            np.testing.assert_allclose(made, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("word", "name", "fault"),
    [("robust", "CLIP", 2.9), ("piecewise", "BINS", 15), ("periodic", "FREQUENCIES", (0.125, 0.25, 0.5, 2.0))],
)
def test_a_planted_fault_is_seen(monkeypatch, word, name, fault):
    monkeypatch.setattr(encodings, name, fault)
    with pytest.raises(AssertionError):
        test_each_column_becomes_what_a_slow_twin_makes_of_it(word, TWINS[word])


def test_robust_is_scikit_learns_robust_scaler_smoothly_clipped():
    x = np.random.default_rng(0).standard_cauchy(101)
    scaled = RobustScaler().fit_transform(x[:, None])[:, 0]
    made = Robust.fitted(x).inputs(x, x)[:, 0]
    np.testing.assert_allclose(made, scaled / np.sqrt(1 + (scaled / 3) ** 2), rtol=1e-12)
    assert np.abs(made).max() < CLIP
    assert Robust.fitted(x).inputs(np.array([1e300, -1e300]), x)[:, 0].tolist() == [CLIP, -CLIP]


@pytest.mark.parametrize("tied", [False, True])
def test_quantile_is_scikit_learns_within_the_ends(tied):
    x = np.random.default_rng(0).normal(size=301)
    x = np.round(x, 1) if tied else x
    theirs = QuantileTransformer(n_quantiles=len(x), output_distribution="normal").fit_transform(x[:, None])[:, 0]
    own = Quantile.fitted(x)
    made = own.inputs(x, x)[:, 0]
    inner = (x > x.min()) & (x < x.max())
    by_rank = norm.ppf((rankdata(x) - 1) / (len(x) - 1))
    np.testing.assert_allclose(made[inner], by_rank[inner], rtol=1e-9, atol=1e-12)
    # Where numbers are equal, scikit-learn's percentiles differ from them by rounding, and it misses half a rank.
    missed = np.abs(norm.cdf(made) - norm.cdf(theirs))[inner] * (len(x) - 1)
    assert missed.max() < (0.501 if tied else 1e-6)
    # scikit-learn's ends are at 5.2 of however few rows; here half a row is left beyond each.
    ends = np.sort(made)[[0, -1]]
    assert (np.abs(ends) < 3).all()
    assert (np.abs(ends) > np.abs(made[inner]).max()).all()
    assert own.inputs(np.array([x.min() - 9, x.max() + 9, np.nan]), x)[:2, 0].tolist() == ends.tolist()


def test_quantile_keeps_a_thousand_knots_of_many_rows_and_little_is_lost():
    x = np.random.default_rng(0).exponential(size=20_000)
    own = Quantile.fitted(x)
    assert own.kept.shape == (2, MOST_KNOTS)
    theirs = QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=None).fit_transform(
        x[:, None]
    )[:, 0]
    made, inner = own.inputs(x, x)[:, 0], np.abs(theirs) < 3
    # The knots are 20 rows apart, and the last normal numbers lie far apart: measured 0.016.
    assert np.abs(made - theirs)[inner].max() < 0.03
    assert np.corrcoef(made, np.argsort(np.argsort(x)))[0, 1] > 0.9


def test_a_number_mostly_zero_is_not_torn_from_its_other_values():
    x = np.r_[np.zeros(90), np.arange(1.0, 11)]
    made = Quantile.fitted(x).inputs(x, x)[:, 0]
    assert made[0] == pytest.approx(-0.125, abs=0.01)  # the normal number of the mean rank, 44.5 of 99
    theirs = QuantileTransformer(n_quantiles=100, output_distribution="normal").fit_transform(x[:, None])[:, 0]
    assert theirs[0] < -5
    np.testing.assert_allclose(made[90:99], theirs[90:99], rtol=1e-9)


@pytest.mark.parametrize("word", ENCODINGS)
def test_altering_dev_and_test_rows_leaves_training_bit_for_bit_alone(word):
    before = columns_of_all_kinds()
    after, parts = before.copy(), parts_of()
    after[np.r_[parts["dev"], parts["test"]]] *= -3
    one, two = fitted(word, before), fitted(word, after)
    assert one.train.X.tobytes() == two.train.X.tobytes()
    assert bits_of(one.preparation) == bits_of(two.preparation)
    assert one.dev.X.tobytes() != two.dev.X.tobytes()
    # The planted fault: a changed training row shows.
    after[parts["train"][0], :3] = 1e3
    assert bits_of(fitted(word, after).preparation) != bits_of(one.preparation)


def bits_of(preparation):
    return {name: (array.dtype, array.shape, array.tobytes()) for name, array in preparation.to_arrays().items()}


def kept(preparation, path):
    np.savez(path, **preparation.to_arrays())
    with np.load(path, allow_pickle=False) as loaded:
        return Preparation.from_arrays(dict(loaded))


MIXED = {"b": "quantile", "a": "piecewise", "*": "robust", "f": "periodic", "d": "standard"}


@pytest.mark.parametrize("choice", [*ENCODINGS, MIXED])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_preparation_read_from_a_file_prepares_dev_rows_to_the_last_bit(tmp_path, choice, dtype):
    numbers = columns_of_all_kinds()
    codes = np.random.default_rng(0).integers(-1, 3, (M, 1)).astype(np.int32)
    dataset = fitted(choice, numbers, dtype, codes=codes, code_names=("t",), levels=(("u", "v", "w"),))
    again, rows = kept(dataset.preparation, tmp_path / "p.npz"), parts_of()["dev"]
    assert bits_of(again) == bits_of(dataset.preparation)
    assert again.feature_names == dataset.feature_names
    assert len(set(again.feature_names)) == dataset.dev.X.shape[1]
    X = again.features(numbers[rows], again.recoded(codes, (("u", "v", "w"),))[rows], dtype)
    assert (X.dtype, X.flags["C_CONTIGUOUS"], X.tobytes()) == (dtype, True, dataset.dev.X.tobytes())
    # One row is prepared alike in any company.
    alone = [again.features(numbers[[row]], again.recoded(codes, (("u", "v", "w"),))[[row]], dtype) for row in rows[:9]]
    assert np.concatenate(alone).tobytes() == X[:9].tobytes()


@pytest.mark.parametrize("choice", [*ENCODINGS, {"c": "piecewise", "*": "robust"}])
def test_a_table_of_numbers_alone_has_the_first_inputs_first_and_the_further_ones_last(choice):
    numbers = columns_of_all_kinds()[:, :4]
    dataset = fitted(choice, numbers)
    preparation = dataset.preparation
    assert preparation.raw_names == tuple("abcd")
    assert dataset.feature_names[:4] == preparation.raw_names
    for name in "abcd":
        assert preparation.inputs_of(name) == tuple(
            feature for feature in dataset.feature_names if feature.split()[0] == name
        )
    assert preparation.first_inputs(dataset.dev.X).tolist() == dataset.dev.X[:, :4].tolist()
    assert dataset.facts.features == len(dataset.feature_names)
    words = {name: encoding.word for name, encoding in preparation.encodings.items()}
    assert dataset.facts.encodings == (words or None)


@pytest.mark.parametrize("choice", [*ENCODINGS, {"c": "piecewise", "*": "robust"}])
def test_raw_numbers_come_back_from_their_inputs(choice):
    numbers = columns_of_all_kinds()[:, :3]
    dataset, rows = fitted(choice, numbers), parts_of()["train"]
    raw = dataset.preparation.raw(dataset.train.X)
    assert raw.shape == (len(rows), 3)
    # The inverse of the clipping multiplies the rounding by the cube of how far out a number is, here 1e3 times.
    np.testing.assert_allclose(raw, numbers[rows], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(dataset.preparation.scaled(raw), dataset.train.X, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("word", KINDS)
def test_constant_and_two_valued_columns_have_one_finite_input(word):
    numbers = np.column_stack([np.full(M, 3.0), np.arange(M) % 2, np.full(M, np.nan), np.arange(M)])
    numbers[parts_of()["dev"], 2] = 1.0  # a column that is empty in training alone
    dataset = fitted(word, numbers)
    for name in "abc":
        assert [feature for feature in dataset.preparation.inputs_of(name) if "missing" not in feature] == [name]
    assert all(np.isfinite(split.X).all() for split in dataset.splits().values())
    assert (inputs_called(dataset, "a") == 0).all()
    assert len(np.unique(inputs_called(dataset, "b"))) == 2


@pytest.mark.parametrize("word", KINDS)
def test_an_outlier_stays_within_reach(word):
    numbers = columns_of_all_kinds()[:, :1]
    far = parts_of()["dev"][0]
    numbers[far] = 1e9
    made = fitted(word, numbers).dev.X[0]
    assert np.abs(made[1:]).max(initial=0) <= 1
    assert abs(made[0]) <= CLIP if word in ("robust", "quantile") else made[0] > 1e6


@pytest.mark.parametrize("word", ENCODINGS)
def test_numbers_beyond_float32_are_a_sentence_with_the_column(word):
    numbers = columns_of_all_kinds()[:, :2]
    numbers[parts_of()["train"][0], 1] = 1e200
    with pytest.raises(DataError, match="the numbers of column 'b' leave the range of float32"):
        fitted(word, numbers, np.float32)


def test_every_bin_of_distinct_numbers_holds_as_many_rows():
    x = np.random.default_rng(0).normal(size=1600)
    edges = Piecewise.fitted(x).kept
    counts = np.histogram(x, edges)[0]
    assert (len(edges), counts.min() >= 98, counts.max() <= 102) == (BINS + 1, True, True)
    assert Periodic.fitted(x).further_names()[:5] == ("sin 1/8", "sin 1/4", "sin 1/2", "sin 1", "cos 1/8")
    assert list(FREQUENCIES) == Periodic.fitted(x).kept.tolist()


def test_the_parts_of_bins_have_mean_zero_in_training():
    x = np.random.default_rng(0).exponential(size=4000)
    parts = Piecewise.fitted(x).inputs(x, x)[:, 1:]
    assert parts.shape == (4000, BINS)
    assert np.abs(parts.mean(axis=0)).max() < 0.03


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=60), st.sampled_from(sorted(KINDS))
)
def test_first_inputs_grow_with_the_number_and_all_are_finite(values, word):
    x = np.sort(np.array(values))
    encoding = KINDS[word].fitted(x)
    if encoding is None:
        assert len(np.unique(x)) < 3 or word in ("piecewise", "quantile")
        return
    z = (x - x.mean()) / (x.std() or 1)
    made = encoding.inputs(x, z)
    assert made.shape == (len(x), 1 + len(encoding.further_names()))
    assert np.isfinite(made).all()
    assert (np.diff(made[:, 0]) >= -1e-9).all()
    again = type(encoding)(encoding.kept)
    assert again.inputs(x, z).tobytes() == made.tobytes()


def test_words_are_chosen_by_name_and_dates_keep_their_cycles():
    numbers = columns_of_all_kinds()[:, :3]
    date = SourceColumn("a", "date", "feature", "", (), M, 0, {}, M, features=("a", "b"))
    examples = replace(table(numbers), source_columns=(date,))
    assert words_of(examples, "robust") == {"a": "robust", "b": "standard", "c": "robust"}
    assert words_of(examples, {"b": "periodic"}) == {"a": "standard", "b": "periodic", "c": "standard"}
    assert words_of(examples, {"*": "quantile", "c": "piecewise"}) == {
        "a": "quantile",
        "b": "standard",
        "c": "piecewise",
    }


def test_a_word_that_is_not_for_what_a_column_holds_is_a_sentence():
    codes = {"codes": np.zeros((M, 1), np.int32), "code_names": ("city",), "levels": (("u",),)}
    left_out = SourceColumn("note", "text", "left out", "", (), M, 0, {}, M)
    examples = table(columns_of_all_kinds()[:, :2], ("price", "area"), source_columns=(left_out,), **codes)
    for name, word, said in [
        ("prise", "robust", "data.encoding: t.csv has no column 'prise'; did you mean price?"),
        ("city", "robust", "column 'city' of t.csv holds words, and robust is not for these; give target, or name it"),
        ("area", "target", "column 'area' of t.csv holds numbers, and target is not for these; give one of standard,"),
        ("note", "target", "column 'note' of t.csv is no input; leave it out here, or, if its words are to be one,"),
    ]:
        with pytest.raises(DataError) as caught:
            fit_dataset(examples, parts_of(), encoding={name: word})
        assert said in str(caught.value)


def test_pictures_and_mapped_rows_are_refused(tmp_path):
    pictures = replace(table(np.random.default_rng(0).random((M, 4))), image_side=2)
    with pytest.raises(DataError, match=r"data\.encoding: the rows are pictures, whose pixels are scaled alike"):
        fit_dataset(pictures, parts_of(), encoding="robust")
    np.save(tmp_path / "t.npy", np.random.default_rng(0).random((M, 3)))
    mapped = read_examples(Reading("t.npy", memory_map=True), folder=tmp_path, rng=np.random.default_rng(0))
    parts = split_examples(mapped, rng=np.random.default_rng(0))
    with pytest.raises(DataError, match=r"data\.encoding: does not go with data\.memory_map"):
        fit_dataset(mapped, parts, encoding="robust")
    assert fit_dataset(mapped, parts, encoding={"x0": "standard"}).preparation.encodings == {}


# The config.


def load(tmp_path, text, *overrides):
    (tmp_path / "c.yaml").write_text(text)
    return load_config(tmp_path / "c.yaml", overrides)


def problems(tmp_path, text, *overrides):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, *overrides)
    return "\n".join(caught.value.problems)


def test_a_config_names_one_word_or_one_for_each_column(tmp_path):
    data = load(tmp_path, 'data: {source: t.csv, encoding: {price: quantile, "*": robust}}').config.data
    assert data.encoding == {"price": "quantile", "*": "robust"}
    assert load(tmp_path, "data: {source: t.csv}", "data.encoding=piecewise").config.data.encoding == "piecewise"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "encoding: piecewize",
            "data.encoding: got 'piecewize'; expected one of standard, robust, quantile, piecewise,",
        ),
        ("encoding: piecewize", "(how bytes stand for characters is data.charset); did you mean piecewise?"),
        ("encoding: {}", "or columns with these such as {price: quantile}"),
        ("encoding: {a: 3}", "or columns with these such as {price: quantile}"),
        ("encoding: [robust]", "expected one of standard, robust"),
        ('encoding: {"*": target}', "data.encoding: got target for *, which is all other numbers; name the columns"),
        ("encoding: robust, normalize: false", "data.encoding: got 'robust' with data.normalize false; leave one"),
        ("encoding: robust, normalize: together", "data.encoding: got 'robust' with data.normalize 'together'; leave"),
        ("encoding: latin-1, charset: utf-8", "data.encoding: got 'latin-1'; expected one of standard"),
    ],
)
def test_a_wrong_choice_is_a_sentence(tmp_path, words, said):
    assert said in problems(tmp_path, f"data: {{source: t.csv, {words}}}")


def test_augmentation_changes_scaled_numbers_alone(tmp_path):
    text = "data: {source: t.csv, encoding: {a: periodic}}\nregularization: {augment: {noise: 0.1}}"
    said = "regularization.augment: would change some inputs of a number and not the others that data.encoding makes of"
    assert said in problems(tmp_path, text)
    assert load(tmp_path, text, "data.encoding={a: standard}").config.regularization.augment.noise == 0.1


# Before there were encodings of numbers, data.encoding was what data.charset is.


def test_a_codec_is_read_as_the_charset_that_it_was(tmp_path):
    for text, *overrides in [
        ("data: {source: t.csv, encoding: latin-1}",),
        ("data: {source: t.csv}", "data.encoding=latin-1"),
        ("data: {source: t.csv, encoding: utf-8}", "data.charset=latin-1"),
        ("data: {source: t.csv, charset: utf-8}", "data.encoding=latin-1"),
        ("data: {source: t.csv, charset: latin-1, encoding: null}",),
    ]:
        data = load(tmp_path, f"{text}\nensemble: 1", *overrides).config.data
        assert (data.charset, data.encoding) == ("latin-1", "standard")
    both = load(tmp_path, "data: {source: t.csv, encoding: latin-1}", "data.encoding=robust")
    assert (both.config.data.charset, both.config.data.encoding) == ("latin-1", "robust")
    assert (both.origins["data.charset"], both.origins["data.encoding"]) == ("file", "command line")
    assert load(tmp_path, "data: {source: t.csv, encoding: robust}", "data.encoding=").config.data.encoding == STANDARD
    assert config_from_dict({"data": {"source": "t.csv", "encoding": "cp1252"}}).data.charset == "cp1252"


def test_a_run_of_before_keeps_its_hash_and_agrees_with_its_config_of_today():
    now = config_from_dict({"data": {"source": "t.csv"}}).to_dict()

    def before(codec):
        data = {key: value for key, value in now["data"].items() if key != "charset"}
        return {**now, "data": {**data, "encoding": codec}}

    assert config_sha256(before(None)) == config_sha256(now)
    declared = config_from_dict({"data": {"source": "t.csv", "encoding": "latin-1"}}).to_dict()
    assert config_sha256(before("latin-1")) == config_sha256(declared)
    assert differences(before("latin-1"), declared) == differences(before(None), now) == {}
    assert differences(before("latin-1"), now) == {"data.charset": ("latin-1", None)}
    # The planted fault: an encoding of today is another config, alone and beside a charset.
    for other in ("robust", {"a": "robust"}):
        for config in (now, declared):
            encoded = {**config, "data": {**config["data"], "encoding": other}}
            assert config_sha256(encoded) != config_sha256(config)
