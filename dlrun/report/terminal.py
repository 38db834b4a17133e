"""Show records on a terminal: one function for each thing that a command shows.

The commands use it. It takes the records that `--json` prints and the run folder keeps, computes nothing new except
differences of two of their numbers, and prints to a given console.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console, JustifyMethod
from rich.measure import Measurement
from rich.table import Table

from ..advice.shown import BASELINES, ONE_ANSWER
from ..diagnosis import Diagnosis
from ..diagnosis.ills import ILLS, ByIll, Ill, Level, Verdict
from ..diagnosis.records import WEIGHTED, ClassErrors
from ..diagnosis.words import error_word, points, span
from ..records import SPLITS, BySplit
from ..statistics.intervals import Interval
from .advice import show_advice
from .health import show_findings
from .metrics import show_confusion, show_metrics
from .qualifiers import show_reference, show_selection, show_test_look, show_trees
from .text import LEVEL_STYLES, UNKNOWN, borderless_table, cell, say, shown, shown_cost

if TYPE_CHECKING:
    from ..advice import RunDiagnosis
    from ..gradcheck import NetworkReport, OwnReport, SweepReport
    from ..inspection import AskedDiagnosis
    from ..store import Result, RunSummary

INTERVAL_HEADER = "90% interval"


def make_console(stderr: bool = False) -> Console:
    """A console that shows text unchanged, with colours only on a terminal and without NO_COLOR."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal without the letter ² must not end a run
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def errors_table(judged: "Result | Diagnosis") -> Table:
    """One row per split, between the optimal error and the baseline."""
    errors, baseline, word, baseline_is = told_errors(judged)
    sizes, intervals = judged.sizes, judged.intervals
    rmse = None if isinstance(judged, Diagnosis) else judged.rmse
    has_intervals = intervals is not None and any(intervals.of(split) for split in SPLITS)
    table = borderless_table()
    table.add_column("", no_wrap=True)
    for header in ("rows", word):
        table.add_column(header, justify="right", no_wrap=True)
    if has_intervals:
        table.add_column(INTERVAL_HEADER, no_wrap=True)
    if rmse:
        table.add_column("rmse", justify="right", no_wrap=True)
    table.add_column("")
    interval = [shown_interval(intervals.optimal)] if has_intervals and intervals else []
    table.add_row("optimal", "", shown(judged.optimal_error), *interval, *([""] if rmse else []), "")
    for split in SPLITS:
        if errors.of(split) is not None or split != "test":
            interval = [shown_interval(intervals.of(split))] if has_intervals and intervals else []
            rmse_cells = [shown_cost(rmse.of(split))] if rmse else []
            rows = sizes.of(split) if sizes else None
            size = UNKNOWN if rows is None else str(rows)
            table.add_row(split, size, shown(errors.of(split)), *interval, *rmse_cells, "")
    if baseline is not None:
        blanks = [""] * (has_intervals + bool(rmse))
        words = cell(baseline_is, "dim")
        words.no_wrap, words.overflow = True, "ellipsis"
        table.add_row("baseline", "", shown(baseline), *blanks, words)
    return table


class ToldErrors(NamedTuple):
    """Errors and baseline as they are told, what an error is called, and what the baseline is."""

    errors: BySplit[float] | BySplit[float | None]
    baseline: float | None
    word: str
    baseline_is: str


def told_errors(judged: "Result | Diagnosis") -> ToldErrors:
    """Those of a result or a diagnosis, in the measure of the diagnosis."""
    if isinstance(judged, Diagnosis):
        is_measured, regression, word = judged.measure is not None, judged.regression, judged.word
        errors: BySplit[float] | BySplit[float | None] = judged.errors
        baseline = judged.baseline_error
    else:
        measured = judged.row_summary.measured if judged.row_summary else None
        is_measured, regression = measured is not None, judged.task == "regression"
        word = measured.word if measured else error_word(regression)
        errors, baseline = (measured.errors, measured.baseline) if measured else (judged.errors, judged.baseline_error)
    return ToldErrors(errors, baseline, word, ONE_ANSWER if is_measured else BASELINES[regression])


def shown_interval(interval: Interval | None) -> str:
    """An interval in percentage points, or empty text without one."""
    return span(interval) if interval else ""


def show_diagnosis(
    run_diagnosis: "RunDiagnosis", console: Console, asked: "AskedDiagnosis | None" = None, *, show_all: bool = False
) -> None:
    """The errors, the two distances, the findings that outrank them, the verdict, and what to try.

    asked : for a run, what its runs folder adds: choices, looks at the test set, the reference. show_all : all advice.
    """
    diagnosis = run_diagnosis.diagnosis
    run = f" of {run_diagnosis.run_id}" if run_diagnosis.run_id else ""
    unit = f", in {diagnosis.word}" if diagnosis.regression or diagnosis.measure else ""
    say(console, (f"diagnosis{run}{unit}", "bold"), whole=True)
    if run_diagnosis.status not in (None, "finished"):
        unfinished = f"this run is {run_diagnosis.status}: its errors are those of the parameters that were kept"
        say(console, (unfinished, "bold red"))
    console.print(errors_table(diagnosis))
    if diagnosis.weighted:
        say(console, WEIGHTED)
    if diagnosis.errors.test is not None:
        say(console, "the test set is for the final check only: it takes no part in the verdict")
        show_test_look(asked.test_look if asked else None, console)
    show_distances(diagnosis, console)
    if asked:
        if asked.members:
            say(console, asked.members.sentence)
        if not any(finding.code == "selected-run" for finding in diagnosis.findings):
            show_selection(asked.selection, console)
        show_reference(asked.reference, console)
        if asked.label_noise and not asked.label_noise.is_told:
            say(console, f"labels: {asked.label_noise.sentence}")
        show_trees(asked.trees, console)
    show_findings(diagnosis.findings, console)
    show_classes(diagnosis.classes, console)
    if asked:
        show_metrics(asked.metrics, console)
        show_confusion(asked.confusion, asked.labels or (), console)
    say(console, ("verdict: ", "bold"), (diagnosis.sentence, "bold"))
    needed = diagnosis.dev_rows_needed
    for outlook in (needed.bias, needed.variance, diagnosis.target):
        if outlook:
            say(console, outlook.sentence)
    tried = (asked.tried if asked else None) or {}
    show_advice(run_diagnosis.advice, console, asked.run_dir if asked else None, tried=tried, show_all=show_all)


