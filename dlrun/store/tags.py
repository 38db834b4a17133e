"""Tags: a person's own words for a run, kept beside it and never part of what it is."""

import re

from ..errors import StoreError
from .folder import RunFolder, corrupt
from .runs import NAME

FILE = "tags.json"


def read_tags(folder: RunFolder) -> list[str]:
    """The run's tags in alphabetical order. Raises StoreError where tags.json holds anything else."""
    if not (folder.path / FILE).exists():
        return []
    found = folder.read_json(FILE)
    if not isinstance(found, list) or not all(isinstance(tag, str) and re.fullmatch(NAME, tag) for tag in found):
        raise corrupt(folder.path / FILE, "not a list of tags")
    return sorted(set(found))


def change_tags(folder: RunFolder, added: list[str], removed: list[str]) -> list[str]:
    """Adds and removes tags, and returns those the run then has. Raises StoreError for a word that is no tag."""
    for tag in (*added, *removed):
        if not re.fullmatch(NAME, tag):
            expected = "1 to 64 letters, digits, dots, dashes or underscores, the first a letter or digit"
            raise StoreError(f"tag: got {tag!r}; expected {expected}")
    tags = sorted({*read_tags(folder), *added} - set(removed))
    folder.write_json(FILE, tags)
    return tags
