"""A sweep whose settings are chosen by one of Optuna's samplers, each after what the others have reached.

Settings that were handed out and have not ended, since the sweep was cut short, are handed out again when it is
resumed. A setting that is proposed twice is trained once, and both proposals are told what it has reached.

With --early, the study is told a setting's error at a pause once it is decided there: after the lines of those that
are stopped, and before any goes on. So no decision is taken twice. What a damaged journal has lost of it is told again.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..records import Change
from .early import pause_epochs
from .grid import canonical
from .halving import SHARE_KEPT, Score, is_among_better, mean_score, score_of
from .journal import REDUCTION, Proposed, known_settings, opened_study, sampler_of
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
    """A setting that is being tried. trials : those of the study that have proposed it.

    pause : the number of the pause that its trainings go to. open : keys of those that have not come there, nor ended.
    scores : of those that have, by key.
    """

    trials: list["optuna.Trial"]
    trainings: tuple[PlannedTraining, ...]
    pause: int
    open: set[str] = field(default_factory=set)
    scores: dict[str, Score] = field(default_factory=dict)


def do_study(session: Session, wishes: Wishes) -> None:
    """Does the trainings of a sampler's settings, until there are as many as the plan asks for.

    Raises StoreError, FailedFast, and UsageError without Optuna.
    """
    manifest = session.manifest
    with opened_study(session.folder, manifest.plan) as study:
        choosing = Choosing(session, study, wishes)
        for line in session.do(choosing.owed()):
            end_if_failed(session, line, wishes)
        while choosing.has_more():
            for line in session.do(choosing.trainings(), choosing.pause_of):
                choosing.take(line)
                end_if_failed(session, line, wishes)


class Choosing:
    """Hands out the trainings of each setting, and tells the study what came of them.

    known : the text of each setting that was proposed. repeats : how many of the last proposals were among these.
    unfinished : trials that were told no end, and those of settings that were stopped and lack a line of that.
    """

    def __init__(self, session: Session, study: "optuna.Study", wishes: Wishes):
        from optuna.trial import TrialState

        self.session, self.study, self.wishes = session, study, wishes
        self.plan = session.manifest.plan
        self.tried: dict[str, Tried] = {}
        self.waiting: deque[PlannedTraining] = deque()
        self.known = known_settings(study, self.plan)
        self.repeats = 0
        states = (TrialState.RUNNING, TrialState.PRUNED)
        self.unfinished = deque(filter(self.is_unfinished, study.get_trials(deepcopy=False, states=states)))

    def is_unfinished(self, trial: "optuna.trial.FrozenTrial") -> bool:
        """Whether something of a trial is still to be done that may have to pause."""
        if not trial.state.is_finished():
            return True
        return not all(map(self.is_ended, self.trainings_of(suggest(trial, self.plan))))

    def is_ended(self, planned: PlannedTraining) -> bool:
        """Whether a training has been stopped, or needs no more work."""
        ended = self.session.ended.get(planned.key)
        is_stopped = ended is not None and ended.status == "stopped"
        return is_stopped or self.session.is_done(planned, retry=self.wishes.retry)

    def has_more(self) -> bool:
        """Whether there is a training to hand out."""
        is_wanted = len(self.known) < self.plan.settings_count and self.repeats < MOST_REPEATS
        return bool(self.waiting or self.unfinished or is_wanted)

    def owed(self) -> Iterator[PlannedTraining]:
        """Trainings that go to their end: of settings that the study is done with, and those whose arrays are damaged.

        The former are of seeds that came later, or are done again. A setting that was stopped goes no further.
        """
        trials = self.study.get_trials(deepcopy=False)
        for proposed in self.known.values():
            trial = trials[proposed.trial]
            is_over = trial.state.is_finished() and not is_pruned(trial)
            for planned in self.trainings_of(suggest(trial, self.plan)):
                if (is_over or planned.key in self.session.unreadable) and not self.is_ended(planned):
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
        self.known.setdefault(text, Proposed(len(self.known), trial.number))
        trainings = self.trainings_of(settings)
        if (tried := self.tried.get(trainings[0].key)) is not None:
            tried.trials.append(trial)
            return
        tried = Tried([trial], trainings, self.pause_reached(trainings))
        self.report(tried, tried.pause)
        self.go_on(tried)

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
        number = self.known[canonical(settings)].number
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
        if self.is_ended(planned):
            return self.session.ended[planned.key].score
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
        is_decided = is_pruned(self.known_of(tried.trials[0]))
        if is_decided or any(one is not None and one.status == "stopped" for one in ended):
            self.stop(tried)  # as was decided before the sweep was cut short
        elif all(ended):
            self.tell(tried, error)
        elif self.is_to_stop(tried, error):
            self.stop(tried)
        else:
            self.report(tried, tried.pause + 1)
            tried.pause += 1
            self.go_on(tried)

    def is_to_stop(self, tried: Tried, error: float) -> bool:
        """Whether a setting goes no further than this pause, by its error; it has, where the study knows of that."""
        number, step = tried.trials[0].number, REDUCTION**tried.pause
        told = {
            trial.number: trial.intermediate_values[step]
            for trial in self.study.get_trials(deepcopy=False)
            if step in trial.intermediate_values
        }
        return number not in told and not is_among_better(error, list(told.values()))

    def report(self, tried: Tried, pauses_count: int) -> None:
        """Tells the study the errors of a setting at the first so many pauses, those that it does not know."""
        trial, known = tried.trials[0], self.known_of(tried.trials[0])
        proposed = self.known[canonical(tried.trainings[0].settings)]
        if known.state.is_finished() or proposed.trial != trial.number:  # another one has told of this setting
            return
        for number in range(pauses_count):
            step, error = REDUCTION**number, self.error_at(tried, number)
            if error is not None and step not in known.intermediate_values:
                trial.report(error, step)

    def known_of(self, trial: "optuna.Trial") -> "optuna.trial.FrozenTrial":
        """What the study knows of a trial."""
        return self.study.get_trials(deepcopy=False)[trial.number]

    def error_at(self, tried: Tried, number: int) -> float | None:
        """The mean error of a setting at a pause; None where none of its trainings was, or where a line is lost."""
        scores, has_paused = [], False
        for planned in tried.trainings:
            at = self.pauses_of(planned)[number : number + 1]
            line = self.session.paused.get((planned.key, at[0])) if at else None
            ended = self.session.ended.get(planned.key)
            if line is not None:
                has_paused = True
                scores.append(score_of(line))
            elif ended is not None and (not at or ended.epochs <= at[0]):
                scores.append(ended.score)
            else:
                return None
        return mean_score(scores).error if has_paused else None

    def stop(self, tried: Tried) -> None:
        """Stops the trainings of a setting where they have paused."""
        from optuna.trial import TrialState

        for planned in tried.trainings:
            line = self.session.paused.get((planned.key, self.pause_of(planned) or 0))
            if line is not None and planned.key not in self.session.ended:
                why = f"stopped at epoch {line.epochs}: not among the best {SHARE_KEPT:.0%} of the settings so far"
                self.session.stop(line, why)
        self.report(tried, tried.pause + 1)
        self.tell_all(tried, None, TrialState.PRUNED)

    def tell(self, tried: Tried, error: float) -> None:
        """Tells the study the mean dev error of a setting; one that diverged or failed has none."""
        from optuna.trial import TrialState

        self.report(tried, tried.pause + 1)
        is_number = error < float("inf")
        self.tell_all(tried, error if is_number else None, None if is_number else TrialState.FAIL)

    def tell_all(self, tried: Tried, value: float | None, state: "optuna.trial.TrialState | None") -> None:
        """Tells the study what became of a setting that is over, and drops what is held of it."""
        for trial in tried.trials:
            self.study.tell(trial, value, state=state, skip_if_finished=True)
        for planned in tried.trainings:
            self.tried.pop(planned.key, None)


def is_pruned(trial: "optuna.trial.FrozenTrial") -> bool:
    """Whether the setting of a trial was stopped early."""
    from optuna.trial import TrialState

    return bool(trial.state == TrialState.PRUNED)
