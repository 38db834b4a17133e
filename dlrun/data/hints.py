"""Weaker suspicions: a column that seems to name groups.

Those in `checks` are certain; this is only a hint, and the column may be valid.
"""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from ..arrays import Array
from .examples import Examples, Groups, Suspicion

# Column names that say who or what a row belongs to.
GROUP_NAME = re.compile(
    r"(?i:(.*[\W_])?(id|uuid|subject|patient|person|user|customer|household|family|session))|.*[a-z](Id|ID)"
)

# A column names groups if it has this many different values, and this many rows for each on average.
FEWEST_GROUPS, FEWEST_ROWS_A_GROUP = 20, 1.5


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
                Groups(name, values),
            )
