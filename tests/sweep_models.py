"""Sweeps drawn from a model whose true errors are known, for the tests and the benchmark of their statistics."""

from statistics import NormalDist

import numpy as np

from dlrun.statistics.seeds import RowErrors

NORMAL = NormalDist()

# Half of what makes an answer wrong is the row's own difficulty, the same for all settings and seeds.
SHARED = 0.5


class Model:
    """Settings trained with seeds on one table. A row is answered wrongly if its difficulty, the setting's own noise on
    it and the luck of the seed fall below a level.

    error : of a setting with a seed of no luck. luck : the standard deviation of seeds, where that of rows is 1.
    better : by how much the level of the first settings is lower. first : how many those are. fixed : whether all
    seeds have the same dev rows, as those of a file of their own. lucks : of each setting in turn, instead of `luck`;
    then the error is that over all seeds. alike : whether all settings have the same luck with a seed.
    """

    def __init__(
        self, *, table=400, dev=0.25, error=0.15, luck=0.0, better=0.0, first=0, fixed=False, lucks=(), alike=False
    ):
        self.lucks, self.alike = lucks, alike
        self.table, self.dev_rows = table, round(dev * table)
        self.fixed = fixed
        self.level, self.luck, self.better, self.first = NORMAL.inv_cdf(error), luck, better, first

    def luck_of(self, setting):
        return self.lucks[setting % len(self.lucks)] if self.lucks else self.luck

    def level_of(self, setting):
        level = self.level - (self.better if setting < self.first else 0.0)
        return level * (1 + self.luck_of(setting) ** 2) ** 0.5 if self.lucks else level

    def true_error(self, setting):
        """On fresh rows, over all seeds."""
        return NORMAL.cdf(self.level_of(setting) / (1 + self.luck_of(setting) ** 2) ** 0.5)

    def drawn(self, rng, settings, seeds):
        """The row errors of each setting, by seed: the same dev rows for all settings."""
        difficulty = rng.normal(scale=SHARED**0.5, size=self.table)
        rows = [np.sort(rng.permutation(self.table)[: self.dev_rows]) for _ in range(seeds)]
        rows = rows[:1] * seeds if self.fixed else rows
        shared = rng.normal(size=seeds) if self.alike else [None] * seeds
        return [
            [
                RowErrors(
                    seed,
                    rows[seed],
                    self.noisy(rng, difficulty[rows[seed]], setting, shared[seed]) < self.level_of(setting),
                )
                for seed in range(seeds)
            ]
            for setting in range(settings)
        ]

    def noisy(self, rng, difficulty, setting, shared):
        own = difficulty + rng.normal(scale=(1 - SHARED) ** 0.5, size=len(difficulty))
        return own + self.luck_of(setting) * (rng.normal() if shared is None else shared)
