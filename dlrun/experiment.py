"""The joint: where the config's words meet the maths, and the one path from a config to a run folder.

    config -> Dataset -> Network -> training -> Evaluation -> Diagnosis -> run folder

`run` walks it. What a run folder holds is written here and nowhere else.
"""

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .config import Config, LoadedConfig, load_config, resolved_yaml
from .data import SOURCE_SETTINGS, Dataset, fit_dataset, read_examples, split_examples
from .diagnosis import diagnose
from .errors import ConfigError, Diverged, DlrunError
from .nn.augmentation import Augmentation, Augmenter
from .nn.evaluation import Evaluation, baseline_error, evaluate
from .nn.gradcheck import GradientReport, check_network
from .nn.network import Network
from .nn.optimizers import OptimizerSettings, penalty_of
from .nn.parameters import Parameters, initial_parameters, weight_decay
from .nn.training import EpochRecord, Examples, Trainer, TrainingPlan
from .store import RunFolder, create_run, environment

# One stream a use, each a child of the one seed. New uses go to the end, so that the others keep their numbers.
STREAMS = ("source", "split", "init", "batches", "dropout", "augment", "gradcheck")

LOSS_OF_TASK = {"binary": "sigmoid", "multiclass": "softmax", "regression": "squared"}

# Rows for the gradient check: enough to reach every unit, few enough to be quick, and few kinks to step across.
GRADCHECK_EXAMPLES = 8

# A learning rate this much smaller is what a diverged run is advised to try.
SMALLER_RATE_FACTOR = 0.1


@dataclass(frozen=True)
class Experiment:
    """All that a config asks for, ready to train."""

    config: Config
    dataset: Dataset
    network: Network
    parameters: Parameters
    streams: dict[str, np.random.Generator]


def read_config(path: Path, overrides: Iterable[str] = ()) -> LoadedConfig:
    """The config at `path` with `key=value` overrides, its source known. Raises ConfigError, UsageError."""
    return load_config(path, overrides, source_settings=SOURCE_SETTINGS)


def random_streams(seed: int) -> dict[str, np.random.Generator]:
    """A generator for each use, independent of the others. SFC64 is NumPy's fastest, and all that we need."""
    children = np.random.SeedSequence(seed).spawn(len(STREAMS))
    return {name: np.random.Generator(np.random.SFC64(child)) for name, child in zip(STREAMS, children, strict=True)}


def prepare(loaded: LoadedConfig) -> Experiment:
    """Read, split and scale the data, and draw the network's first weights. Raises ConfigError, DataError."""
    config, streams = loaded.config, random_streams(loaded.config.seed)
    dataset = prepare_data(config, Path(loaded.file).parent, streams)
    n_out = len(dataset.classes) if dataset.task == "multiclass" else 1
    sizes = (dataset.train.X.shape[1], *config.network.hidden_widths(), n_out)
    network = Network(sizes, config.network.activation, LOSS_OF_TASK[dataset.task], config.keep_probs())
    if augmentation_of(config).moves_pixels and dataset.image_side is None:
        raise ConfigError(
            [
                f"{loaded.file}: regularization.augment: shift, rotation, zoom and flip need square images, and the "
                f"source has {sizes[0]} inputs that are none; only augment.noise suits it"
            ]
        )
    parameters = initial_parameters(
        sizes,
        config.network.init,
        rng=streams["init"],
        scale=config.network.init_scale,
        dtype=np.dtype(config.training.precision),
    )
    return Experiment(config, dataset, network, parameters, streams)


def prepare_data(config: Config, folder: Path, streams: dict[str, np.random.Generator]) -> Dataset:
    """The three steps from a source to a Dataset."""
    data = config.data
    settings = {name: getattr(data, name) for name in SETTING_NAMES if getattr(data, name) is not None}
    examples = read_examples(
        data.source,
        folder=folder,
        rng=streams["source"],
        settings=settings,
        **{name: getattr(data, name) for name in READING_NAMES},
    )
    split = {part: share for part, share in data.split.model_dump().items() if share}
    parts = split_examples(examples, rng=streams["split"], split=split, stratify=data.stratify)
    return fit_dataset(examples, parts, normalize=data.normalize, dtype=np.dtype(config.training.precision))


SETTING_NAMES = tuple(sorted(set().union(*SOURCE_SETTINGS.values())))
READING_NAMES = (
    "dev_source",
    "test_source",
    "target",
    "header",
    "separator",
    "drop",
    "missing",
    "numeric",
    "categorical",
    "task",
    "split_column",
    "group",
    "order",
)


