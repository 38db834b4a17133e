"""`python -m tests.benchmarks.predicting`: rows a second that `dlrun predict` answers, and its memory at tenfold rows.

Files of random rows are written once. Each is answered by the command in a process of its own, on one core with one
thread, by a network 100-256-128-2; its products alone, on rows that are there already, tell what the processor allows.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from . import machine
from .printed import table
from .shapes import SEED

WIDTH, HIDDEN = 100, (256, 128)
ROWS = 1_000_000
ROWS_AT_ONCE = 50_000
TRAINING_ROWS = 5_000
ENDINGS = (".parquet", ".csv", ".npy")
CONFIG = """
data: {{source: train.npy}}
network: {{hidden: {hidden}}}
training: {{epochs: 1, batch_size: 512}}
report: false
"""


class Answered(NamedTuple):
    """A file's rows and kind, and the seconds and the peak memory of the process that answered it."""

    rows: int
    ending: str
    seconds: float
    peak_mib: float


def parts(rows: int) -> Iterator[np.ndarray]:
    """Random rows (k, WIDTH) float32, some at a time."""
    rng = np.random.default_rng(SEED)
    for start in range(0, rows, ROWS_AT_ONCE):
        yield rng.standard_normal((min(ROWS_AT_ONCE, rows - start), WIDTH), np.float32)


def frame_of(part: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({f"x{at}": column for at, column in enumerate(np.ascontiguousarray(part.T))})


def write_rows(path: Path, rows: int) -> None:
    """A file of random rows, without ever holding all of them."""
    if path.suffix == ".npy":
        array = np.lib.format.open_memmap(path, "w+", np.float32, (rows, WIDTH))
        for at, part in enumerate(parts(rows)):
            array[at * ROWS_AT_ONCE : at * ROWS_AT_ONCE + len(part)] = part
        array.flush()
    elif path.suffix == ".csv":
        with path.open("wb") as stream:
            for at, part in enumerate(parts(rows)):
                stream.write(frame_of(part).write_csv(include_header=at == 0, float_precision=4).encode())
    else:
        folder = path.with_name("parts")
        folder.mkdir()
        for at, part in enumerate(parts(rows)):
            frame_of(part).write_parquet(folder / f"{at:06d}.parquet")
        pl.scan_parquet(folder / "*.parquet").sink_parquet(path)
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def train(folder: Path) -> None:
    """A run called `rows` in the folder."""
    [part] = parts(TRAINING_ROWS)
    np.save(folder / "train.npy", np.column_stack([part, part[:, 0] > 0]).astype(np.float32))
    (folder / "rows.yaml").write_text(CONFIG.format(hidden=list(HIDDEN)))
    dlrun(folder, "train", "rows.yaml", "-q")


def dlrun(folder: Path, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "dlrun", *words], cwd=folder, check=True, capture_output=True)


def answer(folder: Path, ending: str, rows: int) -> Answered:
    """One file of this kind, written, answered and deleted."""
    path = folder / f"new{ending}"
    write_rows(path, rows)
    code = (
        "import resource, subprocess, sys\n"
        f"subprocess.run([sys.executable, '-m', 'dlrun', 'predict', 'rows', {path.name!r}, '-q', '-o', 'out.parquet'],"
        " check=True, capture_output=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    path.unlink()
    return Answered(rows, ending, seconds, float(done.stdout))


class Rates(NamedTuple):
    """Rows a second of the matrix products alone, and of the network."""

    products: float
    network: float


def rates(rows: int = 100_000) -> Rates:
    """Both in this process, on rows that lie in memory."""
    from dlrun.nn.evaluation import EVALUATION_ROWS
    from dlrun.nn.network import Network, Scratch, predict_logits
    from dlrun.nn.parameters import initial_parameters

    sizes = (WIDTH, *HIDDEN, 1)
    network, parameters = (
        Network(sizes, "relu", "sigmoid"),
        initial_parameters(sizes, "he", rng=np.random.default_rng(0)),
    )
    X = next(parts(rows))[:EVALUATION_ROWS]
    scratch, calls = Scratch(network, len(X)), max(1, rows // len(X))
    inputs = [X, *(np.ones((len(X), n), np.float32) for n in HIDDEN)]
    results = [np.empty((len(X), layer.W.shape[1]), np.float32) for layer in parameters.layers]

    def products() -> None:
        for A, layer, Z in zip(inputs, parameters.layers, results, strict=True):
            np.dot(A, layer.W, out=Z)

    def seconds(step) -> float:
        best = np.inf
        for _ in range(3):
            began = time.perf_counter()
            for _ in range(calls):
                step()
            best = min(best, time.perf_counter() - began)
        return best

    answered = calls * len(X)
    network_seconds = seconds(lambda: predict_logits(network, parameters, X, scratch))
    return Rates(answered / seconds(products), answered / network_seconds)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.predicting", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--rows", type=int, default=ROWS, help="of the smaller files; the larger have ten times as many"
    )
    parser.add_argument("--endings", nargs="+", default=ENDINGS)
    parser.add_argument("--once", action="store_true", help="without the larger files")
    options = parser.parse_args(arguments)
    found = machine.facts(machine.pin())
    measured = rates(min(options.rows, 100_000))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        train(folder)
        counts = (options.rows,) if options.once else (options.rows, 10 * options.rows)
        answers = [answer(folder, ending, rows) for ending in options.endings for rows in counts]
    lines = [
        [
            f"{one.rows:,}",
            one.ending,
            f"{one.seconds:.1f} s",
            f"{one.rows / one.seconds / 1e6:.2f}",
            f"{one.peak_mib:.0f}",
        ]
        for one in answers
    ]
    title = f"dlrun predict, {'-'.join(map(str, (WIDTH, *HIDDEN, 2)))}, answers to .parquet"
    print(table(title, ["rows", "file", "the command", "million rows a second", "peak MiB"], lines))
    print(
        f"the network alone: {measured.network / 1e6:.2f} million rows a second,"
        f" {measured.network / measured.products:.2f} of what its products alone take"
    )
    print(machine.sentence(found))


if __name__ == "__main__":
    main()
