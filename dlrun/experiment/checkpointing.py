"""When checkpoints of a run are written, and how a trainer is restored from one.

A state between any two steps can be saved; the place within the epoch is part of it. So an interrupted run loses little
and is resumed with the same bits.
"""

import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..errors import StoreError
from ..nn.snapshots import SnapshotTaker, as_arrays
from ..nn.trace import TraceLine
from ..nn.training import EpochRecord, Trainer
from ..records import without_infinities
from ..store import METRICS, SNAPSHOTS, TRACE, Checkpoint, Form, Hashes, RunFolder, checkpoints, form_of
from .interrupts import Interrupts, Paused, Stopped
from .prepare import STREAMS, Experiment

# The share of a run's seconds that checkpoints by time may cost.
SHARE = 0.03

# The assumed cost of the first checkpoint: two syncs, and a slow disk.
SYNC_SECONDS = 0.01
BYTES_A_SECOND = 100e6

# The state of a random stream: four words of SFC64, and two for the half word that a smaller draw has left.
STREAM_WORDS = 6

# The streams whose states are kept. Bags are drawn before the first step, and again before a run goes on: their stream
# is not needed, and checkpoints stay as those of versions without it.
KEPT_STREAMS = tuple(name for name in STREAMS if name != "bags")


class SoundEpochs(NamedTuple):
    """How many epochs have undamaged lines in every file of lines, and the file that has the fewest."""

    epochs: int
    file: str


