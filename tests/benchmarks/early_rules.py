"""Rules of stopping early, decided on recorded courses: which trainings they stop when, and what that costs and saves.

They are written apart from `dlrun/sweep/early.py`, with which the shipped one is to agree; a test compares the two.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from dlrun.records import NO_ERRORS
from dlrun.sweep.halving import FEWEST_SETTINGS, LAST_PAUSE, PAUSES, SHARE_KEPT
from dlrun.sweep.outcome import saved_seconds
from dlrun.sweep.records import TrainingLine

from .early_courses import Courses

Scores = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Rule:
    """Halving: after each of these fractions of the epochs, `share` of the settings so far go on.

    score : a name in SCORES. margin : settings go on too that are worse than the last that does by less than so many
    standard errors of their paired dev rows.
    """

    fractions: tuple[Fraction, ...]
    share: Fraction
    score: str = "dev error"
    margin: float | None = None

    def __str__(self) -> str:
        margin = f", or within {self.margin:g} standard errors" if self.margin else ""
        return f"{self.share} by {self.score}{margin}, at {', '.join(map(str, self.fractions))}"


def thinned(share: Fraction, pauses: int, last: Fraction | None = None, **more) -> Rule:
    """The rule whose last pause is at `last` of the epochs (None: at `share`), each other at `share` of the next."""
    last = last or share
    return Rule(tuple(last * share**left for left in reversed(range(pauses))), share, **more)


def shipped() -> Rule:
    """The rule of `dlrun sweep --early`."""
    return thinned(Fraction(SHARE_KEPT).limit_denominator(9), PAUSES, Fraction(LAST_PAUSE).limit_denominator(9))


@dataclass(frozen=True)
class Found:
    """What a rule has cost and saved.

    dev, test : points by which the error of the early sweep's winner is above that of the full one's. is_stopped :
    whether the full sweep's winner was. is_worse : whether the early winner's dev error is higher. epochs, seconds :
    the shares that were saved. told : the seconds that `dlrun sweep` would say it has saved, divided by those it has.
    """

    dev: float
    test: float
    is_stopped: bool
    is_worse: bool
    epochs: float
    seconds: float
    told: float


def kept_epochs(courses: Courses, after: int) -> np.ndarray:
    """(n, s) : the place of the epoch whose parameters each training would keep if it ended after so many epochs."""
    last = np.minimum(after, np.maximum(courses.ended, 1)) - 1
    return np.where(courses.is_patient[:, None], best_epochs(courses, after), last)


def best_epochs(courses: Courses, after: int) -> np.ndarray:
    """(n, s) : the place of the lowest dev error so far, and of the lowest dev loss among equals."""
    errors, losses = courses.dev_errors[..., :after], courses.dev_losses[..., :after]
    is_least = errors == errors.min(axis=-1, keepdims=True)
    return np.where(is_least, losses, np.inf).argmin(axis=-1)


def at(array: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(n, s) : the values at these epochs."""
    return np.take_along_axis(array, places[..., None], axis=-1)[..., 0]


def means(courses: Courses, places: np.ndarray, after: int) -> Scores:
    """(n,) dev error and loss at these epochs, means over seeds; inf where a training has diverged before the pause."""
    lost = (courses.is_diverged & (courses.ended < after)).any(axis=1)
    both = (at(array, places).mean(axis=1) for array in (courses.dev_errors, courses.dev_losses))
    error, loss = (np.where(lost, np.inf, score) for score in both)
    return error, loss


def by_error(courses: Courses, after: int) -> Scores:
    """The dev error of the parameters that would be kept, then their dev loss."""
    return means(courses, kept_epochs(courses, after), after)


def by_loss(courses: Courses, after: int) -> Scores:
    """The same, the loss first."""
    return by_error(courses, after)[::-1]


def by_best(courses: Courses, after: int) -> Scores:
    """The lowest dev error so far, also where the last parameters are kept."""
    return means(courses, best_epochs(courses, after), after)


def by_both(courses: Courses, after: int) -> Scores:
    """The sum of the places by error and by loss."""
    from scipy.stats import rankdata

    error, loss = by_error(courses, after)
    return rankdata(error) + rankdata(loss), error


def by_chance(courses: Courses, after: int) -> Scores:
    """Numbers that have nothing to do with the settings."""
    rng = np.random.default_rng([after, len(courses.ended)])
    return rng.random(len(courses.ended)), rng.random(len(courses.ended))


SCORES: dict[str, Callable[[Courses, int], Scores]] = {
    "dev error": by_error,
    "dev loss": by_loss,
    "best so far": by_best,
    "error and loss": by_both,
    "chance": by_chance,
}


