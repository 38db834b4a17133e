"""The outcome of a sweep from its lines and predictions: every setting's errors, the winner, and what may be as good.

`dlrun sweep` and `dlrun compare SWEEP` make it. Lines are kept as figures, and predictions are read a setting at a
time, of the best settings alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal, TypeGuard

import numpy as np

from ..arrays import Array
from ..config import yaml_value
from ..data.reading import Task
from ..diagnosis.selection import optimism_up_to
from ..statistics.best_of import MOST_SETTINGS, Honest, clusters_of, honest_error, told_apart
from ..statistics.intervals import CONFIDENCE
from ..statistics.pooled import prior_of_gaps, prior_of_means, together_of
from ..statistics.seeds import (
    Gap,
    MeanError,
    RowErrors,
    SeedsCompared,
    Spread,
    gap_over_seeds,
    mean_over_seeds,
    rows_alike,
    spread_of,
)
from .plan import words_of
from .ranking import Ranking, Setting, ranking_of, settings_of, spread_of_lines
from .records import Counts, SettingOutcome, SweepOutcome, SweptKey, TrainingLine, Winner
from .winner_words import notes_of, winner_sentence

# So many settings are compared with the winner, the best ones: it is chosen again among the same (`honest_error`).
MOST_COMPARED = MOST_SETTINGS

# And fewer where there are many seeds or dev rows: so many trainings are read at most, and so many answers of all, in
# some ten seconds; never fewer settings than LEAST_COMPARED, for the nearest ones are the ones to compare.
MOST_TRAININGS, MOST_ANSWERS, LEAST_COMPARED = 2500, 50_000_000, 20

# From a training's line to the errors of its dev rows; None where these were not kept.
Answers = Callable[[TrainingLine], RowErrors | None]


@dataclass(frozen=True, kw_only=True)
class AboutSweep:
    """What an outcome says of the sweep itself, from its plan and its folder.

    scales : the varied keys, and the scale of each on a figure's axis. seeds, planned : of each setting, and how many
    trainings there are in all. epochs : of a training that is not stopped, for lines that do not say so; None for auto.
    setting_number : the number of a training's setting, by the training's. overrides : those that all trainings share.
    notes : come first among those of the outcome.
    """

    sweep_id: str
    name: str
    config: str
    task: Task
    scales: dict[str, Literal["log", "linear", "words"]]
    seeds: tuple[int, ...]
    planned: int
    epochs: int | None
    setting_number: Callable[[int], int] = int
    overrides: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def outcome_of(
    lines: Iterable[TrainingLine], answers: Answers, *, about: AboutSweep, confidence: float = CONFIDENCE
) -> SweepOutcome:
    """What the trainings so far add up to. Lines in the order in which they were written; they are read once.

    `answers` gets a line without its losses and hashes. Raises what `answers` raises.
    """
    settings = settings_of(lines, about.setting_number)
    ranking = ranking_of(settings)
    found = judged(ranking, answers, confidence)
    ranked = [setting_outcome(one, about.seeds, found, place) for place, one in enumerate(ranking.with_error)]
    counts = counts_of(settings, about.planned)
    ended = [line for one in settings for line in one.by_seed.values()]
    return SweepOutcome(
        sweep_id=about.sweep_id,
        name=about.name,
        config=about.config,
        status="interrupted" if counts.to_come else "finished",
        task=about.task,
        keys=tuple(SweptKey(key, values_of(key, settings), scale) for key, scale in about.scales.items()),
        seeds=about.seeds,
        planned=about.planned,
        counts=counts,
        confidence=confidence,
        settings=(*ranked, *(setting_outcome(one, about.seeds) for one in ranking.nothing)),
        winner=winner_of(ranking, ranked, found, about, confidence) if ranked else None,
        seconds=sum(line.seconds for line in ended),
        saved_seconds=saved_seconds(ended, about.epochs),
        notes=(*about.notes, *notes_of(ranking, ranked, found.read)),
    )


@dataclass(frozen=True)
class Judged:
    """What the answers of the best settings say, in the order of the ranking.

    read : how many were read, the first ones, whose are spreads and differences. apart : of each of these, whether it
    is surely worse than the winner. winner : the trainings of the winner; empty if their answers were not kept.
    honest : its error without the flattery of being chosen.
    """

    read: int = 0
    winner: tuple[RowErrors, ...] = ()
    spreads: tuple[Spread | None, ...] = ()
    differences: tuple[SeedsCompared | None, ...] = ()
    apart: tuple[bool, ...] = ()
    honest: Honest | None = None


def judged(ranking: Ranking, answers: Answers, confidence: float) -> Judged:
    """Reads the answers of the best settings, one setting at a time, and compares them with the winner's."""
    order = ranking.with_error
    own = answers_of(order[0], answers) if order else ()
    if not own:
        return Judged()
    best = order[: most_compared(own)]
    clusters = clusters_of(own)
    means: list[MeanError | Spread | None] = [mean_of(own, confidence)]
    gaps: list[Gap | SeedsCompared | None] = [None]
    sums: list[Array | None] = [clusters.sums(own)]
    for setting in best[1:]:
        theirs = answers_of(setting, answers)
        means.append(mean_of(theirs, confidence) if theirs else None)
        gaps.append(gap_over_seeds(theirs, own, confidence))
        sums.append(clusters.sums(theirs))
    chosen_among = np.stack([total for total in sums[: ranking.rivals] if total is not None])
    together = together_of(chosen_among, clusters)
    of_gaps, of_means = prior_of_gaps(together), prior_of_means(together)
    differences = [gap.compared(confidence, of_gaps) if isinstance(gap, Gap) else gap for gap in gaps]
    return Judged(
        read=len(best),
        winner=own,
        spreads=tuple(one.spread(confidence, of_means) if isinstance(one, MeanError) else one for one in means),
        differences=tuple(differences),
        apart=tuple(surely_worse(differences, ranking.rivals, confidence)),
        honest=honest_error(own, chosen_among, clusters.counts, confidence, of_means),
    )


