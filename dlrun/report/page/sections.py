"""What the page of a run says, section by section: plain values and figures for the template.

Stands between what the run folder holds and `run.html`; each function makes one section, or None where the run has
nothing for it.
"""

import json
import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from ...diagnosis.words import error_word, percent, points
from ..records import leaves
from ..terminal import BASELINES, SPLITS, verdict_sentences
from ..text import clean, shown
from . import figures
from .drawing import even_ticks, percent_text, spread

# A confusion matrix of more classes than this is wider than a page; the commonest confusions are listed instead.
MOST_CLASSES = 20
MOST_CONFUSIONS = 15

# Of the worst examples of a table with more columns, those are shown that are furthest from the training mean.
MOST_COLUMNS = 6

MOST_HISTOGRAMS = 4

# What can be drawn of a layer's health: key of the trace, title, whether it is a share, and what to look for.
HEALTH = (
    ("gradient_norm", "Gradient norm", False, "One shade from the first layer to the last is good"),
    ("activation_spread", "Activation spread", False, "Fading towards the top means that signals die out"),
    ("dead_share", "Dead units", True, "A dead unit answers 0 to every row"),
    ("saturated_share", "Saturated units", True, "A saturated unit lets no gradient through"),
    ("update_ratio", "Update over weight", False, "About 0.001 is usual"),
)


def summary(run: dict) -> dict:
    """The head of the page: what was trained, the verdict in words and in levels."""
    result, diagnosis = run["result"] or {}, run["diagnosis"] or {}
    sentences = [diagnosis["sentence"]] if diagnosis.get("sentence") else []
    if not sentences and result.get("errors"):
        sentences = [sentence[0].upper() + sentence[1:] + "." for sentence, _ in verdict_sentences(result)]
    verdict = diagnosis.get("verdict") or result.get("verdict") or {}
    return {
        "name": (run["config"] or {}).get("name") or run["run_id"],
        "run_id": run["run_id"],
        "status": run["status"],
        "message": result.get("message"),
        "ended": (result.get("ended") or "").replace("T", " ").replace("+00:00", " UTC"),
        "epochs": result.get("epochs"),
        "seconds": result.get("seconds"),
        "best_epoch": result.get("best_epoch"),
        "sentences": sentences,
        "levels": [{"ill": ill, "level": level} for ill, level in verdict.items()],
        "tags": run["tags"],
        "parent": run["parent"],
        "warnings": [*(result.get("warnings") or []), *(result.get("notes") or [])],
    }


def errors(run: dict) -> dict | None:
    """The bias/variance picture: bars on one scale, and between them the distances that make the verdict."""
    result, diagnosis = run["result"] or {}, run["diagnosis"] or {}
    if not result.get("errors") or not diagnosis:
        return None
    intervals = diagnosis.get("intervals") or {}
    known = {"optimal": diagnosis["optimal_error"], **{split: result["errors"].get(split) for split in SPLITS}}
    known = {name: value for name, value in known.items() if value is not None and math.isfinite(value)}
    ends = [bound for name in known for bound in intervals.get(name) or () if bound is not None]
    ticks = ruler_ticks([*known.values(), *ends])
    top = ticks[-1] or 1.0
    rows = []
    gaps = {"train": ("avoidable bias", "bias", "optimal"), "dev": ("variance", "variance", "train")}
    for name, value in known.items():
        if name in gaps and gaps[name][2] in known:
            rows.append(gap_row(diagnosis, *gaps[name][:2], known[gaps[name][2]], value, top))
        rows.append(value_row(name, value, intervals.get(name), (result.get("sizes") or {}).get(name), top))
    return {
        "word": error_word(result["task"] == "regression"),
        "rows": rows,
        "ticks": [{"at": 100 * tick / top, "text": percent_text(tick)} for tick in ticks],
        "label": "; ".join(row["words"] for row in rows) + ".",
        "rmse": result.get("rmse"),
        "baseline": result.get("baseline_error"),
        "baseline_words": BASELINES[result["task"] == "regression"],
        "confidence": diagnosis.get("confidence"),
        "has_intervals": any(row.get("interval") for row in rows),
        "optimal": (diagnosis.get("optimal") or {}).get("sentence"),
        "advice_on_rows": [
            need["sentence"]
            for need in (diagnosis.get("dev_rows_needed") or {}).values()
            if need and need.get("sentence")
        ],
    }


def ruler_ticks(values: Sequence[float]) -> list[float]:
    """Round numbers from 0 to beyond all values."""
    high = max([*values, 0.0]) or 0.01
    ticks = even_ticks(0.0, high, 4)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else high
    return ticks if ticks[-1] >= high else [*ticks, round(ticks[-1] + step, 12)]


