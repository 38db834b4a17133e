"""What the data say beside the errors: faults that outrank the verdict, found once at a run's end.

Stands between the prepared data and the diagnosis, which has them among its findings.
"""

import numpy as np

from ..diagnosis.data_faults import faults_noticed, mismatch_fault, ranked
from ..diagnosis.findings import Finding
from ..statistics.mismatch import distribution_shift
from .prepare import Experiment

# The permutation test draws rows, cosines and labels from here, and so disturbs no stream of the experiment.
SHIFT_SEED = 0


def data_findings(experiment: Experiment) -> list[Finding]:
    """Findings about the experiment's data, the worst first.

    Splits that were drawn at random are not tested for a mismatch: they have none, and every alarm would be false.
    """
    dataset = experiment.dataset
    found = faults_noticed(dataset.suspicions)
    if dataset.by_chance:
        return found
    shift = distribution_shift(dataset.train.X, dataset.dev.X, rng=np.random.default_rng(SHIFT_SEED))
    mismatch = mismatch_fault(shift, dataset.feature_names)
    return ranked([*found, mismatch]) if mismatch else found
