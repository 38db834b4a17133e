"""`dlrun tag`: add tags to a run, or remove them."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, Json, OneRun, RunsDir


def tag(
    run: OneRun,
    tags: Annotated[list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags to add.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", "-r", help="A tag to remove.")] = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """Add tags to a run, or remove tags; then show those that it has.

    Example: dlrun tag latest baseline
    """
    from ..store import change_tags, find_run
    from .output import print_json

    folder = find_run(runs_dir, run)
    tags_now = change_tags(folder, tags or [], remove or [])
    if as_json:
        print_json({"run_id": folder.id, "tags": tags_now})
    else:
        print(f"{folder.id}: {', '.join(tags_now) or 'no tags'}")
