"""Resumes a run from its newest sound checkpoint, or from the beginning, and trains it to its end.

Every step is a function of the state in a checkpoint. So a run that was interrupted anywhere, any number of times, ends
with the same bits as one that never was.
"""

from collections.abc import Callable, Iterable

from ..config import NAMELESS, LoadedConfig
from ..nn.training import Trainer
from ..store import (
    METRICS,
    RESOLVED,
    TRACE,
    Checkpoint,
    Manifest,
    Parent,
    RunContents,
    RunFolder,
    add_session,
    create_run,
    ending_of,
    kept_snapshots,
    read_contents,
    read_manifest,
    read_tags,
    sound_metrics,
    sound_trace,
)
from .checkpointing import Checkpointer, SoundEpochs
from .failure import failure_recorded
from .identity import (
    BEGAN_BEFORE,
    DIVIDED_BEFORE,
    identity_of,
    refuse_changed_config,
    refuse_changed_data,
    version_notes,
    with_absolute_paths,
)
from .interrupts import noted_interrupts
from .judge import Lines
from .prepare import Experiment, prepare, read_config
from .record import write_beginning
from .run import Display, checkpointer_of, quiet, train_to_an_end

# A run with one of these statuses is over: resuming it would do the same again.
OVER = ("finished", "diverged")


def resume(
    folder: RunFolder,
    overrides: Iterable[str] = (),
    display: Display = quiet,
    *,
    prepared: Callable[[LoadedConfig], Experiment] = prepare,
    pause_epochs: int | None = None,
) -> RunContents:
    """Resume a run and return its contents; a run that is over is only read.

    prepared : prepares its config. pause_epochs : after so many epochs the run is saved again and Paused is raised.
    overrides : only `training.epochs=N` with a larger N, which makes a new run. It is a child of this one, and equals a
    run that had that many epochs from the start; so one whose rate is spread over its epochs cannot be made longer.
    Raises StoreError for that, while another process works in the run, and where its config or data changed.
    """
    with folder.locked():
        manifest = read_manifest(folder)
        loaded = own_config(folder, overrides)
        config = with_absolute_paths(loaded).config.to_dict()
        refuse_changed_config(folder, manifest.identity, config)
        is_longer = config["training"]["epochs"] > manifest.identity.config["training"]["epochs"]
        ended = ending_of(folder)
        if ended is not None and ended.status in OVER and not is_longer:
            return read_contents(folder)
        experiment = prepared(loaded)
        refuse_changed_data(folder, manifest.identity, experiment)
        if is_longer:
            return make_longer(folder, manifest, loaded, experiment, display)
        return resume_in_place(folder, manifest, experiment, display, pause_epochs)


def own_config(folder: RunFolder, overrides: Iterable[str]) -> LoadedConfig:
    """The config in the run's folder, with overrides. Raises StoreError where it is missing, ConfigError.

    A run of a version without data.duplicates divides equal rows as that version did; likewise for network.output_bias.
    """
    folder.read_bytes(RESOLVED)
    loaded = read_config(folder.path / RESOLVED, overrides)
    former = DIVIDED_BEFORE | BEGAN_BEFORE
    before = [f"{key}={value}" for key, value in former.items() if loaded.origins[key] == "default"]
    return read_config(folder.path / RESOLVED, [*before, *overrides]) if before else loaded


