"""The store: run folders, written whole and read with suspicion."""

from .folder import RunFolder
from .listing import list_runs
from .provenance import environment
from .runs import create_run, find_run

__all__ = ["RunFolder", "create_run", "environment", "find_run", "list_runs"]
