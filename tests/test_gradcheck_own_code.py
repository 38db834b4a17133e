"""The check of a person's own backpropagation: bugs named, kinks forgiven, and what cannot be used told in words."""

import numpy as np
import pytest

from dlrun.errors import UsageError
from dlrun.gradcheck import check_gradients, report_lines

X = np.random.default_rng(1).standard_normal((4, 3))  # the course's way: a column an example
Y = np.array([[1.0, 0.0, 1.0]])
M = 3


def course_parameters(seed=1):
    rng = np.random.default_rng(seed)
    shapes = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def forward(p, X=X):
    A1 = np.maximum(p["W1"] @ X + p["b1"], 0)
    A2 = np.maximum(p["W2"] @ A1 + p["b2"], 0)
    return A1, A2, 1 / (1 + np.exp(-(p["W3"] @ A2 + p["b3"])))


def cost(p):
    A3 = forward(p)[-1]
    return np.sum(-np.log(A3) * Y - np.log(1 - A3) * (1 - Y)) / M


def gradient(p, dW2_factor=1, db1_numerator=1, X=X):
    A1, A2, A3 = forward(p, X)
    dZ3 = A3 - Y
    dZ2 = p["W3"].T @ dZ3 * (A2 > 0)
    dZ1 = p["W2"].T @ dZ2 * (A1 > 0)
    return {
        "dW3": 1 / M * dZ3 @ A2.T,
        "db3": 1 / M * dZ3.sum(axis=1, keepdims=True),
        "dW2": 1 / M * dZ2 @ A1.T * dW2_factor,
        "db2": 1 / M * dZ2.sum(axis=1, keepdims=True),
        "dW1": 1 / M * dZ1 @ X.T,
        "db1": db1_numerator / M * dZ1.sum(axis=1, keepdims=True),
    }


def faulty(p):
    return gradient(p, dW2_factor=2, db1_numerator=4)


def test_the_courses_two_bugs_are_both_named():
    report = check_gradients(cost, faulty, course_parameters())
    assert [tensor.name for tensor in report.failed] == ["b1", "W2"]
    words = [hint.words for hint in report.hints]
    assert words == ["db1 is 4 times what it should be", "dW2 is 2 times what it should be"]
    lines = report_lines(report)
    assert lines[0] == "gradient check failed"
    assert "looks like: db1 is 4 times what it should be" in lines


def test_the_right_gradient_passes_as_great():
    report = check_gradients(cost, gradient, course_parameters())
    assert report.passed
    assert report.relative_difference < 1e-9
    assert report.hints == ()
    assert report.n_checked == report.n_parameters == 47


def test_parameters_are_left_as_they_were():
    parameters = course_parameters()
    check_gradients(cost, gradient, parameters)
    np.testing.assert_array_equal(parameters["W1"], course_parameters()["W1"])


def test_one_array_and_a_gradient_already_computed_will_do():
    theta = np.array([1.0, -2.0, 0.5])
    report = check_gradients(lambda t: float(t @ t), 2 * theta, theta)
    assert (report.passed, report.tensors[0].name) == (True, "theta")
    assert not check_gradients(lambda t: float(t @ t), theta, theta).passed


def test_a_kink_is_counted_apart_and_its_slope_held_between_the_two_sides():
    theta = np.array([0.0, 1.0, -1.0])

    def kinked(t):
        return np.maximum(t, 0).sum() + (t**2).sum()

    def with_slope_at_kink(slope):
        return check_gradients(kinked, np.array([slope, 3.0, -2.0]), theta)

    assert [with_slope_at_kink(s).passed for s in (0.0, 0.3, 1.0)] == [True, True, True]
    assert with_slope_at_kink(0.0).tensors[0].n_kinks == 1
    assert [with_slope_at_kink(s).passed for s in (-0.2, 1.2)] == [False, False]


def test_a_strongly_curved_cost_is_no_kink_and_no_alarm():
    theta = np.array([0.3, -0.2])
    report = check_gradients(lambda t: float(np.sin(300 * t).sum()), lambda t: 300 * np.cos(300 * t), theta)
    assert report.passed
    assert report.tensors[0].n_kinks == 0


