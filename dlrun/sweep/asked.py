"""From what a person asks of a sweep to its folder: a new one, or an older one with more values, seeds or trials."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import __version__
from ..config import NAMELESS, LoadedConfig
from ..errors import UsageError
from .base import base_of
from .folder import CONFIG, SweepFolder, SweepManifest, create_sweep
from .request import SweepRequest, read_extension, read_sweep

# The plan of a sweep that has no folder yet.
UNWRITTEN = "sweep"


@dataclass(frozen=True)
class Options:
    """What a person asks for besides keys and values; None and False leave it to the file."""

    trials: int | None = None
    sampler: str | None = None
    sampler_seed: int | None = None
    early: bool = False
    light: bool = False


@dataclass(frozen=True)
class SweepAsked:
    """A sweep that is asked for. base : its config, None for one that has a folder. words : that extend such a one."""

    manifest: SweepManifest
    options: Options
    base: LoadedConfig | None = None
    folder: SweepFolder | None = None
    words: tuple[str, ...] = ()

    def done_count(self, *, retry: bool) -> int:
        """How many of its trainings are done."""
        return self.folder.done_count(retry=retry) if self.folder else 0

    def written(self, runs_dir: Path) -> SweepFolder:
        """The sweep's folder, with the plan in it. Raises StoreError, and for an older sweep as `sweep_asked` does.

        An older sweep may have been worked on since it was read here, so it is extended as it is once its lock is held.
        """
        if self.folder is not None:
            with self.folder.files.locked():
                extended = extended_manifest(self.folder, self.words, self.options)
                if extended != self.folder.manifest():
                    self.folder.write_manifest(extended)
            return self.folder
        assert self.base is not None
        folder = create_sweep(runs_dir, self.manifest.name)
        folder.files.write_bytes(CONFIG, self.base.text)
        folder.write_manifest(replace(self.manifest, sweep_id=folder.id))
        return folder


def sweep_asked(given: Sequence[str], options: Options, older: SweepFolder | None) -> SweepAsked:
    """The sweep of a config and words, or an older one, extended by words.

    Raises ConfigError with every problem, UsageError.
    """
    if older is not None:
        manifest = extended_manifest(older, given, options)
        return SweepAsked(manifest, options, folder=older, words=tuple(given))
    if not given:
        raise UsageError("sweep: give a config, and what to try: dlrun sweep CONFIG regularization.lambda=0,0.1,1")
    file, *words = given
    request = read_sweep(
        Path(file),
        words,
        trials=options.trials,
        sampler=options.sampler,
        sampler_seed=options.sampler_seed,
        early=options.early or None,
    )
    return SweepAsked(manifest_of(request, options), options, request.base)


def manifest_of(request: SweepRequest, options: Options) -> SweepManifest:
    """The manifest of a new sweep."""
    base = request.base
    return SweepManifest(
        sweep_id=UNWRITTEN,
        name=base.config.name or NAMELESS,
        dlrun=__version__,
        config_file=str(Path(base.file).resolve()),
        config_sha256=hashlib.sha256(base.text).hexdigest(),
        overrides=base.overrides,
        plan=request.plan,
        light=options.light,
        early=request.early,
    )


def extended_manifest(older: SweepFolder, words: Sequence[str], options: Options) -> SweepManifest:
    """The manifest of an older sweep with the values, seeds and trials that are asked for beyond it."""
    manifest = older.manifest()
    if options.light and not manifest.light:
        raise UsageError(f"--light: {older.id} keeps run folders; begin another sweep for that")
    drawn_otherwise = options.sampler or options.sampler_seed is not None
    if drawn_otherwise or (options.early and not manifest.early):
        given = "--sampler, --sampler-seed, --early"
        raise UsageError(f"{given}: {older.id} began otherwise; begin another sweep for that")
    if not words and options.trials is None:
        return manifest
    return replace(manifest, plan=read_extension(base_of(older, manifest), manifest.plan, words, options.trials))
