"""Where a run was made: versions, machine and commit, so that a result can be made again or its difference explained.

It is kept as environment.json. Every run begins with it, so nothing here may fail or be slow: versions come from the
packages' metadata, not from importing them.
"""

import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np

from .. import __version__
from ..records import omitted

PACKAGES = ("numpy", "polars", "pydantic", "pyyaml", "rich", "scikit-learn", "scipy", "typer")

# The variables that set how many threads the linear algebra uses, and with it the order of its sums.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
)

# git answers in milliseconds. On a network disk that does not answer, the run starts without knowing its commit.
GIT_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True)
class Commit:
    """A commit of git, and whether a tracked file differs from it."""

    commit: str
    dirty: bool


@dataclass(frozen=True)
class Blas:
    """The library that NumPy multiplies matrices with."""

    name: str
    version: str


@dataclass(frozen=True)
class Environment:
    """Versions and machine. A package that is not installed, or a variable that is not set, is None.

    threads : the variables that set how many threads BLAS uses. cores : of the machine. numba : the version that makes
    the loops of long trainings (`nn.compiled`); not among `packages`, since the bits are the same without it.
    """

    dlrun: str
    python: str
    platform: str
    machine: str
    packages: dict[str, str | None]
    git: Commit | None
    threads: dict[str, str | None]
    blas: Blas | None
    cores: int | None
    numba: str | None = omitted()


def environment() -> Environment:
    """The environment of this process. Never raises."""
    return Environment(
        dlrun=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        machine=platform.machine(),
        packages={package: version(package) for package in PACKAGES},
        git=git_state(),
        threads={variable: os.environ.get(variable) for variable in THREAD_VARIABLES},
        blas=blas(),
        cores=os.cpu_count(),
        numba=version("numba"),
    )


def blas() -> Blas | None:
    """The BLAS library, as NumPy describes its own build."""
    try:
        build: Any = np.show_config(mode="dicts")
        library = build["Build Dependencies"]["blas"]
        return Blas(str(library["name"]), str(library["version"]))
    except Exception:  # an older NumPy describes its build in another form; a run does not stop for that
        return None


@cache  # what is installed does not change under a process, and a recipe asks for each of its runs
def version(package: str) -> str | None:
    """The installed version by the package's metadata."""
    try:
        return metadata.version(package)
    except Exception:  # half-removed packages fail in many ways; a run does not stop for their version
        return None


def git_state() -> Commit | None:
    """The commit of the working directory and whether a tracked file differs from it; None outside git.

    Files that git does not track are left out: the run folder itself would make every tree dirty.
    """
    command = ["git", "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=GIT_TIMEOUT_SECONDS, env=quiet, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid")), None)
    if commit is None or commit == "(initial)":
        return None
    return Commit(commit, dirty=any(not line.startswith("#") for line in lines))
