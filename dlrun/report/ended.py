"""Show a training that has ended: its errors as bars, the verdict, what to do next, and where all else stands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console

from ..diagnosis.findings import told
from ..places import command_for
from .bars import error_bars
from .health import SEVERITIES
from .qualifiers import show_test_look
from .terminal import errors_table
from .text import LEVEL_STYLES, say

if TYPE_CHECKING:
    from ..advice import RunDiagnosis
    from ..diagnosis.trees import BesideTrees
    from ..store import Result

# Warnings, notes and sentences on how the source was read that are shown after a training, and findings that fail.
MOST_NOTES = 3
MOST_FAILING = 2

FIRST_RUN = (
    "first run: a bar is an error with its 90% interval; train above optimal is bias (a bigger network, longer), dev"
    " above train is variance (more data, regularization)"
)


class Beside(NamedTuple):
    """What is told beside a result.

    test_look : the number of this look at the test set. report : where the run's page was written. read : sentences on
    how the source was read. trees : beside the network, where they were asked for. is_first : of its runs folder.
    """

    test_look: int | None = None
    report: str | None = None
    read: Sequence[str] = ()
    trees: "BesideTrees | None" = None
    is_first: bool = False


ALONE = Beside()


def show_result(
    result: "Result", console: Console, diagnosis: "RunDiagnosis | None" = None, beside: Beside = ALONE
) -> None:
    """A run's errors as bars, the verdict, what to do next, and where all else stands."""
    say(console, (result.name, "bold"), f"  {epochs_phrase(result)}")
    if result.status != "finished":
        reason = f": {result.message}" if result.message else ""
        say(console, (f"{result.status}{reason}", "bold red"))
    if not show_bars(diagnosis, console):
        console.print(errors_table(result))
    for sentence in verdict_sentences(result, failing_alone=True):
        say(console, sentence)
    if beside.trees:
        say(console, beside.trees.with_seconds())
    show_notes(result, beside.read, console)
    show_top_advice(diagnosis, console)
    show_test_look(beside.test_look, console)
    if result.status == "interrupted":
        say(console, "resume: ", (command_for("resume", result.run_dir), "bold"), whole=True)
    if beside.report:
        say(console, "report: ", beside.report, whole=True)
    else:
        say(console, "reused: " if result.reused else "kept in ", result.run_dir, whole=True)
    if result.verdict:
        say(console, "more: ", (command_for("diagnose", result.run_dir), "bold"), whole=True)
    if beside.is_first:
        say(console, (FIRST_RUN, "dim"))


def show_notes(result: "Result", read: Sequence[str], console: Console) -> None:
    """The first few warnings, notes and sentences on how the source was read, and how many more there are."""
    notes = [("warning: ", "yellow", text) for text in further_warnings(result)]
    notes += [("note: ", "yellow", text) for text in result.notes] + [("read: ", "dim", text) for text in read]
    for kind, style, text in notes[:MOST_NOTES]:
        say(console, (kind, style), text)
    if (more := len(notes) - MOST_NOTES) > 0:
        say(console, (f"and {more} more, which the report shows", "dim"))


def show_bars(diagnosis: "RunDiagnosis | None", console: Console) -> bool:
    """The errors of a diagnosis as bars on one scale; whether there are any."""
    lines = error_bars(diagnosis.diagnosis, console.width, console.options.ascii_only) if diagnosis else []
    for line in lines:
        say(console, *line, whole=True)
    return bool(lines)


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


def verdict_sentences(result: "Result", *, failing_alone: bool = False) -> list[tuple[str, str]]:
    """The outcome, the findings that may explain it, then the verdict, as (sentence, style); none without a verdict.

    failing_alone : of the findings, only the first that fail.
    """
    verdict = result.verdict
    if not verdict:
        return []
    parted = told(result.findings)
    failing = [finding for finding in parted.causes if finding.severity == "fail"][:MOST_FAILING]
    findings = (*parted.outcomes, *(failing if failing_alone else parted.causes))
    outranking = [(f"{finding.title}: {finding.evidence}", SEVERITIES[finding.severity]) for finding in findings]
    style = next((style for level, style in LEVEL_STYLES.items() if level in (verdict.bias, verdict.variance)), "")
    plain = f"{verdict.bias} bias, {verdict.variance} variance"  # for an old run, which has no sentence
    return [*outranking, (result.sentence or plain, style)]


def further_warnings(result: "Result") -> list[str]:
    """The warnings of a result that none of its findings repeats."""
    evidence = "; ".join(finding.evidence for finding in result.findings)
    return [warning for warning in result.warnings if warning.split("; ")[0] not in evidence]
