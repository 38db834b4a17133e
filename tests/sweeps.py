"""Outcomes of sweeps for tests of what is seen of them: made by code, with errors that a formula says."""

import math
from dataclasses import replace

import numpy as np
from pages import HOSTILE

from dlrun.nn.snapshots import layer_weights
from dlrun.statistics.seeds import SeedsCompared, Spread
from dlrun.sweep.records import (
    MOST_POINTS,
    Boundary,
    Counts,
    Drawn,
    SettingOutcome,
    SweepOutcome,
    SweptKey,
    TrainingPath,
    Winner,
)

LAMBDA, WIDTH, KEEP, ACTIVATION = (
    "regularization.lambda",
    "network.width",
    "regularization.keep_prob",
    "network.activation",
)


def spread(mean, seeds=5):
    """An error over seeds, its interval two points wide on each side."""
    return Spread(mean, 0.01 if seeds > 1 else None, (max(0.0, mean - 0.02), mean + 0.02), seeds)


def setting(number, settings, errors, *, above=None, seeds=5, **changes):
    """A setting with its train and dev error; above : its difference from the winner, equal if below one point."""
    known = None if errors is None else [spread(error, seeds) for error in errors]
    difference = None
    if above is not None:
        difference = SeedsCompared(
            above, (above - 0.01, above + 0.01), 0.5, 0.9, seeds, 300, "paired by seeds and rows"
        )
    usual = {
        "number": number,
        "settings": settings,
        "counts": Counts(finished=seeds if known else 0),
        "train": known[0] if known else None,
        "dev": known[1] if known else None,
        "difference": difference,
        "is_equal": known is not None and (above is None or above < 0.01),
        "seconds": 0.25,
        "run_ids": (),
    }
    return SettingOutcome(**usual | changes)


def outcome(keys, settings, **changes):
    """A sweep of these settings, whose winner is the first."""
    best = settings[0]
    seeds = max(sum(vars(best.counts).values()), 1)
    ways = Counts(*(sum(getattr(s.counts, way) for s in settings) for way in vars(Counts())))
    winner = None
    if best.dev:
        winner = Winner(
            number=best.number,
            settings=best.settings,
            overrides=tuple(f"{key}={value}" for key, value in best.settings.items()),
            dev=best.dev,
            candidates=len(settings),
            optimism_up_to=0.018,
            honest_dev=best.dev.mean + 0.004,
            honest_interval=(best.dev.mean - 0.02, best.dev.mean + 0.03),
            equals=tuple(s.number for s in settings[1:] if s.is_equal),
            test=spread(best.dev.mean + 0.002, seeds),
            sentence="it has the lowest dev error; it may flatter itself by up to 1.8 points",
        )
    usual = {
        "sweep_id": "20261128-070000-demo-ab12",
        "name": "demo",
        "config": "configs/demo.yaml",
        "status": "interrupted" if ways.to_come else "finished",
        "task": "binary",
        "keys": keys,
        "seeds": tuple(range(seeds)),
        "planned": sum(vars(ways).values()),
        "counts": ways,
        "confidence": 0.9,
        "settings": tuple(settings),
        "winner": winner,
        "seconds": 7.5,
        "saved_seconds": 0.0,
        "notes": (),
    }
    return SweepOutcome(**usual | changes)


def ranked(keys, all_settings, error_of, **changes):
    """A sweep of these values of the keys, with the (train, dev) errors that a function says."""
    known = [(error_of(values), number, values) for number, values in enumerate(all_settings)]
    known.sort(key=lambda each: each[0][1])
    best = known[0][0][1]
    settings = [
        setting(number, values, errors, above=errors[1] - best if place else None)
        for place, (errors, number, values) in enumerate(known)
    ]
    return outcome(keys, settings, **changes)


def lambda_sweep(**changes):
    """One key with a 0 among values on a logarithmic scale; variance at its left, bias at its right."""
    values = (0, 0.1, 0.3, 1, 3, 10)
    errors = {0: (0.0, 0.22), 0.1: (0.0, 0.2), 0.3: (0.01, 0.19), 1: (0.06, 0.165), 3: (0.12, 0.157), 10: (0.15, 0.17)}
    keys = (SweptKey(LAMBDA, values, "log"),)
    return ranked(keys, [{LAMBDA: value} for value in values], lambda s: errors[s[LAMBDA]], **changes)


