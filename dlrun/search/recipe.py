"""Carries out advice: one item of it as a child run, or the whole recipe with a run folder for each training.

`follow` decides what is trained. Which trainings are done already is seen from the run folders: a run of the same
config, data and dlrun is used again, and one that was cut short is resumed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..advice.advise import overrides_of
from ..advice.plan import plan
from ..advice.records import Advice
from ..config import LoadedConfig
from ..errors import UsageError
from ..experiment import diagnosis_of, prepare, read_config, resume, run
from ..experiment.advising import case_of
from ..experiment.identity import differences, identity_of, of_config, with_absolute_paths
from ..experiment.judge import judged
from ..experiment.resume import OVER
from ..experiment.run import Display, quiet
from ..inspection.refit import refit
from ..records import FLAT, ConfigData
from ..statistics.acceptance import Answers
from ..store import (
    RESOLVED,
    Identity,
    Parent,
    Refit,
    Result,
    RunContents,
    RunFolder,
    identity_key,
    read_result,
    same_runs,
)
from . import ledger
from .finish import Finish, finish
from .follow import FollowedAdvice, Judged, Step, follow
from .follow import Path as RecipePath
from .ledger import LedgerLine


class Interrupted(Exception):
    """A training was interrupted; `result` is its result so far."""

    def __init__(self, result: Result):
        super().__init__(result.run_id)
        self.result = result


@dataclass(frozen=True)
class Applied:
    """An item of advice that was carried out, with the child's result. line : None unless the child finished."""

    result: Result
    item: Advice
    line: LedgerLine | None


