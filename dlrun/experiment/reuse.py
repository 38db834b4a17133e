"""Finds a run that was made already: same config, same data, same split, same dlrun.

`dlrun train --needed` then uses it again instead of training.
"""

from pathlib import Path

from ..store import Identity, RunFolder, identity_key, same_runs


def find_same(runs_dir: Path, identity: Identity) -> RunFolder | None:
    """The newest finished run of this identity; None where there is none."""
    (same,) = same_runs(runs_dir, [identity_key(identity)]).values()
    usable = [row.run_id for row in same if row.status == "finished" and row.errors.train is not None]
    return RunFolder(runs_dir / usable[0]) if usable else None
