"""A sweep with --early: trainings pause, and those of the settings that do worse are stopped there.

All settings reach a pause before any goes on. What has survived is computed anew from the lines of the pauses when a
sweep is resumed, so that it is never decided twice in two ways.
"""

from bisect import bisect_left
from collections.abc import Iterator

from .halving import PAUSES, WORST, Score, mean_score, pauses, score_of, survivors
from .plan import PlannedTraining
from .running import Session, Wishes, end_if_failed


def do_early(session: Session, wishes: Wishes) -> None:
    """Does the trainings of a plan by successive halving. Raises StoreError, FailedFast."""
    going_on: set[int] | None = None
    for stage in range(PAUSES):

        def pause_of(planned: PlannedTraining, stage: int = stage) -> int | None:
            return pause_at(session, planned, stage)

        for line in session.do(unpaused(session, going_on, stage, wishes), pause_of):
            end_if_failed(session, line, wishes)
        scores = scores_at(session, going_on, stage)
        chosen = survivors(scores)
        stop_others(session, scores, chosen, stage)
        going_on = chosen
    rest = (one for one in session.manifest.plan.trainings() if is_open(session, one, going_on, wishes))
    for line in session.do(rest):
        end_if_failed(session, line, wishes)


def pause_epochs(session: Session, planned: PlannedTraining) -> list[int]:
    """The epochs after which a training pauses."""
    return pauses(session.epochs_of(planned), session.loaded.config.training.evaluate_every)


def pause_at(session: Session, planned: PlannedTraining, stage: int) -> int | None:
    """The epoch of a training's pause; None where it is too short for so many."""
    at = pause_epochs(session, planned)
    return at[stage] if stage < len(at) else None


def is_open(session: Session, planned: PlannedTraining, going_on: set[int] | None, wishes: Wishes) -> bool:
    """Whether a training goes on: its setting has survived so far, and it has not ended."""
    is_in = going_on is None or planned.setting_number in going_on
    return is_in and not session.is_done(planned, retry=wishes.retry)


def unpaused(session: Session, going_on: set[int] | None, stage: int, wishes: Wishes) -> Iterator[PlannedTraining]:
    """The trainings that have yet to reach a pause, and those that were there and whose line of it was damaged."""
    for planned in session.manifest.plan.trainings():
        if going_on is None or planned.setting_number in going_on:
            at = pause_at(session, planned, stage)
            has_paused = at is not None and (planned.key, at) in session.paused
            if not has_paused and (is_open(session, planned, going_on, wishes) or was_at(session, planned, at)):
                yield planned


def was_at(session: Session, planned: PlannedTraining, epochs: int | None) -> bool:
    """Whether a training that has ended was trained for more epochs than these."""
    ended = session.ended.get(planned.key)
    return ended is not None and epochs is not None and ended.epochs > epochs


def scores_at(session: Session, going_on: set[int] | None, stage: int) -> dict[int, Score]:
    """The score of each setting at a pause, over its seeds."""
    of_seeds: dict[int, list[Score]] = {}
    for planned in session.manifest.plan.trainings():
        if going_on is None or planned.setting_number in going_on:
            of_seeds.setdefault(planned.setting_number, []).append(score_at(session, planned, stage))
    return {number: mean_score(scores) for number, scores in of_seeds.items()}


def score_at(session: Session, planned: PlannedTraining, stage: int) -> Score:
    """The score of a training at a pause, or at its end where that came first."""
    paused = session.paused.get((planned.key, pause_at(session, planned, stage) or 0))
    if paused is not None:
        return score_of(paused)
    ended = session.ended.get(planned.key)
    return ended.score if ended else WORST


def stop_others(session: Session, scores: dict[int, Score], chosen: set[int], stage: int) -> None:
    """Stops the trainings of the settings that were not chosen, where they have paused."""
    ranked, others = sorted(scores.values()), scores.keys() - chosen
    for planned in session.manifest.plan.trainings():
        at = pause_at(session, planned, stage)
        line = session.paused.get((planned.key, at or 0))
        if planned.setting_number in others and line is not None and planned.key not in session.ended:
            epochs = session.epochs_of(planned)
            better = bisect_left(ranked, scores[planned.setting_number])
            session.stop(
                line, f"stopped at epoch {at} of {epochs}: {better} of {len(scores)} settings did better so far"
            )
