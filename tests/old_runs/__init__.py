"""Run folders that dlrun 0.1.0 wrote, in format 1, and what it printed of them: later versions must say the same.

Stands between `test_old_runs.py` and the folders. Nothing here imports more of dlrun than its command, so that these
tests stay as they are while everything behind the command is moved about.

`runs/` was written by commit 8c9472f from the config.yaml and the overrides that each folder holds, `interrupted` by
SIGINT and `crashed` by kill -9 after the fourth epoch, and `failed` by a disk that was full there. Two runs read a file
of `data/`, whose path in them is OLD_RUNS_DATA: `copied` puts the real one in.
"""

import hashlib
import json
import shutil
from pathlib import Path

HERE = Path(__file__).parent
DATA = "OLD_RUNS_DATA"

# `child` carries out a piece of advice on `moons`, and `longer` is `iris` made longer.
RUNS = {
    "moons": "20261125-214251-moons-fde7",
    "moons_l2": "20261125-214254-moons_l2-13c5",
    "iris": "20261125-214257-iris-cfdb",
    "regression": "20261125-214259-regression-1d36",
    "diverged": "20261125-214302-diverged-a080",
    "mapped": "20261125-214303-mapped-5b53",
    "table": "20261125-214306-table-8326",
    "interrupted": "20261125-214309-interrupted-16f9",
    "crashed": "20261125-214311-crashed-b264",
    "failed": "20261125-214314-failed-41ac",
    "child": "20261125-214316-moons-461b",
    "longer": "20261125-214319-iris-cfa9",
}

# What of a config its hash leaves out, because it changes no number of a run.
NOT_HASHED = {
    "training.checkpoint_epochs",
    "training.checkpoint_seconds",
    "training.trace",
    "diagnosis.ignore",
    "report",
}


def copied(there: Path, *names: str) -> Path:
    """Copies these old runs, or all, and their ledgers into `there`/runs, to be changed at will; returns `there`.

    Of a run that reads a file, the path of `data/` is put in, and what hashes that takes.
    """
    (there / "runs").mkdir()
    for ledger in ("looks.jsonl", "advice.jsonl"):
        shutil.copy(HERE / "runs" / ledger, there / "runs")
    for name in names or RUNS:
        run = shutil.copytree(HERE / "runs" / RUNS[name], there / "runs" / RUNS[name])
        if DATA in (run / "run.json").read_text():
            moved(run, DATA, str(HERE / "data"))
    return there


def moved(run: Path, before: str, after: str) -> None:
    """Puts one path for another in a finished run, and gives its config and files the hashes that they then have."""
    for name in ("run.json", "resolved.yaml"):
        (run / name).write_text((run / name).read_text().replace(before, after))
    manifest = json.loads((run / "run.json").read_text())
    manifest["config_sha256"] = sha256_of_config(manifest["config"])
    (run / "run.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    hashes = json.loads((run / "checksums.json").read_text())
    hashes |= {name: hashlib.sha256((run / name).read_bytes()).hexdigest() for name in hashes}
    (run / "checksums.json").write_text(json.dumps(hashes, indent=2) + "\n")


def sha256_of_config(config: dict) -> str:
    """As format 1 has it: of the sorted pairs of dotted path and value."""
    flat = {path: value for path, value in flattened(config).items() if path not in NOT_HASHED}
    return hashlib.sha256(json.dumps(sorted(flat.items())).encode()).hexdigest()


def flattened(config: dict, above: str = "") -> dict:
    flat = {}
    for key, value in config.items():
        flat |= flattened(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return flat
