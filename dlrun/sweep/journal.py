"""The study of a sampler, Optuna's journal in the sweep's folder: opened after any end, and checked before its use.

Optuna reads a line that was cut short, or a lock that a killed process has left, as if another process wrote just now.
Here nobody else does, since the sweep's own lock is held.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError, UsageError
from ..store.disk import discard
from ..store.problems import raised_as_store_error
from .folder import SweepFolder, damaged
from .grid import canonical
from .halving import SHARE_KEPT
from .line_file import LineFile
from .optuna_space import suggest
from .plan import Plan, training_key

if TYPE_CHECKING:
    import optuna

STUDY = "study.log"

# What Optuna divides the settings by at each pause. It is told of the pauses as steps 1, REDUCTION, REDUCTION**2 and so
# on: at such steps it halves once. Told the epochs, it halves as often as there are such steps before them.
REDUCTION = round(1 / SHARE_KEPT)


def opened_study(folder: SweepFolder, plan: Plan, *, early: bool) -> "optuna.Study":
    """The sweep's study, which is made if it is missing. Raises UsageError without Optuna, StoreError if damaged."""
    try:
        import optuna
    except ImportError as missing:
        raise UsageError(f"--sampler {plan.sampler}: needs optuna; pip install 'dlrun[search]'") from missing
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.logging.disable_propagation()
    path = folder.path / STUDY
    discard(Path(f"{path}.lock"))
    LineFile(path).close()
    pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
    try:
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(path))),
            study_name=folder.id,
            sampler=sampler_of(plan, 0),
            pruner=pruner if early else optuna.pruners.NopPruner(),
            load_if_exists=True,
        )
        known = known_settings(study, plan)
    except OSError as problem:
        raise StoreError(f"{path}: cannot be written: {problem.strerror or problem}; free some space") from problem
    except Exception as problem:  # of a journal that is damaged, whose errors may be of any kind
        raise damaged(path, f"{type(problem).__name__}: {problem}") from problem
    trained = {*folder.begun(), *folder.ended(), *(line.key for line in folder.paused_lines())}
    if trained - set(keys_of(known, plan)):
        raise damaged(path, "it lacks settings that were trained")
    return study


def writing(folder: SweepFolder) -> AbstractContextManager[None]:
    """Turns an error of the disk, while the study is told of something, into a StoreError."""
    return raised_as_store_error(folder.path / STUDY, "written")


def sampler_of(plan: Plan, trials: int) -> "optuna.samplers.BaseSampler":
    """The sampler for the next trial after so many, with a random stream of its own.

    So it proposes the same whether or not the sweep was cut short before, and nothing that it has proposed already only
    because its stream began anew.
    """
    import numpy as np
    from optuna.samplers import TPESampler

    seed = np.random.SeedSequence((plan.sampler_seed, trials)).generate_state(1)[0]
    return TPESampler(seed=int(seed))


def known_settings(study: "optuna.Study", plan: Plan) -> dict[str, int]:
    """The text of each setting that was proposed, in order, with its number.

    Of the last trial nothing may have been proposed yet, since the process was killed then. Raises ValueError for
    another one without a setting of the plan.
    """
    known: dict[str, int] = {}
    trials = study.get_trials(deepcopy=False)
    for trial in trials:
        try:
            known.setdefault(canonical(suggest(trial, plan)), len(known))
        except ValueError:
            if trial is not trials[-1] or trial.state.is_finished():
                raise
    return known


def keys_of(known: dict[str, int], plan: Plan) -> Iterator[str]:
    """The keys of all trainings of these settings."""
    for text in known:
        settings = json.loads(text)
        yield from (training_key(settings, seed) for seed in plan.seeds)
