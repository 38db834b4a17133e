"""The errors of single classes, where classes are not equally common and one error for all hides the rare ones.

Stands beside the verdict: counts in, recalls with intervals and the balanced error out.
"""

from collections.abc import Sequence

from ..statistics.intervals import proportion_interval

# Where the commonest class is twice as common as the rarest, the error is mostly that of the common one.
UNEQUAL = 2


def unequal_classes(counts: Sequence[dict]) -> dict | None:
    """{balanced_error, recalls} of classes given as {label, rows, right}; None where they are about equally common.

    The recall of a class is the share of its rows answered rightly, {label, rows, recall, interval}; one without rows
    has none. The balanced error is 1 less the mean recall.
    """
    sizes = [item["rows"] for item in counts]
    if not sizes or max(sizes) < UNEQUAL * min(sizes):
        return None
    recalls = [recall(**item) for item in counts if item["rows"]]
    return {"balanced_error": 1 - sum(item["recall"] for item in recalls) / len(recalls), "recalls": recalls}


def recall(label: str, rows: int, right: int) -> dict:
    """The recall of one class with its interval."""
    lower, upper = proportion_interval(right, rows)
    return {"label": label, "rows": rows, "recall": right / rows, "interval": [float(lower), float(upper)]}
