"""`python -m tests.benchmarks.mapped`: the memory of `dlrun train` on rows that stay in their file.

The file is split 60/20/20, so that two rows of five are kept predictions of. The peak is that of the anonymous part of
the process, which the system could not take back; the pages of mapped files are not in it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from .printed import mebibytes, table

ROWS, COLUMNS = (1_000_000, 4_000_000), 10
ROWS_AT_ONCE = 100_000
PAUSE_SECONDS = 0.01


def write_rows(path: Path, rows: int, columns: int) -> None:
    """Normal inputs, and as the last column the sign of their noisy sum."""
    rng = np.random.default_rng(1)
    file = np.lib.format.open_memmap(path, "w+", np.float32, (rows, columns + 1))
    for start in range(0, rows, ROWS_AT_ONCE):
        part = rng.standard_normal((min(ROWS_AT_ONCE, rows - start), columns + 1), np.float32)
        part[:, -1] = part[:, :-1].sum(axis=1) + part[:, -1] > 0
        file[start : start + len(part)] = part
    file.flush()


def write_config(folder: Path, task: str) -> Path:
    data = {"source": "rows.npy", "memory_map": True, "split": {"train": 0.6, "dev": 0.2, "test": 0.2}, "task": task}
    config = {
        "data": data,
        "network": {"depth": 2, "width": 16},
        "training": {"epochs": 1, "batch_size": 4096, "learning_rate": 0.001},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder / "config.yaml"


def peak_of_training(config: Path) -> tuple[int, float]:
    """The largest anonymous memory in bytes that `dlrun train` was seen with, and its seconds."""
    began, peak = time.perf_counter(), 0
    command = [
        sys.executable,
        "-m",
        "dlrun",
        "train",
        str(config),
        "--quiet",
        "--runs-dir",
        str(config.parent / "runs"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, anonymous_bytes(process.pid))
            time.sleep(PAUSE_SECONDS)
    if process.returncode:
        raise RuntimeError(f"dlrun train ended with exit status {process.returncode}")
    return peak, time.perf_counter() - began


def anonymous_bytes(pid: int) -> int:
    """The anonymous memory of a process; 0 where it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.mapped", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--tasks", nargs="+", default=["binary", "regression"])
    options = parser.parse_args(arguments)
    lines = []
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            write_rows(Path(folder) / "rows.npy", rows, options.columns)
            size = (Path(folder) / "rows.npy").stat().st_size
            for task in options.tasks:
                peak, seconds = peak_of_training(write_config(Path(folder), task))
                lines.append([f"{rows:,}", task, mebibytes(size), mebibytes(peak), f"{seconds:.0f} s"])
    print(table("dlrun train with data.memory_map, one epoch", ["rows", "task", "file MiB", "peak MiB", ""], lines))


if __name__ == "__main__":
    main()
