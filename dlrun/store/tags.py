"""Tags: words that a person gives a run to find it again. They are no part of its identity."""

import re

from ..errors import StoreError
from ..places import RUN_NAME, RUN_NAME_WORDS
from . import lock
from .folder import RunFolder, corrupt
from .looks import PATIENCE_SECONDS

FILE = "tags.json"


def read_tags(folder: RunFolder) -> list[str]:
    """The run's tags in alphabetical order. Raises StoreError where tags.json contains anything else."""
    if not (folder.path / FILE).exists():
        return []
    tags = folder.read_json(FILE)
    if not isinstance(tags, list) or not all(isinstance(tag, str) and re.fullmatch(RUN_NAME, tag) for tag in tags):
        raise corrupt(folder.path / FILE, "not a list of tags")
    return sorted(set(tags))


def change_tags(folder: RunFolder, added: list[str], removed: list[str]) -> list[str]:
    """Adds and removes tags, and returns those the run then has. Raises StoreError for a word that is no tag.

    A run that trains has its lock for itself, so that of the runs folder keeps two from changing tags at once.
    """
    for tag in (*added, *removed):
        if not re.fullmatch(RUN_NAME, tag):
            raise StoreError(f"tag: got {tag!r}; expected {RUN_NAME_WORDS}")
    with lock.held(folder.path.parent, PATIENCE_SECONDS):
        tags = sorted({*read_tags(folder), *added} - set(removed))
        folder.write_json(FILE, tags)
    return tags
