"""What makes a run the run it is: its config, its data and its split, each with a hash; and which of them changed.

A run is resumed, or used again, only where these agree.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import __version__
from ..config import LoadedConfig
from ..config.former import today
from ..config.keys import default_at
from ..config.schema import SoftLabels
from ..data import Dataset, find_file, is_named_source
from ..errors import StoreError
from ..records import ConfigData, Flat, flattened
from ..store import RESOLVED, Environment, Hashes, Identity, Parent, RunFolder, environment, to_plain
from .prepare import Experiment

# Keys that change no number of a run: how often it is saved or traced, and what is shown of it.
CHANGES_NO_NUMBER = (
    "training.checkpoint_epochs",
    "training.checkpoint_seconds",
    "training.trace",
    "diagnosis.ignore",
    "report",
)

# Keys that runs of the first version do not have. At their defaults they are left out, so that such a run keeps its
# hash and can be resumed or used again; what they do to the data shows in the hashes of the data and of the split.
# DIVIDED_BEFORE : how such a run divided equal rows, which is no longer the default.
# BEGAN_BEFORE : what such a run began with, which is no longer the default; only at that a key is left out.
LATER_KEYS = (
    "data.ordered",
    "data.decimal",
    "data.thousands",
    "data.day_first",
    "data.charset",
    "data.encoding",
    "data.sheet",
    "data.examples",
    "data.max_levels",
    "data.unlabeled",
    "data.rare_classes",
    "data.duplicates",
    "data.weight",
    "regularization.weight_decay",
    "training.class_weight",
    "ensemble",
    "training.schedule",
    "training.warmup_fraction",
    "training.keep",
    "training.threads",
    "diagnosis.metric",
    "network.output_bias",
    "bag_fraction",
)
DIVIDED_BEFORE = {"data.duplicates": "apart"}
BEGAN_BEFORE = {"network.output_bias": "zeros"}

# What keys were called when the first hashes were made. No word that one of them takes now is a value of the other.
HASHED_AS = {"data.charset": "data.encoding"}

# The parts of the environment that can change the bits of a run.
WATCHED = ("dlrun", "python", "machine", "packages", "threads", "blas")


def with_absolute_paths(loaded: LoadedConfig) -> LoadedConfig:
    """The same config with absolute paths, because files are searched in the folder of the config."""
    data, folder = loaded.config.data, Path(loaded.file).parent
    named = {key: getattr(data, key) for key in ("source", "dev_source", "test_source")}
    files = {key: name for key, name in named.items() if name is not None and not is_named_source(name)}
    absolute = {key: absolute_path(name, folder) for key, name in files.items()}
    update: dict[str, object] = {"data": data.model_copy(update=absolute)}
    diagnosis = loaded.config.diagnosis
    if isinstance(declared := diagnosis.optimal_error, SoftLabels):
        labels = declared.model_copy(update={"soft_labels": absolute_path(declared.soft_labels, folder)})
        update["diagnosis"] = diagnosis.model_copy(update={"optimal_error": labels})
    return replace(loaded, config=loaded.config.model_copy(update=update))


def with_numbers(loaded: LoadedConfig, experiment: Experiment) -> LoadedConfig:
    """The config that a run is known by: absolute paths, and the numbers that auto comes to on its rows."""
    return with_absolute_paths(replace(loaded, config=experiment.config))


def absolute_path(name: str, folder: Path) -> str:
    """The absolute path of a config's file; one that is absolute may be of another machine, and is not looked for."""
    path = Path(name).expanduser()
    return str(path) if path.is_absolute() and not path.exists() else str(find_file(name, folder).resolve())


def identity_of(
    loaded: LoadedConfig, experiment: Experiment, parent: Parent | None, here: Environment | None = None
) -> Identity:
    """The identity of a new run: config, hashes, overrides as typed, parent, versions and machine.

    here : the environment of this process, if it is known already.
    """
    config = with_numbers(loaded, experiment).config.to_dict()
    return Identity(
        name=loaded.config.name,
        dlrun=__version__,
        parent=parent,
        overrides=loaded.overrides,
        config=config,
        hashes=hashes_of(config, experiment.dataset),
        environment=here or environment(),
    )


def hashes_of(config: ConfigData, dataset: Dataset) -> Hashes:
    """The hashes of a config's plain data, of the examples as they were read, and of the split."""
    rows = b"".join(name.encode() + array.tobytes() for name, array in dataset.rows_as_arrays().items())
    return Hashes(config_sha256(config), dataset.facts.sha256, sha256_of(rows))


def of_config(identity: Identity, config: ConfigData) -> Identity:
    """The identity of a run of another config on the same rows."""
    return replace(identity, config=config, hashes=replace(identity.hashes, config_sha256=config_sha256(config)))


