"""The process ends itself at every n-th write, sync and rename of a short run; then the run is gone on with."""

import errno
import json
import os
import shutil
from pathlib import Path

from dlrun.errors import StoreError
from dlrun.experiment.checkpointing import Checkpointer
from dlrun.store import RunFolder, checkpoints, list_runs
from tests.trainings import resume

from .essence import essence
from .faults import DIED, Harm
from .short_run import config_in, in_child, only_run, resume_in_child, train

ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)
# A deed in the midst of the run: two checkpoints are whole, and the third is being written.
HALF_DONE = 122
STORE_STATUS = StoreError.exit_status


def crash_matrix(folder: Path, every: int = 1) -> dict:
    """Ends a run at each `every`-th deed and resumes it: {points, resumed, never begun, losses}."""
    path, whole = config_in(folder), reference(folder)
    points, resumed, unbegun, losses = deeds_of(lambda: train(path, folder / "counted"), folder), 0, 0, []
    for at in range(1, points + 1, every):
        runs_dir, acknowledged = folder / f"crash-{at}", folder / f"acknowledged-{at}"
        status = in_child(lambda: harmed(Harm(at), lambda: train(path, runs_dir), acknowledged))  # noqa: B023
        found = loss_after(status == DIED, runs_dir, acknowledged, whole)
        unbegun, resumed = unbegun + (found is None), resumed + (found == "")
        losses += [f"at {at}: {found}"] if found else []
        shutil.rmtree(runs_dir, ignore_errors=True)
    return {"points": resumed + unbegun + len(losses), "resumed": resumed, "never begun": unbegun, "losses": losses}


def crashes_of_resuming(folder: Path, every: int = 1) -> dict:
    """The same for the process that resumes: it, too, is ended at each deed, and the run resumed once more."""
    path, whole = config_in(folder), reference(folder)
    in_child(lambda: harmed(Harm(HALF_DONE), lambda: train(path, folder / "half")))
    half, losses, tried = only_run(folder / "half"), [], 0
    copy = folder / "copied" / half.id

    def copied() -> RunFolder:
        shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.copytree(half.path, copy)
        return RunFolder(copy)

    counted = copied()
    points = deeds_of(lambda: resume(counted), folder)
    for at in range(1, points + 1, every):
        run_folder = copied()
        status = in_child(lambda: harmed(Harm(at), lambda: resume(run_folder)))  # noqa: B023
        found = loss_after(status == DIED, copy.parent, None, whole)
        tried += 1
        losses += [f"at {at}: {found}"] if found != "" else []
    return {"points": tried, "losses": losses}


def disk_faults(folder: Path, every: int = 1) -> dict:
    """The disk refuses, once or ever after, at each deed: exit 6, and the run can be resumed: {points, losses}."""
    path, whole = config_in(folder), reference(folder)
    points, losses, tried = deeds_of(lambda: train(path, folder / "counted"), folder), [], 0
    for error in ERRORS:
        for lasting in (False, True):
            for at in range(1 + tried % every, points + 1, every):
                runs_dir, harm = folder / f"fault-{tried}", Harm(at, error, lasting)
                status = in_child(lambda: harmed(harm, lambda: train(path, runs_dir)))  # noqa: B023
                found = loss_after_refusal(status, runs_dir, lasting and error != errno.ENOSPC, whole)
                tried += 1
                losses += [f"{errno.errorcode[error]}, {lasting=}, at {at}: {found}"] if found else []
                shutil.rmtree(runs_dir, ignore_errors=True)
    return {"points": tried, "losses": losses}


def loss_after_refusal(status: int, runs_dir: Path, takes_nothing: bool, whole: dict) -> str | None:
    """What was lost after a refusal; of what stands beside the runs (the ledger) a run ends well, and notes it."""
    if status == 0:
        told = only_run(runs_dir).read_json("result.json")["notes"]
        return None if told and essence(only_run(runs_dir).path) == whole else "the refusal was not told"
    return unmarked(runs_dir, takes_nothing) or loss_after(status == STORE_STATUS, runs_dir, None, whole)


def unmarked(runs_dir: Path, takes_nothing: bool) -> str | None:
    """What is wrong with the status after a refusal: a run has failed, unless the disk took not even that from it."""
    statuses = [row.status for row in list_runs(runs_dir)]
    fits = statuses in ([], ["failed"]) or (takes_nothing and statuses in (["crashed"], ["finished"]))
    return None if fits else f"status {statuses}"


def reference(folder: Path) -> dict:
    """The essence of the run that nothing happened to."""
    return essence(train(config_in(folder), folder / "whole").run_dir)


def deeds_of(deed, folder: Path) -> int:
    """How many things a deed does to the disk."""
    told = folder / "count"

    def counted() -> None:
        harm = Harm()
        harm.install()
        deed()
        told.write_text(json.dumps(harm.count))

    assert in_child(counted) == 0
    return json.loads(told.read_text())


def harmed(harm: Harm, deed, acknowledged: Path | None = None) -> None:
    """The deed under harm; each checkpoint is noted in a file of its own once `save` has returned."""
    if acknowledged is not None:
        note_checkpoints(acknowledged)
    harm.install()
    deed()


def note_checkpoints(acknowledged: Path) -> None:
    save, handle = Checkpointer.save, os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def noted(self) -> None:
        save(self)
        os.write(handle, f"{self.trainer.optimizer.steps}\n".encode())

    Checkpointer.save = noted


def loss_after(ended_as_meant: bool, runs_dir: Path, acknowledged: Path | None, whole: dict) -> str | None:
    """ "" if the run, gone on with, is the whole one; None if it had not begun; else what was lost."""
    if not ended_as_meant:
        return "the process did not end as it was meant to"
    folder = only_run(runs_dir)
    if folder is None or not (folder.path / "run.json").exists():
        return None
    row = list_runs(runs_dir)[0]
    if row.status == "broken":
        return f"listed as broken: {row.problem}"
    steps = acknowledged.read_text().split() if acknowledged is not None and acknowledged.exists() else []
    kept = [int(checkpoints.NAME.fullmatch(name)["steps"]) for name in checkpoints.names(folder)]
    if steps and int(steps[-1]) not in kept:
        return f"the checkpoint of step {steps[-1]} was acknowledged and is gone"
    status = resume_in_child(folder)
    if status != 0:
        return f"resume ended with {status}"
    return "" if essence(folder.path) == whole else "other bits"
