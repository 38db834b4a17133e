"""What a column says of the target by itself: every form of a copy is told, and what is easy is asked about."""

import itertools
import re

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn import datasets
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from dlrun import experiment
from dlrun.data import Examples
from dlrun.data.alone import Column, alone_of, alone_told, class_alone
from dlrun.experiment import read_config
from dlrun.statistics.one_column import (
    best_pair,
    cuts_of,
    explained,
    explained_by_level,
    spreads_apart,
    wrong_by_bins,
    wrong_by_cuts,
    wrong_by_level,
)

ROWS = 960


def drawn(rng, classes=2, shares=None):
    """Six numbers of which two say something of the classes, and the classes (m,)."""
    y = rng.choice(classes, ROWS, p=shares)
    X = rng.standard_normal((ROWS, 6))
    X[:, 0] += y
    X[:, 1] -= 0.5 * y
    return X, y


def examples(X, y, codes=None):
    codes = np.empty((len(y), 0), np.int32) if codes is None else codes.astype(np.int32)[:, None]
    is_class = y.dtype.kind == "i"
    return Examples(
        shown="t.csv",
        numbers=X,
        number_names=tuple(f"x{at}" for at in range(X.shape[1])),
        codes=codes,
        code_names=("word",) * codes.shape[1],
        levels=(tuple(f"l{at}" for at in range(codes.max() + 1)),) if codes.size else (),
        y=y,
        task="multiclass" if is_class else "regression",
        classes=tuple(f"class {at}" for at in range(y.max() + 1)) if is_class else (),
        target_name="y",
        sha256="",
        image_side=None,
    )


def told(X, y, codes=None):
    return list(alone_told(examples(X, y, codes), np.arange(len(y))))


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_cuts_are_those_of_a_small_tree(rng, classes):
    values, y = rng.standard_normal(200), rng.integers(classes, size=200)
    y[values > 0.4] = 0
    tree = DecisionTreeClassifier(max_leaf_nodes=2 * classes, random_state=0).fit(values[:, None], y)
    thresholds = np.sort(tree.tree_.threshold[tree.tree_.children_left >= 0])
    np.testing.assert_allclose(cuts_of(values, y, classes, 2 * classes), thresholds, rtol=1e-6)
    judged, y_judged = rng.standard_normal(100), rng.integers(classes, size=100)
    assert wrong_by_cuts(values, y, judged, y_judged, classes) == (tree.predict(judged[:, None]) != y_judged).sum()


def test_missing_numbers_stand_beyond_all_others():
    values = np.array([1.0, 2.0, np.nan, 3.0, np.nan, 4.0] * 5)
    y = np.isnan(values).astype(int)
    assert wrong_by_cuts(values, y, values, y, 2) == 0
    assert wrong_by_cuts(values, y, np.array([9.0, np.nan]), np.array([0, 1]), 2) == 0


def test_levels_are_answered_by_their_commonest_class_and_unseen_ones_as_a_guess():
    codes, y = np.array([3, 3, 3, 7, 7, -1]), np.array([1, 1, 0, 2, 2, 1])
    judged, y_judged = np.array([3, 3, 7, -1, 99, 99]), np.array([1, 0, 2, 1, 1, 2])
    assert wrong_by_level(codes, y, judged, y_judged, 3) == 2


def test_bins_answer_by_their_commonest_class():
    values = np.repeat([1.0, 2.0, 3.0], 16)
    y = np.repeat([0, 1, 0], 16)
    assert wrong_by_bins(values, y, values, y, 2) == 0
    assert wrong_by_bins(np.zeros(48), y, np.zeros(48), y, 2) == 16


def test_what_a_line_explains_is_the_larger_of_both_squared_correlations(rng):
    x = rng.standard_normal(80)
    y = np.exp(2 * x) + 0.5 * rng.standard_normal(80)
    assert explained(x, y) == pytest.approx(max(np.corrcoef(x, y)[0, 1] ** 2, spearmanr(x, y).statistic ** 2))
    gaps = np.where(np.arange(80) < 20, np.nan, x)
    assert explained(gaps, y) == pytest.approx(0.75 * explained(x[20:], y[20:]))
    assert explained(np.full(80, 2.0), y) == explained(np.full(80, np.nan), y) == 0


def test_what_levels_explain_is_learned_on_the_other_half(rng):
    codes = rng.integers(4, size=400)
    assert explained_by_level(codes, codes * 10 + 0.1 * rng.standard_normal(400)) > 0.999
    # As many levels as rows say nothing of other rows.
    assert explained_by_level(np.arange(400), rng.standard_normal(400)) == 0


