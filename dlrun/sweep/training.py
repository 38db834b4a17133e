"""One training of a sweep, from its settings to what the sweep keeps of it. Runs in a process of the executor.

With a run folder it is a run of the usual kind, resumed where a killed process has left it; with --light nothing is
written here. Either way the bits are those of `dlrun train` with the same values.
"""

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NoReturn

import numpy as np

from ..arrays import Array
from ..config import LoadedConfig
from ..data.reading import Task
from ..errors import TERMINATED_STATUS, DlrunError, StoreError
from ..executor import Shared
from ..executor.temporary import Temporary
from ..experiment import Experiment, prepare, resume
from ..experiment.checkpointing import Checkpointer
from ..experiment.identity import identity_of, refuse_changed_data
from ..experiment.interrupts import Paused
from ..experiment.prepare import ReadRows, ReadyData, read_config_text, ready_data
from ..experiment.run import run_in
from ..experiment.scored import candidates_of
from ..experiment.train import train, trainer_of
from ..model import network_of_arrays
from ..nn.parameters import Parameters
from ..nn.training import EpochRecord
from ..store import (
    METRICS,
    Environment,
    Parent,
    Result,
    RunContents,
    RunFolder,
    environment,
    is_begun,
    read_manifest,
    read_metrics,
    sound_metrics,
)
from ..store.disk import make_folders
from ..store.problems import raised_as_store_error
from .arrays import course_arrays, packed, split_arrays, training_arrays, unpacked
from .lines import as_array, as_metrics, hashes_here, line_of, with_course, with_outcome, with_result
from .packing import at_home, files_of
from .prepared import shared_data
from .records import TrainingLine, Work

# A process that was killed with its parent may still hold a run's lock while it ends.
LOCK_PATIENCE_SECONDS = 30.0
RETRY_SECONDS = 0.1


@dataclass(frozen=True)
class Base:
    """What all trainings of a sweep have in common.

    text, file : of the base config, the file's path absolute. runs_dir : where run folders are, None with --light.
    cache : the folder of prepared data on this machine; None where each training has data of its own. rows : those
    that were read, where all trainings read the same. packs : whether run folders are made
    elsewhere and sent back as bytes, since the machine of this process does not have runs_dir. alike : how many of them
    a process does, about.
    """

    sweep_id: str
    text: bytes
    file: str
    runs_dir: Path | None
    cache: Path | None
    rows: Shared[ReadRows] | None = None
    packs: bool = False
    overrides: tuple[str, ...] = ()
    own_process: bool = True
    alike: int = 1


@dataclass(frozen=True)
class Trained:
    """What comes back. line : without its place among the arrays. is_paused : the line is not that of an end.

    arrays, split, state : packed. files : of its run folder, by name, where it was made elsewhere.
    """

    line: TrainingLine
    arrays: bytes
    here: Environment
    task: Task
    is_paused: bool = False
    split: bytes | None = None
    state: bytes | None = None
    files: Mapping[str, bytes] | None = None


@dataclass(frozen=True)
class Refused:
    """A training that its config, its data or the disk did not allow. is_of_store : whether it was the disk."""

    message: str
    is_of_store: bool
    here: Environment


def train_one(base: Base, work: Work) -> Trained | Refused:
    """Do a training, or go on with it."""
    try:
        return trained(base, work)
    except DlrunError as problem:
        return Refused(str(problem), isinstance(problem, StoreError), here())
    except MemoryError:
        return Refused("more memory is needed than there is", False, here())


def trained(base: Base, work: Work) -> Trained:
    """Do a training, or go on with it. Raises DlrunError."""
    loaded = loaded_for(base, work.overrides)
    if work.run_id is None or base.runs_dir is None:
        return train_in_memory(base, work, loaded)
    if not base.packs:
        return train_in_folder(base, work, loaded, RunFolder(base.runs_dir / work.run_id))
    with Temporary() as elsewhere:
        folder = RunFolder(elsewhere.path / work.run_id)
        folder.path.mkdir()
        for name, data in (work.files or {}).items():
            (folder.path / name).write_bytes(data)
        done = train_in_folder(base, work, loaded, folder)
        return replace(done, files=at_home(files_of(folder.path), str(elsewhere.path), str(base.runs_dir)))


