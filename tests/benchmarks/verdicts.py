"""How often a definite verdict is wrong, counted exactly: `python -m tests.benchmarks.verdicts`.

At the edges of the zone, where it is hardest, over sizes and errors: a variance of exactly the lower threshold must not
be called high or moderate, one of exactly the upper threshold not low or moderate, in more than 5 of 100 samples. Every
sample that can occur is weighed by its probability; nothing is drawn.
"""

from itertools import product

import numpy as np
from scipy.stats import binom

from dlrun.statistics.intervals import difference_interval, proportion_interval

DEV_ROWS = (50, 200, 1000, 10_000)
TRAIN_ROWS = (200, 1000, 10_000)
TRAIN_ERRORS = (0.0, 0.005, 0.05, 0.15, 0.30)
# The full zone, and that of a baseline of 5%.
ZONES = ((0.02, 0.05), (0.002, 0.005))
BAR = 0.055


def likely(p: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The counts (k,) that hold all but 1e-9 of the probability, and their probabilities."""
    low, high = binom.ppf([5e-10, 1 - 5e-10], n, p)
    counts = np.arange(max(0, low), high + 1)
    return counts, binom.pmf(counts, n, p)


def wrong_shares(p_dev: float, n_dev: int, p_train: float, n_train: int) -> tuple[float, float]:
    """How often the interval of dev less train error lies wholly above, and wholly below, the true difference."""
    (dev, dev_chance), (train, train_chance) = likely(p_dev, n_dev), likely(p_train, n_train)
    ends_dev = [end[:, None] for end in proportion_interval(dev, n_dev)]
    ends_train = [end[None] for end in proportion_interval(train, n_train)]
    shares = dev[:, None] / n_dev, train[None] / n_train
    lower, upper = difference_interval(shares[0], ends_dev, shares[1], ends_train)
    chance, true = dev_chance[:, None] * train_chance[None], p_dev - p_train
    return float(chance[lower > true + 1e-12].sum()), float(chance[upper < true - 1e-12].sum())


def worst(dev_rows=DEV_ROWS, train_rows=TRAIN_ROWS, train_errors=TRAIN_ERRORS, zones=ZONES) -> dict[str, tuple]:
    """The worst (share, cell) of wrong definite verdicts: "too high" at the lower edge, "too low" at the upper one."""
    cells = list(product(zones, dev_rows, train_rows, train_errors))
    high = [(wrong_shares(p + zone[0], n, p, m)[0], (zone, n, m, p)) for zone, n, m, p in cells]
    low = [(wrong_shares(p + zone[1], n, p, m)[1], (zone, n, m, p)) for zone, n, m, p in cells]
    return {"too high": max(high), "too low": max(low)}


def worst_bias(train_rows=TRAIN_ROWS, optimal_errors=TRAIN_ERRORS, judgements=(200, 1000), zones=ZONES) -> dict:
    """The same of the bias, against an optimal error that people's `judgements` gave."""
    return worst(train_rows, judgements, optimal_errors, zones)


def main() -> None:
    for name, found in (("variance", worst()), ("bias, optimal error counted", worst_bias())):
        for edge, (share, (zone, n, m, p)) in found.items():
            cell = f"thresholds {zone}, {n} rows against {m}, lower error {p:g}"
            print(f"{name}, {edge}: {share:.2%} at worst ({cell}); the bar is {BAR:.1%}")


if __name__ == "__main__":
    main()
