"""From a config to a run folder: the path, walked. What a run folder holds is written here and nowhere else."""

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..config import LoadedConfig, resolved_yaml
from ..data import find_file, is_named_source
from ..errors import DlrunError
from ..nn.training import EpochRecord
from ..store import RunFolder, create_run, environment
from .outcome import Outcome, train
from .prepare import Experiment, prepare
from .result import diagnosis_of, summarize

# The name of a run whose config has none, and a file name with no letter to take one from.
NAMELESS = "run"


def run(loaded: LoadedConfig, runs_dir: Path, watch: Callable[[dict], None] = lambda record: None) -> dict:
    """Train what a config says and leave a run folder. Returns the result, as result.json holds it.

    watch : sees each epoch's record as it is written to metrics.jsonl.
    Raises DlrunError before the folder exists; afterwards a divergence or an interrupt is a status of the result.
    Any other exception is a bug: its traceback is saved in the folder, whose path it then carries as `run_dir`.
    """
    experiment = prepare(loaded)
    folder = create_run(runs_dir, loaded.config.name or NAMELESS)
    try:
        write_beginning(folder, loaded, experiment)
        outcome = train(experiment, epoch_recorder(folder, watch))
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


def epoch_recorder(folder: RunFolder, watch: Callable[[dict], None]) -> Callable[[EpochRecord, float], None]:
    """What is done with an epoch's record and the seconds so far: a line in metrics.jsonl, and a look by `watch`."""

    def record_epoch(record: EpochRecord, seconds: float) -> None:
        line = record.to_dict() | {"seconds": round(seconds, 6)}
        folder.append_line("metrics.jsonl", line)
        watch(line)

    return record_epoch


def write_beginning(folder: RunFolder, loaded: LoadedConfig, experiment: Experiment) -> None:
    """Everything that is known before training."""
    dataset = experiment.dataset
    folder.write_bytes("config.yaml", loaded.text)
    folder.write_bytes("resolved.yaml", resolved_yaml(with_absolute_paths(loaded)).encode())
    folder.write_json("environment.json", environment() | {"seed": loaded.config.seed})
    folder.write_json("data.json", dataset.facts | {"warnings": list(dataset.warnings)})
    folder.write_arrays("split.npz", dataset.rows_as_arrays())


def with_absolute_paths(loaded: LoadedConfig) -> LoadedConfig:
    """The same config, to be trained from anywhere: files are looked for beside the config, and a run has another."""
    data, folder = loaded.config.data, Path(loaded.file).parent
    named = {key: getattr(data, key) for key in ("source", "dev_source", "test_source")}
    files = {key: name for key, name in named.items() if name is not None and not is_named_source(name)}
    found = {key: str(find_file(name, folder).resolve()) for key, name in files.items()}
    config = loaded.config.model_copy(update={"data": data.model_copy(update=found)})
    return replace(loaded, config=config)


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
