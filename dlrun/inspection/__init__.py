"""Questions about a run after its training, or about a config before it; `dlrun train` asks two of them.

What is imported here is light. `gradients` and `probe`, which load the gradient check and more, are imported by name.
"""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .asked import (
        AskedDiagnosis as AskedDiagnosis,
    )
    from .asked import (
        asked_diagnosis as asked_diagnosis,
    )
    from .asked import (
        diagnosis_of_run as diagnosis_of_run,
    )
    from .comparison import Comparison as Comparison
    from .comparison import compare as compare
    from .contents import PageContents as PageContents
    from .contents import contents as contents
    from .contents import page_contents as page_contents
    from .difference import difference as difference
    from .difference import train_again as train_again
    from .looks import hashes_of as hashes_of
    from .looks import look_at_test as look_at_test
    from .looks import with_selection as with_selection
    from .overview import Overview as Overview
    from .overview import overview as overview
    from .reference import reference_of as reference_of
    from .trees import prepared_again as prepared_again
    from .trees import trees_of as trees_of
    from .trees import with_trees as with_trees
else:
    lazily(
        __name__,
        asked="AskedDiagnosis asked_diagnosis diagnosis_of_run",
        comparison="Comparison compare",
        contents="PageContents contents page_contents",
        difference="difference train_again",
        looks="hashes_of look_at_test with_selection",
        overview="Overview overview",
        reference="reference_of",
        trees="prepared_again trees_of with_trees",
    )
