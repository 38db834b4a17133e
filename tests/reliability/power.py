"""Power that fails, simulated: what was written and not synced may be lost, in any part and any order.

A run is recorded: its writes, truncations, syncs, and its names made, renamed and taken away. Then the disk is made
again as it may be after a power cut behind each of these: what was synced is there; of the rest, any subset, and of a
write perhaps the first half. The names of a folder are there for sure once the folder was synced, the bytes of a file
once the file was. So does ALICE (Pillai and others, OSDI 2014), for databases.
"""

import io
import itertools
import os
import pickle
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from dlrun.experiment.checkpointing import Checkpointer
from dlrun.store import checkpoints, disk, list_runs, verify
from dlrun.sweep import line_file

from .crashes import reference
from .essence import essence
from .short_run import config_in, in_child, only_run, resume_in_child, train

# Where so few deeds are pending, every subset is taken; where more are, so many at random, beside the plain ones.
ALL_SUBSETS, RANDOM_SUBSETS = 4, 12

# The number of the folder below which all is recorded.
ROOT = 0


class Deed(NamedTuple):
    """What was done to the disk. at : the number of the file or folder that it is about, or None for a note.

    kind : "write" (offset, bytes), "truncate" (length), "name" (name, number, is a folder), "unname" (name), "rename"
    (name, folder's number, its new name, number), "sync", "note" (of what was acknowledged), or "begin": all before it
    is on the disk.
    """

    kind: str
    at: int | None
    what: tuple = ()


class Recorder:
    """Writes down what this process does to the disk below the folder `root` from `install` on.

    What is there already is written down first, as being on the disk for sure. known : the number of each file and
    folder, by device and inode; a new one where an inode is used again. foreign : the bytes so far of files that are
    not written by our own `open`.
    """

    def __init__(self, root: Path) -> None:
        self.deeds: list[Deed] = []
        self.known: dict[tuple[int, int], int] = {}
        self.foreign: dict[int, bytes] = {}
        self.numbers = itertools.count(ROOT)
        self.number_of(root.stat())
        self.note_what_is_there(root)
        self.deeds.append(Deed("begin", None))

    def note(self, what: str) -> None:
        self.deeds.append(Deed("note", None, (what,)))

    def note_what_is_there(self, root: Path) -> None:
        for path in sorted(root.rglob("*")):
            self.named(path, is_folder=path.is_dir())
            if path.is_file():
                self.deeds.append(Deed("write", self.number_at(path), (0, path.read_bytes())))
        self.deeds += [Deed("sync", number) for number in self.known.values()]

    def number_of(self, found: os.stat_result, *, is_new: bool = False) -> int:
        key = (found.st_dev, found.st_ino)
        if is_new or key not in self.known:
            self.known[key] = next(self.numbers)
        return self.known[key]

    def number_at(self, path: object) -> int:
        return self.number_of(os.stat(path))

    def above(self, path: object, dir_fd: int | None = None) -> int:
        folder = os.path.dirname(os.path.abspath(path))
        return self.number_of(os.fstat(dir_fd) if dir_fd is not None else os.stat(folder))

    def named(self, path: object, *, is_folder: bool) -> None:
        above, number = self.above(path), self.number_of(os.stat(path), is_new=True)
        self.deeds.append(Deed("name", above, (name_of(path), number, is_folder)))

    def catch_up(self, path: str) -> None:
        """Takes note of a file that others have made or written, as libraries do, by what it holds now."""
        if not os.path.isfile(path):
            return
        found = os.stat(path)
        if (found.st_dev, found.st_ino) not in self.known:
            self.named(path, is_folder=False)
            self.foreign[self.number_of(found)] = b""
        number = self.number_of(found)
        if number in self.foreign and (data := Path(path).read_bytes()) != self.foreign[number]:
            self.foreign[number] = data
            self.deeds.append(Deed("write", number, (0, data)))

    def install(self) -> None:
        recorder, deeds = self, self.deeds

        class File(io.FileIO):
            def __init__(self, path, mode):
                is_new = not os.path.lexists(path)
                super().__init__(path, mode)
                if is_new:
                    recorder.named(path, is_folder=False)

            def number(self):
                return recorder.number_of(os.fstat(self.fileno()))

            def write(self, data):
                at = os.fstat(self.fileno()).st_size if "a" in self.mode else self.tell()
                kept = bytes(data)
                done = super().write(data)
                deeds.append(Deed("write", self.number(), (at, kept[:done])))
                return done

            def truncate(self, size=None):
                done = super().truncate(size)
                deeds.append(Deed("truncate", self.number(), (done,)))
                return done

        disk.open = lambda path, mode: io.BufferedRandom(File(path, mode.replace("b", "")))
        line_file.open = lambda path, mode, buffering: File(path, mode.replace("b", ""))
        fsync, replace, mkdir, unlink, rmdir = os.fsync, os.replace, os.mkdir, os.unlink, os.rmdir

        def synced(handle):
            recorder.catch_up(os.readlink(f"/proc/self/fd/{handle}"))
            fsync(handle)
            deeds.append(Deed("sync", recorder.number_of(os.fstat(handle))))

        def renamed(source, target):
            recorder.catch_up(source)
            above, number = recorder.above(source), recorder.number_at(source)
            replace(source, target)
            deeds.append(Deed("rename", above, (name_of(source), recorder.above(target), name_of(target), number)))

        def made(path, *arguments, **options):
            mkdir(path, *arguments, **options)
            recorder.named(path, is_folder=True)

        def unnamed(away):
            def done(path, *, dir_fd=None):
                above = recorder.above(path, dir_fd)
                away(path, dir_fd=dir_fd)
                deeds.append(Deed("unname", above, (name_of(path),)))

            return done

        os.fsync, os.mkdir, os.unlink, os.rmdir = synced, made, unnamed(unlink), unnamed(rmdir)
        os.replace = os.rename = renamed
        save = Checkpointer.save

        def noted(checkpointer) -> None:
            save(checkpointer)
            recorder.note(f"checkpoint {checkpointer.trainer.optimizer.steps}")

        Checkpointer.save = noted


