"""Power that fails while sweeps, the trash, tags, ledgers, a refit, predictions and exports are written.

As `power` has it for a run: each scene is recorded, the disk is made again as a power cut may leave it, and commands
then say what is there. What a command had acknowledged by its end is there; a run is whole, and in one place.
"""

import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from dlrun.executor import Here
from dlrun.inspection.refit import refit
from dlrun.model import load_model
from dlrun.store import RunFolder, find_run, list_runs, read_tags, trash, verify
from dlrun.store.trash import TRASH
from dlrun.sweep.folder import SweepFolder
from dlrun.sweep.running import Wishes
from dlrun.sweep.sweeping import run_sweep
from dlrun.sweep.telling import outcome_of_folder

from .commands import said
from .power import deeds_in, put, recorded, states
from .short_run import CONFIG, in_child
from .sweep_crashes import CONFIG as SWEEP_CONFIG
from .sweep_crashes import KINDS
from .sweep_trials import Kind, Place, figures_of, losses_of_runs, place_in, undisturbed

Words = tuple[str, ...]

# Rows without a target, as many as the config's moons have inputs.
ROWS = "x0,x1\n0.1,0.2\n1.5,-0.3\n-0.7,0.9\n"
TRAINED = (("train", "short.yaml", "name=a", "-q"), ("train", "short.yaml", "name=b", "seed=1", "-q"))
SWEPT = ("sweep", "tiny.yaml", "regularization.lambda=0,1", "-q", "--processes", "1")
OUT = ("out.csv", "out.parquet", "model.py", "model.npz", "card.md", "page.html")


class Before(NamedTuple):
    """What was there before the scene, by path, and what is there once it was done without a cut."""

    files: dict[str, bytes]
    after: dict[str, bytes]


# What was lost in a folder of this state, by what was there before and how many commands were acknowledged.
Judge = Callable[[Path, int, Before], str]


class Scene(NamedTuple):
    """before : commands that are done first. words : that are recorded, each acknowledged as it ends."""

    before: tuple[Words, ...]
    words: tuple[Words, ...]
    judge: Judge


# Of scenes with thousands of states, one in so many is tried.
ONE_IN = {"gc of a sweep": 2, "refit": 4, "sweep, light": 2, "sweep, full": 40}


def power_cuts(folder: Path, names: Iterable[str], every: int = 1) -> dict:
    """Every `every`-th state of these scenes after a power cut: {deeds, states, of each scene, losses}."""
    counts, losses, deeds_done = {}, [], 0
    for name in names:
        one_in = every * ONE_IN.get(name, 1)
        tried, found = (sweep_cut if name in SWEEPS else scene_cut)(folder / name.replace(" ", "-"), name, one_in)
        deeds_done += tried.deeds
        counts[name] = tried.states
        losses += [f"{name}, {loss}" for loss in found]
    return {"deeds": deeds_done, "states": sum(counts.values()), **counts, "losses": losses}


class Tried(NamedTuple):
    deeds: int
    states: int


def scene_cut(folder: Path, name: str, every: int) -> tuple[Tried, list[str]]:
    """The states of a scene, and what was lost in them."""
    scene, root = SCENES[name], folder / "root"
    (folder / "tmp").mkdir(parents=True)
    root.mkdir()
    (root / "short.yaml").write_text(CONFIG)
    (root / "tiny.yaml").write_text(SWEEP_CONFIG)
    (root / "new.csv").write_text(ROWS)
    for words in scene.before:
        done = said(root, *words)
        assert done.status == 0, (words, done)
    before = files_in(root)
    deeds = recorded(lambda recorder: done_here(recorder, root, scene.words), root, folder / "deeds")
    known, losses, count = Before(before, files_in(root)), [], 0
    for state, notes in itertools.islice(states(deeds), 0, None, every):
        put(state, folder / "cut")
        count += 1
        found = scene.judge(folder / "cut", notes.count("acknowledged"), known)
        losses += [f"state {count}: {found}"] if found else []
    return Tried(deeds_in(deeds), count), losses


