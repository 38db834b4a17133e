"""A sweep whose settings are chosen by one of Optuna's samplers, each after what the others have reached.

Settings that were handed out and have not ended, since the sweep was cut short, are handed out again when it is
resumed. A setting that is proposed twice is trained once, and both proposals are told what it has reached.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..records import Change
from .early import pause_epochs
from .grid import canonical
from .halving import SHARE_KEPT, Score, mean_score, score_of
from .journal import REDUCTION, known_settings, opened_study, sampler_of
from .optuna_space import parameters_of, suggest
from .plan import PlannedTraining, planned_training
from .records import TrainingLine
from .running import Session, Wishes, end_if_failed

if TYPE_CHECKING:
    import optuna

# After so many proposals in a row that bring nothing new, the next new setting of the grid is taken, if there is one.
MANY_REPEATS = 10

# And after so many, where there is no grid, nothing new is expected any more.
MOST_REPEATS = 100


@dataclass
class Tried:
    """A setting that is being tried. trials : those of the study that have proposed it; the first one reports.

    pause : the number of the pause that its trainings go to. open : keys of those that have not come there, nor ended.
    scores : of those that have, by key.
    """

    trials: list["optuna.Trial"]
    trainings: tuple[PlannedTraining, ...]
    pause: int = 0
    open: set[str] = field(default_factory=set)
    scores: dict[str, Score] = field(default_factory=dict)


def do_study(session: Session, wishes: Wishes) -> None:
    """Does the trainings of a sampler's settings, until there are as many as the plan asks for.

    Raises StoreError, FailedFast, and UsageError without Optuna.
    """
    manifest = session.manifest
    with opened_study(session.folder, manifest.plan, early=manifest.early) as study:
        choosing = Choosing(session, study, wishes)
        for line in session.do(choosing.owed()):
            end_if_failed(session, line, wishes)
        while choosing.has_more():
            for line in session.do(choosing.trainings(), choosing.pause_of):
                choosing.take(line)
                end_if_failed(session, line, wishes)


class Choosing:
    """Hands out the trainings of each setting, and tells the study what came of them.

    known : the text of each setting that was proposed, with its number. repeats : how many of the last proposals were
    among these.
    """

    def __init__(self, session: Session, study: "optuna.Study", wishes: Wishes):
        from optuna.trial import TrialState

        self.session, self.study, self.wishes = session, study, wishes
        self.plan = session.manifest.plan
        self.tried: dict[str, Tried] = {}
        self.waiting: deque[PlannedTraining] = deque()
        self.unfinished = deque(study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))
        self.known = known_settings(study, self.plan)
        self.repeats = 0

    def has_more(self) -> bool:
        """Whether there is a training to hand out."""
        is_wanted = len(self.known) < self.plan.settings_count and self.repeats < MOST_REPEATS
        return bool(self.waiting or self.unfinished or is_wanted)

    def owed(self) -> Iterator[PlannedTraining]:
        """Trainings of settings that the study is done with: of seeds that came later, or to be done again."""
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state.is_finished():
                for planned in self.trainings_of(suggest(trial, self.plan)):
                    ended = self.session.ended.get(planned.key)
                    is_stopped = ended is not None and ended.status == "stopped"
                    if not is_stopped and not self.session.is_done(planned, retry=self.wishes.retry):
                        yield planned

    def trainings(self) -> Iterator[PlannedTraining]:
        """The next trainings: of settings that go on, of those that a resumed sweep has open, and of new ones."""
        while self.has_more():
            if not self.waiting:
                self.begin_setting()
            if self.waiting:
                yield self.waiting.popleft()

    def begin_setting(self) -> None:
        """Takes up one more proposal."""
        trial = self.next_trial()
        settings = suggest(trial, self.plan)
        text = canonical(settings)
        self.repeats = self.repeats + 1 if text in self.known else 0
        self.known.setdefault(text, len(self.known))
        trainings = self.trainings_of(settings)
        if (tried := self.tried.get(trainings[0].key)) is not None:
            tried.trials.append(trial)
        else:
            self.go_on(Tried([trial], trainings, self.pause_reached(trainings)))

    def next_trial(self) -> "optuna.Trial":
        """A trial that was not told an end, or a new one."""
        import optuna

        if self.unfinished:
            frozen = self.unfinished.popleft()
            self.study.sampler = sampler_of(self.plan, frozen.number)  # it may have been asked for nothing yet
            return optuna.trial.Trial(self.study, frozen._trial_id)
        everything = self.plan.every_setting
        if self.repeats >= MANY_REPEATS and everything is not None:
            settings = map(everything.setting, range(everything.count))
            new = next(setting for setting in settings if canonical(setting) not in self.known)
            self.study.enqueue_trial(parameters_of(self.plan, new))
        self.study.sampler = sampler_of(self.plan, len(self.study.get_trials(deepcopy=False)))
        return self.study.ask()

    def trainings_of(self, settings: Change) -> tuple[PlannedTraining, ...]:
        """The trainings of a known setting, one a seed."""
        number = self.known[canonical(settings)]
        seeds = self.plan.seeds
        return tuple(
            planned_training(self.plan.training_number(number, seed), number, settings, seed) for seed in seeds
        )

    def pause_reached(self, trainings: tuple[PlannedTraining, ...]) -> int:
        """The number of the last pause that one of the trainings has come to, in a session before this one."""
        reached = 0
        for planned in trainings:
            for number, at in enumerate(self.pauses_of(planned)):
                if (planned.key, at) in self.session.paused:
                    reached = max(reached, number)
        return reached

    def pauses_of(self, planned: PlannedTraining) -> list[int]:
        """The epochs after which a training pauses."""
        return pause_epochs(self.session, planned) if self.session.manifest.early else []

    def pause_of(self, planned: PlannedTraining) -> int | None:
        """The epoch after which a training pauses next."""
        pauses, number = self.pauses_of(planned), self.tried[planned.key].pause
        return pauses[number] if number < len(pauses) else None

    def go_on(self, tried: Tried) -> None:
        """Hands out the trainings of a setting that have not come to their next pause."""
        tried.open, tried.scores = set(), {}
        for planned in tried.trainings:
            self.tried[planned.key] = tried
            if (score := self.score_so_far(planned)) is not None:
                tried.scores[planned.key] = score
            else:
                tried.open.add(planned.key)
                self.waiting.append(planned)
        self.judge(tried)

    def score_so_far(self, planned: PlannedTraining) -> Score | None:
        """The score of a training that has ended, or has come to the pause; None for one that goes on."""
        ended = self.session.ended.get(planned.key)
        if ended and (ended.status == "stopped" or self.session.is_done(planned, retry=self.wishes.retry)):
            return ended.score
        paused = self.session.paused.get((planned.key, self.pause_of(planned) or 0))
        return None if paused is None else score_of(paused)

    def take(self, line: TrainingLine) -> None:
        """Takes note of a training that has paused or ended."""
        tried = self.tried[line.key]
        tried.open.discard(line.key)
        tried.scores[line.key] = score_of(line)
        self.judge(tried)

    def judge(self, tried: Tried) -> None:
        """Once all seeds of a setting are there: tells the study, and stops the setting or lets it go on."""
        if tried.open:
            return
        ended = [self.session.ended.get(planned.key) for planned in tried.trainings]
        error = mean_score(list(tried.scores.values())).error
        if any(one is not None and one.status == "stopped" for one in ended):
            self.stop(tried)  # as was decided before the sweep was cut short
        elif all(ended):
            self.tell(tried, error)
        elif self.is_to_stop(tried, error):
            self.stop(tried)
        else:
            tried.pause += 1
            self.go_on(tried)

    def is_to_stop(self, tried: Tried, error: float) -> bool:
        """Whether the study has seen enough of a setting, by its error at this pause."""
        trial, step = tried.trials[0], REDUCTION**tried.pause
        if step not in self.study.get_trials(deepcopy=False)[trial.number].intermediate_values:
            trial.report(error, step)
        return bool(trial.should_prune())

    def stop(self, tried: Tried) -> None:
        """Stops the trainings of a setting where they have paused."""
        from optuna.trial import TrialState

        for planned in tried.trainings:
            line = self.session.paused.get((planned.key, self.pause_of(planned) or 0))
            if line is not None and planned.key not in self.session.ended:
                why = f"stopped at epoch {line.epochs}: not among the best {SHARE_KEPT:.0%} of the settings so far"
                self.session.stop(line, why)
        self.tell_all(tried, None, TrialState.PRUNED)

    def tell(self, tried: Tried, error: float) -> None:
        """Tells the study the mean dev error of a setting; one that diverged or failed has none."""
        from optuna.trial import TrialState

        is_number = error < float("inf")
        self.tell_all(tried, error if is_number else None, None if is_number else TrialState.FAIL)

    def tell_all(self, tried: Tried, value: float | None, state: "optuna.trial.TrialState | None") -> None:
        """Tells the study what became of a setting that is over, and drops what is held of it."""
        for trial in tried.trials:
            self.study.tell(trial, value, state=state)
        for planned in tried.trainings:
            self.tried.pop(planned.key, None)
