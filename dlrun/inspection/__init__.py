"""What is asked of a run after its training, or of a config before any; `dlrun train` does not come by here."""

from .comparison import compare
from .contents import contents
from .gradients import check_gradients, sweep_epsilon
from .looks import look_at_test, with_selection
from .overview import difference, kept_diagnosis, metrics, overview, train_again
from .reference import with_reference

__all__ = [
    "check_gradients",
    "compare",
    "contents",
    "difference",
    "kept_diagnosis",
    "look_at_test",
    "metrics",
    "overview",
    "sweep_epsilon",
    "train_again",
    "with_reference",
    "with_selection",
]