# The name of each distance in words.
DISTANCES: dict[Ill, str] = {"bias": "train - optimal: avoidable bias", "variance": "dev - train: variance"}


def show_distances(diagnosis: Diagnosis, console: Console) -> None:
    """Both distances with interval, share and level; the rule for the level; the source of the optimal error."""
    gaps = ByIll(diagnosis.avoidable_bias, diagnosis.variance)
    intervals = ByIll(diagnosis.intervals.avoidable_bias, diagnosis.intervals.variance)
    for ill in ILLS:
        level, interval = diagnosis.verdict.of(ill), shown_interval(intervals.of(ill))
        part = f", {diagnosis.shares.of(ill):.0%} of the excess" if diagnosis.shares else ""
        distance = f"{DISTANCES[ill]} {points(gaps.of(ill))} {interval}".rstrip()
        told_level = () if level == "withheld" else (": ", (level, LEVEL_STYLES.get(level, "")))
        say(console, f"  {distance}{part}", *told_level)
    if diagnosis.verdict.bias == "withheld":
        say(console, f"  {diagnosis.optimal.sentence}")
        return
    low, high = points(diagnosis.thresholds.low), points(diagnosis.thresholds.high)
    rule = f"  surely > {low} high, surely < {high} low, both moderate, neither inconclusive"
    say(console, (rule, "dim"))
    say(console, f"  {diagnosis.optimal.sentence}")


CLASS_COLUMNS: tuple[tuple[str, JustifyMethod], ...] = (
    ("class", "left"),
    ("dev rows", "right"),
    ("recall", "right"),
    (INTERVAL_HEADER, "left"),
)


def show_classes(classes: ClassErrors | None, console: Console) -> None:
    """The recall of each class, if the classes are unequal."""
    if not classes:
        return
    say(console, f"balanced error {shown(classes.balanced_error)}, the classes being unequal:")
    table = borderless_table()
    for header, justify in CLASS_COLUMNS:
        table.add_column(header, justify=justify)
    for item in classes.recalls:
        table.add_row(cell(item.label), str(item.rows), shown(item.recall), shown_interval(item.interval))
    console.print(table)


def show_gradcheck(report: "NetworkReport | OwnReport", console: Console) -> None:
    """Whether backpropagation agrees with central differences, tensor by tensor and situation by situation."""
    from ..gradcheck import report_lines

    style = {"pass": "bold green", "fail": "bold red"}.get(report.verdict, "bold yellow")
    for number, line in enumerate(report_lines(report)):
        say(console, (line, style if number == 0 else ""), whole=True)


def show_step_sweep(report: "SweepReport", console: Console) -> None:
    """The V-curve: relative difference against the step."""
    from ..gradcheck import sweep_lines

    for line in sweep_lines(report):
        say(console, line, whole=True)


def show_runs(runs: "Sequence[RunSummary]", console: Console) -> None:
    """All runs, newest first: a table if it fits, otherwise two lines per run, so that no id is ever cut."""
    if not runs:
        say(console, "no runs here yet")
        return
    table = runs_table(runs)
    needed = Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    if needed <= console.width:
        console.print(table)
    else:
        for run in runs:
            say(console, (run.run_id, "bold"), whole=True)
            errors = "".join(f"  {split} {shown(run.errors.of(split))}" for split in SPLITS)
            say(console, f"  {status_word(run)}{errors}  {verdict_phrase(run.verdict)}".rstrip())
    for run in runs:
        if run.problem:
            say(console, (f"{run.run_id}: ", "red"), run.problem, whole=True)


def runs_table(runs: "Sequence[RunSummary]") -> Table:
    """One row per run; every column as wide as its widest cell."""
    table = borderless_table()
    for header in ("run", "status", *SPLITS, "high"):
        table.add_column(header, justify="right" if header in SPLITS else "left", no_wrap=True)
    for run in runs:
        errors = [shown(run.errors.of(split)) for split in SPLITS]
        status = cell(status_word(run), "" if run.status == "finished" else "yellow")
        table.add_row(cell(run.run_id), status, *errors, cell(verdict_phrase(run.verdict)))
    return table


def status_word(run: "RunSummary") -> str:
    """A run's status; BROKEN is in capitals, so that it is not overlooked."""
    return "BROKEN" if run.status == "broken" else run.status


def verdict_phrase(verdict: Verdict | None) -> str:
    """What is high, in a word or two: "bias, variance?" where ? means inconclusive, "neither", "withheld", or empty."""
    if not verdict:
        return ""
    if verdict.bias == "withheld":
        return "withheld"
    marks: dict[Level, str] = {"high": "", "moderate": " (moderate)", "inconclusive": "?"}
    return ", ".join(ill + marks[level] for ill, level in verdict.items() if level in marks) or "neither"
