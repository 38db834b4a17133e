"""The store: run folders, written whole and read with suspicion."""

from .folder import RunFolder
from .listing import list_runs, read_result
from .provenance import environment
from .runs import create_run, find_run
from .strict_json import encode

__all__ = ["RunFolder", "create_run", "encode", "environment", "find_run", "list_runs", "read_result"]
