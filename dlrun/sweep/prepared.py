"""The data of a sweep's trainings, prepared once a machine and shared by its processes as memory-mapped files.

Trainings that agree in `DATA_KEYS` have the same rows, divided and scaled alike. The first process that needs them
prepares them under a lock and leaves them in a file; the others map that file into their memory.
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from operator import getitem
from pathlib import Path

import numpy as np

from ..config import LoadedConfig
from ..executor.shared import mapped, write_shared
from ..experiment.prepare import DATA_KEYS, ReadyData
from ..store.lock import lacking_locks_told
from ..store.problems import raised_as_store_error


def data_key(loaded: LoadedConfig) -> str:
    """The same text for configs of one folder whose data are the same."""
    config = loaded.config.to_dict()
    values = [reduce(getitem, key.split("."), config) for key in DATA_KEYS]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:24]


def shared_data(loaded: LoadedConfig, cache: Path, make: Callable[[LoadedConfig], ReadyData]) -> ReadyData:
    """The data of a config from the cache folder; made and left there by the first process that asks. Raises as `make`.

    Rows that stay in their own file are not copied into another: they are made anew each time. So are all data on a
    machine without the folder, which belongs to the process that began the sweep.
    """
    path = cache / f"{data_key(loaded)}.data"
    if not cache.exists():
        return make(loaded)
    if not path.exists():
        with locked(path):
            if not path.exists():
                made = make(loaded)
                if not isinstance(made.dataset.train.X, np.ndarray):
                    return made
                # Not the process's id: in another container that shares the folder, another process has the same.
                temporary = path.with_suffix(f".{secrets.token_hex(4)}")
                write_shared(made, temporary)
                with raised_as_store_error(path, "written"):
                    os.replace(temporary, path)
    ready: ReadyData = mapped(str(path))
    return ready


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock beside the path, waiting for it; the kernel releases it when the process ends."""
    with raised_as_store_error(path, "locked"):
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        with lacking_locks_told(path.parent):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
