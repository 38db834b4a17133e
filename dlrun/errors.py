"""The errors of dlrun, each with the exit status that a script sees.

Everything that dlrun raises on purpose is a `DlrunError`. Its text is written for the user (where, what was found, what
would do) and is shown without a traceback. Any other exception is a bug in dlrun and ends with status 1.
"""

from typing import Any

# What a shell reports for a process that SIGTERM ended: 128 + 15.
TERMINATED_STATUS = 143


class DlrunError(Exception):
    """A sentence for the user; `kind` names it in JSON, `exit_status` ends the process."""

    kind = "error"
    exit_status = 1

    def __reduce__(self) -> tuple[Any, ...]:
        """Between processes, an error is made again without its `__init__`, which may want other arguments."""
        return unpickled, (type(self), self.args), vars(self)


def unpickled(kind: type[DlrunError], arguments: tuple[object, ...]) -> DlrunError:
    """An error of this kind with the arguments of `Exception`."""
    return kind.__new__(kind, *arguments)


class UsageError(DlrunError):
    """The command line does not make sense."""

    kind = "usage"
    exit_status = 2


class ConfigError(DlrunError):
    """The config cannot be used; `problems` holds every problem found, one sentence each."""

    kind = "config"
    exit_status = 3

    def __init__(self, problems: list[str]):
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class TooLittle(ConfigError):
    """The machine has too little memory or too few threads for what is asked for; found before it is tried."""


class DataError(DlrunError):
    """The data cannot be used as the config asks."""

    kind = "data"
    exit_status = 3


class CheckFailed(DlrunError):
    """A check that was asked for did not pass."""

    kind = "check"
    exit_status = 4


class Diverged(DlrunError):
    """Training reached numbers that are not finite, at `epoch` (from 1), first in the `what` of `layer` (from 1)."""

    kind = "diverged"
    exit_status = 5

    def __init__(self, epoch: int, layer: int, what: str):
        super().__init__(f"training diverged at epoch {epoch}: the {what} of layer {layer} left the finite numbers")
        self.epoch, self.layer, self.what = epoch, layer, what


class Interrupted(DlrunError):
    """The user stopped the command with Ctrl-C."""

    kind = "interrupted"
    exit_status = 130


class StoreError(DlrunError):
    """A run folder is missing, corrupt or not writable."""

    kind = "store"
    exit_status = 6


class ClusterError(DlrunError):
    """A cluster cannot be reached, is gone, or has no workers."""

    kind = "cluster"
    exit_status = 7
