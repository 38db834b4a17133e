"""The store: run folders, written whole and read with suspicion."""

from . import checkpoints, looks, trash
from .arrays import Form, form_of
from .checkpoints import Checkpoint
from .codec import Misfit, Plain, from_plain, to_plain
from .disk import write_whole
from .folder import RunFolder, corrupt
from .listing import list_runs, read_result, select
from .manifest import (
    Hashes,
    Identity,
    Manifest,
    Parent,
    Session,
    add_session,
    is_begun,
    now,
    read_manifest,
    write_manifest,
)
from .provenance import Environment, environment
from .references import find_run, find_runs
from .reserve import release, reserve, write_last_word
from .runs import create_run
from .status import ending_of, status_of
from .strict_json import encode
from .tags import change_tags, read_tags
from .verification import add_file, require_sound, verify, write_result

__all__ = [
    "Checkpoint",
    "Environment",
    "Form",
    "Hashes",
    "Identity",
    "Manifest",
    "Misfit",
    "Parent",
    "Plain",
    "RunFolder",
    "Session",
    "add_file",
    "add_session",
    "change_tags",
    "checkpoints",
    "corrupt",
    "create_run",
    "encode",
    "ending_of",
    "environment",
    "find_run",
    "find_runs",
    "form_of",
    "from_plain",
    "is_begun",
    "list_runs",
    "looks",
    "now",
    "read_manifest",
    "read_result",
    "read_tags",
    "release",
    "require_sound",
    "reserve",
    "select",
    "status_of",
    "to_plain",
    "trash",
    "verify",
    "write_last_word",
    "write_manifest",
    "write_result",
    "write_whole",
]
