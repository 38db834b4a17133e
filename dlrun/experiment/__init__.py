"""The joint: where the config's words meet the maths, and the one path from a config to a run folder.

    config -> Dataset -> Network -> training -> Evaluation -> Diagnosis -> run folder

`run` walks it: `prepare` up to the network, `outcome` through training, `result` to the diagnosis, `run` into the
folder.
"""

from .bracket import with_reference
from .comparison import compare
from .contents import contents
from .gradients import CheckOptions, check_gradients, sweep_epsilon
from .looks import look_at_test, with_selection
from .overview import difference, kept_diagnosis, metrics, overview, train_again
from .prepare import STREAMS, Experiment, prepare, random_streams, read_config
from .result import diagnosis_of
from .resume import resume
from .run import run

__all__ = [
    "STREAMS",
    "CheckOptions",
    "Experiment",
    "check_gradients",
    "compare",
    "contents",
    "diagnosis_of",
    "difference",
    "kept_diagnosis",
    "look_at_test",
    "metrics",
    "overview",
    "prepare",
    "random_streams",
    "read_config",
    "resume",
    "run",
    "sweep_epsilon",
    "train_again",
    "with_reference",
    "with_selection",
]
