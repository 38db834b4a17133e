"""Divides the rows into those that train, those that judge (dev), and those kept for the end (test).

It is the second of the three calls on the data path. Every draw uses the generator that the caller passes, so that one
seed gives one split. Class shares are met exactly by counting: a class of four rows must not depend on luck.
"""

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from ..errors import DataError
from ..nn.permutation import Permutation
from ..records import SPLITS
from .examples import DEFAULT_SPLIT, Examples, Parts
from .files import listed, short
from .mapped import METHOD, MappedExamples, Piece
from .reading import Duplicates
from .together import with_equal_rows_together

# Ratios typed by hand sum to 1 within this.
RATIO_SLACK = 1e-6

# So many classes that are whole numbers may be counts; fewer are usually codes.
FEWEST_COUNTS = 5


def split_examples(
    examples: Examples | MappedExamples,
    *,
    rng: np.random.Generator,
    split: Mapping[str, float] = DEFAULT_SPLIT,
    stratify: bool = True,
    duplicates: Duplicates | None = None,
) -> Parts[Array] | Parts[Piece]:
    """Row indices under train, dev and, if there are any, test; disjoint.

    `split` holds ratios that sum to 1, or counts. Rows whose split the source gives stay in it: its ratio goes to the
    other splits; its count draws a random subset. All other rows are divided. Classes keep their shares unless
    `stratify` is false, or groups or an order decide. Where rows are divided at random, equal ones stay in one split,
    unless `duplicates` is "apart" or, with None, that would cost the sizes of the splits. Train is shuffled, so that
    any leading part of it is a fair sample, unless rows have an order; dev and test are in the order of the source.
    Rows that stay in their file are divided by a keyed permutation, not stratified, and their numbers are never
    listed. Raises DataError.
    """
    if isinstance(examples, MappedExamples):
        return _by_keys(examples, split, rng)
    is_counts = _is_counts(split)
    given = _given_rows(examples, split if is_counts else {}, rng)
    pool = np.arange(examples.m) if examples.given is None else np.flatnonzero(examples.given == 0)
    if examples.given_exactly:
        parts, method = {"train": rng.permutation(pool)}, str(examples.split_by)
    else:
        wanted: dict[str, float] = {name: float(split.get(name, 0)) for name in SPLITS if name not in given}
        sizes = _count_sizes(wanted, len(pool), examples.shown) if is_counts else _ratio_sizes(split, wanted, len(pool))
        parts, method = _divided(examples, pool, sizes, rng, stratify)
        method = f"{' and '.join(given)} given; the rest {method}" if given else method
    parts = {name: rows for name in SPLITS if len(rows := {**given, **parts}.get(name, pool[:0]))}
    if examples.given is None and examples.group is None and examples.order is None:
        moved = with_equal_rows_together(examples, parts, stratify=stratify, duplicates=duplicates, rng=rng)
        parts, method = (parts, method) if moved is None else (moved, f"{method}, equal rows together")
    _check(examples, parts)
    return Parts(parts, method, by_chance=examples.given is None and examples.order is None)


def _by_keys(examples: MappedExamples, split: Mapping[str, float], rng: np.random.Generator) -> Parts[Piece]:
    wanted: dict[str, float] = {name: float(split.get(name, 0)) for name in SPLITS}
    if _is_counts(split):
        sizes = _count_sizes(wanted, examples.m, examples.shown)
    else:
        sizes = _ratio_sizes(split, wanted, examples.m)
    permutation, pieces, start = Permutation.drawn(examples.m, rng), {}, 0
    for name, size in sizes.items():
        if size:
            pieces[name] = Piece(permutation, start, start + size)
        start += size
    return Parts(pieces, METHOD, by_chance=True)


def _is_counts(split: Mapping[str, float]) -> bool:
    """Whole numbers are counts, except a single share of 1, which means all rows."""
    all_integers = all(isinstance(value, int | np.integer) for value in split.values())
    return all_integers and sum(split.values()) > 1


