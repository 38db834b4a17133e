"""A finished run, made ready to be trained again and again, and what is found out about it, kept in its folder.

Stands between the store and the searches that start from one run.
"""

from ..errors import StoreError
from ..experiment import Experiment, prepare
from ..experiment.identity import refuse_changed_data
from ..experiment.resume import own_config
from ..places import command_for
from ..store import RunFolder, add_file, read_manifest, read_result


def reopened(folder: RunFolder) -> tuple[Experiment, dict]:
    """The run's experiment, prepared again from its own config, and its result.

    Raises StoreError where it did not finish, or where its data or their split are no longer those it was trained on.
    """
    result = read_result(folder)
    if result["status"] != "finished":
        found = f"{folder.id}: is {result['status']}, and only a finished run says what more of the same would do"
        raise StoreError(f"{found}; go on with it first: {command_for('resume', folder.path)}")
    manifest, experiment = read_manifest(folder), prepare(own_config(folder, ()))
    refuse_changed_data(folder, manifest.identity, experiment)
    return experiment, result


def keep(folder: RunFolder, name: str, found: object) -> object:
    """Writes what was found out into the run's folder, and returns it as it would be read."""
    with folder.locked():
        add_file(folder, name, found)
    return found
