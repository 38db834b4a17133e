"""A sweep whose settings are chosen by one of Optuna's samplers, each after what the others have reached.

The study is a journal in the sweep's folder, which Optuna's own programs can open. Settings that were handed out and
have not ended, since the sweep was cut short, are handed out again when it is resumed.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import UsageError
from .early import pause_epochs
from .folder import SweepFolder
from .halving import SHARE_KEPT, Score, mean_score, score_of
from .optuna_space import suggest
from .plan import Plan, PlannedTraining, planned_training
from .records import TrainingLine
from .running import Session, Wishes, end_if_failed

if TYPE_CHECKING:
    import optuna

STUDY = "study.log"

# What Optuna divides the settings by at each pause. It is told of the pauses as steps 1, REDUCTION, REDUCTION**2 and so
# on: at such steps it halves once. Told the epochs, it halves as often as there are such steps before them.
REDUCTION = round(1 / SHARE_KEPT)


@dataclass
class Tried:
    """A setting that is being tried. open : keys of its trainings that have not come to their pause or end.

    pause : the number of the pause that they go to. scores : of those that have come to it, by key.
    """

    trial: "optuna.Trial"
    number: int
    trainings: tuple[PlannedTraining, ...]
    pause: int = 0
    open: set[str] = field(default_factory=set)
    scores: dict[str, Score] = field(default_factory=dict)


def opened_study(folder: SweepFolder, plan: Plan, *, early: bool) -> "optuna.Study":
    """The sweep's study, which is made if it is missing. Raises UsageError without Optuna."""
    try:
        import optuna
    except ImportError as missing:
        raise UsageError(f"--sampler {plan.sampler}: needs optuna; pip install 'dlrun[search]'") from missing
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.logging.disable_propagation()
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
    return optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(folder.path / STUDY))),
        study_name=folder.id,
        sampler=optuna.samplers.TPESampler(seed=plan.sampler_seed),
        pruner=pruner if early else optuna.pruners.NopPruner(),
        load_if_exists=True,
    )


def do_study(session: Session, wishes: Wishes) -> None:
    """Does the trainings of a sampler's settings, until there are as many as the plan asks for."""
    plan = session.manifest.plan
    choosing = Choosing(session, opened_study(session.folder, plan, early=session.manifest.early), wishes)
    while choosing.has_more():
        for line in session.do(choosing.trainings(), choosing.pause_of):
            choosing.take(line)
            end_if_failed(session, line, wishes)


class Choosing:
    """Hands out the trainings of each setting, and tells the study what came of them."""

    def __init__(self, session: Session, study: "optuna.Study", wishes: Wishes):
        from optuna.trial import TrialState

        self.session, self.study, self.wishes = session, study, wishes
        self.plan = session.manifest.plan
        self.tried: dict[str, Tried] = {}
        self.waiting: deque[PlannedTraining] = deque()
        self.unfinished = deque(study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))

    def has_more(self) -> bool:
        """Whether there is a training to hand out."""
        return bool(self.waiting or self.unfinished or self.asked() < (self.plan.trials or 0))

    def asked(self) -> int:
        """How many settings were chosen so far."""
        return len(self.study.get_trials(deepcopy=False))

    def trainings(self) -> Iterator[PlannedTraining]:
        """The next trainings: of settings that go on, of those that a resumed sweep has open, and of new ones."""
        while self.has_more():
            if not self.waiting:
                self.begin_setting()
            if self.waiting:
                yield self.waiting.popleft()

    def begin_setting(self) -> None:
        """Takes up one more setting."""
        import optuna

        if self.unfinished:
            frozen = self.unfinished.popleft()
            trial = optuna.trial.Trial(self.study, frozen._trial_id)
        else:
            trial = self.study.ask()
        settings = suggest(trial, self.plan)
        first = trial.number * len(self.plan.seeds)
        trainings = tuple(
            planned_training(first + place, trial.number, settings, seed) for place, seed in enumerate(self.plan.seeds)
        )
        self.go_on(Tried(trial, trial.number, trainings))

    def go_on(self, tried: Tried) -> None:
        """Hands out the trainings of a setting, up to their next pause."""
        tried.open, tried.scores = set(), {}
        for planned in tried.trainings:
            self.tried[planned.key] = tried
            ended = self.session.ended.get(planned.key)
            if self.session.is_done(planned, retry=self.wishes.retry) and ended:
                tried.scores[planned.key] = ended.score
            else:
                tried.open.add(planned.key)
                self.waiting.append(planned)
        self.judge(tried)

    def pause_of(self, planned: PlannedTraining) -> int | None:
        """The epoch after which a training pauses next."""
        pauses = pause_epochs(self.session, planned) if self.session.manifest.early else []
        at = self.tried[planned.key].pause
        return pauses[at] if at < len(pauses) else None

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
        error = mean_score(list(tried.scores.values())).error
        if all(planned.key in self.session.ended for planned in tried.trainings):
            self.tell(tried, error)
            return
        tried.trial.report(error, REDUCTION**tried.pause)
        if tried.trial.should_prune():
            self.stop(tried)
        else:
            tried.pause += 1
            self.go_on(tried)

    def stop(self, tried: Tried) -> None:
        """Stops the trainings of a setting where they have paused."""
        from optuna.trial import TrialState

        for planned in tried.trainings:
            line = self.session.paused.get((planned.key, self.pause_of(planned) or 0))
            if line is not None and planned.key not in self.session.ended:
                behind = f"stopped at epoch {line.epochs}: not among the best {SHARE_KEPT:.0%} of the settings so far"
                self.session.stop(line, behind)
        self.study.tell(tried.trial, state=TrialState.PRUNED)
        self.forget(tried)

    def tell(self, tried: Tried, error: float) -> None:
        """Tells the study the mean dev error of a setting; one that diverged or failed has none."""
        from optuna.trial import TrialState

        is_number = error < float("inf")
        self.study.tell(tried.trial, error if is_number else None, state=None if is_number else TrialState.FAIL)
        self.forget(tried)

    def forget(self, tried: Tried) -> None:
        """Drops what is held of a setting that is over."""
        for planned in tried.trainings:
            self.tried.pop(planned.key, None)
