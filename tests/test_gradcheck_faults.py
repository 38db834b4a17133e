"""The checker is itself checked: planted bugs are caught, their tensors named and their causes hinted at."""

import numpy as np
import pytest
from gradcheck_faults import FAULTS, Backprop
from gradcheck_nets import KINDS, problem_of, score

from dlrun.gradcheck import CheckOptions
from dlrun.gradcheck.check import examine
from dlrun.gradcheck.hints import clues_for, locate
from dlrun.gradcheck.hypotheses import predictions
from dlrun.gradcheck.patterns import patterns_of
from dlrun.gradcheck.problem import shipped_gradient
from dlrun.gradcheck.textbook import Textbook

HINTED_AT_LEAST = 0.8


def kinds_for(fault):
    return [kind for kind in KINDS if fault.fits(kind.activation, kind.loss)]


@pytest.fixture(scope="module")
def scores():
    """Each fault in the first net that it fits."""
    return {fault.name: score(fault, kinds_for(fault)[0]) for fault in FAULTS}


def test_there_are_at_least_forty_planted_bugs_of_different_names():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40


def test_every_planted_bug_fits_some_net():
    assert [fault.name for fault in FAULTS if not kinds_for(fault)] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.activation}-{kind.loss}")
def test_the_nets_that_bugs_are_planted_in_pass_without_one(kind):
    report = kind.check(None)
    assert {result.report.verdict for result in report.situations} == {"pass"}
    assert report.hints == ()
    assert report.where is None


def test_all_planted_bugs_are_caught(scores):
    assert [name for name, found in scores.items() if not found.caught] == []


def test_in_all_of_them_the_right_tensors_are_named(scores):
    assert [name for name, found in scores.items() if not found.named] == []


def test_in_most_of_them_the_first_hint_is_the_cause(scores):
    assert sum(found.hinted for found in scores.values()) >= HINTED_AT_LEAST * len(scores)


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.causes], ids=lambda fault: fault.name)
def test_the_first_hint_names_the_cause(fault, scores):
    assert scores[fault.name].first_hint in fault.causes


def test_scoring_sees_a_report_that_names_too_little(monkeypatch):
    from dlrun.gradcheck import check

    kind, fault = KINDS[0], next(f for f in FAULTS if f.name == "sum instead of mean")
    right = check.check_tensor

    def blind_to_w1(evidence, memory_bytes, name, *rest):
        seen = evidence._replace(analytic=evidence.measured.slope) if name == "W1" else evidence
        return right(seen, memory_bytes, name, *rest)

    monkeypatch.setattr(check, "check_tensor", blind_to_w1)
    assert score(fault, kind).caught
    assert not score(fault, kind).named


@pytest.mark.parametrize(
    "name", ["lambda forgotten", "lambda on biases", "mask of another layer", "square weight not transposed"]
)
def test_the_usual_check_misses_what_another_situation_shows(name):
    """At first weights, without penalty and dropout, with no two layers of one width, these make no difference."""
    report = KINDS[0].check(next(fault for fault in FAULTS if fault.name == name))
    assert report.situations[0].report.passed
    assert report.verdict == "fail"


def test_a_hypothesis_of_every_kind_predicts_what_the_planted_bug_does(rng):
    problem = problem_of((5, 6, 6, 3), "tanh", "softmax", rng=rng, keep_prob=0.7, l2_lambda=5.0, bias_sd=0.1)
    book, right = Textbook(problem), Backprop(problem).gradient()
    for index, layer in enumerate(right.layers):
        np.testing.assert_allclose(book.gradient(index)[0], layer.W, atol=1e-14)
        np.testing.assert_allclose(book.gradient(index)[1], layer.b, atol=1e-14)
        for cause, words, dW, db in predictions(book, index):
            assert (dW.shape, db.shape) == (layer.W.shape, layer.b.shape), (cause, words)


def test_where_names_layer_tensor_index_and_values(rng):
    def one_entry(problem):
        gradient = shipped_gradient(problem)
        gradient.layers[1].W[3, 1] += 0.5
        return gradient

    problem = problem_of((4, 5, 5, 3), "tanh", "softmax", rng=rng)
    report, evidence = examine(problem, CheckOptions(), gradient_function=one_entry)
    found = locate(report, 3)
    assert (found.layer, found.tensor, found.index, found.row, found.unit) == (2, "W2", (3, 1), 3, 1)
    assert found.analytic == pytest.approx(found.numeric + 0.5)
    assert found.scope == "one_tensor"
    first = clues_for(evidence, report)[0]
    assert (first.cause, first.words) == ("one_entry", "only the entry W2[3, 1] is wrong")


def test_two_faults_in_two_places_are_both_hinted_at(rng):
    def two(problem):
        gradient = shipped_gradient(problem)
        gradient.layers[1].W[:] *= 2
        gradient.layers[0].b[:] *= 4
        return gradient

    problem = problem_of((4, 5, 5, 3), "tanh", "softmax", rng=rng)
    report, evidence = examine(problem, CheckOptions(), gradient_function=two)
    words = [clue.words for clue in clues_for(evidence, report)]
    assert locate(report, 3).scope == "several_places"
    assert "dW2 is 2 times what it should be" in words
    assert "db1 is 4 times what it should be" in words


NUMERIC = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0], [2.0, 0.1, -0.3]])


ONES = np.ones((3, 3))
LACKS = "dW1 lacks a term of 0.3 * W1: a penalty's slope is missing or too small"
EXCEEDS = "dW1 has a term of 0.1 * W1 too much: a penalty's slope is doubled or misplaced"
CONSTANT = "dW1 is one and the same number throughout: summed or averaged over the wrong axis"


@pytest.mark.parametrize(
    ("analytic", "cause", "words"),
    [
        (0 * NUMERIC, "zero", "dW1 is never computed, or never returned"),
        (-2 * NUMERIC, "factor", "dW1 is -2 times what it should be"),
        (NUMERIC.T, "transposed", "dW1 is transposed"),
        (np.clip(NUMERIC, -0.8, 0.8), "clipped", "dW1 is clipped before it is compared"),
        (NUMERIC + ONES * [[1], [0], [0]], "one_row", "only row 0 of W1 is wrong"),
        (NUMERIC + ONES * [0, 0, 1], "one_column", "only column 2 of W1 is wrong"),
        (NUMERIC - 0.3 * 2 * ONES, "penalty", LACKS),
        (NUMERIC + 0.1 * 2 * ONES, "penalty", EXCEEDS),
        (7 * ONES, "wrong_axis", CONSTANT),
    ],
)
def test_patterns_of_a_tensor_in_words(analytic, cause, words):
    found = {hint.cause: hint.words for hint in patterns_of("W1", analytic, NUMERIC, 2 * ONES)}
    assert found[cause] == words


def test_a_gradient_without_any_pattern_gets_no_hint_of_one(rng):
    assert patterns_of("W1", rng.standard_normal((3, 3)), NUMERIC, rng.standard_normal((3, 3))) == []
