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
from ..places import command_for
from ..records import SPLITS, BySplit
from ..statistics.intervals import Interval
from .advice import show_advice
from .bars import error_bars
from .health import SEVERITIES, show_finding
from .metrics import show_confusion, show_metrics
from .qualifiers import show_reference, show_selection, show_test_look, show_trees
from .text import LEVEL_STYLES, UNKNOWN, borderless_table, cell, say, shown, shown_cost

if TYPE_CHECKING:
    from ..advice import RunDiagnosis
    from ..diagnosis.trees import BesideTrees
    from ..gradcheck import NetworkReport, OwnReport, SweepReport
    from ..inspection import AskedDiagnosis
    from ..store import Result, RunSummary

# Sentences on how the source was read that are shown after a training.
MOST_READ_NOTES = 6

INTERVAL_HEADER = "90% interval"


def make_console(stderr: bool = False) -> Console:
    """A console that shows text unchanged, with colours only on a terminal and without NO_COLOR."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal without the letter ² must not end a run
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def show_result(
    result: "Result",
    console: Console,
    diagnosis: "RunDiagnosis | None" = None,
    *,
    test_look: int | None = None,
    report: str | None = None,
    read: Sequence[str] = (),
    trees: "BesideTrees | None" = None,
) -> None:
    """A run's errors as numbers and as bars, the verdict, what went wrong, where it is kept, what to do next.

    test_look : the number of this look at the test set. report : where the run's page was written. read : sentences on
    how the source was read. trees : beside the network, where they were asked for.
    """
    say(console, (result.name, "bold"), f"  {epochs_phrase(result)}")
    if result.status != "finished":
        reason = f": {result.message}" if result.message else ""
        say(console, (f"{result.status}{reason}", "bold red"))
    console.print(errors_table(result))
    show_bars(diagnosis, console)
    for sentence in verdict_sentences(result):
        say(console, sentence)
    if trees:
        say(console, trees.with_seconds())
    for warning in further_warnings(result):
        say(console, ("warning: ", "yellow"), warning)
    for note in result.notes:
        say(console, ("note: ", "yellow"), note)
    for note in read[:MOST_READ_NOTES]:
        say(console, ("read: ", "dim"), note)
    if (more := len(read) - MOST_READ_NOTES) > 0:
        say(console, ("read: ", "dim"), f"and {more} more, which the report and dlrun data show")
    show_test_look(test_look, console)
    say(console, "reused: " if result.reused else "kept in ", result.run_dir, whole=True)
    if report:
        say(console, "report: ", report, whole=True)
    if result.status == "interrupted":
        say(console, "resume: ", (command_for("resume", result.run_dir), "bold"), whole=True)
    show_top_advice(diagnosis, console)
    if result.verdict:
        say(console, "next: ", (command_for("diagnose", result.run_dir), "bold"), whole=True)


def show_bars(diagnosis: "RunDiagnosis | None", console: Console) -> None:
    """The errors of a diagnosis as bars on one scale."""
    if diagnosis:
        for line in error_bars(diagnosis.diagnosis, console.width, console.options.ascii_only):
            say(console, *line, whole=True)


def show_top_advice(diagnosis: "RunDiagnosis | None", console: Console) -> None:
    """The first piece of advice, with the command to type or the key to change."""
    top = diagnosis.advice[0] if diagnosis and diagnosis.advice else None
    if top and (how := top.command or top.key):
        say(console, f"try: {top.action}: ", (how, "bold"), whole=True)


def epochs_phrase(result: "Result") -> str:
    """The length of the training: "60 epochs in 3.2 s, the best 41", and whether that one's parameters are kept."""
    best = f", the best {result.best_epoch}" if result.best_epoch is not None else ""
    epochs = result.epochs
    if result.kept_epoch == result.best_epoch != epochs:
        best = best and f"{best} is kept"
    return f"{epochs} epoch{'' if epochs == 1 else 's'} in {result.seconds:.1f} s{best}"


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


def verdict_sentences(result: "Result") -> list[tuple[str, str]]:
    """Findings that outrank the verdict, then the verdict, as (sentence, style); none for a run without a verdict."""
    verdict = result.verdict
    if not verdict:
        return []
    outranking = [(f"{finding.title}: {finding.evidence}", SEVERITIES[finding.severity]) for finding in result.findings]
    style = next((style for level, style in LEVEL_STYLES.items() if level in (verdict.bias, verdict.variance)), "")
    plain = f"{verdict.bias} bias, {verdict.variance} variance"  # for an old run, which has no sentence
    return [*outranking, (result.sentence or plain, style)]


def further_warnings(result: "Result") -> list[str]:
    """The warnings of a result that none of its findings repeats."""
    evidence = "; ".join(finding.evidence for finding in result.findings)
    return [warning for warning in result.warnings if warning.split("; ")[0] not in evidence]


def show_diagnosis(run_diagnosis: "RunDiagnosis", console: Console, asked: "AskedDiagnosis | None" = None) -> None:
    """The errors, the two distances, the findings that outrank them, the verdict, and what to try.

    asked : for a run, what its runs folder adds: choices, looks at the test set, the reference.
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
    for finding in diagnosis.findings:
        show_finding(finding, console)
    show_classes(diagnosis.classes, console)
    if asked:
        show_metrics(asked.metrics, console)
        show_confusion(asked.confusion, asked.labels or (), console)
    say(console, ("verdict: ", "bold"), (diagnosis.sentence, "bold"))
    needed = diagnosis.dev_rows_needed
    for outlook in (needed.bias, needed.variance, diagnosis.target):
        if outlook:
            say(console, outlook.sentence)
    show_advice(run_diagnosis.advice, console, asked.run_dir if asked else None)


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
        say(console, f"  {distance}{part}: ", (level, LEVEL_STYLES.get(level, "")))
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
    """What is high, in a word or two: "bias, variance?" where ? means inconclusive, "neither", or empty."""
    if not verdict:
        return ""
    marks: dict[Level, str] = {"high": "", "moderate": " (moderate)", "inconclusive": "?"}
    return ", ".join(ill + marks[level] for ill, level in verdict.items() if level in marks) or "neither"
