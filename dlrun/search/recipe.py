"""Advice carried out: one piece of it as a child run, or the whole recipe, a run folder a training.

Stands between `follow`, which decides and knows no files, and the runs. Which trainings are done already is read off
the run folders: one of the same config, data and dlrun is used again, and one that was cut short is gone on with.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ..advice.advise import overrides_of
from ..advice.plan import plan
from ..config import LoadedConfig
from ..errors import StoreError, UsageError
from ..experiment import diagnosis_of, prepare, read_config, resume, run
from ..experiment.advising import case_of
from ..experiment.identity import differences, identity_of, of_config, with_absolute_paths
from ..experiment.predictions import PREDICTIONS
from ..experiment.result import judged
from ..experiment.resume import OVER
from ..statistics.acceptance import Answers
from ..store import Identity, Parent, RunFolder, list_runs, read_manifest
from . import ledger
from .follow import Because, Config, Judged, follow

# Shows one training as it goes: from its config to a context with `.update(record)`.
Display = Callable[[LoadedConfig], AbstractContextManager]


class Interrupted(Exception):
    """A training was interrupted; `result` is what it left."""

    def __init__(self, result: dict):
        super().__init__(result["run_id"])
        self.result = result


class Quiet:
    """The display that shows nothing."""

    def update(self, record: dict) -> None:
        """Takes one epoch's record."""


def quiet(loaded: LoadedConfig) -> AbstractContextManager:
    """A display for whoever shows nothing."""
    return nullcontext(Quiet())


def apply(folder: RunFolder, number: int, display: Display = quiet) -> dict:
    """Train a run's config with the change of its n-th piece of advice, as its child.

    {result, item, line}: the child's result, the advice, and the line of the ledger, None unless it finished.
    Raises UsageError where there is no such piece, or none that a config can carry out.
    """
    result = folder.read_json("result.json")
    advice = diagnosis_of(result, folder)["advice"]
    if not 1 <= number <= len(advice):
        raise UsageError(f"--apply: got {number}; {folder.id} has advice 1 to {len(advice)}")
    item = advice[number - 1]
    if item["change"] is None:
        usable = [str(n) for n, other in enumerate(advice, start=1) if other["change"] is not None]
        instead = f"apply {' or '.join(usable)} instead" if usable else "none of this run's advice is"
        raise UsageError(f"--apply: {number}, {item['action']}, is nothing that a config can change; {instead}")
    loaded = read_config(folder.path / "resolved.yaml", overrides_of(item["change"]))
    with display(loaded) as shown:
        trained = run(loaded, folder.path.parent, shown.update, parent=Parent(folder.id, item["action"]))
    line = None
    if trained["status"] == "finished":
        line = ledger.record(folder.path.parent, folder, RunFolder(Path(trained["run_dir"])), item)
    return {"result": trained, "item": item, "line": line}


def recipe(
    loaded: LoadedConfig,
    runs_dir: Path,
    *,
    trainings: int,
    seconds: float | None = None,
    display: Display = quiet,
    watch: Callable[[dict], None] = lambda step: None,
) -> dict:
    """Follow the recipe from a config. {config, steps, kept, ended, run_id, test_error, interrupted}.

    The steps are those of `follow`. test_error : of the run that was kept, looked at once, when all is decided; None if
    there is no test set or the recipe was interrupted, when `interrupted` is the result of the run to be gone on with.
    seconds : no training begins that would not end within so many.
    """
    began, steps = time.monotonic(), []

    def affordable(estimate: float | None) -> bool:
        return seconds is None or time.monotonic() - began + (estimate or 0.0) <= seconds

    def seen(step: dict) -> None:
        steps.append(step)
        watch(step)

    kitchen = Kitchen(loaded, runs_dir, display)
    told = {"config": loaded.file, "interrupted": None, "test_error": None}
    try:
        path = follow(kitchen.train, kitchen.start, trainings, affordable=affordable, watch=seen)
    except Interrupted as stop:
        kept = max((step["number"] for step in steps if step["kept"]), default=None)
        told["interrupted"] = stop.result
        path = {"steps": steps, "kept": kept, "ended": "interrupted; the same command goes on from here"}
    else:
        told["test_error"] = kitchen.results[path["steps"][path["kept"] - 1]["run_id"]]["errors"].get("test")
    run_id = path["steps"][path["kept"] - 1]["run_id"] if path["kept"] else None
    return told | path | {"run_id": run_id}


class Kitchen:
    """Where the recipe's trainings are made: start is the nested config, results maps run ids to results."""

    def __init__(self, loaded: LoadedConfig, runs_dir: Path, display: Display):
        self.loaded, self.runs_dir, self.display = loaded, runs_dir, display
        self.start: Config = with_absolute_paths(loaded).config.to_dict()
        self.identity = identity_of(loaded, prepare(loaded), None)
        self.results: dict[str, dict] = {}

    def train(self, config: Config, because: Because | None) -> Judged:
        """A run of this config: one that is there already, one that is gone on with, or a new one."""
        changes = {key: new for key, (_, new) in differences(dict(self.start), dict(config)).items()}
        loaded = read_config(Path(self.loaded.file), [*self.loaded.overrides, *overrides_of(changes)])
        parent = because and Parent(because.run_id, because.item["action"])
        result = self.taken_up(loaded) or self.trained(loaded, parent)
        if result["status"] == "interrupted":
            raise Interrupted(result)
        folder = RunFolder(Path(result["run_dir"]))
        self.results[folder.id] = result
        if because and result["status"] == "finished":
            ledger.record(self.runs_dir, RunFolder(self.runs_dir / because.run_id), folder, because.item)
        diagnosis = judged(result)
        return Judged(config, diagnosis, plan(case_of(folder, diagnosis, result)), kept_answers(folder), folder.id)

    def trained(self, loaded: LoadedConfig, parent: Parent | None) -> dict:
        with self.display(loaded) as shown:
            return run(loaded, self.runs_dir, shown.update, parent=parent)

    def taken_up(self, loaded: LoadedConfig) -> dict | None:
        """What an older run of the same config, data and dlrun came to, gone on with where it had not ended.

        The recipe changes neither the data nor their split, so that they are read for this once.
        """
        config = with_absolute_paths(loaded).config.to_dict()
        folder = same_run(self.runs_dir, of_config(self.identity, config))
        if folder is None:
            return None
        with self.display(loaded) as shown:
            return resume(folder, (), shown.update) | {"run_dir": str(folder.path)}


def same_run(runs_dir: Path, identity: Identity) -> RunFolder | None:
    """The run of this identity that can be used or gone on with, first one that is over; None where there is none."""
    found = []
    for row in list_runs(runs_dir):
        folder = RunFolder(runs_dir / row["run_id"])
        if row["status"] in (*OVER, "interrupted", "crashed"):
            try:
                manifest = read_manifest(folder)
            except StoreError:
                continue  # it is listed as broken; a new run does as well
            if manifest.identity.is_same(identity):
                found.append((row["status"] not in OVER, len(found), folder))
    return min(found)[2] if found else None


def kept_answers(folder: RunFolder) -> Answers:
    """What a run says of each dev row, as it left it."""
    arrays = folder.read_arrays(PREDICTIONS)
    correct = arrays.get("dev_correct")
    return Answers(None if correct is None else ~correct, arrays["dev_losses"])
