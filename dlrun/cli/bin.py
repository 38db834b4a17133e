"""`dlrun rm`, `dlrun restore` and `dlrun gc`: move a run to the trash and back, and delete what is in the trash."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, Json, OneRun, RunsDir


def rm(run: OneRun, runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR), as_json: Json = False) -> None:
    """Move a run, or a sweep with its runs, into the trash inside the runs folder; `dlrun restore` brings it back.

    Example: dlrun rm latest
    """
    from ..store import find_run, trash
    from ..sweep.references import find_sweep, is_sweep
    from ..sweep.removing import remove_sweep

    if is_sweep(runs_dir, run):
        show_path(*remove_sweep(find_sweep(runs_dir, run)), verb="moved to", as_json=as_json)
        return
    show_path(trash.remove(find_run(runs_dir, run)), verb="moved to", as_json=as_json)


def restore(run: OneRun, runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR), as_json: Json = False) -> None:
    """Bring a run, or a sweep with its runs, back from the trash.

    Example: dlrun restore latest
    """
    from ..store import find_run, trash
    from ..sweep.references import find_sweep, is_sweep
    from ..sweep.removing import restore_sweep

    if is_sweep(runs_dir / trash.TRASH, run):
        show_path(*restore_sweep(find_sweep(runs_dir / trash.TRASH, run)), verb="back in", as_json=as_json)
        return
    show_path(trash.restore(find_run(runs_dir / trash.TRASH, run)), verb="back in", as_json=as_json)


def show_path(path: Path, runs: int | None = None, *, verb: str, as_json: bool) -> None:
    """Print where a run is now, or a sweep with so many runs."""
    from .output import print_json

    if as_json:
        print_json({"run_id": path.name, "path": str(path)} | ({} if runs is None else {"runs": runs}))
    else:
        print(f"{verb} {path}" + ("" if runs is None else f", with {runs} run{'' if runs == 1 else 's'}"))


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")] = False,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """Delete the runs in the trash for good, and the files that dead processes left behind.

    Example: dlrun gc --dry-run
    """
    from ..report import make_console, show_garbage
    from ..store import trash
    from .output import print_json

    paths = trash.garbage(runs_dir)
    garbage = trash.weighed(paths)
    if not dry_run:
        trash.collect(paths)
    if as_json:
        print_json({"garbage": garbage, "removed": not dry_run})
    else:
        show_garbage(garbage, not dry_run, make_console())
