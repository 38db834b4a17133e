"""What the page of a run says of single answers: which classes go wrong, which examples cost most.

Stands beside `sections`; each function makes one section, or None where the run has nothing for it.
"""

import numpy as np

from ...data import DataFacts, Preparation
from ...diagnosis.words import percent
from . import figures

# A confusion matrix of more classes than this is wider than a page; the commonest confusions are listed instead.
MOST_CLASSES = 20
MOST_CONFUSIONS = 15

# Of the worst examples of a table with more columns, those are shown that are furthest from the training mean.
MOST_COLUMNS = 6


def answers_of(predictions: dict, split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the rows whose outputs are kept: targets (m,), answered classes (m,), probability of the answer (m,)."""
    outputs = predictions[f"{split}_outputs"]
    if outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
    # Of two equal probabilities the network's own rule takes the second class of two, and the first of more.
    answers = (outputs[:, 1] > 0.5).astype(np.int64) if outputs.shape[1] == 2 else outputs.argmax(axis=1)
    return predictions[f"{split}_targets"][: len(outputs)], answers, outputs[np.arange(len(outputs)), answers]


def mistakes(run: dict) -> dict | None:
    """The confusion matrix and the error of each class, on dev."""
    predictions, data = run["predictions"], run["data"]
    if not predictions or not data or not data.classes:
        return None
    targets, answers, _ = answers_of(predictions, "dev")
    classes, count = data.classes, len(data.classes)
    matrix = np.bincount(targets * count + answers, minlength=count * count).reshape(count, count)
    totals = matrix.sum(axis=1)
    wrong = totals - np.diag(matrix)
    confusions = [
        {"true": classes[i], "answered": classes[j], "count": int(matrix[i, j])}
        for i, j in zip(*np.nonzero(matrix), strict=True)
        if i != j
    ]
    confusions.sort(key=lambda item: -item["count"])
    shares = wrong / np.maximum(totals, 1)
    return {
        "classes": classes,
        "matrix": [
            [
                {
                    "count": int(matrix[i, j]),
                    # By the root, so that one mistake in a hundred still shows.
                    "shade": round(float(matrix[i, j] / max(totals[i], 1)) ** 0.5, 3),
                    "right": i == j,
                }
                for j in range(count)
            ]
            for i in range(count)
        ]
        if count <= MOST_CLASSES
        else None,
        "confusions": confusions[:MOST_CONFUSIONS],
        "of_class": [
            {"name": classes[i], "rows": int(totals[i]), "wrong": int(wrong[i]), "error": float(shares[i])}
            for i in np.argsort(-shares, kind="stable")[: 2 * MOST_CLASSES]
        ],
        "widest": float(shares.max()) or 1.0,
        "rows": len(targets),
        "is_part": len(targets) < len(predictions["dev_targets"]),
    }


def worst(run: dict) -> dict | None:
    """The dev examples with the greatest loss: as images where the data are images, else as rows."""
    predictions, examples, data = run["predictions"], run["examples"], run["data"]
    if not predictions or not examples or not data:
        return None
    inputs, places = examples["worst_inputs"], examples["worst_places"]
    kept = places < len(predictions["dev_outputs"])
    inputs, places = inputs[kept], places[kept]
    told = [told_of(predictions, data, int(place)) for place in places]
    side = data.image_side
    if side:
        low, high = float(inputs.min()), float(inputs.max())
        for item, values in zip(told, inputs, strict=True):
            item["image"] = figures.image_source(values.reshape(side, side), low, high)
        return {"items": told, "columns": None}
    columns = columns_shown(run, inputs)
    for item, values in zip(told, inputs, strict=True):
        item["inputs"] = [f"{values[column]:.4g}" for column in columns]
    return {"items": told[:12], "columns": [str(examples["names"][column]) for column in columns]}


def told_of(predictions: dict, data: DataFacts, place: int) -> dict:
    """One dev example: its row in the source, the truth, the answer and the loss."""
    target, loss = predictions["dev_targets"][place], float(predictions["dev_losses"][place])
    item = {"row": int(predictions["dev_rows"][place]), "loss": f"{loss:.3g}", "probability": None}
    if not data.classes:
        predicted = float(predictions["dev_outputs"][place, 0])
        return item | {"true": f"{target:.4g}", "answered": f"{predicted:.4g}", "is_right": False}
    _, answers, probabilities = answers_of(predictions, "dev")
    answer = int(answers[place])
    return item | {
        "true": data.classes[int(target)],
        "answered": data.classes[answer],
        "probability": percent(float(probabilities[place])),
        "is_right": answer == int(target),
    }


def columns_shown(run: dict, inputs: np.ndarray) -> list[int]:
    """Places of the columns to show: all of a few, else those in which the worst examples are most unusual."""
    width = inputs.shape[1]
    if width <= MOST_COLUMNS:
        return list(range(width))
    unusual = np.zeros(width)
    if run["model"]:
        preparation = Preparation.from_arrays(run["model"])
        p = len(preparation.numeric_columns)
        unusual[:p] = np.abs(preparation.scaled(inputs)[:, :p]).mean(axis=0)
    return sorted(np.argsort(-unusual, kind="stable")[:MOST_COLUMNS].tolist())


def plane(run: dict) -> list[dict] | None:
    """The decision boundary with the points of train and dev, where there are two inputs."""
    if run["plane"] is None:
        return None
    names, classes, examples = [str(name) for name in run["examples"]["names"]], run["data"].classes, run["examples"]
    return [
        {
            "title": split,
            "picture": figures.boundary(
                run["plane"], examples[f"{split}_inputs"], examples[f"{split}_targets"], classes, names, split
            ),
        }
        for split in ("train", "dev")
    ]


def regression(run: dict) -> dict | None:
    """Predicted against true, and how far off the predictions are."""
    predictions, data = run["predictions"], run["data"]
    if not predictions or not data or data.classes:
        return None
    predicted = predictions["dev_outputs"][:, 0].astype(np.float64)
    truth = predictions["dev_targets"][: len(predicted)].astype(np.float64)
    known = np.isfinite(predicted) & np.isfinite(truth)
    if not known.any():
        return None
    truth, predicted = truth[known], predicted[known]
    return {
        "scatter": figures.predicted_against_true(truth, predicted, data.target),
        "residuals": figures.residual_histogram(predicted - truth),
        "rows": len(truth),
    }
