"""The path of `dlrun train`: from a config to a run folder.

    config -> Dataset -> Network -> training -> Evaluation -> Diagnosis -> run folder

`run` calls the others in order: `prepare` up to the network, `identity` and `record` for the beginning of the folder,
`train` with `checkpointing`, `predictions`, `result` and `judge` up to the diagnosis, `advising` for the advice, and
`record` again for the end. `resume` begins at a checkpoint instead.
"""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .advising import diagnosis_of as diagnosis_of
    from .prepare import (
        STREAMS as STREAMS,
    )
    from .prepare import (
        Experiment as Experiment,
    )
    from .prepare import (
        prepare as prepare,
    )
    from .prepare import (
        random_streams as random_streams,
    )
    from .prepare import (
        read_config as read_config,
    )
    from .resume import resume as resume
    from .run import run as run
else:
    lazily(
        __name__,
        advising="diagnosis_of",
        prepare="STREAMS Experiment prepare random_streams read_config",
        resume="resume",
        run="run",
    )
