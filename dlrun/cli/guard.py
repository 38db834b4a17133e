"""From an exception to what a person or a script gets: a sentence or one JSON object, and an exit status."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ..errors import ConfigError, DlrunError, StoreError
from ..places import default_runs_dir

TOO_LITTLE_MEMORY = "more memory is needed than there is; take fewer rows, a smaller network or a smaller batch"

BUG_STATUS = 1
INTERRUPTED_STATUS = 130
# What a shell reports for a process that SIGTERM ended: 128 + 15.
TERMINATED_STATUS = 143
# What a shell reports for a writer whose reader has gone: 128 + SIGPIPE.
BROKEN_PIPE_STATUS = 141


@runtime_checkable
class UsageFault(Protocol):
    """An exception of click's, which newer versions of Typer have as their own."""

    exit_code: int

    def format_message(self) -> str:
        """What is wrong with the command line, in a sentence."""


def guarded(command: Callable[[], object]) -> int:
    """Run a command and return its exit status; no exception leaves this function."""
    try:
        status = command()
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except DlrunError as error:
        return tell(error.kind, str(error), error.exit_status, problems_of(error))
    except MemoryError:
        return tell("config", TOO_LITTLE_MEMORY, ConfigError.exit_status, {"problems": [TOO_LITTLE_MEMORY]})
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the last flush fails in silence
        return BROKEN_PIPE_STATUS
    except KeyboardInterrupt as left:
        return tell("interrupted", str(left) or "interrupted", INTERRUPTED_STATUS)
    except Exception as error:
        return tell_usage(error) if isinstance(error, UsageFault) else tell_bug(error)


def leave_on_sigterm() -> None:
    """SIGTERM ends the command with its own status, and what stands in `finally` is done before."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(TERMINATED_STATUS)

    signal.signal(signal.SIGTERM, leave)


def problems_of(error: DlrunError) -> dict[str, list[str]]:
    """What a script finds beside the error: of a config, each of its problems."""
    return {"problems": error.problems} if isinstance(error, ConfigError) else {}


def wants_json() -> bool:
    return "--json" in sys.argv[1:]


def typed_runs_dir() -> str | None:
    """What the command line says after --runs-dir, whatever became of the command."""
    words = sys.argv[1:]
    apart = [value for flag, value in pairwise(words) if flag == "--runs-dir"]
    joined = [word.partition("=")[2] for word in words if word.startswith("--runs-dir=")]
    return next(iter(apart + joined), None)


def tell(kind: str, message: str, status: int, more: Mapping[str, Any] | None = None) -> int:
    """The sentence on standard error, or the object on standard output; returns the status."""
    message = printable(message)
    if wants_json():
        error = {"kind": kind, "message": message, "exit_status": status, **(more or {})}
        print(json.dumps({"error": error}))
    else:
        print(f"dlrun: {message}" if "\n" not in message else message, file=sys.stderr)
    return status


def printable(message: str) -> str:
    """The message without what could rewrite the screen: it may hold names from a file that somebody else wrote."""
    return "".join(letter for letter in message if letter == "\n" or letter.isprintable())


def tell_usage(error: UsageFault) -> int:
    """Typer's own words for a command line that it cannot read, or the help that it raises when no verb is given."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message())
        return error.exit_code
    if type(error).__name__ == "Abort":
        return tell("interrupted", "interrupted", INTERRUPTED_STATUS)
    context = getattr(error, "ctx", None)
    hint = f"; see {context.command_path} --help" if context else ""
    return tell("usage", error.format_message().rstrip(".") + hint, error.exit_code)


def tell_bug(bug: Exception) -> int:
    """A bug of ours: where its traceback lies, in the run folder if there is one and in a new one otherwise."""
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
    return tell("bug", f"a bug of dlrun, not of yours: {bug!r}; {where}", BUG_STATUS)
