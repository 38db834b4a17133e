"""An overview of a run, for `dlrun show`; all of it comes from the run folder."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ..advice import RunDiagnosis
from ..records import ConfigData, omitted
from ..store import (
    RESOLVED,
    Ending,
    Environment,
    Manifest,
    Parent,
    Refit,
    RunFolder,
    Session,
    Status,
    ending_of,
    kept_diagnosis,
    kept_refit,
    read_manifest,
    read_tags,
    status_of,
)
from ..store.problems import raised_as_store_error


@dataclass(frozen=True)
class FileSize:
    """A file of a run folder."""

    name: str
    bytes: int


@dataclass(frozen=True)
class Overview:
    """What `show --json` prints of a run, without the number of the look.

    files : those that are not hidden. reproduce : the command that trains the run again.
    """

    run_id: str
    run_dir: str
    status: Status
    tags: tuple[str, ...]
    parent: Parent | None
    overrides: tuple[str, ...]
    sessions: tuple[Session, ...]
    environment: Environment | None
    config: ConfigData
    result: Ending | None
    diagnosis: RunDiagnosis | None
    files: tuple[FileSize, ...]
    reproduce: str
    refit: Refit | None = omitted()


def overview(folder: RunFolder) -> Overview:
    """The overview of a run from its folder. Raises StoreError where the run cannot be read."""
    manifest, status = read_manifest(folder), status_of(folder)
    tags, ending, diagnosis = read_tags(folder), ending_of(folder), kept_diagnosis(folder)
    return overview_of(folder, manifest, status, tags, ending, diagnosis, kept_refit(folder))


def overview_of(
    folder: RunFolder,
    manifest: Manifest,
    status: Status,
    tags: Sequence[str],
    ending: Ending | None,
    diagnosis: RunDiagnosis | None,
    refit: Refit | None,
) -> Overview:
    """The same for a run in memory; from the folder, only the sizes of its files are read."""
    identity = manifest.identity
    with raised_as_store_error(folder.path, "read"):
        sizes = [FileSize(path.name, path.stat(follow_symlinks=False).st_size) for path in folder.paths()]
    return Overview(
        run_id=folder.id,
        run_dir=str(folder.path),
        status=status,
        tags=tuple(tags),
        parent=identity.parent,
        overrides=identity.overrides,
        sessions=manifest.sessions,
        environment=identity.environment,
        config=identity.config,
        result=ending,
        diagnosis=diagnosis,
        files=tuple(file for file in sizes if not file.name.startswith(".")),
        reproduce=f"dlrun train {shlex.quote(str(folder.path / RESOLVED))}",
        refit=refit,
    )
