"""Faults planted in dlrun, each of which a kind of harm must see: a check that cannot fail shows nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from dlrun.experiment.checkpointing import Checkpointer
from dlrun.store import checkpoints, lines
from dlrun.sweep import line_file
from dlrun.sweep.folder import SweepFolder

from . import sweep_crashes, sweep_damage
from .crashes import crash_matrix
from .damage import damaged_files
from .short_run import in_child


def forget_a_stream() -> None:
    """Every checkpoint holds the random streams of the first one."""
    stream_states, kept = Checkpointer.stream_states, {}
    Checkpointer.stream_states = lambda self: kept.setdefault("first", stream_states(self) * 0 + 1)


def believe_checksums() -> None:
    """Every checksum of a checkpoint fits, and so does every line's."""
    checkpoints.is_sealed = lambda file: True
    lines.checksum = lambda body: b"00000000"


def seen(plant: Callable[[], None], harm: Callable[[Path], dict]) -> Callable[[Path], dict]:
    """A function of a folder that does harm to a dlrun with the fault: {seen, losses}; not to see it is a loss."""

    def look(folder: Path) -> dict:
        folder.mkdir()
        told = folder / "losses"

        def harmed() -> None:
            plant()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what breaks is meant to
            told.write_text(json.dumps(harm(folder / "place")["losses"]))

        status = in_child(harmed)
        seen_losses = json.loads(told.read_text()) if status == 0 else []
        return {"seen": len(seen_losses), "losses": [] if seen_losses else [f"not seen, status {status}"]}

    return look


def believe_cut_lines() -> None:
    """A line that was cut short is the beginning of the next one."""
    line_file.complete_lines_length = lambda file: file.seek(0, os.SEEK_END)


def overlook_arrays() -> None:
    """What a sweep keeps beside its lines is not looked at when it is resumed."""
    SweepFolder.unreadable = lambda folder: set()


PLANTED_IN_SWEEPS = {
    "planted: lines of a sweep that were cut short": seen(
        believe_cut_lines, lambda folder: sweep_crashes.crash_matrix(folder, every=3, kinds=sweep_crashes.KINDS[:1])
    ),
    "planted: damaged arrays of a sweep": seen(
        overlook_arrays, lambda folder: sweep_damage.damaged_files(folder, 10, kinds=sweep_crashes.KINDS[:1])
    ),
}

# Those that need many points before one shows the fault, and so have no quick form.
LONG = ("planted: lines of a sweep that were cut short",)

PLANTED = {
    "planted: checkpoints forget a random stream": seen(forget_a_stream, lambda folder: crash_matrix(folder, every=45)),
    "planted: checksums are not looked at": seen(believe_checksums, lambda folder: damaged_files(folder, 0, flips=6)),
}
