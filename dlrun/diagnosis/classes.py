"""The errors of single classes, where classes are not equally common.

One error for all rows hides the rare classes. The verdict calls this with the counts of each class and gets recalls
with intervals and the balanced error.
"""

from collections.abc import Sequence

from ..statistics.intervals import proportion_interval
from .records import ClassErrors, Recall
from .row_summary import ClassCount

# Where the commonest class is twice as common as the rarest, the error is mostly that of the common one.
UNEQUAL = 2


def unequal_classes(counts: Sequence[ClassCount]) -> ClassErrors | None:
    """The recall of each class that has rows; None where classes are about equally common."""
    sizes = [item.rows for item in counts]
    if not sizes or max(sizes) < UNEQUAL * min(sizes):
        return None
    recalls = tuple(recall(item) for item in counts if item.rows)
    return ClassErrors(1 - sum(item.recall for item in recalls) / len(recalls), recalls)


def recall(count: ClassCount) -> Recall:
    """The recall of one class with its interval."""
    lower, upper = proportion_interval(count.right, count.rows)
    return Recall(count.label, count.rows, count.right / count.rows, (float(lower), float(upper)))
