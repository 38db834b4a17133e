"""The store: run folders, written whole and read with suspicion."""

from . import checkpoints, trash
from .arrays import Form, form_of
from .checkpoints import Checkpoint
from .folder import RunFolder
from .listing import list_runs, read_result, select
from .manifest import add_session, now, read_manifest, write_manifest
from .provenance import environment
from .references import find_run
from .runs import create_run
from .status import ending_of, status_of
from .strict_json import encode
from .tags import change_tags, read_tags
from .verification import require_sound, verify, write_result

__all__ = [
    "Checkpoint",
    "Form",
    "RunFolder",
    "add_session",
    "change_tags",
    "checkpoints",
    "create_run",
    "encode",
    "ending_of",
    "environment",
    "find_run",
    "form_of",
    "list_runs",
    "now",
    "read_manifest",
    "read_result",
    "read_tags",
    "require_sound",
    "select",
    "status_of",
    "trash",
    "verify",
    "write_manifest",
    "write_result",
]
