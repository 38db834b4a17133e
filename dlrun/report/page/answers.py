"""The sections of a run's page about single predictions: which classes go wrong, which examples have the highest loss.

Each function makes one section, or None if the run has nothing for it. The other sections are in `sections`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from ...arrays import Array
from ...data import DataFacts, Preparation
from ...diagnosis.words import percent
from ...inspection import PageContents
from ...store import Arrays
from . import figures

# A confusion matrix of more classes than this is wider than a page; the commonest confusions are listed instead.
MOST_CLASSES = 20
MOST_CONFUSIONS = 15

# Of a table with more columns, the worst examples show only those furthest from the training mean.
MOST_COLUMNS = 6

# White in pictures whose values are shares, and in those of bytes.
USUAL_WHITES = (1.0, 255.0)

# What scaling and back may change of a value, as a share of white: float32 has seven digits, and half a step in 255 is
# not seen.
ROUNDED = 1e-3

# The most examples shown of a table; images say more at a glance, so all of them are shown.
MOST_EXAMPLES = 12


def answers_of(predictions: Arrays, split: str) -> tuple[Array, Array, Array]:
    """For the rows whose outputs are kept: targets (m,), answered classes (m,), probability of the answer (m,)."""
    outputs = predictions[f"{split}_outputs"]
    if outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
    # Of two equal probabilities the network's own rule takes the second class of two, and the first of more.
    answers = (outputs[:, 1] > 0.5).astype(np.int64) if outputs.shape[1] == 2 else outputs.argmax(axis=1)
    return predictions[f"{split}_targets"][: len(outputs)], answers, outputs[np.arange(len(outputs)), answers]


@dataclass(frozen=True)
class Cell:
    """A cell of the confusion matrix: its number of rows, its shade from 0 to 1, and whether it is on the diagonal."""

    count: int
    shade: float
    right: bool


@dataclass(frozen=True)
class Confusion:
    """A class taken for another one, and how often."""

    true: str
    answered: str
    count: int


class ClassError(NamedTuple):
    """The error of a class on dev."""

    name: str
    rows: int
    wrong: int
    error: float


class Mistakes(NamedTuple):
    """Which classes go wrong on dev.

    matrix : by true class, then answered class; None if there are too many classes. confusions : the commonest ones.
    of_class : the worst first. widest : the largest error of a class. rows : the number of dev rows.
    """

    classes: tuple[str, ...]
    matrix: tuple[tuple[Cell, ...], ...] | None
    confusions: tuple[Confusion, ...]
    of_class: tuple[ClassError, ...]
    widest: float
    rows: int


def mistakes(contents: PageContents) -> Mistakes | None:
    """The confusion matrix and the error of each class, on dev."""
    predictions, data = contents.run.predictions, contents.run.data
    if not predictions or not data or not data.classes:
        return None
    targets, answers, _ = answers_of(predictions, "dev")
    classes, count = data.classes, len(data.classes)
    matrix = np.bincount(targets * count + answers, minlength=count * count).reshape(count, count)
    totals = matrix.sum(axis=1)
    wrong = totals - np.diag(matrix)
    shares = wrong / np.maximum(totals, 1)
    return Mistakes(
        classes=classes,
        matrix=matrix_cells(matrix) if count <= MOST_CLASSES else None,
        confusions=tuple(confusions_of(matrix, classes)[:MOST_CONFUSIONS]),
        of_class=tuple(
            ClassError(classes[i], int(totals[i]), int(wrong[i]), float(shares[i]))
            for i in np.argsort(-shares, kind="stable")[: 2 * MOST_CLASSES]
        ),
        widest=float(shares.max()) or 1.0,
        rows=len(targets),
    )


def matrix_cells(matrix: Array) -> tuple[tuple[Cell, ...], ...]:
    """The cells of a confusion matrix (K, K), shaded by their share of their row."""
    # The square root, so that one mistake in a hundred is still visible.
    shades = np.sqrt(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1))
    return tuple(
        tuple(Cell(int(matrix[i, j]), round(float(shades[i, j]), 3), i == j) for j in range(len(matrix)))
        for i in range(len(matrix))
    )


def confusions_of(matrix: Array, classes: tuple[str, ...]) -> list[Confusion]:
    """The confusions of a matrix (K, K), the commonest first."""
    pairs = [(i, j) for i, j in zip(*np.nonzero(matrix), strict=True) if i != j]
    confusions = [Confusion(classes[i], classes[j], int(matrix[i, j])) for i, j in pairs]
    return sorted(confusions, key=lambda item: -item.count)


class Answer(NamedTuple):
    """The true answer to a row, the network's answer, and the probability that it gave to this answer, as text."""

    true: str
    answered: str
    probability: str | None
    is_right: bool


class Example(NamedTuple):
    """One dev example: its row in the source, the answer and the loss; the example itself as image or as inputs."""

    row: int
    loss: str
    answer: Answer
    image: str | None = None
    inputs: tuple[str, ...] = ()


