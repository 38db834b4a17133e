"""Questions about a run after its training, or about a config before it; `dlrun train` does not use them."""

from .asked import AskedDiagnosis, asked_diagnosis
from .comparison import Comparison, compare
from .contents import PageContents, contents, page_contents
from .gradients import check_gradients, sweep_epsilon
from .looks import hashes_of, look_at_test, with_selection
from .overview import Overview, difference, overview, train_again
from .reference import reference_of

__all__ = [
    "AskedDiagnosis",
    "Comparison",
    "Overview",
    "PageContents",
    "asked_diagnosis",
    "check_gradients",
    "compare",
    "contents",
    "difference",
    "hashes_of",
    "look_at_test",
    "overview",
    "page_contents",
    "reference_of",
    "sweep_epsilon",
    "train_again",
    "with_selection",
]