def training_plan(config: Config) -> TrainingPlan:
    training, regularization = config.training, config.regularization
    return TrainingPlan(
        epochs=training.epochs,
        batch_size=None if training.batch_size == "full" else training.batch_size,
        optimizer=training.optimizer,
        learning_rate=training.learning_rate,
        learning_rate_decay=training.learning_rate_decay,
        l2_lambda=regularization.lambda_,
        evaluate_every=training.evaluate_every,
        patience_epochs=regularization.patience_epochs,
        settings=OptimizerSettings(training.momentum, training.rms_decay, training.epsilon),
    )


def make_trainer(experiment: Experiment) -> Trainer:
    train, dev = experiment.dataset.train, experiment.dataset.dev
    return Trainer(
        experiment.network,
        experiment.parameters,
        Examples(train.X, train.Y),
        Examples(dev.X, dev.Y),
        training_plan(experiment.config),
        batch_rng=experiment.streams["batches"],
        dropout_rng=experiment.streams["dropout"],
        augment=make_augmenter(experiment),
    )


def augmentation_of(config: Config) -> Augmentation:
    return Augmentation(**config.regularization.augment.model_dump())


def make_augmenter(experiment: Experiment) -> Augmenter | None:
    """What changes each batch, or None where the config asks for no change."""
    dataset, augmentation = experiment.dataset, augmentation_of(experiment.config)
    if not augmentation.changes_anything():
        return None
    return Augmenter(
        augmentation,
        rng=experiment.streams["augment"],
        side=dataset.image_side,
        mean=dataset.preparation.get("means"),
        scale=dataset.preparation.get("scales"),
    )


@dataclass
class Outcome:
    """How training ended: the parameters to keep, and what happened."""

    status: str
    parameters: Parameters
    epochs: int
    best_epoch: int | None
    seconds: float
    error: DlrunError | None = None


def train(experiment: Experiment, record_epoch: Callable[[EpochRecord, float], None]) -> Outcome:
    """Train to the end, or to divergence or an interrupt; `record_epoch` sees each epoch and the seconds so far."""
    trainer = make_trainer(experiment)
    began = time.perf_counter()
    status, error = "finished", None
    try:
        for record in trainer.epochs():
            record_epoch(record, time.perf_counter() - began)
    except KeyboardInterrupt:
        status = "interrupted"
    except Diverged as divergence:
        status, error = "diverged", divergence
    return Outcome(
        status,
        parameters_to_keep(trainer, status),
        trainer.epochs_done,
        trainer.best_epoch,
        time.perf_counter() - began,
        error,
    )


def parameters_to_keep(trainer: Trainer, status: str) -> Parameters:
    """The last ones of a finished run; the best where early stopping or an interrupt asks; the last good otherwise."""
    stopping_early = trainer.plan.patience_epochs is not None
    if trainer.best is not None and (status == "interrupted" or (status == "finished" and stopping_early)):
        return trainer.best
    return trainer.parameters if status == "finished" else trainer.last_good


def run(loaded: LoadedConfig, runs_dir: Path, watch: Callable[[dict], None] = lambda record: None) -> dict:
    """Train what a config says and leave a run folder. Returns the result, as result.json holds it.

    watch : sees each epoch's record as it is written to metrics.jsonl.
    Raises DlrunError before the folder exists; afterwards a divergence or an interrupt is a status of the result.
    Any other exception is a bug: its traceback is saved in the folder, whose path it then carries as `run_dir`.
    """
    experiment = prepare(loaded)
    folder = create_run(runs_dir, loaded.config.name)
    try:
        write_beginning(folder, loaded, experiment)

        def record_epoch(record: EpochRecord, seconds: float) -> None:
            line = record.to_dict() | {"seconds": round(seconds, 6)}
            folder.append_line("metrics.jsonl", line)
            watch(line)

        outcome = train(experiment, record_epoch)
        result = summarize(experiment, outcome, folder)
        write_ending(folder, experiment, outcome, result)
        return result
    except DlrunError:
        raise
    except Exception as bug:
        folder.write_bytes("traceback.txt", traceback.format_exc().encode())
        folder.write_json("result.json", {"run_id": folder.id, "status": "failed", "message": repr(bug)})
        bug.run_dir = folder.path
        raise


def write_beginning(folder: RunFolder, loaded: LoadedConfig, experiment: Experiment) -> None:
    """Everything that is known before training."""
    dataset = experiment.dataset
    folder.write_bytes("config.yaml", loaded.text)
    folder.write_bytes("resolved.yaml", resolved_yaml(loaded).encode())
    folder.write_json("environment.json", environment() | {"seed": loaded.config.seed})
    folder.write_json("data.json", dataset.facts | {"warnings": list(dataset.warnings)})
    folder.write_arrays("split.npz", {name: part.rows for name, part in dataset.splits().items()})


