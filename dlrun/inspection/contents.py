"""All that a run folder holds and a report shows, read once and checked against the run's own checksums.

Stands beside `overview`, which it begins with.
"""

import numpy as np

from ..data import DataFacts, Preparation
from ..experiment.keeper import METRICS
from ..experiment.predictions import PREDICTIONS
from ..experiment.prepare import LOSS_OF_TASK, read_config
from ..experiment.showcase import EXAMPLES
from ..nn.network import Network, predict_logits
from ..nn.parameters import Parameters
from ..store import RunFolder, require_sound
from .overview import overview

TRACE = "trace.jsonl"
MODEL = "model.npz"

# What a run has once it has ended; each of them may be missing from the folder of an older dlrun.
DIAGNOSIS, DATA = "diagnosis.json", "data.json"
ARRAYS = {"predictions": PREDICTIONS, "examples": EXAMPLES, "model": MODEL}

# Points along each side of the plane on which a network of two inputs is asked: about two pixels of the picture.
PLANE_POINTS = 120

# How far the plane goes beyond the points, as a share of their range.
MARGIN_SHARE = 0.08


def contents(folder: RunFolder) -> dict:
    """What `overview` says, and as much again of the run's files.

    metrics, trace, origins, resolved, diagnosis, data, predictions, examples, model and plane are None (origins empty)
    where the run has no such file, or has not ended. Raises StoreError where the run cannot be read, or where a file
    is not the one that was written.
    """
    found = overview(folder)
    has_ended = found["result"] is not None and "errors" in found["result"]
    names = [DIAGNOSIS, DATA, *ARRAYS.values(), "resolved.yaml"]
    present = {name for name in names if has_ended and (folder.path / name).exists()}
    if has_ended:
        require_sound(folder, present)
    lines = {key: lines_of(folder, name) for key, name in (("metrics", METRICS), ("trace", TRACE))}
    values = {
        "diagnosis": folder.read_json(DIAGNOSIS) if DIAGNOSIS in present else None,
        "data": folder.read_record(DATA, DataFacts) if DATA in present else None,
    }
    arrays = {key: folder.read_arrays(name) if name in present else None for key, name in ARRAYS.items()}
    resolved = folder.read_bytes("resolved.yaml").decode() if "resolved.yaml" in present else None
    origins = read_config(folder.path / "config.yaml", found["overrides"]).origins if has_ended else {}
    everything = found | lines | values | arrays | {"resolved": resolved, "origins": origins}
    return everything | {"plane": plane_of(everything)}


def lines_of(folder: RunFolder, name: str) -> list[dict] | None:
    """The records up to the first damaged line; None without the file."""
    return folder.sound_lines(name)[0] if (folder.path / name).exists() else None


def plane_of(found: dict) -> dict | None:
    """What a network of two inputs says all over the plane of its points: x (g,), y (g,), margins (g, g, K).

    A class is answered where its margin, its output above the highest of the others, is above zero. None for any other
    network, and for a regression.
    """
    examples, model, result = found["examples"], found["model"], found["result"]
    if not examples or not model or "train_inputs" not in examples or result["task"] == "regression":
        return None
    preparation = Preparation.from_arrays(model)
    if len(preparation.numeric_columns) != 2:
        return None  # two columns of 0 and 1 span no plane
    points = np.concatenate([examples["train_inputs"], examples["dev_inputs"]]).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    room = MARGIN_SHARE * np.maximum(high - low, 1e-9)
    x, y = (np.linspace(low[i] - room[i], high[i] + room[i], PLANE_POINTS) for i in range(2))
    raw = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    X = preparation.scaled(raw)
    logits = logits_of(model, found["config"]["network"]["activation"], LOSS_OF_TASK[result["task"]], X)
    return {"x": x, "y": y, "margins": margins_of(logits).reshape(PLANE_POINTS, PLANE_POINTS, -1)}


def logits_of(model: dict[str, np.ndarray], activation: str, loss: str, X: np.ndarray) -> np.ndarray:
    """Logits (m, K) of the network whose parameters model.npz holds, in float64."""
    depth = sum(name[0] == "W" and name[1:].isdigit() for name in model)
    sizes = (len(model["W1"]), *(model[f"W{layer}"].shape[1] for layer in range(1, depth + 1)))
    parameters = Parameters(sizes, np.float64)
    for number, layer in enumerate(parameters.layers, start=1):
        layer.W[:], layer.b[:] = model[f"W{number}"], model[f"b{number}"]
    with np.errstate(over="ignore", invalid="ignore"):
        return predict_logits(Network(sizes, activation, loss), parameters, X)


def margins_of(logits: np.ndarray) -> np.ndarray:
    """(m, K) of logits (m, K), one column standing for two classes: each less the highest of the others."""
    if logits.shape[1] == 1:
        return np.hstack([-logits, logits])
    ordered = np.sort(logits, axis=1)
    highest, second = ordered[:, -1:], ordered[:, -2:-1]
    return logits - np.where(logits == highest, second, highest)
