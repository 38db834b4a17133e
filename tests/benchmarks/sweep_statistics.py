"""How often the statistics of a sweep hold what they say: `python -m tests.benchmarks.sweep_statistics`.

On a model whose true errors are known, and on real trainings: many small tables of two noisy moons. Markdown tables.
"""

import argparse
import time
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import stats

from dlrun.records import NO_ERRORS, BySplit
from dlrun.statistics.best_of import MOST_SETTINGS, clusters_of, honest_error, told_apart
from dlrun.statistics.pooled import prior_of_gaps, prior_of_means, together_of
from dlrun.statistics.seeds import (
    Gap,
    RowErrors,
    SeedsCompared,
    compare_over_seeds,
    gap_over_seeds,
    mean_error,
    mean_over_seeds,
    spread_of,
    two_way,
)
from dlrun.sweep.outcome import Judged, judged, optimism_over_seeds
from dlrun.sweep.ranking import Ranking, by_error
from dlrun.sweep.ranking import Setting as RankedSetting
from dlrun.sweep.records import TrainingLine
from tests.sweep_models import NORMAL, Model

from .moons_nets import swept

Setting = Sequence[RowErrors]

# Settings some of which differ by their seeds as much as by the rows of a few seeds, and others hardly.
VARIED = (0.03, 0.05, 0.1, 0.2, 0.3)

OF_NETS = "networks, seeds, true errors, cover, on this table, p <= .1, unpaired, t of seeds, Nadeau and Bengio"
OF_RULES = "settings, seeds, ours, pairs by their own seeds, each alone"
OF_POOLED = "settings, seeds, gap alone, gap with all, mean alone, mean with all"
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


def others_told(settings: Sequence[Setting]) -> dict[str, np.ndarray]:
    """By rule, which settings are told from the winner: ours, that of `told_apart` for pairs, and each gap alone."""
    k = len(settings)
    order, found = judged_sweep(settings)
    told = {name: np.zeros(k, bool) for name in OF_RULES.split(", ")[2:]}
    p = [p_value(compare_over_seeds(settings[place], settings[order[0]])) for place in order[1:]]
    told["ours"][order] = found.apart
    told["pairs by their own seeds"][order[1:]] = told_apart(p, k)
    told["each alone"][order[1:]] = np.array(p) <= 0.1
    return told


def judged_sweep(settings: Sequence[Setting]) -> tuple[list[int], Judged]:
    """The settings in the order of an outcome, and what this says of them, by its own code."""
    swept_settings = [
        RankedSetting(number, {}, {one.seed: line_of(number, one) for one in trainings})
        for number, trainings in enumerate(settings)
    ]
    order = by_error(swept_settings)
    found = judged(Ranking(order, (), (), ()), lambda line: settings[line.number][line.seed], 0.9)
    return [one.number for one in order], found


def line_of(number: int, one: RowErrors) -> TrainingLine:
    errors: BySplit[float | None] = BySplit(None, one.error(), None)
    return TrainingLine(
        key="", number=number, settings={}, seed=one.seed, status="finished", errors=errors, losses=NO_ERRORS
    )


