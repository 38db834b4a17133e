"""How often the statistics of a sweep hold what they say: `python -m tests.benchmarks.sweep_statistics`.

On a model whose true errors are known, and on real trainings: many small tables of two noisy moons. Markdown tables.
"""

import argparse
import time
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import stats

from dlrun.statistics.best_of import MOST_SETTINGS, clusters_of, honest_error, told_apart
from dlrun.statistics.seeds import RowErrors, SeedsCompared, compare_over_seeds, mean_error, spread_of, two_way
from dlrun.sweep.outcome import optimism_over_seeds
from tests.sweep_models import Model

from .moons_nets import swept

Setting = Sequence[RowErrors]

OF_NETS = "networks, seeds, true errors, cover, on this table, p <= .1, unpaired, t of seeds, Nadeau and Bengio"
OF_RULES = "settings, seeds, ours, Bonferroni of k - 1, each alone"
OF_HONEST = "settings, seeds, luck, bias of the winner, of the honest error, covers, width, up to"


def markdown(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table, a row as soon as it is known."""
    print(f"\n{title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}", flush=True)
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def share(values: Sequence[bool] | np.ndarray) -> str:
    return f"{np.mean(values):.1%}"


def spreads(draws: int) -> Iterable[Sequence[object]]:
    """The model: coverage of the error on fresh rows, and the median width in points."""
    for fixed in (False, True):
        for seeds in (2, 3, 5, 10):
            for luck in (0.0, 0.05, 0.1, 0.2, 0.4):
                model, rng = Model(luck=luck, fixed=fixed), np.random.default_rng(1)
                found = [spread_of(model.drawn(rng, 1, seeds)[0]).interval for _ in range(draws)]
                true = model.true_error(0)
                covers, width = [low <= true <= high for low, high in found], np.median(np.diff(found))
                rows = "the same" if fixed else "drawn by the seed"
                yield rows, seeds, luck, share(covers), f"{100 * width:.1f}"


def regressions(draws: int) -> Iterable[Sequence[object]]:
    """Squared errors of noise with 6 degrees of freedom: coverage of 1 - R², and false alarms of equal settings."""
    for seeds in (1, 2, 5, 10):
        for luck in (0.0, 0.2):
            rng, covers, alarms = np.random.default_rng(1), [], []
            for _ in range(draws):
                one, two = regression_settings(rng, seeds, luck)
                low, high = spread_of(one).interval or (np.nan, np.nan)
                # noise of variance 1.5 (t6) + 0.5, times (1 + luck²) for the seeds; targets of variance 4 + 1.5
                covers.append(low <= (1.5 + 0.5 * (1 + luck**2)) / 5.5 <= high)
                alarms.append(p_value(compare_over_seeds(one, two)) < 0.1)
            yield seeds, luck, share(covers), share(alarms)


def regression_settings(rng: np.random.Generator, seeds: int, luck: float) -> list[list[RowErrors]]:
    """Two equal settings. An error has a part of the row, which no network can know, and one of the network."""
    table, m = 400, 100
    noise = rng.standard_t(6, table)
    targets = rng.normal(scale=2, size=table) + noise
    rows, settings = [rng.permutation(table)[:m] for _ in range(seeds)], []
    for _ in range(2):
        trainings = []
        for seed in range(seeds):
            own = np.sqrt(0.5) * (rng.normal(size=m) + luck * rng.normal())
            squares, of_rows = np.square(noise[rows[seed]] + own), targets[rows[seed]]
            trainings.append(RowErrors(seed, rows[seed], squares / of_rows.var(), None, of_rows))
        settings.append(trainings)
    return settings


def p_value(found: SeedsCompared | None) -> float:
    return 1.0 if found is None else found.p_value


def of_nets(draws: int) -> Iterable[Sequence[object]]:
    """Real trainings: coverage of the error over all tables and on this table; equal and different settings."""
    for rows, dev, seeds, widths in (
        (200, 0.2, 1, [8, 8]),
        (200, 0.2, 2, [8, 8]),
        (200, 0.2, 3, [8, 8]),
        (200, 0.2, 5, [8, 8]),
        (200, 0.2, 10, [8, 8]),
        (200, 0.5, 5, [8, 8]),
        (400, 0.25, 2, [2, 2]),
        (400, 0.25, 5, [2, 2]),
        (400, 0.25, 10, [3, 3]),
        (600, 0.2, 5, [8, 9]),
        (400, 0.25, 2, [2, 8]),
        (400, 0.25, 3, [2, 8]),
        (400, 0.25, 5, [2, 4]),
        (400, 0.25, 5, [3, 8]),
    ):
        sweeps = swept(np.random.default_rng(1), draws, rows, dev, seeds, widths)
        true = np.mean([one.true for one in sweeps], axis=(0, 2))
        covers, here, alarms = [], [], []
        for one in sweeps:
            for k in range(2):
                low, high = spread_of(one.trainings[k]).interval or (np.nan, np.nan)
                covers.append(low <= true[k] <= high)
                here.append(low <= one.true[k].mean() <= high)
            alarms.append([p <= 0.1 for p in tests_of(*one.trainings, dev)])
        errors = " and ".join(f"{error:.1%}" for error in true)
        what = f"{rows} rows, {dev:.0%} dev, widths {widths[0]} and {widths[1]}"
        yield what, seeds, errors, share(covers), share(here), *(share(test) for test in np.transpose(alarms))


def tests_of(one: Setting, two: Setting, dev: float) -> list[float]:
    """p-values: ours; without pairing; t of the seeds' differences; Nadeau and Bengio's."""
    ours, S = p_value(compare_over_seeds(one, two)), len(one)
    if S == 1:
        counts = np.array([[errors.sum(), len(errors) - errors.sum()] for errors in (one[0].errors, two[0].errors)])
        return [ours, stats.fisher_exact(counts).pvalue, 1.0, 1.0]
    gaps = np.array([a.error() - b.error() for a, b in zip(one, two, strict=True)])
    spread, difference = [two_way(trainings, mean_error(trainings)) for trainings in (one, two)], gaps.mean()
    error = sum(part.variance for part in spread) ** 0.5
    unpaired = 2 * stats.t.sf(abs(difference) / error, min(part.degrees for part in spread)) if error else 1.0
    if np.ptp(gaps) < 1e-12:
        return [ours, unpaired, 1.0 if difference == 0 else 0.0, 1.0 if difference == 0 else 0.0]
    of_seeds = 2 * stats.t.sf(abs(difference) / (gaps.var(ddof=1) / S) ** 0.5, S - 1)
    nadeau = 2 * stats.t.sf(abs(difference) / ((1 / S + dev / (1 - dev)) * gaps.var(ddof=1)) ** 0.5, S - 1)
    return [ours, unpaired, of_seeds, nadeau]


def others_told(settings: Sequence[Setting]) -> tuple[int, dict[str, np.ndarray]]:
    """The winner, and by rule which others are told from it."""
    winner, k = int(np.argmin([mean_error(one) for one in settings])), len(settings)
    others = [place for place in range(k) if place != winner]
    p = np.array([p_value(compare_over_seeds(settings[place], settings[winner])) for place in others])
    told = {name: np.zeros(k, bool) for name in ("ours", "Bonferroni of k - 1", "each alone")}
    told["ours"][others] = told_apart(p.tolist(), k)
    told["Bonferroni of k - 1"][others] = p <= 0.1 / (k - 1)
    told["each alone"][others] = p <= 0.1
    return winner, told


def equal_settings(draws: int) -> Iterable[Sequence[object]]:
    """How often any of k equal settings is called worse than the winner, and a better one is found."""
    for k, seeds, luck in ((2, 1, 0), (10, 1, 0), (50, 1, 0), (2, 5, 0.1), (10, 5, 0.1), (50, 5, 0.1), (10, 2, 0.1)):
        model, rng = Model(table=600, luck=luck), np.random.default_rng(2)
        found = [others_told(model.drawn(rng, k, seeds))[1] for _ in range(draws)]
        yield f"model, {k} equal", seeds, *(share([told[rule].any() for told in found]) for rule in found[0])
    for k, seeds in ((10, 1), (10, 3), (10, 5)):
        sweeps = swept(np.random.default_rng(3), draws // 2, 600, 0.2, seeds, [4] * k)
        found = [others_told(one.trainings)[1] for one in sweeps]
        yield f"networks, {k} equal", seeds, *(share([told[rule].any() for told in found]) for rule in found[0])


def better_settings(draws: int) -> Iterable[Sequence[object]]:
    """Of the settings that are truly worse than the best, how many are told; and how often a best one is told."""
    for k, seeds, better in ((10, 5, 0.3), (10, 5, 0.6), (24, 5, 0.6), (24, 1, 0.6)):
        model, rng, rows = Model(table=600, luck=0.05, better=better, first=2), np.random.default_rng(4), []
        for _ in range(draws // 2):
            _, told = others_told(model.drawn(rng, k, seeds))
            rows.append([(one[2:].mean(), one[:2].any()) for one in told.values()])
        errors = f"2 of {k} at {model.true_error(0):.1%}, others {model.true_error(k):.1%}"
        yield errors, seeds, *(f"{worse:.1%}, {best:.1%}" for worse, best in np.mean(rows, axis=0))


def honest(draws: int) -> Iterable[Sequence[object]]:
    """The winner's bias, that of its honest error, how often the bound and the interval hold."""
    for seeds in (1, 2, 5):
        for luck, first, better in ((0.0, 0, 0.0), (0.15, 0, 0.0), (0.15, 3, 0.3)):
            for k in (1, 5, 50, 500):
                model, rng = Model(table=600, dev=0.2, luck=luck, first=first, better=better), np.random.default_rng(5)
                found = np.array([honest_once(model, rng, k, seeds) for _ in range(draws // 4)])
                naive, fair, width, covered, up_to = found.mean(axis=0)
                which = f"{k}, of which {min(first, k)} are better" if first else f"{k} equal"
                yield (
                    which,
                    seeds,
                    luck,
                    f"{100 * naive:+.2f}",
                    f"{100 * fair:+.2f}",
                    f"{covered:.0%}",
                    f"{100 * width:.1f}",
                    f"{100 * up_to:.2f}",
                )


def honest_once(model: Model, rng: np.random.Generator, k: int, seeds: int) -> tuple[float, float, float, bool, float]:
    """The bias of the winner's error and of its honest one; the interval's width, whether it covers; the bound."""
    settings = sorted(enumerate(model.drawn(rng, k, seeds)), key=lambda one: mean_error(one[1]))[:MOST_SETTINGS]
    number, winner = settings[0]
    clusters = clusters_of(winner)
    found = honest_error(winner, np.stack([clusters.sums(one) for _, one in settings]), clusters.counts)
    true, naive = model.true_error(number), mean_error(winner)
    low, high = found.interval
    bound = optimism_over_seeds(winner, naive, k, k, 1)
    return naive - true, found.error - true, high - low, low <= true <= high, bound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=400)
    draws, began = parser.parse_args().draws, time.perf_counter()
    for title, header, rows in (
        ("Intervals of 90% over seeds, a model", "dev rows, seeds, luck, cover, width", spreads(2 * draws)),
        ("Regressions, a model", "seeds, luck, cover, p <= .1 if equal", regressions(2 * draws)),
        ("Real trainings of two settings", OF_NETS, of_nets(draws)),
        ("Any of k equal settings told from the winner", OF_RULES, equal_settings(draws)),
        ("Worse settings told from the winner, and any of the best", OF_RULES, better_settings(draws)),
        ("What the winner flatters itself by, in points", OF_HONEST, honest(draws)),
    ):
        markdown(title, header.split(", "), rows)
    print(f"\n{draws} draws, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
