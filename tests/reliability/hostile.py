"""Files that were made to do harm, and the exit status that each gets: nothing of theirs runs, nothing escapes."""

import contextlib
import io
import os
import shutil
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlrun.cli.app import app_with  # loaded here once, and not in each child
from dlrun.cli.guard import guarded
from dlrun.store import RunFolder, checkpoints
from tests.trainings import resume

from .crashes import HALF_DONE, harmed
from .faults import Harm
from .short_run import config_in, in_child, only_run, train


class Bomb:
    """Leaves a file where its pickle is loaded."""

    def __init__(self, canary: Path):
        self.canary = canary

    def __reduce__(self):
        return os.mkdir, (str(self.canary),)


class Case(NamedTuple):
    """What a file of a certain kind is, how it is made, the command that meets it, and the status that ends it."""

    what: str
    make: Callable[[Path, RunFolder], list[str]]
    status: int


def yaml_case(text: str) -> Callable[[Path, RunFolder], list[str]]:
    return lambda place, run: ["train", str(config_in(place, text.replace("CANARY", str(place / "canary"))))]


def table_case(text: str) -> Callable[[Path, RunFolder], list[str]]:
    def make(place: Path, run: RunFolder) -> list[str]:
        (place / "t.csv").write_text(text)
        return ["train", str(config_in(place, "data: {source: t.csv}\ntraining: {epochs: 1}\n"))]

    return make


def pickled_data(place: Path, run: RunFolder) -> list[str]:
    np.savez(place / "d.npz", X=np.array([[Bomb(place / "canary")]] * 9), y=np.arange(9))
    return ["train", str(config_in(place, "data: {source: d.npz}\n"))]


def giant_data(name: str) -> Callable[[Path, RunFolder], list[str]]:
    """Data of a hundred bytes that announce 32 GiB, as an .npy or within an .npz."""

    def make(place: Path, run: RunFolder) -> list[str]:
        config = config_in(place, f"data: {{source: {name}}}\n")
        (place / name).write_bytes(giant_header())
        if name.endswith(".npz"):
            with zipfile.ZipFile(place / name, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("X.npy", giant_header())
        return ["train", str(config)]

    return make


def giant_header() -> bytes:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296,), }".ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def foreign_checksums(place: Path, run: RunFolder) -> list[str]:
    in_child(lambda: resume(run))
    (run.path / "checksums.json").write_bytes(b'{"../../short.yaml": "0"}')
    return ["verify"]


def sealed_checkpoint(members: dict[str, bytes]) -> Callable[[Path, RunFolder], list[str]]:
    """A newest checkpoint whose checksum is right and whose members are not."""

    def make(place: Path, run: RunFolder) -> list[str]:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.comment = b"0" * checkpoints.DIGEST_BYTES
            for name, data in members.items():
                archive.writestr(name, data)
        file.seek(-checkpoints.DIGEST_BYTES, 2)
        digest = checkpoints.digest_of(file)
        (run.path / "checkpoint-000000009999-best-1.npz").write_bytes(
            file.getvalue()[: -checkpoints.DIGEST_BYTES] + digest
        )
        return ["resume", "latest", "--quiet"]

    return make


def in_place_of(name: str, data: bytes | str, *command: str) -> Callable[[Path, RunFolder], list[str]]:
    """A file of the run folder replaced by bytes, a "fifo", or a "link" out of the folder."""

    def make(place: Path, run: RunFolder) -> list[str]:
        target = run.path / name
        target.unlink(missing_ok=True)
        if data == "fifo":
            os.mkfifo(target)
        elif data == "link":
            target.symlink_to("/etc/passwd")
        else:
            target.write_bytes(data)
        return list(command)

    return make


def linked_run(place: Path, run: RunFolder) -> list[str]:
    link = run.path.parent / "20260101-000000-linked-0000"
    link.symlink_to(run.path)
    return ["show", link.name]


def words(*command: str) -> Callable[[Path, RunFolder], list[str]]:
    return lambda place, run: list(command)


ESCAPES = "\x1b]0;owned\x07\x1b[2J"
MARKUP = f"a{ESCAPES},[bold red]b[/],<script>alert(1)</script>,y\n" + "1,2,3,u\n2,1,3,v\n" * 30
DEEP = b"[" * 100_000
RESULT = b'{"status": "diverged", "message": "\\u001b[2J[red]owned", "sessions": 1}'
ALIASES = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(12))