def mean_of(trainings: Sequence[RowErrors], confidence: float) -> MeanError | Spread:
    """The mean error of several seeds, to be judged by what other settings say of them; or the spread of one."""
    return mean_over_seeds(trainings) if len(trainings) > 1 else spread_of(trainings, confidence)


def answers_of(setting: Setting, answers: Answers) -> tuple[RowErrors, ...]:
    """The errors of the dev rows of all its finished trainings; empty if those of one were not kept."""
    found = tuple(answers(line) for line in setting.finished)
    kept = tuple(one for one in found if one is not None)
    return kept if len(kept) == len(found) else ()


def most_compared(winner: Sequence[RowErrors]) -> int:
    """How many settings are compared, the winner with them, by the number of seeds and answers of each."""
    answers = sum(len(one.rows) for one in winner)
    affordable = min(MOST_TRAININGS // len(winner), MOST_ANSWERS // max(1, answers))
    return min(MOST_COMPARED, max(LEAST_COMPARED, affordable))


def surely_worse(differences: Sequence[SeedsCompared | None], rivals: int, confidence: float) -> list[bool]:
    """Of each setting, whether it can be told from the winner, the first; only `rivals` may be its equals."""
    p_values = [1.0 if one is None or one.difference <= 0 else one.p_value for one in differences[:rivals]]
    return [False, *told_apart(p_values[1:], rivals, confidence), *[True] * (len(differences) - len(p_values))]


def setting_outcome(
    setting: Setting, seeds: Sequence[int], found: Judged | None = None, place: int = 0
) -> SettingOutcome:
    """A setting's figures; `place` is that in the ranking. Without `found` it has no dev error."""
    is_read = found is not None and place < found.read
    difference = found.differences[place] if found and is_read else None
    apart = found.apart[place] if found and is_read else True
    dev = spread_of_lines(setting.finished, "dev")
    if dev and found and is_read and (spread := found.spreads[place]):
        dev = replace(dev, interval=spread.interval)
    ended = setting.in_order()
    return SettingOutcome(
        number=setting.number,
        settings=setting.settings,
        counts=setting.counts(seeds),
        train=spread_of_lines(setting.finished, "train"),
        dev=dev,
        difference=difference,
        is_equal=found is not None and (place == 0 or (difference is not None and not apart)),
        seconds=fmean(line.seconds for line in setting.finished) if setting.finished else None,
        run_ids=tuple(line.run_id for line in ended if line.run_id is not None),
        message=next((line.message for line in ended if line.status in ("failed", "diverged")), None),
    )


def winner_of(
    ranking: Ranking, ranked: Sequence[SettingOutcome], found: Judged, about: AboutSweep, confidence: float
) -> Winner:
    """The first of the ranking, what being the first of so many is worth, and its test error."""
    first, dev = ranking.with_error[0], ranked[0].dev
    assert dev is not None
    regression = about.task == "regression"
    candidates = sum(setting.candidates() for setting in ranking.candidates)
    optimism = None
    if found.winner and not regression:
        optimism = optimism_over_seeds(found.winner, dev.mean, len(ranking.candidates), candidates, first.candidates())
    winner = Winner(
        number=first.number,
        settings=first.settings,
        overrides=(*about.overrides, *words_of(first.settings)),
        dev=dev,
        candidates=candidates,
        optimism_up_to=optimism,
        honest_dev=found.honest.error if found.honest else None,
        honest_interval=found.honest.interval if found.honest else None,
        equals=tuple(one.number for one in ranked[1:] if one.is_equal),
        test=spread_of_lines(first.finished, "test"),
        sentence="",
    )
    sentence = winner_sentence(winner, ranked, ranking, regression=regression, confidence=confidence)
    return replace(winner, sentence=sentence)


def optimism_over_seeds(
    winner: Sequence[RowErrors], error: float, settings: int, candidates: int, epochs: int
) -> float:
    """By how much the lowest mean error may flatter itself, a fraction; for a single seed, as `diagnose` counts it.

    Two bounds, of which the lower holds. Each seed's error flatters itself by no more than the lowest of all candidates
    on its own dev rows. And the mean over seeds is as sure as one of more rows (`rows_alike`), among the settings;
    while the epochs that the best was chosen among were chosen on the rows of each seed alone.
    """
    of_a_seed = round(np.mean([one.rows_alike(one.errors) for one in winner]))
    together = max(1, round(rows_alike(winner)))
    by_choice = optimism_up_to(error, together, settings) + optimism_up_to(error, of_a_seed, epochs)
    return min(optimism_up_to(error, of_a_seed, candidates), by_choice)


def counts_of(settings: Sequence[Setting], planned: int) -> Counts:
    """How all trainings ended, and how many of the planned ones are to come."""
    ended = [setting.counts(()) for setting in settings]
    finished, diverged = sum(one.finished for one in ended), sum(one.diverged for one in ended)
    stopped, failed = sum(one.stopped for one in ended), sum(one.failed for one in ended)
    return Counts(finished, diverged, stopped, failed, max(0, planned - finished - diverged - stopped - failed))


def values_of(key: str, settings: Sequence[Setting]) -> tuple[object, ...]:
    """The values of a key that were trained: numbers in order, then others as they came."""
    found = [one.settings[key] for one in settings if key in one.settings]
    numbers = sorted({value for value in found if is_count(value)})
    words = {yaml_value(value): value for value in found if not is_count(value)}
    return (*numbers, *words.values())


def is_count(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number; true and false are words."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def saved_seconds(lines: Sequence[TrainingLine], epochs: int | None) -> float:
    """What the trainings that were stopped early would still have taken, by the seconds of their epochs so far.

    One with patience need not have come to its last epoch. It would have ended where those that finished, and came
    farther than it, ended on average. In the sweeps of `python -m tests.benchmarks.early`, this is 1.01 times what was
    measured, and 0.68 to 1.29 times in a single one: first epochs take longer, and those who do badly have patience.
    """
    finished = ((share_done(line, epochs), line.candidates) for line in lines if line.status == "finished")
    lasted = np.sort([share for share, candidates in finished if candidates > 1 or share < 1])
    means = np.cumsum(lasted[::-1])[::-1] / np.arange(len(lasted), 0, -1)  # of each and of all that lasted longer
    saved = 0.0
    for line in lines:
        if line.status == "stopped" and line.epochs:
            done = share_done(line, epochs)
            farther = int(np.searchsorted(lasted, done, side="right"))
            has_patience = line.best_epoch is not None
            whole = float(means[farther]) if has_patience and farther < len(lasted) else 1.0
            saved += line.seconds * max(0.0, whole / done - 1)
    return saved


def share_done(line: TrainingLine, epochs: int | None) -> float:
    """The share of the planned epochs that a training has done."""
    return line.epochs / float(line.planned_epochs or line.settings.get("training.epochs", epochs))
