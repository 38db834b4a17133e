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

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..arrays import Array
from ..data.reading import Task
from ..errors import StoreError
from ..places import SWEEP
from ..store import Environment, Misfit, RunFolder, from_plain, write_whole
from ..store.codec import to_plain
from ..store.disk import complete_lines_length, discard, opened
from ..store.lines import sealed, unsealed
from ..store.problems import raised_as_store_error
from ..store.runs import create_folder
from .arrays import unpacked
from .plan import Plan
from .records import TrainingLine

PLAN, CONFIG, ARRAYS, LOG = "plan.json", "config.yaml", "arrays.bin", "log.txt"
BEGUN, TRAININGS, PAUSES = "begun.jsonl", "trainings.jsonl", "paused.jsonl"
SPLITS, PAUSED = "splits", "paused"

# The number of the folder's format; a program refuses newer ones.
FORMAT = 1


@dataclass(frozen=True)
class SweepSession:
    """A process that works on a sweep: when it began, and where the trainings are done."""

    began: str
    where: str


@dataclass(frozen=True, kw_only=True)
class SweepManifest:
    """plan.json: what a sweep is to do, and who worked on it.

    config_file : the base config, absolute. overrides : those that all trainings share. light : whether trainings leave
    a line and no run folder. early : whether trainings that do worse are stopped. task : known once something was
    trained. environments : those of the processes so far; a line has the number of its own.
    """

    format: int = FORMAT
    sweep_id: str
    name: str
    dlrun: str
    config_file: str
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
        return self.files.read_record(PLAN, SweepManifest)

    def write_manifest(self, manifest: SweepManifest) -> None:
        """Writes plan.json."""
        self.files.write_json(PLAN, manifest)

    def config_text(self) -> bytes:
        """The text of the base config."""
        return self.files.read_bytes(CONFIG)

    def lines(self) -> Iterator[TrainingLine]:
        """The last line of each training, in the order in which they are written; damaged lines are left out.

        A training that was done again after it failed, or that was given more epochs after it was stopped, has several.
        """
        last = {plain["key"]: at for at, plain in enumerate(self.plain_lines(TRAININGS))}
        for at, plain in enumerate(self.plain_lines(TRAININGS)):
            if last.get(plain["key"]) == at:
                with suppress(Misfit):  # it counts as not done, and is done again
                    yield from_plain(TrainingLine, plain)

    def paused_lines(self) -> Iterator[TrainingLine]:
        """The line of each pause, oldest first."""
        for plain in self.plain_lines(PAUSES):
            with suppress(Misfit):
                yield from_plain(TrainingLine, plain)

    def ended(self) -> dict[str, str]:
        """How each training ended, by key."""
        return {plain["key"]: str(plain.get("status")) for plain in self.plain_lines(TRAININGS)}

    def done_count(self) -> int:
        """How many trainings need no more work."""
        return sum(status != "stopped" for status in self.ended().values())

    def begun(self) -> dict[str, str]:
        """The run folder of each training that was begun, by key."""
        return {plain["key"]: str(plain.get("run_id")) for plain in self.plain_lines(BEGUN)}

    def plain_lines(self, name: str) -> Iterator[dict[str, Any]]:
        """The sound lines of a file that have a key, one after the other, without holding them all."""
        if not (self.path / name).exists():
            return
        with opened(self.path / name) as file:
            for line in file:
                try:
                    plain = unsealed(line.removesuffix(b"\n"))
                except ValueError:
                    continue
                if isinstance(plain.get("key"), str):
                    yield plain

    def arrays_of(self, line: TrainingLine) -> dict[str, Array] | None:
        """The arrays of a training; None where it has none, or where they are damaged."""
        if line.arrays_at is None or line.arrays_bytes is None:
            return None
        try:
            with opened(self.path / ARRAYS) as file:
                file.seek(line.arrays_at)
                return unpacked(file.read(line.arrays_bytes))
        except (StoreError, ValueError):
            return None

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


def create_sweep(runs_dir: Path, name: str) -> SweepFolder:
    """A new, empty sweep folder. Raises StoreError."""
    return SweepFolder(create_folder(runs_dir, name, before=SWEEP))


class Writer:
    """The one writer of a sweep's folder, for as long as its lock is held."""

    def __init__(self, folder: SweepFolder, manifest: SweepManifest):
        self.folder, self.manifest = folder, manifest
        folder.files.tidy()
        self.trainings = LineFile(folder.path / TRAININGS)
        self.begun = LineFile(folder.path / BEGUN)
        self.pauses = LineFile(folder.path / PAUSES)
        ends = (plain_end(plain) for name in (TRAININGS, PAUSES) for plain in folder.plain_lines(name))
        self.arrays = LineFile(folder.path / ARRAYS, length=max(ends, default=0))

    def close(self) -> None:
        """Syncs what was written to the disk."""
        for file in (self.arrays, self.begun, self.pauses, self.trainings):
            file.close()

    def note_begun(self, key: str, run_id: str) -> None:
        """Notes the run folder of a training before it begins."""
        self.begun.append(sealed(to_plain(Begun(key, run_id))))

    def note_ended(self, line: TrainingLine, arrays: bytes, here: Environment | None) -> TrainingLine:
        """Adds the line of a training that has ended, after its arrays; returns it as it was written."""
        if arrays:
            line = replace(line, arrays_at=self.arrays.append(arrays), arrays_bytes=len(arrays))
        if here is not None:
            line = replace(line, environment=self.number_of(here))
        self.trainings.append(sealed(to_plain(line)))
        discard(self.folder.path / PAUSED / f"{line.key}.npz")
        return line

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
            self.keep(PAUSED, f"{line.key}.npz", state)
        line = replace(line, arrays_at=self.arrays.append(arrays), arrays_bytes=len(arrays))
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


def plain_end(plain: dict[str, Any]) -> int:
    """Where the arrays of a line end; 0 without."""
    at, size = plain.get("arrays_at"), plain.get("arrays_bytes")
    return at + size if isinstance(at, int) and isinstance(size, int) else 0


class LineFile:
    """A file that only grows. An end that a killed process has left incomplete is cut off when it is opened.

    length : how much of it is complete, where that is not seen from its newlines.
    """

    def __init__(self, path: Path, length: int | None = None):
        self.path = path
        with raised_as_store_error(path, "written"):
            self.file = open(path, "a+b", buffering=0)  # noqa: SIM115 (it is open as long as the sweep)
            self.file.truncate(complete_lines_length(self.file) if length is None else length)

    def append(self, data: bytes) -> int:
        """Adds the bytes at the end, hands them to the system, and returns where they begin."""
        with raised_as_store_error(self.path, "written"):
            at = self.file.seek(0, os.SEEK_END)
            written = 0
            try:
                while written < len(data):
                    written += self.file.write(data[written:]) or 0
            except BaseException:  # a full disk, or a signal: half a line is none
                self.file.truncate(at)
                raise
            return at

    def close(self) -> None:
        """Syncs the file to the disk and closes it."""
        with raised_as_store_error(self.path, "written"):
            os.fsync(self.file.fileno())
            self.file.close()
