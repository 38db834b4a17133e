"""A sweep's folder: its plan, a line for each training that ended, and what is kept of each beside its line.

    plan.json, config.yaml   what is to be done
    begun.jsonl              which run folder belongs to which training, written before it begins
    paused.jsonl             a line for each pause of a training, by which those that go on are chosen
    trainings.jsonl          a line for each training that ended
    arrays.bin               answers, courses and boundaries, each at the place that its line names
    splits/, paused/         the rows of each split; states of trainings that pause

One process writes here, under the folder's lock. A line is the truth that a training is done: what was written before
its line and has none is cut off by the next one that writes, and done again.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..arrays import Array
from ..data.reading import Task
from ..errors import StoreError
from ..places import SWEEP
from ..store import Environment, Misfit, RunFolder, from_plain, strict_json, write_whole
from ..store.codec import from_json, to_plain
from ..store.disk import discard, opened, sync_folder
from ..store.lines import body_of, checksum, sealed
from ..store.problems import raised_as_store_error
from ..store.runs import create_folder
from ..store.strict_json import decode
from .arrays import unpacked
from .line_file import LineFile
from .plan import Plan
from .records import TrainingLine

PLAN, CONFIG, ARRAYS, LOG = "plan.json", "config.yaml", "arrays.bin", "log.txt"
BEGUN, TRAININGS, PAUSES = "begun.jsonl", "trainings.jsonl", "paused.jsonl"
SPLITS, PAUSED = "splits", "paused"

# What a line begins with, and the place of its arrays. A quote inside a text is written with a backslash before it.
KEY = re.compile(rb'\{"key": "([^"\\]*)"')
PLACE = re.compile(rb'"arrays_at": ([0-9]+), "arrays_bytes": ([0-9]+)')

# The number of the folder's format; a program refuses newer ones.
FORMAT = 1

# The last key of plan.json: the checksum of all others. A digit that is damaged would be a plan of other trainings.
SEAL = "crc32"


@dataclass(frozen=True)
class SweepSession:
    """A process that works on a sweep: when it began, and where the trainings are done."""

    began: str
    where: str


@dataclass(frozen=True, kw_only=True)
class SweepManifest:
    """plan.json: what a sweep is to do, and who worked on it.

    config_file : the base config, absolute. config_sha256 : of the sweep's own copy. overrides : those that all
    trainings share. light : whether trainings leave a line and no run folder. early : whether trainings that do worse
    are stopped. task : known once something was trained. environments : those of the processes so far; a line has the
    number of its own.
    """

    format: int = FORMAT
    sweep_id: str
    name: str
    dlrun: str
    config_file: str
    config_sha256: str
    overrides: tuple[str, ...]
    plan: Plan
    light: bool
    early: bool
    task: Task | None = None
    sessions: tuple[SweepSession, ...] = ()
    environments: tuple[Environment, ...] = ()


@dataclass(frozen=True)
class Begun:
    """A line of begun.jsonl: the run folder in which a training is done."""

    key: str
    run_id: str


class SweepFolder:
    """The files of one sweep. Whatever goes wrong on the disk is raised as StoreError."""

    def __init__(self, path: Path):
        self.path, self.files = path, RunFolder(path)

    @property
    def id(self) -> str:
        """The sweep's id, which is the folder's name."""
        return self.path.name

    @property
    def runs_dir(self) -> Path:
        """The runs folder that the sweep is in, where the run folders of its trainings are, too."""
        return self.path.parent

    def manifest(self) -> SweepManifest:
        """plan.json, checked. Raises StoreError where it is missing, corrupt or newer than this program."""
        plain = self.files.read_json(PLAN)
        number = plain.get("format") if isinstance(plain, dict) else None
        if isinstance(number, int) and number > FORMAT:
            newer = f"format {number}, and this dlrun knows formats up to {FORMAT}"
            raise StoreError(f"{self.path / PLAN}: {newer}; use the newer dlrun that wrote it")
        if not isinstance(plain, dict) or plain.pop(SEAL, None) != seal_of(plain):
            raise damaged(self.path / PLAN, "its checksum does not fit")
        try:
            return from_plain(SweepManifest, plain)
        except Misfit as problem:
            raise damaged(self.path / PLAN, problem) from problem

    def write_manifest(self, manifest: SweepManifest) -> None:
        """Writes plan.json."""
        plain = to_plain(manifest)
        self.files.write_json(PLAN, plain | {SEAL: seal_of(plain)})

    def config_text(self, manifest: SweepManifest) -> bytes:
        """The text of the base config. Raises StoreError where it is not the one that was written."""
        text = self.files.read_bytes(CONFIG)
        if hashlib.sha256(text).hexdigest() != manifest.config_sha256:
            raise damaged(self.path / CONFIG, "its SHA-256 is not that of plan.json")
        return text

    def lines(self) -> Iterator[TrainingLine]:
        """The last line of each training, in the order in which they are written; damaged lines are left out.

        A training that was done again after it failed, or that was given more epochs after it was stopped, has several.
        """
        last = {key: at for at, (key, _) in enumerate(self.bodies(TRAININGS))}
        for at, (key, body) in enumerate(self.bodies(TRAININGS)):
            if last.get(key) == at:
                with suppress(Misfit):  # it counts as not done, and is done again
                    yield from_json(TrainingLine, body)

    def paused_lines(self) -> Iterator[TrainingLine]:
        """The line of each pause, oldest first."""
        for _, body in self.bodies(PAUSES):
            with suppress(Misfit):
                yield from_json(TrainingLine, body)

    def ended(self) -> dict[str, str]:
        """How each training ended, by key."""
        return {plain["key"]: str(plain.get("status")) for plain in self.plain_lines(TRAININGS)}

    def done_count(self, *, retry: bool = False) -> int:
        """How many trainings need no more work. retry : whether those that failed are done again."""
        open_ends = ("stopped", "failed") if retry else ("stopped",)
        return sum(status not in open_ends for status in self.ended().values())

    def begun(self) -> dict[str, str]:
        """The run folder of each training that was begun, by key."""
        return {plain["key"]: str(plain.get("run_id")) for plain in self.plain_lines(BEGUN)}

    def plain_lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The sound lines of a file that have a key, as plain values."""
        for _, body in self.bodies(name):
            with suppress(ValueError):
                plain: Any = decode(body)
                yield plain

    def bodies(self, name: str) -> Iterator[tuple[str, bytes]]:
        """The key and the JSON of each sound line of a file, one after the other, without holding them all."""
        if not (self.path / name).exists():
            return
        with opened(self.path / name) as file:
            for line in file:
                with suppress(ValueError):
                    body = body_of(line.removesuffix(b"\n"))
                    if match := KEY.match(body):
                        yield match[1].decode(), body

    def arrays_of(self, line: TrainingLine) -> dict[str, Array] | None:
        """The arrays of a training; None where it has none, or where they are damaged."""
        if line.arrays_at is None or line.arrays_bytes is None:
            return None
        try:
            with opened(self.path / ARRAYS) as file:
                file.seek(line.arrays_at)
                data = file.read(line.arrays_bytes)
            return unpacked(data) if zlib.crc32(data) == line.arrays_crc32 else None
        except (StoreError, ValueError):
            return None

    def unreadable(self) -> set[str]:
        """Keys of trainings to be done again, since their arrays, or those of their split, are not what was written."""
        found: set[str] = set()
        splits: set[str | None] = set()
        with opened(self.path / ARRAYS) as file:
            for line in self.lines():
                if line.arrays_at is None or line.status == "stopped":  # only its course is shown of a stopped one
                    continue
                file.seek(line.arrays_at)
                if zlib.crc32(file.read(line.arrays_bytes or 0)) != line.arrays_crc32:
                    found.add(line.key)
                elif line.split_sha256 not in splits:
                    splits.add(line.split_sha256)  # if it is damaged, one training is enough to have it again
                    found |= set() if self.split_of(line) else {line.key}
        return found

    def split_of(self, line: TrainingLine) -> dict[str, Array] | None:
        """The arrays of the split that a training was on; None where they are missing or damaged."""
        try:
            return unpacked((self.path / SPLITS / f"{line.split_sha256}.npz").read_bytes())
        except (OSError, ValueError):
            return None

    def paused_state(self, key: str) -> bytes | None:
        """The state of a training that paused; None where there is none."""
        try:
            return (self.path / PAUSED / f"{key}.npz").read_bytes()
        except OSError:
            return None