def apply(folder: RunFolder, number: int, display: Display = quiet) -> tuple[Applied, RunContents]:
    """Trains a run's config with the change of its n-th item of advice, as its child. Also returns the child's folder.

    Raises UsageError where there is no such item, or where no config change can carry it out.
    """
    advice = diagnosis_of(read_result(folder), folder).advice
    if not 1 <= number <= len(advice):
        raise UsageError(f"--apply: got {number}; {folder.id} has advice 1 to {len(advice)}")
    item = advice[number - 1]
    if item.change is None:
        usable = [str(n) for n, any_item in enumerate(advice, start=1) if any_item.change is not None]
        instead = f"apply {' or '.join(usable)} instead" if usable else "none of this run's advice is"
        raise UsageError(f"--apply: {number}, {item.action}, is no change of the config; {instead}")
    loaded = read_config(folder.path / RESOLVED, overrides_of(item.change))
    child = run(loaded, folder.path.parent, display, parent=Parent(folder.id, item.action))
    result, line = child.result_required(), None
    if result.status == "finished":
        line = ledger.record(folder.path.parent, folder, child.folder, item)
    return Applied(result, item, line), child


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The recipe that was followed from a config.

    finish : the mean of several networks of the config that was kept, and its training on train and dev; None if the
    recipe was interrupted. run_id : of the run to use. test_error : of it, looked at once, at the end; None without a
    test set, or if the recipe was interrupted. interrupted : the result of the run that the same command resumes, None
    if there is none.
    """

    config: str
    interrupted: Result | None
    test_error: float | None
    path: RecipePath = field(metadata=FLAT)
    finish: Finish | None
    run_id: str | None


def recipe(
    loaded: LoadedConfig,
    runs_dir: Path,
    *,
    trainings: int,
    seconds: float | None = None,
    display: Display = quiet,
    watch: Callable[[Step], None] = lambda step: None,
) -> Recipe:
    """Follows the recipe from a config.

    seconds : no training begins that would end after so many. watch : called with each step.
    """
    began, steps = time.monotonic(), []

    def affordable(estimate: float | None) -> bool:
        return seconds is None or time.monotonic() - began + (estimate or 0.0) <= seconds

    def note(step: Step) -> None:
        steps.append(step)
        watch(step)

    runner, interrupted, finished = TrialRunner(loaded, runs_dir, display), None, None
    try:
        path = follow(runner.train, runner.start, trainings, affordable=affordable, watch=note)
        kept = runner.judged[path.steps[(path.kept or 1) - 1].run_id]
        finished = finish(kept, runner.train, runner.refit, lambda run_id: runner.results[run_id].seconds, affordable)
    except Interrupted as stop:
        last_kept = max((step.number for step in steps if step.kept), default=None)
        interrupted = stop.result
        path = RecipePath(tuple(steps), last_kept, "interrupted; the same command resumes it")
    run_id = finished.run_id if finished else path.steps[path.kept - 1].run_id if path.kept else None
    test_error = None
    if finished:
        test_error = finished.refit.test_error if finished.refit else runner.results[finished.run_id].errors.test
    return Recipe(
        config=loaded.file, interrupted=interrupted, test_error=test_error, path=path, finish=finished, run_id=run_id
    )


class TrialRunner:
    """Does the recipe's trainings. written : the nested config. start : the same with numbers for auto, which stay as
    they are whatever a step changes. results, judged : by run id."""

    def __init__(self, loaded: LoadedConfig, runs_dir: Path, display: Display):
        self.loaded, self.runs_dir, self.display = loaded, runs_dir, display
        self.written: ConfigData = with_absolute_paths(loaded).config.to_dict()
        self.identity = identity_of(loaded, prepare(loaded), None)
        self.start: ConfigData = self.identity.config
        self.results: dict[str, Result] = {}
        self.judged: dict[str | None, Judged] = {}

    def train(self, config: ConfigData, followed: FollowedAdvice | None) -> Judged:
        """A run of this config: an older one, one that is resumed, or a new one."""
        changes = {key: new for key, (_, new) in differences(self.written, config).items()}
        loaded = read_config(Path(self.loaded.file), [*self.loaded.overrides, *overrides_of(changes)])
        parent = Parent(followed.run_id, followed.item.action) if followed else None
        contents = self.reused_or_resumed(loaded) or run(loaded, self.runs_dir, self.display, parent=parent)
        result, folder = contents.result_required(), contents.folder
        if result.status == "interrupted":
            raise Interrupted(result)
        if not result.has_errors:
            raise UsageError(f"recipe: {folder.id} has no errors to go by; {result.message}")
        self.results[folder.id] = result
        if followed and followed.run_id and result.status == "finished":
            ledger.record(self.runs_dir, RunFolder(self.runs_dir / followed.run_id), folder, followed.item)
        diagnosis = judged(result)
        next_steps = plan(case_of(folder, diagnosis, result))
        found = self.judged[folder.id] = Judged(config, diagnosis, next_steps, kept_answers(contents), folder.id)
        return found

    def refit(self, run_id: str) -> Refit:
        """A run's network, trained again on train and dev."""
        return refit(RunFolder(self.runs_dir / run_id))

    def reused_or_resumed(self, loaded: LoadedConfig) -> RunContents | None:
        """An older run of the same config, data and dlrun, resumed if it has not ended; None where there is none.

        The recipe changes neither the data nor their split, so the identity of the data is computed only once.
        """
        config = with_absolute_paths(loaded).config.to_dict()
        folder = same_run(self.runs_dir, of_config(self.identity, config))
        return resume(folder, (), self.display) if folder else None


def same_run(runs_dir: Path, identity: Identity) -> RunFolder | None:
    """A run of this identity to use or resume, preferably one that is over; None where there is none."""
    (same,) = same_runs(runs_dir, [identity_key(identity)]).values()
    usable = [row for row in same if row.status in (*OVER, "interrupted", "crashed")]
    best = min(usable, key=lambda row: row.status not in OVER, default=None)  # the newest of equals
    return None if best is None else RunFolder(runs_dir / best.run_id)


def kept_answers(contents: RunContents) -> Answers:
    """A run's answers on the dev rows, from its predictions."""
    arrays = contents.predictions or {}
    correct = arrays.get("dev_correct")
    return Answers(None if correct is None else ~correct, arrays["dev_losses"], arrays.get("dev_weights"))
