"""The sections of a run's page, as plain values and figures for the template `run.html`.

Each function makes one section from the contents of the run folder, or None if the run has nothing for it. The bars of
the errors are in `ruler`, single predictions in `answers`, the config in `making`.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import NamedTuple

from markupsafe import Markup

from ...advice import Advice
from ...advice.shown import MOST_ADVICE
from ...data.records import DataFacts
from ...diagnosis.findings import Finding, sentence_of, told
from ...diagnosis.ills import Ill, Level
from ...diagnosis.words import error_word, points, span
from ...inspection import PageContents
from ...nn.trace import LayerLook
from ...places import command_for
from ...records import SPLITS
from ...store import Result
from ..columns import scaling_words
from ..ended import verdict_sentences
from ..metrics import MetricRow, metric_rows, metric_splits
from ..text import seconds_phrase, shown
from . import figures
from .drawing import spread

MOST_HISTOGRAMS = 4

# The most classes whose rows are listed.
MOST_CLASSES = 100


class HealthMap(NamedTuple):
    """A figure of the layers' health: a field of LayerLook, its title, and how to read it."""

    figure: str
    title: str
    is_share: bool
    hint: str


HEALTH = (
    HealthMap("gradient_norm", "Gradient norm", False, "One shade from the first layer to the last is good"),
    HealthMap("activation_spread", "Activation spread", False, "Fading towards the top means that signals die out"),
    HealthMap("dead_share", "Dead units", True, "A dead unit answers 0 to every row"),
    HealthMap("saturated_share", "Saturated units", True, "A saturated unit lets no gradient through"),
    HealthMap("update_ratio", "Update over weight", False, "About 0.001 is usual"),
)

# The figures of a layer, in the order of their columns.
FIGURES = tuple(item.name for item in fields(LayerLook) if item.name != "layer")

# The clause for a run that did not finish.
ENDINGS = {
    "running": "is still running",
    "crashed": "has crashed",
    "failed": "has failed",
    "diverged": "has diverged",
    "interrupted": "was interrupted",
}


class Summary(NamedTuple):
    """The head of the page: what was trained, the verdict in words and in levels, and the warnings.

    ending : a clause on how it ended, unless it finished; message : why. ended : when. levels : the level of each ill.
    """

    name: str
    run_id: str
    status: str
    ending: str | None
    message: str | None
    ended: str
    best_epoch: int | None
    sentences: tuple[str, ...]
    levels: tuple[tuple[Ill, Level], ...]
    warnings: tuple[str, ...]


def summary(contents: PageContents) -> Summary:
    """The head of the page."""
    overview, result, diagnosed = contents.overview, contents.run.result, contents.run.diagnosis
    ending = overview.result
    verdict = result.verdict if result else None
    if diagnosed:
        verdict = diagnosed.diagnosis.verdict
    return Summary(
        name=overview.config.get("name") or overview.run_id,
        run_id=overview.run_id,
        status=overview.status,
        ending=ENDINGS.get(overview.status),
        message=ending.message if ending else None,
        ended=((ending and ending.ended) or "").replace("T", " ").replace("+00:00", " UTC"),
        best_epoch=result.best_epoch if result else None,
        sentences=(diagnosed.diagnosis.sentence,) if diagnosed else sentences_of(result),
        levels=tuple((ill, level) for ill, level in verdict.items() if level != "withheld") if verdict else (),
        warnings=(*result.warnings, *result.notes) if result else (),
    )


def sentences_of(result: Result | None) -> tuple[str, ...]:
    """What a result says by itself, of a run without a diagnosis."""
    return tuple(sentence for sentence, _ in verdict_sentences(result)) if result else ()


class Figures(NamedTuple):
    """The figures of the field: the splits, and a row for each figure."""

    splits: tuple[str, ...]
    rows: tuple[MetricRow, ...]


def metrics(contents: PageContents) -> Figures | None:
    """The figures of dev and test; None for a run that did not keep them."""
    result = contents.run.result
    if result is None or not result.metrics:
        return None
    return Figures(metric_splits(result.metrics), tuple(metric_rows(result.metrics)))


class Beside(NamedTuple):
    """The sentence on trees and network, and of each its error, the difference with its interval, and the seconds."""

    sentence: str
    rows: tuple[tuple[str, str, str, str], ...]


def trees(contents: PageContents) -> Beside | None:
    """Trees beside the network; None where nobody asked for them."""
    found = contents.run.trees
    if found is None:
        return None
    network = ("the network", shown(found.network_error), "", "")
    ensembles = (
        (
            one.name,
            shown(one.error),
            f"{points(one.compared.difference)} {span(one.compared.interval)}",
            seconds_phrase(one.learning_seconds),
        )
        for one in found.ensembles
    )
    return Beside(found.with_seconds(), (network, *ensembles))


class ToDo(NamedTuple):
    """What came out, in sentences; what was found that may explain it; what to try first; what tells the rest."""

    outcomes: tuple[str, ...]
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    more: str | None


