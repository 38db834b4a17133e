"""Damaged files of every format, alone and with a damaged config beside them: a sentence or a run, in bounded time.

`tests.fuzz_files` damages the files, and reads them alone in processes of their own; here each also has a config, and
the whole command trains on the two.
"""

import json
import os
import random
import re
import resource
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dlrun.config import Config, json_schema
from tests.dialect_tables import random_table
from tests.fuzz_files import TABLES, VALID, damaged_file, faults

from .commands import Said, faults_of, read_text, start
from .fuzz import limit_memory, mutated
from .short_run import in_child

# A small table trains in one second of a processor. After so many, whoever asked for it presses Ctrl-C; what has not
# ended then is killed, and a loss. A clock ends what waits for ever.
ASKED_SECONDS, KILLED_SECONDS, HANG_SECONDS = 10, 20, 120

# Of memory, what is in use at most: the libraries take a quarter of it. Of addresses, more than polars wants at first.
MOST_BYTES, MOST_ADDRESSES = 2**30, 3 * 2**30

# Of each kind of config, by chance: sound, with some keys that say something odd, and with its bytes damaged.
SOUND, ODD, DAMAGED = KINDS = ("sound", "odd", "damaged")
CHANCES = (4, 3, 1)

# What odd keys say, beside the words that the schema has.
VALUES: tuple[object, ...] = (
    *(-1, 0, 1, 2, 3, 0.5, 2.5, 1e300, 1e-300, 10**20, None, True, False, "", "a", "-1", "1e999", ".nan", "x" * 300),
    *([], {}, [1, 2], ["a", "b"], [0.5], {"a": 1}, {"train": 0.5, "dev": 0.25, "test": 0.25}, [[1]], "t.yaml", "."),
)

# One file in so many is whole, so that what is odd in a config gets as far as the training.
WHOLE = 5

CONFIG = "data: {source: FILE, target: -1, missing: ['', '?'], normalize: true}\nnetwork: {width: 4, depth: 2}\n"
CONFIG += "training: {epochs: 1, batch_size: 8}\nregularization: {keep_prob: 0.8}\n"

# Right ends: of a sound config; and of another, which may ask for what takes hours.
OF_SOUND, OF_OTHERS = (0, 3, 5), (0, 2, 3, 5, 130)

# How the lines begin that dlrun itself writes to standard error below -q: a sentence, or the problems of a config in
# lines of their own.
OWN_LINE = re.compile(r"dlrun: |t\.yaml(:|$)|command line: |t-\d+\.|  ")

# What is loaded before the forks, since it begins no thread: all that a training needs but polars.
LOADED = ("scipy.stats", "scipy.io", "h5py", "fastexcel", "sklearn.model_selection", "rich.table", "jinja2")


def damaged(folder: Path, files: int, pairs: int, seed: int = 21) -> dict:
    """So many files alone, and so many with a config: {files, pairs, ends by exit status, losses}."""
    folder.mkdir(parents=True)
    losses, rng, ends = [], random.Random(seed), Counter[int]()
    losses += [f"file {number} ({ending}): {what}" for number, ending, what in faults(seed, files) if what]
    assert in_child(lambda: write_damaged(folder, pairs, seed + 1)) == 0  # what makes them has threads
    for name in LOADED:
        __import__(name)
    makers = {SOUND: sound, ODD: odd, DAMAGED: lambda name, rng: mutated(sound(name, rng), rng)}
    for path in sorted(folder.glob("t-*")):
        [kind] = rng.choices(KINDS, CHANCES)
        (folder / "t.yaml").write_bytes(makers[kind](path.name, rng))
        done, peak = trained(folder)
        ends[done.status] += 1
        found = faults_of(done, OF_SOUND if kind == SOUND else OF_OTHERS) + other_lines(done)
        if kind == SOUND and peak > MOST_BYTES:
            found.append(f"took {peak / 2**20:.0f} MiB")
        losses += [f"{path.name}, {kind} config: {fault}: {(folder / 't.yaml').read_bytes()!r}" for fault in found]
        if not found:
            path.unlink()
            shutil.rmtree(folder / "runs", ignore_errors=True)
    by_status = {f"exit {status}": count for status, count in sorted(ends.items())}
    return {"files": files, "pairs": pairs, **by_status, "losses": losses}


def write_damaged(folder: Path, count: int, seed: int) -> None:
    """So many files with their numbers as names: damaged, and one in WHOLE as it was before."""
    for number in range(count):
        ending, raw = damaged_file(seed, number)
        if number % WHOLE == 0:
            ending = list(VALID)[number // WHOLE % len(VALID)]
            raw = VALID[ending](random_table(number % TABLES))
        (folder / f"t-{number}{ending}").write_bytes(raw)


def sound(name: str, rng: random.Random) -> bytes:
    return CONFIG.replace("FILE", json.dumps(name)).encode()


def odd(name: str, rng: random.Random) -> bytes:
    """The config with one to three keys of the schema that say what they may not, or what does not go together."""
    made = yaml.safe_load(sound(name, rng))
    for _ in range(rng.choice((1, 1, 2, 3))):
        *above, key = rng.choice(keys())
        within = made
        for part in above:
            if not isinstance(within.get(part), dict):
                within[part] = {}
            within = within[part]
        within[key] = rng.choice(words() if rng.randrange(2) else VALUES)
    return json.dumps(made).encode()


@cache
def keys() -> list[tuple[str, ...]]:
    """The path of every key of a config, and of every group of keys."""

    def below(values: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for key, value in values.items():
            yield (*path, key)
            yield from below(value, (*path, key)) if isinstance(value, dict) else ()

    return list(below(Config.model_validate({"data": {"source": "x"}}).to_dict(), ()))


@cache
def words() -> list[object]:
    """Every word that the schema of a config has for some key."""

    def of(value: object) -> Iterator[object]:
        if isinstance(value, dict):
            yield from value.get("enum", ())
            yield from of(list(value.values()))
        elif isinstance(value, list):
            for item in value:
                yield from of(item)

    return sorted(set(map(str, of(json_schema()))))


def trained(folder: Path) -> tuple[Said, int]:
    """What `dlrun train t.yaml` said, and the most memory that it had, in bytes."""
    child = start(folder, "train", "t.yaml", "-q", before=bounded)
    _, status, used = os.wait4(child, 0)
    out, err = (read_text(folder / f"said.{ending}") for ending in ("out", "err"))
    return Said(os.waitstatus_to_exitcode(status), out, err), used.ru_maxrss * 1024


def bounded() -> None:
    """From here on, this process has bounded memory and time; what is still at work after them is ended by a signal."""
    limit_memory(MOST_ADDRESSES)
    signal.alarm(HANG_SECONDS)
    signal.signal(signal.SIGXCPU, lambda number, frame: os.kill(os.getpid(), signal.SIGINT))
    resource.setrlimit(resource.RLIMIT_CPU, (ASKED_SECONDS, KILLED_SECONDS))


def other_lines(done: Said) -> list[str]:
    """What stands on standard error that dlrun did not write."""
    return [f"on standard error: {line!r}" for line in done.err.splitlines() if not OWN_LINE.match(line)][:1]
