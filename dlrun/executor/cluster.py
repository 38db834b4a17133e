"""Many tasks on many machines, by Dask distributed: none is lost with a worker, and workers may come and go.

The client keeps few tasks on the cluster at a time. A task that was at work where a worker died is done again by the
scheduler. Since a worker holds a second task beside the one at work, a death does not tell which of the two is at
fault. So a task that was there twice is done alone the third time, after all others.
"""

import asyncio
import os
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

from ..errors import ClusterError
from .cluster_address import no_warnings, opened, require_started
from .shared import Shared, write_shared
from .tasks import MOST_ATTEMPTS, Coming, Done, Task, killed, lost_by
from .temporary import Temporary

T = TypeVar("T")

# How many tasks a thread of the cluster has: one at work, and one that waits behind it.
TASKS_A_THREAD = 2

# The value of a task in a list, on its way from the worker.
Fetched = Future[list[Any]]

# How often the client looks whether workers have joined.
REFRESH_SECONDS = 1.0

# How long tasks that were called off are waited for. Those of other people do not count.
SETTLE_SECONDS = 30.0

# How long a cluster at an address may have no worker at all. A worker that is started again takes a few seconds.
PATIENCE_SECONDS = 60.0


class Cluster:
    """The executor of a cluster. address : tcp://HOST:8786, local:4 or a YAML file, see `cluster_address`.

    Raises UsageError, ConfigError or ClusterError where there is no such cluster.
    """

    def __init__(self, address: str):
        self.opened = opened(address)
        self.address, self.client = address, self.opened.client
        self.folder = Temporary()
        self.shared: dict[str, Shared[Any]] = {}
        self.plugins: list[str] = []
        self.threads, self.looked, self.last_worker = 0, 0.0, time.monotonic()
        self.is_ready = False

    @property
    def processes(self) -> int:
        """How many tasks are done at a time now."""
        self.look(at_once=True)
        return self.threads

    @property
    def where(self) -> str:
        """The cluster in words."""
        return f"the cluster {self.address}"

    @property
    def shares_disk(self) -> bool:
        """Workers may be other machines, so that nothing here is taken to be there."""
        return False

    def differences(self) -> list[str]:
        """In what the workers of now differ from this machine, in sentences; with a worker without dlrun, that alone.

        Waits for the first worker.
        """
        from .cluster_worker import differences, environment

        self.await_worker()
        found = self.asked(lambda: self.client.run(environment, on_error="return"))
        workers = {address: one if isinstance(one, dict) else None for address, one in found.items()}
        return differences(environment(), workers)

    def await_worker(self) -> None:
        """Returns when there is a worker. Raises ClusterError where none comes to a cluster that was there before.

        And where the cluster of a file cannot start one.
        """
        self.look(at_once=True)
        wanted = None
        while not self.threads:
            if wanted is None:  # one that adapts starts a worker for a task alone
                wanted = self.client.submit(os.getpid, pure=False)
            require_started(self.opened, self.address)
            time.sleep(REFRESH_SECONDS / 10)
            self.look(at_once=True)

    def make_ready(self) -> None:
        """Sends the workers what each must have before it does tasks. Raises ClusterError where one has no dlrun."""
        from .cluster_worker import Tasks

        if not self.is_ready:
            self.register(Tasks(), f"dlrun-tasks-{uuid4().hex}")
            self.is_ready = True

    def register(self, plugin: Any, name: str) -> None:
        try:
            self.asked(lambda: self.client.register_plugin(plugin, name=name))
        except ClusterError:
            raise
        except Exception as error:
            raise ClusterError(f"--cluster {self.address}: a worker is not ready for dlrun: {error}") from error
        self.plugins.append(name)

    def expect(self, tasks: int) -> None:
        """Nothing: the processes of a cluster run already. See `Executor`."""

    def each(self, function: Callable[..., T], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Done[T]]:
        """`function(*task)` for each task, in the order in which they end. See `Executor`.

        attempts : also counts the worker that died while the task waited there. Raises ClusterError where the scheduler
        is gone, or all workers are for a minute.
        """
        self.await_worker()
        self.make_ready()
        return Round(self, function, tasks).results()

    def share(self, key: str, value: T) -> Shared[T]:
        """What to pass to tasks instead of the value. See `Executor`. Raises StoreError where there is no room."""
        from .cluster_worker import Delivered, Delivery

        if key not in self.shared:
            name = f"dlrun-{uuid4().hex}"
            path = self.folder.path / name
            write_shared(value, path)
            self.register(Delivery(name, path, None if self.opened.is_local else path.read_bytes()), name)
            self.shared[key] = Delivered(name)
        return self.shared[key]

    def look(self, *, at_once: bool = False) -> None:
        """Counts the threads of the workers, once in a while. Raises ClusterError where there are none for long."""
        now = time.monotonic()
        if not at_once and now - self.looked < REFRESH_SECONDS:
            return
        self.looked = now
        self.threads = sum(self.asked(self.client.nthreads).values())
        if self.threads:
            self.last_worker = now
        elif self.opened.cluster is None and now - self.last_worker > PATIENCE_SECONDS:
            none = f"it has had no worker for {PATIENCE_SECONDS:.0f} seconds"
            raise ClusterError(f"--cluster {self.address}: {none}; `dask worker {self.address}` starts one")

    def window(self) -> int:
        """How many tasks may be on the cluster: enough for the workers that are there, and to ask for those to come."""
        return TASKS_A_THREAD * max(self.threads, self.opened.expected)

    def asked(self, question: Callable[[], T]) -> T:
        """The scheduler's answer. Raises ClusterError where it is gone."""
        try:
            if self.client.status == "running":
                return question()
        except (OSError, TimeoutError) as error:
            raise self.gone() from error
        raise self.gone()

    def gone(self) -> ClusterError:
        return ClusterError(f"--cluster {self.address}: the scheduler is gone; what had ended before is kept")

    def close(self) -> None:
        """Ends what this client has begun, and the cluster if it was started for it."""
        with suppress(Exception), no_warnings():  # whatever is wrong with a cluster, nobody needs it any more
            if self.client.status == "running":
                for name in self.plugins:
                    self.client.unregister_worker_plugin(name)
        with suppress(Exception), no_warnings():
            self.client.close(timeout=2)
        with suppress(Exception), no_warnings():
            if self.opened.cluster is not None:
                self.opened.cluster.close(timeout=5)
        self.folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        self.close()


