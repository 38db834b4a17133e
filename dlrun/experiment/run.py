"""Trains a config and leaves a run folder: the path of `dlrun train`, from top to bottom."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ..config import NAMELESS, LoadedConfig
from ..nn.training import EpochRecord
from ..store import Identity, Parent, RunContents, RunFolder, create_run, read_contents
from .advising import advised, case_in_memory, facts_of
from .checkpointing import Checkpointer
from .failure import failure_recorded
from .identity import identity_of
from .interrupts import Interrupts, noted_interrupts
from .judge import Lines, judged, suspects_labels
from .label_look import checked_labels
from .predictions import predict
from .prepare import Experiment, prepare
from .record import write_beginning, write_ending
from .result import notes_of, summarize, with_verdict
from .reuse import find_same
from .scored import note_scored
from .size_probe import probe_size
from .train import train, trainer_of


class Watcher(Protocol):
    """Shows a training while it runs."""

    def update(self, record: EpochRecord) -> None:
        """Called with the record of each epoch once it is written."""


Display = Callable[[Experiment], AbstractContextManager[Watcher]]


class Quiet:
    """The watcher that shows nothing."""

    def update(self, record: EpochRecord) -> None:
        """Called with the record of each epoch."""


@contextmanager
def quiet(experiment: Experiment) -> Iterator[Watcher]:
    """The display that shows nothing."""
    yield Quiet()


def run(
    loaded: LoadedConfig,
    runs_dir: Path,
    display: Display = quiet,
    *,
    parent: Parent | None = None,
    needed: bool = False,
) -> RunContents:
    """Train a config and write a run folder. Returns the folder's contents with the result.

    display : opened for the training, gets each epoch's record once it is written to metrics.jsonl.
    parent : the run that this one follows from.
    needed : a finished run of the same config, data and dlrun is returned instead; its result has `reused` set.
    Raises DlrunError before the folder exists; afterwards a divergence or an interrupt is a status of the result, and
    a StoreError leaves the run failed. Any other exception is a bug: its traceback is saved in the folder, whose path
    it then carries as `run_dir`.
    """
    experiment = prepare(loaded)
    identity = identity_of(loaded, experiment, parent)
    if needed and (same := find_same(runs_dir, identity)):
        return reused(same)
    return run_in(create_run(runs_dir, loaded.config.name or NAMELESS), loaded, experiment, identity, display)


def run_in(
    folder: RunFolder,
    loaded: LoadedConfig,
    experiment: Experiment,
    identity: Identity,
    display: Display = quiet,
    *,
    pause_epochs: int | None = None,
) -> RunContents:
    """Train a prepared experiment in an empty run folder; returns and raises as `run` does.

    pause_epochs : after so many epochs the state is saved for `resume`, and Paused is raised.
    """
    with noted_interrupts() as interrupts, folder.locked(), failure_recorded(folder, sessions=1):
        begun = write_beginning(folder, loaded, experiment, identity)
        checkpointer = checkpointer_of(experiment, folder, identity, interrupts)
        checkpointer.pause_epochs = pause_epochs
        return train_to_an_end(begun, experiment, checkpointer, display)


def reused(folder: RunFolder) -> RunContents:
    """The contents of an older run that is used again, with the path where it is now."""
    contents = read_contents(folder)
    return replace(contents, ending=replace(contents.result_required(), run_dir=str(folder.path), reused=True))


def checkpointer_of(
    experiment: Experiment, folder: RunFolder, identity: Identity, interrupts: Interrupts
) -> Checkpointer:
    """The checkpointer of this run, with a trainer at the beginning."""
    return Checkpointer(experiment, trainer_of(experiment), folder, identity.hashes, interrupts)


def train_to_an_end(
    begun: RunContents, experiment: Experiment, checkpointer: Checkpointer, display: Display, notes: Sequence[str] = ()
) -> RunContents:
    """Train from the state of the checkpointer's trainer to the end, judge the result, and write it.

    notes : sentences about how this session began, for the result.
    """
    folder, identity = begun.folder, begun.manifest.identity
    with display(experiment) as shown:
        outcome = train(checkpointer, shown.update)
    lines = Lines(tuple(checkpointer.metrics), tuple(checkpointer.trace))
    predictions = predict(experiment, outcome.parameters, folder.path)
    result = summarize(experiment, outcome, predictions, folder, lines)
    notes = (*notes, *notes_of(result))
    notes = (*notes, *note_scored(folder, identity.hashes, outcome, experiment.plan, result.errors.dev))
    result = replace(result, sessions=len(begun.manifest.sessions), notes=notes)
    diagnosis = None
    if result.has_errors:
        judgement = judged(result)
        if judgement.verdict.bias == "high" and (probe := probe_size(experiment, result, lines.metrics)):
            result = replace(result, size_probe=probe)
            judgement = judged(result)
        if suspects_labels(result, judgement.findings) and (noise := checked_labels(experiment.dataset)):
            result = replace(result, label_noise=noise)
            judgement = judged(result)
        result = with_verdict(result, judgement)
        facts = facts_of(experiment.dataset.facts, result.seconds)
        diagnosis = advised(
            result, case_in_memory(folder, judgement, identity.config, lines.metrics, facts, size=result.size_probe)
        )
    ended = replace(
        begun,
        status=result.status,
        ending=result,
        diagnosis=diagnosis,
        metrics=lines.metrics,
        trace=lines.trace,
        snapshots=checkpointer.snapshots.all() if checkpointer.snapshots else (),
    )
    return write_ending(ended, experiment, outcome.parameters, predictions)