def write_ending(folder: RunFolder, experiment: Experiment, outcome: Outcome, result: dict) -> None:
    """Everything that training found out. The result comes last: a folder with one is whole."""
    preparation = {f"preparation_{name}": array for name, array in experiment.dataset.preparation.items()}
    folder.write_arrays("model.npz", outcome.parameters.tensors() | preparation)
    folder.write_json("diagnosis.json", diagnosis_of(result))
    folder.write_bytes("log.txt", "".join(line + "\n" for line in log_lines(result)).encode())
    folder.write_json("result.json", result)


def log_lines(result: dict) -> list[str]:
    """The run in a few lines of plain text."""
    lines = [f"warning: {warning}" for warning in result["warnings"]]
    lines.append(f"{result['status']} after {result['epochs']} epochs and {result['seconds']:.1f} s")
    if result["message"]:
        lines.append(result["message"])
    return lines


def summarize(experiment: Experiment, outcome: Outcome, folder: RunFolder) -> dict:
    """The result: what `train --json` prints and every later verb starts from."""
    dataset, config = experiment.dataset, experiment.config
    measured = measure(experiment, outcome.parameters)
    decay = weight_decay(outcome.parameters, config.regularization.lambda_, len(dataset.train.X))
    penalty = penalty_of(outcome.parameters, decay)
    result = {
        "run_id": folder.id,
        "run_dir": str(folder.path),
        "name": config.name,
        "status": outcome.status,
        "message": message_of(outcome, config),
        "task": dataset.task,
        "errors": parts_of(measured, lambda e: e.error),
        "baseline_error": baseline_error(experiment.network, dataset.train.Y, dataset.dev.Y),
        "optimal_error": config.diagnosis.optimal_error,
        "costs": parts_of(measured, lambda e: e.loss + penalty),
        "losses": parts_of(measured, lambda e: e.loss),
        "rmse": None,
        "sizes": {name: len(part.X) for name, part in dataset.splits().items()},
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "seconds": outcome.seconds,
        "warnings": list(dataset.warnings),
    }
    if dataset.task == "regression":
        result["rmse"] = parts_of(measured, lambda e: e.loss**0.5 * dataset.target_scale)
    return result | {"verdict": diagnosis_of(result)["verdict"]}


def measure(experiment: Experiment, parameters: Parameters) -> dict[str, Evaluation]:
    # The parameters of a diverged run may be finite and still overflow; the numbers then say so themselves.
    with np.errstate(over="ignore", invalid="ignore"):
        return {
            name: evaluate(experiment.network, parameters, part.X, part.Y)
            for name, part in experiment.dataset.splits().items()
        }


def parts_of(measured: dict[str, Evaluation], figure: Callable[[Evaluation], float]) -> dict[str, float | None]:
    """One figure for each of train, dev and test; None where there is no such part."""
    return {name: figure(measured[name]) if name in measured else None for name in ("train", "dev", "test")}


def message_of(outcome: Outcome, config: Config) -> str | None:
    """What a person is told about a run that did not finish."""
    if outcome.status == "diverged":
        smaller = config.training.learning_rate * SMALLER_RATE_FACTOR
        where = f"at epoch {outcome.error.epoch} the {outcome.error.what} of layer {outcome.error.layer}"
        return f"{where} left the finite numbers; try training.learning_rate={smaller:g}"
    if outcome.status == "interrupted":
        kept = f"the best parameters, of epoch {outcome.best_epoch}," if outcome.best_epoch else "the first parameters"
        return f"after {outcome.epochs} epochs; {kept} are kept"
    return None


def diagnosis_of(result: dict) -> dict:
    """The diagnosis of a result, as `diagnose --json` prints it."""
    diagnosis = diagnose(
        result["errors"],
        optimal_error=result["optimal_error"],
        baseline_error=result["baseline_error"],
        regression=result["task"] == "regression",
    )
    return {"run_id": result["run_id"]} | diagnosis.to_dict()


def check_gradients(loaded: LoadedConfig, *, epsilon: float, progress: Callable[[int, int], None]) -> GradientReport:
    """The gradient check of a config's own network at its first weights, on a few rows of its own data."""
    experiment = prepare(loaded)
    train, rng = experiment.dataset.train, experiment.streams["gradcheck"]
    rows = rng.permutation(len(train.X))[:GRADCHECK_EXAMPLES]
    return check_network(
        experiment.network,
        experiment.parameters,
        train.X[rows],
        train.Y[rows],
        l2_lambda=loaded.config.regularization.lambda_,
        epsilon=epsilon,
        mask_rng=rng,
        progress=progress,
    )
