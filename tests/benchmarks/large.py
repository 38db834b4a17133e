"""`python -m tests.benchmarks.large`: a million rows and more: seconds an epoch, and memory, beside the peers.

Rows are written to .npy files once; each contestant then trains 100-256-128-2 at batch 1024 on them, in a fresh
process of its own. The peak holds the interpreter and the libraries too; the anonymous part is what the system could
not take back, so that a memory-mapped file's pages are not in it.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import contest, machine
from .contestants import Run
from .printed import mebibytes, table
from .shapes import SEED, Shape
from .workers import Worker

SIZES, BATCH = (100, 256, 128, 2), 1024
ROWS = (1_000_000,)
ROUNDS = 2
ROWS_AT_ONCE = 100_000  # while writing


def in_ram(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    return np.load(folder / "X.npy"), np.load(folder / "classes.npy")


def mapped(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """X stays in its file; the classes are read."""
    return np.load(folder / "X.npy", mmap_mode="r"), np.load(folder / "classes.npy")


def dlrun_in_ram(shape: Shape, folder: Path) -> Run:
    return dlrun_on(shape, *in_ram(folder))


def dlrun_mapped(shape: Shape, folder: Path) -> Run:
    return dlrun_on(shape, *mapped(folder))


def dlrun_on(shape: Shape, X: np.ndarray, classes: np.ndarray) -> Run:
    from . import ours

    return ours.epochs_of(ours.trainer(shape, X, classes))


def sklearn(shape: Shape, folder: Path) -> Run:
    from . import peer_sklearn

    X, classes = in_ram(folder)
    return peer_sklearn.epochs_of(peer_sklearn.untrained(shape), X, classes)


def torch_tensor(shape: Shape, folder: Path) -> Run:
    """Rows gathered by indexing the tensor."""
    from . import peer_torch

    X, Y = peer_torch.tensors(*in_ram(folder))
    return peer_torch.epochs_of(shape, lambda: peer_torch.gathered(shape, X, Y))


def torch_loader(shape: Shape, folder: Path) -> Run:
    """Rows through a DataLoader in the same process, the way tutorials have it."""
    from torch.utils.data import DataLoader, TensorDataset

    from . import peer_torch

    loader = DataLoader(TensorDataset(*peer_torch.tensors(*in_ram(folder))), shape.batch, shuffle=True)
    return peer_torch.epochs_of(shape, lambda: loader)


class Entry(NamedTuple):
    """make(shape, folder) -> run(epochs), called in the worker."""

    make: Callable[[Shape, Path], Run]
    needs: str
    about: str


CONTESTANTS = {
    "dlrun": Entry(dlrun_in_ram, "numpy", "dlrun, rows in RAM"),
    "dlrun-mapped": Entry(dlrun_mapped, "numpy", "dlrun, rows in a memory-mapped .npy"),
    "sklearn": Entry(sklearn, "sklearn", "MLPClassifier, no dropout"),
    "torch": Entry(torch_tensor, "torch", "PyTorch, indexing a tensor"),
    "torch-loader": Entry(torch_loader, "torch", "PyTorch, DataLoader"),
}


def main(arguments: list[str] | None = None) -> None:
    from .engine import words

    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.large", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="for example 1000000 4000000")
    parser.add_argument("--contestants", type=words(CONTESTANTS), default=list(CONTESTANTS))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="epochs timed, after one to warm up")
    parser.add_argument("--core", type=int, help="the core that everything runs on; the last by default")
    parser.add_argument("--folder", type=Path, help="where the rows are written meanwhile; a temporary one by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    options = parser.parse_args(arguments)
    found = machine.facts(machine.pin(options.core))
    measured = {rows: measure(rows, options) for rows in options.rows}
    print("\n\n".join([*(report(rows, times) for rows, times in measured.items()), machine.sentence(found)]))
    if options.json:
        results = {rows: {name: asdict(t) for name, t in times.items()} for rows, times in measured.items()}
        options.json.write_text(json.dumps({"machine": found, "rows": results}, indent=1) + "\n", encoding="utf-8")


def measure(rows: int, options: argparse.Namespace) -> dict[str, contest.Times]:
    """Seconds an epoch (kept as if an epoch were a step) and memory, one contestant after the other.

    They do not take turns, so that their copies of the rows never fill the memory together.
    """
    shape = Shape(f"{rows} rows", SIZES, min(BATCH, rows), rows)
    times = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        write_rows(Path(folder), rows)
        for name in options.contestants:
            print(f"{rows} rows, {name} ...", file=sys.stderr, flush=True)
            times[name] = epochs(CONTESTANTS[name], shape, Path(folder), options.rounds)
    return times


def epochs(entry: Entry, shape: Shape, folder: Path, rounds: int) -> contest.Times:
    worker = Worker(entry.make, shape, folder)
    worker.time(1)
    times = contest.Times()
    for _ in range(rounds):
        taken = worker.time(1)
        times.wall.append(taken["wall"])
        times.cpu.append(taken["cpu"])
    times.memory = worker.close()
    return times


def write_rows(folder: Path, rows: int) -> None:
    """X.npy (rows, 100) float32 and classes.npy (rows,) int64, a part at a time: the sign of a noisy linear score."""
    rng = np.random.default_rng(SEED)
    teacher = rng.standard_normal(SIZES[0], np.float32)
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (rows, SIZES[0]))
    classes = np.empty(rows, np.int64)
    for start in range(0, rows, ROWS_AT_ONCE):
        part = rng.standard_normal((min(ROWS_AT_ONCE, rows - start), SIZES[0]), np.float32)
        X[start : start + len(part)] = part
        noise = 10 * rng.standard_normal(len(part), np.float32)
        classes[start : start + len(part)] = part @ teacher + noise > 0
    X.flush()
    np.save(folder / "classes.npy", classes)


def report(rows: int, times: dict[str, contest.Times]) -> str:
    base = contest.spread(next(iter(times.values())).wall).median
    lines = []
    for name, t in times.items():
        seconds = contest.spread(t.wall)
        memory = [mebibytes(t.memory["peak_bytes"]), mebibytes(t.memory["anonymous_bytes"])]
        lines.append([CONTESTANTS[name].about, f"{seconds} s", f"{seconds.median / base:.2f}", *memory])
    data = mebibytes(rows * SIZES[0] * 4)
    header = ["", "an epoch", "ratio", "peak MiB", "anonymous MiB"]
    text = table(f"{rows:,} x {SIZES[0]} float32 ({data} MiB), {'-'.join(map(str, SIZES))}, {BATCH}", header, lines)
    if any(t.disturbed() for t in times.values()):
        text += "\nOther work shared the core (or the disk was waited for), so these times are not to be quoted."
    return text


if __name__ == "__main__":
    main()
