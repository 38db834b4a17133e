"""A model card in Markdown: what a run's network is, on what it was trained, how well it answers, where it is weak.

Everything comes from the run's records. Source of the form: Mitchell and others 2019, Model cards for model reporting.
"""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ..data.records import DataFacts, SourceColumn
from ..diagnosis import Diagnosis
from ..diagnosis.classes import recall
from ..diagnosis.words import percent, span
from ..errors import UsageError
from ..model import trust_of
from ..records import SPLITS
from ..store import RunContents
from .columns import scaling_words
from .qualifiers import ordinal
from .text import UNKNOWN, clean, shown, shown_cost

if TYPE_CHECKING:
    from ..inspection.groups import WeakGroups

# Rows of a table of the card.
MOST_COLUMNS, MOST_CLASSES, MOST_GROUPS, MOST_LEVELS = 60, 60, 12, 6

# Signs that Markdown reads as more than themselves.
MARKDOWN = frozenset("\\`*_{}[]<>|#~$&")


def facts_for_card(run: RunContents) -> tuple[Diagnosis, DataFacts]:
    """The records that a card cannot do without. Raises UsageError for a run that has no network to describe."""
    if run.result is None or run.diagnosis is None or run.data is None or run.result.status == "diverged":
        raise UsageError(f"--card: {run.folder.id} has no trained network to describe; finish or repeat its training")
    return run.diagnosis.diagnosis, run.data


