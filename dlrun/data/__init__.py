"""The data: turns a name or a file into a `Dataset` whose preparation is fitted only to the training rows.

Three calls in this order do it: `read_examples`, `split_examples`, `fit_dataset`. Slow imports wait until they are
needed.
"""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .examples import (
        DEFAULT_SPLIT as DEFAULT_SPLIT,
    )
    from .examples import (
        Dataset as Dataset,
    )
    from .examples import (
        Examples as Examples,
    )
    from .examples import (
        Parts as Parts,
    )
    from .examples import (
        Split as Split,
    )
    from .files import find_file as find_file
    from .fitting import fit_dataset as fit_dataset
    from .formats import FILE_SUFFIXES as FILE_SUFFIXES
    from .formats import is_named_source as is_named_source
    from .preparation import Preparation as Preparation
    from .reader import read_examples as read_examples
    from .reading import DEFAULT_MISSING as DEFAULT_MISSING
    from .reading import Reading as Reading
    from .records import ColumnFacts as ColumnFacts
    from .records import DataFacts as DataFacts
    from .soft_labels import read_soft_labels as read_soft_labels
    from .sources import GENERATOR_SETTINGS as GENERATOR_SETTINGS
    from .sources import SOURCE_SETTINGS as SOURCE_SETTINGS
    from .splits import split_examples as split_examples
else:
    lazily(
        __name__,
        examples="DEFAULT_SPLIT Dataset Examples Parts Split",
        files="find_file",
        fitting="fit_dataset",
        formats="FILE_SUFFIXES is_named_source",
        preparation="Preparation",
        reader="read_examples",
        reading="DEFAULT_MISSING Reading",
        records="ColumnFacts DataFacts",
        soft_labels="read_soft_labels",
        sources="GENERATOR_SETTINGS SOURCE_SETTINGS",
        splits="split_examples",
    )