def config_sha256(config: ConfigData) -> str:
    """The hash of a config's plain data, less what changes no number."""
    pairs = [(HASHED_AS.get(path, path), value) for path, value in compared(config).items()]
    return sha256_of(json.dumps(sorted(pairs), allow_nan=False).encode())


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def compared(config: ConfigData) -> Flat:
    """A config's values by today's dotted paths, less what changes no number and later keys at their defaults."""
    return {
        path: value
        for path, value in _in_todays_words(flattened(config)).items()
        if path not in CHANGES_NO_NUMBER
        and not (path in LATER_KEYS and value in (BEGAN_BEFORE.get(path, default_at(path)), DIVIDED_BEFORE.get(path)))
    }


def _in_todays_words(flat: Flat) -> Flat:
    """The values of the config of an older run under the paths and in the words of today."""
    pairs = [today(tuple(path.split(".")), value) for path, value in flat.items()]
    return {".".join(map(str, path)): value for path, value in pairs}


def differences(before: ConfigData, after: ConfigData) -> dict[str, tuple[Any, Any]]:
    """The values that differ between two configs, by dotted path, as (before, after)."""
    old, new = (BEGAN_BEFORE | compared(config) for config in (before, after))
    differing = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return {key: (_value_at(key, old), _value_at(key, new)) for key in differing}


def _value_at(key: str, flat: Flat) -> Any:
    """The value of a key; of a later key that was left out, its default."""
    return flat.get(key, default_at(key) if key in LATER_KEYS else None)


def refuse_changed_config(folder: RunFolder, own: Identity, config: ConfigData) -> None:
    """Raises StoreError unless `config` is the run's own, perhaps with more epochs; says which keys differ, and how."""
    if config_sha256(own.config) != own.hashes.config_sha256:
        raise StoreError(f"{folder.path}/run.json: corrupt (its config has another hash); restore it from a copy")
    changed = differences(own.config, config)
    epochs = changed.pop("training.epochs", (0, 0))
    if epochs[1] == "auto":
        raise StoreError(f"{folder.id}: training.epochs was {epochs[0]}, is auto; give a number above {epochs[0]}")
    if epochs[1] < epochs[0]:
        shorter = f"training.epochs was {epochs[0]}, is {epochs[1]}"
        raise StoreError(f"{folder.id}: {shorter}; a run can be made longer, not shorter: train it anew")
    if epochs[1] > epochs[0] and (spread := spread_over_epochs(config)):
        why = f"{spread} is spread over all epochs, so the rate of a run of {epochs[1]} differs from the first step on"
        remedy = f"train it from the start: dlrun train {folder.path / RESOLVED} training.epochs={epochs[1]}"
        raise StoreError(f"{folder.id}: {why}; {remedy}")
    if changed:
        changes = "; ".join(f"{key} was {json.dumps(was)}, is {json.dumps(now)}" for key, (was, now) in changed.items())
        raise StoreError(
            f"{folder.id}: its config changed: {changes}; put it back, or train a new run with the new one"
        )


def spread_over_epochs(config: ConfigData) -> str | None:
    """The key and value that make each step's rate depend on the number of all epochs; None without any."""
    training = config["training"]
    schedule, warmup = training.get("schedule", "constant"), training.get("warmup_fraction", 0.0)
    if schedule != "constant":
        return f"training.schedule {schedule}"
    return f"training.warmup_fraction {warmup}" if warmup else None


def refuse_changed_data(folder: RunFolder, own: Identity, experiment: Experiment) -> None:
    """Raises StoreError unless the data and its split are those that the run began with."""
    before, now = own.hashes, hashes_of(own.config, experiment.dataset)
    for what, was, is_now in (
        (f"the data of {experiment.config.data.source}", before.data_sha256, now.data_sha256),
        ("which rows train, dev and test hold", before.split_sha256, now.split_sha256),
    ):
        if was != is_now:
            change = f"its sha256 was {was[:12]}, is {is_now[:12]}"
            raise StoreError(f"{folder.id}: {what} changed: {change}; put it back, or train a new run on the new data")


def version_notes(before: Environment | None) -> list[str]:
    """A note on what changed in versions and machine since the run began: equal bits are promised only without that."""
    if before is None:
        return []
    old, new = flattened(to_plain(before)), flattened(to_plain(environment()))
    watched = [key for key in new if key.split(".")[0] in WATCHED]
    changed = [f"{key} was {old.get(key)}, is {new[key]}" for key in watched if old.get(key) != new[key]]
    return (
        [f"the run began with other versions or on another machine, so the last bits may differ: {'; '.join(changed)}"]
        if changed
        else []
    )
