"""Hypotheses about a wrong gradient: textbook gradients with one mistake each, for `hints` to compare it with.

Each hypothesis names a cause and yields dW and db of a layer as they would be with that mistake. A layer is examined
only if all above it is right, so that dJ/dZ of the layer above is known.
"""

from collections.abc import Iterator

import numpy as np

from ..arrays import Array
from ..nn.activations import ACTIVATIONS, logistic
from .textbook import Textbook, onehot, softmax

Prediction = tuple[str, str, Array, Array]  # cause, words, dW, db


def output_slopes(book: Textbook) -> Iterator[tuple[str, str, Array]]:
    """Wrong dJ/dZ at the logits."""
    Z, dZ, loss = book.Z[-1], book.dZ[-1], book.problem.network.loss
    if loss == "sigmoid":
        p = logistic(Z)
        yield (
            "extra_output_slope",
            "the output's sigmoid' is multiplied in once more than the loss needs",
            dZ * p * (1 - p),
        )
    if loss == "softmax":
        p, Y = softmax(Z), onehot(book.problem.Y, Z.shape[1])
        words = "the softmax is differentiated without its coupling: only the right class's logit gets a slope"
        yield "softmax_uncoupled", words, dZ * Y
        words = "the slope of the softmax's diagonal, p (1 - p), is multiplied in once more than the loss needs"
        yield "extra_output_slope", words, dZ * p * (1 - p)


def scaled(book: Textbook, dZ: Array, index: int) -> Iterator[tuple[str, str, Array]]:
    """A right dJ/dZ times a number that points to a cause."""
    m = book.m
    yield "sum_not_mean", f"the examples are summed instead of averaged: m = {m} times too much", m * dZ
    yield "averaged_twice", f"the mean over the examples is taken twice: 1/m = 1/{m} too much", dZ / m
    yield "sign", "the sign is reversed", -dZ
    if m > 1:
        yield "divided_by_m_minus_1", "the mean divides by m - 1 instead of m", dZ * m / (m - 1)
    yield "factor_2", "a factor 2 too much", 2 * dZ
    yield "factor_half", "a factor 1/2 too much", dZ / 2


def other_derivatives(book: Textbook, index: int) -> Iterator[tuple[str, str, Array]]:
    """Wrong g'(Z) for a hidden layer."""
    name, Z, G, slope = book.problem.network.activation, book.Z[index], book.G[index], book.slope[index]
    wrong, activation = "the wrong activation derivative: ", ACTIVATIONS[name]
    for mistake in activation.mistakes:
        yield "wrong_derivative", wrong + mistake.words, mistake.slope(Z, G)
    if not activation.homogeneous:
        words = f"{name}' of the activation instead of the pre-activation"
        yield "wrong_derivative", wrong + words, activation.textbook_slope(G)
    if activation.kinked:
        words = "the gate is reversed: slope where z <= 0 instead of z > 0"
        yield "gate_reversed", words, activation.textbook_slope(-Z)
    if activation.kinked and not activation.gated:
        yield "leaky_slope_missing", "the leaky slope is missing: 0 where z <= 0", (Z > 0) * 1.0
    yield "derivative_twice", "the activation derivative is multiplied in twice", slope**2
    yield "derivative_missing", "the activation derivative is missing", np.ones_like(Z)
    for layer, other_slope in enumerate(book.slope):
        if layer != index and other_slope.shape == slope.shape:
            words = f"the activation derivative is that of layer {layer + 1}, not of layer {index + 1}"
            yield "derivative_of_another_layer", words, other_slope
    for taken, row in ACTIVATIONS.items():
        if taken != name and not row.linear:
            yield "wrong_derivative", wrong + f"that of {taken} instead of {name}", row.textbook_slope(Z)


def other_masks(book: Textbook, index: int) -> Iterator[tuple[str, str, Array]]:
    """Wrong mask / keep_prob for a hidden layer with dropout."""
    factor = book.factor[index]
    if book.keep[index] == 1:
        return
    yield "mask_not_applied", "the dropout mask is not applied in the backward pass", np.ones_like(factor)
    yield (
        "mask_not_applied",
        "1 / keep_prob is applied in the backward pass, but not the mask",
        np.full_like(factor, factor.max()),
    )
    yield (
        "mask_not_rescaled",
        "the mask is applied in the backward pass, but 1 / keep_prob is missing",
        (factor > 0) * 1.0,
    )
    yield "mask_rescaled_twice", "1 / keep_prob is applied twice in the backward pass", factor**2
    for layer, other_factor in enumerate(book.factor):
        if layer != index and other_factor.shape == factor.shape:
            words = f"the mask in the backward pass is that of layer {layer + 1}, not of layer {index + 1}"
            yield "mask_of_another_layer", words, other_factor


