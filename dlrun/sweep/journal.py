"""The study of a sampler, a journal in the sweep's folder: opened after any end, and checked before its use.

Optuna's own programs can read it. It is written here and not by Optuna's `JournalFileBackend`, which after a line that
was cut short reads nothing any more, waits half a minute for the lock of a process that was killed, and has no sentence
for a full disk. The lock here is the sweep's own.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import StoreError, UsageError
from ..store.disk import opened
from .folder import SweepFolder, damaged
from .grid import canonical
from .halving import SHARE_KEPT
from .line_file import LineFile
from .optuna_space import suggest
from .plan import Plan, training_key

if TYPE_CHECKING:
    import optuna

STUDY = "study.log"

# Optuna is told of the pauses as steps 1, REDUCTION, REDUCTION**2 and so on, at which its own pruner halves once each.
REDUCTION = round(1 / SHARE_KEPT)


class Proposed(NamedTuple):
    """A setting that was proposed: its number, and that of the trial that has proposed it first."""

    number: int
    trial: int


class Journal:
    """The lines of a study, as Optuna's storage asks for them and adds them. Raises StoreError.

    read : how many lines were read, and where the next one begins.
    """

    def __init__(self, path: Path):
        self.path, self.file, self.read = path, LineFile(path), (0, 0)

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The lines from this number on."""
        number, at = self.read if log_number_from >= self.read[0] else (0, 0)
        with opened(self.path) as file:
            file.seek(at)
            for line in file:
                number, at = number + 1, at + len(line)
                self.read = number, at
                if number > log_number_from:
                    yield json.loads(line)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Adds lines, and syncs them to the disk: no training may be known of a setting that is not."""
        self.file.append(b"".join(json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs))
        self.file.sync()


@contextmanager
def opened_study(folder: SweepFolder, plan: Plan) -> Iterator["optuna.Study"]:
    """The sweep's study, which is made if it is missing. Raises UsageError without Optuna, StoreError if damaged."""
    try:
        import optuna
    except ImportError as missing:
        raise UsageError(f"--sampler {plan.sampler}: needs optuna; pip install 'dlrun[search]'") from missing
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.logging.disable_propagation()
    journal = Journal(folder.path / STUDY)
    try:
        yield study_in(journal, folder, plan)
    finally:
        journal.file.close()


def study_in(journal: Journal, folder: SweepFolder, plan: Plan) -> "optuna.Study":
    """The study of a journal. Raises StoreError where it is not one of these trainings."""
    import optuna

    try:
        study = optuna.create_study(
            storage=optuna.storages.JournalStorage(journal),
            study_name=folder.id,
            sampler=sampler_of(plan, 0),
            pruner=optuna.pruners.NopPruner(),
            load_if_exists=True,
        )
        known = known_settings(study, plan)
    except StoreError:
        raise
    except Exception as problem:  # of a damaged line, whose errors may be of any kind
        raise damaged(journal.path, f"{type(problem).__name__}: {problem}") from problem
    trained = {*folder.begun(), *folder.ended(), *(line.key for line in folder.paused_lines())}
    if trained - set(keys_of(known, plan)):
        raise damaged(journal.path, "it lacks settings that were trained")
    return study


def sampler_of(plan: Plan, trials: int) -> "optuna.samplers.BaseSampler":
    """The sampler for the next trial after so many, with a random stream of its own.

    So it proposes the same whether or not the sweep was cut short before, and nothing that it has proposed already only
    because its stream began anew.
    """
    import numpy as np
    from optuna.samplers import TPESampler

    seed = np.random.SeedSequence((plan.sampler_seed, trials)).generate_state(1)[0]
    return TPESampler(seed=int(seed))


def known_settings(study: "optuna.Study", plan: Plan) -> dict[str, Proposed]:
    """The text of each setting that was proposed, in order, with what is known of it.

    Of the last trial nothing may have been proposed yet, since the process was killed then. Raises ValueError for
    another one without a setting of the plan.
    """
    known: dict[str, Proposed] = {}
    trials = study.get_trials(deepcopy=False)
    for trial in trials:
        try:
            known.setdefault(canonical(suggest(trial, plan)), Proposed(len(known), trial.number))
        except ValueError:
            if trial is not trials[-1] or trial.state.is_finished():
                raise
    return known


def keys_of(known: Iterable[str], plan: Plan) -> Iterator[str]:
    """The keys of all trainings of these settings."""
    for text in known:
        settings = json.loads(text)
        yield from (training_key(settings, seed) for seed in plan.seeds)
