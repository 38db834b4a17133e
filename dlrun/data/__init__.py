"""The data: from a name or a file to a `Dataset` whose preparation is fitted on the training rows alone.

Three calls in this order: `read_examples`, `split_examples`, `fit_dataset`. Nothing heavy is imported before it is
needed.
"""

from .examples import DEFAULT_MISSING, DEFAULT_SPLIT, Dataset, Examples, Parts, Split
from .files import find_file
from .preparation import fit_dataset
from .reading import is_named_source, read_examples
from .soft_labels import read_soft_labels
from .sources import SOURCE_SETTINGS
from .splits import split_examples

__all__ = [
    "DEFAULT_MISSING",
    "DEFAULT_SPLIT",
    "SOURCE_SETTINGS",
    "Dataset",
    "Examples",
    "Parts",
    "Split",
    "find_file",
    "fit_dataset",
    "is_named_source",
    "read_examples",
    "read_soft_labels",
    "split_examples",
]
