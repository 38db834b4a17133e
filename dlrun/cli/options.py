"""The arguments and options that several verbs share, with their completion in the shell."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ..places import DEFAULT_RUNS_DIR as DEFAULT_RUNS_DIR
from ..places import RUNS_VARIABLE, Entry, default_runs_dir, in_one_list, runs_in, sweeps_in


def complete_runs(incomplete: str) -> list[str]:
    """Run ids, newest first, for the shell."""
    entries: list[Entry] = []
    with suppress(OSError):  # the verb itself will say so
        entries = in_one_list(*runs_in(Path(default_runs_dir())))
    ids = ["latest", "best", *(entry.name for entry in entries)]
    return [run_id for run_id in ids if run_id.startswith(incomplete)]


def complete_sweeps(incomplete: str) -> list[str]:
    """Ids of sweeps, newest first, for the shell."""
    ids: list[str] = []
    with suppress(OSError):
        ids = sweeps_in(Path(default_runs_dir()))
    return [sweep_id for sweep_id in ("latest", *ids) if sweep_id.startswith(incomplete)]


def complete_compared(incomplete: str) -> list[str]:
    """Run ids and then sweeps, for the shell."""
    return list(dict.fromkeys((*complete_runs(incomplete), *complete_sweeps(incomplete))))


def complete_overrides(incomplete: str) -> list[str]:
    """`key=` for every key of the config, for the shell."""
    from ..config.keys import leaf_paths
    from ..config.problems import dotted

    return [f"{key}=" for key in map(dotted, leaf_paths()) if key.startswith(incomplete)]


ConfigFile = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG", help="A YAML config, or the bare name of one that comes with dlrun, such as digits."
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="Values that replace those of the config, such as network.depth=5.",
        autocompletion=complete_overrides,
    ),
]
RUN_HELP = "A run id, a unique prefix of one, a name (its latest run), latest, or best (lowest dev error)."
RunReference = Annotated[str, typer.Argument(metavar="[RUN]", help=RUN_HELP, autocompletion=complete_runs)]
OneRun = Annotated[str, typer.Argument(metavar="RUN", help=RUN_HELP, autocompletion=complete_runs)]
RunsDir = Annotated[
    Path,
    typer.Option(
        "--runs-dir", envvar=RUNS_VARIABLE, help="The folder that holds the runs.", file_okay=False, show_default=True
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, on standard output.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Processes = Annotated[
    int | None, typer.Option("--processes", min=1, help="Train in this many processes; default: one per core.")
]
