"""Damaged files of every format through `read_examples`: each ends as examples or as a sentence, and nothing else.

`python -m tests.fuzz_files --files 20000 --seed 0` mutates small valid files of all endings, reads them in processes of
their own, and counts the faults by format: another exception, a warning, anything on standard error, memory beyond
what the limits for unpacking allow, time beyond what a small file may take, or a process that ended. `--memory` reads
whole files of some megabytes instead.
"""

import argparse
import bz2
import gzip
import io
import json
import lzma
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlrun.data import FILE_SUFFIXES, Reading, read_examples
from dlrun.data.readers.unpacking import ALWAYS_UNPACKED
from dlrun.errors import DataError

from .dialect_tables import random_table
from .dialects import DIALECTS, MadeTable, Style, separated

# Files that one process reads before the next one starts.
A_PROCESS = 250

# A file may take this many times its size, and what is unpacked of a small one as well; beyond that the libraries'
# own buffers, by measurement.
TIMES, FLOOR = 4, 96 * 2**20

# A file of some kilobytes may take so many seconds of a processor, and a hang is ended after so many of a clock.
MOST_SECONDS, HANG_SECONDS = 5, 60

# Different tables that are mutated.
TABLES = 12

PIECES = (
    b"\x00", b"\x00" * 40, b"\xff", b'"', b'""', b"'", b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"[", b"{", b"}",
    b"\\", b"9" * 400, b"1e999", b"-1e-999", b"nan", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff\xfe", b"@data\n", b"%",
    b"#", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff\xff\xff\xff\xff",
    b'{"a": [1, {"b": null}]}', b"=1+1", b"\x1a", b"sep=;\n",
)  # fmt: skip


class Fault(NamedTuple):
    """A file that was not answered as it should: its number, by which it is made again, and what came instead."""

    number: int
    ending: str
    what: str


def _arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {"X": rng.normal(size=(40, 3)), "y": rng.integers(2, size=40)}


def _saved(save: Callable[[io.BytesIO, dict[str, np.ndarray]], object]) -> bytes:
    held = io.BytesIO()
    save(held, _arrays())
    return held.getvalue()


def _hdf5() -> bytes:
    import h5py

    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        for name, array in _arrays().items():
            file[name] = array
    return held.getvalue()


def _matlab() -> bytes:
    from scipy.io import savemat

    return _saved(lambda held, arrays: savemat(held, arrays, do_compression=True))


def _ods() -> bytes:
    """A sheet of two columns as LibreOffice writes it, without what no reader needs."""
    cells = "".join(
        f'<table:table-row><table:table-cell office:value-type="float" office:value="{row / 7}">'
        f"<text:p>{row / 7}</text:p></table:table-cell>"
        f'<table:table-cell office:value-type="string"><text:p>{"ab"[row % 2]}</text:p></table:table-cell>'
        "</table:table-row>"
        for row in range(40)
    )
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="a">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
            ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return held.getvalue()


def _zst(raw: bytes) -> bytes:
    import zstandard

    return zstandard.compress(raw)


def _zip(raw: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", raw)
    return held.getvalue()


def _tabs(table: MadeTable) -> bytes:
    return separated(table, Style(separator="\t"))


def _bars(table: MadeTable) -> bytes:
    return separated(table, Style(separator="|"))


def _json_lines(table: MadeTable) -> bytes:
    return DIALECTS["json lines"].write(table)


def _by_dialect(name: str) -> Callable[[MadeTable], bytes]:
    return DIALECTS[name].write


# A small valid file of each ending, made of a table. No library here writes .xls and .xlsb; their reader goes by what a
# file holds, so they are workbooks by another name.
VALID: dict[str, Callable[[MadeTable], bytes]] = {
    ".csv": lambda table: separated(table, Style()),
    ".tsv": _tabs,
    ".txt": lambda table: separated(table, Style(separator=" ", missing="NA")),
    ".data": _bars,
    ".xlsx": _by_dialect("workbook"),
    ".xls": _by_dialect("workbook"),
    ".xlsb": _by_dialect("workbook"),
    ".ods": lambda table: _ods(),
    ".parquet": _by_dialect("parquet"),
    ".feather": _by_dialect("feather"),
    ".arrow": _by_dialect("feather"),
    ".ipc": _by_dialect("feather"),
    ".json": _by_dialect("json array"),
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".arff": _by_dialect("arff"),
    ".npz": lambda table: _saved(lambda held, arrays: np.savez(held, **arrays)),
    ".npy": lambda table: _saved(lambda held, arrays: np.save(held, np.column_stack([arrays["X"], arrays["y"]]))),
    ".h5": lambda table: _hdf5(),
    ".hdf5": lambda table: _hdf5(),
    ".mat": lambda table: _matlab(),
}

# How a text is packed, by the ending of the packed file.
PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": _zst,
    ".zip": _zip,
}

