"""Many tasks in processes of this machine, none of which is lost when its process is killed.

`curve`, `decompose`, sweeps and the benchmarks use it. joblib's loky starts the processes: quickly, without a copy of
this one, and without calling its main module again. Its pool is not used, since a pool forgets all of its tasks when
one process is killed, and does not know which task that process had begun. Here each process has a pipe of its own, so
the task at fault is known, and is done again.
"""

import os
import pickle
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from types import TracebackType
from typing import Any, Self, TypeVar

from ..errors import DlrunError
from .shared import Held, Mapped, Shared, write_shared
from .tasks import MOST_ATTEMPTS, Coming, Done, Executor, Lost, Task, killed, lost_by, outcome, stop_wanted
from .temporary import Temporary
from .worker import FUNCTION, GRACE_SECONDS, ONE_THREAD, READY, STOP, TASK, serve

__all__ = ["Done", "Executor", "Here", "Lost", "Shared", "stop_wanted"]

T = TypeVar("T")

# A worker whose last task took less has its next one sent before it asks, while there are more than one for each.
# Between longer tasks the wait for one does not count, and what waits behind a long one could be done elsewhere.
SHORT_SECONDS = 1.0

# How many workers in a row may end before they are ready.
MOST_FAILED_STARTS = 3


class Worker:
    """A process and the tasks that it has: the first is being done, another one may be waiting.

    code : the pickled function that it knows. short : whether its last task was.
    """

    def __init__(self, folder: str):
        from joblib.externals.loky.backend import get_context

        context = get_context("loky")
        self.pipe, theirs = context.Pipe()
        with interrupts_held():
            self.process = context.Process(target=serve, args=(theirs, folder), env=ONE_THREAD)
            self.process.start()
        theirs.close()
        self.tasks: deque[Task] = deque()
        self.is_ready, self.is_short = False, False
        self.code: bytes | None = None
        self.began = 0.0

    def send(self, task: Task, code: bytes) -> None:
        """Raises OSError where the process has just died, and any other error where the task cannot be pickled."""
        pickled = pickle.dumps(task.arguments, protocol=5)
        if not self.tasks:
            self.began = time.monotonic()
        if self.code is not code:
            self.pipe.send_bytes(FUNCTION + code)
            self.code = code
        self.pipe.send_bytes(TASK + pickled)
        self.tasks.append(task)

    def receive(self) -> Done[Any] | None:
        """The task that has ended; None where the worker says that it is ready. Raises EOFError where it died."""
        message = self.pipe.recv_bytes()
        if not self.is_ready:
            self.is_ready = message == READY
            return None
        task, now = self.tasks.popleft(), time.monotonic()
        self.is_short, self.began = now - self.began < SHORT_SECONDS, now
        try:
            value = pickle.loads(message)
        except Exception as error:
            value = lost_by(error)
        return Done(task.number, value, task.attempts + 1)

    def exit_code(self) -> int | None:
        """How the process, which is dead or about to be, has ended."""
        self.pipe.close()
        self.process.join(GRACE_SECONDS)
        code: int | None = self.process.exitcode
        return code


