"""The wheel alone: built, installed without extras into a new environment, and used as its pages say, in empty folders.

`python -m tests.installed` runs the tutorial with the outputs that it shows, the commands of the README, the example of
each verb's help, and what needs an extra, which has to end with the extra's name. It needs the packages of `docs`, and
two minutes of processor time, two commands at a time.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.commands import ROOT, Done
from tests.test_readme import COMMANDS as README

sys.path.insert(0, str(ROOT / "docs" / "_ext"))

import manual
import running

# A minute's work on a machine that is busy with other things.
COMMAND_SECONDS = 600

# The runs that examples of the help name; `latest` is a small one.
BEFORE_EXAMPLES = ("dlrun train digits", "dlrun train digits regularization.lambda=1", "dlrun train flowers")

# Verbs that leave many runs, of which the latest is a large one.
LAST_VERBS = ("train", "sweep", "recipe")

# Examples that end with another status than 0: the course's code has two bugs, and onnx is an extra.
STATUSES = {"dlrun gradcheck my_backprop.py": 4, "dlrun export latest --onnx network.onnx": 2}

# What needs an extra; `book.xlsx` and the like need not be whole, since the package is asked for first.
EXTRAS = {
    "dlrun export latest --onnx network.onnx": "onnx",
    "dlrun export latest --tensorboard events": "tensorboard",
    "dlrun export latest --mlflow sqlite:///mlflow.db": "mlflow",
    "dlrun sweep moons_overfit seed=0,1 --cluster local:1": "cluster",
    "dlrun sweep moons_overfit regularization.lambda=0,1 --trials 2 --sampler tpe": "search",
    "dlrun data book.xlsx": "files",
    "dlrun data book.h5": "files",
    "dlrun data book.csv.zst": "files",
}


@dataclass(frozen=True)
class Place:
    """A folder in which somebody types, with the programs of the new environment."""

    folder: Path
    programs: Path

    def typed(self, line: str) -> Done:
        """A line as a shell takes it. Nothing of this process, of the checkout or of the home folder is in reach."""
        own = {"PATH": f"{self.programs}:/usr/bin:/bin", "HOME": str(self.folder), "COLUMNS": "80", "NO_COLOR": "1"}
        variables = {**own, "LC_ALL": "C.UTF-8", "DO_NOT_TRACK": "1"}
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=variables,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def fault_of(self, line: str, status: int = 0) -> list[str]:
        """What is wrong with how a line ends: its status, or that it printed nothing into the terminal."""
        done = self.typed(line)
        if done.returncode != status:
            return [f"{line}: ends with {done.returncode} and not {status}: {(done.stderr or done.stdout).strip()}"]
        return [] if done.stdout or done.stderr or ">" in line else [f"{line}: says nothing"]


def tutorial(place: Place) -> Iterator[str]:
    """Its commands, with the words that the page shows of their outputs."""
    accepted = (ROOT / "docs" / "outputs" / "tutorial-index.txt").read_text(encoding="utf-8")
    words = ""
    for block in running.blocks_of((ROOT / "docs" / "tutorial" / "index.md").read_text(encoding="utf-8")):
        if block.kind == "file":
            (place.folder / block.title).write_text(block.text, encoding="utf-8")
        for line in running.commands_of(block) if block.kind == "run" else ():
            done = place.typed(line)
            if done.returncode:
                yield f"{line}: ends with {done.returncode}: {done.stderr}"
            printed = done.stdout.replace(str(place.folder), "/home/you/networks").rstrip()
            words += f"$ {line}\n{running.words_of(printed)}\n"
    for shown, printed in zip(accepted.splitlines(), words.splitlines(), strict=False):
        if shown != printed:
            yield f"the tutorial shows\n{shown}\nand here is printed\n{printed}"
    if accepted.count("\n") != words.count("\n"):
        yield "the tutorial shows more or fewer commands than were run"


def readme(place: Place) -> Iterator[str]:
    for line in README:
        yield from place.fault_of(line)


def examples_of_help(place: Place) -> Iterator[str]:
    """The example of each verb."""
    page = (ROOT / "docs" / "explanation" / "checking-gradients.md").read_text(encoding="utf-8")
    [own_code] = [block for block in running.blocks_of(page) if block.title == "my_backprop.py"]
    (place.folder / own_code.title).write_text(own_code.text, encoding="utf-8")
    lines = list(BEFORE_EXAMPLES)
    verbs = manual.verbs()
    for verb in (*(name for name in verbs if name not in LAST_VERBS), *LAST_VERBS):
        lines += manual.text_and_examples(verbs[verb])[1]
    lines += manual.text_and_examples(manual.program())[1]
    for line in lines:
        yield from place.fault_of(line, STATUSES.get(line, 0))


def extras(place: Place) -> Iterator[str]:
    """Each ends with a sentence, and not with a traceback, that says what to install."""
    yield from place.fault_of("dlrun train wine training.epochs=2")
    for line, extra in EXTRAS.items():
        for word in shlex.split(line):
            if word.startswith("book."):
                (place.folder / word).write_bytes(b"")
        done = place.typed(line)
        if not 2 <= done.returncode <= 7 or f"dlrun[{extra}]" not in done.stderr:
            yield f"{line}: does not name the extra {extra}: {done.returncode} {done.stderr}"


def versions(place: Place) -> Iterator[str]:
    """The version is the same wherever it is told, and the man page is found beside the program."""
    wanted = place.typed("python -c 'from importlib.metadata import version; print(version(\"dlrun\"))'").stdout.strip()
    place.typed("dlrun train wine training.epochs=2")
    [environment] = place.folder.glob("runs/*/environment.json")
    page = (place.programs.parent / "share" / "man" / "man1" / "dlrun.1").read_text(encoding="utf-8")
    told = {
        "dlrun --version": place.typed("dlrun --version").stdout.removeprefix("dlrun ").strip(),
        "python": place.typed("python -c 'import dlrun; print(dlrun.__version__)'").stdout.strip(),
        "environment.json": json.loads(environment.read_text())["dlrun"],
        "the man page": re.findall(r'^\.TH DLRUN 1 "" "dlrun (.*?)"', page, re.M)[0],
    }
    yield from (f"{where} says {version!r}, pip {wanted!r}" for where, version in told.items() if version != wanted)
    if str(ROOT) in (where := place.typed("python -c 'import dlrun; print(dlrun.__file__)'").stdout):
        yield f"the checkout itself was tried: {where}"


# The longest first; two are run at a time.
PARTS: tuple[Callable[[Place], Iterator[str]], ...] = (examples_of_help, tutorial, readme, extras, versions)


def installed(folder: Path) -> Path:
    """The programs of a new environment with the wheel of this checkout and what it needs."""
    # A checkout on Python's path would count as installed.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def python(*words: object) -> None:
        subprocess.run([sys.executable, "-m", *map(str, words)], check=True, env=variables)

    python("pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT)
    [wheel] = folder.glob("*.whl")
    python("venv", "--without-pip", folder / "new")
    programs = folder / "new" / "bin"
    python("pip", "--python", programs / "python", "install", "-q", "--no-compile", wheel)
    return programs


def tried(part: Callable[[Place], Iterator[str]], folder: Path, programs: Path) -> list[str]:
    """What is lost in one part, which is told with its time."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        losses = list(part(Place(Path(place), programs)))
    print(f"{part.__name__}: {len(losses)} lost, {time.monotonic() - began:.0f} s", *losses, sep="\n  ", flush=True)
    return losses


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dlrun-installed-") as temporary:
        folder = Path(temporary)
        programs = installed(folder)
        print(f"installed: {time.monotonic() - began:.0f} s", flush=True)
        memory = running.MEMORY if os.access(running.MEMORY, os.W_OK) else folder
        with ThreadPoolExecutor(2) as pool:
            lost = sum(len(losses) for losses in pool.map(lambda part: tried(part, memory, programs), PARTS))
    print(f"the wheel alone: {lost} lost, {time.monotonic() - began:.0f} s in all")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
