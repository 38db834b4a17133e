"""The store: writes run folders so that no file is ever half written, and checks whatever it reads back."""

from ..arrays import Array
from . import checkpoints, looks, trash
from .arrays import Form, form_of
from .checkpoints import Checkpoint
from .codec import Misfit, Plain, from_plain, to_plain
from .contents import (
    DATA,
    DIAGNOSIS,
    EXAMPLES,
    FORM,
    MODEL,
    PREDICTIONS,
    RESOLVED,
    SPLIT,
    TREES,
    Arrays,
    RunContents,
    kept_diagnosis,
    kept_trees,
    read_contents,
)
from .disk import write_whole
from .folder import RunFolder, corrupt
from .known import identity_key
from .listing import RunSummary, Wanted, first_runs, list_runs, read_result, same_runs
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
from .refit import MODEL as REFIT_MODEL
from .refit import RECORD as REFIT
from .refit import Refit, kept_refit
from .reserve import release, reserve, write_failed_session
from .results import Ended, Ending, FailedSession, Result
from .run_lines import METRICS, TRACE, read_metrics, sound_metrics, sound_trace
from .runs import create_run
from .status import Status, ending_of, status_of
from .strict_json import encode
from .tags import change_tags, read_tags
from .verification import FileCheck, add_arrays, add_file, require_sound, verify, write_result

__all__ = [
    "DATA",
    "DIAGNOSIS",
    "EXAMPLES",
    "FORM",
    "METRICS",
    "MODEL",
    "PREDICTIONS",
    "REFIT",
    "REFIT_MODEL",
    "RESOLVED",
    "SPLIT",
    "TRACE",
    "TREES",
    "Array",
    "Arrays",
    "Checkpoint",
    "Ended",
    "Ending",
    "Environment",
    "FailedSession",
    "FileCheck",
    "Form",
    "Hashes",
    "Identity",
    "Manifest",
    "Misfit",
    "Parent",
    "Plain",
    "Refit",
    "Result",
    "RunContents",
    "RunFolder",
    "RunSummary",
    "Session",
    "Status",
    "Wanted",
    "add_arrays",
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
    "first_runs",
    "form_of",
    "from_plain",
    "identity_key",
    "is_begun",
    "kept_diagnosis",
    "kept_refit",
    "kept_trees",
    "list_runs",
    "looks",
    "now",
    "read_contents",
    "read_manifest",
    "read_metrics",
    "read_result",
    "read_tags",
    "release",
    "require_sound",
    "reserve",
    "same_runs",
    "sound_metrics",
    "sound_trace",
    "status_of",
    "to_plain",
    "trash",
    "verify",
    "write_failed_session",
    "write_manifest",
    "write_result",
    "write_whole",
]