def test_the_best_pair_is_that_of_all_regressions(rng):
    X = rng.standard_normal((120, 6)) @ rng.standard_normal((6, 6))
    y = X[:, 1] - 2 * X[:, 4] + 0.1 * rng.standard_normal(120)
    scores = {
        pair: LinearRegression().fit(X[:, pair], y).score(X[:, pair], y)
        for pair in map(list, itertools.combinations(range(6), 2))
        for pair in [tuple(pair)]
    }
    first, second, line = best_pair(X, y)
    assert (first, second) == max(scores, key=scores.get)
    assert np.corrcoef(line, y)[0, 1] ** 2 == pytest.approx(scores[first, second])


COPIES = {
    "numbers with noise": lambda rng, y: y + 0.01 * rng.standard_normal(len(y)),
    "falling": lambda rng, y: -5.0 * y + 0.01 * rng.standard_normal(len(y)),
    "other numbers": lambda rng, y: np.array([7.0, -1, 3, 20, 5])[y] + 0.01 * rng.standard_normal(len(y)),
    "a few gaps": lambda rng, y: np.where(rng.random(len(y)) < 0.005, np.nan, y + 0.01 * rng.standard_normal(len(y))),
    "a few wrong": lambda rng, y: np.where(rng.random(len(y)) < 0.004, 0, y).astype(float),
}


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("form", COPIES)
def test_a_copy_of_the_target_is_suspected_whatever_its_form(rng, form, classes):
    X, y = drawn(rng, classes)
    (found,) = told(np.column_stack([X, COPIES[form](rng, y)]), y)
    assert found.code == "near-leak"
    assert found.evidence.startswith("column 'x6' alone nearly gives the target 'y' away: it answers ")
    assert "column 'x0', the next best, answers" in found.evidence


def test_a_copy_of_a_rare_class_is_suspected(rng):
    X, y = drawn(rng, 2, [0.96, 0.04])
    (found,) = told(np.column_stack([X, y + 0.01 * rng.standard_normal(ROWS)]), y)
    assert found.code == "near-leak"


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.96, 0.04]])
def test_a_class_that_is_apart_by_nature_is_asked_about_though_no_other_column_comes_near(rng, shares):
    X, y = drawn(rng, 2, shares)
    for apart, code in ((8, "easy-target"), (100, "near-leak")):
        (found,) = told(np.column_stack([X, apart * y + rng.standard_normal(ROWS)]), y)
        assert found.code == code
        said = float(re.search(r"classes stand (.+) of their spreads apart", found.evidence)[1])
        # A quartile of the 38 rows of the rare class has a standard error of a fifth of a deviation.
        assert said == pytest.approx(apart, rel=0.5)


def test_spreads_apart_are_those_of_normal_classes_and_none_is_infinitely_far(rng):
    y = np.repeat([0, 1, 2], 40_000)
    values = np.array([5.0, 0.0, 12.0])[y] + np.array([1.0, 0.5, 2.0])[y] * rng.standard_normal(len(y))
    # From 0 to 5 are 10 of the tighter one's deviations, from 5 to 12 are 7; the spread's standard error is 0.6%.
    assert spreads_apart(values, y) == pytest.approx(7, rel=0.03)
    assert np.isinf(spreads_apart(y.astype(float), y))
    assert np.isinf(spreads_apart(np.where(y, np.nan, values), y))


def test_words_that_stand_for_classes_are_suspected(rng):
    X, y = drawn(rng, 3)
    (found,) = told(X, y, codes=y + 3 * rng.integers(4, size=ROWS))
    assert (found.code, found.evidence[:13]) == ("near-leak", "column 'word'")


@pytest.mark.parametrize("as_word", [True, False])
def test_gaps_that_give_a_class_away_are_told_as_gaps(rng, as_word):
    X, y = drawn(rng)
    if as_word:
        found = told(X, y, codes=np.where(y == 1, -1, rng.integers(3, size=ROWS)))
    else:
        found = told(np.column_stack([X, np.where(y == 1, np.nan, rng.standard_normal(ROWS))]), y)
    assert [one.code for one in found] == ["near-leak"]
    assert found[0].evidence.startswith(f"whether column {'word' if as_word else 'x6'!r} is missing alone")


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_a_copy_of_a_number_is_suspected(rng, noise):
    X, _ = drawn(rng)
    y = X[:, 0] + rng.standard_normal(ROWS)
    for copy in (y + noise * rng.standard_normal(ROWS), -np.exp(y) * (1 + 1e-3 * rng.standard_normal(ROWS))):
        (found,) = told(np.column_stack([X, copy]), y)
        assert found.code == "near-leak"
        assert "'x6' alone nearly gives the target 'y' away: it explains" in found.evidence
    # A correlation of 0.995 is no copy: R² is 0.99.
    assert told(np.column_stack([X, y + 0.14 * rng.standard_normal(ROWS)]), y) == []
    assert told(np.column_stack([X, y + 0.5 * rng.standard_normal(ROWS)]), y) == []


