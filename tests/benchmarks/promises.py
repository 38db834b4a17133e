"""`python -m tests.benchmarks.promises`: what calibration, intervals, sets and abstention keep, over 200 splits.

For each data set and seed, rows are split anew and a network is trained. Its dev rows make the promise, and its test
rows, which no one has looked at, say whether it holds.
"""

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlrun.errors import UsageError
from dlrun.experiment import run
from dlrun.experiment.prepare import read_config_text
from dlrun.model import Trust, trust_of

from .printed import table

LEVEL, SPLITS = 0.9, 200

# Noise of moons and circles that leaves more than one wrong answer in ten, so that sets have something to do.
DATA = {
    "diabetes": "{source: diabetes}",
    "regression": "{source: regression, samples: 600, noise: 40}",
    "moons": "{source: moons, samples: 1500, noise: 0.45}",
    "blobs": "{source: blobs, samples: 1500, classes: 4, cluster_std: 3.5}",
}
CONFIG = """
data: %s
seed: %d
network: {width: 16}
regularization: {lambda: 0.5, patience_epochs: 10}
training: {epochs: 40, batch_size: 64, trace: false}
report: false
"""

# The error that the answered rows are to stay below, by data set.
ABSTAIN = {"moons": 0.10, "blobs": 0.10}


class Kept(NamedTuple):
    """coverage (s,) : the share of test rows whose interval or set holds the truth. error (s,) : of the answered test
    rows, NaN where no promise was made. answered (s,) : their share. gain (s,) : of the calibration error on test."""

    coverage: np.ndarray
    error: np.ndarray
    answered: np.ndarray
    gain: np.ndarray


def trust(data: str, seed: int, folder: Path) -> Trust:
    """Of one network, on one split."""
    loaded = read_config_text(CONFIG % (data, seed), folder / "c.yaml")
    contents = run(loaded, folder / "runs")
    return trust_of(contents.predictions, contents.result_required().task)


def kept(name: str, splits: int) -> Kept:
    coverage, error, answered, gain = (np.full(splits, np.nan) for _ in range(4))
    for seed in range(splits):
        with tempfile.TemporaryDirectory() as folder:
            one = trust(DATA[name], seed, Path(folder))
        coverage[seed] = one.coverage(LEVEL)[1].held
        if one.calibration is not None:
            gain[seed] = one.calibration.error_before - one.calibration.error_after
        if name in ABSTAIN:
            try:
                _, abstention = one.abstention(ABSTAIN[name])
            except UsageError:
                continue
            answered[seed] = abstention.share
            error[seed] = np.nan if abstention.test_error is None else abstention.test_error
    return Kept(coverage, error, answered, gain)


def row_of(name: str, one: Kept) -> list[str]:
    interval = f"{one.coverage.mean():.3f} (SE {one.coverage.std() / len(one.coverage) ** 0.5:.4f})"
    made = np.isfinite(one.error)
    if not made.any():
        return [name, interval, "", "", ""]
    bound = ABSTAIN[name]
    return [
        name,
        interval,
        f"{bound:.0%}: {np.nanmean(one.error):.1%}, above it in {np.mean(one.error[made] > bound):.0%} of {made.sum()}",
        f"{np.nanmean(one.answered):.0%}",
        f"{100 * np.nanmean(one.gain):.2f}",
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.promises", description=__doc__.split("\n\n")[0])
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--data", nargs="+", default=list(DATA))
    options = parser.parse_args(arguments)
    lines = [row_of(name, kept(name, options.splits)) for name in options.data]
    header = ["", f"test rows held at {LEVEL:.0%}", "error of the answered test rows", "answered", "calibration gain"]
    print(table(f"promises over {options.splits} splits", header, lines))


if __name__ == "__main__":
    main()
