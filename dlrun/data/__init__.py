"""The data: from a name or a file to a `Dataset` whose preparation is fitted on the training rows alone.

Three calls in this order: `read_examples`, `split_examples`, `fit_dataset`. Nothing heavy is imported before it is
needed.
"""

from .examples import DEFAULT_SPLIT, Dataset, Examples, Parts, Split
from .files import find_file
from .formats import FILE_SUFFIXES, is_named_source
from .preparation import fit_dataset
from .read import read_examples
from .reading import DEFAULT_MISSING, Reading
from .soft_labels import read_soft_labels
from .sources import GENERATOR_SETTINGS, SOURCE_SETTINGS
from .splits import split_examples

__all__ = [
    "DEFAULT_MISSING",
    "DEFAULT_SPLIT",
    "FILE_SUFFIXES",
    "GENERATOR_SETTINGS",
    "SOURCE_SETTINGS",
    "Dataset",
    "Examples",
    "Parts",
    "Reading",
    "Split",
    "find_file",
    "fit_dataset",
    "is_named_source",
    "read_examples",
    "read_soft_labels",
    "split_examples",
]