CASES = (
    Case("YAML tag that calls a function", yaml_case('name: !!python/object/apply:os.mkdir ["CANARY"]\n'), 3),
    Case("YAML tag that names a module", yaml_case("name: !!python/module:os\n"), 3),
    Case("YAML alias bomb", yaml_case(ALIASES), 3),
    Case("YAML nested 100 000 deep", yaml_case("[" * 100_000), 3),
    Case("name that leads out of the runs folder", yaml_case("name: ../../x\ndata: {source: iris}\n"), 3),
    Case("pickled arrays for data", pickled_data, 3),
    Case("data whose header asks for 32 GiB, .npy", giant_data("d.npy"), 3),
    Case("data whose header asks for 32 GiB, .npz", giant_data("d.npz"), 3),
    Case("markup and escapes in column names", table_case(MARKUP), 0),
    Case("escapes in the name of a source", yaml_case('data: {source: "\\e[2Jx.csv"}\n'), 3),
    Case("reference ../x", words("show", "../x"), 6),
    Case("reference /etc", words("show", "/etc"), 6),
    Case("reference of unicode dots", words("show", "․․/x"), 6),
    Case("reference that is a pattern", words("rm", "*"), 6),
    Case("linked run folder", linked_run, 6),
    Case("checkpoint with a member ../x", sealed_checkpoint({"../x.npy": b""}), 0),
    Case("checkpoint whose header asks for 32 GiB", sealed_checkpoint({"record.npy": giant_header()}), 0),
    Case("pickle for a checkpoint", in_place_of("checkpoint-000000009999-best-1.npz", b"\x80\x04.", "resume", "-q"), 0),
    Case("YAML tag in the run's own config", in_place_of("resolved.yaml", b"name: !!python/name:os.x\n", "resume"), 3),
    Case("run.json nested 100 000 deep", in_place_of("run.json", DEEP, "show"), 6),
    Case("run.json that is a pipe", in_place_of("run.json", "fifo", "resume"), 6),
    Case("run.json that leads out", in_place_of("run.json", "link", "show"), 6),
    Case("result.json that is a pipe, listed", in_place_of("result.json", "fifo", "runs"), 0),
    Case("result.json that leads out, listed", in_place_of("result.json", "link", "runs"), 0),
    Case("escapes in a result, shown", in_place_of("result.json", RESULT, "show"), 0),
    Case("tags with markup, listed", in_place_of("tags.json", b'["[red]x"]', "runs"), 0),
    Case("checksums of files elsewhere", foreign_checksums, 6),
)


def corpus(folder: Path) -> dict:
    """Meets every case with a run that is half done: {cases: [(what, status)], losses}."""
    met, losses = [], []
    config = config_in(folder)
    in_child(lambda: harmed(Harm(HALF_DONE), lambda: train(config, folder / "half")))
    for number, case in enumerate(CASES):
        place = folder / str(number)
        shutil.copytree(folder / "half", place / "runs")
        arguments = case.make(place, only_run(place / "runs"))
        status = in_child(lambda: command(arguments, place))  # noqa: B023
        met.append((case.what, status))
        said = (place / "said").read_text(errors="surrogateescape")
        faults = {
            f"ended with {status}, not {case.status}": status != case.status,
            "shows a traceback": "Traceback" in said or "a bug in dlrun" in said,
            "sends control sequences": "\x1b" in said or "\x07" in said,
            "ran code": (place / "canary").exists(),
            "shows another file": "root:" in said,
            "wrote outside": (folder / "x").exists() or (folder.parent / "x").exists(),
        }
        losses += [f"{case.what}: {fault}: {said[-300:]!r}" for fault, is_so in faults.items() if is_so]
    return {"cases": met, "losses": losses}


def command(arguments: list[str], place: Path) -> None:
    """The command in this process, its output in a file."""
    sys.argv = ["dlrun", *arguments]
    os.environ["DLRUN_RUNS"] = str(place / "runs")
    os.chdir(place)
    with (place / "said").open("w") as said, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = guarded(lambda: app_with()(arguments, standalone_mode=False))
    raise SystemExit(status)
