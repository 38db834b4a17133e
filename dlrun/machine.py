"""What the machine gives to this process: memory and threads, asked for before they are needed.

A library in Rust or C ends the whole process where it gets no memory or thread, and no `except` sees that. So what such
a library needs is looked for before it is loaded, and what is known to be large before it is made.
"""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NamedTuple

from .errors import TooLittle

MIB = 2**20
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

# Where Linux tells what is left. Elsewhere, nothing is known and nothing refused.
OWN_PAGES, MEMORY = Path("/proc/self/statm"), Path("/proc/meminfo")
GROUPS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)

# With these, polars reads a table in 170 MiB of addresses and 8 threads, and not in 1.2 GiB and 14 (of 2 cores).
# They are for a process that is short of either: with them polars is slower.
SPARING: Mapping[str, str] = {
    "POLARS_MAX_THREADS": "1",
    "POLARS_ASYNC_THREAD_COUNT": "1",
    "_RJEM_MALLOC_CONF": "background_thread:false,narenas:1",
}

# With this, polars' memory goes back to the system as soon as it is free, and not perhaps never: a CSV of 172 MiB is
# ready for the first step in 644 MiB, and not in 810 (`python -m tests.benchmarks.preparing`).
GIVING_BACK: Mapping[str, str] = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0"}

# The number that glibc's `mallopt` has for the most arenas; each thread's own takes 64 MiB of addresses.
M_ARENA_MAX = -8

# As many addresses as a table of small size takes with polars' usual settings, with some to spare.
PLENTY_BYTES = 2048 * MIB


class Need(NamedTuple):
    """What a library needs to be loaded and to do something small, and what it is for."""

    bytes: int
    threads: int
    purpose: str


# By `VmPeak` on Linux, x86-64, rounded up. A thread of polars is begun when it is first used.
NEEDS: Mapping[str, Need] = {
    "numpy": Need(200 * MIB, 0, "arithmetic"),
    "polars": Need(330 * MIB, 10, "reading tables"),
    "scipy": Need(150 * MIB, 0, "statistics"),
    "sklearn": Need(200 * MIB, 0, "data"),
}


def memory_left() -> int | None:
    """How many bytes this process can still take, by its own limit, its group's and the machine's; None if unknown."""
    return min((left for left in (addresses_left(), *_physical()) if left is not None), default=None)


def addresses_left() -> int | None:
    """How many bytes of addresses are left below a limit as `ulimit -v` sets; None without one."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        return max(0, limit - int(OWN_PAGES.read_text().split()[0]) * resource.getpagesize())
    except (ImportError, OSError, ValueError):
        return None


def _physical() -> Iterator[int]:
    """What the machine has, and what the groups of processes that this one is in may take."""
    with suppress(OSError, ValueError, IndexError):
        yield int(MEMORY.read_text().split("MemAvailable:")[1].split()[0]) * 1024
    for limit, taken in GROUPS:
        with suppress(OSError, ValueError):  # "max" where there is none
            yield max(0, int(limit.read_text()) - int(taken.read_text()))


def require_memory(count: int, what: str, advice: str) -> None:
    """Raises TooLittle where `what` would take more bytes than there are."""
    left = memory_left()
    if left is not None and count > left:
        raise TooLittle([f"{what} would take {in_words(count)} of memory, and {in_words(left)} are free; {advice}"])


def in_words(count: int) -> str:
    """A number of bytes, rounded to three digits."""
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.3g} {UNITS[unit]}"


def threads_can_begin(count: int) -> bool:
    """Whether so many more threads can be begun in this process at once."""
    ready, begun = threading.Event(), []
    try:
        for _ in range(count):
            thread = threading.Thread(target=ready.wait, daemon=True)
            thread.start()
            begun.append(thread)
    except (RuntimeError, MemoryError):
        return False
    finally:
        ready.set()
        for thread in begun:
            thread.join()
    return True


def set_where_unset(variables: Mapping[str, str]) -> None:
    """Of the environment, for libraries that read them when they are loaded; a person's own values stay."""
    for variable, value in variables.items():
        os.environ.setdefault(variable, value)


def be_sparing() -> None:
    """Let what is loaded from now on take few addresses and threads."""
    set_where_unset(SPARING)
    import ctypes

    with suppress(OSError, AttributeError, TypeError):  # another C library than glibc
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


class Gate:
    """Asked before each import: looks for what a library of NEEDS needs, once, before it is loaded."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        need = NEEDS.get(name)
        if need is not None and name not in sys.modules:
            require_for(name, need)
        return None


def require_for(library: str, need: Need) -> None:
    """Raises TooLittle where the library would end the process for want of memory or threads."""
    left = addresses_left()
    if need.threads:
        if (left is not None and left < PLENTY_BYTES) or not threads_can_begin(
            need.threads + 2 * (os.cpu_count() or 1)
        ):
            be_sparing()
        set_where_unset(GIVING_BACK)
        if not threads_can_begin(need.threads):
            raise TooLittle(
                [
                    f"{need.purpose} needs {need.threads} more threads ({library}), and the system begins fewer;"
                    " raise the limit of processes (ulimit -u), or end some"
                ]
            )
    if left is not None and left < need.bytes:
        raise TooLittle(
            [
                f"{need.purpose} needs {in_words(need.bytes)} of addresses ({library}), and {in_words(left)} are left;"
                " raise the limit of memory (ulimit -v)"
            ]
        )


def watch_imports() -> None:
    """From now on, libraries that would end the process are looked after."""
    if not any(isinstance(finder, Gate) for finder in sys.meta_path):
        sys.meta_path.insert(0, Gate())