# What is damaged: text in other encodings too.
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1")


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four harms."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        raw = rng.choice(HARMS)(raw, rng)
    return raw


def _flipped(raw: bytes, rng: random.Random) -> bytes:
    harmed = bytearray(raw)
    for _ in range(rng.choice((1, 3, 30)) if harmed else 0):
        harmed[rng.randrange(len(harmed))] ^= 1 << rng.randrange(8)
    return bytes(harmed)


def _at(raw: bytes, rng: random.Random) -> int:
    """A place; the first and the last bytes, which say most about a file, are harmed as often as all others."""
    near = rng.randrange(64)
    return min(rng.choice((near, max(len(raw) - near, 0), rng.randrange(len(raw) + 1))), len(raw))


def _cut(raw: bytes, rng: random.Random) -> bytes:
    at = _at(raw, rng)
    return raw[:at] if rng.random() < 0.5 else raw[:at] + raw[at + rng.choice((1, 8, 300)) :]


def _inserted(raw: bytes, rng: random.Random) -> bytes:
    at = _at(raw, rng)
    piece = rng.choice(PIECES) if rng.random() < 0.7 else rng.randbytes(rng.choice((1, 4, 200)))
    return raw[:at] + piece + raw[at + rng.choice((0, len(piece))) :]


def _repeated(raw: bytes, rng: random.Random) -> bytes:
    start, end = sorted((_at(raw, rng), _at(raw, rng)))
    return raw[:end] + raw[start:end] * rng.choice((1, 2, 5)) + raw[end:]


