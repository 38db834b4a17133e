"""Turns an error of the operating system into a sentence that says what would do.

A person cannot act on an error number. Every module of the store that touches the disk uses this.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError

# What a person can do, by the reason that the operating system gives.
REMEDIES = {
    errno.ENOSPC: "free some space on the disk, or choose another runs folder",
    errno.EDQUOT: "free some of your quota, or choose another runs folder",
    errno.EROFS: "choose a runs folder on a disk that can be written to",
    errno.EACCES: "change the permissions, or choose another runs folder",
    errno.EPERM: "change the permissions, or choose another runs folder",
    errno.EEXIST: "move the file that is in the way, or choose another runs folder",
    errno.ENOTDIR: "choose a runs folder whose path leads through folders only",
    errno.ENAMETOOLONG: "choose a shorter name, or a runs folder with a shorter path",
    errno.ENOENT: "the run folder was moved or removed; leave it in place while a run is trained",
}
OTHER_REMEDY = "check the disk, or choose another runs folder"


@contextmanager
def raised_as_store_error(path: Path, attempt: str) -> Iterator[None]:
    """Turns an OSError of the block into a StoreError about `path`; `attempt` completes "cannot be ...": "written"."""
    try:
        yield
    except OSError as problem:
        remedy = REMEDIES.get(problem.errno or 0, OTHER_REMEDY)
        raise StoreError(f"{path}: cannot be {attempt}: {problem.strerror or problem}; {remedy}") from problem
