"""Reserves room on the disk for the result of a failed session, so that it can be written even on a full disk.

The reserve is overwritten in place and then renamed to result.json: neither needs a new block of the disk.
"""

import os
import shutil
from dataclasses import replace

from ..errors import StoreError
from . import disk, lock, strict_json
from .codec import to_plain
from .folder import RunFolder
from .results import FILE as RESULT
from .results import FailedSession
from .verification import FILE as CHECKSUMS

FILE = ".reserve"
RESERVED_BYTES = 16 * 1024

# A character takes at most six bytes of JSON, so the longest message leaves a quarter of the reserve for the rest.
MESSAGE_CHARACTERS = 2000


def reserve(folder: RunFolder) -> None:
    """Reserves the room. Raises StoreError where there is none; a folder that was still empty is then deleted."""
    path = folder.path / FILE
    try:
        if not path.exists() or path.stat(follow_symlinks=False).st_size != RESERVED_BYTES:
            folder.write_bytes(FILE, b" " * RESERVED_BYTES)
    except StoreError:
        if set(os.listdir(folder.path)) <= {FILE, lock.NAME}:
            shutil.rmtree(folder.path, ignore_errors=True)
        raise


def write_failed_session(folder: RunFolder, failed: FailedSession) -> None:
    """Writes result.json for a session that failed; nothing else is written of its end. Raises StoreError."""
    shortened = replace(failed, message=(failed.message or "")[:MESSAGE_CHARACTERS])
    disk.overwrite(folder.path / FILE, strict_json.encode(to_plain(shortened), indent=2).ljust(RESERVED_BYTES))
    disk.discard(folder.path / CHECKSUMS)  # of an earlier end
    disk.move(folder.path / FILE, folder.path / RESULT)


def release(folder: RunFolder) -> None:
    """Gives the room back, once the run has ended with a result of its own."""
    disk.discard(folder.path / FILE)
