"""What two runs must share to be the same run: every number that does not come from the clock or the folder's name."""

import json
from pathlib import Path

from dlrun.store import SNAPSHOTS, RunFolder

# Kept in the result, and different for two runs that are the same in all that was computed.
OF_THE_OCCASION = {"run_id", "run_dir", "seconds", "ended", "sessions", "notes", "signal"}


# Of a piece of advice: where the run is kept, and what it took.
OF_ADVICE = {"command", "seconds"}


def essence(run_dir: str | Path) -> dict:
    """Parameters and snapshots as bytes, metrics without seconds, diagnosis without id and paths, the numbers left."""
    folder = RunFolder(Path(run_dir))
    result, diagnosis = folder.read_json("result.json"), folder.read_json("diagnosis.json")
    metrics = folder.read_lines("metrics.jsonl") if (folder.path / "metrics.jsonl").exists() else []
    trace = folder.read_lines("trace.jsonl") if (folder.path / "trace.jsonl").exists() else []
    return {
        "model": (folder.path / "model.npz").read_bytes(),
        "snapshots": (folder.path / SNAPSHOTS).read_bytes() if (folder.path / SNAPSHOTS).exists() else b"",
        "metrics": [json.dumps({k: v for k, v in line.items() if k != "seconds"}) for line in metrics],
        "trace": [json.dumps(line) for line in trace],
        "diagnosis": {key: value for key, value in diagnosis.items() if key not in ("run_id", "advice")},
        "advice": [{key: item[key] for key in item.keys() - OF_ADVICE} for item in diagnosis["advice"]],
        "result": {key: value for key, value in result.items() if key not in OF_THE_OCCASION},
    }
