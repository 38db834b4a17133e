"""Records in, terminal out: one function for each thing that a command shows.

Stands at the end of the path. It takes the plain dicts that `--json` prints and the run folder keeps, computes nothing
that they do not hold but differences of two of their numbers, and prints to the console it is given.
"""

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from ..diagnosis.words import error_word, points, span
from ..places import command_for
from .advice import show_advice
from .bars import error_bars
from .health import SEVERITIES, show_finding
from .qualifiers import show_reference, show_selection, show_test_look
from .text import LEVEL_STYLES, UNKNOWN, borderless_table, cell, say, shown, shown_cost

if TYPE_CHECKING:
    from ..gradcheck import NetworkReport, OwnReport, SweepReport

SPLITS = ("train", "dev", "test")
INTERVAL_HEADER = "90% interval"
BASELINES = {False: "always answering the majority class", True: "predicting the mean"}


def make_console(stderr: bool = False) -> Console:
    """A console that shows text as it stands; colours only on a terminal and not under NO_COLOR."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal without the letter ² must not end a run
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def show_result(result: dict, console: Console, diagnosis: dict | None = None) -> None:
    """A run's errors as numbers and as bars, the verdict, what went wrong, where it is kept, what to do next."""
    say(console, (result["name"], "bold"), f"  {epochs_phrase(result)}")
    if result["status"] != "finished":
        reason = f": {result['message']}" if result.get("message") else ""
        say(console, (f"{result['status']}{reason}", "bold red"))
    console.print(errors_table(result))
    show_bars(diagnosis, console)
    for sentence in verdict_sentences(result):
        say(console, sentence)
    for warning in warnings_untold(result):
        say(console, ("warning: ", "yellow"), warning)
    for note in result.get("notes") or []:
        say(console, ("note: ", "yellow"), note)
    show_test_look(result.get("test_look"), console)
    say(console, "reused: " if result.get("reused") else "kept in ", result["run_dir"], whole=True)
    if result.get("report"):
        say(console, "report: ", result["report"], whole=True)
    if result["status"] == "interrupted":
        say(console, "go on: ", (command_for("resume", result["run_dir"]), "bold"), whole=True)
    show_top_advice(diagnosis, console)
    if result.get("verdict"):
        say(console, "next: ", (command_for("diagnose", result["run_dir"]), "bold"), whole=True)


def show_bars(diagnosis: dict | None, console: Console) -> None:
    """The errors of a diagnosis as bars on one scale."""
    if diagnosis and diagnosis.get("verdict"):
        for line in error_bars(diagnosis, console.width, console.options.ascii_only):
            say(console, *line, whole=True)


def show_top_advice(diagnosis: dict | None, console: Console) -> None:
    """What promises most, with the command to type, or the key to change."""
    top = next(iter((diagnosis or {}).get("advice") or []), None)
    if top and (how := top.get("command") or top.get("key")):
        say(console, f"try: {top['action']}: ", (how, "bold"), whole=True)


def epochs_phrase(result: dict) -> str:
    """How long the training was: "60 epochs in 3.2 s, the best 41"."""
    best = f", the best {result['best_epoch']}" if result.get("best_epoch") is not None else ""
    epochs = result["epochs"]
    return f"{epochs} epoch{'' if epochs == 1 else 's'} in {result['seconds']:.1f} s{best}"


