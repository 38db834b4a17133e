"""`dlrun decompose`: say which sources a run's variance comes from."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT_RUNS_DIR, Json, Processes, Quiet, RunReference, RunsDir


def decompose(
    run: RunReference = "latest",
    bootstrap: Annotated[
        int,
        typer.Option(
            "--bootstrap", min=0, help="Also measure bias and variance by this many bootstrap trainings, say 25."
        ),
    ] = 0,
    processes: Processes = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say how much of a run's error comes from which rows it was trained on, and how much from its seed.

    Trains on five pairs of halves of the data and with five seeds: about the time of ten trainings.

    Example: dlrun decompose latest --bootstrap 25
    """
    from ..errors import UsageError
    from ..report import counting_display, make_console, show_decomposition
    from ..search.decompose import decompose as decompose_run
    from ..store import find_run
    from .output import print_json

    if bootstrap == 1:
        raise UsageError("--bootstrap: got 1; one network has no variance, give an odd number such as 25")
    with counting_display("trainings", make_console(stderr=True), quiet=quiet) as count:
        decomposition = decompose_run(find_run(runs_dir, run), bootstrap=bootstrap, progress=count, processes=processes)
    if as_json:
        print_json(decomposition)
    else:
        show_decomposition(decomposition, make_console())
