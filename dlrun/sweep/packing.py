"""A run folder as bytes, by which it goes to another machine and comes back to its place among the runs."""

from collections.abc import Mapping
from pathlib import Path

from ..errors import StoreError
from ..store import Misfit, Result, RunFolder, from_plain, write_result
from ..store.disk import make_folders
from ..store.problems import raised_as_store_error
from ..store.results import FILE as RESULT
from ..store.strict_json import decode
from ..store.verification import FILE as CHECKSUMS


def files_of(path: Path) -> dict[str, bytes]:
    """The files of a run folder by name; none of one that is not there."""
    if not path.exists():
        return {}
    return {entry.name: entry.read_bytes() for entry in sorted(path.iterdir()) if entry.is_file()}


def at_home(files: Mapping[str, bytes], elsewhere: str, runs_dir: str) -> dict[str, bytes]:
    """The files with the paths that the run has where it is kept."""
    old, new = elsewhere.encode(), runs_dir.encode()
    return {name: data.replace(old, new) if name.endswith(".json") else data for name, data in files.items()}


def unpack_run(folder: RunFolder, files: Mapping[str, bytes]) -> None:
    """Writes a run's files into its folder, its result last. Raises StoreError.

    The paths in them have changed on the way, so that the checksums of a run that has ended are made anew.
    """
    with raised_as_store_error(folder.path, "made"):
        make_folders(folder.path)
    with folder.locked():
        for name, data in files.items():
            if name not in (RESULT, CHECKSUMS) and not name.startswith("."):
                folder.write_bytes(name, data)
        if RESULT in files:
            try:
                write_result(folder, from_plain(Result, decode(files[RESULT])))
            except (Misfit, ValueError) as problem:
                raise StoreError(
                    f"{folder.path / RESULT}: did not arrive whole ({problem}); resume the sweep"
                ) from None