def errors_table(result: dict) -> Table:
    """One row a split, between the optimal error and the baseline."""
    errors, rmse = result["errors"] or {}, result.get("rmse")
    intervals, sizes = result.get("intervals") or {}, result.get("sizes") or {}
    regression, known = result["task"] == "regression", any(intervals.get(split) for split in SPLITS)
    table = borderless_table()
    table.add_column("", no_wrap=True)
    for header in ("rows", error_word(regression)):
        table.add_column(header, justify="right", no_wrap=True)
    if known:
        table.add_column(INTERVAL_HEADER, no_wrap=True)
    if rmse:
        table.add_column("rmse", justify="right", no_wrap=True)
    table.add_column("")
    interval = [shown_interval(intervals.get("optimal"))] if known else []
    table.add_row("optimal", "", shown(result["optimal_error"]), *interval, *([""] if rmse else []), "")
    for split in SPLITS:
        if errors.get(split) is not None or split != "test":
            interval = [shown_interval(intervals.get(split))] if known else []
            known_rmse = [shown_cost(rmse.get(split))] if rmse else []
            size = str(sizes.get(split, UNKNOWN))
            table.add_row(split, size, shown(errors.get(split)), *interval, *known_rmse, "")
    if result.get("baseline_error") is not None:
        blanks = [""] * (known + bool(rmse))
        words = cell(BASELINES[regression], "dim")
        words.no_wrap, words.overflow = True, "ellipsis"
        table.add_row("baseline", "", shown(result["baseline_error"]), *blanks, words)
    return table


def shown_interval(interval: list[float] | None) -> str:
    """An interval in percentage points, or nothing where there is none."""
    return span(interval) if interval else ""


def verdict_sentences(result: dict) -> list[tuple[str, str]]:
    """What outranks the verdict, and the verdict, as (sentence, style) pairs; none for a run without a verdict."""
    verdict = result.get("verdict")
    if not verdict:
        return []
    found = [(f"{item['title']}: {item['evidence']}", SEVERITIES[item["severity"]]) for item in findings(result)]
    style = next((style for level, style in LEVEL_STYLES.items() if level in verdict.values()), "")
    plain = f"{verdict['bias']} bias, {verdict['variance']} variance"  # of a run older than the sentence
    return [*found, (result.get("sentence") or plain, style)]


def findings(record: dict) -> list[dict]:
    """The findings of a result or a diagnosis; one of an older run has none."""
    return record.get("findings") or []


def warnings_untold(result: dict) -> list[str]:
    """The warnings of a result that none of its findings has told already."""
    told = "; ".join(finding["evidence"] for finding in findings(result))
    return [warning for warning in result.get("warnings") or [] if warning.split("; ")[0] not in told]


def show_diagnosis(diagnosis: dict, console: Console) -> None:
    """The errors, the two subtractions, what outranks them, the verdict, and what to try."""
    run = f" of {diagnosis['run_id']}" if diagnosis.get("run_id") else ""
    regression = bool(diagnosis.get("regression"))
    unit = ", in 1 - R²" if regression else ""
    say(console, (f"diagnosis{run}{unit}", "bold"), whole=True)
    if diagnosis.get("status", "finished") != "finished":
        told = f"this run is {diagnosis['status']}: its errors are those of the parameters that were kept"
        say(console, (told, "bold red"))
    console.print(errors_table(diagnosis | {"task": "regression" if regression else ""}))
    if diagnosis["errors"].get("test") is not None:
        say(console, "test is for the last word only: it takes no part in the verdict")
        show_test_look(diagnosis.get("test_look"), console)
    show_distances(diagnosis, console)
    if not any(finding["code"] == "selected-run" for finding in findings(diagnosis)):
        show_selection(diagnosis.get("selection"), console)
    show_reference(diagnosis.get("reference"), console)
    for finding in findings(diagnosis):
        show_finding(finding, console)
    show_classes(diagnosis.get("classes"), console)
    say(console, ("verdict: ", "bold"), (diagnosis["sentence"], "bold"))
    for told in (*diagnosis["dev_rows_needed"].values(), diagnosis.get("target")):
        if told:
            say(console, told["sentence"])
    show_advice(diagnosis, console)


# What each distance is, and the key of its value and its interval.
DISTANCES = {
    "bias": ("train - optimal: avoidable bias", "avoidable_bias"),
    "variance": ("dev - train: variance", "variance"),
}


