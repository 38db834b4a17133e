"""Damaged files of every format, alone and with a damaged config beside them: a sentence or a table, in bounded time.

`tests.fuzz_files` damages the files, and reads them alone in processes of their own; here each also has a config, and
the whole command is asked how it reads the two.
"""

import json
import random
import signal
from pathlib import Path

from tests.fuzz_files import damaged_file, faults

from .commands import ended, faults_of, start
from .fuzz import limit_memory, mutated
from .short_run import in_child

# Longer than any file of some kilobytes may take, on a machine that does much else.
MOST_SECONDS = 60

# What reading a small table may take: the addresses of libraries with some threads each.
MOST_BYTES = 1024 * 2**20

# One config in so many is sound.
SOUND = 3

CONFIG = "data: {source: FILE, target: -1, missing: ['', '?'], normalize: true}\nnetwork: {width: 4, depth: 2}\n"
CONFIG += "training: {epochs: 1, batch_size: 8}\nregularization: {keep_prob: 0.8}\n"


def damaged(folder: Path, files: int, pairs: int, seed: int = 0) -> dict:
    """So many files alone, and so many with a config: {files, pairs, read, losses}."""
    folder.mkdir(parents=True)
    losses, rng, read = [], random.Random(seed), 0
    losses += [f"file {number} ({ending}): {what}" for number, ending, what in faults(seed, files) if what]
    assert in_child(lambda: write_damaged(folder, pairs, seed + 1)) == 0  # what makes them has threads
    for path in sorted(folder.glob("t-*")):
        config = CONFIG.replace("FILE", json.dumps(path.name)).encode()
        (folder / "t.yaml").write_bytes(config if rng.randrange(SOUND) == 0 else mutated(config, rng))
        done = ended(start(folder, "data", "t.yaml", before=bounded), folder)
        read += done.status == 0
        losses += [f"{path.name}: {fault}" for fault in faults_of(done, (0, 2, 3))]
        path.unlink()
    return {"files": files, "pairs": pairs, "read": read, "losses": losses}


def write_damaged(folder: Path, count: int, seed: int) -> None:
    for number in range(count):
        ending, raw = damaged_file(seed, number)
        (folder / f"t-{number}{ending}").write_bytes(raw)


def bounded() -> None:
    """From here on, this process has little memory and time; what takes longer is ended by a signal, and a loss."""
    limit_memory(MOST_BYTES)
    signal.alarm(MOST_SECONDS)