def hidden_slopes(book: Textbook, index: int) -> Iterator[tuple[str, str, Array]]:
    """Wrong dJ/dZ of a hidden layer if all above it is right."""
    dA, slope, factor, W = book.dA[index], book.slope[index], book.factor[index], book.W[index + 1]
    for cause, words, replacement in other_derivatives(book, index):
        yield cause, words, dA * replacement * factor
    for cause, words, replacement in other_masks(book, index):
        yield cause, words, dA * slope * replacement
    if W.shape[0] == W.shape[1]:
        words = f"dA = dZ W{index + 2} where W{index + 2}^T belongs: the square weight matrix is not transposed"
        yield "transposed_weight", words, book.dZ[index + 1] @ W * slope * factor


def other_inputs(book: Textbook, index: int) -> Iterator[tuple[str, str, Array]]:
    """Wrong A in dW = A^T dZ."""
    if index > 0:
        yield (
            "pre_activation_input",
            f"dW{index + 1} multiplies the pre-activation Z{index}, not A{index}",
            book.Z[index - 1],
        )
        if book.keep[index - 1] < 1:
            words = f"dW{index + 1} multiplies A{index} as it was before the dropout mask"
            yield "mask_not_applied", words, book.G[index - 1]
            words = f"dW{index + 1} multiplies the masked A{index} without its 1 / keep_prob"
            yield "mask_not_rescaled", words, book.G[index - 1] * (book.factor[index - 1] > 0)
    for layer, A in enumerate(book.A):
        if layer != index and A.shape == book.A[index].shape:
            yield "input_of_another_layer", f"dW{index + 1} multiplies A{layer}, not A{index}", A


def fewer_rows(book: Textbook, index: int) -> Iterator[Prediction]:
    """Sums that leave examples out."""
    A, dZ = book.A[index], book.dZ[index]
    dW, db = book.gradient(index)
    for words, rows in (("the first example alone", slice(0, 1)), ("all examples but the last", slice(0, -1))):
        if book.m > 1:
            dW_some, db_some = book.gradient(index, A=A[rows], dZ=dZ[rows])
            yield "rows_left_out", f"the sums run over {words}", dW_some, db_some
            yield "rows_left_out", f"db{index + 1} sums over {words}", dW, db_some
            yield "rows_left_out", f"dW{index + 1} sums over {words}", dW_some, db


def wrong_penalty(book: Textbook, index: int) -> Iterator[Prediction]:
    """The penalty's slope with something missing, doubled or misplaced."""
    (dW, db), lam, m, m_train = book.gradient(index), book.problem.l2_lambda, book.m, book.problem.m_train
    if lam == 0:
        return
    right, W, b = lam / m_train, book.W[index], book.b[index]
    rates = [
        ("penalty_missing", "lambda W / m is missing", 0.0),
        ("penalty_doubled", "lambda W / m is doubled: the 1/2 of the cost's lambda / 2m is missing", 2 * right),
        ("penalty_halved", "lambda W / 2m is used instead of lambda W / m", right / 2),
        ("penalty_not_divided", "lambda W is not divided by the size of the training set", lam),
        ("penalty_sign", "the penalty's slope is subtracted instead of added", -right),
        ("penalty_of_batch", "lambda W is divided by the size of the batch instead of the training set", lam / m),
    ]
    for cause, words, rate in rates:
        yield cause, words, dW + (rate - right) * W, db
    yield "penalty_on_biases", "the penalty is put on the biases as well", dW, db + right * b
    yield "penalty_on_biases", "the penalty is put on the biases instead of the weights", dW - right * W, db + right * b


def predictions(book: Textbook, index: int) -> Iterator[Prediction]:
    """Every hypothesis on a layer, counted from 0."""
    dW, db = book.gradient(index)
    yield from wrong_penalty(book, index)
    wrong = output_slopes(book) if index == book.depth - 1 else hidden_slopes(book, index)
    for cause, words, dZ in [*scaled(book, book.dZ[index], index), *wrong]:
        dW_wrong, db_wrong = book.gradient(index, dZ=dZ)
        yield cause, words, dW_wrong, db_wrong
        yield cause, f"in dW{index + 1} alone: {words}", dW_wrong, db
        yield cause, f"in db{index + 1} alone: {words}", dW, db_wrong
    for cause, words, A in other_inputs(book, index):
        yield cause, words, *book.gradient(index, A=A)
    yield from fewer_rows(book, index)
