"""Displays for trainings in tests."""

from contextlib import nullcontext
from types import SimpleNamespace


def watched_by(update):
    """A display that hands each epoch's record to a function."""
    return lambda experiment: nullcontext(SimpleNamespace(update=update))
