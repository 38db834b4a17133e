"""Writes a run's folder: at the beginning all that is known before training, at the end the result.

Whatever a run folder contains, checkpoints and lines excepted, is written here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import replace

from ..config import LoadedConfig, resolved_yaml
from ..nn.parameters import Parameters
from ..nn.predictions import Predictions
from ..nn.snapshots import as_arrays
from ..store import (
    DATA,
    DIAGNOSIS,
    EXAMPLES,
    FORM,
    MODEL,
    PREDICTIONS,
    RESOLVED,
    SNAPSHOTS,
    SPLIT,
    Identity,
    Result,
    RunContents,
    RunFolder,
    to_plain,
    write_manifest,
    write_result,
)
from .auto import autos_of, found_by
from .identity import with_numbers
from .predictions import prediction_arrays
from .prepare import Experiment
from .showcase import example_arrays


def write_beginning(folder: RunFolder, loaded: LoadedConfig, experiment: Experiment, identity: Identity) -> RunContents:
    """Everything that is known before training. run.json comes last: a run with one can be resumed."""
    dataset = experiment.dataset
    notes = {key: f"auto {found_by(key, len(dataset.train.X))}" for key in autos_of(loaded.config)}
    resolved = resolved_yaml(with_numbers(loaded, experiment), notes)
    with folder.together() as files:
        files.write_bytes("config.yaml", loaded.text)
        files.write_bytes(RESOLVED, resolved.encode())
        files.write_json("environment.json", to_plain(identity.environment) | {"seed": loaded.config.seed})
        files.write_json(DATA, dataset.facts)
        if dataset.form is not None:
            files.write_json(FORM, dataset.form)
        files.write_arrays(SPLIT, dataset.rows_as_arrays())
    manifest = write_manifest(folder, identity)
    return RunContents(
        folder=folder, manifest=manifest, status="running", tags=(), data=dataset.facts, resolved=resolved
    )


def write_ending(
    contents: RunContents, experiment: Experiment, parameters: Parameters, predictions: Mapping[str, Predictions]
) -> RunContents:
    """Everything that is known after training. The result comes last: a folder with one is complete."""
    folder, dataset = contents.folder, experiment.dataset
    model = parameters.tensors() | dataset.preparation.to_arrays()
    arrays = prediction_arrays(dataset, predictions, folder.path)
    examples = example_arrays(dataset, predictions)
    result = contents.result_required()
    with folder.together() as files:
        files.write_arrays(MODEL, model)
        files.write_arrays(PREDICTIONS, arrays)
        if examples:
            files.write_arrays(EXAMPLES, examples)
        if contents.snapshots:
            files.write_arrays(SNAPSHOTS, as_arrays(contents.snapshots))
        if contents.diagnosis is not None:
            files.write_json(DIAGNOSIS, contents.diagnosis)
        files.write_bytes("log.txt", "".join(line + "\n" for line in log_lines(result)).encode())
    write_result(folder, result)
    return replace(contents, model=model, predictions=arrays, examples=examples or None)


def log_lines(result: Result) -> list[str]:
    """The run in a few lines of plain text."""
    lines = [f"warning: {warning}" for warning in result.warnings]
    lines.append(f"{result.status} after {result.epochs} epochs and {result.seconds:.1f} s")
    return [*lines, result.message] if result.message else lines
