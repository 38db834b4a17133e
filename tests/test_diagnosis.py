"""The diagnosis agrees with the course's table and says why, in the numbers of the run."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.advice import Case, advise
from dlrun.diagnosis import diagnose, parse_errors, parse_optimal, parse_sizes
from dlrun.diagnosis.ills import Verdict
from dlrun.diagnosis.words import percent, points
from dlrun.errors import UsageError
from dlrun.records import BySplit, Sizes
from dlrun.store import to_plain

# The course's table: train, dev, optimal error -> bias, variance.
COURSE_ROWS = [
    (0.01, 0.11, 0.0, "low", "high"),
    (0.15, 0.16, 0.0, "high", "low"),
    (0.15, 0.30, 0.0, "high", "high"),
    (0.005, 0.01, 0.0, "low", "low"),
    (0.15, 0.16, 0.15, "low", "low"),
]


def advice(diagnosis):
    return advise(Case(diagnosis))


def keys(diagnosis):
    return [item.key for item in advice(diagnosis)]


@pytest.mark.parametrize(("train", "dev", "optimal", "bias", "variance"), COURSE_ROWS)
def test_the_course_table_is_reproduced(train, dev, optimal, bias, variance):
    found = diagnose(BySplit(train, dev), optimal_error=optimal)
    assert found.verdict == Verdict(bias, variance)


def test_a_distance_of_exactly_the_threshold_is_the_same_whatever_the_binary_fractions():
    assert 0.15 - 0.13 < 0.02 < 0.16 - 0.14 + 0.001  # the trap: floating point alone would tell these two apart
    assert {diagnose(BySplit(x, x + 0.02)).verdict.variance for x in (0.11, 0.13, 0.14)} == {"low"}
    assert diagnose(BySplit(0.11, 0.1301)).verdict.variance == "moderate"
    assert {diagnose(BySplit(x, x + 0.05)).verdict.variance for x in (0.11, 0.13, 0.14)} == {"high"}


def test_a_train_error_below_the_optimal_one_is_no_bias():
    found = diagnose(BySplit(0.05, 0.06), optimal_error=0.15)
    assert (found.avoidable_bias, found.verdict.bias) == (-0.1, "low")
    assert advice(found)[0].why.startswith("train error 5.0% is 10.0 points below the optimal 15.0%, and dev")


def test_its_json_holds_plain_values_under_the_promised_keys():
    found = to_plain(diagnose(BySplit(0.01, 0.11), baseline_error=0.5, sizes=Sizes(10_000, 1000)))
    assert json.loads(json.dumps(found)) == found
    assert {key: found[key] for key in ("errors", "sizes", "optimal_error", "avoidable_bias", "variance")} == {
        "errors": {"train": 0.01, "dev": 0.11, "test": None},
        "sizes": {"train": 10_000, "dev": 1000},
        "optimal_error": 0.0,
        "avoidable_bias": 0.01,
        "variance": 0.1,
    }
    assert (found["verdict"], found["confidence"]) == ({"bias": "low", "variance": "high"}, 0.9)
    assert (found["baseline_error"], found["regression"], found["target"]) == (0.5, False, None)
    assert found["intervals"].keys() == {"train", "dev", "test", "optimal", "avoidable_bias", "variance"}
    assert found["thresholds"] == {"low": 0.02, "high": 0.05}
    assert found["shares"] == {"bias": pytest.approx(1 / 11), "variance": pytest.approx(10 / 11)}
    assert found["dev_rows_needed"] == {"bias": None, "variance": None}
    assert found["optimal"].keys() == {"kind", "error", "errors", "n", "break_even", "sentence", "refuted"}


def test_high_bias_asks_for_a_bigger_network_longer_training_or_another_architecture():
    found = diagnose(BySplit(0.15, 0.16))
    assert keys(found) == ["network.width", "network.depth", "training.epochs", "network.activation"]
    assert {item.why for item in advice(found)} == {"train error 15.0% is 15.0 points above the optimal 0.0%"}


def test_with_both_high_bias_comes_first_and_no_key_comes_twice():
    found = keys(diagnose(BySplit(0.15, 0.30)))
    assert found[:4] == ["network.width", "network.depth", "training.epochs", "network.activation"]
    assert found[4] == "regularization.lambda"
    assert len(found) == len(set(found)) == 9


def test_with_neither_high_the_one_item_is_done_and_says_why():
    [item] = advice(diagnose(BySplit(0.005, 0.01)))
    assert (item.action, item.key) == ("done", None)
    assert item.why == (
        "train error 0.50% is 0.50 points above the optimal 0.0%, and "
        "dev error 1.0% is 0.50 points above train error 0.50%: both distances are low"
    )


def test_a_network_no_better_than_the_majority_class_hears_that_first():
    found = diagnose(BySplit(0.5, 0.5), baseline_error=0.5)
    assert found.findings[0].code == "no-better-than-baseline"
    assert advice(found)[0].why == (
        "not shown to be better than always answering the majority class; dev error 50.0% beside 50.0%"
    )
    assert keys(found)[1] == "network.width"
    assert not diagnose(BySplit(0.5, 0.499), baseline_error=0.5).findings


def test_a_network_no_better_than_the_baseline_is_never_done():
    found = diagnose(BySplit(0.5, 0.5), optimal_error=0.5, baseline_error=0.5)
    assert advice(found)[0].action.startswith("check the learning rate")
    assert "done" not in [item.action for item in advice(found)]


def test_a_regression_speaks_of_unexplained_variance_and_of_the_mean():
    found = diagnose(BySplit(0.9, 1.2), baseline_error=1.0, regression=True)
    assert found.findings[0].title == "not shown to be better than predicting the mean"
    assert found.findings[0].evidence == "dev 1 - R² 120.0% beside 100.0%"
    assert advice(found)[1].why == "train 1 - R² 90.0% is 90.0 points above the optimal 0.0%"


@pytest.mark.parametrize(
    ("errors", "options", "message"),
    [
        (BySplit(0.1, None), {}, "dev error: none given; a diagnosis needs the train error and the dev error"),
        (
            BySplit(math.nan, 0.1),
            {},
            "train error: got nan; expected a number, and a run that diverged has none to diagnose",
        ),
        (
            BySplit(0.1, 11),
            {},
            "dev error: got 11; expected a fraction from 0 to 1, such as 0.11 for 11%",
        ),
        (
            BySplit(0.1, 0.1, -0.1),
            {},
            "test error: got -0.1; expected a fraction from 0 to 1, such as 0.11 for 11%",
        ),
        (
            BySplit(0.1, 0.1),
            {"optimal_error": 15},
            "optimal error: got 15; expected a fraction from 0 to 1, such as 0.11 for 11%",
        ),
        (
            BySplit(0.1, 0.1),
            {"baseline_error": 2},
            "baseline error: got 2; expected a fraction from 0 to 1, such as 0.11 for 11%",
        ),
        (
            BySplit(-0.1, 0.1),
            {"regression": True},
            "train error: got -0.1; expected 1 - R², which is 0 or more",
        ),
    ],
)
def test_values_that_cannot_be_are_refused_in_a_sentence(errors, options, message):
    with pytest.raises(UsageError) as refusal:
        diagnose(errors, **options)
    assert str(refusal.value) == message


fractions = st.floats(min_value=0, max_value=1)


@given(train=fractions, dev=fractions, optimal=fractions)
def test_advice_is_never_empty_and_follows_the_verdict(train, dev, optimal):
    found = diagnose(BySplit(train, dev), optimal_error=optimal)
    assert ("training.epochs" in keys(found)) == (found.verdict.bias != "low")
    assert ("data.source" in keys(found)) == (found.verdict.variance != "low")
    assert (keys(found) == [None]) == (found.verdict == Verdict("low", "low"))


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("train=0.01,dev=0.11", BySplit(0.01, 0.11)),
        ("train=1%,dev=11%", BySplit(0.01, 0.11)),
        (" dev = 30 % , train=1e-2, test=1", BySplit(0.01, 0.3, 1.0)),
        ("train=0%,dev=100%", BySplit(0.0, 1.0)),
    ],
)
def test_errors_are_read_as_fractions_or_percentages(text, errors):
    assert parse_errors(text) == errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train", "--errors: got 'train'; expected name=value pairs, such as train=0.01,dev=0.11"),
        ("", "--errors: got ''; expected name=value pairs, such as train=0.01,dev=0.11"),
        (
            "train=0.1,val=0.2",
            "--errors: unknown name 'val'; expected train, dev and perhaps test, as in train=0.01,dev=0.11",
        ),
        ("train=0.1", "--errors: no dev; expected at least train and dev, as in train=0.01,dev=0.11"),
        ("test=0.1", "--errors: no train and no dev; expected at least train and dev, as in train=0.01,dev=0.11"),
        (
            "dev=0.1,dev=0.2",
            "--errors: dev is given twice; expected each name once, as in train=0.01,dev=0.11",
        ),
        ("train=low,dev=1%", "--errors: train=low is not a number; expected one such as 0.11 or 11%"),
        ("train=nan,dev=1%", "--errors: train=nan is not a number; expected one such as 0.11 or 11%"),
        ("train=1%,dev=11", "--errors: dev=11 is above 1; did you mean 0.11 or 11%?"),
        ("train=1%,dev=110%", "--errors: dev=110% is no error; expected 0 to 1, or 0% to 100%"),
        ("train=-1,dev=1%", "--errors: train=-1 is no error; expected 0 to 1, or 0% to 100%"),
        ("train=inf,dev=1%", "--errors: train=inf is no error; expected 0 to 1, or 0% to 100%"),
    ],
)
def test_errors_that_cannot_be_read_are_refused_with_a_way_out(text, message):
    with pytest.raises(UsageError) as refusal:
        parse_errors(text)
    assert str(refusal.value) == message


def test_sizes_and_optimal_errors_are_read():
    assert parse_sizes("train=10000, dev=1000") == Sizes(10_000, 1000)
    assert [parse_optimal(text) for text in ("0.15", "15%", "30/200")] == [0.15, 0.15, {"errors": 30, "n": 200}]


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_sizes, "train=1e4,dev=10", "--sizes: train=1e4 is no number of rows; expected one such as 1000"),
        (parse_sizes, "train=10,dev=0", "--sizes: dev=0 is no number of rows; expected one such as 1000"),
        (parse_sizes, "train=10", "--sizes: no dev; expected at least train and dev, as in train=10000,dev=1000"),
        (parse_optimal, "15", "--optimal: 15 is above 1; did you mean 0.15 or 15%?"),
        (
            parse_optimal,
            "300/200",
            "--optimal: got 300/200; expected errors of judgements such as 30/200, or a fraction",
        ),
    ],
)
def test_sizes_and_optimal_errors_that_cannot_be_are_refused(parse, text, message):
    with pytest.raises(UsageError) as refusal:
        parse(text)
    assert str(refusal.value) == message


def test_small_percentages_keep_a_second_decimal():
    assert [percent(x) for x in (0, 0.005, 0.01, 0.15, 1.0, 1e30)] == [
        "0.0%",
        "0.50%",
        "1.0%",
        "15.0%",
        "100.0%",
        "1.0e+32%",
    ]
    assert points(0.0962) == "9.6"