def resume_in_place(
    folder: RunFolder, manifest: Manifest, experiment: Experiment, display: Display, pause_epochs: int | None = None
) -> RunContents:
    """Resume in the run's own folder; first its metrics and trace are cut back to the checkpoint."""
    with noted_interrupts() as interrupts, failure_recorded(folder, len(manifest.sessions) + 1):
        folder.tidy()
        checkpointer = checkpointer_of(experiment, folder, manifest.identity, interrupts)
        checkpointer.pause_epochs = pause_epochs
        lines = sound_lines(folder)
        checkpoint, notes = checkpointer.newest(
            folder, manifest.identity.hashes, sound_epochs(lines, checkpointer.trainer)
        )
        manifest = add_session(folder, manifest, checkpoint.name if checkpoint else None)
        begin_at(checkpointer, checkpoint, lines, folder)
        folder.keep_lines(METRICS, len(checkpointer.metrics))
        folder.keep_lines(TRACE, len(checkpointer.trace))
        notes = [*version_notes(manifest.identity.environment), *notes]
        begun = begun_contents(folder, manifest, experiment)
        return train_to_an_end(begun, experiment, checkpointer, display, notes)


def begun_contents(folder: RunFolder, manifest: Manifest, experiment: Experiment) -> RunContents:
    """What the folder of a resumed run contains since its beginning."""
    return RunContents(
        folder=folder,
        manifest=manifest,
        status="running",
        tags=tuple(read_tags(folder)),
        data=experiment.dataset.facts,
        resolved=folder.read_bytes(RESOLVED).decode(),
    )


def make_longer(
    folder: RunFolder, manifest: Manifest, loaded: LoadedConfig, experiment: Experiment, display: Display
) -> RunContents:
    """Continue in a new run with more epochs; the old run is not changed, and is its parent."""
    identity = identity_of(loaded, experiment, Parent(folder.id, "longer"))
    longer = create_run(folder.path.parent, loaded.config.name or NAMELESS)
    with noted_interrupts() as interrupts, longer.locked(), failure_recorded(longer, sessions=1):
        begun = write_beginning(longer, loaded, experiment, identity)
        checkpointer = checkpointer_of(experiment, longer, identity, interrupts)
        lines = sound_lines(folder)
        checkpoint, notes = checkpointer.newest(
            folder, manifest.identity.hashes, sound_epochs(lines, checkpointer.trainer)
        )
        begin_at(checkpointer, checkpoint, lines, folder)
        for record in checkpointer.metrics:
            longer.append_line(METRICS, record)
        for line in checkpointer.trace:
            longer.append_line(TRACE, line)
        notes = [*version_notes(manifest.identity.environment), *notes]
        return train_to_an_end(begun, experiment, checkpointer, display, notes)


def sound_lines(folder: RunFolder) -> Lines:
    """The undamaged first lines of metrics and of trace; no metrics unless they are numbered from epoch 1."""
    metrics = sound_metrics(folder)[0]
    is_numbered = all(record.epoch == number for number, record in enumerate(metrics, start=1))
    return Lines(metrics if is_numbered else (), sound_trace(folder)[0])


def sound_epochs(lines: Lines, trainer: Trainer) -> SoundEpochs:
    """Up to which epoch both metrics and trace are undamaged."""
    metrics = SoundEpochs(len(lines.metrics), METRICS)
    traced = {line.epoch for line in lines.trace}
    missing = (
        epoch
        for epoch in range(metrics.epochs + 1)
        if trainer.tracer and trainer.tracer.is_due(epoch) and epoch not in traced
    )
    return min(metrics, SoundEpochs(next(missing, metrics.epochs + 1) - 1, TRACE))


def begin_at(checkpointer: Checkpointer, checkpoint: Checkpoint | None, lines: Lines, folder: RunFolder) -> None:
    """Restore the trainer, its lines and snapshots from a checkpoint; without one, all are at the beginning already.

    folder : where the snapshots are. They are pictures alone: without them the run goes on, and has only later ones.
    """
    if checkpoint is not None:
        checkpointer.restore(checkpoint)
    trainer = checkpointer.trainer
    checkpointer.metrics += lines.metrics[: trainer.epochs_done]
    if trainer.has_begun():
        checkpointer.trace += [line for line in lines.trace if line.epoch <= trainer.epochs_done]
        if checkpointer.snapshots is not None:
            checkpointer.snapshots.begin_with(kept_snapshots(folder), trainer.epochs_done)