class Round:
    """The tasks of one call of `each`.

    at_work : by their keys on the cluster, with their futures there. suspects : those that two workers died with.
    said : keys with the value that came for them, or None for a worker that died with the task; from threads of the
    client.
    """

    def __init__(self, cluster: Cluster, function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]):
        self.cluster, self.function, self.coming = cluster, function, Coming(tasks)
        self.name = f"dlrun-{uuid4().hex}"
        self.at_work: dict[str, tuple[Any, Task]] = {}
        self.suspects: deque[Task] = deque()
        self.is_alone = False
        self.said: queue.SimpleQueue[tuple[str, Fetched | None]] = queue.SimpleQueue()

    def results(self) -> Iterator[Done[Any]]:
        client = self.cluster.client
        client.subscribe_topic("all", self.note_deaths)
        try:
            while True:
                yield from self.hand_out()
                if not self.at_work and not self.suspects and not self.coming.has(1):
                    return
                for key, fetched in self.heard():
                    if key in self.at_work:
                        yield from self.after_death(key) if fetched is None else self.after(key, fetched)
                self.cluster.look()
        finally:
            with suppress(Exception):  # the scheduler may be gone
                client.unsubscribe_topic("all")
                client.cancel([future for future, _ in self.at_work.values()])

    def note_deaths(self, event: tuple[float, dict[str, Any]]) -> None:
        """Called for each event of the scheduler: a worker that is removed had these tasks."""
        message = event[1]
        if message.get("action") == "remove-worker" and not message.get("expected"):
            for key in message.get("processing-tasks", ()):
                self.said.put((key, None))

    def hand_out(self) -> Iterator[Done[Any]]:
        """Sends as many tasks as the cluster takes, and at the end each suspect alone. One that cannot be has ended."""
        while len(self.at_work) < self.cluster.window() and (task := self.coming.take()) is not None:
            yield from self.submit(task)
        if not self.at_work and self.suspects:
            self.is_alone = True
            self.settle()
            yield from self.submit(self.suspects.popleft())

    def settle(self) -> None:
        """Waits until no worker does a task of this round: one that was called off may have begun again, and kill."""
        from .cluster_worker import does_task_of

        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            there = self.cluster.asked(lambda: self.cluster.client.run(does_task_of, self.name, on_error="return"))
            if not any(there.values()):  # an error, as of a worker that has just died, is true as well
                return
            time.sleep(REFRESH_SECONDS / 10)

    def submit(self, task: Task) -> Iterator[Done[Any]]:
        """Sends a task, and has its value fetched as soon as it is there.

        Each value is fetched for itself, since the scheduler may look for one on a dead worker for half a minute.
        """
        from .cluster_worker import outcome_there

        key, client = f"{self.name}-{task.number}-{task.attempts}", self.cluster.client
        try:
            future = client.submit(outcome_there, self.function, task.arguments, key=key, pure=False)
        except Exception as error:
            yield Done(task.number, lost_by(error))
            return
        self.at_work[key] = future, task
        value = client.gather([future], asynchronous=True)
        fetched: Fetched = asyncio.run_coroutine_threadsafe(value, client.loop.asyncio_loop)
        fetched.add_done_callback(lambda fetched: self.said.put((key, fetched)))

    def heard(self) -> Iterator[tuple[str, Fetched | None]]:
        """What has been said; waits for the first for a while."""
        with suppress(queue.Empty):
            yield self.said.get(timeout=REFRESH_SECONDS)
            while True:
                yield self.said.get_nowait()

    def after_death(self, key: str) -> Iterator[Done[Any]]:
        """The task has cost a worker, or was beside one that did; the scheduler does it again, at first."""
        future, task = self.at_work[key]
        task.attempts += 1
        if self.is_alone or task.attempts == MOST_ATTEMPTS - 1:
            del self.at_work[key]
            future.cancel()
            yield from self.suspected(task)

    def suspected(self, task: Task) -> Iterator[Done[Any]]:
        """It has cost workers: alone it is at fault, and else it will be done alone."""
        if self.is_alone:
            yield Done(task.number, killed(None, task.attempts), task.attempts)
        else:
            self.suspects.append(task)

    def after(self, key: str, fetched: Fetched) -> Iterator[Done[Any]]:
        """What has come for a task: its value, or why there is none. Raises ClusterError where nothing will come."""
        from distributed import KilledWorker

        _, task = self.at_work.pop(key)
        error = asyncio.CancelledError() if fetched.cancelled() else fetched.exception()
        if error is None:
            yield Done(task.number, fetched.result()[0], task.attempts + 1)
        elif isinstance(error, KilledWorker):  # the scheduler itself gave up
            task.attempts += 1
            yield from self.suspected(task)
        elif isinstance(error, asyncio.CancelledError | CancelledError | OSError):
            raise self.cluster.gone()
        else:
            yield Done(task.number, lost_by(error).portable(), task.attempts + 1)
