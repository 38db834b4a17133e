"""Tiny sweeps for harm: the command in a process that may die of it, and what must be there once it was resumed."""

import hashlib
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np

from dlrun.cli import main
from dlrun.experiment import read_config, run
from dlrun.store import RunFolder, list_runs, read_metrics, status_of, verify
from dlrun.store.runs import run_ids
from dlrun.sweep.folder import BEGUN, TRAININGS, SweepFolder
from dlrun.sweep.plan import overrides_of
from dlrun.sweep.records import TrainingLine
from dlrun.sweep.references import sweep_ids

from .short_run import begun, exit_status_of, in_child

# What a sweep imports while it runs, loaded once here: a child has it at once, where a new process takes seconds.
LIBRARIES = (
    "dlrun.cli.app",
    "dlrun.report.page.sweep",
    "dlrun.report.sweep_live",
    "dlrun.sweep.study",
    "dlrun.sweep.sweeping",
    "dlrun.sweep.telling",
    "jinja2.ext",
    "optuna",
    "scipy.stats",
    "sklearn.datasets",
)

# A training takes a tenth of a second or more, so that a kill lands in the middle of one, with a checkpoint behind it.
CONFIG = """
name: tiny
data: {source: moons, samples: 60, noise: 0.3}
network: {width: 4}
training: {epochs: 400, batch_size: 16, checkpoint_epochs: 40, learning_rate: 0.02}
"""

# What a process of a pool that has lost its parent may take to end: its grace, and what starts slowly.
LEAVING_SECONDS = 20.0


@dataclass(frozen=True)
class Kind:
    """A kind of sweep: its name, the words after `dlrun sweep CONFIG`, and whether they alone decide its settings."""

    name: str
    words: tuple[str, ...]
    is_planned: bool = True


FOUR = ("regularization.lambda=0,0.1,1,10", "seed=0..1")
KINDS = (
    Kind("light", ("regularization.lambda=0,1,10", "seed=0..1", "--light")),
    Kind("full", ("regularization.lambda=0,1,10", "seed=0..1")),
    Kind("light early", (*FOUR, "--light", "--early")),
    Kind("early", (*FOUR, "--early")),
    Kind("light tpe", ("regularization.lambda=0..10", "--trials", "6", "--sampler", "tpe", "--light"), False),
    Kind("tpe early", ("regularization.lambda=0..10", "--trials", "5", "--sampler", "tpe", "--early"), False),
)


@dataclass
class Place:
    """A folder in which a sweep is harmed: its runs, what the commands said, and their temporary files."""

    path: Path

    @property
    def runs_dir(self) -> Path:
        return self.path / "runs"

    def said(self) -> str:
        """All that the commands have printed."""
        return (self.path / "said").read_text(errors="surrogateescape") if (self.path / "said").exists() else ""

    def sweep(self) -> SweepFolder | None:
        """Its one sweep, if that has come as far as having a plan."""
        ids = sweep_ids(self.runs_dir)
        folder = SweepFolder(self.runs_dir / ids[0]) if ids else None
        return folder if folder and (folder.path / "plan.json").exists() else None


def place_in(folder: Path, text: str = CONFIG) -> Place:
    """A new place, with the config."""
    for library in LIBRARIES:
        import_module(library)
    (folder / "tmp").mkdir(parents=True)
    (folder / "tiny.yaml").write_text(text)
    return Place(folder)


