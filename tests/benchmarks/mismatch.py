"""How often the mismatch test speaks, without a shift and with one: `python -m tests.benchmarks.mismatch`."""

import argparse
import time

import numpy as np

from dlrun.statistics.mismatch import distribution_shift

FEATURES = 10


def shifted(what: str, rows: np.ndarray) -> np.ndarray:
    """Independent normal rows (m, FEATURES), moved in one way."""
    if what.startswith("mean"):
        rows[:, 0] += float(what.split()[1])
    if what == "spread 1.5 in two":
        rows[:, :2] *= 1.5
    if what == "correlation 0.7":
        rows[:, 1] = 0.7 * rows[:, 0] + (1 - 0.7**2) ** 0.5 * rows[:, 1]
    return rows


def rates(what: str, draws: int, train: int, dev: int) -> dict[str, float]:
    """Shares of the draws with p <= .05, with p <= .01, and told (certain and large)."""
    found = []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        a, b = rng.standard_normal((train, FEATURES)), shifted(what, rng.standard_normal((dev, FEATURES)))
        shift = distribution_shift(a, b, rng=rng)
        found.append((shift.p_value <= 0.05, shift.p_value <= 0.01, shift.is_told()))
    return dict(zip(("p <= .05", "p <= .01", "told"), np.mean(found, axis=0).tolist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--train", type=int, default=500)
    parser.add_argument("--dev", type=int, default=200)
    given = parser.parse_args()
    for what in ("nothing", "mean 0.5", "mean 0.75", "spread 1.5 in two", "correlation 0.7"):
        began = time.perf_counter()
        shares = rates(what, given.draws, given.train, given.dev)
        each = 1000 * (time.perf_counter() - began) / given.draws
        print(f"{what:20}", *(f"{name} {share:6.1%}" for name, share in shares.items()), f"{each:.0f} ms", sep="  ")


if __name__ == "__main__":
    main()
