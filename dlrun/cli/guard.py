"""Turn an exception into an exit status and one message: a sentence for a person, or a JSON object for a script."""

import json
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ..damages import is_panic
from ..errors import TERMINATED_STATUS, ConfigError, DlrunError, StoreError
from ..places import default_runs_dir
from .streams import BROKEN_PIPE_STATUS

BUG_STATUS = 1
INTERRUPTED_STATUS = 130


class ClosedPipe(Exception):
    """Standard output was closed by its reader. Typer would make another exit status of a BrokenPipeError."""


@runtime_checkable
class UsageFault(Protocol):
    """A usage error of click; newer versions of Typer have their own class for it."""

    exit_code: int

    def format_message(self) -> str:
        """What is wrong with the command line, in a sentence."""


def guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit status; no exception leaves this function."""
    try:
        status = command()
        return status if isinstance(status, int) else 0
    except DlrunError as error:
        return tell(error.kind, str(error), error.exit_status, problems_of(error))
    except (BrokenPipeError, ClosedPipe):
        return BROKEN_PIPE_STATUS
    except KeyboardInterrupt as left:
        return tell("interrupted", str(left) or "interrupted", INTERRUPTED_STATUS)
    except Exception as error:
        return tell_usage(error) if isinstance(error, UsageFault) else tell_failure(error)
    except BaseException as panic:
        if not is_panic(panic):
            raise
        return tell_failure(panic)


def leave_on_sigterm() -> None:
    """Make SIGTERM end the command with its own exit status, after all `finally` blocks have run."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(TERMINATED_STATUS)

    signal.signal(signal.SIGTERM, leave)


def problems_of(error: DlrunError) -> dict[str, list[str]]:
    """What --json adds to the error: for a config, the list of its problems."""
    return {"problems": error.problems} if isinstance(error, ConfigError) else {}


def wants_json() -> bool:
    return "--json" in sys.argv[1:]


def typed_runs_dir() -> str | None:
    """The value of --runs-dir on the command line, even if the command line could not be parsed."""
    words = sys.argv[1:]
    apart = [value for flag, value in pairwise(words) if flag == "--runs-dir"]
    joined = [word.partition("=")[2] for word in words if word.startswith("--runs-dir=")]
    return next(iter(apart + joined), None)


def tell(kind: str, message: str, status: int, more: Mapping[str, Any] | None = None) -> int:
    """Print the sentence on standard error, or the object on standard output; return the status."""
    message = printable(message)
    if wants_json():
        error = {"kind": kind, "message": message, "exit_status": status, **(more or {})}
        print(json.dumps({"error": error}))
    else:
        print(f"dlrun: {message}" if "\n" not in message else message, file=sys.stderr)
    return status


def printable(message: str) -> str:
    """The message without control characters: it may hold names from a file that somebody else wrote."""
    return "".join(letter for letter in message if letter == "\n" or letter.isprintable())


def tell_usage(error: UsageFault) -> int:
    """Print Typer's own message for wrong usage, or the help if no verb is given; return the status."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message())
        return error.exit_code
    if type(error).__name__ == "Abort":
        return tell("interrupted", "interrupted", INTERRUPTED_STATUS)
    context = getattr(error, "ctx", None)
    hint = f"; see {context.command_path} --help" if context else ""
    return tell("usage", error.format_message().rstrip(".") + hint, error.exit_code)


def tell_failure(failure: BaseException) -> int:
    """Say what the machine refused; what it did not refuse is a bug."""
    from .refusals import refusal

    told = refusal(failure)
    return tell_bug(failure) if told is None else tell(told.kind, str(told), told.exit_status, problems_of(told))


def tell_bug(bug: BaseException) -> int:
    """Report a bug in dlrun, and save its traceback in the run folder, or in a new one if there is none yet."""
    from ..store import create_run

    run_dir = getattr(bug, "run_dir", None)
    try:
        if run_dir is None:
            folder = create_run(Path(typed_runs_dir() or default_runs_dir()), "crash")
            folder.write_bytes("traceback.txt", traceback.format_exc().encode())
            folder.write_json("result.json", {"run_id": folder.id, "status": "failed", "message": repr(bug)})
            run_dir = folder.path
        where = f"the traceback is in {run_dir}/traceback.txt"
    except StoreError:
        traceback.print_exc()
        where = "the traceback is above, because no run folder could be written"
    return tell("bug", f"a bug in dlrun, not in your input: {bug!r}; {where}", BUG_STATUS)