def command(words: tuple[object, ...], place: Path) -> None:
    """`dlrun` with these words, as a process of a session of its own, its output in a file."""
    os.setsid()
    os.chdir(place)
    os.environ |= {"TMPDIR": str(place / "tmp"), "DLRUN_RUNS": str(place / "runs"), "COLUMNS": "100"}
    tempfile.tempdir = None
    sys.argv = ["dlrun", *map(str, words)]
    said = os.open(place / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def begun_sweep(place: Place, kind: Kind, processes: int | str) -> int:
    """The process id of a sweep that is going on. processes : a number, or the address of a cluster."""
    return begun(lambda: command(("sweep", "tiny.yaml", *kind.words, "-q", *where(processes)), place.path))


def resumed_sweep(place: Place, processes: int | str = 1) -> int:
    """The exit status of `dlrun sweep --resume latest`."""
    words = ("sweep", "--resume", "latest", "-q", *where(processes))
    return in_child(lambda: command(words, place.path))


def where(processes: int | str) -> tuple[object, ...]:
    return ("--processes", processes) if isinstance(processes, int) else ("--cluster", processes)


def of_session(leader: int) -> list[int]:
    """The living processes of the session that this process began."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if int(session) == leader and state != "Z":
            found.append(int(entry.name))
    return found


def workers_of(leader: int) -> list[int]:
    """The processes that do trainings for a sweep."""

    def is_worker(process: int) -> bool:
        try:
            return b"popen_loky_posix" in Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            return False

    return [process for process in of_session(leader) if is_worker(process)]


def left_behind(leader: int) -> list[str]:
    """What is wrong where processes of a sweep outlive it; those are ended."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while (left := of_session(leader)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return [f"{len(left)} processes are left behind"] if left else []


@dataclass(frozen=True)
class Acknowledged:
    """What a sweep that was harmed had written: the lines of its trainings, and run.json of each of their runs."""

    lines: tuple[bytes, ...] = ()
    manifests: dict[str, bytes] = field(default_factory=dict)


def acknowledged(folder: SweepFolder | None) -> Acknowledged:
    """What is there now."""
    if folder is None:
        return Acknowledged()
    runs = {line.run_id for line in folder.lines() if line.run_id and line.status != "failed"}
    return Acknowledged(
        complete_lines(folder.path / TRAININGS),
        {run_id: (folder.runs_dir / run_id / "run.json").read_bytes() for run_id in runs},
    )


def complete_lines(path: Path) -> tuple[bytes, ...]:
    return tuple(path.read_bytes().split(b"\n")[:-1]) if path.exists() else ()


def figures_of(line: TrainingLine) -> tuple:
    """What a training has measured, and which network it has left."""
    return (line.status, line.epochs, line.best_epoch, line.errors, line.losses, line.parameters_sha256, line.settings)


def undisturbed(folder: Path, kind: Kind, text: str = CONFIG) -> dict[str, tuple]:
    """The figures of a sweep that nothing happens to, by training."""
    place = place_in(folder, text)
    status = exit_status_of(begun_sweep(place, kind, 1))
    assert status == 0, (kind.name, status, place.said())
    return {line.key: figures_of(line) for line in place.sweep().lines()}


def losses_in(place: Place, kind: Kind, before: Acknowledged, whole: dict[str, tuple]) -> list[str]:
    """What a sweep that was harmed and resumed lacks, has twice, or has got wrong."""
    folder = place.sweep()
    raw, lines = complete_lines(folder.path / TRAININGS), list(folder.lines())
    kept = all((folder.runs_dir / run / "run.json").read_bytes() == data for run, data in before.manifests.items())
    manifest = folder.manifest()
    faults = {
        "a line that was written is gone or has changed": raw[: len(before.lines)] != before.lines,
        "a training has two lines": len({line.key for line in lines}) != len(raw),
        f"{len(lines)} of {manifest.plan.trainings_count} trainings": len(lines) != manifest.plan.trainings_count,
        "a training that was done was done again": not kept,
        "an environment is missing": any(line.environment >= len(manifest.environments) for line in lines),
        "arrays are missing": any(folder.arrays_of(line) is None or folder.split_of(line) is None for line in lines),
        "temporary files are left": bool([*folder.path.rglob("*.tmp"), *(place.path / "tmp").glob("dlrun-*/.lock")]),
        "other figures": other_figures(place, kind, lines, whole),
    }
    return [fault for fault, is_so in faults.items() if is_so] + losses_of_runs(folder, lines, manifest.light)


def other_figures(place: Place, kind: Kind, lines: list[TrainingLine], whole: dict[str, tuple]) -> bool:
    """Whether trainings differ from those of the sweep that nothing happened to; proposed ones from `dlrun train`'s."""
    if kind.is_planned:
        return {line.key: figures_of(line) for line in lines} != whole
    return not all(is_as_alone(place.path / "tiny.yaml", line) for line in lines)


def is_as_alone(config: Path, line: TrainingLine) -> bool:
    """Whether a training has the bits and the errors of `dlrun train`, at its end or where it was stopped."""
    digest, errors, course = trained_alone(config.read_text(), *overrides_of(line.settings, line.seed))
    if line.status == "stopped":
        return line.errors.dev == course[line.epochs - 1]
    return (line.parameters_sha256, line.errors) == (digest, errors)


@cache
def trained_alone(text: str, *overrides: str) -> tuple:
    """The hash of the parameters, the errors, and the dev error of each epoch, by `dlrun train`."""
    with tempfile.TemporaryDirectory() as elsewhere:
        config = Path(elsewhere, "tiny.yaml")
        config.write_text(text)
        contents = run(read_config(config, overrides), Path(elsewhere))
        arrays = [contents.model[name] for name in contents.model if name[0] in "Wb" and name[1:].isdigit()]
        flat = np.concatenate([array.ravel() for array in arrays])
        course = [record.dev_error for record in read_metrics(contents.folder)]
        return hashlib.sha256(flat.tobytes()).hexdigest(), contents.result_required().errors, course


def losses_of_runs(folder: SweepFolder, lines: list[TrainingLine], light: bool) -> list[str]:
    """What is wrong with the run folders: each is of one training, sound, and has ended."""
    found = set(run_ids(folder.runs_dir)[0])
    meant = {line.run_id for line in lines} - {None}
    begun_keys = [line for line in complete_lines(folder.path / BEGUN) if line]
    faults = {
        f"{len(found - meant)} stray run folders": found - meant,
        f"{len(meant - found)} run folders are gone": meant - found,
        "a training was begun in two folders": not light and len(begun_keys) != len(lines),
        "a run is damaged": any(check.problem for run_id in found & meant for check in verify(at(folder, run_id))),
        "a run has not ended": {status_of(at(folder, run_id)) for run_id in found & meant}
        - {"finished", "interrupted"},
        "a list of runs has broken ones": any(row.status == "broken" for row in list_runs(folder.runs_dir)),
    }
    return [fault for fault, is_so in faults.items() if is_so]


def at(folder: SweepFolder, run_id: str) -> RunFolder:
    return RunFolder(folder.runs_dir / run_id)
