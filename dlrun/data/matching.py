"""Finds the columns of a source in another file: by name, in any order, or by place where there are no names."""

import difflib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..errors import DataError
from .files import listed
from .source_form import SourceForm


class Match(NamedTuple):
    """features : each feature's column in the file. target : the target's, None if the file has none.

    left_out : columns of the file that the source did not have.
    """

    features: Mapping[str, str]
    target: str | None
    left_out: tuple[str, ...]


def matched(names: Sequence[str], form: SourceForm, shown: str) -> Match:
    """The columns of a file with these names. Raises DataError that lists all features it lacks."""
    here = _by_place(names, form) or {name: name for name in names}
    absent = sorted(set(form.features) - set(here), key=form.names.index)
    if absent:
        raise DataError(_lacks(absent, names, form, shown))
    known = {*form.names, form.target}
    left_out = tuple(name for name in here if name not in known)
    return Match({name: here[name] for name in form.features}, here.get(form.target), left_out)


def _by_place(names: Sequence[str], form: SourceForm) -> dict[str, str] | None:
    """Columns without names stand in the order of training, without the target; None where names decide."""
    if not form.without_header or tuple(names) != tuple(f"x{at}" for at in range(len(names))):
        return None
    without_target = [name for name in form.names if name != form.target]
    if len(names) == len(without_target):
        return dict(zip(without_target, names, strict=True))
    return None


def _lacks(absent: Sequence[str], names: Sequence[str], form: SourceForm, shown: str) -> str:
    what = f"{shown}: lacks {listed(absent)}, which the network was trained on"
    if form.without_header:
        rest = len(form.names) - (form.target in form.names)
        return f"{what}; it has {len(names)} columns: give {rest} in the order of training, or these and the target"
    free = [name for name in names if name not in form.names]
    near = [(name, close[0]) for name in absent if (close := _close(name, free))]
    if near:
        pairs = ", ".join(f"{other!r} {name!r}" for name, other in near)
        return f"{what}; rename {pairs} if that is what they are"
    return f"{what}; its columns are {listed(names)}"


def _close(name: str, free: Sequence[str]) -> list[str]:
    folded = [other for other in free if "".join(other.casefold().split()) == "".join(name.casefold().split())]
    return folded or difflib.get_close_matches(name, free, n=1)
