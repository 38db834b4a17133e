"""Ctrl-C and SIGTERM during a training: noted at once, acted on between two steps.

The second signal raises KeyboardInterrupt at once. That does no harm: the files on the disk are complete at every
instant.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NOTED_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """Training was asked to stop: its step is finished, and a checkpoint to resume it from is written."""


class Paused(Exception):
    """Training has reached the epoch where it was to pause; the session ends without an ending and can be resumed."""


class Interrupts:
    """first : the first signal that came, or None."""

    def __init__(self) -> None:
        self.first: signal.Signals | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        if self.first is not None:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
        self.first = signal.Signals(number)


@contextmanager
def noted_interrupts() -> Iterator[Interrupts]:
    """Notes signals during the block instead of ending the process; outside the main thread no signal can be noted."""
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = {number: signal.signal(number, interrupts.note) for number in NOTED_SIGNALS}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
