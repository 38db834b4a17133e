"""What a worker of a cluster does and knows: its environment, one thread of linear algebra, shared values, an end.

The workers have dlrun installed and load this module; the client sends them its plugins when it connects, and the
scheduler sends them to workers that join later.
"""

import ctypes
import hashlib
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from distributed.diagnostics.plugin import WorkerPlugin

from .shared import mapped
from .tasks import Lost, lost_by, outcome
from .worker import ONE_THREAD

T = TypeVar("T")


class Unwanted(BaseException):
    """Raised in the thread of a task for which nobody waits any more. No `except Exception` keeps it."""


class Tasks(WorkerPlugin):  # type: ignore[misc]  # distributed has no types
    """Makes a worker ready for tasks, and ends those that the client has cancelled, or left behind by its own end."""

    def setup(self, worker: Any) -> None:
        """One thread of linear algebra, as in the processes of `Here`: in the same order, sums have the same bits."""
        import scipy.linalg  # noqa: F401  # so that its library is there to be limited
        from threadpoolctl import threadpool_limits

        os.environ.update(ONE_THREAD)
        threadpool_limits(1)
        self.worker = worker

    def transition(self, key: str, start: str, finish: str, **more: object) -> None:
        """Called for each change of a task. Raises Unwanted in the thread of one that is released at work."""
        if start != "executing" or finish != "released":
            return
        with self.worker.active_threads_lock:
            threads = [thread for thread, active in self.worker.active_threads.items() if active == key]
        for thread in threads:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Unwanted))


class Delivery(WorkerPlugin):  # type: ignore[misc]  # distributed has no types
    """Brings a shared value to a worker. content : None where all workers see the client's file itself."""

    def __init__(self, name: str, path: Path, content: bytes | None):
        self.name, self.path, self.content = name, path, content
        self.digest = digest_of(path)

    def setup(self, worker: Any) -> None:
        """Keeps the file's own place where it is seen from here, and a copy elsewhere."""
        self.copy = None
        if not self.path.exists() or digest_of(self.path) != self.digest:
            if self.content is None:
                raise FileNotFoundError(self.path)
            self.copy = Path(worker.local_directory, self.name)
            self.copy.write_bytes(self.content)
        self.content = None
        delivered()[self.name] = str(self.copy or self.path)

    def teardown(self, worker: Any) -> None:
        """Forgets the value."""
        delivered().pop(self.name, None)
        if self.copy is not None:
            self.copy.unlink(missing_ok=True)


@cache
def delivered() -> dict[str, str]:
    """The paths of the values that were delivered to this process, by name."""
    return {}


@dataclass(frozen=True)
class Delivered(Generic[T]):
    """A shared value that was delivered under a name."""

    name: str

    def get(self) -> T:
        value: T = mapped(delivered()[self.name])
        return value


def digest_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def outcome_there(function: Callable[..., T], task: tuple[Any, ...]) -> T | Lost:
    """A task's value or `Lost`; `sys.exit` ends the task and not the worker."""
    try:
        value = outcome(function, task)
    except SystemExit as error:
        value = lost_by(error)
    return value.portable() if isinstance(value, Lost) else value


def environment() -> dict[str, str]:
    """What decides the bits of a result in this process: versions, and the processor as linear algebra sees it."""
    import distributed
    import numpy as np
    from threadpoolctl import threadpool_info

    from .. import __version__

    kernels = sorted({library.get("architecture") or "" for library in threadpool_info()} - {""})
    return {
        "dlrun": __version__,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "distributed": distributed.__version__,
        "a processor": " ".join([platform.machine(), *kernels]),
    }


# What must be equal for a client to understand its workers; other differences change bits.
PROTOCOL = ("dlrun", "Python", "distributed")


def does_task_of(name: str, dask_worker: Any) -> bool:
    """Whether a worker is at a task whose key begins so."""
    return any(str(task.key).startswith(name) for task in dask_worker.state.executing)


def differences(here: dict[str, str], workers: dict[str, dict[str, str] | None]) -> list[str]:
    """A sentence for each thing in which workers differ from this machine. None stands for a worker without dlrun."""
    sentences = []
    without = [address for address, found in workers.items() if found is None]
    if without:
        sentences.append(f"{told(without)} no dlrun {here['dlrun']}: install it there as here")
    for what, own in here.items():
        others: dict[str, list[str]] = {}
        for address, found in workers.items():
            if found is not None and found[what] != own:
                others.setdefault(found[what], []).append(address)
        effect = "tasks may fail there" if what in PROTOCOL else "the last bits of results may differ"
        sentences += [
            f"{told(addresses)} {what} {other}, and this machine {own}: {effect}"
            for other, addresses in sorted(others.items())
        ]
    return sentences


def told(addresses: Iterable[str]) -> str:
    first, *others = sorted(addresses)
    if not others:
        return f"{first} has"
    return f"{first} and {len(others)} more {'worker' if len(others) == 1 else 'workers'} have"
