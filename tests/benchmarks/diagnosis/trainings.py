"""One training as a user has it: a config in, a run folder out, and what the folder says of errors and causes."""

import copy
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from dlrun.experiment import read_config, run

from .faults import HEALTHY


@dataclass(frozen=True)
class Trained:
    """config : as trained. dev, test : errors, infinite where there is none. dev_loss, test_loss : of a row.

    diagnosis : its JSON.
    """

    config: dict
    dev: float
    test: float
    dev_loss: float
    diagnosis: dict
    test_loss: float = float("nan")


def with_changes(config: dict, changes: dict[str, object]) -> dict:
    """The config with the values at dotted keys replaced."""
    changed = copy.deepcopy(config)
    for key, value in changes.items():
        *sections, last = key.split(".")
        section = changed
        for name in sections:
            section = section.setdefault(name, {})
        section[last] = value
    return changed


def base_config(data: dict, *, optimal_error: float | None, regression: bool, seed: int) -> dict:
    """The healthy config with this section on its data."""
    task = {"task": "regression"} if regression else {}
    known = {} if optimal_error is None else {"diagnosis": {"optimal_error": optimal_error}}
    return {"name": "run", "seed": seed, "data": {**data, **task}, **copy.deepcopy(HEALTHY), **known}


def train(config: dict, folder: Path) -> Trained:
    """Train one config in `folder`, which is left without the run."""
    path = write_config(config, folder)
    result = run(read_config(path), folder / "runs").result_required()
    run_dir = Path(result.run_dir)
    diagnosis = json.loads((run_dir / "diagnosis.json").read_text())
    shutil.rmtree(run_dir)
    errors, losses = result.errors, result.losses
    return Trained(config, finite(errors.dev), finite(errors.test), finite(losses.dev), diagnosis, finite(losses.test))


def write_config(config: dict, folder: Path) -> Path:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return path


def finite(number: float | None) -> float:
    """A figure that can be compared: one that is missing or not a number is the worst."""
    return float(number) if number is not None and np.isfinite(number) else float("inf")
