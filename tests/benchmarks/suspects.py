"""What is said of labels on the benchmark's known and fresh tasks: without a wrong one, and with some drawn anew.

`python -m tests.benchmarks.suspects 3` takes some minutes a seed: how often label-noise is told, what its rules go by
(the lower end as a share of all errors, and these as a share of a guess's), and how often the interval covers the share
of labels that is wrong.
"""

import sys
import warnings
from collections import defaultdict

import numpy as np

from dlrun.data.out_of_fold import best_out_of_fold
from dlrun.diagnosis.label_noise import FLAT, LEARNED_ENOUGH, LEAST_NOISE
from dlrun.statistics.label_noise import surest_rows
from tests.benchmarks.diagnosis.tasks import FRESH, KNOWN

DRAWN = (0.0, 0.125, 0.25)


def main(seeds=3, first=500):
    warnings.simplefilter("ignore")
    found = defaultdict(list)
    for word, task in (KNOWN | FRESH).items():
        for seed in range(first, first + seeds) if not task.regression else ():
            rng = np.random.default_rng(seed)
            X, y = task.make(rng, sum(task.rows))
            m = task.rows[0] + task.rows[1]
            X, true = X[:m], y[:m].astype(np.int64)
            for share in DRAWN:
                given, drawn = true.copy(), rng.random(m) < share
                given[drawn] = rng.permutation(true)[drawn]
                probabilities = best_out_of_fold(X, given, np.random.default_rng(0)).probabilities
                surest = surest_rows(probabilities, given)
                wrong, error = float((given != true).mean()), float((probabilities.argmax(axis=1) != given).mean())
                flat, of_guess = (
                    surest.interval[0] / error if error else 0.0,
                    error / (1 - np.bincount(given).max() / m),
                )
                found[share].append((wrong, *surest.interval, flat, of_guess))
                print(
                    f"{word:14} {wrong:.3f} wrong: {surest.share:.3f} [{surest.interval[0]:.3f},"
                    f" {surest.interval[1]:.3f}], {flat:.2f} of all errors, which are {of_guess:.2f} of a guess's",
                    flush=True,
                )
    for share, rows in found.items():
        wrong, lower, upper, flat, of_guess = np.array(rows).T
        told = (lower > LEAST_NOISE) & (flat > FLAT) & (of_guess <= LEARNED_ENOUGH)
        covered = (lower <= wrong) & (wrong <= upper)
        print(f"{share:.3f} drawn anew: told in {told.sum()} of {len(rows)}; {covered.sum()} intervals cover the share")
        print(f"  lower end {lower.min():.3f} to {lower.max():.3f}, {flat.min():.2f} to {flat.max():.2f} of all errors")
        print(f"  which are {of_guess.min():.2f} to {of_guess.max():.2f} of a guess's")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
