"""Weaker suspicions: a single feature that nearly gives the target, and a column that seems to name groups.

Those in `checks` are certain; these are only hints, and the column may be valid.
"""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from ..arrays import Array
from ..statistics.ranks import ranks_of
from .examples import Examples, Suspicion

# Rows that are used: half to learn from, half to test on.
ROWS_TO_LOOK_AT = 3000

# A single feature predicts the commonest class of each bin of its values, with this many rows in a bin. A threshold
# inside a bin costs half of its rows: 0.3% of 1,500 rows.
ROWS_A_BIN = 8

# A feature is suspicious if it removes this share of the baseline's errors, or if its ranks correlate this much with
# those of the target, and every other feature stays below the second number. If several reach it, the task is easy. The
# numbers are a judgement: in 14 public tables the best valid feature removes 0.87 of the errors (iris), 0.80
# (breast_cancer), and has a rank correlation of 0.60 (diabetes).
NEARLY_ALL_SHARE, ORDINARY_SHARE = 0.98, 0.90
NEARLY_ALL_RANKS, ORDINARY_RANKS = 0.999, 0.95

# The baseline must be wrong on this many of the test rows; otherwise a share of its errors means nothing.
FEWEST_ERRORS = 20

# Column names that say who or what a row belongs to.
GROUP_NAME = re.compile(
    r"(?i:(.*[\W_])?(id|uuid|subject|patient|person|user|customer|household|family|session))|.*[a-z](Id|ID)"
)

# A column names groups if it has this many different values, and this many rows for each on average.
FEWEST_GROUPS, FEWEST_ROWS_A_GROUP = 20, 1.5

# The remedy for a feature that gives the target away.
IF_NOT_KNOWN = "unless it is known before the target is, name it in data.drop"


def near_leaks(examples: Examples, train: Array) -> Iterator[Suspicion]:
    """The single feature that nearly gives the target, if all others are far from it."""
    rows = train[:ROWS_TO_LOOK_AT]
    columns = [*examples.numbers[rows].T, *examples.codes[rows].T]
    names = (*examples.number_names, *examples.code_names)
    y = examples.y[rows]
    if len(columns) < 2:
        return
    if examples.classes:
        shares = np.array([share_said(values, y, len(examples.classes)) for values in columns])
        nearly, ordinary = NEARLY_ALL_SHARE, ORDINARY_SHARE
        template = "removes {:.1%} of the errors of a guess"
    else:
        shares = np.abs(rank_correlations(np.stack(columns, axis=1), y))
        nearly, ordinary = NEARLY_ALL_RANKS, ORDINARY_RANKS
        template = "has a rank correlation of {:.4f} with it"
    is_nearly = shares >= nearly
    if is_nearly.sum() != 1 or shares[~is_nearly].max() >= ordinary:
        return
    best, next_best = int(shares.argmax()), int(np.where(is_nearly, -1, shares).argmax())
    yield Suspicion(
        "near-leak",
        f"column {names[best]!r} alone nearly gives the target {examples.target_name!r} away: it"
        f" {template.format(shares[best])}, the next best, {names[next_best]!r}, {template.format(shares[next_best])}",
        IF_NOT_KNOWN,
    )


def share_said(values: Array, y: Array, n_classes: int) -> float:
    """The share of the baseline's errors that the commonest class of each bin of values removes, on held-out rows.

    0 if the baseline has too few errors.
    """
    learned, judged = values[::2], values[1::2]
    y_learned, y_judged = y[::2], y[1::2]
    counts = np.bincount(y_learned, minlength=n_classes)
    wrong = int((y_judged != counts.argmax()).sum())
    if wrong < FEWEST_ERRORS:
        return 0.0
    edges = np.sort(learned)[ROWS_A_BIN::ROWS_A_BIN]
    of_bins = np.zeros((len(edges) + 1, n_classes), dtype=np.int64)
    np.add.at(of_bins, (np.searchsorted(edges, learned, side="right"), y_learned), 1)
    # Equal values leave bins without rows; these predict as the baseline does.
    answers = np.where(of_bins.any(axis=1), of_bins.argmax(axis=1), counts.argmax())
    still_wrong = int((answers[np.searchsorted(edges, judged, side="right")] != y_judged).sum())
    return max(0.0, 1 - still_wrong / wrong)


def rank_correlations(columns: Array, y: Array) -> Array:
    """(n,) Spearman's correlation of each column (m, n) with y (m,); 0 for a constant column or one with gaps."""
    has_gaps = np.isnan(columns).any(axis=0)
    ranks, of_y = ranks_of(np.where(has_gaps, 0, columns)), ranks_of(y)
    ranks, of_y = ranks - ranks.mean(axis=0), of_y - of_y.mean()
    scale = np.sqrt((ranks**2).sum(axis=0) * (of_y @ of_y))
    correlations: Array = np.divide(of_y @ ranks, scale, out=np.zeros(len(scale)), where=scale > 0)
    return correlations


def groups_apart(examples: Examples, parts: Mapping[str, Array]) -> Iterator[Suspicion]:
    """Columns that seem to name groups with rows in both train and dev: rows of one group are alike."""
    named = zip((*examples.number_names, *examples.code_names), (*examples.numbers.T, *examples.codes.T), strict=True)
    for name, values in named:
        if not GROUP_NAME.fullmatch(name) or (values != np.round(values)).any():
            continue
        n_groups = len(np.unique(values))
        again = int(np.isin(values[parts["dev"]], values[parts["train"]]).sum())
        if again and n_groups >= FEWEST_GROUPS and len(values) >= FEWEST_ROWS_A_GROUP * n_groups:
            total = len(parts["dev"])
            yield Suspicion(
                "groups-in-two-splits",
                f"column {name!r} seems to name groups, {n_groups} of them, and {again} of {total} dev rows share"
                " theirs with train",
                f"if rows of one group are alike, split by them: data.group={name}",
                again / total,
            )
