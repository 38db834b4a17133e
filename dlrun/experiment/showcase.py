"""examples.npz: the few raw inputs that a report shows, so that a report needs nothing but the run folder.

`predictions` says which dev examples have the greatest losses.
"""

from collections.abc import Mapping

import numpy as np

from ..data import Dataset
from ..nn.evaluation import pieces
from ..nn.predictions import Predictions

# How many of the worst examples are kept: as many images as fit on a page without scrolling far.
WORST = 24

# With more points than this, points cover each other.
MOST_POINTS = 1000

# Rows wider than this (an image of 128 by 128 pixels) would make the file grow into megabytes.
MOST_INPUTS = 16_384


def example_arrays(dataset: Dataset, by_split: Mapping[str, Predictions]) -> dict[str, np.ndarray]:
    """The arrays of examples.npz; inputs are raw, as they were before scaling, one for each number, word and gap.

    names (n,) : what the columns of inputs are called.
    worst_places (k,) : places within dev of the WORST greatest losses, the worst first. worst_inputs (k, n) float32.
    <split>_inputs (m, 2), <split>_targets (m,) : evenly chosen rows of train and dev; only where there are two inputs.
    """
    names = dataset.preparation.raw_names
    if len(names) > MOST_INPUTS:
        return {}
    worst, raw = worst_places(by_split["dev"].losses), dataset.preparation.raw
    arrays = {
        "names": np.array(names, dtype=np.str_),
        "worst_places": worst,
        "worst_inputs": raw(dataset.dev.X[worst]).astype(np.float32),
    }
    if dataset.preparation.is_plane:
        for name in ("train", "dev"):
            targets = by_split[name].targets
            places = np.unique(np.linspace(0, len(targets) - 1, min(len(targets), MOST_POINTS)).astype(np.int64))
            arrays[f"{name}_inputs"] = raw(getattr(dataset, name).X[places]).astype(np.float32)
            arrays[f"{name}_targets"] = targets[places]
    return arrays


def worst_places(losses: np.ndarray) -> np.ndarray:
    """Places of the WORST greatest losses, the greatest first, equal ones in order; NaN counts as the greatest."""
    worst = np.empty(0, np.int64)
    for chunk in pieces(len(losses)):
        places = np.concatenate([worst, np.arange(chunk.start, chunk.stop)])
        worst = places[np.argsort(-np.nan_to_num(losses[places], nan=np.inf), kind="stable")[:WORST]]
    return worst
