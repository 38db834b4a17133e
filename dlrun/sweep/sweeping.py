"""Runs a sweep to its end, or as far as it comes: by its plan, by successive halving, or by a sampler."""

from ..executor import Executor
from .early import do_early
from .folder import SweepFolder
from .running import Watcher, Wishes, do_all, working
from .study import do_study


def run_sweep(folder: SweepFolder, executor: Executor, watcher: Watcher, wishes: Wishes) -> None:
    """Does what is missing of a sweep, and no more.

    Raises StoreError while another process works on it and where the disk does not take what is written, FailedFast.
    """
    with working(folder, executor, watcher) as session:
        manifest = session.manifest
        if manifest.plan.is_proposed:
            do_study(session, wishes)
        elif manifest.early:
            do_early(session, wishes)
        else:
            do_all(session, wishes)
