"""What a task gives, whichever process or machine did it, and what the task may ask there.

The executors share it: `Here` of this machine and `Cluster` of many.
"""

import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, Self, TypeVar

from ..errors import DlrunError
from .shared import Shared

T = TypeVar("T")

# How often a task is begun whose process is killed: memory may have been short for a moment, but hardly three times.
MOST_ATTEMPTS = 3

LIKELY = {"SIGKILL": "often for want of memory", "SIGSEGV": "a fault in a library"}


@dataclass(frozen=True)
class Lost:
    """A task that gave no value.

    message : a sentence. traceback : of an error, as text. error : the error itself, None where it cannot travel
    between processes.
    """

    kind: Literal["error", "killed"]
    message: str
    traceback: str | None = None
    error: BaseException | None = field(default=None, compare=False, repr=False)

    def portable(self) -> Self:
        """The same, with its error only if that can be pickled and loaded again: some errors' `__init__` forbids it."""
        try:
            pickle.loads(pickle.dumps(self))
            return self
        except Exception:
            return replace(self, error=None)


@dataclass(frozen=True)
class Done(Generic[T]):
    """A task that has ended. number : the place of its arguments, from 0. attempts : how often it was begun."""

    number: int
    value: T | Lost
    attempts: int = 1

    def required(self) -> T:
        """The value. Raises the task's own error, or DlrunError where its process was killed."""
        if not isinstance(self.value, Lost):
            return self.value
        raise self.value.error or DlrunError(self.value.message)


class Task:
    """A task on its way. attempts : how often it was begun before."""

    def __init__(self, number: int, arguments: tuple[Any, ...]):
        self.number, self.arguments, self.attempts = number, arguments, 0


class Coming:
    """The tasks that are to come, taken as late as possible; those that come again are first."""

    def __init__(self, tasks: Iterable[tuple[Any, ...]]):
        self.rest = enumerate(tasks)
        self.first: deque[Task] = deque()

    def take(self) -> Task | None:
        return self.first.popleft() if self.has(1) else None

    def has(self, tasks: int) -> bool:
        """Whether there are so many."""
        while len(self.first) < tasks:
            if (following := next(self.rest, None)) is None:
                return False
            self.first.append(Task(*following))
        return True

    def again(self, task: Task) -> None:
        self.first.appendleft(task)


class Executor(Protocol):
    """Does many tasks. processes : how many are done at a time. where : in words. shares_disk : with this process."""

    @property
    def processes(self) -> int: ...

    @property
    def where(self) -> str: ...

    @property
    def shares_disk(self) -> bool: ...

    def differences(self) -> list[str]:
        """Sentences on how the machines that do the tasks differ from this one."""

    def expect(self, tasks: int) -> None:
        """Starts processes for so many tasks that come soon, and does not wait for them."""

    def each(self, function: Callable[..., T], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Done[T]]:
        """`function(*task)` for each task, in the order in which they end. One is `Lost` without harm to the others.

        Tasks are taken only as they are needed. Where the iteration is left, no task goes on.
        """

    def share(self, key: str, value: T) -> Shared[T]:
        """What to pass to tasks instead of the value. A value is sent to a machine once; a key stands for one value."""

    def close(self) -> None:
        """Ends the processes, and what they do."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None: ...


def in_order(
    executor: Executor,
    function: Callable[..., T],
    tasks: Iterable[tuple[Any, ...]],
    note: Callable[[int], object] = lambda ended: None,
) -> list[T]:
    """The value of each task, in the order of the tasks. note : called with the number of those that have ended.

    Raises what a task raises, and DlrunError where its process is killed again and again.
    """
    values: dict[int, T] = {}
    for done in executor.each(function, tasks):
        values[done.number] = done.required()
        note(len(values))
    return [values[number] for number in range(len(values))]


def outcome(function: Callable[..., T], task: tuple[Any, ...]) -> T | Lost:
    """`function(*task)`, or what is known of its error. What ends this process goes through."""
    try:
        return function(*task)
    except Exception as error:
        return lost_by(error)


def lost_by(error: BaseException) -> Lost:
    """What is known of an error."""
    kind = "" if isinstance(error, DlrunError) else type(error).__name__
    return Lost("error", ": ".join(filter(None, [kind, str(error)])), "".join(traceback.format_exception(error)), error)


def killed(exit_code: int | None, attempts: int) -> Lost:
    """A task whose process ended each time. exit_code : as of `multiprocessing`, minus the signal; None if unknown."""
    if exit_code is None:
        how, likely = "its process was lost", LIKELY["SIGKILL"]
    elif exit_code < 0:
        name = signal.Signals(-exit_code).name if -exit_code in set(signal.Signals) else ""
        how, likely = f"killed by signal {-exit_code}" + (f" ({name})" if name else ""), LIKELY.get(name, "")
    else:
        how, likely = f"its process ended with status {exit_code}", ""
    times = f"in each of {attempts} attempts" if attempts > 1 else "in its only attempt"
    return Lost("killed", "; ".join(filter(None, [f"{how} {times}", likely])))


@cache
def stop_mark() -> threading.Event:
    """Set in a process whose tasks are no longer wanted."""
    return threading.Event()


def stop_wanted() -> bool:
    """Whether the task that asks should end early, since nobody waits for its value."""
    return stop_mark().is_set()