def test_two_columns_that_add_up_to_the_target_are_asked_about(rng):
    X, y = drawn(rng, 3)
    part = 3 * rng.standard_normal(ROWS)
    (found,) = told(np.column_stack([X, part, y - part + 0.01 * rng.standard_normal(ROWS)]), y)
    assert found.code == "easy-target"
    assert found.evidence.startswith("column 'x6' and column 'x7' together nearly give the target 'y' away")


def test_a_price_and_an_amount_are_found_behind_their_product(rng):
    X = np.exp(rng.standard_normal((ROWS, 5)))
    (found,) = told(X, X[:, 1] * X[:, 3])
    assert found.code == "easy-target"
    assert "column 'x1' and column 'x3' together" in found.evidence


def test_a_column_among_others_as_good_is_a_question_and_so_is_one_of_two(rng):
    X, y = drawn(rng)
    copy = y + 0.01 * rng.standard_normal(ROWS)
    (found,) = told(np.column_stack([X, copy, -copy]), y)
    assert found.code == "easy-target"
    assert found.remedy.endswith("if it is known, the task is easy")
    (found,) = told(np.column_stack([X[:, 0], copy]), y)
    assert found.code == "easy-target"


@pytest.mark.parametrize("word", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_sets_whose_columns_are_known_before_are_not_suspected(word):
    X, y = getattr(datasets, f"load_{word}")(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order].astype(float), y[order] if word == "diabetes" else y[order].astype(np.int64)
    assert told(X, y) == []


def test_noise_is_never_told_and_few_rows_of_a_class_say_nothing(rng):
    for _ in range(30):
        X, y = rng.standard_normal((100, 8)), rng.integers(3, size=100)
        assert told(X, y) == []
    X, y = drawn(rng)
    rare = (np.arange(ROWS) % 160 == 0).astype(int)
    assert class_alone(Column("column", rare.astype(float)), rare, 2).share == 0


def test_the_best_is_first_and_the_next_best_second(rng):
    X, y = drawn(rng, 3)
    columns = [Column(str(at), values) for at, values in enumerate(X.T)]
    best, next_best = alone_of(columns, y, 3)
    assert best.name == "0"
    assert best.share >= next_best.share
    assert 0 < best.share < 1


def run_of(tmp_path, X, y, form, text=""):
    """A short training on these rows, from a .csv or a .npz."""
    if form == "csv":
        rows = [",".join(f"{value:.6g}" for value in x) + f",{one}" for x, one in zip(X, y, strict=True)]
        (tmp_path / "t.csv").write_text(
            ",".join(f"x{at}" for at in range(X.shape[1])) + ",y\n" + "\n".join(rows) + "\n"
        )
    else:
        np.savez(tmp_path / "t.npz", x=X, y=y)
    (tmp_path / "c.yaml").write_text(
        f"data: {{source: t.{form}}}\nreport: false\nnetwork: {{width: 16}}\ntraining: {{epochs: 25}}\n{text}"
    )
    return experiment.run(read_config(tmp_path / "c.yaml"), tmp_path / "runs")


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_a_run_on_a_copy_says_so_before_all_else(rng, tmp_path, form):
    X, y = drawn(rng)
    contents = run_of(tmp_path, np.column_stack([X, y + 0.01 * rng.standard_normal(ROWS)]), y, form)
    finding = contents.diagnosis.diagnosis.findings[0]
    assert (finding.code, finding.severity) == ("near-leak", "fail")
    assert contents.diagnosis.advice[0].code == "near-leak"
    # The near-leak has named what gives the answers.
    assert len(contents.diagnosis.diagnosis.findings) == 1


def test_a_dev_error_of_0_is_told_with_how_far_single_inputs_come(rng, tmp_path):
    y = rng.integers(2, size=ROWS)
    X = rng.standard_normal((ROWS, 8)) + 1.4 * (2 * y[:, None] - 1)
    contents = run_of(tmp_path, X, y, "csv")
    assert contents.result_required().errors.dev == 0
    (finding,) = contents.diagnosis.diagnosis.findings
    assert (finding.code, finding.severity) == ("no-dev-errors", "notice")
    assert finding.evidence.startswith("all 192 dev rows are answered rightly, by which the error may be up to 1.")
    one, two = map(float, re.findall(r"(?:alone|together) answers ([0-9.]+)% of held-out rows", finding.evidence))
    # Of normal classes 2.8 apart, one input answers Phi(1.4) rightly, two answer Phi(1.98); a few rows more or less.
    assert (one, two) == (pytest.approx(91.9, abs=2.5), pytest.approx(97.6, abs=1.5))


def test_a_dev_error_above_0_is_not_told(rng, tmp_path):
    X, y = drawn(rng)
    assert "no-dev-errors" not in {f.code for f in run_of(tmp_path, X, y, "csv").diagnosis.diagnosis.findings}
