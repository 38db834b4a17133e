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


class Deed(NamedTuple):
    """What was done to the disk. at : the inode of the file or folder that it is about, or None for a note.

    kind : "write" (offset, bytes), "truncate" (length), "name" (name, inode, is a folder), "unname" (name), "rename"
    (name, folder's inode, its new name, inode), "sync", or "note" (of what was acknowledged).
    """

    kind: str
    at: int | None
    what: tuple = ()


class Recorder:
    """Writes down what this process does to the disk from `install` on."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    def note(self, what: str) -> None:
        self.deeds.append(Deed("note", None, (what,)))

    def install(self) -> None:
        recorder, deeds = self, self.deeds

        class File(io.FileIO):
            def __init__(self, path, mode):
                is_new = not os.path.lexists(path)
                super().__init__(path, mode)
                if is_new:
                    deeds.append(named(path, is_folder=False))

            def write(self, data):
                at = os.fstat(self.fileno()).st_size if "a" in self.mode else self.tell()
                kept = bytes(data)
                done = super().write(data)
                deeds.append(Deed("write", os.fstat(self.fileno()).st_ino, (at, kept[:done])))
                return done

            def truncate(self, size=None):
                done = super().truncate(size)
                deeds.append(Deed("truncate", os.fstat(self.fileno()).st_ino, (done,)))
                return done

        disk.open = lambda path, mode: io.BufferedRandom(File(path, mode.replace("b", "")))
        line_file.open = lambda path, mode, buffering: File(path, mode.replace("b", ""))
        fsync, replace, mkdir, unlink = os.fsync, os.replace, os.mkdir, os.unlink

        def synced(handle):
            fsync(handle)
            deeds.append(Deed("sync", os.fstat(handle).st_ino))

        def renamed(source, target):
            inode = os.stat(source).st_ino
            replace(source, target)
            deeds.append(
                Deed("rename", inode_above(source), (name_of(source), inode_above(target), name_of(target), inode))
            )

        def made(path, *arguments, **options):
            mkdir(path, *arguments, **options)
            deeds.append(named(path, is_folder=True))

        def unnamed(path, *arguments, **options):
            above = inode_above(path)
            unlink(path, *arguments, **options)
            deeds.append(Deed("unname", above, (name_of(path),)))

        os.fsync, os.mkdir, os.unlink = synced, made, unnamed
        os.replace = os.rename = renamed
        save = Checkpointer.save

        def noted(checkpointer) -> None:
            save(checkpointer)
            recorder.note(f"checkpoint {checkpointer.trainer.optimizer.steps}")

        Checkpointer.save = noted


def named(path: object, *, is_folder: bool) -> Deed:
    return Deed("name", inode_above(path), (name_of(path), os.stat(path).st_ino, is_folder))


def inode_above(path: object) -> int:
    return os.stat(os.path.dirname(os.path.abspath(path))).st_ino


def name_of(path: object) -> str:
    return os.path.basename(os.path.abspath(path))


def recorded(deed: Callable[[], object], kept: Path) -> list[Deed]:
    """What a deed does to the disk, done in a child."""

    def done() -> None:
        recorder = Recorder()
        recorder.install()
        deed()
        recorder.note("done")
        kept.write_bytes(pickle.dumps(recorder.deeds))

    assert in_child(done) == 0
    return pickle.loads(kept.read_bytes())


def pending_of(deeds: list[Deed]) -> list[int]:
    """The places of those that no sync has made sure of."""
    pending: list[int] = []
    for place, deed in enumerate(deeds):
        if deed.kind == "sync":
            pending = [at for at in pending if deeds[at].at != deed.at]
        elif deed.kind != "note":
            pending.append(place)
    return pending


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


def state_after(deeds: list[Deed], lost: frozenset[int], root: int, torn: int | None = None) -> State:
    """What is below the folder `root` where these deeds are lost, and the write `torn` is only half there."""
    files: dict[int, bytearray] = {}
    names: dict[int, dict[str, int]] = {root: {}}
    folders = {root}
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

    walk(root, "")
    return frozenset(found_files), frozenset(found_folders)


def states(deeds: list[Deed], root: int, seed: int = 0) -> Iterator[tuple[State, list[str]]]:
    """Each state that a power cut may leave, once, with what had been acknowledged before it."""
    rng, seen = random.Random(seed), set()
    for count in range(1, len(deeds) + 1):
        before = deeds[:count]
        notes = [deed.what[0] for deed in before if deed.kind == "note"]
        pending = pending_of(before)
        writes = [at for at in pending if before[at].kind == "write"]
        cases = [(lost, None) for lost in subsets(pending, rng)]
        cases += [(frozenset(), at) for at in writes[-2:]]
        for lost, torn in cases:
            state = state_after(before, lost, root, torn)
            key = (hash(state), len(notes))
            if key not in seen:
                seen.add(key)
                yield state, notes


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
    deeds = recorded(lambda: train(path, root / "runs"), folder / "deeds")
    counts, losses = {"states": 0, "resumed": 0, "never begun": 0}, []
    for state, notes in itertools.islice(states(deeds, root.stat().st_ino), 0, None, every):
        put(state, folder / "cut")
        found = loss_in(folder / "cut" / "runs", notes, whole)
        counts["states"] += 1
        counts["resumed"] += found == ""
        counts["never begun"] += found is None
        losses += [f"state {counts['states']}: {found}"] if found else []
    return {"deeds": len(deeds), **counts, "losses": losses}


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
