"""The config that a sweep's settings are laid over, as its plan meant it, whatever a key that it lacks means today."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..config import LoadedConfig
from ..errors import DlrunError
from ..experiment.identity import BEGAN_BEFORE, config_sha256, with_absolute_paths
from ..experiment.prepare import read_config_text
from .folder import SweepFolder, SweepManifest


def base_of(folder: SweepFolder, manifest: SweepManifest) -> LoadedConfig:
    """The base config of a sweep, from its own folder.

    A sweep that began before a key had today's default goes on with the former one, so that all its trainings are of
    one plan. Which of the two it meant is told by the hash in its plan.
    """
    text = folder.config_text(manifest).decode()

    def read(overrides: Sequence[str]) -> LoadedConfig:
        return read_config_text(text, Path(manifest.config_file), overrides)

    today = read(manifest.overrides)
    silent = [f"{key}={value}" for key, value in BEGAN_BEFORE.items() if today.origins[key] == "default"]
    before = read([*silent, *manifest.overrides]) if silent else today
    return before if not is_planned(today, manifest) and is_planned(before, manifest) else today


def is_planned(base: LoadedConfig, manifest: SweepManifest) -> bool:
    """Whether the sweep's plan is of this config; False also where its data are not there to tell."""
    try:
        return sha256_of_base(base, [key.key for key in manifest.plan.keys]) == manifest.plan.base_sha256
    except DlrunError:
        return False


def sha256_of_base(base: LoadedConfig, varied: Iterable[str]) -> str:
    """The hash of the config, files by their absolute paths unless other files are tried in their place."""
    is_elsewhere = any(key in ("data.source", "data.dev_source", "data.test_source") for key in varied)
    return config_sha256((base if is_elsewhere else with_absolute_paths(base)).config.to_dict())