def test_a_penalty_that_the_gradient_forgets_is_hinted_at():
    W = {"W1": np.array([[1.0, -2.0], [0.5, 3.0]])}
    x = np.array([0.3, -0.7])

    def penalised(p):
        return float(np.tanh(p["W1"] @ x).sum() + 0.35 * (p["W1"] ** 2).sum())

    def forgets(p):
        return {"W1": np.outer(1 - np.tanh(p["W1"] @ x) ** 2, x)}

    (hint,) = check_gradients(penalised, forgets, W).hints
    assert hint.words == "dW1 lacks a term of 0.7 * W1: a penalty's slope is missing or too small"


def test_only_biases_off_is_said():
    def wrong(p):
        found = gradient(p)
        found["db1"] = found["db1"] + [[0.1], [0.3], [0.2], [0.5], [0.4]]
        found["db2"] = found["db2"] * [[1.5], [2.5], [0.1]]
        return found

    hints = check_gradients(cost, wrong, course_parameters()).hints
    assert [hint.cause for hint in hints][-1:] == ["only_biases"]


def test_single_precision_costs_are_not_blamed_on_the_gradient():
    theta = np.array([0.3, -0.2, 0.9])
    report = check_gradients(lambda t: np.float32(np.sin(t).sum()), np.cos, theta)
    assert report.verdict == "unverifiable"
    assert not check_gradients(lambda t: np.float32(np.sin(t).sum()), lambda t: 3 * np.cos(t), theta).passed


def test_no_gradient_anywhere_is_vacuous():
    report = check_gradients(lambda t: 1.0, lambda t: np.zeros(3), np.ones(3))
    assert (report.verdict, report.passed) == ("vacuous", False)


def test_a_budget_samples_an_equal_number_of_each_array():
    report = check_gradients(cost, gradient, course_parameters(), max_seconds=0.0)
    assert {tensor.n_checked for tensor in report.tensors} == {1}
    assert report.sampled is True


def test_progress_counts_entries():
    seen = []
    check_gradients(lambda t: float(t @ t), lambda t: 2 * t, np.ones(3), progress=lambda *done: seen.append(done))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def changing(p):
    p["a"] += 1
    return 0.0


DRAWS = iter(range(100))
ONE = {"a": np.array([1.0, 2.0])}


@pytest.mark.parametrize(
    ("cost", "gradient", "parameters", "message"),
    [
        (
            lambda p: p["a"],
            lambda p: p,
            ONE,
            "cost(parameters): found an array of shape (2,); return one number, such as the mean over the examples",
        ),
        (
            lambda p: float("inf"),
            lambda p: p,
            ONE,
            "cost(parameters): found inf; use parameters where the cost is finite, such as smaller weights",
        ),
        (changing, lambda p: p, ONE, "cost(parameters): found that it changes a; change a copy instead"),
        (
            lambda p: float(next(DRAWS)),
            lambda p: p,
            ONE,
            "cost(parameters): found 0.0 and then 1.0 at the same parameters; draw dropout masks and batches once, "
            "outside cost, and use them for every call",
        ),
        (
            lambda p: 1.0,
            lambda p: {"W": 1, "b": 2},
            ONE,
            "gradient(parameters): found W, b, but no a; return it as 'a' or 'da'",
        ),
        (
            lambda p: 1.0,
            lambda p: {"da": np.ones((2, 1))},
            ONE,
            "gradient(parameters)['da']: found shape (2, 1); return the shape of a, (2,)",
        ),
        (
            lambda p: 1.0,
            lambda p: {"a": np.array([1.0, np.nan])},
            ONE,
            "gradient(parameters)['a'][1]: found nan; every entry must be finite",
        ),
        (
            lambda p: 1.0,
            lambda p: np.ones(2),
            ONE,
            "gradient(parameters): found ndarray; return a dict with an array for each parameter",
        ),
        (
            lambda p: 1.0,
            lambda p: p,
            {"a": np.ones(2) * 1j},
            "parameters['a']: found ndarray of complex128; give an array of real numbers",
        ),
        (lambda p: 1.0, lambda p: p, {"a": "x"}, "parameters['a']: found str; give an array of real numbers"),
        (
            lambda p: 1.0,
            lambda p: p,
            {},
            "parameters: found none; give a dict of arrays, or one array, with at least one entry",
        ),
    ],
)
def test_what_cannot_be_used_is_told_where_what_and_what_would_do(cost, gradient, parameters, message):
    with pytest.raises(UsageError) as caught:
        check_gradients(cost, gradient, parameters)
    assert str(caught.value) == message
