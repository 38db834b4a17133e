"""The data: turns a name or a file into a `Dataset` whose preparation is fitted only to the training rows.

Three calls in this order do it: `read_examples`, `split_examples`, `fit_dataset`. Slow imports wait until they are
needed.
"""

from .examples import DEFAULT_SPLIT, Dataset, Examples, Parts, Split
from .files import find_file
from .fitting import fit_dataset
from .formats import FILE_SUFFIXES, is_named_source
from .preparation import Preparation
from .reader import read_examples
from .reading import DEFAULT_MISSING, Reading
from .records import ColumnFacts, DataFacts
from .soft_labels import read_soft_labels
from .sources import GENERATOR_SETTINGS, SOURCE_SETTINGS
from .splits import split_examples

__all__ = [
    "DEFAULT_MISSING",
    "DEFAULT_SPLIT",
    "FILE_SUFFIXES",
    "GENERATOR_SETTINGS",
    "SOURCE_SETTINGS",
    "ColumnFacts",
    "DataFacts",
    "Dataset",
    "Examples",
    "Parts",
    "Preparation",
    "Reading",
    "Split",
    "find_file",
    "fit_dataset",
    "is_named_source",
    "read_examples",
    "read_soft_labels",
    "split_examples",
]
