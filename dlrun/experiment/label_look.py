"""Labels that may be wrong, by a run's own answers to its dev rows: a look that costs nothing.

Only where the network has learned its training rows by heart: a network that has not is wrong on dev for other reasons.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ..data import Dataset
from ..diagnosis.findings import Finding
from ..diagnosis.history import HIGH_BIAS
from ..diagnosis.label_noise import label_noise_in_run
from ..nn.predictions import Predictions
from ..statistics.label_noise import surest_rows


def label_findings(
    dataset: Dataset, by_split: Mapping[str, Predictions], train_error: float | None, of_data: Sequence[Finding]
) -> tuple[Finding, ...]:
    """The finding that labels may be wrong, if it is one.

    of_data : what else was found of the data; train and dev rows that differ are wrong on dev for that reason.
    """
    if dataset.task == "regression" or dataset.train.weight is not None or train_error is None:
        return ()
    if train_error > HIGH_BIAS or any(finding.code == "mismatch" for finding in of_data):
        return ()
    outputs = by_split["dev"].outputs.astype(np.float64)
    if dataset.task == "binary":
        outputs = np.hstack([1 - outputs, outputs])
    if not np.isfinite(outputs).all():
        return ()
    finding = label_noise_in_run(surest_rows(outputs, by_split["dev"].targets[: len(outputs)]), train_error)
    return () if finding is None else (finding,)
