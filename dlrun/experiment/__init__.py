"""The joint: where the config's words meet the maths, and the one path from a config to a run folder.

    config -> Dataset -> Network -> training -> Evaluation -> Diagnosis -> run folder

`run` walks it: `prepare` up to the network, `identity` and `record` into the folder, `train` with `checkpointing`,
`predictions`, `result` and `judge` to the diagnosis, `advising` to the advice, and `record` again. `resume` enters it
at a checkpoint.
"""

from .advising import diagnosis_of
from .prepare import STREAMS, Experiment, prepare, random_streams, read_config
from .resume import resume
from .run import run

__all__ = ["STREAMS", "Experiment", "diagnosis_of", "prepare", "random_streams", "read_config", "resume", "run"]