def loaded_for(base: Base, overrides: Sequence[str]) -> LoadedConfig:
    """The config of a training. Raises ConfigError."""
    return read_config_text(base.text.decode(), Path(base.file), [*base.overrides, *overrides])


def prepare_data(base: Base, work: Work) -> None:
    """Leaves the data of a training for the processes of this machine; what is wrong with them, these will find."""
    with suppress(DlrunError, MemoryError):
        experiment_of(base, loaded_for(base, work.overrides))


def train_rows(base: Base, overrides: Sequence[str]) -> int | None:
    """How many rows a training trains on; None where its data cannot be had, which its own process will tell."""
    with suppress(DlrunError, MemoryError):
        return len(experiment_of(base, loaded_for(base, overrides)).dataset.train.X)
    return None


def experiment_of(base: Base, loaded: LoadedConfig) -> Experiment:
    """The experiment of a config, on data that this machine may have prepared already."""

    def make(wanted: LoadedConfig) -> ReadyData:
        return ready_data(wanted, base.rows.get() if base.rows else None)

    cache_folder = base.cache
    ready = prepare(loaded, make if cache_folder is None else lambda wanted: shared_data(wanted, cache_folder, make))
    return replace(ready, plan=replace(ready.plan, alike=base.alike))


@cache
def here() -> Environment:
    """The environment of this process, asked once: it starts git."""
    return environment()


def train_in_folder(base: Base, work: Work, loaded: LoadedConfig, folder: RunFolder) -> Trained:
    """Train in a run folder, or resume what a process that was killed or paused has left there."""
    experiment = experiment_of(base, loaded)
    wait_until_free(folder)
    if passed := metrics_at_pause(work, sound_metrics(folder)[0]):
        return paused_in_folder(work, loaded, experiment, folder, passed)
    try:
        contents = None
        if is_begun(folder):
            contents = resumed(folder, experiment, work.pause_epochs)
            experiment = experiment_of(base, loaded)  # resuming has used its random streams
        if contents is None:
            with raised_as_store_error(folder.path, "made"):
                shutil.rmtree(folder.path, ignore_errors=True)
                make_folders(folder.path)  # and the new name is on the disk, as that of the first one was
            parent = Parent(base.sweep_id, f"training {work.number} of a sweep")
            identity = identity_of(loaded, experiment, parent, here())
            contents = run_in(folder, loaded, experiment, identity, pause_epochs=work.pause_epochs)
    except Paused:
        return paused_in_folder(work, loaded, experiment, folder, read_metrics(folder))
    if contents.status == "interrupted":
        leave(base, contents.result_required())
    return ended_in_folder(work, experiment, contents)


def metrics_at_pause(work: Work, metrics: Sequence[EpochRecord]) -> Sequence[EpochRecord] | None:
    """The epochs up to the pause of a training that has gone further already; None for any other.

    So a sweep has its line of a pause again where that was lost, without training.
    """
    return metrics[: work.pause_epochs] if work.pause_epochs and len(metrics) > work.pause_epochs else None


def leave(base: Base, result: Result) -> NoReturn:
    """Ends this process after a signal. The training is saved; whoever waits for it hands it out again, or stops."""
    if base.own_process:
        os._exit(TERMINATED_STATUS)
    if result.signal == signal.SIGINT.name:
        raise KeyboardInterrupt
    raise SystemExit(TERMINATED_STATUS)


def resumed(folder: RunFolder, experiment: Experiment, pause_epochs: int | None) -> RunContents | None:
    """The run, resumed to its end; None where it must begin anew: its files are damaged, or it was on other data.

    Raises StoreError where the disk does not do what is asked of it.
    """
    try:
        refuse_changed_data(folder, read_manifest(folder).identity, experiment)
        return resume(folder, prepared=lambda own: experiment, pause_epochs=pause_epochs)
    except StoreError as problem:
        if isinstance(problem.__cause__, OSError):
            raise
        return None