def done_here(recorder, root: Path, commands: tuple[Words, ...]) -> None:
    """Does the commands in this process, and notes the end of each."""
    from dlrun.cli import main

    os.chdir(root)
    tempfile.tempdir = None
    os.environ |= {"TMPDIR": str(root.parent / "tmp"), "COLUMNS": "100"}
    os.environ.pop("DLRUN_RUNS", None)
    streams = os.open(root.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(streams, 1)
    os.dup2(streams, 2)
    for words in commands:
        sys.argv = ["dlrun", *words]
        try:
            main()
        except SystemExit as leaving:
            if leaving.code:
                raise
        recorder.note("acknowledged")


def files_in(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


# What is no part of a run: its lock, and files that had not their names when the power failed.
def is_of_a_run(path: str) -> bool:
    return not path.endswith((".lock", ".tmp"))


def runs_of(files: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    """The files of each run and sweep, by id, wherever it is."""
    found: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        parts = [part for part in path.split("/") if part != TRASH]
        if len(parts) > 2 and parts[0] == "runs" and is_of_a_run(path):
            found.setdefault(parts[1], {})["/".join(parts[2:])] = data
    return found


def list_is_well(place: Path) -> str:
    odd = [row for row in list_runs(place / "runs") if row.status != "finished"]
    return f"listed as {odd[0].status}: {odd[0]}" if odd else ""


def in_one_place(place: Path, before: Before, *, gone: bool = False) -> str:
    """What is wrong with runs that were there: each is whole, in the runs folder or in the trash. gone : or nowhere."""
    for run_id, files in runs_of(before.files).items():
        there = [above for above in (place / "runs", place / "runs" / TRASH) if (above / run_id).exists()]
        if not there and gone:
            continue
        if len(there) != 1:
            return f"{run_id} is in {len(there)} places"
        if runs_of(files_in(place)).get(run_id) != files:
            return f"{run_id} is not whole in {there[0]}"
    return ""


def places_of(files: dict[str, bytes]) -> dict[str, bool]:
    """Whether each run is in the trash."""
    return {run_id: any(f"{TRASH}/{run_id}/" in path for path in files) for run_id in runs_of(files)}


def moved(place: Path, acknowledged: int, before: Before) -> str:
    """After rm or restore: each run is whole in one place, and where it was told to be; done again, all is well."""
    if found := in_one_place(place, before) or list_is_well(place):
        return found
    is_there = {run_id: (place / "runs" / TRASH / run_id).exists() for run_id in places_of(before.after)}
    if acknowledged and is_there != places_of(before.after):
        return "what was told to be moved is not"
    return ""


def collected(place: Path, acknowledged: int, before: Before) -> str:
    """After gc: what is in the trash is whole or cannot be restored, and what was told to be gone is."""
    trashed = [run_id for run_id, is_in in places_of(before.files).items() if is_in]
    if found := in_one_place(place, before, gone=True) or list_is_well(place):
        return found
    if acknowledged and any((place / "runs" / TRASH / run_id).exists() for run_id in trashed):
        return "what was told to be gone is there"
    trash.collect(trash.garbage(place / "runs"))
    left = [path.name for path in (place / "runs" / TRASH).glob("*")]
    return f"{left} are left after another gc" if left else ""


def tagged(place: Path, acknowledged: int, before: Before) -> str:
    """After tag x, tag y: the tags that were told, perhaps with those that were being added."""
    tags = read_tags(find_run(place / "runs", "a"))
    return "" if tags in [["x", "y"][:count] for count in range(acknowledged, 3)] else f"tags {tags}"


def looked(place: Path, acknowledged: int, before: Before) -> str:
    """After looks at test errors: the ledger has every line that was told."""
    return kept_lines(place, acknowledged, before, "looks.jsonl") or list_is_well(place)


def kept_lines(place: Path, acknowledged: int, before: Before, name: str) -> str:
    path = f"runs/{name}"
    text = (place / path).read_bytes() if (place / path).exists() else b""
    if not text.startswith(before.files.get(path, b"")):
        return f"{name} has lost what it had"
    return f"{name} has lost what was told" if acknowledged and text != before.after[path] else ""


def refitted(place: Path, acknowledged: int, before: Before) -> str:
    """After a refit: the run is sound, answers, and keeps what was told; cut short, it is refitted anew."""
    [run] = [RunFolder(place / "runs" / run_id) for run_id in runs_of(before.files)]
    if damaged := [check for check in verify(run) if check.problem]:
        return f"damaged: {damaged[0]}"
    if acknowledged and not (run.path / "refit.json").exists():
        return "the refit was told, and is gone"
    if (status := in_child(lambda: load_model(run))) != 0:
        return f"it does not answer: {status}"
    if (status := in_child(lambda: refit(run))) != 0:
        return f"refit again ended with {status}"
    if (status := in_child(lambda: load_model(run))) != 0:
        return f"it does not answer after another refit: {status}"
    if damaged := [check for check in verify(run) if check.problem]:
        return f"damaged after another refit: {damaged[0]}"
    same = (run.path / "refit.npz").read_bytes() == before.after[f"runs/{run.id}/refit.npz"]
    return "" if same else "other bits"


def written(place: Path, acknowledged: int, before: Before) -> str:
    """After files were written where the user said: each is the whole new one, or what was there before."""
    for name in OUT:
        there = (place / name).read_bytes() if (place / name).exists() else None
        allowed = [before.after.get(name)] + ([] if acknowledged else [before.files.get(name)])
        if there not in allowed:
            return f"{name} is {'not there' if there is None else f'{len(there)} bytes, not whole'}"
    return ""


TWO_TAGS = (("tag", "a", "x"), ("tag", "a", "y"))
EXPORT = ("export", "a", "--python", "model.py", "--card", "card.md")
SCENES = {
    "rm": Scene(TRAINED, (("rm", "a"),), moved),
    "restore": Scene((*TRAINED, ("rm", "a")), (("restore", "a"),), moved),
    "gc": Scene((*TRAINED, ("rm", "a")), (("gc",),), collected),
    "rm of a sweep": Scene((SWEPT,), (("rm", "sweep-tiny"),), moved),
    "restore of a sweep": Scene((SWEPT, ("rm", "sweep-tiny")), (("restore", "sweep-tiny"),), moved),
    "gc of a sweep": Scene((SWEPT, ("rm", "sweep-tiny")), (("gc",),), collected),
    "tag": Scene(TRAINED[:1], TWO_TAGS, tagged),
    "looks": Scene(TRAINED, (("compare", "a", "b"),), looked),
    "refit": Scene(TRAINED[:1], (("refit", "a", "-q"),), refitted),
    "predict": Scene(TRAINED[:1], (("predict", "a", "new.csv", "--out", "out.csv"),), written),
    "predict again": Scene(
        (*TRAINED, ("predict", "a", "new.csv", "--out", "out.parquet")),
        (("predict", "b", "new.csv", "--out", "out.parquet"),),
        written,
    ),
    "export": Scene(TRAINED[:1], (EXPORT,), written),
    "report": Scene(TRAINED[:1], (("report", "a", "-o", "page.html"),), written),
}

# Each kind of sweep, begun and gone on with.
SWEEPS = {f"sweep, {kind.name}": kind for kind in KINDS if kind.name in ("light", "full")}


def sweep_cut(folder: Path, name: str, every: int) -> tuple[Tried, list[str]]:
    """The states of a sweep, each gone on with."""
    kind = SWEEPS[name]
    whole, place = undisturbed(folder / "whole", kind, SWEEP_CONFIG), place_in(folder / "root", SWEEP_CONFIG)
    (folder / "tmp").mkdir()
    words = ("sweep", "tiny.yaml", *kind.words, "-q", "--processes", "1")
    deeds = recorded(lambda recorder: done_here(recorder, place.path, (words,)), place.path, folder / "deeds")
    losses, count = [], 0
    for state, notes in itertools.islice(states(deeds), 0, None, every):
        put(state, folder / "cut")
        count += 1
        found = loss_of_sweep(Place(folder / "cut"), kind, "acknowledged" in notes, whole)
        losses += [f"state {count}: {found}"] if found else []
        if found:
            shutil.copytree(folder / "cut", folder / f"lost-{count}")
    return Tried(deeds_in(deeds), count), losses


def loss_of_sweep(place: Place, kind: Kind, is_done: bool, whole: dict[str, tuple]) -> str:
    """What a sweep has lost that is gone on with after a power cut."""
    folder = place.sweep()
    if folder is None:
        return "the sweep was told, and is gone" if is_done else ""
    before = {line.key: line for line in folder.lines()}
    if is_done and {key: figures_of(line) for key, line in before.items()} != whole:
        return "trainings of a sweep that was told are gone"
    if is_done and not (place.runs_dir / "looks.jsonl").exists():
        return "the ledger has lost the sweep"
    if (status := in_child(lambda: gone_on_with(folder))) != 0:
        return f"resume ended with {status}"
    lines = list(folder.lines())
    if {line.key: figures_of(line) for line in lines} != whole:
        return "other figures"
    if any(line.run_id != before[line.key].run_id for line in lines if line.key in before):
        return "a training was done again in another folder"
    return "; ".join(losses_of_runs(folder, lines, folder.manifest().light))


class Nobody:
    """Watches a sweep and says nothing."""

    def begun(self, number: int, settings: object, seed: int) -> None: ...

    def update(self, line: object) -> None: ...


def gone_on_with(folder: SweepFolder) -> None:
    """Does what is missing of a sweep, and reads its outcome."""
    with Here(1) as executor:
        run_sweep(folder, executor, Nobody(), Wishes())
    assert outcome_of_folder(folder).status == "finished"
