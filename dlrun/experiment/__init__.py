"""The joint: where the config's words meet the maths, and the one path from a config to a run folder.

    config -> Dataset -> Network -> training -> Evaluation -> Diagnosis -> run folder

`run` walks it: `prepare` up to the network, `outcome` through training, `result` to the diagnosis, `run` into the
folder.
"""

from .prepare import STREAMS, Experiment, prepare, random_streams, read_config
from .result import diagnosis_of
from .resume import resume
from .run import run

__all__ = ["STREAMS", "Experiment", "diagnosis_of", "prepare", "random_streams", "read_config", "resume", "run"]
