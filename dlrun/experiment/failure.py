"""Leaves a result for a session that failed or was killed: a status, a message, and the command that resumes it.

Surrounds every training, new or resumed, so that every run says how it ended.
"""

import traceback
from contextlib import suppress

from ..errors import StoreError
from ..places import command_for
from ..store import Ended, FailedSession, RunFolder, is_begun, now, release, reserve, write_failed_session


class failure_recorded:  # noqa: N801 (read as a word of the with statement)
    """Leaves a run whose session ends in an exception as failed, and one that is left at once as interrupted.

    Room for that is taken beforehand, so only a disk that takes no writes at all leaves it without an ending.
    """

    def __init__(self, folder: RunFolder, sessions: int):
        self.folder, self.sessions = folder, sessions

    def __enter__(self) -> None:
        reserve(self.folder)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            release(self.folder)
        elif isinstance(error, StoreError):
            self.write("failed", str(error))
            error.args = (f"{error}{self.way_on('; then go on: ')}",)
        elif isinstance(error, Exception):
            with suppress(StoreError):
                self.folder.write_bytes("traceback.txt", "".join(traceback.format_exception(error)).encode())
            self.write("failed", repr(error))
            vars(error)["run_dir"] = self.folder.path  # the command line says where the traceback is
        else:
            self.write("interrupted", "left at once by a second signal; what was kept before is there")
            error.args = (f"left at once{self.way_on('; go on: ')}",)

    def write(self, status: Ended, message: str) -> None:
        torn = FailedSession(run_id=self.folder.id, status=status, message=message, sessions=self.sessions, ended=now())
        with suppress(StoreError):
            write_failed_session(self.folder, torn)

    def way_on(self, words: str) -> str:
        """How to go on with the run, if it has begun."""
        return words + command_for("resume", self.folder.path) if is_begun(self.folder) else ""
