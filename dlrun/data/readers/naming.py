"""Finds the inputs and labels of each split among named arrays, by the names that people give them."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ...errors import DataError
from ...records import SPLITS, Split
from .stored import Opened, described

# Words for inputs and for labels, the plainest first: where a file has two, the first one in this list is meant.
INPUTS = ("x", "images", "image", "features", "inputs", "input", "data", "samples")
LABELS = ("y", "labels", "label", "targets", "target")

SPLIT_WORDS = {"train": "train(?:ing)?", "dev": "dev|val(?:id(?:ation)?)?", "test": "test(?:ing)?"}

ANY_SPLIT = "|".join(SPLIT_WORDS.values())

# x, X_train, xtest, trainX, train_set_x, train/images, val_labels, and any of them in a group of another name.
NAME = re.compile(
    rf"(?:(?P<before>{ANY_SPLIT})[\W_]*(?:set[\W_]*)?)?(?P<word>{'|'.join((*INPUTS, *LABELS))})"
    rf"(?:[\W_]*(?P<after>{ANY_SPLIT})(?:[\W_]*set)?)?",
    re.IGNORECASE,
)

# The names of classes, the first for label 0. list_classes is the course's.
CLASS_NAMES = ("list_classes", "class_names", "classes", "label_names", "target_names")

EXPECTED = (
    "expected inputs and labels such as X and y, X_train and y_train, train_set_x and train_set_y, images and labels,"
    " or data and target"
)


class Pair(NamedTuple):
    """The names of a split's inputs and labels."""

    split: Split
    x: str
    y: str


class Found(NamedTuple):
    """The pairs of a file; the array with the names of classes, or None; and sentences about what was left."""

    pairs: tuple[Pair, ...]
    class_names: str | None
    notes: tuple[str, ...]


class _Named(NamedTuple):
    """A name that says what its array is; the rank is lower where the name says it better."""

    rank: tuple[bool, int]
    split: Split
    is_input: bool
    key: str


def found_in(shown: str, arrays: Opened, *, only: Split | None, elsewhere: Iterable[str] = ()) -> Found:
    """The arrays that a file's names announce.

    only : the split of a separate dev or test file. elsewhere : the splits that have such a file of their own.
    Raises DataError if the inputs or labels of train (or of `only`) are missing, or named twice.
    """
    chosen = _best(shown, [named for key in arrays if (named := _read(key, only)) is not None])
    pairs, notes = [], []
    for split in (only,) if only else SPLITS:
        x, y = chosen.get((split, True)), chosen.get((split, False))
        if x is None or split in elsewhere:
            continue
        if y is not None:
            pairs.append(Pair(split, x, y))
        elif split == (only or "train"):
            name = f"y_{split}" if split in x.casefold() else "y"
            raise DataError(f"{shown}: has {x} but no labels for it (found {described(arrays)}); add them as {name}")
        else:
            notes.append(f"{shown}: {x} has no labels and was left out")
    if not pairs or pairs[0].split != (only or "train"):
        raise DataError(f"{shown}: {EXPECTED}; found {described(arrays)}")
    names = next((key for word in CLASS_NAMES for key in arrays if _last(key).casefold() == word), None)
    told = {names, *chosen.values()} if not elsewhere else {names, *(key for pair in pairs for key in pair[1:])}
    if left := {key: stored for key, stored in arrays.items() if key not in told}:
        notes.append(f"{shown}: left unused: {described(left)}")
    return Found(tuple(pairs), names, tuple(notes))


def _last(key: str) -> str:
    return key.rsplit("/", 1)[-1]


def _read(key: str, only: Split | None) -> _Named | None:
    """What the name of an array says that it is; None if it says nothing."""
    match = NAME.fullmatch(key) or NAME.fullmatch(_last(key))
    if match is None:
        return None
    words = {_split(word) for word in (match["before"], match["after"]) if word}
    if len(words) > 1:
        return None
    word = match["word"].casefold()
    is_input = word in INPUTS
    rank = (INPUTS if is_input else LABELS).index(word)
    split: Split = words.pop() if words else only or "train"
    # X_train is more of an answer than X, which may hold the rows of all splits.
    return _Named((not (match["before"] or match["after"]), rank), split, is_input, key)


def _split(word: str) -> Split:
    return next(split for split in SPLITS if re.fullmatch(SPLIT_WORDS[split], word, re.IGNORECASE))


def _best(shown: str, named: Iterable[_Named]) -> Mapping[tuple[Split, bool], str]:
    """The best name of each split's inputs (True) and labels (False). Raises DataError if two are equally good."""
    best: dict[tuple[Split, bool], _Named] = {}
    for item in sorted(named, key=lambda item: item.rank):
        first = best.setdefault((item.split, item.is_input), item)
        if first is not item and first.rank == item.rank:
            what = "inputs" if item.is_input else "labels"
            raise DataError(f"{shown}: {first.key} and {item.key} could both be the {what} of {item.split}; keep one")
    return {place: item.key for place, item in best.items()}