def value_row(name: str, value: float, interval: Sequence[float] | None, rows: int | None, top: float) -> dict:
    drawn = interval and [max(0.0, 100 * bound / top) for bound in interval]
    of = f" of {rows:,} rows" if rows else ""
    between = f", between {percent(interval[0])} and {percent(interval[1])}" if interval else ""
    return {
        "kind": name,
        "name": name,
        "share": max(0.0, 100 * value / top),
        "whisker": drawn and {"from": drawn[0], "width": min(drawn[1], 100.0) - drawn[0]},
        "interval": interval and f"{percent(interval[0])} to {percent(interval[1])}",
        "value": shown(value),
        "rows": rows,
        "words": f"{name} error {shown(value)}{of}{between}",
    }


def gap_row(diagnosis: dict, name: str, ill: str, low: float, high: float, top: float) -> dict:
    level = (diagnosis.get("verdict") or {}).get(ill)
    interval = (diagnosis.get("intervals") or {}).get("avoidable_bias" if ill == "bias" else ill)
    return {
        "kind": "gap",
        "name": name,
        "from": 100 * max(0.0, min(low, high)) / top,
        "width": 100 * abs(high - low) / top,
        "level": level,
        "value": f"{points(high - low)}",
        "interval": interval and f"{points(interval[0])} to {points(interval[1])}",
        "words": f"{name} {points(high - low)} points" + (f", {level}" if level else ""),
    }


def advice(run: dict) -> dict | None:
    """Findings, what outranks first, and what to try with the command to type."""
    diagnosis = run["diagnosis"] or {}
    findings, items = diagnosis.get("findings") or [], diagnosis.get("advice") or []
    return {"findings": findings, "items": items} if findings or items else None


def curves(run: dict) -> dict | None:
    """The learning curves, each on an even and on a logarithmic scale."""
    metrics, result = run["metrics"], run["result"] or {}
    if not metrics:
        return None
    best = result.get("best_epoch")
    regression = result.get("task") == "regression"
    levels = {"optimal": result.get("optimal_error"), "baseline": result.get("baseline_error")}
    worst = max((line.get("dev_error") or 0.0 for line in metrics), default=0.0)
    # A baseline far above the curves would press them flat.
    levels = {name: level for name, level in levels.items() if level is not None and level <= 1.5 * worst}
    word = error_word(regression)
    return {
        "has_penalty": any(line.get("penalty") for line in metrics),
        "loss": {scale: figures.loss_curves(metrics, best, is_log=scale == "log") for scale in ("even", "log")},
        "errors": {
            scale: figures.error_curves(metrics, best, levels, word, is_log=scale == "log") for scale in ("even", "log")
        },
        "word": word,
    }


def health(run: dict) -> dict | None:
    """Layers against epochs, from the trace; None without one."""
    trace = run["trace"]
    if not trace:
        return None
    maps = []
    for key, title, is_share, hint in HEALTH:
        picture = figures.layer_map(trace, key, title, is_share=is_share)
        if picture is not None:
            maps.append({"title": title, "picture": picture[0], "legend": picture[1], "hint": hint})
    keys = [key for key in trace[-1]["layers"][0] if key != "layer"]
    rows = [
        [layer["layer"], *(None if layer.get(key) is None else f"{layer[key]:.3g}" for key in keys)]
        for layer in trace[-1]["layers"]
    ]
    headers = ["layer", *(key.replace("_", " ") for key in keys)]
    return {"maps": maps, "headers": headers, "rows": rows, "epoch": trace[-1]["epoch"]}


def weights(run: dict) -> list[dict] | None:
    """Histograms of some layers' weights."""
    model = run["model"]
    if not model:
        return None
    numbers = sorted(int(name[1:]) for name in model if name[0] == "W" and name[1:].isdigit())
    chosen = [numbers[i] for i in spread(len(numbers), MOST_HISTOGRAMS)]
    return [
        {
            "title": f"Layer {number}, {model[f'W{number}'].shape[0]} × {model[f'W{number}'].shape[1]}",
            "picture": figures.weight_histogram(model[f"W{number}"], number),
        }
        for number in chosen
    ]


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
    if not predictions or not data or not data["classes"]:
        return None
    targets, answers, _ = answers_of(predictions, "dev")
    classes, count = data["classes"], len(data["classes"])
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
    side = data["image_side"]
    if side:
        low, high = float(inputs.min()), float(inputs.max())
        for item, values in zip(told, inputs, strict=True):
            item["image"] = figures.image_source(values.reshape(side, side), low, high)
        return {"items": told, "columns": None}
    columns = columns_shown(run, inputs)
    for item, values in zip(told, inputs, strict=True):
        item["inputs"] = [f"{values[column]:.4g}" for column in columns]
    return {"items": told[:12], "columns": [str(examples["names"][column]) for column in columns]}


