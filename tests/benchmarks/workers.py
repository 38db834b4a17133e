"""A worker: one contestant, ready on one shape, in a fresh process of its own that waits until it is asked to run.

A process each, so that no framework's threads, allocator or import side effects touch another's times, and the peak
memory is the contestant's alone. Only one of them works at any time.
"""

import multiprocessing
import time
import traceback
from collections.abc import Callable

from .machine import memory

LONGEST_BLOCK = 1_000_000  # epochs


class WorkerFailed(RuntimeError):
    """A contestant raised; the message holds its traceback."""


class Worker:
    """make(*arguments) -> run(epochs), both made in the child; `make` must be importable by name."""

    def __init__(self, make: Callable, *arguments):
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, make, arguments), daemon=True)
        self.process.start()
        theirs.close()
        self.answer()

    def answer(self):
        """What the child sends next. Raises WorkerFailed if that is an error, or if it died."""
        try:
            kind, value = self.connection.recv()
        except EOFError:
            raise WorkerFailed("the worker died without a word; was there enough memory?") from None
        if kind == "error":
            raise WorkerFailed(value)
        return value

    def time(self, epochs: int) -> dict[str, float]:
        """Run `epochs` epochs. Returns `wall` and `cpu`, seconds for all of them."""
        self.connection.send(epochs)
        return self.answer()

    def epochs_lasting(self, seconds: float) -> int:
        """Warm up, and find how many epochs last about `seconds`; at least one."""
        self.time(1)  # imports finish, buffers are touched, JAX compiles
        epochs = 1
        while True:
            taken = self.time(epochs)["wall"]
            if taken >= seconds / 4 or epochs >= LONGEST_BLOCK:
                return max(1, round(epochs * seconds / taken))
            epochs *= 4

    def close(self) -> dict[str, int]:
        """End the child. Returns its memory (see `machine.memory`)."""
        self.connection.send(None)
        used = self.answer()
        self.process.join()
        return used


def serve(connection, make: Callable, arguments: tuple) -> None:
    """The child: makes its contestant, then answers each number of epochs with the times they took."""
    try:
        run = make(*arguments)
        connection.send(("ready", None))
        while (epochs := connection.recv()) is not None:
            connection.send(("times", timed(run, epochs)))
        connection.send(("memory", memory()))
    except Exception:
        connection.send(("error", traceback.format_exc()))


def timed(run: Callable[[int], None], epochs: int) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    run(epochs)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