class Checkpointer:
    """Writes a run's lines and its checkpoints: every so many epochs or seconds, and on an interrupt.

    Without a folder it writes nothing, and keeps its lines only with `keeps_lines`. metrics, trace : the run's lines so
    far, those of earlier sessions included. snapshots : None without a folder or a trace. pause_epochs : after so many
    epochs it saves the run and raises Paused. seconds() : how long the run has been trained, in all of its sessions.
    """

    def __init__(
        self,
        experiment: Experiment,
        trainer: Trainer,
        folder: RunFolder | None = None,
        hashes: Hashes | None = None,
        interrupts: Interrupts | None = None,
        *,
        keeps_lines: bool = False,
    ):
        self.streams = {name: experiment.streams[name] for name in KEPT_STREAMS}
        self.trainer, self.folder = trainer, folder
        self.hashes, self.interrupts = hashes, interrupts or Interrupts()
        self.keeps_lines = keeps_lines or folder is not None
        self.metrics: list[EpochRecord] = []
        self.trace: list[TraceLine] = []
        self.snapshots = taker_of(experiment) if folder is not None and experiment.plan.trace else None
        self.pause_epochs: int | None = None
        self.threads = experiment.config.training.threads
        self.every_epochs = experiment.config.training.checkpoint_epochs
        self.every_seconds = experiment.config.training.checkpoint_seconds
        state = trainer.state()
        self.cost = SYNC_SECONDS + sum(array.nbytes for array in state.values()) / BYTES_A_SECOND
        self.spent = 0.0
        self.began = time.perf_counter()
        self.due = self.began + self.every_seconds
        trainer.after_step = self.after_step

    def seconds(self) -> float:
        return time.perf_counter() - self.began

    def after_step(self) -> None:
        """Saves the run where that is due. After a signal it saves the run and raises Stopped.

        Parameters that are not finite are not saved; the next step reports them, and the run has diverged.
        """
        if self.interrupts.first is not None and self.is_finite():
            self.save()
            raise Stopped
        # The state before the last measurement is saved, because a longer run resumed from there may not measure then.
        if time.perf_counter() >= self.due or self.trainer.at_last_step():
            self.save_if_affordable()

    def write_epoch(self, record: EpochRecord) -> EpochRecord:
        """Adds the record of the epoch just done to the metrics; returns it with the seconds so far."""
        line = without_infinities(replace(record, seconds=round(self.seconds(), 6)))
        if self.folder is not None:
            self.folder.append_line(METRICS, line)
        if self.keeps_lines:
            self.metrics.append(line)
        return line

    def write_trace(self) -> None:
        """Adds the line of the epoch just done to the trace, and takes a snapshot of its weights, where due."""
        if self.snapshots is not None:
            self.snapshots.take(self.trainer.epochs_done, self.trainer.parameters)
        if self.keeps_lines and (line := self.trainer.trace()):
            line = without_infinities(line)
            if self.folder is not None:
                self.folder.append_line(TRACE, line)
            self.trace.append(line)

    def after_epoch(self) -> None:
        """Saves the run after every so many epochs; not after the last, which was saved before it was measured.

        Raises Paused where the run is to pause.
        """
        done, pauses = self.trainer.epochs_done, self.is_to_pause()
        if pauses or (self.every_epochs and done % self.every_epochs == 0 and done < self.trainer.plan.epochs):
            self.save()
        if pauses:
            raise Paused

    def is_to_pause(self) -> bool:
        """Whether this is the epoch where the run pauses. A run that ends there does not."""
        done = self.trainer.epochs_done
        return done == self.pause_epochs and done < self.trainer.plan.epochs and not self.trainer.out_of_patience()

    def after_last(self) -> None:
        """Saves a run that stopped early."""
        if self.trainer.epochs_done < self.trainer.plan.epochs:
            self.save_if_affordable()

    def save_if_affordable(self) -> None:
        """Saves the run, unless all checkpoints would then cost more than their share of the time so far."""
        if self.every_epochs or self.spent + self.cost <= SHARE * self.seconds():
            self.save()
        else:
            self.due = self.began + (self.spent + self.cost) / SHARE

    def save(self) -> None:
        """Writes a checkpoint if all parameters are finite; otherwise the last good checkpoint remains."""
        trainer, began = self.trainer, time.perf_counter()
        if self.folder is None or self.hashes is None or not self.is_finite():
            return
        self.folder.sync(METRICS)
        self.folder.sync(TRACE)
        if self.snapshots is not None and self.snapshots.is_new:
            self.folder.write_arrays(SNAPSHOTS, as_arrays(self.snapshots.all()))
        checkpoints.save(self.folder, trainer.optimizer.steps, trainer.best_epoch or 0, self.hashes, self.state())
        ended = time.perf_counter()
        self.cost = ended - began
        self.spent += self.cost
        self.due = ended + self.every_seconds

    def state(self) -> dict[str, np.ndarray]:
        """The arrays that `restore_state` continues from: of the trainer, the random streams and the clock."""
        return self.trainer.state() | {"streams": self.stream_states(), "seconds": np.array([self.seconds()])}

    def is_finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        flat = self.trainer.parameters.flat
        return bool(np.isfinite(np.dot(flat, flat)))

    def stream_states(self) -> np.ndarray:
        """The states of the kept streams (streams, 6); that of the batches as it was when this epoch was shuffled."""
        states = {name: rng.bit_generator.state for name, rng in self.streams.items()}
        states["batches"] = self.trainer.shuffle_state
        return np.array([[*s["state"]["state"], s["has_uint32"], s["uinteger"]] for s in states.values()], np.uint64)

    def forms(self) -> dict[str, Form]:
        """The forms that the arrays of this run's checkpoints must have, by its config."""
        forms = {name: form_of(array) for name, array in self.trainer.state().items()}
        streams = Form((len(KEPT_STREAMS), STREAM_WORDS), np.dtype(np.uint64))
        return forms | {"streams": streams, "seconds": Form((1,), np.dtype(np.float64))}

    def restore(self, checkpoint: Checkpoint) -> None:
        """Sets streams, trainer and clock to the state of a checkpoint."""
        self.restore_state(checkpoint.arrays)

    def restore_state(self, arrays: dict[str, np.ndarray]) -> None:
        """Sets streams, trainer and clock to what `state` returned."""
        for rng, words in zip(self.streams.values(), arrays["streams"], strict=True):
            leftover = {"has_uint32": int(words[4]), "uinteger": int(words[5])}
            rng.bit_generator.state = {"bit_generator": "SFC64", "state": {"state": words[:4].copy()}, **leftover}
        self.trainer.restore(arrays)
        self.began = time.perf_counter() - float(arrays["seconds"][0])

    def newest(self, folder: RunFolder, hashes: Hashes, sound: SoundEpochs) -> tuple[Checkpoint | None, list[str]]:
        """The newest checkpoint in `folder` that is undamaged, of this config and data, and within the `sound` epochs.

        Returns with it a sentence for each newer checkpoint that could not be used.
        """
        notes: list[str] = []
        for name in checkpoints.names(folder):
            try:
                checkpoint = checkpoints.load(folder, name, self.forms())
                self.refuse_unfit(folder, checkpoint, hashes, sound)
                return checkpoint, notes
            except StoreError as problem:
                notes.append(str(problem))
        return None, notes

    def refuse_unfit(self, folder: RunFolder, checkpoint: Checkpoint, hashes: Hashes, sound: SoundEpochs) -> None:
        """Raises StoreError for a checkpoint of another run, or of an epoch beyond the sound lines."""
        path, counts = folder.path / checkpoint.name, checkpoint.arrays["counts"].tolist()
        if checkpoint.hashes != hashes:
            raise StoreError(
                f"{path}: of another config or other data; an older checkpoint, or the beginning, is used instead"
            )
        in_epoch = self.trainer.batches_in_epoch()
        if min(counts) < 0 or counts[0] >= self.trainer.plan.epochs or counts[1] > in_epoch or counts[3] > counts[0]:
            raise StoreError(
                f"{path}: counts epochs or batches that its config does not have; an older one is used instead"
            )
        if counts[0] > sound.epochs:
            ahead = f"at epoch {counts[0]}, and {sound.file} is sound up to epoch {sound.epochs}"
            raise StoreError(f"{path}: {ahead}; an older checkpoint, or the beginning, is used instead")


def taker_of(experiment: Experiment) -> SnapshotTaker:
    """The taker of an experiment's snapshots; they keep the boundary where the page of a run can draw it."""
    dataset = experiment.dataset
    return SnapshotTaker(experiment.network, draws=dataset.preparation.is_plane and dataset.task != "regression")