def told_of(predictions: dict, data: dict, place: int) -> dict:
    """One dev example: its row in the source, the truth, the answer and the loss."""
    target, loss = predictions["dev_targets"][place], float(predictions["dev_losses"][place])
    item = {"row": int(predictions["dev_rows"][place]), "loss": f"{loss:.3g}", "probability": None}
    if not data["classes"]:
        predicted = float(predictions["dev_outputs"][place, 0])
        return item | {"true": f"{target:.4g}", "answered": f"{predicted:.4g}", "is_right": False}
    _, answers, probabilities = answers_of(predictions, "dev")
    answer = int(answers[place])
    return item | {
        "true": data["classes"][int(target)],
        "answered": data["classes"][answer],
        "probability": percent(float(probabilities[place])),
        "is_right": answer == int(target),
    }


def columns_shown(run: dict, inputs: np.ndarray) -> list[int]:
    """Places of the columns to show: all of a few, else those in which the worst examples are most unusual."""
    width = inputs.shape[1]
    if width <= MOST_COLUMNS:
        return list(range(width))
    model = run["model"] or {}
    means, scales = model.get("preparation_means", np.zeros(0)), model.get("preparation_scales", np.ones(0))
    unusual = np.zeros(width)
    unusual[: len(means)] = np.abs((inputs[:, : len(means)] - means) / scales).mean(axis=0)
    return sorted(np.argsort(-unusual, kind="stable")[:MOST_COLUMNS].tolist())


def plane(run: dict) -> list[dict] | None:
    """The decision boundary with the points of train and dev, where there are two inputs."""
    if run["plane"] is None:
        return None
    names, classes, examples = [str(name) for name in run["examples"]["names"]], run["data"]["classes"], run["examples"]
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
    if not predictions or not data or data["classes"]:
        return None
    predicted = predictions["dev_outputs"][:, 0].astype(np.float64)
    truth = predictions["dev_targets"][: len(predicted)].astype(np.float64)
    known = np.isfinite(predicted) & np.isfinite(truth)
    if not known.any():
        return None
    truth, predicted = truth[known], predicted[known]
    return {
        "scatter": figures.predicted_against_true(truth, predicted, data["target"]),
        "residuals": figures.residual_histogram(predicted - truth),
        "rows": len(truth),
    }


def data_facts(run: dict) -> dict | None:
    """Source, columns and split, and how many rows of each class each split has."""
    data = run["data"]
    if not data:
        return None
    counts = data.get("class_counts") or {}
    return {
        "facts": {
            "source": data["source"],
            "rows": f"{data['rows']:,}",
            "columns": f"{len(data['columns'])}, prepared as {data['features']} inputs",
            "target": f"{data['target']}, {data['task']}",
            "split": f"{data['split']}: " + ", ".join(f"{name} {size:,}" for name, size in data["sizes"].items()),
            "inputs scaled": "by mean and deviation of the training rows" if data["normalize"] else "no",
            "missing cells": ", ".join(f"{name} {n:,}" for name, n in data["missing"].items()) or "none",
            "SHA-256": data["sha256"],
        },
        "splits": list(counts),
        "classes": [
            {"name": name, "counts": [counts[split].get(name, 0) for split in counts]} for name in data["classes"][:100]
        ],
    }


def settings(run: dict) -> dict:
    """The config, what was set by hand apart from what was left at its default."""
    origins = run["origins"]
    rows = [
        {"key": key, "value": json.dumps(value, ensure_ascii=False), "origin": origins.get(key, "file")}
        for key, value in leaves(run["config"]).items()
    ]
    return {
        "by_hand": [row for row in rows if row["origin"] != "default"],
        "defaults": [row for row in rows if row["origin"] == "default"],
    }


def making(run: dict) -> dict:
    """How the run is made again: its command, its whole config, and the machine it was made on."""
    environment = run["environment"] or {}
    packages, git = environment.get("packages") or {}, environment.get("git") or {}
    blas = environment.get("blas") or {}
    facts = {
        "dlrun": environment.get("dlrun"),
        "commit": git.get("commit") and f"{git['commit']}{', with changes on top' if git.get('dirty') else ''}",
        "seed": run["config"].get("seed"),
        "Python": environment.get("python"),
        "machine": environment.get("platform"),
        "BLAS": blas.get("name") and f"{blas['name']} {blas.get('version', '')}",
        "packages": ", ".join(f"{name} {version}" for name, version in packages.items()),
        "typed by hand": " ".join(run["overrides"]) if run["overrides"] else None,
    }
    lines = (run["resolved"] or "").splitlines()
    return {
        "command": run["reproduce"],
        "check": f"dlrun verify {run['run_id']} --rerun" if run["status"] == "finished" else None,
        "resume": f"dlrun resume {run['run_id']}" if run["status"] in ("interrupted", "crashed", "failed") else None,
        "facts": {name: value for name, value in facts.items() if value not in (None, "")},
        "resolved": Markup("\n").join(escape(clean_line(line)) for line in lines) if lines else None,
        "files": run["files"],
    }


def clean_line(line: str) -> str:
    """A line of YAML with its indentation."""
    stripped = line.lstrip(" ")
    return " " * (len(line) - len(stripped)) + clean(stripped)