class Worst(NamedTuple):
    """The examples with the highest loss; columns : the names of their inputs, None for images."""

    examples: tuple[Example, ...]
    columns: tuple[str, ...] | None


def worst(contents: PageContents) -> Worst | None:
    """The dev examples with the highest loss, as images if the data are images, otherwise as rows."""
    predictions, examples, data = contents.run.predictions, contents.run.examples, contents.run.data
    if not predictions or not examples or not data:
        return None
    inputs, indices = examples["worst_inputs"], examples["worst_places"]
    kept = indices < len(predictions["dev_outputs"])
    inputs, indices = inputs[kept], indices[kept]
    if side := data.image_side:
        shape = (side, side, data.image_channels) if data.image_channels else (side, side)
        low, high = shades_of(inputs, is_colour=data.image_channels is not None)
        images = [figures.image_source(values.reshape(shape), low, high) for values in inputs]
        shown = zip(indices, images, strict=True)
        return Worst(tuple(example_at(int(index), predictions, data, image=image) for index, image in shown), None)
    columns = columns_shown(contents.run.model, inputs)
    rows = [tuple(f"{values[column]:.4g}" for column in columns) for values in inputs[:MOST_EXAMPLES]]
    return Worst(
        tuple(
            example_at(int(index), predictions, data, inputs=row)
            for index, row in zip(indices[:MOST_EXAMPLES], rows, strict=True)
        ),
        tuple(str(examples["names"][column]) for column in columns),
    )


def shades_of(inputs: Array, *, is_colour: bool) -> tuple[float, float]:
    """The values that are shown as black and white.

    Colours keep their brightness where the values are bytes or shares of one; others span what is there.
    """
    low, high = float(inputs.min()), float(inputs.max())
    usual = next((most for most in USUAL_WHITES if -ROUNDED * most <= low and high <= (1 + ROUNDED) * most), None)
    return (0.0, usual) if is_colour and usual else (low, high)


def example_at(
    index: int, predictions: Arrays, data: DataFacts, *, image: str | None = None, inputs: tuple[str, ...] = ()
) -> Example:
    """The dev example with this index among the predictions."""
    row, loss = int(predictions["dev_rows"][index]), float(predictions["dev_losses"][index])
    return Example(row, f"{loss:.3g}", answer_at(index, predictions, data), image, inputs)


def answer_at(index: int, predictions: Arrays, data: DataFacts) -> Answer:
    """The network's answer to a dev example; a predicted number is never called right."""
    target = predictions["dev_targets"][index]
    if not data.classes:
        predicted = float(predictions["dev_outputs"][index, 0])
        return Answer(f"{target:.4g}", f"{predicted:.4g}", None, False)
    _, answers, probabilities = answers_of(predictions, "dev")
    true, answered = int(target), int(answers[index])
    probability = percent(float(probabilities[index]))
    return Answer(data.classes[true], data.classes[answered], probability, answered == true)


def columns_shown(model: Arrays | None, inputs: Array) -> list[int]:
    """Indices of the columns to show: all if they are few, otherwise those where the examples are most unusual."""
    width = inputs.shape[1]
    if width <= MOST_COLUMNS:
        return list(range(width))
    unusual = np.zeros(width)
    if model:
        preparation = Preparation.from_arrays(model)
        p = len(preparation.numeric_columns)
        unusual[:p] = np.abs(preparation.scaled(inputs)[:, :p]).mean(axis=0)
    return sorted(int(column) for column in np.argsort(-unusual, kind="stable")[:MOST_COLUMNS])


class Side(NamedTuple):
    """The decision boundary with the points of one split."""

    title: str
    picture: Markup


def plane(contents: PageContents) -> list[Side] | None:
    """The decision boundary with the points of train and dev, if there are two inputs."""
    drawn, examples, data = contents.plane, contents.run.examples, contents.run.data
    if drawn is None or examples is None or data is None:
        return None
    names = [str(name) for name in examples["names"]]
    return [
        Side(
            split,
            figures.boundary(
                drawn, examples[f"{split}_inputs"], examples[f"{split}_targets"], data.classes, names, split
            ),
        )
        for split in ("train", "dev")
    ]


class Regression(NamedTuple):
    """How well numbers are predicted, in `rows` dev examples."""

    scatter: Markup
    residuals: Markup
    rows: int


def regression(contents: PageContents) -> Regression | None:
    """Predicted against true targets, and the distribution of the differences."""
    predictions, data = contents.run.predictions, contents.run.data
    if not predictions or not data or data.classes:
        return None
    predicted = predictions["dev_outputs"][:, 0].astype(np.float64)
    truth = predictions["dev_targets"][: len(predicted)].astype(np.float64)
    finite = np.isfinite(predicted) & np.isfinite(truth)
    if not finite.any():
        return None
    truth, predicted = truth[finite], predicted[finite]
    return Regression(
        scatter=figures.predicted_against_true(truth, predicted, data.target),
        residuals=figures.residual_histogram(predicted - truth),
        rows=len(truth),
    )
