"""Where runs are kept by default, what they may be called, and the command line that names a run.

It is at the bottom, since the config, the store, the reports and the command line all use it.
"""

import os
import re
import shlex
from itertools import groupby
from pathlib import Path
from typing import TypeVar

# An entry of a folder, as the operating system lists it.
Entry = os.DirEntry[str]

DEFAULT_RUNS_DIR = "runs"
RUNS_VARIABLE = "DLRUN_RUNS"

# What a name of a run or a tag may not hold: ASCII's controls, blanks and signs but for . _ and -, and what is not seen
# or turns the direction of writing. Letters, digits and marks of every script stay. It is one pattern for Python, for
# pydantic and for JSON Schema.
NOT_IN_A_NAME = r"\u0000-,/:-@\[-\^`\{-\u00a0\u00ad\u061c\u180e\u2000-\u206f\u3000\ufeff\ufff0-\uffff"
RUN_NAME = rf"[^{NOT_IN_A_NAME}._\-][^{NOT_IN_A_NAME}]{{0,63}}"
RUN_NAME_WORDS = "1 to 64 letters, digits, dots, dashes or underscores, a letter or digit first"

RUN_ID = re.compile(rf"[0-9]{{8}}-[0-9]{{6}}-{RUN_NAME}-[0-9a-f]{{4}}")

# How the id of a sweep begins, which has a folder beside those of its runs.
SWEEP = "sweep-"

# The lengths of the parts of an id around the name. Lists of 20,000 runs cut ids by them, since the pattern is slower.
TIME_CHARACTERS, SUFFIX_CHARACTERS = 15, 4


# The configs that dlrun comes with, and their data; here in a clone, in the package once it is installed.
CONFIGS = Path(__file__).parent / "configs"

AnyPath = TypeVar("AnyPath", Path, str, None)


def at_hand(path: AnyPath) -> AnyPath:
    """The path; where nothing is there, that of the file that dlrun comes with and that is called so.

    So `configs/digits.yaml`, `digits.yaml` and `digits` are the same config in any folder without a file of that name.
    """
    if path is None or os.path.lexists(path):
        return path
    parts = Path(path).parts
    inside = CONFIGS.joinpath(*(parts[1:] if parts[:1] == (CONFIGS.name,) else parts))
    for file in (inside, inside.with_name(f"{inside.name}.yaml")):
        if CONFIGS in file.parents and ".." not in parts and os.path.isfile(file):
            return type(path)(file)
    return path


def run_name(run_id: str) -> str:
    """The NAME inside a run id."""
    return run_id[TIME_CHARACTERS + 1 : -SUFFIX_CHARACTERS - 1]


def run_time(run_id: str) -> str:
    """The second in which a run began, as text that sorts by time."""
    return run_id[:TIME_CHARACTERS]


def runs_in(runs_dir: Path) -> tuple[list[Entry], list[Entry]]:
    """The entries that are run folders, newest first, and those that are symbolic links, in the order of their names.

    It is here and not in the store, because a shell that completes an id waits for it, and not for the store's
    libraries. Raises OSError.
    """
    folders, links = unsorted_runs_in(runs_dir)
    return newest_first(folders), sorted(links, key=lambda entry: entry.name)


def unsorted_runs_in(runs_dir: Path) -> tuple[list[Entry], list[Entry]]:
    """The entries that are run folders, and those that are symbolic links.

    Anything whose name is no run id is ignored; a missing `runs_dir` has no runs. Raises OSError.
    """
    if not runs_dir.exists():
        return [], []
    entries = [entry for entry in os.scandir(runs_dir) if RUN_ID.fullmatch(entry.name)]
    links = [entry for entry in entries if entry.is_symlink()]
    return [entry for entry in entries if entry.is_dir(follow_symlinks=False)], links


def newest_first(folders: list[Entry]) -> list[Entry]:
    """Run folders by the second in which they began, and within one by their last change. Raises OSError."""
    by_name = {entry.name: entry for entry in folders}
    together = ([by_name[name] for name in names] for _, names in groupby(sorted(by_name, reverse=True), run_time))
    return [entry for group in together for entry in by_last_change(group)]


def is_sweep_id(name: str) -> bool:
    """Whether a folder of this name is a sweep's."""
    return name.startswith(SWEEP) and RUN_ID.fullmatch(name, len(SWEEP)) is not None


def sweeps_in(runs_dir: Path) -> list[str]:
    """The ids of the sweeps in a runs folder, newest first. Raises OSError."""
    if not runs_dir.exists():
        return []
    return sorted((one.name for one in os.scandir(runs_dir) if is_sweep_id(one.name) and one.is_dir()), reverse=True)


def by_last_change(folders: list[Entry]) -> list[Entry]:
    """Runs that began in the same second, the one that changed last first, since the suffix of an id is random."""
    if len(folders) < 2:
        return folders  # and the disk is not asked
    return sorted(folders, key=lambda entry: (entry.stat().st_mtime_ns, entry.name), reverse=True)


def in_one_list(folders: list[Entry], links: list[Entry]) -> list[Entry]:
    """What `runs_in` returns in one list, newest first; of one second, the symbolic links come last."""
    if not links:
        return folders
    return sorted(folders + links, key=lambda entry: run_time(entry.name), reverse=True)  # the sort is stable


def default_runs_dir() -> str:
    """Where runs are kept when the command line does not say."""
    return os.environ.get(RUNS_VARIABLE) or DEFAULT_RUNS_DIR


def command_for(verb: str, run_dir: str | Path) -> str:
    """`dlrun VERB ID`, with --runs-dir if the run is not in the default folder."""
    runs_dir, run_id = os.path.split(run_dir)
    usual = os.path.abspath(default_runs_dir()) == os.path.abspath(runs_dir)
    return f"dlrun {verb} {run_id}" + ("" if usual else f" --runs-dir {shlex.quote(runs_dir)}")
