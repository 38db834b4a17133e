"""A run that has been made already: same config, same data, same split, same dlrun."""

from pathlib import Path

from ..errors import StoreError
from ..store import Identity, RunFolder, list_runs, read_manifest, read_result


def find_same(runs_dir: Path, identity: Identity) -> dict | None:
    """The result, with "reused", of the newest finished run of this identity; None where there is none."""
    for row in list_runs(runs_dir):
        if row["status"] == "finished":
            folder = RunFolder(runs_dir / row["run_id"])
            try:
                if read_manifest(folder).identity.is_same(identity):
                    return read_result(folder) | {"run_dir": str(folder.path), "reused": True}
            except StoreError:
                continue  # it is listed as broken; a new run does as well
    return None