def ends_by(rule: Rule, courses: Courses) -> np.ndarray:
    """(n, s) : after how many epochs each training ends by the rule."""
    ends, E = courses.ended.copy(), int(courses.epochs)
    going_on = np.arange(len(ends))
    for after in dict.fromkeys(math.ceil(E * fraction) for fraction in rule.fractions):
        if not 0 < after < E or len(going_on) < FEWEST_SETTINGS:
            continue
        part = courses.of(settings=going_on)
        first, second = SCORES[rule.score](part, after)
        order = np.lexsort((going_on, second, first))
        count = math.ceil(len(order) * rule.share)
        is_chosen = np.isin(np.arange(len(order)), order[:count])
        if rule.margin:
            is_chosen[near(part, after, order, count, rule.margin)] = True
        is_paused = (part.ended > after) | (part.is_diverged & (part.ended == after))
        stops = ~is_chosen[:, None] & is_paused
        ends[going_on] = np.where(stops, after, ends[going_on])
        going_on = going_on[is_chosen]
    return ends


def near(courses: Courses, after: int, order: np.ndarray, count: int, margin: float) -> np.ndarray:
    """The settings beyond the first `count` that are not surely worse than the last of these, by their paired rows."""
    kept = kept_epochs(courses, after)
    wrong = np.take_along_axis(courses.wrong, kept[..., None, None], axis=2)[:, :, 0].astype(float)
    gaps = wrong[order[count:]] - wrong[order[count - 1]]
    errors = np.sqrt((gaps.var(axis=2) / gaps.shape[2]).sum(axis=1)) / gaps.shape[1]
    return order[count:][gaps.mean(axis=(1, 2)) <= margin * errors]


def found_by(ends: np.ndarray, courses: Courses) -> Found:
    """What a sweep finds whose trainings end so, beside the full one."""
    could_win = (~courses.is_diverged & np.isfinite(courses.final_dev)).all(axis=1)
    is_whole = could_win & (ends == courses.ended).all(axis=1)
    dev, test = 100 * courses.final_dev.mean(axis=1), 100 * courses.final_test.mean(axis=1)
    full, early = (int(np.where(can, dev, np.inf).argmin()) for can in (could_win, is_whole))
    is_stopped = ends < courses.ended
    spent = np.where(is_stopped, at(courses.seconds, np.maximum(ends, 1) - 1), courses.final_seconds)
    saved = courses.final_seconds.sum() - spent.sum()
    return Found(
        dev=float(dev[early] - dev[full]),
        test=float(test[early] - test[full]),
        is_stopped=not is_whole[full],
        is_worse=bool(dev[early] > dev[full]),
        epochs=1 - ends.sum() / courses.ended.sum(),
        seconds=saved / courses.final_seconds.sum(),
        told=saved_seconds(lines_of(ends, spent, courses), int(courses.epochs)) / saved if saved > 0 else 1.0,
    )


def lines_of(ends: np.ndarray, spent: np.ndarray, courses: Courses) -> list[TrainingLine]:
    """What the sweep's lines would say of the epochs and seconds."""
    lines = []
    for place in np.ndindex(ends.shape):
        is_stopped, is_patient = ends[place] < courses.ended[place], bool(courses.is_patient[place[0]])
        status = "stopped" if is_stopped else "diverged" if courses.is_diverged[place] else "finished"
        line = TrainingLine(
            key=str(place),
            number=len(lines),
            settings={},
            seed=place[1],
            status=status,
            errors=NO_ERRORS,
            losses=NO_ERRORS,
            epochs=int(ends[place]),
            best_epoch=1 if is_patient else None,
            candidates=int(ends[place]) if is_patient and not is_stopped else 1,
            seconds=float(spent[place]),
        )
        lines.append(line)
    return lines


def ends_by_pruner(pruner, courses: Courses, epochs: list[int], steps: list[int] | None = None) -> np.ndarray:
    """(n, s) : the same by one of Optuna's pruners, told the mean error of one setting after the other.

    epochs : after which it is told. steps : what it is told that they are, the epochs themselves if left out.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
    ends = courses.ended.copy()
    scores = {after: by_error(courses, after)[0] for after in epochs}
    for number in range(len(ends)):
        trial, state = study.ask(), optuna.trial.TrialState.COMPLETE
        for after, step in zip(epochs, steps or epochs, strict=True):
            trial.report(float(scores[after][number]), step)
            if trial.should_prune() and (courses.ended[number] > after).any():
                ends[number], state = np.minimum(ends[number], after), optuna.trial.TrialState.PRUNED
                break
        value = float(courses.final_dev[number].mean()) if state == optuna.trial.TrialState.COMPLETE else None
        study.tell(trial, value, state=state)
    return ends