def model_card(run: RunContents, groups: "WeakGroups", test_look: int | None) -> str:
    """The card as Markdown. Raises UsageError for a run that has no network to describe."""
    judged, data = facts_for_card(run)
    sections = [
        [f"# {plain(run.result_required().name)}: a model card", "", *_what(run, data)],
        ["## What it was trained on", "", *_data(data)],
        ["## Errors", "", *_errors(run, judged, test_look)],
        *([["## What its probabilities mean", "", *calibrated]] if (calibrated := _calibration(run)) else []),
        ["## Where it is weak", "", *_weak(run, judged, groups)],
        ["## Limits", "", *(f"- {limit}" for limit in _limits(data, judged))],
        ["## How to make it again", "", *_again(run)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def plain(value: object) -> str:
    """Text from outside as Markdown shows it letter by letter, on one line."""
    return "".join(f"\\{letter}" if letter in MARKDOWN else letter for letter in clean(value))


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table whose cells are Markdown already."""
    lines = [headers, ["---"] * len(headers), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _what(run: RunContents, data: DataFacts) -> list[str]:
    model, config = run.model or {}, run.manifest.identity.config
    weights = [model[name] for name in sorted(model, key=_layer) if name[0] == "W" and name[1:].isdigit()]
    sizes = [weights[0].shape[-2], *(W.shape[-1] for W in weights)] if weights else []
    parameters = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    members = len(weights[0]) if weights and weights[0].ndim == 3 else 1
    answers = f"one of {len(data.classes)} classes" if data.classes else "a number"
    network = config["network"]
    result = run.result_required()
    facts = {
        "answers": f"{plain(data.target)}, {answers}"
        + (f": {_some(data.classes, len(data.classes))}" if data.classes else ""),
        "asks for": f"{len(data.columns)} columns, prepared as {data.features} inputs",
        "network": f"dense, {'-'.join(map(str, sizes))}, {network['activation']}, {parameters:,} parameters"
        + (f"; the mean of {members} such networks answers" if members > 1 else ""),
        "trained": f"{result.epochs} epochs, best {result.best_epoch}, in {result.seconds:.1f} s"
        + (f", the parameters of epoch {result.kept_epoch}" if result.kept_epoch else "")
        + (f", ended {result.ended[:10]}" if result.ended else ""),
        "run": f"{plain(run.folder.id)}, dlrun {plain(run.manifest.identity.dlrun or UNKNOWN)}, {run.status}",
    }
    return table(["what it is", ""], facts.items())


def _layer(name: str) -> int:
    return int(name[1:]) if name[1:].isdigit() else 0


def _some(words: Sequence[str], count: int) -> str:
    """The first words of so many."""
    more = f" and {count - MOST_LEVELS} more" if count > MOST_LEVELS else ""
    return ", ".join(plain(word) for word in words[:MOST_LEVELS]) + more


def _data(data: DataFacts) -> list[str]:
    sizes = ", ".join(f"{split} {size:,}" for split in SPLITS if (size := data.sizes.of(split)) is not None)
    facts = {
        "source": plain(data.source),
        "SHA-256": data.sha256,
        "rows": f"{data.rows:,}",
        "split": f"{plain(data.split)}: {sizes}",
        "numbers": plain(scaling_words(data)) if data.normalize else "not scaled",
        "missing cells": ", ".join(f"{plain(name)} {n:,}" for name, n in data.missing.items()) or "none",
    }
    lines = table(["data", ""], facts.items())
    if data.classes:
        counts = data.class_counts
        rows = [[plain(label), *(f"{of.get(label, 0):,}" for of in counts.values())] for label in data.classes]
        lines += ["", *table(["rows of class", *counts], rows[:MOST_CLASSES])]
    if features := [column for column in data.source_columns or () if column.role == "feature"]:
        lines += ["", *table(["column", "kind", "in the source", "missing"], map(_column, features[:MOST_COLUMNS]))]
        if len(features) > MOST_COLUMNS:
            lines += ["", f"and {len(features) - MOST_COLUMNS} more columns."]
    return lines


def _column(column: SourceColumn) -> list[str]:
    if column.low is None or column.high is None:
        values = _some(tuple(column.levels), column.distinct) or UNKNOWN
    else:
        values = " to ".join(plain(f"{end:g}" if isinstance(end, float) else end) for end in (column.low, column.high))
    return [plain(column.name), column.kind, values, str(column.missing)]


def _errors(run: RunContents, judged: Diagnosis, test_look: int | None) -> list[str]:
    result = run.result_required()
    rmse = result.rmse
    rows = [["optimal", "", shown(judged.optimal_error), _span(judged.intervals.optimal), *([""] if rmse else [])]]
    for split in SPLITS:
        if (error := judged.errors.of(split)) is not None:
            size = judged.sizes.of(split) if judged.sizes else None
            own = [shown_cost(rmse.of(split))] if rmse else []
            rows.append([split, f"{size:,}" if size else "", shown(error), _span(judged.intervals.of(split)), *own])
    if judged.baseline_error is not None:
        rows.append(["baseline", "", shown(judged.baseline_error), "", *([""] if rmse else [])])
    headers = ["", "rows", judged.word, f"{judged.confidence:.0%} interval"]
    lines = table([*headers, *(["RMSE"] if rmse else [])], rows)
    baseline = "predicting the mean" if judged.regression else "always answering the commonest class"
    baseline = "one answer for all rows" if judged.measure else baseline
    lines += ["", f"The baseline is the error of {baseline}. {_sentence(judged.sentence)}"]
    lines += ["", _sentence(judged.optimal.sentence), "", _of_test(judged, test_look)]
    return lines


def _span(interval: tuple[float, float] | None) -> str:
    return span(interval) if interval else ""


def _sentence(words: str) -> str:
    return plain(words[:1].upper() + words[1:]) + ("" if words.endswith(".") else ".")


def _of_test(judged: Diagnosis, test_look: int | None) -> str:
    if judged.errors.test is None:
        return "There is no test set. The dev error chose the epoch, and perhaps the config, so it may be too low."
    looks = f", and this is the {ordinal(test_look)} look at it" if test_look and test_look > 1 else ""
    return f"The dev error chose the epoch, and perhaps the config; the test error is the one to quote{looks}." + (
        " Choices made after a look make it too low." if looks else ""
    )


def _calibration(run: RunContents) -> list[str]:
    """How far probabilities are from how often answers are right; nothing for a regression."""
    result = run.result_required()
    calibration = trust_of(run.predictions, result.task).calibration if run.predictions else None
    if calibration is None:
        return []
    rows = f"the {calibration.rows:,} {calibration.measured_on} rows"
    lines = [
        f"On {rows}, the probability of an answer is {percent(calibration.error_before)} from how often such answers"
        " are right (the expected calibration error)."
    ]
    if calibration.temperature != 1:
        lines += [
            f"`dlrun predict` and the exports divide the logits by {calibration.temperature:.3g}, as the"
            f" {calibration.dev_rows:,} dev rows say; then it is {percent(calibration.error_after)}."
        ]
    return lines


def _weak(run: RunContents, judged: Diagnosis, groups: "WeakGroups") -> list[str]:
    lines: list[str] = []
    summary = run.result_required().row_summary
    if summary and summary.classes:
        recalls = sorted((recall(one) for one in summary.classes if one.rows), key=lambda one: one.recall)
        rows = [[plain(one.label), f"{one.rows:,}", percent(one.recall), span(one.interval)] for one in recalls]
        lines += [*table(["class", "dev rows", "answered rightly", "90% interval"], rows[:MOST_CLASSES]), ""]
    if judged.classes:
        lines += [
            f"The mean error of the classes, each counting alike, is {percent(judged.classes.balanced_error)}.",
            "",
        ]
    if summary and summary.absolute_errors and summary.absolute_errors.mean is not None:
        median = summary.absolute_errors.median
        half = f"; half of them lie below {median:.4g}" if median is not None else ""
        lines += [f"The mean absolute dev error is {summary.absolute_errors.mean:.4g}{half}.", ""]
    return [*lines, *_groups(groups, judged.regression)]


def _groups(groups: "WeakGroups", regression: bool) -> list[str]:
    if groups.not_known:
        return [f"Groups of rows were not looked at: {plain(groups.not_known)}."]
    if not groups.looked_at:
        return ["No group of rows is large enough to be looked at."]
    how = "by words, values or quarters, and gaps; nine of ten cards name no group by chance alone"
    looked = f"{groups.looked_at} groups of at least 10 dev rows were looked at, {how}."
    if not groups.weak:
        return [f"No group of rows has a surely higher error. {looked}"]
    rows = [
        [
            plain(group.name),
            f"{group.rows:,}",
            f"{group.error:.4g}" if regression else f"{percent(group.error)} {_span(group.interval)}",
            f"{group.elsewhere:.4g}" if regression else percent(group.elsewhere),
        ]
        for group in groups.weak[:MOST_GROUPS]
    ]
    word = "mean absolute error" if regression else "error"
    more = [f"And {len(groups.weak) - MOST_GROUPS} more.", ""] if len(groups.weak) > MOST_GROUPS else []
    return [*table(["group", "dev rows", word, "elsewhere"], rows), "", *more, f"These are surely worse. {looked}"]


def _limits(data: DataFacts, judged: Diagnosis) -> list[str]:
    limits = [
        "It answers every row, also one that is unlike all of training. `dlrun predict --check` marks words that"
        " training did not have, numbers beyond their range, and gaps.",
        f"Its errors hold for rows that come about as those of {plain(data.source)} did, in no other place or time.",
        "It has learned what goes together in these rows, and not what would happen if something were changed.",
    ]
    if data.classes:
        limits.append("It knows no other classes than those above, and gives each row to one of them.")
    limits += [_sentence(f"{found.title}: {found.evidence}") for found in judged.findings]
    shown_already = "; ".join(found.evidence for found in judged.findings)
    limits += [_sentence(warning) for warning in data.warnings if warning.split("; ")[0] not in shown_already]
    return limits


def _again(run: RunContents) -> list[str]:
    identity = run.manifest.identity
    environment = identity.environment
    made_with = ""
    if environment:
        packages = ", ".join(f"{name} {version}" for name, version in environment.packages.items() if version)
        made_with = f" It was made with Python {environment.python}, {packages}."
    lines = [
        f"The same config, data and versions give the same bits on the same machine: `dlrun verify {run.folder.id} "
        f"--rerun` trains again and compares.{plain(made_with)}",
        "",
        f"The config, seed {json.dumps(identity.config.get('seed'))}, with every key:",
        "",
    ]
    text = (run.resolved or "").rstrip("\n")
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return [*lines, f"{fence}yaml", text, fence]
