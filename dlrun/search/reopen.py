"""Prepares a finished run to be trained again many times, and saves what was learned about it in its folder.

`curve` and `decompose` start from it.
"""

from typing import TypeVar

from ..errors import StoreError
from ..experiment import Experiment, prepare
from ..experiment.identity import refuse_changed_data
from ..experiment.resume import own_config
from ..places import command_for
from ..store import Result, RunFolder, add_file, read_manifest, read_result

R = TypeVar("R")


def reopened(folder: RunFolder) -> tuple[Experiment, Result]:
    """The run's experiment, prepared again from its own config, and its result.

    Raises StoreError where it did not finish, or where its data or their split have changed since its training.
    """
    result = read_result(folder)
    if result.status != "finished":
        unfinished = f"{folder.id}: is {result.status}, and this needs a finished run"
        raise StoreError(f"{unfinished}; resume it first: {command_for('resume', folder.path)}")
    manifest, experiment = read_manifest(folder), prepare(own_config(folder, ()))
    refuse_changed_data(folder, manifest.identity, experiment)
    return experiment, result


def save_record(folder: RunFolder, name: str, record: R) -> R:
    """Writes a record into the run's folder, and returns it."""
    with folder.locked():
        add_file(folder, name, record)
    return record