def name_of(path: object) -> str:
    return os.path.basename(os.path.abspath(path))


def recorded(deed: Callable[[Recorder], object], root: Path, kept: Path) -> list[Deed]:
    """What a deed does to the disk below the folder `root`, done in a child; first what is there before it."""

    def done() -> None:
        recorder = Recorder(root)
        recorder.install()
        deed(recorder)
        recorder.note("done")
        kept.write_bytes(pickle.dumps(recorder.deeds))

    assert in_child(done) == 0
    return pickle.loads(kept.read_bytes())


def pending_of(deeds: list[Deed]) -> list[int]:
    """The places of those that no sync has made sure of.

    A renaming from one folder to another is one deed, as in the journal of a file system: a sync of either is enough.
    """
    pending: list[int] = []
    for place, deed in enumerate(deeds):
        if deed.kind == "sync":
            pending = [at for at in pending if deed.at not in folders_of(deeds[at])]
        elif deed.at is not None:
            pending.append(place)
    return pending


def folders_of(deed: Deed) -> tuple[int | None, ...]:
    """What must be synced for a deed to be sure: one of these."""
    return (deed.at, deed.what[1]) if deed.kind == "rename" else (deed.at,)


def subsets(pending: list[int], rng: random.Random) -> Iterator[frozenset[int]]:
    """Sets of deeds that are lost."""
    if len(pending) <= ALL_SUBSETS:
        for count in range(len(pending) + 1):
            yield from map(frozenset, itertools.combinations(pending, count))
        return
    every = frozenset(pending)
    yield from (frozenset(), every)
    for one in pending:
        yield frozenset({one})
        yield every - {one}
    for _ in range(RANDOM_SUBSETS):
        yield frozenset(one for one in pending if rng.random() < 0.5)


# A state of the disk: the bytes of files by path, and the paths of folders.
State = tuple[frozenset[tuple[str, bytes]], frozenset[str]]


