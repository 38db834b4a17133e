"""Rows whose neighbours are alike: told where rows drift, not where they are in no order; and what a split hides."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlrun.data.apart import BLOCKS, JUDGED_BLOCKS, by_groups, in_time
from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.row_order import LEVEL, groups_finding, row_order_finding
from dlrun.experiment.judge import with_order_noticed
from dlrun.statistics.intervals import student_interval
from dlrun.statistics.order import Alike, Together, is_sorted_by, neighbours_alike, together_in_groups
from tests.commands import dlrun

M = 300


def alike(rng, level=0.0, slope=0.0, learned=0.05):
    """Residuals of which two thirds were learned from, with a level or a slope that drifts along the rows."""
    X, split = rng.standard_normal((M, 3)), np.repeat([0, 0, 1], M // 3)[rng.permutation(M)]
    drift = np.sin(np.arange(M) / 40)
    residuals = rng.standard_normal(M) + drift * (level + slope * X[:, 0])
    residuals = np.where(split == 0, learned * residuals, residuals)
    return neighbours_alike(residuals[:, None], X, split, rng)


def test_rows_in_no_order_are_told_as_often_as_the_level_allows():
    rng = np.random.default_rng(5)
    told = sum(row_order_finding(alike(rng)) is not None for _ in range(300))
    assert told <= 4  # 0.2% of 300 is 0.6; more than four has a chance of 4 in 10,000


def test_a_level_and_a_slope_that_drift_are_told_by_their_statistic():
    rng = np.random.default_rng(6)
    levels, slopes = [alike(rng, level=1.0) for _ in range(10)], [alike(rng, slope=3.0) for _ in range(10)]
    assert sum(one.p_value <= LEVEL and not one.by_inputs for one in levels) >= 9
    assert sum(one.p_value <= LEVEL and one.by_inputs for one in slopes) >= 9
    assert "the more, the more alike their inputs are" in row_order_finding(slopes[0]).evidence


def test_the_correlation_is_the_mean_autocorrelation_over_the_lags():
    rng = np.random.default_rng(7)
    residuals = np.cumsum(rng.standard_normal(200))
    found = neighbours_alike(residuals[:, None], np.empty((200, 0)), np.zeros(200), rng)
    z = (residuals - residuals.mean()) / residuals.std()
    products = [z[at] * z[at + lag] for lag in range(1, 6) for at in range(200 - lag)]
    assert found.correlation == pytest.approx(np.mean(products))
    assert found.p_value == 1 / 1000


def test_residuals_of_what_was_learned_are_shuffled_among_themselves():
    # The first half was learned from and has no residuals: shuffled over all rows, the rest would look alike.
    rng = np.random.default_rng(8)
    split = np.repeat([0, 1], 150)
    residuals = np.where(split == 0, 1e-6, 1.0) * rng.standard_normal(300)
    assert neighbours_alike(residuals[:, None], np.empty((300, 0)), split, rng).p_value > 0.01


def test_few_rows_are_not_judged():
    assert row_order_finding(Alike(0.9, 0.0005, 49, False)) is None
    assert row_order_finding(Alike(0.9, 0.0005, 50, False)).code == "neighbours-alike"


@pytest.mark.parametrize(
    ("correlation", "by_inputs", "severity"), [(0.05, False, "fail"), (0.049, False, "notice"), (0.5, True, "notice")]
)
def test_levels_that_are_much_alike_fail_and_slopes_are_noticed(correlation, by_inputs, severity):
    assert row_order_finding(Alike(correlation, 0.0005, 500, by_inputs)).severity == severity


# --- groups ---------------------------------------------------------------------------------------------------------


def grouped(rng, lean, learned=0.05):
    """Residuals of 60 groups of five rows, of which two thirds were learned from, that lean to one side by group."""
    groups, split = rng.permutation(np.arange(M) // 5), np.repeat([0, 0, 1], M // 3)[rng.permutation(M)]
    residuals = rng.standard_normal(M) + lean * rng.standard_normal(60)[groups]
    return np.where(split == 0, learned * residuals, residuals)[:, None], groups, split


def test_residuals_of_groups_go_together_where_groups_lean_and_not_elsewhere():
    rng = np.random.default_rng(9)
    plain = [together_in_groups(*grouped(rng, 0.0), rng).p_value for _ in range(200)]
    assert sum(p <= 0.001 for p in plain) <= 2  # 0.2 are expected; more than two has a chance of 1 in 1000
    assert all(together_in_groups(*grouped(rng, 1.0), rng).p_value == 0.001 for _ in range(10))


def test_the_correlation_in_groups_is_the_mean_product_of_all_pairs():
    rng = np.random.default_rng(10)
    residuals, groups, _ = grouped(rng, 1.0)
    found = together_in_groups(residuals, groups, np.zeros(M), rng)
    z = (residuals[:, 0] - residuals.mean()) / residuals.std()
    products = [z[i] * z[j] for i in range(M) for j in range(i) if groups[i] == groups[j]]
    assert (found.pairs, found.correlation) == (len(products), pytest.approx(np.mean(products)))
    assert together_in_groups(residuals, np.arange(M), np.zeros(M), rng) is None


def test_groups_are_told_by_the_better_of_two_looks_at_half_the_level():
    none, some = Together(0.0, 100, 0.5), Together(0.2, 100, 0.001)
    assert groups_finding(some, none, "who", 0.9).evidence.startswith("what is wrong of two rows with one 'who'")
    told = groups_finding(none, some, "who", 0.9)
    assert told.evidence.startswith("the target of two rows with one 'who' goes together (correlation 0.20")
    assert "data.group=who" in told.do
    assert groups_finding(none, some._replace(p_value=0.0011), "who", 0.9) is None


def subjects(folder, lean):
    """A table of 60 subjects who are known by a measure and, by `lean`, have a target of their own."""
    rng = np.random.default_rng(11)
    who = rng.permutation(np.arange(600) // 10)
    measure = rng.standard_normal(60)[who] + 0.05 * rng.standard_normal(600)
    x = rng.standard_normal(600)
    y = np.where(rng.random(600) < lean, rng.integers(2, size=60)[who], x > 0)
    lines = [f"s{a},{b:.3f},{c:.3f},{d}" for a, b, c, d in zip(who, measure, x, y.astype(int), strict=True)]
    (folder / "t.csv").write_text("\n".join(["subject,measure,x,y", *lines]) + "\n")


@pytest.mark.parametrize(("lean", "told"), [(0.6, {"groups-alike"}), (0.0, {"groups-in-two-splits"})])
def test_a_run_tells_subjects_that_are_alike_apart_from_those_that_may_be(lean, told, tmp_path):
    subjects(tmp_path, lean)
    (tmp_path / "c.yaml").write_text("data: {source: t.csv}\nnetwork: {width: 16}\ntraining: {epochs: 60}\n")
    done = dlrun("train", "c.yaml", "--json", "-q", cwd=tmp_path)
    codes = {finding["code"] for finding in json.loads(done.stdout)["findings"]}
    assert {code for code in codes if "groups" in code} == told
    (tmp_path / "c.yaml").write_text("data: {source: t.csv, group: subject}\nnetwork: {width: 16}\n")
    apart = json.loads(dlrun("train", "c.yaml", "training.epochs=3", "--json", "-q", cwd=tmp_path).stdout)
    assert not {finding["code"] for finding in apart["findings"]} & {"groups-alike", "groups-in-two-splits"}


@pytest.mark.parametrize(
    ("y", "classes", "expected"),
    [
        (np.repeat([0, 1, 2], 50), 3, True),
        (np.tile([0, 1, 2], 50), 3, False),
        (np.random.default_rng(0).integers(0, 2, 200), 2, False),
        (np.arange(100.0), None, True),
        (-np.arange(100.0), None, True),
        (np.random.default_rng(0).standard_normal(100), None, False),
        (np.array([1.0]), None, True),
    ],
)
def test_rows_that_stand_by_their_target_are_known(y, classes, expected):
    assert is_sorted_by(y, classes=classes) == expected


def test_a_part_in_time_is_judged_by_what_comes_before_and_by_as_many_rows_at_random():
    parts = list(in_time(240, np.random.default_rng(0)))
    assert len(parts) == JUDGED_BLOCKS
    for part in parts:
        assert part.apart.max() < part.judged.min()
        assert len(part.apart) == len(part.random) == part.judged.min()
        assert not set(part.random) & set(part.judged)
    assert np.concatenate([part.judged for part in parts]).tolist() == list(
        range(240 * (BLOCKS - JUDGED_BLOCKS) // BLOCKS, 240)
    )


def test_a_part_by_groups_shares_none_with_the_rows_apart_and_some_with_those_at_random():
    group = np.repeat(np.arange(24), 10)
    parts = list(by_groups(group, np.random.default_rng(0)))
    for part in parts:
        assert not set(group[part.apart]) & set(group[part.judged])
        assert set(group[part.random]) & set(group[part.judged])
        assert not set(part.random) & set(part.judged)
        assert len(part.apart) == len(part.random)
    assert len(np.unique(np.concatenate([part.judged for part in parts]))) == 120


def test_the_interval_of_the_gap_is_student_s():
    from scipy import stats

    gaps = np.array([0.1, 0.2, 0.15, 0.4])
    expected = stats.t.interval(0.9, 3, gaps.mean(), stats.sem(gaps))
    assert student_interval(gaps) == pytest.approx(expected)


def written(folder, *, drift=0.0, groups=0, rows=600):
    rng = np.random.default_rng(3)
    X, t = rng.standard_normal((rows, 4)), np.arange(rows) / rows
    y = X[:, 0] + drift * (2 * t - 1) + 0.3 * rng.standard_normal(rows) > 0
    who = rng.integers(0, groups, rows) if groups else np.zeros(rows, int)
    if groups:
        X, y = rng.standard_normal((groups, 4))[who] + 0.1 * X, rng.integers(0, 2, groups)[who] > 0
    if 0 < groups < 5:  # so that every group has both classes
        y = rng.integers(0, 2, rows) > 0
    lines = [
        f"{a:.3f},{b:.3f},{c:.3f},{d:.3f},{['no', 'yes'][int(label)]},w{of},{at}"
        for at, ((a, b, c, d), label, of) in enumerate(zip(X, y, who, strict=True))
    ]
    (folder / "t.csv").write_text("\n".join(["a,b,c,d,y,who,day", *lines]) + "\n")
    (folder / "c.yaml").write_text(
        "data: {source: t.csv, target: y, drop: [day, who]}\nensemble: 1\n"
        "network: {width: 16, activation: relu}\ntraining: {optimizer: adam, learning_rate: 0.005, epochs: 12}\n"
    )


def codes(folder, *words):
    return [
        finding["code"]
        for finding in json.loads(dlrun("train", "c.yaml", "--json", *words, cwd=folder).stdout)["findings"]
    ]


def test_a_run_of_rows_that_drift_is_told_and_where_its_split_heeds_them_it_is_not(tmp_path):
    written(tmp_path, drift=2.0)
    assert "neighbours-alike" in codes(tmp_path)
    assert "neighbours-alike" not in codes(tmp_path, "data.drop=[who]", "data.order=day")
    assert "neighbours-alike" not in codes(tmp_path, "diagnosis.ignore=[neighbours-alike]")
    written(tmp_path)
    assert "neighbours-alike" not in codes(tmp_path)


def gap(folder, *words):
    return json.loads(dlrun("data", "c.yaml", *words, "--gap", "--json", cwd=folder).stdout)["gap"]


def test_what_a_random_split_hides_is_measured(tmp_path):
    written(tmp_path, drift=2.0)
    in_order = gap(tmp_path)
    assert in_order["is_told"]
    assert in_order["by"] == "in the order of the rows"
    assert in_order["gap"] == pytest.approx(in_order["apart_error"] - in_order["random_error"])
    assert gap(tmp_path, "data.drop=[who]", "data.order=day")["by"] == "in time, by day"
    assert "a random split flatters" in " ".join(dlrun("data", "c.yaml", "--gap", cwd=tmp_path).stdout.split())
    written(tmp_path, groups=40)
    by_who = gap(tmp_path, "data.drop=[day]", "data.group=who")
    assert by_who["is_told"]
    assert by_who["by"] == "by who"
    assert by_who["gap"] > 0.3
    written(tmp_path)
    assert not gap(tmp_path)["is_told"]


def test_too_few_rows_or_groups_are_told(tmp_path):
    written(tmp_path, rows=40)
    assert "--gap: 32 train and dev rows; it needs 60" in dlrun("data", "c.yaml", "--gap", cwd=tmp_path).stderr
    written(tmp_path, groups=4)
    refused = dlrun("data", "c.yaml", "data.drop=[day]", "data.group=who", "--gap", cwd=tmp_path)
    assert "groups by data.group; it needs 5" in refused.stderr


def test_neighbours_are_noticed_and_do_not_fail_where_another_finding_does():
    order, cause = Finding("neighbours-alike", "fail", "", "", ""), Finding("inputs-unscaled", "fail", "", "", "")
    assert with_order_noticed((order,)) == (order,)
    assert [one.severity for one in with_order_noticed((order, cause))] == ["notice", "fail"]
    assert with_order_noticed((order, replace(cause, severity="notice")))[0].severity == "fail"
    outcome = Finding("no-better-than-baseline", "fail", "", "", "")
    assert with_order_noticed((order, outcome)) == (order, outcome)
