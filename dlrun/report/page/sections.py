"""What the page of a run says, section by section: plain values and figures for the template.

Stands between what the run folder holds and `run.html`; each function makes one section, or None where the run has
nothing for it.
"""

import json
import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from ...diagnosis.words import error_word, percent, points
from ...places import command_for
from ...store import Environment
from ..records import leaves
from ..terminal import BASELINES, SPLITS, verdict_sentences
from ..text import clean, shown
from . import figures
from .drawing import even_ticks, percent_text, spread

MOST_HISTOGRAMS = 4

# What can be drawn of a layer's health: key of the trace, title, whether it is a share, and what to look for.
HEALTH = (
    ("gradient_norm", "Gradient norm", False, "One shade from the first layer to the last is good"),
    ("activation_spread", "Activation spread", False, "Fading towards the top means that signals die out"),
    ("dead_share", "Dead units", True, "A dead unit answers 0 to every row"),
    ("saturated_share", "Saturated units", True, "A saturated unit lets no gradient through"),
    ("update_ratio", "Update over weight", False, "About 0.001 is usual"),
)


# What is said of a run that did not finish.
ENDINGS = {
    "running": "is still running",
    "crashed": "has crashed",
    "failed": "has failed",
    "diverged": "has diverged",
    "interrupted": "was interrupted",
}


def summary(run: dict) -> dict:
    """The head of the page: what was trained, the verdict in words and in levels."""
    result, diagnosis = run["result"] or {}, run["diagnosis"] or {}
    sentences = [diagnosis["sentence"]] if diagnosis.get("sentence") else []
    if not sentences and result.get("errors"):
        sentences = [sentence for sentence, _ in verdict_sentences(result)]
    verdict = diagnosis.get("verdict") or result.get("verdict") or {}
    return {
        "name": (run["config"] or {}).get("name") or run["run_id"],
        "run_id": run["run_id"],
        "status": run["status"],
        "ending": ENDINGS.get(run["status"]),
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
    facts = {
        **machine_facts(run["environment"]),
        "seed": run["config"].get("seed"),
        "typed by hand": " ".join(run["overrides"]) if run["overrides"] else None,
    }
    lines = (run["resolved"] or "").splitlines()
    return {
        "command": run["reproduce"],
        "check": f"{command_for('verify', run['run_dir'])} --rerun" if run["status"] == "finished" else None,
        "resume": command_for("resume", run["run_dir"])
        if run["status"] in ("interrupted", "crashed", "failed")
        else None,
        "facts": {name: value for name, value in facts.items() if value not in (None, "")},
        "resolved": Markup("\n").join(escape(clean_line(line)) for line in lines) if lines else None,
        "files": run["files"],
    }


def machine_facts(environment: Environment | None) -> dict[str, str | None]:
    """What a run was made with, as far as it is known."""
    if environment is None:
        return {}
    commit, blas = environment.git, environment.blas
    return {
        "dlrun": environment.dlrun,
        "commit": commit and f"{commit.commit}{', with changes on top' if commit.dirty else ''}",
        "Python": environment.python,
        "machine": environment.platform,
        "BLAS": blas and f"{blas.name} {blas.version}",
        "packages": ", ".join(f"{name} {version}" for name, version in environment.packages.items()),
    }


def clean_line(line: str) -> str:
    """A line of YAML with its indentation."""
    stripped = line.lstrip(" ")
    return " " * (len(line) - len(stripped)) + clean(stripped)
