"""The verdict can be trusted: its intervals, its rule, and what it says where the figures decide nothing."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta, binomtest
from sklearn.metrics import balanced_accuracy_score, r2_score

from dlrun.advice import Case, advise
from dlrun.data import read_soft_labels
from dlrun.diagnosis import Judgements, diagnose, optimal_of, optimal_of_soft_labels
from dlrun.diagnosis.ills import Shares, Verdict
from dlrun.diagnosis.records import Intervals
from dlrun.diagnosis.row_summary import AbsoluteErrors, ClassCount, Duel, RowSummary
from dlrun.diagnosis.rows_needed import rows_for
from dlrun.diagnosis.rule import Thresholds, thresholds
from dlrun.errors import DataError, UsageError
from dlrun.records import BySplit, Sizes
from dlrun.statistics import intervals, tail_share, unexplained_intervals
from tests.benchmarks import verdicts

# --- intervals ------------------------------------------------------------------------------------------------------


def test_the_interval_of_a_share_is_scipys_exact_one():
    for n in (1, 50, 1000):
        for wrong in {0, 1, n // 3, n}:
            exact = binomtest(wrong, n).proportion_ci(0.90, "exact")
            np.testing.assert_allclose(intervals.proportion_interval(wrong, n), exact, atol=1e-12)


def test_what_is_no_share_of_rows_has_no_lower_end():
    lower, upper = intervals.proportion_interval(607, 400)
    assert np.isnan(lower)
    assert upper == 1


def test_the_interval_of_a_difference_is_movers_by_hand():
    lower, upper = intervals.difference_interval(0.3, (0.26, 0.35), 0.1, (0.07, 0.13))
    assert (lower, upper) == (pytest.approx(0.2 - 0.05), pytest.approx(0.2 + (0.05**2 + 0.03**2) ** 0.5))


def test_no_definite_verdict_is_wrong_in_more_than_5_5_of_100_samples_at_the_edges_of_the_zone():
    small = {"dev_rows": (50, 200, 1000), "train_rows": (200, 10_000), "zones": verdicts.ZONES[:1]}
    found = [*verdicts.worst(**small).values(), *verdicts.worst_bias((200, 1000), zones=verdicts.ZONES[:1]).values()]
    assert max(share for share, _ in found) <= verdicts.BAR


def test_the_count_of_wrong_verdicts_sees_an_interval_that_is_too_short(monkeypatch):
    def wald(wrong, n):
        p = np.asarray(wrong) / n
        return p - 1.645 * np.sqrt(p * (1 - p) / n), p + 1.645 * np.sqrt(p * (1 - p) / n)

    monkeypatch.setattr(verdicts, "proportion_interval", wald)
    found = verdicts.worst((50, 200), (200,), zones=verdicts.ZONES[:1]).values()
    assert max(share for share, _ in found) > 2 * verdicts.BAR


def regression_rows(rng, m, noise=0.5):
    y = rng.standard_normal(m)
    return (noise * rng.standard_normal(m)) ** 2, y


def test_a_regressions_interval_lies_about_scikit_learns_value_and_covers_the_truth():
    rng, misses = np.random.default_rng(0), []
    for _ in range(40):
        errors, y = regression_rows(rng, 150)
        found = unexplained_intervals({"train": regression_rows(rng, 300), "dev": (errors, y)})
        value = 1 - r2_score(y, y - np.sqrt(errors))
        assert found["dev"][0] < value < found["dev"][1]
        misses.append(
            (found["dev"][0] > 0.25 or found["dev"][1] < 0.25, found["variance"][0] * found["variance"][1] > 0)
        )
    # 10 of 100 are promised, of 40 no more than 9 in 98 of 100 tries (binomial).
    assert np.sum(misses, axis=0).max() <= 9


def test_a_regressions_standard_error_is_that_of_many_samples():
    rng = np.random.default_rng(1)
    samples = [intervals.unexplained_estimate(np.stack(regression_rows(rng, 400), axis=1)) for _ in range(400)]
    values, errors = np.transpose(samples)
    assert errors.mean() == pytest.approx(values.std(), rel=0.12)  # 400 samples tell it to 3.5%


def test_rows_too_few_or_too_equal_have_no_interval():
    constant = (np.ones(5), np.ones(5))
    assert unexplained_intervals({"train": constant, "dev": constant})["variance"] is None
    perfect = (np.zeros(50), np.arange(50.0))
    assert unexplained_intervals({"train": perfect, "dev": perfect})["variance"] == (0, 0)


# --- the rule -------------------------------------------------------------------------------------------------------

LARGE = Sizes(10_000, 1000)
HUMAN = Judgements(30, 200)

# train, dev, optimal, sizes -> thresholds, bias, variance, each as level and interval in points (None: not published).
GOLDEN = [
    (0.01, 0.11, 0, LARGE, (2, 5), ("low", 0.84, 1.18), ("high", 8.40, 11.77)),
    (0.15, 0.16, 0, LARGE, (2, 5), ("high", 14.42, 15.60), ("low", -0.97, 3.11)),
    (0.15, 0.30, 0, LARGE, (2, 5), ("high", 14.42, 15.60), ("high", 12.54, 17.54)),
    (0.005, 0.01, 0, LARGE, (2, 5), ("low", 0.39, 0.63), ("low", 0.02, 1.20)),
    (0.15, 0.16, 0.15, LARGE, (1.4, 3.5), ("low", -0.58, 0.60), ("low", -0.97, 3.11)),
    (0.15, 0.16, 0, Sizes(1000, 200), (2, 5), ("high", None, None), ("inconclusive", -3.57, 6.22)),
    (0.15, 0.16, 0.15, Sizes(2000, 500), (1.4, 3.5), ("low", -1.30, 1.38), ("inconclusive", -1.98, 4.22)),
    (0.15, 0.16, HUMAN, LARGE, (1.4, 3.5), ("inconclusive", -4.83, 4.04), ("low", None, None)),
    (0.004, 0.0, 0, Sizes(500, 50), (2, 5), ("low", 0.07, 1.25), ("inconclusive", -1.25, 5.42)),
]


@pytest.mark.parametrize(("train", "dev", "optimal", "sizes", "limits", "bias", "variance"), GOLDEN)
def test_the_golden_vectors_have_their_intervals_and_verdicts(train, dev, optimal, sizes, limits, bias, variance):
    found = diagnose(BySplit(train, dev), optimal_error=optimal, sizes=sizes)
    assert (100 * found.thresholds.low, 100 * found.thresholds.high) == pytest.approx(limits)
    for ill, name, (level, *ends) in (("bias", "avoidable_bias", bias), ("variance", "variance", variance)):
        assert found.verdict.of(ill) == level
        if ends[0] is not None:
            assert [100 * x for x in getattr(found.intervals, name)] == pytest.approx(ends, abs=0.006)


def test_thresholds_shrink_with_what_there_is_to_gain():
    assert thresholds(0.0, 0.05, False) == Thresholds(0.002, 0.005)
    assert thresholds(0.5, None, True) == Thresholds(0.02, 0.05)
    assert thresholds(0.6, 0.5, False) == Thresholds(0.02, 0.05)
    rare = diagnose(BySplit(0.01, 0.011), baseline_error=0.05, sizes=Sizes(100_000, 10_000))
    assert rare.verdict.bias == "high"


def test_within_the_zone_for_sure_is_moderate():
    sizes = Sizes(10**6, 10**6)
    assert diagnose(BySplit(0.1, 0.135), sizes=sizes).verdict.variance == "moderate"


def test_shares_divide_the_excess_and_a_negative_distance_has_none():
    assert diagnose(BySplit(0.15, 0.20)).shares == Shares(pytest.approx(0.75), pytest.approx(0.25))
    assert diagnose(BySplit(0.15, 0.10)).shares == Shares(1.0, 0.0)
    assert diagnose(BySplit(0.0, 0.0)).shares is None
    assert diagnose(BySplit(0.15, 0.16), optimal_error=0.2).shares is None


def test_without_sizes_the_verdict_is_by_points_and_says_so():
    found = diagnose(BySplit(0.15, 0.16))
    assert found.sentence.endswith("(by points only: without the numbers of rows there are no intervals)")
    assert found.intervals == Intervals(None, None, None, None, None, None)
    assert "points only" not in diagnose(BySplit(0.15, 0.16), sizes=LARGE).sentence


def test_the_sentence_turns_an_interval_below_nought_round():
    found = diagnose(BySplit(0.10, 0.06), optimal_error=0.1, sizes=LARGE)
    low, high = (-100 * x for x in reversed(found.intervals.variance))
    assert f"low variance: dev error is 4.0 points [{low:.1f}, {high:.1f}] below train error" in found.sentence


# --- rows needed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "rows"), [(0.04, 1121), (0.05, 1371), (0.10, 2539), (0.15, 3570), (0.30, 5837), (0.5, 6936)]
)
def test_the_hardest_case_needs_the_published_number_of_rows(p, rows):
    found = rows_for(0.035, Thresholds(0.02, 0.05), (p * (1 - p)) ** 0.5, 0.0)
    assert rows <= found < 1.1 * rows  # rounded up to two digits


def test_the_number_of_rows_is_such_that_a_normal_dev_set_of_that_size_settles_80_of_100():
    n, limits, p, p_train = 5000, Thresholds(0.02, 0.05), 0.16, 0.15
    found = rows_for(0.01, limits, (p * (1 - p)) ** 0.5, (p_train * (1 - p_train) / n) ** 0.5)
    rng = np.random.default_rng(0)
    dev, train = rng.binomial(found, p, 4000), rng.binomial(n, p_train, 4000)
    ends_dev, ends_train = intervals.proportion_interval(dev, found), intervals.proportion_interval(train, n)
    _, upper = intervals.difference_interval(dev / found, ends_dev, train / n, ends_train)
    assert 0.75 < np.mean(upper < limits.high) < 0.9


def test_an_inconclusive_variance_says_how_many_rows_would_settle_it():
    sizes = Sizes(100_000, 200)
    needed = diagnose(BySplit(0.15, 0.16), sizes=sizes).dev_rows_needed.variance
    assert needed.low < needed.rows == 550 < needed.high
    told = f"about 550 more dev rows would settle the variance (could be {needed.low} to {needed.high})"
    assert (needed.sentence, needed.at_least) == (told, False)
    few = diagnose(BySplit(0.15, 0.16), sizes=replace(sizes, dev=50)).dev_rows_needed.variance
    assert few.at_least
    assert few.sentence.startswith("at least 550 more dev rows")


def test_where_the_train_rows_are_the_trouble_no_number_of_dev_rows_is_promised():
    found = diagnose(BySplit(0.15, 0.18), sizes=Sizes(100, 10_000)).dev_rows_needed.variance
    assert found.rows is None
    assert found.sentence.startswith("no number of dev rows would settle the variance: the train error, of 100 rows")


# --- the optimal error ----------------------------------------------------------------------------------------------


def test_an_optimal_error_that_nobody_declared_is_said_to_be_assumed_with_its_break_even():
    found = diagnose(BySplit(0.15, 0.16), sizes=LARGE).optimal
    assert found.kind == "assumed"
    assert found.sentence.startswith("no optimal error is declared, so 0% is assumed: bias is high unless")
    assert found.break_even == pytest.approx(0.118, abs=0.001)
    for sizes, baseline in ((LARGE, 0.5), (LARGE, 0.2), (None, 0.5), (Sizes(200, 200), 0.9)):
        options = {"sizes": sizes, "baseline_error": baseline}
        even = diagnose(BySplit(0.15, 0.16), **options).optimal.break_even
        below, above = (
            diagnose(BySplit(0.15, 0.16), optimal_error=even + step, **options).verdict.bias for step in (-1e-6, 1e-6)
        )
        assert below == "high" != above
    assert diagnose(BySplit(0.01, 0.02), sizes=LARGE).optimal.sentence.endswith("bias is low whatever it is")
    assert diagnose(BySplit(0.15, 0.16), optimal_error=0.0).optimal.kind == "declared"


def test_people_who_err_30_times_in_200_leave_the_optimal_error_unsure():
    found = diagnose(BySplit(0.15, 0.16), optimal_error=HUMAN, sizes=LARGE)
    assert found.intervals.optimal == pytest.approx([beta.ppf(0.05, 30, 171), beta.ppf(0.95, 31, 170)])
    assert found.dev_rows_needed.bias.sentence.endswith(
        "10000 training rows and the 200 judgements behind the optimal error"
    )
    with pytest.raises(UsageError, match="got 30 errors of 20"):
        optimal_of(Judgements(30, 20))


def test_soft_labels_give_the_mean_of_what_the_likeliest_class_leaves(tmp_path):
    rng = np.random.default_rng(0)
    p = rng.uniform(0, 1, 400)
    (tmp_path / "one.csv").write_text("p\n" + "\n".join(map(str, p)))
    found = optimal_of_soft_labels(read_soft_labels("one.csv", tmp_path))
    assert found.error == pytest.approx(np.minimum(p, 1 - p).mean())
    half = 1.645 * np.minimum(p, 1 - p).std() / 20
    assert found.interval == pytest.approx((found.error - half, found.error + half), abs=0.2 * half)
    (tmp_path / "votes.csv").write_text("cat,dog,bird\n6,3,1\n\n0,10,0\n")
    assert read_soft_labels("votes.csv", tmp_path).tolist() == [[0.6, 0.3, 0.1], [0, 1, 0]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3,1\n5,0\n", "s.csv:1: got 4 votes; with fewer than 5 a row it comes out too low: gather more"),
        ("0\n1\n1\n", "s.csv:1: got 1 vote; with fewer than 5"),
        ("a,b\n0.5,0.5\n0.5,0.6\n", "s.csv:3: sums to 1.1; expected probabilities that sum to 1, or whole votes alone"),
        ("0.5,0.5\n0.5\n", "s.csv:2: got 1 columns; expected 2, as in the first row"),
        ("0.5\n1.5\n", "s.csv:2: got '1.5'; expected a probability, or the number of votes"),
        ("0.5,0.5\nnan,0.5\n", "s.csv:2: got 'nan'; expected a probability"),
        ("a\n0.5\n", "s.csv: got 1 rows of soft labels; expected at least 2"),
        ("", "s.csv: got 0 rows of soft labels"),
    ],
)
def test_soft_labels_that_say_nothing_are_refused(text, message, tmp_path):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(DataError) as refusal:
        read_soft_labels("s.csv", tmp_path)
    assert str(refusal.value).startswith(message)


# --- what outranks --------------------------------------------------------------------------------------------------


def codes(found):
    return [finding.code for finding in found.findings]


def test_an_optimal_error_above_what_was_reached_is_refuted():
    found = diagnose(BySplit(0.05, 0.06), optimal_error=0.15, sizes=LARGE)
    assert codes(found) == ["optimal-error-refuted", "train-below-optimal"]
    assert found.optimal.refuted
    assert codes(diagnose(BySplit(0.14, 0.145), optimal_error=0.15, sizes=Sizes(200, 200))) == []
    assert codes(diagnose(BySplit(0.05, 0.06), optimal_error=HUMAN, sizes=LARGE))[0] == "optimal-error-refuted"


@pytest.mark.parametrize(
    ("network", "baseline", "told"), [(4, 0, True), (5, 0, False), (30, 20, True), (60, 40, False)]
)
def test_a_network_that_may_be_no_better_than_one_answer_is_never_low(network, baseline, told):
    pairs = Duel(network, baseline, "no")
    found = diagnose(
        BySplit(0.05, 0.05), baseline_error=0.05, optimal_error=0.05, sizes=LARGE, rows=RowSummary(pairs=pairs)
    )
    assert codes(found) == ["no-better-than-baseline"] * told
    assert {found.verdict.bias, found.verdict.variance} == ({"inconclusive"} if told else {"low"})
    if told:
        assert found.findings[0].title == "not shown to be better than always answering no"
        assert found.dev_rows_needed.bias.sentence.startswith("low bias is withheld: not shown")


def test_a_few_large_errors_withhold_low():
    errors = np.r_[np.ones(99), 50.0]
    assert tail_share(errors) == pytest.approx(50 / 149)
    rows = RowSummary(
        intervals={"train": (0.09, 0.11), "dev": (0.09, 0.11), "test": None, "variance": (-0.01, 0.01)},
        tail_share=0.34,
        absolute_errors=AbsoluteErrors(mean=1.5, median=1.0),
    )
    options = {"regression": True, "optimal_error": 0.1, "sizes": LARGE}
    found = diagnose(BySplit(0.1, 0.1), rows=rows, **options)
    assert codes(found) == ["few-large-errors"]
    assert found.verdict == Verdict("inconclusive", "inconclusive")
    normal = diagnose(BySplit(0.1, 0.1), rows=replace(rows, tail_share=0.08), **options)
    assert normal.verdict == Verdict("low", "low")


def test_a_target_that_is_surely_met_ends_the_search():
    found = diagnose(BySplit(0.15, 0.16), sizes=LARGE, target_error=0.2)
    assert [item.action for item in advise(Case(found))] == ["done"]
    assert found.target.sentence == "target 20.0% met: dev error 16.0% [14.1, 18.0]"
    assert not diagnose(BySplit(0.15, 0.16), sizes=LARGE, target_error=0.17).target.met


def test_unequal_classes_have_their_recalls_and_a_balanced_error():
    truth, answers = np.repeat([0, 1, 2], [80, 15, 5]), np.repeat([0, 1, 0, 2], [80, 10, 7, 3])
    counts = tuple(
        ClassCount(str(k), int((truth == k).sum()), int(((truth == k) & (answers == k)).sum())) for k in range(3)
    )
    found = diagnose(BySplit(0.1, 0.1), rows=RowSummary(classes=counts)).classes
    assert found.balanced_error == pytest.approx(1 - balanced_accuracy_score(truth, answers))
    assert list(found.recalls[1].interval) == pytest.approx(list(binomtest(10, 15).proportion_ci(0.9, "exact")))
    equal = (ClassCount("a", 50, 40), ClassCount("b", 60, 40))
    assert diagnose(BySplit(0.1, 0.1), rows=RowSummary(classes=equal)).classes is None