def state_after(deeds: list[Deed], lost: frozenset[int], torn: int | None = None) -> State:
    """What is there where these deeds are lost, and the write `torn` is only half there."""
    files: dict[int, bytearray] = {}
    names: dict[int, dict[str, int]] = {ROOT: {}}
    folders = {ROOT}
    for place, deed in enumerate(deeds):
        if deed.kind == "name" and deed.what[2]:
            folders.add(deed.what[1])
        if place in lost or deed.at is None:
            continue
        if deed.kind == "write":
            offset, data = deed.what
            data = data[: len(data) // 2] if place == torn else data
            held = files.setdefault(deed.at, bytearray())
            held.extend(bytes(max(0, offset - len(held))))
            held[offset : offset + len(data)] = data
        elif deed.kind == "truncate":
            held = files.setdefault(deed.at, bytearray())
            del held[deed.what[0] :]
            held.extend(bytes(deed.what[0] - len(held)))
        elif deed.kind == "name":
            names.setdefault(deed.at, {})[deed.what[0]] = deed.what[1]
        elif deed.kind == "unname":
            names.setdefault(deed.at, {}).pop(deed.what[0], None)
        elif deed.kind == "rename":
            old, above, new, inode = deed.what
            names.setdefault(deed.at, {}).pop(old, None)
            names.setdefault(above, {})[new] = inode
    found_files, found_folders = set(), set()

    def walk(inode: int, path: str) -> None:
        for name, below in names.get(inode, {}).items():
            if below in folders:
                found_folders.add(f"{path}{name}")
                walk(below, f"{path}{name}/")
            else:
                found_files.add((f"{path}{name}", bytes(files.get(below, b""))))

    walk(ROOT, "")
    return frozenset(found_files), frozenset(found_folders)


def states(deeds: list[Deed], seed: int = 0) -> Iterator[tuple[State, list[str]]]:
    """Each state that a power cut may leave, once, with what had been acknowledged before it."""
    rng, seen = random.Random(seed), set()
    first = next((place for place, deed in enumerate(deeds) if deed.kind == "begin"), 0) + 1
    for count in range(first, len(deeds) + 1):
        before = deeds[:count]
        notes = [deed.what[0] for deed in before if deed.kind == "note"]
        pending = pending_of(before)
        writes = [at for at in pending if before[at].kind == "write"]
        cases = [(lost, None) for lost in subsets(pending, rng)]
        cases += [(frozenset(), at) for at in writes[-2:]]
        for lost, torn in cases:
            state = state_after(before, lost, torn)
            key = (hash(state), len(notes))
            if key not in seen:
                seen.add(key)
                yield state, notes


def deeds_in(deeds: list[Deed]) -> int:
    """How many things were done to the disk while it was recorded."""
    return sum(deed.at is not None for deed in deeds[[deed.kind for deed in deeds].index("begin") :])


def put(state: State, folder: Path) -> None:
    """Makes the folder hold what the state holds."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files, folders = state
    for path in sorted(folders):
        (folder / path).mkdir(parents=True, exist_ok=True)
    for path, data in files:
        (folder / path).write_bytes(data)


def power_cuts(folder: Path, every: int = 1) -> dict:
    """Every `every`-th state of a run after a power cut, gone on with: {deeds, states, ..., losses}."""
    path, whole = config_in(folder), reference(folder)
    root = folder / "recorded"
    root.mkdir()
    deeds = recorded(lambda _: train(path, root / "runs"), root, folder / "deeds")
    counts, losses = {"states": 0, "resumed": 0, "never begun": 0}, []
    for state, notes in itertools.islice(states(deeds), 0, None, every):
        put(state, folder / "cut")
        found = loss_in(folder / "cut" / "runs", notes, whole)
        counts["states"] += 1
        counts["resumed"] += found == ""
        counts["never begun"] += found is None
        losses += [f"state {counts['states']}: {found}"] if found else []
    return {"deeds": deeds_in(deeds), **counts, "losses": losses}


def loss_in(runs_dir: Path, notes: list[str], whole: dict) -> str | None:
    """ "" if the run that is there, gone on with, is the whole one; None if none had begun; else what was lost."""
    folder = only_run(runs_dir)
    if folder is None or not (folder.path / "run.json").exists():
        return f"{notes[-1]} was acknowledged, and there is no run" if notes else None
    row = list_runs(runs_dir)[0]
    if row.status == "broken":
        return f"listed as broken: {row.problem}"
    if row.status == "finished" and (damaged := [check for check in verify(folder) if check.problem]):
        return f"the finished run is damaged: {damaged[0]}"
    if "done" in notes:
        if row.status != "finished":
            return f"the run was finished, and is {row.status}"
        if folder.id not in (runs_dir / "looks.jsonl").read_text():
            return "the ledger has lost the run"
    elif notes:
        steps, kept = notes[-1].split()[1], checkpoints.names(folder)
        if row.status != "finished" and int(steps) not in [
            int(checkpoints.NAME.fullmatch(name)["steps"]) for name in kept
        ]:
            return f"{notes[-1]} was acknowledged and is gone"
    if row.status != "finished" and (status := resume_in_child(folder)) != 0:
        return f"resume ended with {status}"
    return "" if essence(folder.path) == whole else "other bits"
