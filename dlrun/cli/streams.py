"""The standard streams: closed, broken or full, they never end a command before its work is done and kept."""

import io
import os
import sys
from typing import Any

from ..errors import StoreError

# What a shell reports for a process that writes to a closed pipe: 128 + SIGPIPE.
BROKEN_PIPE_STATUS = 141


class Lenient(io.FileIO):
    """A file descriptor whose failed writes are lost in silence; `fault` is the first failure."""

    fault: OSError | None = None

    def write(self, text: Any, /) -> int:
        """The number of bytes written, or lost: the callers go on in both cases."""
        if self.fault is None:
            try:
                return super().write(text)
            except OSError as fault:
                self.fault = fault
        return memoryview(text).nbytes


def open_closed_streams() -> None:
    """Lead a standard stream that was closed, as by `>&-`, to nowhere: printing works, and no file gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def let_writes_fail() -> None:
    """Make both outputs `Lenient`, so that a full disk or a reader that left stops no training."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__"):
            continue  # it leads to nowhere already
        binary = io.BufferedWriter(Lenient(stream.fileno(), "w", closefd=False))
        text = io.TextIOWrapper(binary, stream.encoding, stream.errors, line_buffering=stream.line_buffering)
        setattr(sys, name, text)


def status_with_output(status: int) -> int:
    """The exit status of a command that ended with `status`, given what became of its output.

    A reader that left is told nothing. A full disk is told on standard error: what was printed is not what was meant.
    """
    sys.stdout.flush()
    raw = getattr(sys.stdout.buffer, "raw", None)
    fault = raw.fault if isinstance(raw, Lenient) else None
    if fault is None:
        return status
    if isinstance(fault, BrokenPipeError):
        return BROKEN_PIPE_STATUS
    print(f"dlrun: standard output: cannot be written: {fault.strerror}; what was printed is lost", file=sys.stderr)
    return status or StoreError.exit_status
