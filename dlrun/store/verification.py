"""Checks whether a run's files are those that were written: whole files by SHA-256, lines by their checksum.

The hashes are in checksums.json, which is written just before the result. `dlrun verify` and every report use them.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..arrays import Array
from ..errors import StoreError
from . import checkpoints, strict_json
from .codec import to_plain
from .disk import opened
from .folder import RunFolder, corrupt
from .results import FILE as RESULT
from .results import Result
from .run_lines import METRICS, TRACE, line_problem
from .status import ending_of

FILE = "checksums.json"

# Files without a hash in checksums.json: they may change after a run's end, or contain a checksum.
NOT_HASHED = ("tags.json", "report.html", FILE, RESULT)


@dataclass(frozen=True)
class FileCheck:
    """A file of a run. problem : what is wrong with it, None where it is sound."""

    file: str
    problem: str | None


def write_result(folder: RunFolder, result: Result) -> None:
    """Writes checksums.json for all files of the run, the result included, and then result.json: the run has ended."""
    data = strict_json.encode(to_plain(result), indent=2)
    for name in (METRICS, TRACE):  # the lines behind the last checkpoint
        folder.sync(name)
    hashes = {name: folder.written.digest(name) or sha256_of(folder, name) for name in whole_files(folder)}
    folder.write_json(FILE, hashes | {RESULT: hashlib.sha256(data).hexdigest()})
    folder.write_bytes(RESULT, data)


def add_file(folder: RunFolder, name: str, value: object) -> None:
    """Adds a JSON file to a run that has ended, or replaces one, with its hash."""
    add_written(folder, name, lambda: folder.write_json(name, value))


def add_arrays(folder: RunFolder, name: str, arrays: Mapping[str, Array]) -> None:
    """The same with a file of arrays."""
    add_written(folder, name, lambda: folder.write_arrays(name, arrays))


def add_written(folder: RunFolder, name: str, write: Callable[[], object]) -> None:
    """Writes a file and its hash, which is removed first and added last: cut short, nothing looks damaged."""
    hashes = {file: hash_ for file, hash_ in read_checksums(folder).items() if file != name}
    folder.write_json(FILE, hashes)
    write()
    folder.write_json(FILE, hashes | {name: folder.written.digest(name) or sha256_of(folder, name)})


def was_added(folder: RunFolder, name: str) -> bool:
    """Whether a file that is added after a run's end is there: its hash comes last, and without it, it is not yet."""
    if not (folder.path / name).exists():
        return False
    try:
        return name in read_checksums(folder)
    except StoreError:  # damage, which whoever reads the file is told
        return True


def whole_files(folder: RunFolder) -> list[str]:
    """The names of the files that have a hash in checksums.json."""
    names = [path.name for path in folder.paths() if path.is_file() and not path.is_symlink()]
    visible = [name for name in names if not name.startswith(".") and not checkpoints.NAME.fullmatch(name)]
    return [name for name in visible if name not in NOT_HASHED]


def sha256_of(folder: RunFolder, name: str) -> str:
    """The hash of a file. Raises StoreError where it is missing or cannot be read."""
    with opened(folder.path / name) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(folder: RunFolder) -> list[FileCheck]:
    """A check of each file, in the order of their names.

    Whole files have hashes once a run has ended with a result; a session that failed or was stopped at once has none.
    """
    ending = ending_of(folder)
    checks = [FileCheck(name, checkpoint_problem(folder, name)) for name in checkpoints.names(folder)]
    line_files = [name for name in (METRICS, TRACE) if (folder.path / name).exists()]
    checks += [FileCheck(name, line_problem(folder, name)) for name in line_files]
    if isinstance(ending, Result):
        hashes = read_checksums(folder)
        checks += [FileCheck(name, hash_problem(folder, name, hash_)) for name, hash_ in hashes.items()]
    # A file of lines is checked in two ways; a problem of either check is shown.
    by_name = {check.file: check for check in sorted(checks, key=lambda check: check.problem is not None)}
    return [by_name[name] for name in sorted(by_name)]


def require_sound(folder: RunFolder, names: Iterable[str]) -> None:
    """Raises StoreError unless these files of a run that has ended are those that were written."""
    hashes = read_checksums(folder)
    for name in sorted(names):
        if problem := hash_problem(folder, name, hashes.get(name, "")):
            raise corrupt(folder.path / name, problem)


def read_checksums(folder: RunFolder) -> dict[str, str]:
    """checksums.json: hashes by file name, all of them names of files in the folder itself."""
    hashes = folder.read_json(FILE)
    if not isinstance(hashes, dict) or not all(
        isinstance(item, str) and "/" not in name for name, item in hashes.items()
    ):
        raise corrupt(folder.path / FILE, "not hashes by file name")
    return hashes


def checkpoint_problem(folder: RunFolder, name: str) -> str | None:
    try:
        return checkpoints.soundness(folder.path / name)
    except StoreError as problem:
        return str(problem)


def hash_problem(folder: RunFolder, name: str, expected: str) -> str | None:
    try:
        return None if sha256_of(folder, name) == expected else "its SHA-256 is not the one that was written"
    except StoreError as problem:
        return str(problem)
