"""The arguments and options that several verbs share, with their completion in the shell."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ..places import CONFIGS, RUNS_VARIABLE, Entry, default_runs_dir, in_one_list, runs_in, sweeps_in
from ..places import DEFAULT_RUNS_DIR as DEFAULT_RUNS_DIR

# A value that every shell takes as one word.
PLAIN_WORD = re.compile(r"[\w.+-]+")


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
    """`key=` for every key of the config, for the shell; of a single key the values that it may have, or its default.

    Of several words a shell types what all begin with, `key=`, and no blank behind it, as it would of one.
    """
    from ..config.keys import default_at, field_at, leaf_paths, words_at
    from ..config.problems import dotted
    from ..config.rendering import yaml_value

    start, equals, value = incomplete.partition("=")
    keys = [path for path in leaf_paths() if (dotted(path) == start if equals else dotted(path).startswith(start))]
    if len(keys) != 1:
        return [f"{dotted(path)}=" for path in keys]
    [path] = keys
    key = dotted(path)
    field = field_at(path)
    defaults = [] if field is None or field.is_required() else [yaml_value(default_at(key))]
    words = words_at(path) or tuple(filter(PLAIN_WORD.fullmatch, defaults))
    return [f"{key}={word}" for word in ("", *words) if word.startswith(value) and (word or not equals)]


def complete_configs(incomplete: str) -> list[str]:
    """The configs that dlrun comes with and those of this folder, for the shell.

    What may be a path is left to the shell, which knows folders; it does so where nothing is answered.
    """
    try:
        here = [entry for entry in os.scandir() if entry.name.startswith(incomplete)]
    except OSError:
        here = []
    if incomplete and ("/" in incomplete or any(entry.is_dir() for entry in here)):
        return []
    own = sorted(entry.name for entry in here if entry.name.endswith((".yaml", ".yml")) and entry.is_file())
    return own + [name for name in sorted(path.stem for path in CONFIGS.glob("*.yaml")) if name.startswith(incomplete)]


ConfigFile = Annotated[
    Path,
    typer.Argument(
        metavar="CONFIG",
        help="A YAML config, or the bare name of one that comes with dlrun, such as digits.",
        autocompletion=complete_configs,
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
