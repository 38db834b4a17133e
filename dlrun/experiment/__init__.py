"""The path of `dlrun train`: from a config to a run folder.

    config -> Dataset -> Network -> training -> Evaluation -> Diagnosis -> run folder

`run` calls the others in order: `prepare` up to the network, `identity` and `record` for the beginning of the folder,
`train` with `checkpointing`, `predictions`, `result` and `judge` up to the diagnosis, `advising` for the advice, and
`record` again for the end. `resume` begins at a checkpoint instead.
"""

from .advising import diagnosis_of
from .prepare import STREAMS, Experiment, prepare, random_streams, read_config
from .resume import resume
from .run import run

__all__ = ["STREAMS", "Experiment", "diagnosis_of", "prepare", "random_streams", "read_config", "resume", "run"]
