"""dlrun's contestants: a config trained as `dlrun train` does, and the recipe as `dlrun recipe` follows it.

They learn from the train rows and choose by the dev rows; then all but `default` and `init` learn both, refitted.
Each has a runs folder of its own, so that none finds a run of another one. Their seconds hold the reading of the file,
too.
"""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

import dlrun
from dlrun.experiment import read_config
from dlrun.inspection.refit import refit
from dlrun.search.recipe import recipe
from dlrun.store import RunFolder, read_contents

from .rows import Rows

MEMBERS = 5


def default(rows: Rows) -> float:
    """A config with nothing but its data: what a newcomer's first run gives, from the train rows alone."""
    return trained(rows, rows.bare)


def default_refit(rows: Rows) -> float:
    """The same after `dlrun refit`: from train and dev rows, as all others."""
    return trained(rows, rows.bare, again=True)


def init(rows: Rows) -> float:
    """The config that `dlrun init` writes, as it stands."""
    return trained(rows, rows.init)


def ensemble(rows: Rows) -> float:
    """The same with the mean of five networks, after `dlrun refit`."""
    return trained(rows, rows.init, [f"ensemble={MEMBERS}"], again=True)


def recipe_of(trainings: int) -> partial[float]:
    """The recipe from the config that `dlrun init` writes, with so many trainings."""
    return partial(followed, trainings=trainings)


def followed(rows: Rows, trainings: int) -> float:
    with tempfile.TemporaryDirectory(dir=rows.place) as runs:
        found = recipe(read_config(rows.init), Path(runs), trainings=trainings)
        if found.run_id is None:
            raise ValueError("the recipe kept no run")
        return test_error(rows, Path(runs) / found.run_id)


def trained(rows: Rows, config: Path, overrides: Sequence[str] = (), *, again: bool = False) -> float:
    """again : on train and dev, by `dlrun refit`."""
    with tempfile.TemporaryDirectory(dir=rows.place) as runs:
        run = Path(dlrun.train(config, overrides, runs_dir=runs).run_dir)
        if again:
            refit(RunFolder(run))
        return test_error(rows, run)


def test_error(rows: Rows, run: Path) -> float:
    """The test error of what answers, after a look at whether its test rows are those of all. Raises ValueError."""
    contents = read_contents(RunFolder(run))
    error = contents.refit.test_error if contents.refit else contents.result_required().errors.test
    if error is None or not np.isfinite(error):
        raise ValueError(f"the training has no test error: {contents.result_required().message}")
    own = (contents.predictions or {})["test_rows"]
    if not np.array_equal(np.sort(own), np.sort(rows.test)):
        raise ValueError("the run was judged on other test rows than all others")
    return error