class Here:
    """The executor of this machine.

    processes : how many, None for one on each core. One is this very process, in which nothing can be killed.
    """

    def __init__(self, processes: int | None = None):
        if processes is None:
            from joblib import cpu_count

            processes = max(1, cpu_count())
        self.processes = processes
        self.workers: list[Worker] = []
        self.failed_starts = 0
        self.shared: dict[str, Shared[Any]] = {}
        self.folder = Temporary() if processes > 1 else None
        # Also where nobody closes it, before Python waits for its processes to end.
        self.finalize = Finalize(self, ended, (self.workers, self.folder), exitpriority=10)

    @property
    def where(self) -> str:
        return "this process" if self.processes == 1 else f"{self.processes} processes"

    @property
    def shares_disk(self) -> bool:
        return True

    def differences(self) -> list[str]:
        return []

    def expect(self, tasks: int) -> None:
        """Starts processes for so many tasks that come soon, and does not wait for them. See `Executor`."""
        while self.processes > 1 and len(self.workers) < min(self.processes, tasks):
            self.workers.append(self.started())

    def each(self, function: Callable[..., T], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Done[T]]:
        """`function(*task)` for each task, in the order in which they end. See `Executor`."""
        if self.processes == 1:
            for number, task in enumerate(tasks):
                yield Done(number, outcome(function, task))
            return
        code, coming = pickled_function(function), Coming(tasks)
        try:
            while True:
                yield from self.hand_out(coming, code)
                if not any(worker.tasks for worker in self.workers) and not coming.has(1):
                    return
                for worker in self.speaking():
                    done = self.heard(worker, coming)
                    yield from self.hand_out(coming, code)
                    if done is not None:
                        yield done
        finally:
            if any(worker.tasks for worker in self.workers):
                stop(self.workers)

    def hand_out(self, coming: Coming, code: bytes) -> Iterator[Done[Any]]:
        """Gives tasks to the workers that can take them, and starts as many more workers as tasks need.

        A task that cannot be sent to any process has ended.
        """
        for worker in sorted(self.workers, key=lambda worker: len(worker.tasks)):
            while self.has_room(worker, coming) and (task := coming.take()) is not None:
                try:
                    worker.send(task, code)
                except OSError:  # it is dead, as `heard` will find out
                    coming.again(task)
                    break
                except Exception as error:
                    yield Done(task.number, lost_by(error))
        starting = sum(not worker.is_ready for worker in self.workers)
        while len(self.workers) < self.processes and coming.has(starting + 1):
            self.workers.append(self.started())
            starting += 1

    def started(self) -> Worker:
        assert self.folder is not None
        return Worker(str(self.folder.path))

    def has_room(self, worker: Worker, coming: Coming) -> bool:
        if not worker.is_ready or len(worker.tasks) == 2:
            return False
        return not worker.tasks or (worker.is_short and coming.has(self.processes + 1))

    def speaking(self) -> list[Worker]:
        """Waits for workers that have something to say, or have died."""
        pipes = {worker.pipe: worker for worker in self.workers}
        return [pipes[pipe] for pipe in wait(list(pipes)) if pipe in pipes]

    def heard(self, worker: Worker, coming: Coming) -> Done[Any] | None:
        """The task that a worker has ended. The tasks of a dead one come again, but for one that has killed too many.

        Only the first of its tasks had been begun. Raises DlrunError where workers die before they begin anything.
        """
        try:
            done = worker.receive()
            self.failed_starts = 0
            return done
        except (EOFError, OSError):
            self.workers.remove(worker)
        exit_code = worker.exit_code()
        if not worker.is_ready:
            self.failed_starts += 1
            if self.failed_starts == MOST_FAILED_STARTS:
                why = killed(exit_code, MOST_FAILED_STARTS).message
                raise DlrunError(f"no process for trainings can be started: {why}; --processes 1 needs none")
        begun = worker.tasks.popleft() if worker.tasks else None
        for task in reversed(worker.tasks):
            coming.again(task)
        if begun is None:
            return None
        begun.attempts += 1
        if begun.attempts == MOST_ATTEMPTS:
            return Done(begun.number, killed(exit_code, MOST_ATTEMPTS), MOST_ATTEMPTS)
        coming.again(begun)
        return None

    def share(self, key: str, value: T) -> Shared[T]:
        """What to pass to tasks instead of the value. See `Executor`. Raises StoreError where there is no room."""
        if key not in self.shared:
            self.shared[key] = Held(value)
            if self.folder is not None:
                path = self.folder.path / f"{len(self.shared)}.shared"
                write_shared(value, path)
                self.shared[key] = Mapped(str(path))
        return self.shared[key]

    def close(self) -> None:
        """Ends the processes, and what they do."""
        self.finalize()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        self.close()


def pickled_function(function: Callable[..., Any]) -> bytes:
    """The function, with its code where it is of the main module, which a worker does not import."""
    from joblib.externals.loky.backend.reduction import dumps

    return bytes(dumps(function))


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Keeps Ctrl-C for after the block, so that a process that is started in it never sees one: its parent decides.

    Blocked and not ignored, because a training with a run folder puts its own handler in place of one that ignores.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    from joblib.externals.loky.backend import resource_tracker as loky_tracker

    # These would be started with the first process, and end the block early.
    resource_tracker.ensure_running()
    loky_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stop(workers: list[Worker]) -> None:
    """Ends workers and what they do, and waits until they have; a second interrupt ends the wait."""
    for worker in workers:
        with suppress(OSError):
            worker.pipe.send_bytes(STOP)
        worker.pipe.close()
    deadline = time.monotonic() + GRACE_SECONDS + 1.0
    try:
        for worker in workers:
            worker.process.join(max(0.0, deadline - time.monotonic()))
    finally:
        for worker in workers:
            if worker.process.is_alive():
                with suppress(ProcessLookupError):  # loky's processes have no `kill` of their own
                    os.kill(worker.process.pid, signal.SIGKILL)
                worker.process.join()
        workers.clear()


def ended(workers: list[Worker], folder: Temporary | None) -> None:
    """Ends workers, and removes the values that they share."""
    try:
        stop(workers)
    finally:
        if folder:
            folder.close()
