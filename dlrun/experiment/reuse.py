"""A run that has been made already: same config, same data, same split, same dlrun."""

from pathlib import Path

from ..errors import StoreError
from ..store import RunFolder, list_runs, read_manifest, read_result

MUST_AGREE = ("config_sha256", "data_sha256", "split_sha256", "dlrun")


def find_same(runs_dir: Path, identity: dict) -> dict | None:
    """The result, with "reused", of the newest finished run of this identity; None where there is none."""
    for row in list_runs(runs_dir):
        if row["status"] == "finished":
            folder = RunFolder(runs_dir / row["run_id"])
            try:
                manifest = read_manifest(folder)
                if all(manifest.get(key) == identity[key] for key in MUST_AGREE):
                    return read_result(folder) | {"run_dir": str(folder.path), "reused": True}
            except StoreError:
                continue  # it is listed as broken; a new run does as well
    return None
