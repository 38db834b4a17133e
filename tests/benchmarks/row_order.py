"""How often neighbours-alike is told: on rows in no order, on the bundled sets as they stand, and where rows drift.

`python -m tests.benchmarks.row_order 20` trains short networks, and says what share of a run's time the look takes.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from unittest import mock

import numpy as np
import yaml

from dlrun.experiment import read_config, result, row_order, run

NETWORK = {
    "ensemble": 1,
    "network": {"depth": 2, "width": 32, "activation": "relu", "init": "he"},
    "training": {"optimizer": "adam", "learning_rate": 0.005, "batch_size": 32, "epochs": 20},
}
BUNDLED = ("digits", "breast_cancer", "wine", "iris", "diabetes")
GENERATED = ("moons", "circles", "blobs", "classification", "regression")
M = 900


def slope(rng, X, t):
    """Classes by two inputs, of which the second's weight changes its sign in the course of the rows."""
    return X[:, 0] + 2 * X[:, 1] * (2 * t - 1) + 0.3 * rng.standard_normal(M) > 0


def level(rng, X, t):
    """Classes by an input and a slow wave that no input knows."""
    return X[:, 0] + np.sin(12 * t + rng.uniform(0, 6)) + 0.3 * rng.standard_normal(M) > 0


def none(rng, X, t):
    return X[:, 0] * X[:, 1] + 0.5 * rng.standard_normal(M) > 0


def written(folder, make, seed):
    rng = np.random.default_rng(seed)
    X, t = rng.standard_normal((M, 5)), np.arange(M) / M
    y = make(rng, X, t)
    words = [["no", "yes"][int(label)] for label in y]
    lines = [",".join([*(f"{value:.4f}" for value in row), word]) for row, word in zip(X, words, strict=True)]
    (folder / "t.csv").write_text("\n".join(["a,b,c,d,e,y", *lines]) + "\n")
    return {"source": "t.csv", "target": "y"}


def is_told(folder, data, seed, spent):
    """Whether a training is told of it; `spent` gains the seconds of the look and of the whole."""
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump(NETWORK | {"data": data, "seed": seed}))

    def timed(*arguments):
        began = time.perf_counter()
        found = row_order.row_order_findings(*arguments)
        spent["look"] += time.perf_counter() - began
        return found

    began = time.perf_counter()
    with mock.patch.object(result, "row_order_findings", timed):
        done = run(read_config(path), folder / "runs")
    spent["all"] += time.perf_counter() - began
    return any(finding.code == "neighbours-alike" for finding in done.result_required().data_findings)


def main(seeds=20):
    kinds = [(word, None) for word in (*BUNDLED, *GENERATED)] + [(one.__name__, one) for one in (none, slope, level)]
    for word, make in kinds:
        spent, told = Counter(), 0
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as there:
                folder = Path(there)
                data = written(folder, make, seed) if make else {"source": word}
                told += is_told(folder, data, seed, spent)
        print(f"{word:15} told in {told} of {seeds}, {spent['look'] / spent['all']:.1%} of the time", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
