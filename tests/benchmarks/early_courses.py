"""The courses of whole sweeps, trained to their ends once, so that any rule of stopping early can be tried on them.

A sweep is a task and a plan that `dlrun sweep` itself makes of words. CHOSEN_ON are the tasks on which the rule was
chosen; FRESH chose nothing.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import yaml

from dlrun.config import LoadedConfig
from dlrun.executor import Executor
from dlrun.experiment import Experiment, prepare, read_config
from dlrun.experiment.checkpointing import Checkpointer
from dlrun.experiment.train import train, trainer_of
from dlrun.nn.evaluation import evaluate
from dlrun.nn.predictions import predictions
from dlrun.nn.training import EpochRecord
from dlrun.sweep.plan import Plan, overrides_of
from dlrun.sweep.request import read_sweep

from .diagnosis import tasks
from .diagnosis.faults import HEALTHY

# The words after `dlrun sweep CONFIG`, and of drawn settings how many.
PLANS = {
    "grid": (
        ("training.learning_rate=0.0005,0.003,0.02", "network.width=8,32,128", "regularization.lambda=0,0.3,3,30"),
        None,
    ),
    "drawn": (
        (
            "training.learning_rate=1e-4..1e-1:log",
            "network.width=4..128:log",
            "network.depth=2..4",
            "regularization.lambda=0,0.1,1,10",
            "regularization.keep_prob=0.5..1",
            "training.batch_size=16,64,256",
            "regularization.patience_epochs=null,10",
        ),
        48,
    ),
}
SEEDS = "seed=0..2"

# Sets that the program brings along or makes; a seed of a sweep also draws their rows or divides them.
FEW = {"train": 0.3, "dev": 0.15, "test": 0.55}
SOURCES = {
    "wine": {"source": "wine"},
    "iris": {"source": "iris"},
    "diabetes": {"source": "diabetes"},
    "circles": {"source": "circles", "samples": 2000, "noise": 0.25, "split": FEW},
}
CHOSEN_ON = tuple(tasks.KNOWN)
FRESH = (*tasks.FRESH, *SOURCES)

# Of one task after the other, in turn.
EPOCHS = (20, 40, 80)


@dataclass(frozen=True)
class Courses:
    """What n settings with s seeds did in at most E epochs; what is not there is NaN, or inf as an error of dev.

    epochs : of the plan. dev_errors, dev_losses, seconds (n, s, E) : after each epoch. wrong (n, s, E, m) : errors of
    single dev rows, booleans; or a regression's squared errors, of which the mean is the error.
    is_patient (n,) : whether early stopping keeps the best parameters so far. ended (n, s) : after so many epochs.
    is_diverged, final_dev, final_test, final_seconds (n, s) : of the ends.
    """

    epochs: np.ndarray
    dev_errors: np.ndarray
    dev_losses: np.ndarray
    seconds: np.ndarray
    wrong: np.ndarray
    is_patient: np.ndarray
    ended: np.ndarray
    is_diverged: np.ndarray
    final_dev: np.ndarray
    final_test: np.ndarray
    final_seconds: np.ndarray

    def of(self, *, settings: Sequence[int] | None = None, seeds: Sequence[int] | None = None) -> "Courses":
        """The same of some settings or seeds alone."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "epochs"}
        if settings is not None:
            arrays = {name: array[settings] for name, array in arrays.items()}
        if seeds is not None:
            arrays = {name: array if array.ndim == 1 else array[:, seeds] for name, array in arrays.items()}
        return replace(self, **arrays)


class Watched(Checkpointer):
    """Also keeps the errors of single dev rows after each epoch. Its clock, of processor time, does not count that."""

    def __init__(self, experiment: Experiment):
        super().__init__(experiment, trainer_of(experiment), keeps_lines=True)
        self.wrong: list[np.ndarray] = []
        self.began_processor = time.process_time()

    def seconds(self) -> float:
        return time.process_time() - self.began_processor

    def write_epoch(self, record: EpochRecord) -> EpochRecord:
        line, before = super().write_epoch(record), time.process_time()
        self.wrong.append(wrong_rows(self.trainer))
        self.began_processor += time.process_time() - before
        return line


