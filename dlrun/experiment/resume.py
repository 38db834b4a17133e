"""Going on with a run: from its newest sound checkpoint, or from the beginning, to the end it would have had anyway.

Stands beside `run`, whose folders it takes up. Every step is a function of the state that a checkpoint holds, so a run
that was interrupted anywhere, any number of times, ends with the bits of one that never was.
"""

from collections.abc import Iterable

from ..config import LoadedConfig
from ..nn.training import Trainer
from ..store import Checkpoint, Manifest, Parent, RunFolder, add_session, create_run, ending_of, read_manifest
from .failure import failure_kept
from .health import lines_of
from .identity import identity_of, refuse_changed_config, refuse_changed_data, version_notes, with_absolute_paths
from .interrupts import noted_interrupts
from .keeper import METRICS, TRACE, Keeper, Sound
from .prepare import Experiment, prepare, read_config
from .run import Watch, keeper_of, train_to_an_end, write_beginning

# A run that ended so is over: to go on with it would be to do the same again.
OVER = ("finished", "diverged")


def resume(folder: RunFolder, overrides: Iterable[str] = (), watch: Watch = lambda record: None) -> dict:
    """Go on with a run and return its result; of one that is over already, the result it has.

    overrides : `training.epochs=N` alone, with a larger N: a new run, child of this one, that equals a run declared
    that long from the start.
    Raises StoreError while another process works in the run, and where its config or data changed, saying how.
    """
    with folder.locked():
        manifest = read_manifest(folder)
        loaded = own_config(folder, overrides)
        config = with_absolute_paths(loaded).config.to_dict()
        refuse_changed_config(folder, manifest.identity, config)
        is_longer = config["training"]["epochs"] > manifest.identity.config["training"]["epochs"]
        ended = ending_of(folder)
        if ended is not None and ended["status"] in OVER and not is_longer:
            return ended
        experiment = prepare(loaded)
        refuse_changed_data(folder, manifest.identity, experiment)
        go_on = make_longer if is_longer else take_up
        return go_on(folder, manifest, loaded, experiment, watch)


def own_config(folder: RunFolder, overrides: Iterable[str]) -> LoadedConfig:
    """The config that the run's folder holds, with overrides. Raises StoreError where it is missing, ConfigError."""
    folder.read_bytes("resolved.yaml")
    return read_config(folder.path / "resolved.yaml", overrides)


def take_up(folder: RunFolder, manifest: Manifest, loaded: LoadedConfig, experiment: Experiment, watch: Watch) -> dict:
    """Go on in the run's own folder, which is tidied first and whose metrics are cut back to the checkpoint."""
    sessions = len(manifest.sessions) + 1
    with noted_interrupts() as interrupts, failure_kept(folder, sessions):
        folder.tidy()
        keeper = keeper_of(experiment, folder, manifest.identity, interrupts)
        checkpoint, notes = keeper.newest(folder, manifest.identity.hashes, sound_lines(folder, keeper.trainer))
        add_session(folder, manifest, checkpoint and checkpoint.name)
        begin_at(keeper, checkpoint)
        folder.keep_lines(METRICS, keeper.trainer.epochs_done)
        folder.keep_lines(TRACE, len(trace_so_far(folder, keeper.trainer)))
        more = {"sessions": sessions, "notes": version_notes(manifest.identity.environment) + notes}
        return train_to_an_end(folder, experiment, keeper, watch, more)


def make_longer(
    folder: RunFolder, manifest: Manifest, loaded: LoadedConfig, experiment: Experiment, watch: Watch
) -> dict:
    """Go on in a new run with more epochs; the old one stays as it is, and is its parent."""
    identity = identity_of(loaded, experiment, Parent(folder.id, "longer"))
    longer = create_run(folder.path.parent, loaded.config.name)
    with noted_interrupts() as interrupts, longer.locked(), failure_kept(longer, sessions=1):
        write_beginning(longer, loaded, experiment, identity)
        keeper = keeper_of(experiment, longer, identity, interrupts)
        checkpoint, notes = keeper.newest(folder, manifest.identity.hashes, sound_lines(folder, keeper.trainer))
        begin_at(keeper, checkpoint)
        for record in sound_metrics(folder)[: keeper.trainer.epochs_done]:
            longer.append_line(METRICS, record)
        for line in trace_so_far(folder, keeper.trainer):
            longer.append_line(TRACE, line)
        more = {"sessions": 1, "notes": version_notes(manifest.identity.environment) + notes}
        return train_to_an_end(longer, experiment, keeper, watch, more)


def sound_metrics(folder: RunFolder) -> list[dict]:
    """The records of the epochs up to the first damaged line, of which the first is epoch 1, the second epoch 2, ..."""
    if not (folder.path / METRICS).exists():
        return []
    records, _ = folder.sound_lines(METRICS)
    numbered = [record for number, record in enumerate(records, start=1) if record.get("epoch") == number]
    return numbered if len(numbered) == len(records) else []


def trace_so_far(folder: RunFolder, trainer: Trainer) -> list[dict]:
    """The lines of the trace up to where the trainer stands; at the beginning there are none yet."""
    lines = lines_of(folder, TRACE) if trainer.has_begun() else []
    return [line for line in lines if line.get("epoch") <= trainer.epochs_done]


def sound_lines(folder: RunFolder, trainer: Trainer) -> Sound:
    """How far metrics and trace can be relied on; a trace that ends early is as bad as metrics that do."""
    metrics = Sound(len(sound_metrics(folder)), METRICS)
    traced = {line.get("epoch") for line in lines_of(folder, TRACE)}
    missing = (
        epoch
        for epoch in range(metrics.epochs + 1)
        if trainer.tracer and trainer.tracer.is_due(epoch) and epoch not in traced
    )
    return min(metrics, Sound(next(missing, metrics.epochs + 1) - 1, TRACE))


def begin_at(keeper: Keeper, checkpoint: Checkpoint | None) -> None:
    """Bring the trainer to a checkpoint; without one it stands at the beginning already."""
    if checkpoint is not None:
        keeper.restore(checkpoint)