def wait_until_free(folder: RunFolder) -> None:
    """Waits while another process works in the run. Raises StoreError if that takes too long."""
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while folder.is_locked():
        if time.monotonic() > deadline:
            raise StoreError(f"{folder.path}: another process is at work in this run; wait until it has ended")
        time.sleep(RETRY_SECONDS)


def ended_in_folder(work: Work, experiment: Experiment, contents: RunContents) -> Trained:
    """What is kept of a run that has ended."""
    result, network = contents.result_required(), experiment.network
    _, parameters = network_of_arrays(contents.model or {}, network.activation, network.loss)
    line = line_of(work, contents.folder.id, contents.manifest.identity.hashes)
    return ended(work, with_result(line, result), experiment, parameters, contents.metrics or ())


def paused_in_folder(
    work: Work, loaded: LoadedConfig, experiment: Experiment, folder: RunFolder, metrics: Sequence[EpochRecord]
) -> Trained:
    """What is known of a run at the epoch where it pauses; its state stays in its folder."""
    line = line_of(work, folder.id, hashes_here(loaded, experiment))
    return paused(work, with_course(line, experiment, metrics), experiment, metrics)


def train_in_memory(base: Base, work: Work, loaded: LoadedConfig) -> Trained:
    """Train without a run folder: no trace, no diagnosis; the bits of the network are the same."""
    experiment = experiment_of(base, loaded)
    experiment = replace(experiment, plan=replace(experiment.plan, trace=False))
    checkpointer = Checkpointer(experiment, trainer_of(experiment), keeps_lines=True)
    checkpointer.pause_epochs = work.pause_epochs
    if arrays := state_of(work):
        checkpointer.metrics = as_metrics(arrays.pop(METRICS))
        checkpointer.restore_state(arrays)
    if passed := metrics_at_pause(work, checkpointer.metrics):
        return paused_in_memory(work, loaded, experiment, checkpointer, passed)
    try:
        outcome = train(checkpointer)
    except Paused:
        return paused_in_memory(work, loaded, experiment, checkpointer, checkpointer.metrics)
    line = line_of(work, None, hashes_here(loaded, experiment))
    line = with_outcome(line, experiment, outcome, checkpointer.metrics)
    return ended(work, line, experiment, outcome.parameters, checkpointer.metrics)


def state_of(work: Work) -> dict[str, Array] | None:
    """The state that a training continues from; None for one that begins, also since its state is damaged."""
    try:
        return unpacked(work.state) if work.state is not None else None
    except ValueError:
        return None


def paused_in_memory(
    work: Work,
    loaded: LoadedConfig,
    experiment: Experiment,
    checkpointer: Checkpointer,
    metrics: Sequence[EpochRecord],
) -> Trained:
    """What is known of a training without a folder at the epoch where it pauses, with its state."""
    line = with_course(line_of(work, None, hashes_here(loaded, experiment)), experiment, metrics)
    state = packed(checkpointer.state() | {METRICS: as_array(checkpointer.metrics)})
    return replace(paused(work, line, experiment, metrics), state=state)


def paused(work: Work, line: TrainingLine, experiment: Experiment, metrics: Sequence[EpochRecord]) -> Trained:
    """What comes back of a training that pauses, but for its state."""
    arrays, task = packed(course_arrays(metrics)), experiment.dataset.task
    return Trained(line, arrays, here(), task, is_paused=True, split=split_wanted(work, experiment))


def split_wanted(work: Work, experiment: Experiment) -> bytes | None:
    """The arrays of the split, where the sweep does not have them yet."""
    return packed(split_arrays(experiment)) if work.wants_split else None


def ended(
    work: Work, line: TrainingLine, experiment: Experiment, parameters: Parameters, metrics: Sequence[EpochRecord]
) -> Trained:
    """What comes back of a training that has ended, with its line completed."""
    line = replace(
        line,
        candidates=candidates_of(experiment.plan, line.status, line.epochs, line.best_epoch),
        planned_epochs=experiment.plan.epochs,
        parameters_sha256=hashlib.sha256(np.ascontiguousarray(parameters.flat).tobytes()).hexdigest(),
    )
    arrays = packed(training_arrays(experiment, parameters, metrics))
    return Trained(line, arrays, here(), experiment.dataset.task, split=split_wanted(work, experiment))