def wrong_rows(trainer) -> np.ndarray:
    """The errors of the dev rows (m,)."""
    found = predictions(trainer.network, trainer.parameters, *trainer.dev[:2])
    if trainer.network.loss != "squared":
        return found.answers != found.targets
    return np.minimum(found.losses / found.targets.var(), 1e4).astype(np.float16)


def write_config(name: str, folder: Path) -> Path:
    """The config of a task, with its data beside it."""
    number = (*CHOSEN_ON, *FRESH).index(name)
    data = SOURCES.get(name)
    if data is None:
        kind = {"task": "regression"} if tasks.TASKS[name].regression else {}
        data = {"source": str(tasks.write_task(folder, name, tasks.arrays_of(name, 0))), **kind}
    training = HEALTHY["training"] | {"epochs": EPOCHS[number % len(EPOCHS)]}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"name": name, "data": data, **HEALTHY, "training": training}))
    return path


def courses_of(config: Path, base: LoadedConfig, plan: Plan, executor: Executor) -> Courses:
    """Trains a whole sweep. base : the config with the values that are fixed."""
    planned = list(plan.trainings())
    work = ((config, [*base.overrides, *overrides_of(one.settings, one.seed)]) for one in planned)
    found: dict[tuple[int, int], dict[str, np.ndarray]] = {}
    for done in executor.each(course_of, work):
        one = planned[done.number]
        found[one.setting_number, plan.seeds.index(one.seed)] = done.required()
    n, s = plan.settings_count, len(plan.seeds)
    together = {
        name: np.stack([np.stack([found[setting, seed][name] for seed in range(s)]) for setting in range(n)])
        for name in found[0, 0]
    }
    is_patient = together.pop("is_patient")[:, 0]
    return Courses(epochs=np.array(base.config.training.epochs), is_patient=is_patient, **together)


def course_of(config: Path, overrides: list[str]) -> dict[str, np.ndarray]:
    """One training to its end, as the arrays of `Courses` without their first two axes."""
    experiment = prepare(read_config(config, overrides))
    experiment = replace(experiment, plan=replace(experiment.plan, trace=False))
    watched = Watched(experiment)
    outcome = train(watched)
    dataset, network, E = experiment.dataset, experiment.network, experiment.plan.epochs
    is_diverged = outcome.status == "diverged"
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        dev, test = (
            np.inf if is_diverged else evaluate(network, outcome.parameters, split.X, split.Y).error
            for split in (dataset.dev, dataset.test)
        )
    wrong = np.ones((E, len(dataset.dev.X)), watched.wrong[0].dtype if watched.wrong else bool)
    for epoch, rows in enumerate(watched.wrong):
        wrong[epoch] = rows
    return {
        "dev_errors": padded([line.dev_error for line in watched.metrics], E, np.inf),
        "dev_losses": padded([line.dev_loss for line in watched.metrics], E, np.inf),
        "seconds": padded([line.seconds for line in watched.metrics], E, np.nan),
        "wrong": wrong,
        "is_patient": np.array(experiment.plan.patience_epochs is not None),
        "ended": np.array(outcome.epochs),
        "is_diverged": np.array(is_diverged),
        "final_dev": np.array(dev),
        "final_test": np.array(test),
        "final_seconds": np.array(outcome.seconds),
    }


def padded(values: list[float | None], length: int, missing: float) -> np.ndarray:
    """(length,) float64."""
    found = np.full(length, missing)
    found[: len(values)] = [missing if value is None else value for value in values]
    return found


def all_courses(folder: Path, names: list[str], executor: Executor) -> Iterator[tuple[str, str, Courses]]:
    """Task, plan and courses, trained unless the folder has them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for plan_name in PLANS:
            path = folder / f"{name}-{plan_name}.npz"
            if not path.exists():
                config = write_config(name, folder)
                words, trials = PLANS[plan_name]
                asked = read_sweep(config, [*words, SEEDS], trials=trials)
                courses = courses_of(config, asked.base, asked.plan, executor)
                np.savez_compressed(path, **{f.name: getattr(courses, f.name) for f in fields(courses)})
            with np.load(path) as arrays:
                yield name, plan_name, Courses(**arrays)