def _given_rows(examples: Examples, counts: Mapping[str, float], rng: np.random.Generator) -> dict[str, Array]:
    """The rows that the source gives to dev and test; a count draws that many of them."""
    given: dict[str, Array] = {}
    for index, name in enumerate(SPLITS[1:], start=1):
        rows = np.flatnonzero(examples.given == index) if examples.given is not None else np.empty(0, dtype=np.int64)
        count = int(counts.get(name, 0))
        if len(rows) and count > len(rows) and not examples.given_exactly:
            raise DataError(f"data.split.{name}: asks for {count} rows; {examples.shown} gives {name} {len(rows)}")
        if len(rows) and count and not examples.given_exactly:
            rows = np.sort(rng.choice(rows, size=count, replace=False))
        if len(rows):
            given[name] = rows
    return given


def _count_sizes(wanted: Mapping[str, float], m: int, shown: str) -> dict[str, int]:
    sizes = {name: int(count) for name, count in wanted.items()}
    if (total := sum(sizes.values())) > m:
        listing = ", ".join(f"{name} {count}" for name, count in sizes.items())
        raise DataError(f"data.split: asks for {total} rows ({listing}); {shown} has {m} to divide; ask for fewer")
    _refuse_empty(sizes, wanted, m)
    return sizes


def _ratio_sizes(split: Mapping[str, float], wanted: Mapping[str, float], m: int) -> dict[str, int]:
    """Rows for each wanted split; the others take over the shares of splits that the source gives."""
    if min(split.values()) < 0 or abs(sum(split.values()) - 1) > RATIO_SLACK:
        listing = ", ".join(f"{name} {value:g}" for name, value in split.items())
        raise DataError(f"data.split: {listing} sum to {sum(split.values()):g}; ratios must sum to 1")
    ratio_sum = sum(wanted.values()) or 1.0
    sizes = {name: round(m * ratio / ratio_sum) for name, ratio in wanted.items()}
    sizes["train"] = m - sum(size for name, size in sizes.items() if name != "train")
    _refuse_empty(sizes, wanted, m)
    return sizes


def _refuse_empty(sizes: Mapping[str, int], wanted: Mapping[str, float], m: int) -> None:
    for name, size in sizes.items():
        if size <= 0 and (name != "test" or wanted[name] > 0):
            raise DataError(
                f"data.split.{name}: {wanted[name]:g} of {m} rows leaves {name} empty; give it a larger share, or more"
                " rows"
            )


def _divided(
    examples: Examples, pool: Array, sizes: Mapping[str, int], rng: np.random.Generator, stratify: bool
) -> tuple[dict[str, Array], str]:
    """The rows of the pool for each split, in these sizes, and in words how they were divided."""
    names = list(sizes)
    shuffled = rng.permutation(pool)
    if examples.order is not None:
        chosen = shuffled[: sum(sizes.values())]
        places = np.lexsort((chosen, examples.order[chosen]))
        assigned = _by_position(len(chosen), sizes)
        return {name: chosen[places][assigned == at] for at, name in enumerate(names)}, f"in the {examples.split_by}"
    if examples.group is not None:
        assigned, method = by_group(examples.group[shuffled], sizes, rng), f"by {examples.split_by}, not stratified"
    elif examples.classes and stratify:
        assigned, method = _by_class(examples, shuffled, sizes), "at random, stratified by class"
    else:
        assigned, method = _by_position(len(shuffled), sizes), "at random"
    parts = {name: shuffled[assigned == at] for at, name in enumerate(names)}
    return {name: rows if name == "train" else np.sort(rows) for name, rows in parts.items()}, method


def _by_position(m: int, sizes: Mapping[str, int]) -> Array:
    """(m,) indices of splits: the first rows to the first split, and so on; len(sizes) for rows left over."""
    return np.searchsorted(np.cumsum(list(sizes.values())), np.arange(m), side="right")


def by_group(group: Array, sizes: Mapping[str, int], rng: np.random.Generator) -> Array:
    """(m,) indices of splits, one for all rows of a group: groups in random order, cut nearest to the sizes."""
    labels, inverse, counts = np.unique(group, return_inverse=True, return_counts=True)
    wanted = {name: size for name, size in sizes.items() if size}
    if len(labels) < len(wanted):
        raise DataError(
            f"data.group: there are {len(labels)} groups for {' and '.join(wanted)}; each needs one, so name a column"
            " of more groups, or set fewer splits"
        )
    order = rng.permutation(len(labels))
    ends = np.cumsum(counts[order])
    assigned, start = np.full(len(labels), len(sizes)), 0
    for at, target in enumerate(np.cumsum(list(sizes.values()))):
        if list(sizes.values())[at]:
            # At least one group for this split, and one left for each later split.
            later = sum(size > 0 for size in list(sizes.values())[at + 1 :])
            end = int(np.clip(np.abs(ends - target).argmin() + 1, start + 1, len(labels) - later))
            assigned[order[start:end]] = at
            start = end
    return assigned[inverse]


