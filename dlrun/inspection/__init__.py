"""Questions about a run after its training, or about a config before it; `dlrun train` asks two of them.

What is imported here is light. `gradients` and `probe`, which load the gradient check and more, are imported by name.
"""

from .asked import AskedDiagnosis, asked_diagnosis, diagnosis_of_run
from .comparison import Comparison, compare
from .contents import PageContents, contents, page_contents
from .looks import hashes_of, look_at_test, with_selection
from .overview import Overview, difference, overview, train_again
from .reference import reference_of
from .trees import prepared_again, trees_of, with_trees

__all__ = [
    "AskedDiagnosis",
    "Comparison",
    "Overview",
    "PageContents",
    "asked_diagnosis",
    "compare",
    "contents",
    "diagnosis_of_run",
    "difference",
    "hashes_of",
    "look_at_test",
    "overview",
    "page_contents",
    "prepared_again",
    "reference_of",
    "train_again",
    "trees_of",
    "with_selection",
    "with_trees",
]
