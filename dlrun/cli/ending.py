"""The display of a training, and what a command prints and returns when the training has ended.

Every verb that trains a run uses it: train, resume, diagnose --apply and recipe.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from ..errors import TERMINATED_STATUS, Diverged, Interrupted, StoreError
from ..places import command_for
from .guard import INTERRUPTED_STATUS
from .report import write_report

if TYPE_CHECKING:
    from ..experiment import Experiment
    from ..experiment.run import Watcher
    from ..store import Result, RunContents

# The exit status for each status of a run; that of an interrupted run depends on the signal.
EXIT_STATUS = {"finished": 0, "diverged": Diverged.exit_status, "failed": StoreError.exit_status}


def display_of(experiment: "Experiment", quiet: bool) -> "AbstractContextManager[Watcher]":
    """The display of a training, on standard error."""
    from ..report import make_console, training_display

    epochs, console = experiment.plan.epochs, make_console(stderr=True)
    name, optimal = experiment.config.name, experiment.optimal
    return training_display(epochs, console, quiet=quiet, name=name, optimal_error=optimal)


def end_with(run: "RunContents", origins: Mapping[str, str] | None, as_json: bool) -> int:
    """Print the result of a run for a person or a script, and return the exit status.

    origins : where each value of its config came from, for the report; None writes no report.
    """
    from ..inspection import look_at_test
    from ..report import Beside, make_console, show_result
    from ..store import to_plain
    from .output import print_json

    result = run.result_required()
    status = exit_status_of(result)
    with resuming_advised(result):
        test_look = look_at_test(run.folder, run.manifest.identity.hashes, result.errors.test, "train")
        report = None if origins is None else report_of(run, origins)
        if as_json:
            more = {"test_look": test_look} | ({} if origins is None else {"report": report})
            more |= {"trees": to_plain(run.trees)} if run.trees else {}
            error = {"error": error_of(result, status)} if status else {}
            print_json(to_plain(result) | more | error)
        else:
            read = (run.data.notes if run.data else None) or ()
            beside = Beside(test_look, report, read, run.trees, is_first(run))
            show_result(result, make_console(), run.diagnosis, beside)
    return status


def is_first(run: "RunContents") -> bool:
    """Whether there is no other run beside this one."""
    from ..places import unsorted_runs_in

    try:
        return len(unsorted_runs_in(run.folder.path.parent)[0]) == 1
    except OSError:
        return False


@contextmanager
def resuming_advised(result: "Result") -> Iterator[None]:
    """Says how to resume an interrupted run even if another Ctrl-C comes while its result is printed."""
    try:
        yield
    except KeyboardInterrupt as left:
        if result.status != "interrupted":
            raise
        raise Interrupted(f"interrupted; resume: {command_for('resume', result.run_dir)}") from left


def report_of(run: "RunContents", origins: Mapping[str, str]) -> str | None:
    """Write the page of a run that has just ended, and return its path.

    If it cannot be written, print why, and return None; a page can be written later.
    """
    from ..inspection import page_contents
    from ..report import make_console, say

    try:
        return str(write_report(page_contents(run, origins)))
    except StoreError as problem:
        say(make_console(stderr=True), f"no report: {problem}; later: {command_for('report', run.folder.path)}")
        return None


def exit_status_of(result: "Result") -> int:
    """The exit status: 130 after Ctrl-C, 143 after SIGTERM, otherwise by the run's status."""
    if result.status == "interrupted":
        return TERMINATED_STATUS if result.signal == signal.SIGTERM.name else INTERRUPTED_STATUS
    return EXIT_STATUS[result.status]


def error_of(result: "Result", status: int) -> dict[str, object]:
    """The object `error` that --json adds to the result of a run that did not finish."""
    error: dict[str, object] = {"kind": result.status, "message": result.message, "exit_status": status}
    return error | ({"resume": command_for("resume", result.run_dir)} if result.status == "interrupted" else {})