def seal_of(plain: dict[str, Any]) -> str:
    """The checksum of the values of plan.json."""
    return checksum(strict_json.encode(plain)).decode()


def damaged(path: Path, reason: object) -> StoreError:
    """The error for a file of a sweep without which it cannot go on."""
    return StoreError(f"{path}: corrupt ({reason}); restore it from a copy, or begin another sweep")


def create_sweep(runs_dir: Path, name: str) -> SweepFolder:
    """A new, empty sweep folder. Raises StoreError."""
    return SweepFolder(create_folder(runs_dir, name, before=SWEEP))


class Writer:
    """The one writer of a sweep's folder, for as long as its lock is held."""

    def __init__(self, folder: SweepFolder, manifest: SweepManifest):
        self.folder, self.manifest = folder, manifest
        for part in (folder.path, folder.path / SPLITS, folder.path / PAUSED):
            if part.exists():
                RunFolder(part).tidy()
        self.discard_states()
        self.trainings = LineFile(folder.path / TRAININGS)
        self.begun = LineFile(folder.path / BEGUN)
        self.pauses = LineFile(folder.path / PAUSES)
        ends = (end_of(body) for name in (TRAININGS, PAUSES) for _, body in folder.bodies(name))
        self.arrays = LineFile(folder.path / ARRAYS, length=max(ends, default=0))
        self.has_paused = (folder.path / PAUSED).exists()
        with raised_as_store_error(folder.path, "written"):
            sync_folder(folder.path)  # the names of these files

    def close(self) -> None:
        """Syncs what was written to the disk."""
        for file in (self.arrays, self.begun, self.pauses, self.trainings):
            file.close()

    def discard_states(self) -> None:
        """Deletes the states of trainings that have ended since, where a killed process has not come to that."""
        ended = self.folder.ended()
        for path in (self.folder.path / PAUSED).glob("*.npz"):
            if ended.get(path.stem, "stopped") != "stopped":
                discard(path)

    def note_begun(self, key: str, run_id: str) -> None:
        """Notes the run folder of a training before it begins, for sure: else a power cut leaves a run of nobody."""
        self.begun.append(sealed(to_plain(Begun(key, run_id))))
        self.begun.sync()

    def note_ended(self, line: TrainingLine, arrays: bytes, here: Environment | None) -> TrainingLine:
        """Adds the line of a training that has ended, after its arrays; returns it as it was written."""
        if arrays:
            line = self.with_arrays(line, arrays)
        if here is not None:
            line = replace(line, environment=self.number_of(here))
        self.trainings.append(sealed(to_plain(line)))
        if self.has_paused:
            discard(self.folder.path / PAUSED / f"{line.key}.npz")
        return line

    def with_arrays(self, line: TrainingLine, arrays: bytes) -> TrainingLine:
        """The line with the place of its arrays, which are added to the others."""
        at = self.arrays.append(arrays)
        return replace(line, arrays_at=at, arrays_bytes=len(arrays), arrays_crc32=zlib.crc32(arrays))

    def number_of(self, here: Environment) -> int:
        """The number of an environment; a new one is added to plan.json."""
        if here not in self.manifest.environments:
            self.manifest = replace(self.manifest, environments=(*self.manifest.environments, here))
            self.folder.write_manifest(self.manifest)
        return self.manifest.environments.index(here)

    def note_task(self, task: Task) -> None:
        """Notes what the target asks for, once it is known."""
        if self.manifest.task != task:
            self.manifest = replace(self.manifest, task=task)
            self.folder.write_manifest(self.manifest)

    def keep_split(self, line: TrainingLine, split: bytes) -> None:
        """Keeps the arrays of a split."""
        self.keep(SPLITS, f"{line.split_sha256}.npz", split)

    def note_paused(self, line: TrainingLine, arrays: bytes, state: bytes | None) -> TrainingLine:
        """Adds the line of a pause, after the state that the training continues from (None: in its run folder)."""
        if state is not None:
            self.has_paused = True
            self.keep(PAUSED, f"{line.key}.npz", state)
        line = self.with_arrays(line, arrays)
        self.pauses.append(sealed(to_plain(line)))
        return line

    def note_traceback(self, line: TrainingLine, text: str) -> None:
        """Adds the traceback of a training that failed to the sweep's log."""
        words = f"training {line.number} ({line.settings}, seed {line.seed}): {line.message}\n{text}\n"
        with raised_as_store_error(self.folder.path / LOG, "written"), open(self.folder.path / LOG, "a") as file:
            file.write(words)

    def keep(self, folder: str, name: str, data: bytes) -> None:
        """Writes a whole file in one of the sweep's own folders."""
        path = self.folder.path / folder
        with raised_as_store_error(path, "made"):
            path.mkdir(exist_ok=True)
        write_whole(path / name, lambda file: file.write(data))


def end_of(body: bytes) -> int:
    """Where the arrays of a line end; 0 without."""
    match = PLACE.search(body)
    return int(match[1]) + int(match[2]) if match else 0
