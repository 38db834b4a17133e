"""How a command that trains is shown while it does, and how it ends: what is printed, and with which exit status."""

import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Diverged, Interrupted, StoreError
from ..places import command_for
from .guard import INTERRUPTED_STATUS, TERMINATED_STATUS
from .report import write_report

if TYPE_CHECKING:
    from ..config import LoadedConfig

# What each status of a run ends the process with; an interrupted one by its signal.
EXIT_STATUS = {"finished": 0, "diverged": Diverged.exit_status, "failed": StoreError.exit_status}


def display_of(loaded: "LoadedConfig", quiet: bool) -> AbstractContextManager:
    """The display of a training, on standard error."""
    from ..experiment.prepare import declared_optimal
    from ..report import make_console, training_display

    config = loaded.config
    optimal = declared_optimal(config, Path(loaded.file).parent)
    console = make_console(stderr=True)
    return training_display(config.training.epochs, console, quiet=quiet, name=config.name, optimal_error=optimal)


def end_with(result: dict, as_json: bool, *, report: bool) -> int:
    """Print a result for a person or a script, its `report` written if asked for, and return the exit status."""
    from ..inspection import kept_diagnosis, look_at_test
    from ..report import make_console, show_result
    from ..store import RunFolder
    from ..store.codec import to_plain
    from .output import print_json

    status, folder = exit_status_of(result), RunFolder(Path(result["run_dir"]))
    with way_on_told(result):
        result = result | {"test_look": look_at_test(folder, result, "train")}
        result = result | ({"report": report_of(result)} if report else {})
        if as_json:
            print_json(result if status == 0 else result | {"error": error_of(result, status)})
        else:
            show_result(to_plain(result), make_console(), kept_diagnosis(folder))
    return status


@contextmanager
def way_on_told(result: dict) -> Iterator[None]:
    """Says how to go on with an interrupted run even where one more Ctrl-C cuts short what is said of it."""
    try:
        yield
    except KeyboardInterrupt as left:
        if result["status"] != "interrupted":
            raise
        raise Interrupted(f"interrupted; go on: {command_for('resume', result['run_dir'])}") from left


def report_of(result: dict) -> str | None:
    """Write the page of a run that has just ended, and say where. A page can be written later: without one, why not."""
    from ..report import make_console, say
    from ..store import RunFolder

    folder = RunFolder(Path(result["run_dir"]))
    try:
        return str(write_report(folder))
    except StoreError as problem:
        say(make_console(stderr=True), f"no report: {problem}; later: {command_for('report', folder.path)}")
        return None


def exit_status_of(result: dict) -> int:
    """130 after Ctrl-C, 143 after SIGTERM, else by the run's status."""
    if result["status"] == "interrupted":
        return TERMINATED_STATUS if result.get("signal") == signal.SIGTERM.name else INTERRUPTED_STATUS
    return EXIT_STATUS[result["status"]]


def error_of(result: dict, status: int) -> dict:
    """What scripts find under `error` beside the result of a run that did not finish."""
    error = {"kind": result["status"], "message": result["message"], "exit_status": status}
    return error | ({"resume": command_for("resume", result["run_dir"])} if result["status"] == "interrupted" else {})
