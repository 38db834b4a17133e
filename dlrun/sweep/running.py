"""Does the trainings of a sweep that are not done yet, with one writer for all that comes back.

What is done is known from the sweep's folder alone. So a sweep goes on after any end, by the same call that began it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Protocol

from ..errors import StoreError
from ..executor import Done, Executor, Lost
from ..executor.temporary import Temporary
from ..experiment.auto import numbers_of
from ..experiment.scored import scored_event
from ..places import command_for
from ..records import Change
from ..store import FailedSession, RunFolder, create_run, looks, now, read_manifest, release
from ..store.results import FILE as RESULT
from .base import base_of
from .data import KnownData, absolute_overrides, data_is_shared, is_prepared_first, rows_read_once, split_key
from .folder import SweepFolder, SweepManifest, SweepSession, Writer
from .halving import Score, score_of
from .lines import hashes_in, line_of
from .packing import files_of, unpack_run
from .plan import Plan, PlannedTraining, overrides_of
from .records import TrainingEnd, TrainingLine, Work
from .training import Base, Refused, Trained, prepare_data, train_one, train_rows

# A training that ended like this would end like this again.
OVER = ("finished", "diverged")


class Watcher(Protocol):
    """Shows a sweep while it runs."""

    def begun(self, number: int, settings: Change, seed: int) -> None:
        """Called when a training is handed out."""

    def update(self, line: TrainingLine) -> None:
        """Called with the line of each training that has ended."""


@dataclass(frozen=True)
class Wishes:
    """What a person wants of this session: failed trainings done again; an end at the first failure."""

    retry: bool = False
    fail_fast: bool = False


class FailedFast(StoreError):
    """A training failed, and the sweep was to end with it."""


@contextmanager
def working(folder: SweepFolder, executor: Executor, watcher: Watcher) -> Iterator["Session"]:
    """A session that works on a sweep, alone: raises StoreError while another process does."""
    with folder.files.locked(), Temporary() as cache:
        manifest = folder.manifest()
        began = SweepSession(now(), executor.where)
        manifest = replace(manifest, sessions=(*manifest.sessions, began))
        folder.write_manifest(manifest)
        writer = Writer(folder, manifest)
        try:
            yield Session(folder, manifest, executor, watcher, writer, cache.path)
        finally:
            writer.close()


@dataclass(frozen=True, slots=True)
class EndedTraining:
    """How a training ended and after how many epochs, and what it is ranked by among others."""

    status: TrainingEnd
    score: Score
    epochs: int


def ended_training(line: TrainingLine) -> EndedTraining:
    """What a session knows of a training by its line."""
    return EndedTraining(line.status, score_of(line), line.epochs)


class Session:
    """The work of one process on a sweep.

    ended : how each training ended so far, by key. paused : the lines of trainings at their pauses, by key and epoch.
    unreadable : keys of those that have ended, and whose arrays were damaged since. train_rows : how many each split
    has, by `split_key`, as far as it was asked.
    """

    def __init__(
        self,
        folder: SweepFolder,
        manifest: SweepManifest,
        executor: Executor,
        watcher: Watcher,
        writer: Writer,
        cache: Path,
    ):
        self.folder, self.manifest, self.executor, self.watcher, self.writer = (
            folder,
            manifest,
            executor,
            watcher,
            writer,
        )
        self.loaded, self.cache = base_of(folder, manifest), cache
        self.ended: dict[str, EndedTraining] = {}
        self.data = KnownData(self.loaded)
        for line in folder.lines():
            self.ended[line.key] = ended_training(line)
            self.data.note(line)
        self.paused = {(line.key, line.epochs): line for line in folder.paused_lines()}
        self.run_ids = {line.key: line.run_id for line in self.paused.values() if line.run_id} | folder.begun()
        self.splits: set[str] = set()
        self.train_rows: dict[str, int | None] = {}
        self.unreadable = folder.unreadable()
        self.prepares = executor.shares_disk and is_prepared_first(self.loaded, manifest.plan, executor.processes)

    @cached_property
    def base(self) -> Base:
        """What all trainings have in common, with the rows read once. Raises DataError."""
        plan, manifest, packs = self.manifest.plan, self.manifest, not self.executor.shares_disk
        rows = rows_read_once(self.loaded, plan) if packs or len(plan.seeds) > 1 else None
        return Base(
            sweep_id=self.folder.id,
            text=self.folder.config_text(manifest),
            file=manifest.config_file,
            overrides=(*self.loaded.overrides, *(absolute_overrides(self.loaded) if packs else ())),
            runs_dir=None if manifest.light else self.folder.runs_dir.resolve(),
            cache=self.cache if data_is_shared(plan) else None,
            rows=self.executor.share(f"rows of {self.folder.id}", rows) if rows else None,
            packs=packs,
            own_process=self.executor.processes > 1 or packs,
            alike=-(-self.open_count() // self.executor.processes),
        )

    def epochs_of(self, planned: PlannedTraining) -> int:
        """The epochs of a training that is not stopped; 0 where auto has no rows to go by, and it will fail."""
        training, settings = self.loaded.config.training, planned.settings
        epochs = settings.get("training.epochs", training.epochs)
        if epochs != "auto":
            return int(epochs)
        key = split_key(planned.seed, settings)
        if key not in self.train_rows:
            base = self.base if self.executor.shares_disk else replace(self.base, rows=None)
            self.train_rows[key] = train_rows(base, overrides_of(settings, planned.seed))
        rows = self.train_rows[key]
        batch_size = settings.get("training.batch_size", training.batch_size)
        return numbers_of(epochs, batch_size, rows).epochs if rows else 0

    def open_count(self) -> int:
        """How many trainings may still be done."""
        return self.manifest.plan.trainings_count - sum(ended.status in OVER for ended in self.ended.values())

    def is_done(self, planned: PlannedTraining, *, retry: bool) -> bool:
        """Whether a training needs no more work."""
        ended = self.ended.get(planned.key)
        if planned.key in self.unreadable:
            return False
        return ended is not None and (ended.status in OVER or (ended.status == "failed" and not retry))

    def do(
        self, trainings: Iterable[PlannedTraining], pause_epochs: Callable[[PlannedTraining], int | None] | None = None
    ) -> Iterator[TrainingLine]:
        """The line of each training as it ends or pauses; those that end are written, paused ones are kept.

        Raises StoreError where the disk does not take what is written, in any of the processes; DataError.
        """
        handed: dict[int, Work] = {}
        trainings = iter(trainings)
        first = next(trainings, None)
        if first is None:
            return
        self.executor.expect(self.open_count())

        def tasks() -> Iterator[tuple[Base, Work]]:
            for place, planned in enumerate(chain([first], trainings)):
                work = self.work_of(planned, pause_epochs(planned) if pause_epochs else None)
                if work.wants_split and self.prepares:
                    prepare_data(self.base, work)
                handed[place] = work
                self.watcher.begun(work.number, work.settings, work.seed)
                yield self.base, work

        for done in self.executor.each(train_one, tasks()):
            yield self.taken(handed.pop(done.number), done)

    def work_of(self, planned: PlannedTraining, pause_epochs: int | None) -> Work:
        """A training as its process gets it. It has its run folder from here on, so that it is found after any end."""
        run_id = None if self.manifest.light else self.run_ids.get(planned.key)
        if run_id is None and not self.manifest.light:
            note = partial(self.writer.note_begun, planned.key)
            run_id = create_run(self.folder.runs_dir, self.manifest.name, noted=note).id
            self.run_ids[planned.key] = run_id
        return Work(
            key=planned.key,
            number=planned.number,
            settings=planned.settings,
            seed=planned.seed,
            overrides=tuple(overrides_of(planned.settings, planned.seed)),
            run_id=run_id,
            pause_epochs=pause_epochs,
            state=self.folder.paused_state(planned.key) if self.manifest.light and self.writer.has_paused else None,
            files=files_of(self.folder.runs_dir / run_id) if run_id and self.base.packs else None,
            wants_split=split_key(planned.seed, planned.settings) not in self.splits,
        )

    def taken(self, work: Work, done: Done[Trained | Refused]) -> TrainingLine:
        """The line of what came back, written unless the training has only paused."""
        came = done.value
        if isinstance(came, Refused) and came.is_of_store:
            raise StoreError(came.message)
        if not isinstance(came, Trained):
            return self.failed(work, came, done.attempts)
        line = replace(came.line, attempts=done.attempts)
        self.data.note(line)
        self.writer.note_task(came.task)
        if came.files is not None and line.run_id is not None:
            unpack_run(RunFolder(self.folder.runs_dir / line.run_id), came.files)
        if came.split is not None:
            self.writer.keep_split(line, came.split)
            self.splits.add(split_key(work.seed, work.settings))
        if came.is_paused:
            is_over = line.key in self.ended and self.ended[line.key].status in OVER
            if line.key in self.ended and self.ended[line.key].status == "failed":
                del self.ended[line.key]  # it is done again
            line = self.writer.note_paused(line, came.arrays, None if is_over else came.state)
            self.paused[line.key, line.epochs] = line
            return line
        self.note_scored(line)
        return self.ends(self.writer.note_ended(line, came.arrays, came.here))

    def ends(self, line: TrainingLine) -> TrainingLine:
        """Takes note of a training that has ended, and shows it."""
        self.ended[line.key] = ended_training(line)
        self.unreadable.discard(line.key)
        self.watcher.update(line)
        return line

    def failed(self, work: Work, why: Refused | Lost, attempts: int) -> TrainingLine:
        """The line of a training that gave nothing, with what is known of it."""
        line = replace(line_of(work, work.run_id), message=why.message, attempts=attempts)
        if isinstance(why, Lost) and why.traceback:
            self.writer.note_traceback(line, why.traceback)
        return self.ends(self.writer.note_ended(line, b"", why.here if isinstance(why, Refused) else None))

    def stop(self, line: TrainingLine, why: str) -> None:
        """Ends a training where it has paused, since others do better; its run can be resumed by hand."""
        if line.run_id is not None:
            end_stopped_run(RunFolder(self.folder.runs_dir / line.run_id), why)
        self.ends(self.writer.note_ended(replace(line, message=why), b"", None))

    def note_scored(self, line: TrainingLine) -> None:
        """Counts the training among those that were scored on its dev rows, unless its own process has done so."""
        if self.base.runs_dir is not None and not self.base.packs:
            return
        if (hashes := hashes_in(line)) is not None:
            event = scored_event(line.run_id or self.folder.id, hashes, line.errors.dev, line.candidates)
            looks.record(self.folder.runs_dir, event)


def end_stopped_run(folder: RunFolder, why: str) -> None:
    """Gives a run that was stopped where it paused an ending, so that it does not look like one that crashed."""
    sessions = len(read_manifest(folder).sessions)
    with folder.locked():
        stopped = FailedSession(run_id=folder.id, status="interrupted", message=why, sessions=sessions, ended=now())
        folder.write_json(RESULT, stopped)
        release(folder)


def do_all(session: Session, wishes: Wishes) -> None:
    """Does every training of the plan that is not done. Raises StoreError, FailedFast."""
    plan: Plan = session.manifest.plan
    todo = (planned for planned in plan.trainings() if not session.is_done(planned, retry=wishes.retry))
    for line in session.do(todo):
        end_if_failed(session, line, wishes)


def end_if_failed(session: Session, line: TrainingLine, wishes: Wishes) -> None:
    """Raises FailedFast for a failed training, if that is wished."""
    if wishes.fail_fast and line.status == "failed":
        later = command_for("sweep --resume", session.folder.path)
        raise FailedFast(f"training {line.number} failed: {line.message}; mend it, then: {later} --retry")
