"""Finds a run that was made already: same config, same data, same split, same dlrun.

`dlrun train --needed` then uses it again instead of training.
"""

from pathlib import Path

from ..errors import StoreError
from ..store import Identity, RunFolder, list_runs, read_manifest


def find_same(runs_dir: Path, identity: Identity) -> RunFolder | None:
    """The newest finished run of this identity; None where there is none."""
    for row in list_runs(runs_dir):
        folder = RunFolder(runs_dir / row.run_id)
        if row.status == "finished" and row.errors.train is not None:
            try:
                if read_manifest(folder).identity.is_same(identity):
                    return folder
            except StoreError:
                continue  # it is listed as broken; a new run is trained instead
    return None
