"""Show how a network does on other labelled rows: beside dev, and by groups."""

from typing import TYPE_CHECKING

from rich.console import Console

from ..diagnosis.words import error_word, points, span
from .metrics import show_metrics
from .text import UNKNOWN, borderless_table, cell, say, shown

if TYPE_CHECKING:
    from ..inspection.evaluation import Evaluated, GroupErrors

# Sentences on columns that are shown; --json has all.
MOST_NOTICED = 6

SIDE_STYLES = {"above": "yellow", "below": "green"}


def show_evaluation(evaluated: "Evaluated", console: Console) -> None:
    """The error here and on dev, the distance and what it means, then the groups and what was odd."""
    errors = evaluated.errors
    is_regression = errors.rmse is not None
    table = borderless_table()
    for header in ("", "rows", error_word(is_regression), f"{errors.confidence:.0%} interval"):
        table.add_column(header, justify="left" if not header else "right")
    for name, rows, error, interval in (
        (evaluated.source, errors.rows, errors.error, errors.interval),
        (f"dev of {evaluated.run_id}", evaluated.dev_rows, evaluated.dev_error, evaluated.dev_interval),
    ):
        table.add_row(cell(name), cell(f"{rows:,}"), cell(shown(error)), cell(span(interval) if interval else UNKNOWN))
    console.print(table)
    if errors.unknown_class:
        say(console, f"{errors.unknown_class} rows have a class that training did not have, and count as wrong")
    between = f" {span(evaluated.distance_interval)}" if evaluated.distance_interval else ""
    style = "bold yellow" if evaluated.meaning in ("drift", "other answers", "worse") else "bold"
    say(console, (f"{points(evaluated.distance)} points{between} from dev: ", style), evaluated.sentence)
    if evaluated.trained_share:
        say(console, f"{shown(evaluated.trained_share)} of the rows looked at are equal to training rows")
    if evaluated.shift is not None:
        found = evaluated.shift
        verdict = f"told apart from dev: {found.moved}" if found.is_told else "not told apart from dev"
        say(console, f"the rows are {verdict} (AUC {found.auc:.2f}, p = {found.p_value:.2g}; 0.50 is chance)")
    if evaluated.unchecked:
        say(console, evaluated.unchecked)
    show_metrics({"here": evaluated.metrics} if evaluated.metrics else None, console)
    if evaluated.groups is not None:
        _show_groups(evaluated.by or "", evaluated.groups, is_regression, console)
    for note in evaluated.notes:
        say(console, "note: ", note)
    for noticed in evaluated.noticed[:MOST_NOTICED]:
        say(console, ("check: ", "yellow"), noticed.sentence)


def _show_groups(by: str, groups: "tuple[GroupErrors, ...]", is_regression: bool, console: Console) -> None:
    """A row for each group, the greatest error first."""
    table = borderless_table()
    table.add_column(by)
    for header in ("rows", "RMSE" if is_regression else "error", "" if is_regression else "90% interval", ""):
        table.add_column(header, justify="right" if header else "left")
    for group in groups:
        error = f"{group.rmse:.4g}" if group.rmse is not None else shown(group.error)
        interval = "" if is_regression or group.interval is None else span(group.interval)
        told = "" if group.differs is None else f"{group.differs} the others"
        style = SIDE_STYLES.get(group.differs or "", "")
        table.add_row(cell(group.name), cell(f"{group.rows:,}"), cell(error), cell(interval), cell(told, style))
    console.print()
    console.print(table)
    if not any(group.differs for group in groups):
        say(console, f"none of the {len(groups)} groups differs from the others beyond chance")
