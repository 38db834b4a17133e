"""Show the figures that the field judges answers by, of dev and test, on a terminal and for a page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.console import Console

from ..records import SPLITS
from ..statistics.metrics import Confusion, Metric, Metrics
from .text import UNKNOWN, borderless_table, cell

# What each figure is called, and whether a lower one is better.
NAMES: Mapping[str, tuple[str, str]] = {
    "log_loss": ("log loss", "lower"),
    "brier": ("Brier score", "lower"),
    "balanced_error": ("balanced error", "lower"),
    "f1": ("F1", "higher"),
    "mcc": ("Matthews' correlation", "higher"),
    "auc": ("area under ROC", "higher"),
    "average_precision": ("average precision", "higher"),
    "rmse": ("RMSE", "lower"),
    "mae": ("mean absolute error", "lower"),
    "r2": ("R²", "higher"),
    "absolute_error_50": ("half of the errors are below", "lower"),
    "absolute_error_90": ("9 in 10 of the errors are below", "lower"),
}


# Classes whose confusion fits on a screen; the report has that of more.
MOST_CONFUSED = 8


class MetricRow(NamedTuple):
    """A figure's name, which way is better, and its value and interval on each split, as text."""

    name: str
    better: str
    figures: tuple[tuple[str, str], ...]


def metric_splits(metrics: Mapping[str, Metrics]) -> tuple[str, ...]:
    """The splits whose figures are there, in their order, and then other rows by their names."""
    return tuple(dict.fromkeys([*(split for split in SPLITS if split in metrics), *metrics]))


def metric_rows(metrics: Mapping[str, Metrics]) -> list[MetricRow]:
    """A row for each figure that exists on any split."""
    splits = metric_splits(metrics)
    return [
        MetricRow(word, better, tuple(_texts(metrics[split].get(name)) for split in splits))
        for name, (word, better) in NAMES.items()
        if any((metric := metrics[split].get(name)) and metric.value is not None for split in splits)
    ]


def _texts(metric: Metric | None) -> tuple[str, str]:
    if metric is None or metric.value is None:
        return UNKNOWN, ""
    interval = f"[{metric.interval[0]:.3g}, {metric.interval[1]:.3g}]" if metric.interval else ""
    return f"{metric.value:.3g}", interval


def show_metrics(metrics: Mapping[str, Metrics] | None, console: Console) -> None:
    """A table of the figures; nothing for a run that did not keep them."""
    if not metrics or not (rows := metric_rows(metrics)):
        return
    table = borderless_table()
    table.add_column("")
    for split in metric_splits(metrics):
        table.add_column(split, justify="right", no_wrap=True)
        table.add_column("90% interval", no_wrap=True)
    table.add_column("better")
    for row in rows:
        table.add_row(cell(row.name), *(cell(text) for pair in row.figures for text in pair), cell(row.better, "dim"))
    console.print(table)


def show_confusion(confusion: Mapping[str, Confusion] | None, classes: Sequence[str], console: Console) -> None:
    """How many dev rows of each class are answered with each; nothing for more classes than a screen has room for."""
    if not confusion or "dev" not in confusion or not 0 < len(classes) <= MOST_CONFUSED:
        return
    table = borderless_table()
    table.add_column("dev: true \\ answered")
    for name in classes:
        table.add_column(cell(name), justify="right")
    for name, counts in zip(classes, confusion["dev"], strict=True):
        table.add_row(cell(name), *(cell(str(count)) for count in counts))
    console.print(table)