def _lines_doubled(raw: bytes, rng: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    return b"\n".join([*lines[:at], lines[other], *lines[at:]])


def _numbers_made_huge(raw: bytes, rng: random.Random) -> bytes:
    at = next((place for place in range(_at(raw, rng), len(raw)) if raw[place : place + 1].isdigit()), len(raw))
    return (
        raw[:at]
        + rng.choice((b"9" * 400, b"1e999", b"99999999999999999999", b"1e308", b"-9223372036854775808"))
        + raw[at:]
    )


def _quotes_broken(raw: bytes, rng: random.Random) -> bytes:
    at = _at(raw, rng)
    sign = rng.choice((b'"', b"'", b'"""', b'\\"'))
    return raw[:at].replace(b'"', b"", rng.randrange(3)) + sign + raw[at:]


HARMS = (_flipped, _flipped, _cut, _inserted, _inserted, _repeated, _lines_doubled, _numbers_made_huge, _quotes_broken)


def damaged_file(seed: int, number: int) -> tuple[str, bytes]:
    """The ending and the bytes of the damaged file of this number."""
    rng = random.Random(f"{seed} {number}")
    ending = FILE_SUFFIXES[number % len(FILE_SUFFIXES)]
    table = random_table(rng.randrange(TABLES))
    if ending not in PACK:
        raw = VALID[ending](table)
        encoding = rng.choice(ENCODINGS)
        if ending in (".csv", ".tsv", ".txt", ".data") and encoding != "utf-8":
            raw = raw.decode().encode(encoding)
        return ending, mutated(raw, rng)
    within = rng.choice([name for name in VALID if name not in (".npz", ".npy", ".h5", ".hdf5", ".mat")])
    raw = VALID[within](table)
    # Either what is packed is damaged, or the packing.
    raw = PACK[ending](mutated(raw, rng)) if rng.random() < 0.4 else mutated(PACK[ending](raw), rng)
    return f"{within}{ending}", raw


def peak_bytes() -> int:
    """The most memory that this process has had; what getrusage tells is handed down from the parent."""
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def forget_peak() -> None:
    """The peak is what there is now, so that what a file takes is not hidden by an earlier one that took more."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def fault_of(path: Path, noise: Path) -> str:
    """What is wrong with how this file was answered; empty if nothing is. `noise` gets what standard error gets."""
    forget_peak()
    before, began = peak_bytes(), time.process_time()
    answer = ""
    signal.alarm(HANG_SECONDS)  # its signal ends the process, also in a library that never returns
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            read_examples(Reading(path.name), folder=path.parent, rng=np.random.default_rng(0))
        except DataError as problem:
            answer = "" if str(problem) and "\n" not in str(problem) else f"not one sentence: {problem!r}"
        except BaseException as problem:  # a panic of a library is no Exception
            answer = f"{type(problem).__name__}: {str(problem)[:300]}"
    signal.alarm(0)
    sys.stderr.flush()
    if noise.stat().st_size:
        answer = answer or f"on standard error: {noise.read_bytes()[:300]!r}"
        os.truncate(noise, 0)
    taken = peak_bytes() - before
    if taken > TIMES * (path.stat().st_size + ALWAYS_UNPACKED) + FLOOR:
        answer = answer or f"took {taken / 2**20:.0f} MiB for {path.stat().st_size} bytes"
    if (seconds := time.process_time() - began) > MOST_SECONDS:
        answer = answer or f"took {seconds:.0f} s for {path.stat().st_size} bytes"
    return answer


def work(seed: int, first: int, count: int) -> None:
    """In a process of its own: read so many damaged files, and say of each, before and after, how it went."""
    with tempfile.TemporaryDirectory() as folder:
        noise = Path(folder) / "noise"
        with open(noise, "ab") as stream:
            os.dup2(stream.fileno(), 2)
        for number in range(first, first + count):
            print(json.dumps([number]), flush=True)
            ending, raw = damaged_file(seed, number)
            path = Path(folder) / f"t{ending}"
            path.write_bytes(raw)
            print(json.dumps([number, ending, fault_of(path, noise)]), flush=True)
            path.unlink()


def faults(seed: int, files: int, first: int = 0) -> Iterator[tuple[int, str, str]]:
    """(number, ending, fault or nothing) of each damaged file; a process that ends is a fault of the file it was at."""
    last = first + files
    while first < last:
        count = min(A_PROCESS, last - first)
        arguments = [sys.executable, "-m", "tests.fuzz_files", "--work", str(seed), str(first), str(count)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        told = [line for line in lines if len(line) == 3]
        yield from map(tuple, told)
        first = told[-1][0] + 1 if told else first
        if done.returncode:
            ending = damaged_file(seed, first)[0]
            yield first, ending, f"the process ended with {done.returncode}: {done.stderr[-300:]}"
            first += 1


def main(arguments: list[str] | None = None) -> int:
    """Print the faults by format; exit 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first file")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--work", type=int, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        work(*options.work)
        return 0
    if options.memory:
        from .reading_memory import print_memory

        return print_memory()
    read, found = Counter[str](), list[Fault]()
    for number, ending, what in faults(options.seed, options.files, options.first):
        read[ending] += 1
        if what:
            found.append(Fault(number, ending, what))
            print(f"fault: file {number} ({ending}): {what}", file=sys.stderr, flush=True)
        if sum(read.values()) % 1000 == 0:
            print(f"{sum(read.values())} files, {len(found)} faults", file=sys.stderr, flush=True)
    print(f"{'ending':16} files faults")
    by_last = Counter[str]()
    for ending, count in read.items():
        by_last[Path(f"t{ending}").suffix] += count
    for ending, count in sorted(by_last.items()):
        print(f"{ending:16} {count:5} {sum(Path(f't{one.ending}').suffix == ending for one in found):6}")
    print(f"{'all':16} {sum(read.values()):5} {len(found):6}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
