"""run.json: what a run is, when its sessions began, and with what. Written at the beginning and by each resume.

A run's config, data and parent never change; each process that works on it adds a session. How a session ended is not
written here: `status` derives it.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ..errors import StoreError
from ..records import FLAT, ConfigData
from .codec import Misfit, from_plain
from .folder import RunFolder, corrupt
from .provenance import Environment

FILE = "run.json"

# The number of the folder's format. This program reads this format and older ones, and refuses newer ones.
FORMAT = 1


@dataclass(frozen=True)
class Hashes:
    """SHA-256 of a run's config (less what changes no number), of its examples, and of its split."""

    config_sha256: str
    data_sha256: str
    split_sha256: str

    def same_rows(self, other: "Hashes") -> bool:
        """Whether two runs have the same train, dev and test rows."""
        return (self.data_sha256, self.split_sha256) == (other.data_sha256, other.split_sha256)


@dataclass(frozen=True)
class Parent:
    """The run that another one follows from, and why: "longer", or the action of the advice that was applied."""

    run_id: str | None
    why: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a run is, which never changes.

    config : plain nested data with the keys of the YAML, and absolute paths. overrides : as typed on the command line.
    """

    name: str | None = None
    dlrun: str | None = None
    parent: Parent | None = None
    overrides: tuple[str, ...]
    config: ConfigData
    hashes: Hashes = field(metadata=FLAT)
    environment: Environment | None = None

    def is_same(self, other: "Identity") -> bool:
        """Whether a run of this identity would give the other run again."""
        return (self.hashes, self.dlrun) == (other.hashes, other.dlrun)


@dataclass(frozen=True)
class Session:
    """A process that works on a run: when it began, and the checkpoint that it resumed from, None for the beginning."""

    began: str
    checkpoint: str | None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All of run.json."""

    format: int
    run_id: str = ""
    identity: Identity = field(metadata=FLAT)
    sessions: tuple[Session, ...]


def write_manifest(folder: RunFolder, identity: Identity) -> Manifest:
    """Writes run.json with the run's first session."""
    manifest = Manifest(format=FORMAT, run_id=folder.id, identity=identity, sessions=(Session(now(), None),))
    folder.write_json(FILE, manifest)
    return manifest


def is_begun(folder: RunFolder) -> bool:
    """Whether a run got far enough to be resumed."""
    return (folder.path / FILE).exists()


def add_session(folder: RunFolder, manifest: Manifest, checkpoint: str | None) -> Manifest:
    """Writes run.json with one more session, which resumes from `checkpoint`, or from the beginning without one."""
    longer = replace(manifest, sessions=(*manifest.sessions, Session(now(), checkpoint)))
    folder.write_json(FILE, longer)
    return longer


def now() -> str:
    """The time in UTC, to the second, in the format of ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_manifest(folder: RunFolder) -> Manifest:
    """run.json, checked. Raises StoreError where it is missing, corrupt or newer than this program."""
    path, plain = folder.path / FILE, folder.read_json(FILE)
    if format_of(path, plain) is None:
        raise corrupt(path, "no format version")
    try:
        return from_plain(Manifest, plain)
    except Misfit as problem:
        raise corrupt(path, f"no {problem.path[0]}") from problem


def require_known_format(folder: RunFolder) -> None:
    """Raises StoreError for the folder of a newer dlrun. For verbs that can do without run.json where it is damaged."""
    try:
        plain = folder.read_json(FILE)
    except StoreError:
        return
    format_of(folder.path / FILE, plain)


def format_of(path: Path, plain: object) -> int | None:
    """The format's number in run.json, None without one. Raises StoreError where this program does not know it yet."""
    number = plain.get("format") if isinstance(plain, dict) else None
    if not isinstance(number, int):
        return None
    if number > FORMAT:
        newer = f"format {number}, and this dlrun knows formats up to {FORMAT}"
        raise StoreError(f"{path}: {newer}; use the newer dlrun that wrote it")
    return number
