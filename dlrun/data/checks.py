"""Looks for suspicious things in the data: leaks, identities, duplicates, constants. Each gets a code and a sentence.

Nothing here stops a run, and nothing loops over rows. The sentences are recorded with the dataset.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..arrays import Array
from ..records import SPLITS
from .alone import IF_NOT_KNOWN, alone_told
from .duplicates import rows_in_two_splits
from .examples import Examples, Suspicion
from .facts import class_counts
from .files import listed, short
from .hints import groups_apart

# In fewer rows than this, it means nothing if all values differ.
FEWEST_ROWS_TO_JUDGE = 20

# Column names that announce an identity: id, PassengerId, row_number. A word that merely ends in "id" does not.
ID_NAME = re.compile(r"(?i:(^|.*[\W_])(id|idx|index|no|nr|key|number|uuid))|.*[a-z](Id|ID|Index|No|Nr|Key|Number)")

# Whole numbers of so many digits count or measure hardly anything.
FEWEST_DIGITS_OF_AN_ID = 9

# This many leading rows are compared first; only if they fit is the complete column compared with the target.
FIRST_LOOK = 1000

# Correlation above which a feature is the target in other units. Two real measurements of one thing reach 0.9999.
SAME_UP_TO_UNITS = 1 - 1e-9


def suspicions_of(examples: Examples, parts: Mapping[str, Array]) -> tuple[Suspicion, ...]:
    """Everything suspicious about these examples, split like this."""
    leaks = list(_leaks(examples))
    suspicions = [*examples.suspicions, *(leaks or alone_told(examples, parts["train"]))]
    suspicions += [*_identities(examples), *groups_apart(examples, parts), *_constants(examples, parts["train"])]
    suspicions += absent_classes(examples.classes, class_counts(examples, parts))
    return (*suspicions, *rows_in_two_splits(examples, parts))


def _columns(examples: Examples) -> Iterator[tuple[str, Array]]:
    yield from zip(examples.number_names, examples.numbers.T, strict=True)
    yield from zip(examples.code_names, examples.codes.T, strict=True)


def _leaks(examples: Examples) -> Iterator[Suspicion]:
    """Features that are the target itself: the classes under other names, or the number in other units."""
    y = examples.y
    if examples.classes:
        head, whole = _first_of_classes(y[:FIRST_LOOK]), _first_of_classes(y)
    for name, values in _columns(examples):
        if examples.classes:
            is_leak = _recodes(values[:FIRST_LOOK], *head) and _recodes(values, *whole)
        else:
            is_leak = name in examples.number_names and _same_up_to_units(values, y)
        if is_leak:
            evidence = "gives the target {} away, each value standing for one of its values"
            yield Suspicion("leak", f"column {name!r} {evidence.format(repr(examples.target_name))}", IF_NOT_KNOWN)


def _first_of_classes(y: Array) -> tuple[Array, Array]:
    """The first row (K,) of each class, and the place (m,) of each row's class among them."""
    _, first, places = np.unique(y, return_index=True, return_inverse=True)
    return first, places


def _recodes(values: Array, first: Array, places: Array) -> bool:
    """Whether each value stands for one class and each class for one value; a missing value stands for none."""
    stands_for = values[first]
    if len(set(stands_for.tolist())) < len(first):
        return False
    return bool((values == stands_for[places]).all())


def _same_up_to_units(values: Array, y: Array) -> bool:
    head, head_y = values[:FIRST_LOOK].astype(np.float64), y[:FIRST_LOOK]
    return _correlates(head, head_y) and _correlates(values.astype(np.float64), y)


def _correlates(values: Array, y: Array) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = values - values.mean(), y - y.mean()
        scale = np.sqrt((a @ a) * (b @ b))
        return bool(scale > 0 and abs(a @ b) > SAME_UP_TO_UNITS * scale)


def _identities(examples: Examples) -> Iterator[Suspicion]:
    if examples.m < FEWEST_ROWS_TO_JUDGE:
        return
    dates = {name for column in examples.source_columns if column.kind == "date" for name in column.features}
    for name, values in zip(examples.number_names, examples.numbers.T, strict=True):
        if name in dates:
            continue
        if _in_row_order(values) and _are_whole(values):
            evidence = f"column {name!r} numbers the rows: all different whole numbers, in the order of the rows"
            yield Suspicion("id-column", evidence, "name it in data.drop if it is an id, in data.order if it is a time")
        elif (ID_NAME.fullmatch(name) or _are_long(values)) and _are_whole(values) and _all_differ(values):
            evidence = f"column {name!r} numbers the rows, all different whole numbers"
            yield Suspicion("id-column", evidence, "name it in data.drop if it is an id")


def _are_long(values: Array) -> bool:
    """Whether the values have as many digits, and at least FEWEST_DIGITS_OF_AN_ID, as telephone and account numbers."""
    low, high = values.min(), values.max()
    return bool(low >= 10 ** (FEWEST_DIGITS_OF_AN_ID - 1) and np.floor(np.log10(low)) == np.floor(np.log10(high)))


def _all_differ(values: Array) -> bool:
    return len(np.unique(values[:FIRST_LOOK])) == len(values[:FIRST_LOOK]) and len(np.unique(values)) == len(values)


def _are_whole(values: Array) -> bool:
    return bool((values == np.round(values)).all())


def _in_row_order(values: Array) -> bool:
    """Whether each value is larger than the one before; most columns show at their beginning that they are not."""
    head = values[:FIRST_LOOK]
    return bool((head[1:] > head[:-1]).all()) and bool((values[1:] > values[:-1]).all())


def _constants(examples: Examples, train: Array) -> Iterator[Suspicion]:
    """Columns with one value in the training rows. They do no harm (a centred constant is 0) but teach nothing."""
    if examples.image_side is not None:
        # The corners of images are usually constant; that is not a fault.
        return
    names = [name for name, values in _columns(examples) if _is_constant(values, train)]
    constant_target = not examples.classes and _is_constant(examples.y, train)
    yield from constants_told(names, examples.target_name if constant_target else None)


def constants_told(names: Sequence[str], target: str | None) -> Iterator[Suspicion]:
    """A sentence for the features that are constant in training, and one for the target, named if it is constant."""
    if names:
        word = "column is" if len(names) == 1 else "columns are"
        sentence = f"{len(names)} {word} constant in the training rows and can teach nothing: {listed(names)}"
        yield Suspicion("constant-columns", sentence)
    if target is not None:
        yield Suspicion(
            "constant-target", f"the target {target!r} is constant in the training rows; there is nothing to learn"
        )


def _is_constant(values: Array, train: Array) -> bool:
    first = values[train[0]]
    # The first few usually differ, and then the rest is not compared. NaN differs from itself, so it is never constant.
    return bool((values[train[:FIRST_LOOK]] == first).all() and (values[train] == first).all())


def absent_classes(classes: Sequence[str], counts: Mapping[str, Array]) -> Iterator[Suspicion]:
    """A sentence for dev and test each, if a class has no rows there; counts (K,) for each split."""
    for split in SPLITS[1:]:
        names = [short(classes[at]) for at in np.flatnonzero(counts[split] == 0).tolist()] if split in counts else []
        if names:
            subject = f"class {names[0]} has" if len(names) == 1 else f"classes {listed(names)} have"
            evidence = f"{subject} no rows in {split}, so the {split} error says nothing about it"
            yield Suspicion("absent-class", evidence)
