"""Temporary folders that do not stay behind: where a process was killed, the next one removes what it has left.

Each folder holds a lock that the kernel releases when its process ends, however it ends.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

from ..errors import StoreError

PREFIX, LOCK = "dlrun-", ".lock"


class Temporary:
    """A new folder for what the processes of this machine share. Raises StoreError where none can be made.

    Those that killed processes have left are removed first.
    """

    def __init__(self) -> None:
        for path in abandoned():
            remove_abandoned(path)
        try:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self.handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            with suppress(OSError):  # a file system without locks: nobody else gets one, so the folder is safe
                fcntl.flock(self.handle, fcntl.LOCK_EX)
            if not self.path.exists():  # in the moment before the lock, another process took it for one that was left
                self.path.mkdir()
        except OSError as error:
            raise StoreError(f"no folder for temporary files can be made ({error}); set TMPDIR") from error

    def close(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            os.close(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def abandoned() -> list[Path]:
    """Folders of this user that no living process holds."""
    with suppress(OSError):
        return [Path(entry) for entry in os.scandir(tempfile.gettempdir()) if is_mine(entry) and is_left(Path(entry))]
    return []


def is_mine(entry: os.DirEntry[str]) -> bool:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return entry.name.startswith(PREFIX) and stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def is_left(path: Path, *, removes: bool = False) -> bool:
    """Whether a folder has a lock that nobody holds. removes : then it is removed, before anybody else may take it."""
    try:
        handle = os.open(path / LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if removes:
            shutil.rmtree(path, ignore_errors=True)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


def remove_abandoned(path: Path) -> None:
    """Removes a folder that `abandoned` has found, unless it was removed since."""
    is_left(path, removes=True)
