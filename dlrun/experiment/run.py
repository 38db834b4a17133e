"""From a config to a run folder: the path, walked. What a run folder holds is written here and nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..config import LoadedConfig, resolved_yaml
from ..nn.predictions import Predictions
from ..nn.training import EpochRecord
from ..store import Identity, Parent, RunFolder, create_run, now, to_plain, write_manifest, write_result
from .failure import failure_kept
from .health import lines_of
from .identity import identity_of, with_absolute_paths
from .interrupts import Interrupts, noted_interrupts
from .keeper import METRICS, TRACE, Keeper
from .outcome import Outcome, train
from .predictions import PREDICTIONS, predict, prediction_arrays
from .prepare import Experiment, make_trainer, prepare
from .result import diagnosis_of, summarize
from .reuse import find_same
from .scored import note_scored
from .showcase import EXAMPLES, example_arrays

# The name of a run whose config has none, and a file name with no letter to take one from.
NAMELESS = "run"


Watch = Callable[[EpochRecord], None]


def run(
    loaded: LoadedConfig,
    runs_dir: Path,
    watch: Watch = lambda record: None,
    *,
    parent: Parent | None = None,
    needed: bool = False,
) -> dict:
    """Train what a config says and leave a run folder. Returns the result, as result.json holds it.

    watch : sees each epoch's record as it is written to metrics.jsonl.
    parent : the run that this one follows from.
    needed : a finished run of the same config, data and dlrun is used again instead; its result has "reused".
    Raises DlrunError before the folder exists; afterwards a divergence or an interrupt is a status of the result, and
    a StoreError leaves the run failed. Any other exception is a bug: its traceback is saved in the folder, whose path
    it then carries as `run_dir`.
    """
    experiment = prepare(loaded)
    identity = identity_of(loaded, experiment, parent)
    if needed and (same := find_same(runs_dir, identity)):
        return same
    with noted_interrupts() as interrupts:
        folder = create_run(runs_dir, loaded.config.name or NAMELESS)
        with folder.locked(), failure_kept(folder, sessions=1):
            write_beginning(folder, loaded, experiment, identity)
            keeper = keeper_of(experiment, folder, identity, interrupts)
            return train_to_an_end(folder, experiment, keeper, watch, {"sessions": 1, "notes": []})


def keeper_of(experiment: Experiment, folder: RunFolder, identity: Identity, interrupts: Interrupts) -> Keeper:
    """What keeps this run in its folder."""
    return Keeper(experiment, make_trainer(experiment), folder, identity.hashes, interrupts)


def train_to_an_end(folder: RunFolder, experiment: Experiment, keeper: Keeper, watch: Watch, more: dict) -> dict:
    """Train from where the keeper's trainer stands, and write what came of it; `more` goes into the result."""
    outcome = train(experiment, epoch_recorder(folder, watch), keeper)
    predictions = predict(experiment, outcome.parameters)
    lines = (lines_of(folder, name) for name in (METRICS, TRACE))
    result = summarize(experiment, outcome, predictions, folder, *lines)
    result |= {"signal": outcome.signal, "ended": now(), **more}
    result["notes"] = [
        *result["notes"],
        *note_scored(folder, keeper.hashes, outcome, keeper.trainer.plan, result["errors"]["dev"]),
    ]
    write_ending(folder, experiment, outcome, predictions, result)
    return result


def epoch_recorder(folder: RunFolder, watch: Watch) -> Callable[[EpochRecord, float], None]:
    """What is done with an epoch's record and the seconds so far: a line in metrics.jsonl, and a look by `watch`."""

    def record_epoch(record: EpochRecord, seconds: float) -> None:
        line = replace(record, seconds=round(seconds, 6))
        folder.append_line(METRICS, line)
        watch(line)

    return record_epoch


def write_beginning(folder: RunFolder, loaded: LoadedConfig, experiment: Experiment, identity: Identity) -> None:
    """Everything that is known before training. run.json comes last: a run with one can be gone on with."""
    dataset = experiment.dataset
    folder.write_bytes("config.yaml", loaded.text)
    folder.write_bytes("resolved.yaml", resolved_yaml(with_absolute_paths(loaded)).encode())
    folder.write_json("environment.json", to_plain(identity.environment) | {"seed": loaded.config.seed})
    folder.write_json("data.json", dataset.facts | {"warnings": list(dataset.warnings)})
    folder.write_arrays("split.npz", dataset.rows_as_arrays())
    write_manifest(folder, identity)


def write_ending(
    folder: RunFolder, experiment: Experiment, outcome: Outcome, predictions: dict[str, Predictions], result: dict
) -> None:
    """Everything that training found out. The result comes last: a folder with one is whole."""
    preparation = {f"preparation_{name}": array for name, array in experiment.dataset.preparation.items()}
    folder.write_arrays("model.npz", outcome.parameters.tensors() | preparation)
    folder.write_arrays(PREDICTIONS, prediction_arrays(experiment.dataset, predictions))
    if examples := example_arrays(experiment.dataset, predictions):
        folder.write_arrays(EXAMPLES, examples)
    folder.write_json("diagnosis.json", diagnosis_of(result, folder))
    folder.write_bytes("log.txt", "".join(line + "\n" for line in log_lines(result)).encode())
    write_result(folder, result)


def log_lines(result: dict) -> list[str]:
    """The run in a few lines of plain text."""
    lines = [f"warning: {warning}" for warning in result["warnings"]]
    lines.append(f"{result['status']} after {result['epochs']} epochs and {result['seconds']:.1f} s")
    if result["message"]:
        lines.append(result["message"])
    return lines
