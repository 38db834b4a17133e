"""A threshold by what the two mistakes cost: the cheapest on known rows, and `dlrun predict --costs`."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import precision_score, recall_score

from dlrun.errors import UsageError
from dlrun.model.answering import costs_of
from dlrun.statistics.costs import Costs, cheapest_cut, cut_at
from tests.commands import dlrun
from tests.test_rare_class import table

COSTS = [Costs(1, 1), Costs(1, 10), Costs(5, 1), Costs(0.3, 40)]


def slow_cost(probability, is_one, threshold, costs):
    total = 0.0
    for p, one in zip(probability, is_one, strict=True):
        total += costs.miss * (one and p < threshold) + costs.false_alarm * (not one and p >= threshold)
    return total / len(is_one)


@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize("digits", [1, 6])
def test_no_threshold_is_cheaper(rng, costs, digits):
    is_one = rng.random(80) < 0.2
    probability = np.round(np.clip(rng.random(80) * 0.6 + 0.3 * is_one, 0, 1), digits)
    found = cheapest_cut(probability, is_one, costs)
    tried = [*probability, 0.0, 1.1, *(probability + 1e-7)]
    assert found.cost == pytest.approx(min(slow_cost(probability, is_one, t, costs) for t in tried), rel=1e-12)
    assert found.cost == pytest.approx(slow_cost(probability, is_one, found.threshold, costs), rel=1e-12)
    answers = probability >= found.threshold
    assert found.recall == pytest.approx(recall_score(is_one, answers, zero_division=0))
    assert (found.precision or 0) == pytest.approx(precision_score(is_one, answers, zero_division=0))


@pytest.mark.parametrize("costs", COSTS[:3])
def test_of_right_probabilities_it_is_near_elkans(rng, costs):
    probability = rng.random(100_000)
    is_one = rng.random(100_000) < probability
    expected = costs.false_alarm / (costs.false_alarm + costs.miss)
    # The cost is flat there: of ten draws the furthest was 0.02 away.
    assert cheapest_cut(probability, is_one, costs).threshold == pytest.approx(expected, abs=0.03)


def test_of_equally_cheap_ones_it_is_the_nearest_to_elkans():
    probability, is_one = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])
    assert cheapest_cut(probability, is_one, Costs(1, 1)).threshold == 0.5
    assert cheapest_cut(probability, is_one, Costs(1, 3)).threshold == 0.25
    assert 0.2 < cheapest_cut(probability, is_one, Costs(1, 99)).threshold <= 0.8


def test_alarms_for_all_or_for_none_are_thresholds_too():
    probability, is_one = np.array([0.3, 0.4]), np.array([True, False])
    assert cheapest_cut(probability, is_one, Costs(1, 100)).recall == 1
    none = cheapest_cut(probability, is_one, Costs(100, 1))
    assert (none.recall, none.precision) == (0, None)
    assert cut_at(probability, is_one, none.threshold, Costs(100, 1)).cost == 0.5


def test_costs_are_read_and_refused_in_words():
    assert costs_of("miss=10, false_alarm=2") == Costs(2, 10)
    for wrong in ("10", "miss=10", "false_alarm=0,miss=1", "false_alarm=x,miss=1", "a=1,b=2", "false_alarm=1,miss=inf"):
        with pytest.raises(UsageError, match="expected two numbers above 0, such as false_alarm=1,miss=10"):
            costs_of(wrong)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("costs")
    table(folder / "t.csv", 1)
    for name, source in (("rare", "t.csv"), ("three", "iris")):
        (folder / f"{name}.yaml").write_text(
            f"name: {name}\ndata: {{source: {source}}}\nreport: false\nnetwork: {{width: 16}}\n"
            "training: {epochs: 6}\n"
        )
        assert dlrun("train", f"{name}.yaml", "-q", cwd=folder).returncode == 0
    return folder


def test_the_rarer_class_is_answered_from_the_threshold_on(place):
    done = dlrun("predict", "rare", "t.csv", "-o", "a.csv", "--json", "--costs", "false_alarm=1,miss=30", cwd=place)
    told = json.loads(done.stdout)
    found = told["threshold"]
    assert (found["label"], found["false_alarm"], found["miss"]) == ("yes", 1, 30)
    assert found["cost"] < found["cost_at_half"]
    answers = pl.read_csv(place / "a.csv")
    above = answers["probability yes"] >= found["threshold"]
    assert answers["prediction"].to_list() == ["yes" if one else "no" for one in above]
    assert 0 < above.sum() < len(answers)
    truth = pl.read_csv(place / "t.csv")["label"]
    assert told["errors"]["error"] == pytest.approx((truth != answers["prediction"]).mean())


def test_what_the_threshold_is_worth_is_that_of_the_rows_of_each_split(place):
    from dlrun.model import load_model
    from dlrun.store import find_run

    trust = load_model(find_run(place / "runs", "rare")).trust
    found = trust.threshold(["no", "yes"], Costs(1, 30))
    for kept, cost, recall in ((trust.dev, found.cost, found.recall), (trust.test, found.test_cost, found.test_recall)):
        answers = kept.outputs[:, 1] >= found.threshold
        assert recall == pytest.approx(recall_score(kept.truth, answers))
        assert cost == pytest.approx(slow_cost(kept.outputs[:, 1], kept.truth == 1, found.threshold, Costs(1, 30)))


def test_it_is_told_beside_the_answers(place):
    done = dlrun("predict", "rare", "t.csv", "-o", "a.csv", "--costs", "false_alarm=1,miss=30", cwd=place)
    text = " ".join(done.stderr.split())
    assert "yes is answered from" in text
    assert "a false alarm costs 1 and a miss 30: by 320 dev rows" in text
    assert "on the 320 test rows a row costs" in text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("three", "t.csv", "--costs", "false_alarm=1,miss=2"), "needs two classes"),
        (("rare", "t.csv", "--costs", "miss=2"), "expected two numbers above 0"),
        (("rare", "t.csv", "--costs", "false_alarm=1,miss=2", "--abstain", "0.1"), "does not go with --abstain"),
    ],
)
def test_what_cannot_be_is_said(place, arguments, told):
    done = dlrun("predict", *arguments, cwd=place)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())


def test_without_costs_nothing_is_told_of_a_threshold(place):
    done = dlrun("predict", "rare", "t.csv", "-o", "b.csv", "--json", cwd=place)
    assert "threshold" not in json.loads(done.stdout)
