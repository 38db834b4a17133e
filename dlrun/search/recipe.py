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
from ..errors import StoreError, UsageError
from ..experiment import diagnosis_of, prepare, read_config, resume, run
from ..experiment.advising import case_of
from ..experiment.identity import differences, identity_of, of_config, with_absolute_paths
from ..experiment.judge import judged
from ..experiment.resume import OVER
from ..experiment.run import Display, quiet
from ..records import FLAT, Mapped
from ..statistics.acceptance import Answers
from ..store import (
    RESOLVED,
    Identity,
    Parent,
    Result,
    RunContents,
    RunFolder,
    list_runs,
    read_manifest,
    read_result,
)
from . import ledger
from .follow import Config, FollowedAdvice, Judged, Step, follow
from .follow import Path as RecipePath
from .ledger import LedgerLine


class Interrupted(Exception):
    """A training was interrupted; `result` is what it left."""

    def __init__(self, result: Result):
        super().__init__(result.run_id)
        self.result = result


@dataclass(frozen=True)
class Applied(Mapped):
    """A piece of advice that was carried out: the child's result, and what came of it, None unless it finished."""

    result: Result
    item: Advice
    line: LedgerLine | None


def apply(folder: RunFolder, number: int, display: Display = quiet) -> tuple[Applied, RunContents]:
    """Train a run's config with the change of its n-th piece of advice, as its child; with it, all of the child.

    Raises UsageError where there is no such piece, or none that a config can carry out.
    """
    advice = diagnosis_of(read_result(folder), folder).advice
    if not 1 <= number <= len(advice):
        raise UsageError(f"--apply: got {number}; {folder.id} has advice 1 to {len(advice)}")
    item = advice[number - 1]
    if item.change is None:
        usable = [str(n) for n, other in enumerate(advice, start=1) if other.change is not None]
        instead = f"apply {' or '.join(usable)} instead" if usable else "none of this run's advice is"
        raise UsageError(f"--apply: {number}, {item.action}, is nothing that a config can change; {instead}")
    loaded = read_config(folder.path / RESOLVED, overrides_of(item.change))
    child = run(loaded, folder.path.parent, display, parent=Parent(folder.id, item.action))
    result, line = child.result_required(), None
    if result.status == "finished":
        line = ledger.record(folder.path.parent, folder, child.folder, item)
    return Applied(result, item, line), child


@dataclass(frozen=True, kw_only=True)
class Recipe(Mapped):
    """The recipe, followed from a config.

    test_error : of the run that was kept, looked at once, when all is decided; None if there is no test set or the
    recipe was interrupted, when `interrupted` is the result of the run to be resumed.
    """

    config: str
    interrupted: Result | None
    test_error: float | None
    path: RecipePath = field(metadata=FLAT)
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
    """Follow the recipe from a config.

    seconds : no training begins that would not end within so many. watch : sees each step.
    """
    began, steps = time.monotonic(), []

    def affordable(estimate: float | None) -> bool:
        return seconds is None or time.monotonic() - began + (estimate or 0.0) <= seconds

    def seen(step: Step) -> None:
        steps.append(step)
        watch(step)

    runner, interrupted = TrialRunner(loaded, runs_dir, display), None
    try:
        path = follow(runner.train, runner.start, trainings, affordable=affordable, watch=seen)
    except Interrupted as stop:
        kept = max((step.number for step in steps if step.kept), default=None)
        interrupted = stop.result
        path = RecipePath(tuple(steps), kept, "interrupted; the same command goes on from here")
    run_id = path.steps[path.kept - 1].run_id if path.kept else None
    test_error = runner.results[run_id].errors.test if run_id and not interrupted else None
    return Recipe(config=loaded.file, interrupted=interrupted, test_error=test_error, path=path, run_id=run_id)


class TrialRunner:
    """Makes the recipe's trainings: start is the nested config, results maps run ids to results."""

    def __init__(self, loaded: LoadedConfig, runs_dir: Path, display: Display):
        self.loaded, self.runs_dir, self.display = loaded, runs_dir, display
        self.start: Config = with_absolute_paths(loaded).config.to_dict()
        self.identity = identity_of(loaded, prepare(loaded), None)
        self.results: dict[str, Result] = {}

    def train(self, config: Config, because: FollowedAdvice | None) -> Judged:
        """A run of this config: one that is there already, one that is resumed, or a new one."""
        changes = {key: new for key, (_, new) in differences(self.start, config).items()}
        loaded = read_config(Path(self.loaded.file), [*self.loaded.overrides, *overrides_of(changes)])
        parent = Parent(because.run_id, because.item.action) if because else None
        contents = self.reused_or_resumed(loaded) or run(loaded, self.runs_dir, self.display, parent=parent)
        result, folder = contents.result_required(), contents.folder
        if result.status == "interrupted":
            raise Interrupted(result)
        self.results[folder.id] = result
        if because and because.run_id and result.status == "finished":
            ledger.record(self.runs_dir, RunFolder(self.runs_dir / because.run_id), folder, because.item)
        diagnosis = judged(result)
        return Judged(config, diagnosis, plan(case_of(folder, diagnosis, result)), kept_answers(contents), folder.id)

    def reused_or_resumed(self, loaded: LoadedConfig) -> RunContents | None:
        """What an older run of the same config, data and dlrun came to, resumed where it had not ended.

        The recipe changes neither the data nor their split, so that they are read for this once.
        """
        config = with_absolute_paths(loaded).config.to_dict()
        folder = same_run(self.runs_dir, of_config(self.identity, config))
        return resume(folder, (), self.display) if folder else None


def same_run(runs_dir: Path, identity: Identity) -> RunFolder | None:
    """The run of this identity that can be used or resumed, first one that is over; None where there is none."""
    candidates: list[tuple[bool, int, RunFolder]] = []
    for row in list_runs(runs_dir):
        folder = RunFolder(runs_dir / row.run_id)
        if row.status in (*OVER, "interrupted", "crashed"):
            try:
                manifest = read_manifest(folder)
            except StoreError:
                continue  # it is listed as broken; a new run does as well
            if manifest.identity.is_same(identity):
                candidates.append((row.status not in OVER, len(candidates), folder))
    return min(candidates)[2] if candidates else None


def kept_answers(contents: RunContents) -> Answers:
    """What a run says of each dev row, as it left it."""
    arrays = contents.predictions or {}
    correct = arrays.get("dev_correct")
    return Answers(None if correct is None else ~correct, arrays["dev_losses"])
