"""What is asked of a run after its training, or of a config before any; `dlrun train` does not come by here."""

from .asked import AskedDiagnosis, asked_diagnosis
from .comparison import compare
from .contents import contents
from .gradients import CheckOptions, check_gradients, sweep_epsilon
from .looks import look_at_test, with_selection
from .overview import difference, kept_diagnosis, metrics, overview, train_again
from .reference import reference_of

__all__ = [
    "AskedDiagnosis",
    "CheckOptions",
    "asked_diagnosis",
    "check_gradients",
    "compare",
    "contents",
    "difference",
    "kept_diagnosis",
    "look_at_test",
    "metrics",
    "overview",
    "reference_of",
    "sweep_epsilon",
    "train_again",
    "with_selection",
]
