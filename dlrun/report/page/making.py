"""The sections of a run's page on how it was made: its config, versions and machine, and the command to repeat it."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup, escape

from ...inspection import Overview, PageContents
from ...inspection.overview import FileSize
from ...places import command_for
from ..records import leaves
from ..text import clean


class Setting(NamedTuple):
    """A key of the config, its value as JSON, and where that came from."""

    key: str
    value: str
    origin: str


class Settings(NamedTuple):
    """The config: what was set by hand, and what was left at its default."""

    by_hand: tuple[Setting, ...]
    defaults: tuple[Setting, ...]


def settings(contents: PageContents) -> Settings:
    """The config; keys set by hand are separate from keys left at their default."""
    origins = contents.origins
    rows = [
        Setting(key, json.dumps(value, ensure_ascii=False), origins.get(key, "file"))
        for key, value in leaves(contents.overview.config).items()
    ]
    return Settings(
        by_hand=tuple(row for row in rows if row.origin != "default"),
        defaults=tuple(row for row in rows if row.origin == "default"),
    )


class Making(NamedTuple):
    """How to repeat the run: commands to type, versions and machine, its whole config, and its files.

    check : the command that compares every bit, for a finished run. resume : the command for a run that can be resumed.
    """

    command: str
    check: str | None
    resume: str | None
    facts: Mapping[str, object]
    resolved: Markup | None
    files: tuple[FileSize, ...]


def making(contents: PageContents) -> Making:
    """How to repeat the run."""
    overview, lines = contents.overview, (contents.run.resolved or "").splitlines()
    can_resume = overview.status in ("interrupted", "crashed", "failed")
    return Making(
        command=overview.reproduce,
        check=f"{command_for('verify', overview.run_dir)} --rerun" if overview.status == "finished" else None,
        resume=command_for("resume", overview.run_dir) if can_resume else None,
        facts={name: value for name, value in made_with(overview).items() if value not in (None, "")},
        resolved=Markup("\n").join(escape(clean_line(line)) for line in lines) if lines else None,
        files=overview.files,
    )


def made_with(overview: Overview) -> dict[str, object]:
    """Version, seed, machine and overrides, as far as they are known."""
    seed, typed, environment = overview.config.get("seed"), " ".join(overview.overrides), overview.environment
    if environment is None:
        return {"seed": seed, "typed by hand": typed}
    commit, blas = environment.git, environment.blas
    return {
        "dlrun": environment.dlrun,
        "commit": f"{commit.commit}{', with changes on top' if commit.dirty else ''}" if commit else None,
        "seed": seed,
        "Python": environment.python,
        "machine": environment.platform,
        "BLAS": f"{blas.name} {blas.version}" if blas else None,
        "packages": ", ".join(f"{name} {version}" for name, version in environment.packages.items()),
        "typed by hand": typed,
    }


def clean_line(line: str) -> str:
    """A cleaned line of YAML with its indentation."""
    stripped = line.lstrip(" ")
    return " " * (len(line) - len(stripped)) + clean(stripped)
