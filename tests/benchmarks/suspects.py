"""What is said of labels on the benchmark's known tasks: without a wrong one, and with some of them drawn anew.

`python -m tests.benchmarks.suspects 3` takes about a minute a seed: how often label-noise is told, the highest lower
end without a wrong label, and how often the interval covers the share of labels that is wrong.
"""

import sys
import warnings
from collections import defaultdict

import numpy as np

from dlrun.data.out_of_fold import best_out_of_fold
from dlrun.diagnosis.label_noise import LEAST_NOISE
from dlrun.statistics.label_noise import surest_rows
from tests.benchmarks.diagnosis.tasks import KNOWN

DRAWN = (0.0, 0.125, 0.25)


def main(seeds=3, first=500):
    warnings.simplefilter("ignore")
    found = defaultdict(list)
    for word, task in KNOWN.items():
        for seed in range(first, first + seeds) if not task.regression else ():
            rng = np.random.default_rng(seed)
            X, y = task.make(rng, sum(task.rows))
            m = task.rows[0] + task.rows[1]
            X, true = X[:m], y[:m].astype(np.int64)
            for share in DRAWN:
                given, drawn = true.copy(), rng.random(m) < share
                given[drawn] = rng.permutation(true)[drawn]
                surest = surest_rows(best_out_of_fold(X, given, np.random.default_rng(0)).probabilities, given)
                wrong = float((given != true).mean())
                found[share].append((word, wrong, surest.share, *surest.interval))
                print(
                    f"{word:14} {wrong:.3f} wrong: {surest.share:.3f} [{surest.interval[0]:.3f},"
                    f" {surest.interval[1]:.3f}]",
                    flush=True,
                )
    for share, rows in found.items():
        told, highest = sum(row[3] > LEAST_NOISE for row in rows), max(row[3] for row in rows)
        covered, below = sum(row[3] <= row[1] <= row[4] for row in rows), sum(row[1] <= row[4] for row in rows)
        print(f"{share:.3f} drawn anew: told in {told} of {len(rows)}, highest lower end {highest:.3f}")
        print(f"  the interval covers the share in {covered}, its upper end in {below}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