def _by_class(examples: Examples, rows: Array, sizes: Mapping[str, int]) -> Array:
    """(m,) indices of splits, every class with its share; the rows of a class go to the splits in their order."""
    y = examples.y[rows]
    counts = np.bincount(y, minlength=len(examples.classes))
    _refuse_rare(examples, counts, [name for name, size in sizes.items() if size])
    table = class_table(counts, np.array(list(sizes.values())))
    by_class = np.argsort(y, kind="stable")
    within = np.empty(len(y), dtype=np.int64)
    within[by_class] = np.arange(len(y)) - np.repeat(np.cumsum(counts) - counts, counts)
    assigned: Array = (within[:, None] >= np.cumsum(table, axis=1)[y]).sum(axis=1)
    return assigned


def _refuse_rare(examples: Examples, counts: Array, names: list[str]) -> None:
    rare = int(counts.argmin())
    if counts[rare] < len(names):
        rows = "1 row" if counts[rare] == 1 else f"{counts[rare]} rows"
        is_count = len(examples.classes) >= FEWEST_COUNTS and all(name.isdigit() for name in examples.classes)
        if_counts = "set data.task: regression if the target counts things, " if is_count else ""
        raise DataError(
            f"{examples.shown}: class {short(examples.classes[rare])} has {rows}; it cannot be in {_in_words(names)};"
            f" {if_counts}set data.rare_classes: drop or merge, gather more, or set data.stratify: false"
        )


def class_table(counts: Array, sizes: Array) -> Array:
    """(K, S) rows of each class for each split: columns sum to `sizes`, each entry near its share and at least 1.

    The later splits are filled first, because they are small. Raises DataError if a split is smaller than K.
    """
    table, left = np.zeros((len(counts), len(sizes)), dtype=np.int64), counts.copy()
    for at in reversed(range(len(sizes))):
        if not sizes[at]:
            continue
        reserved = int((sizes[:at] > 0).sum())
        table[:, at] = _shared(counts * sizes[at] / counts.sum(), int(sizes[at]), left - reserved)
        left -= table[:, at]
    return table


def _shared(shares: Array, total: int, most: Array) -> Array:
    """Whole numbers near `shares` from 1 to `most`, with this total."""
    if not len(shares) <= total <= most.sum():
        raise DataError(
            f"data.split: a split of {total} rows cannot hold rows of all {len(shares)} classes; give it a larger"
            " share, or set data.stratify: false"
        )
    counts: Array = np.clip(np.floor(shares).astype(np.int64), 1, most)
    while counts.sum() < total:
        counts[np.where(counts < most, shares - counts, -np.inf).argmax()] += 1
    while counts.sum() > total:
        counts[np.where(counts > 1, shares - counts, np.inf).argmin()] -= 1
    return counts


def _check(examples: Examples, parts: Mapping[str, Array]) -> None:
    """Raise DataError unless there are train and dev rows, and every class to be learned is in train."""
    for name in ("train", "dev"):
        if name not in parts:
            where = examples.split_by or "data.split"
            raise DataError(f"{examples.shown}: no rows are in {name} by {where}; mark or give some rows as {name}")
    if not examples.classes:
        return
    counts = np.bincount(examples.y[parts["train"]], minlength=len(examples.classes))
    refuse_untaught(examples, counts, "set data.stratify: true, choose another split, or drop the rows")


def refuse_untaught(examples: Examples | MappedExamples, counts: Array, advice: str) -> None:
    """Raise DataError where a class has no training row; counts (K,) are those of the training rows."""
    absent = [short(examples.classes[at]) for at in np.flatnonzero(counts == 0)]
    if absent:
        subject = f"class {absent[0]} has" if len(absent) == 1 else f"classes {listed(absent)} have"
        raise DataError(f"{examples.shown}: {subject} no rows in train and cannot be learned; {advice}")


def _in_words(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