def show_distances(diagnosis: dict, console: Console) -> None:
    """Both distances with interval, share and level; the rule that gave the level; how the optimal error is known."""
    for ill, (name, key) in DISTANCES.items():
        level, interval = diagnosis["verdict"][ill], shown_interval(diagnosis["intervals"][key])
        part = f", {diagnosis['shares'][ill]:.0%} of the excess" if diagnosis["shares"] else ""
        told = f"{name} {points(diagnosis[key])} {interval}".rstrip()
        say(console, f"  {told}{part}: ", (level, LEVEL_STYLES.get(level, "")))
    low, high = (points(diagnosis["thresholds"][name]) for name in ("low", "high"))
    rule = f"  surely > {low} high, surely < {high} low, both moderate, neither inconclusive"
    say(console, (rule, "dim"))
    say(console, f"  {diagnosis['optimal']['sentence']}")


def show_classes(classes: dict | None, console: Console) -> None:
    """The recall of each class, where they are unequal."""
    if not classes:
        return
    say(console, f"balanced error {shown(classes['balanced_error'])}, the classes being unequal:")
    table = borderless_table()
    for header, justify in (("class", "left"), ("dev rows", "right"), ("recall", "right"), (INTERVAL_HEADER, "left")):
        table.add_column(header, justify=justify)
    for item in classes["recalls"]:
        interval = shown_interval(item["interval"])
        table.add_row(cell(item["label"]), str(item["rows"]), shown(item["recall"]), interval)
    console.print(table)


def show_gradcheck(report: "NetworkReport | OwnReport", console: Console) -> None:
    """Whether backpropagation agrees with central differences, tensor by tensor and situation by situation."""
    from ..gradcheck import report_lines

    style = {"pass": "bold green", "fail": "bold red"}.get(report.verdict, "bold yellow")
    for number, line in enumerate(report_lines(report)):
        say(console, (line, style if number == 0 else ""), whole=True)


def show_sweep(report: "SweepReport", console: Console) -> None:
    """The V-curve: relative difference against the step."""
    from ..gradcheck import sweep_lines

    for line in sweep_lines(report):
        say(console, line, whole=True)


def show_runs(runs: list[dict], console: Console) -> None:
    """All runs, newest first: a table where it fits, else two lines a run, so that no id is ever cut."""
    if not runs:
        say(console, "no runs here yet")
        return
    table = runs_table(runs)
    needed = Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    if needed <= console.width:
        console.print(table)
    else:
        for run in runs:
            say(console, (run["run_id"], "bold"), whole=True)
            errors = "".join(f"  {split} {shown(run['errors'].get(split))}" for split in SPLITS)
            say(console, f"  {status_word(run)}{errors}  {verdict_phrase(run['verdict'])}".rstrip())
    for run in runs:
        if run.get("problem"):
            say(console, (f"{run['run_id']}: ", "red"), run["problem"], whole=True)


def runs_table(runs: list[dict]) -> Table:
    """One row a run; every column as wide as its widest cell."""
    table = borderless_table()
    for header in ("run", "status", *SPLITS, "high"):
        table.add_column(header, justify="right" if header in SPLITS else "left", no_wrap=True)
    for run in runs:
        errors = [shown(run["errors"].get(split)) for split in SPLITS]
        status = cell(status_word(run), "" if run["status"] == "finished" else "yellow")
        table.add_row(cell(run["run_id"]), status, *errors, cell(verdict_phrase(run["verdict"])))
    return table


def status_word(run: dict) -> str:
    """A run's status; that it cannot be read must not be overlooked."""
    return "BROKEN" if run["status"] == "broken" else run["status"]


def verdict_phrase(verdict: dict | None) -> str:
    """What is high, in a word or two: "bias, variance?" with a mark on what is inconclusive, "neither", or nothing."""
    if not verdict:
        return ""
    marks = {"high": "", "moderate": " (moderate)", "inconclusive": "?"}
    return ", ".join(ill + marks[level] for ill, level in verdict.items() if level in marks) or "neither"
