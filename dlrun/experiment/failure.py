"""Leaves a result for a session that failed or was killed: a status, a message, and the command that resumes it.

Surrounds every training, new or resumed, so that every run says how it ended.
"""

import traceback
from contextlib import suppress

from ..damages import is_panic
from ..errors import StoreError
from ..places import command_for
from ..store import Ended, FailedSession, RunFolder, is_begun, now, release, reserve, write_failed_session
from .interrupts import Paused


class failure_recorded:  # noqa: N801 (read as a word of the with statement)
    """Writes a result if the session in the with block ends in an exception: "failed", or "interrupted" by a signal.

    Room for the result is reserved beforehand. So a run lacks a result only if the disk takes no writes at all.
    """

    def __init__(self, folder: RunFolder, sessions: int):
        self.folder, self.sessions = folder, sessions

    def __enter__(self) -> None:
        reserve(self.folder)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, Paused):
            release(self.folder)
        elif isinstance(error, StoreError):
            self.write("failed", str(error))
            error.args = (f"{error}{self.resume_hint('; then resume it: ')}",)
        elif isinstance(error, Exception) or is_panic(error):
            with suppress(StoreError):
                self.folder.write_bytes("traceback.txt", "".join(traceback.format_exception(error)).encode())
            self.write("failed", repr(error))
            vars(error)["run_dir"] = self.folder.path  # the command line says where the traceback is
        else:
            self.write("interrupted", "stopped at once by a second signal; checkpoints written before are kept")
            error.args = (f"stopped at once{self.resume_hint('; resume it: ')}",)

    def write(self, status: Ended, message: str) -> None:
        failed = FailedSession(
            run_id=self.folder.id, status=status, message=message, sessions=self.sessions, ended=now()
        )
        with suppress(StoreError):
            write_failed_session(self.folder, failed)

    def resume_hint(self, words: str) -> str:
        """`words` and the command that resumes the run; empty if the run has not begun."""
        return words + command_for("resume", self.folder.path) if is_begun(self.folder) else ""
