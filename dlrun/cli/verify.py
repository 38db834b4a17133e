"""`dlrun verify`: check whether a run's files are unchanged, and whether training again gives the same bits."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import CheckFailed, StoreError
from .options import DEFAULT_RUNS_DIR, Json, RunReference, RunsDir

if TYPE_CHECKING:
    from ..inspection.difference import Rerun
    from ..store import FileCheck


def verify(
    run: RunReference = "latest",
    rerun: Annotated[bool, typer.Option("--rerun", help="Train it again, and compare bit for bit.")] = False,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> int:
    """Check every file of a run against its checksum; exit status 6 for a damaged file, 4 if --rerun gives other bits.

    Example: dlrun verify latest --rerun
    """
    from ..inspection import train_again
    from ..report import make_console, show_verification
    from ..store import find_run
    from ..store import verify as verify_files
    from .output import print_json

    folder = find_run(runs_dir, run)
    files, again = verify_files(folder), train_again(folder) if rerun else None
    if as_json:
        print_json({"run_id": folder.id, "files": files, "rerun": again})
    else:
        show_verification(files, again, make_console())
    return exit_status_of(files, again or ())


def exit_status_of(files: "Sequence[FileCheck]", again: "Sequence[Rerun]") -> int:
    """The exit status. Damage comes before a difference, because it may be the cause of it."""
    if any(file.problem for file in files):
        return StoreError.exit_status
    return 0 if all(comparison.same for comparison in again) else CheckFailed.exit_status