def equal_settings(draws: int) -> Iterable[Sequence[object]]:
    """How often any of k equal settings is called worse than the winner, and a better one is found."""
    cases = [(k, 1, (0.0,)) for k in (2, 10, 50)] + [
        (k, seeds, lucks) for k in (2, 6, 20, 50) for seeds in (2, 3, 5) for lucks in ((0.0,), (0.15,), VARIED)
    ]
    for k, seeds, lucks in cases:
        model, rng = Model(table=600, dev=0.2, lucks=lucks), np.random.default_rng(2)
        found = [others_told(model.drawn(rng, k, seeds)) for _ in range(draws if k < 50 else draws // 3)]
        what = f"model, {k} equal, luck {' to '.join(f'{luck:g}' for luck in (lucks[0], *lucks[1:][-1:]))}"
        yield what, seeds, *(share([told[rule].any() for told in found]) for rule in found[0])
    for k, seeds in ((10, 1), (6, 2), (20, 2), (10, 3), (10, 5)):
        sweeps = swept(np.random.default_rng(3), draws // 2, 600, 0.2, seeds, [4] * k)
        found = [others_told(one.trainings) for one in sweeps]
        yield f"networks, {k} equal", seeds, *(share([told[rule].any() for told in found]) for rule in found[0])


def better_settings(draws: int) -> Iterable[Sequence[object]]:
    """Of the settings that are truly worse than the best, how many are told; and how often a best one is told."""
    much = NORMAL.inv_cdf(0.15) - NORMAL.inv_cdf(0.05)
    for k, seeds, best, better, dev_rows in (
        (10, 5, 2, 0.3, 120),
        (24, 5, 2, 0.6, 120),
        (24, 1, 2, 0.6, 120),
        *((k, seeds, k // 2, much, dev_rows) for seeds in (2, 3) for k in (2, 6, 20) for dev_rows in (120, 360)),
    ):
        model = Model(table=5 * dev_rows, dev=0.2, lucks=(0.1,), better=better, first=best)
        rng, rows = np.random.default_rng(4), []
        for _ in range(draws // 2):
            told = others_told(model.drawn(rng, k, seeds))
            rows.append([(one[best:].mean(), one[:best].any()) for one in told.values()])
        errors = f"{best} of {k} at {model.true_error(0):.1%}, others {model.true_error(k):.1%}, {dev_rows} dev rows"
        yield errors, seeds, *(f"{worse:.1%}, {equal:.1%}" for worse, equal in np.mean(rows, axis=0))
    for seeds, rows_, dev, widths, best in ((2, 600, 0.2, [8] * 6 + [2] * 4, 6), (3, 600, 0.3, [8] * 3 + [2] * 3, 3)):
        sweeps = swept(np.random.default_rng(3), draws // 2, rows_, dev, seeds, widths)
        true, found = np.mean([one.true for one in sweeps], axis=(0, 2)), []
        for one in sweeps:
            found.append([(told[best:].mean(), told[:best].any()) for told in others_told(one.trainings).values()])
        errors = f"networks, {best} of {len(widths)} at {true[:best].mean():.1%}, others {true[best:].mean():.1%}"
        yield errors, seeds, *(f"{worse:.1%}, {equal:.1%}" for worse, equal in np.mean(found, axis=0))


def pooled_intervals(draws: int) -> Iterable[Sequence[object]]:
    """Coverage and median width in points of the gap of two settings and of a mean, alone and with all settings."""
    for k in (6, 20):
        for seeds in (2, 3, 5):
            for lucks, alike in (((0.0,), False), ((0.15,), False), (VARIED, False), ((0.15,), True)):
                model, rng = Model(table=600, dev=0.2, lucks=lucks, alike=alike), np.random.default_rng(6)
                sweeps = [model.drawn(rng, k, seeds) for _ in range(draws)]
                what = f"model, {k}, luck {' to '.join(f'{luck:g}' for luck in (lucks[0], *lucks[1:][-1:]))}"
                yield what + (", the same for all" if alike else ""), seeds, *covers(sweeps, [0.15] * k)
    for seeds, widths in ((2, [4] * 6), (2, [2, 3, 4, 5, 6, 8]), (3, [2, 3, 4, 5, 6, 8]), (5, [2, 4, 8])):
        nets = swept(np.random.default_rng(7), draws // 2, 600, 0.2, seeds, widths)
        true = np.mean([one.true for one in nets], axis=(0, 2))
        yield f"networks, widths {widths}", seeds, *covers([one.trainings for one in nets], true.tolist())


def covers(sweeps: Sequence[Sequence[Setting]], true: Sequence[float]) -> Iterable[str]:
    """Of two settings drawn from each sweep: of their gap, then of a mean; alone, then with all settings."""
    rng, found = np.random.default_rng(8), []
    for settings in sweeps:
        one, two = rng.choice(len(settings), 2, replace=False)
        clusters = clusters_of(settings[one])
        together = together_of(np.stack([sums for s in settings if (sums := clusters.sums(s)) is not None]), clusters)
        gap, mean = gap_over_seeds(settings[one], settings[two]), mean_over_seeds(settings[one])
        assert isinstance(gap, Gap)
        intervals = [gap.compared(0.9, prior).interval for prior in (None, prior_of_gaps(together))]
        intervals += [mean.spread(0.9, prior).interval or (0, 1) for prior in (None, prior_of_means(together))]
        of = [true[one] - true[two]] * 2 + [true[one]] * 2
        found.append([(low <= t <= high, high - low) for (low, high), t in zip(intervals, of, strict=True)])
    covered, width = np.mean(found, axis=0)[:, 0], np.median(found, axis=0)[:, 1]
    return [f"{c:.0%}, {100 * w:.1f}" for c, w in zip(covered, width, strict=True)]


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
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the tables, from 0")
    asked = parser.parse_args()
    draws, began = asked.draws, time.perf_counter()
    tables = (
        ("Intervals of 90% over seeds, a model", "dev rows, seeds, luck, cover, width", spreads(2 * draws)),
        ("Regressions, a model", "seeds, luck, cover, p <= .1 if equal", regressions(2 * draws)),
        ("Real trainings of two settings", OF_NETS, of_nets(draws)),
        ("Any of k equal settings told from the winner", OF_RULES, equal_settings(draws)),
        ("Intervals of 90% alone and with all settings: they cover, width", OF_POOLED, pooled_intervals(draws)),
        ("Worse settings told from the winner, and any of the best", OF_RULES, better_settings(draws)),
        ("What the winner flatters itself by, in points", OF_HONEST, honest(draws)),
    )
    for number, (title, header, rows) in enumerate(tables):
        if asked.only is None or number in asked.only:
            markdown(title, header.split(", "), rows)
    print(f"\n{draws} draws, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