def advice(contents: PageContents) -> ToDo | None:
    """Findings, and what to try with the command to type."""
    diagnosed = contents.run.diagnosis
    if diagnosed is None or not (diagnosed.diagnosis.findings or diagnosed.advice):
        return None
    parted = told(diagnosed.diagnosis.findings)
    outcomes = (sentence_of(outcome, is_explained=bool(parted.causes)) for outcome in parted.outcomes)
    more = len(diagnosed.advice) - MOST_ADVICE
    command = command_for("diagnose", contents.overview.run_dir)
    told_elsewhere = f"And {more} more: {command} --all" if more > 0 else None
    return ToDo(tuple(outcomes), parted.causes, diagnosed.advice[:MOST_ADVICE], told_elsewhere)


class BothScales(NamedTuple):
    """A figure on a linear and on a logarithmic scale."""

    even: Markup
    log: Markup


class Curves(NamedTuple):
    """The learning curves. word : the name of an error."""

    has_penalty: bool
    loss: BothScales
    errors: BothScales
    word: str


def curves(contents: PageContents) -> Curves | None:
    """The learning curves, each on a linear and on a logarithmic scale."""
    metrics, result = contents.run.metrics, contents.run.result
    if not metrics:
        return None
    best = result.best_epoch if result else None
    references = {"optimal": result.optimal_error, "baseline": result.baseline_error} if result else {}
    worst = max(line.dev_error or 0.0 for line in metrics)
    # A baseline far above the curves would flatten them.
    levels = {name: level for name, level in references.items() if level is not None and level <= 1.5 * worst}
    word = error_word(result is not None and result.task == "regression")
    return Curves(
        has_penalty=any(line.penalty for line in metrics),
        loss=BothScales(*(figures.loss_curves(metrics, best, is_log=is_log) for is_log in (False, True))),
        errors=BothScales(
            *(figures.error_curves(metrics, best, levels, word, is_log=is_log) for is_log in (False, True))
        ),
        word=word,
    )


class DrawnMap(NamedTuple):
    """A heat map; without a picture if all values are 0, which the legend then says."""

    title: str
    picture: Markup | None
    legend: str
    hint: str


class Health(NamedTuple):
    """The layers against epochs as heat maps, and at the last recorded epoch, `epoch`, in numbers."""

    maps: tuple[DrawnMap, ...]
    headers: tuple[str, ...]
    rows: tuple[tuple[int | str | None, ...], ...]
    epoch: int


def health(contents: PageContents) -> Health | None:
    """Heat maps and numbers from the trace; None without one."""
    trace = contents.run.trace
    if not trace:
        return None
    maps = []
    for figure, title, is_share, hint in HEALTH:
        picture = figures.layer_map(trace, figure, title, is_share=is_share)
        if picture is not None:
            maps.append(DrawnMap(title, *picture, hint))
    last = trace[-1]
    return Health(
        maps=tuple(maps),
        headers=("layer", *(figure.replace("_", " ") for figure in FIGURES)),
        rows=tuple((look.layer, *(figure_text(getattr(look, figure)) for figure in FIGURES)) for look in last.layers),
        epoch=last.epoch,
    )


def figure_text(value: float | None) -> str | None:
    """A figure of a layer as text for the table."""
    return None if value is None else f"{value:.3g}"


class Histogram(NamedTuple):
    """The weights of a layer."""

    title: str
    picture: Markup


def weights(contents: PageContents) -> list[Histogram] | None:
    """Histograms of some layers' kept weights, of a run whose weights were not looked at while it was trained."""
    model = contents.run.model
    if not model or contents.run.snapshots:
        return None
    numbers = sorted(int(name[1:]) for name in model if name[0] == "W" and name[1:].isdigit())
    chosen = [(numbers[i], model[f"W{numbers[i]}"]) for i in spread(len(numbers), MOST_HISTOGRAMS)]
    return [
        Histogram(f"Layer {number}, {W.shape[0]} × {W.shape[1]}", figures.weight_histogram(W, number))
        for number, W in chosen
    ]


class ClassRows(NamedTuple):
    """The number of rows of a class in each split."""

    name: str
    counts: tuple[int, ...]


class DataSection(NamedTuple):
    """Source, columns and split in words, and the rows of each class in each of `splits`."""

    facts: Mapping[str, str]
    splits: tuple[str, ...]
    classes: tuple[ClassRows, ...]


def data_facts(contents: PageContents) -> DataSection | None:
    """Where the data came from, and how they were split."""
    return None if contents.run.data is None else section_of_facts(contents.run.data)


def section_of_facts(data: DataFacts) -> DataSection:
    """The section of the facts of a run, or of data that nothing has been trained on."""
    sizes = {split: size for split in SPLITS if (size := data.sizes.of(split)) is not None}
    counts = data.class_counts
    return DataSection(
        facts={
            "source": data.source,
            "rows": f"{data.rows:,}",
            "columns": f"{len(data.columns)}, prepared as {data.features} inputs",
            "target": f"{data.target}, {data.task}",
            "split": f"{data.split}: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items()),
            "inputs scaled": scaling_words(data).removeprefix("scaled ") if data.normalize else "no",
            "missing cells": ", ".join(f"{name} {n:,}" for name, n in data.missing.items()) or "none",
            "SHA-256": data.sha256,
        },
        splits=tuple(counts),
        classes=tuple(
            ClassRows(name, tuple(of_split.get(name, 0) for of_split in counts.values()))
            for name in data.classes[:MOST_CLASSES]
        ),
    )
