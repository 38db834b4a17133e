"""What a random split hides of a config's data, measured by quick trainings: `dlrun data CONFIG --gap`."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ..arrays import Array
from ..config.schema import Config
from ..data import Dataset
from ..data.apart import BLOCKS, by_groups, in_time, losses_of
from ..data.references import MOST_CELLS, MOST_ROWS
from ..data.target_means import refuse_target_means
from ..diagnosis.row_order import Gap, gap_sentence
from ..errors import DataError
from ..experiment.predictions import refuse_in_file
from ..experiment.prepare import prepare_data, random_streams
from ..statistics.intervals import student_interval

SEED = 0

# Fewer rows or groups than this leave too few in a part.
FEWEST_ROWS, FEWEST_GROUPS = 5 * BLOCKS, 5


def gap_of_config(config: Config, folder: Path) -> Gap:
    """The gap by data.group, by data.order, or by the order of the rows, on train and dev rows. Raises DataError."""
    dataset = prepare_data(config, folder, random_streams(config.seed))
    refuse_in_file(dataset, "--gap")
    refuse_target_means(dataset.preparation, "--gap")
    rng, is_regression = np.random.default_rng(SEED), dataset.task == "regression"
    X, y, group = rows_in_order(dataset, is_in_order=config.data.order is not None)
    if len(y) < FEWEST_ROWS:
        raise DataError(f"--gap: {len(y)} train and dev rows; it needs {FEWEST_ROWS}")
    if group is not None:
        by, parts = f"by {config.data.group}", list(by_groups(group, rng))
        if len(parts) < FEWEST_GROUPS:
            raise DataError(f"--gap: {len(parts)} groups by data.group; it needs {FEWEST_GROUPS}")
    else:
        by = f"in time, by {config.data.order}" if config.data.order is not None else "in the order of the rows"
        parts = list(in_time(len(y), rng))
    both = np.array([losses_of(X, y, part, regression=is_regression) for part in parts])
    counts = np.array([len(part.judged) for part in parts])
    apart, random = (float(column @ counts / counts.sum()) for column in both.T)
    interval = student_interval(both[:, 0] - both[:, 1])
    gap = Gap(by, "random forest", int(counts.sum()), len(parts), random, apart, apart - random, interval, False, "")
    gap = replace(gap, is_told=interval[0] > 0)
    return replace(gap, sentence=gap_sentence(gap, regression=is_regression))


def rows_in_order(dataset: Dataset, *, is_in_order: bool) -> tuple[Array, Array, Array | None]:
    """X (m, n), y (m,) and the groups (m,) of train and dev, in the order of the source; many are thinned out evenly.

    is_in_order : whether the splits are in the order of a column already.
    """
    parts = [dataset.train, dataset.dev]
    X, y = (np.concatenate([np.asarray(getattr(part, name)[:]) for part in parts]) for name in ("X", "Y"))
    by_name = dataset.rows_as_arrays()
    rows = np.concatenate([by_name["train"], by_name["dev"]])
    order = np.arange(len(rows)) if is_in_order else np.argsort(rows, kind="stable")
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_CELLS // X.shape[1]))
    if len(order) > most:
        order = order[np.linspace(0, len(order) - 1, most).round().astype(int)]
    group = None if dataset.train.group is None else np.concatenate([np.asarray(part.group) for part in parts])[order]
    return X[order].astype(np.float64), y.reshape(-1)[order], group
