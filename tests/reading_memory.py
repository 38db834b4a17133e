"""How much memory the reading of a file takes beside the file's own size; `python -m tests.fuzz_files --memory`.

Each file is read in a process of its own, which has read a small one of the same kind before, so that the libraries and
their buffers do not count. What is packed counts by what it unpacks to, and a file of columns by its numbers in memory.
"""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS, SMALL = 120_000, 200

# A table's memory in times of its file, and what a process takes however small the file is: polars reads a text in
# pieces of some megabytes a thread.
TIMES, FLOOR = 4, 64 * 2**20

PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
from dlrun.data import Reading, read_examples
def peak(path):
    path = Path(path)
    examples = read_examples(Reading(path.name), folder=path.parent, rng=np.random.default_rng(0))
    # What getrusage tells is handed down from the parent.
    told = Path("/proc/self/status").read_text()
    return int(told.split("VmHWM:")[1].split()[0]) * 1024
small, large = peak(sys.argv[1]), peak(sys.argv[2])
print(json.dumps(large - small))
"""


def _frame(rows: int):
    """Numbers, words and dates of so many rows."""
    import polars as pl

    rng = np.random.default_rng(5)
    words = np.array(["red", "green", "dark blue", "never"])
    numbers = {f"x{at}": rng.normal(size=rows).round(6) for at in range(6)}
    days = rng.integers(5000, 20_000, size=rows).astype("datetime64[D]")
    comma = pl.Series(rng.normal(scale=100, size=rows).round(3)).cast(pl.String).str.replace(".", ",", literal=True)
    return pl.DataFrame(
        {**numbers, "w": words[rng.integers(4, size=rows)], "d": days, "c": comma, "y": rng.integers(2, size=rows)}
    )


def write_file(ending: str, path: Path, rows: int) -> int:
    """A table in the format of this ending, and the bytes that its memory is compared with."""
    from .fuzz_files import PACK

    frame, held = _frame(rows), io.BytesIO()
    text = frame.write_csv(separator=";").encode()
    if ending in PACK:
        path.write_bytes(PACK[ending](text))
        return len(text)
    if ending in (".csv", ".tsv", ".txt", ".data"):
        held.write(text)
    elif ending == ".arff":
        kinds = {"w": "string", "d": "string", "c": "string"}
        names = "".join(f"@attribute {name} {kinds.get(name, 'numeric')}\n" for name in frame.columns)
        held.write(f"@relation t\n{names}@data\n".encode() + frame.write_csv(include_header=False).encode())
    elif ending in (".jsonl", ".ndjson", ".json"):
        (frame.write_json if ending == ".json" else frame.write_ndjson)(held)
    elif ending == ".parquet":
        frame.write_parquet(held)
    elif ending in (".feather", ".arrow", ".ipc"):
        frame.write_ipc(held)
    elif ending == ".xlsx":
        frame.head(rows // 4).write_excel(held)
    else:
        _write_arrays(ending, held, frame)
    path.write_bytes(held.getvalue())
    columns = ending in (".parquet", ".xlsx")
    return int(frame.estimated_size()) // (4 if ending == ".xlsx" else 1) if columns else len(held.getvalue())


def _write_arrays(ending: str, held: io.BytesIO, frame) -> None:
    X, y = frame.select(f"x{at}" for at in range(6)).to_numpy(), frame["y"].to_numpy()
    if ending == ".npy":
        np.save(held, np.column_stack([X, y]))
    elif ending == ".npz":
        np.savez(held, X=X, y=y)
    elif ending == ".mat":
        from scipy.io import savemat

        savemat(held, {"X": X, "y": y})
    else:
        import h5py

        with h5py.File(held, "w") as file:
            file["X"], file["y"] = X, y


ENDINGS = (
    ".csv", ".txt", ".gz", ".bz2", ".xz", ".zst", ".zip", ".arff", ".json", ".jsonl", ".parquet", ".feather", ".xlsx",
    ".npy", ".npz", ".h5", ".mat",
)  # fmt: skip


def taken(ending: str, folder: Path, rows: int = ROWS) -> tuple[int, int]:
    """The bytes of a file of this ending (see `write_file`), and those that reading it took."""
    from .fuzz_files import PACK

    name = f"t.csv{ending}" if ending in PACK else f"t{ending}"
    small, large = folder / f"small{name}", folder / f"large{name}"
    write_file(ending, small, SMALL)
    size = write_file(ending, large, rows)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(small), str(large)], capture_output=True, text=True, check=True
    )
    return size, json.loads(done.stdout)


def print_memory() -> int:
    """A line for each ending; 1 if one takes more than it may."""
    beyond = 0
    print(f"{'ending':10} {'MiB':>6} {'taken':>6} {'times':>6}   (at most {TIMES} times and {FLOOR // 2**20} MiB)")
    with tempfile.TemporaryDirectory() as folder:
        for ending in ENDINGS:
            size, memory = taken(ending, Path(folder))
            is_beyond = memory > TIMES * size + FLOOR
            beyond += is_beyond
            mebibytes = f"{size / 2**20:6.1f} {memory / 2**20:6.1f} {memory / size:6.2f}"
            print(f"{ending:10} {mebibytes} {'beyond' if is_beyond else ''}", flush=True)
    return int(beyond > 0)