def two_keys(**changes):
    """A grid of two keys, one setting of which has diverged and one has failed."""
    widths, keeps = (16, 64, 256), (0.5, 0.75, 1.0)
    keys = (SweptKey(WIDTH, widths, "log"), SweptKey(KEEP, keeps, "linear"))
    grid = [{WIDTH: width, KEEP: keep} for width in widths for keep in keeps]
    found = ranked(keys, grid, lambda s: (1 / s[WIDTH], 0.02 + 1 / s[WIDTH] + 0.03 * (1 - s[KEEP])))
    *sound, one, other = found.settings
    ill = {"train": None, "dev": None, "difference": None}
    lost = [
        setting(one.number, one.settings, None, counts=Counts(failed=5), message="the process was killed", **ill),
        setting(other.number, other.settings, None, counts=Counts(diverged=5), message="the cost is nan", **ill),
    ]
    return outcome(keys, [*sound, *lost], **changes)


def four_keys(count=60, **changes):
    """Settings drawn from ranges of three keys, and words."""
    rng = np.random.default_rng(0)
    rates, widths = 10 ** rng.uniform(-4, 0, count), np.round(2 ** rng.uniform(4, 9, count)).astype(int)
    keeps, words = rng.uniform(0.5, 1, count), rng.choice(["relu", "tanh", "sigmoid"], count)
    columns = {"training.learning_rate": rates, WIDTH: widths, KEEP: keeps, ACTIVATION: words}
    plain = {key: values.tolist() for key, values in columns.items()}
    scales = ("log", "log", "linear", "words")
    keys = tuple(SweptKey(key, tuple(sorted(set(plain[key]))), scale) for key, scale in zip(plain, scales, strict=True))

    def error_of(s):
        off = abs(math.log10(s["training.learning_rate"]) + 2) / 2
        dev = 0.02 + 0.3 * off**2 + 1 / s[WIDTH] + 0.02 * (s[ACTIVATION] == "sigmoid")
        return 0.7 * dev, dev

    rows = [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]
    return ranked(keys, rows, error_of, **changes)


def drawn_of(sweep, *, seeds=2, inputs=False, classes=("no", "yes")):
    """Paths of all settings, half of which end early; boundaries, dev points and weights of two layers if `inputs`."""
    paths = []
    for one in sweep.settings:
        if one.dev is None:
            continue
        for seed in range(seeds):
            epochs = np.arange(1, MOST_POINTS + 1 if (one.number + seed) % 2 == 0 else MOST_POINTS // 2)
            fall = np.exp(-epochs / 10)
            errors = [spread_.mean + (0.5 - spread_.mean) * fall + 0.003 * seed for spread_ in (one.train, one.dev)]
            paths.append(TrainingPath(one.number, seed, epochs, *errors))
    if not inputs:
        return Drawn(tuple(paths), {})
    rng, grid = np.random.default_rng(0), np.linspace(-3.0, 3.0, 40)
    points = rng.normal(size=(300, 2))
    x, y = np.meshgrid(grid, grid)
    boundaries = {
        one.number: Boundary(one.number, 0, grid, grid, 0.5 + 0.5 * np.tanh(x + (0.1 * one.number) * y))
        for one in sweep.settings
        if one.dev
    }
    weights = {
        number: tuple(layer_weights(layer, rng.normal(size=300) / (layer + number)) for layer in (1, 2))
        for number in boundaries
    }
    return Drawn(tuple(paths), boundaries, points, (points[:, 0] > 0).astype(int), ("x0", "x1"), classes, weights)


def hostile_sweep():
    """A sweep whose every text is hostile, with what is drawn of it."""
    values = (*HOSTILE, "d")
    keys = (SweptKey(ACTIVATION, values, "words"),)
    errors = {value: (0.1, 0.2 + 0.01 * place) for place, value in enumerate(values)}
    found = ranked(keys, [{ACTIVATION: value} for value in values[:-1]], lambda s: errors[s[ACTIVATION]])
    lost = setting(9, {ACTIVATION: "d"}, None, counts=Counts(failed=5), message=HOSTILE[0])
    words = {"name": HOSTILE[0], "notes": HOSTILE, "sweep_id": HOSTILE[1], "config": HOSTILE[1]}
    sweep = outcome(keys, [*found.settings, lost], **words)
    sweep = replace(sweep, winner=replace(sweep.winner, sentence=HOSTILE[0]))
    return sweep, drawn_of(sweep, inputs=True, classes=HOSTILE[:2])
