"""The outcome of a sweep from its folder, and the look at its winner's test error."""

from collections.abc import Iterator

from ..inspection import look_at_test
from ..store import Hashes, RunFolder
from .folder import SweepFolder
from .outcome import outcome_of
from .reading import Reader, key_of
from .records import SweepOutcome, TrainingLine


def outcome_of_folder(folder: SweepFolder, notes: tuple[str, ...] = ()) -> SweepOutcome:
    """What a sweep has found so far. Raises StoreError where its plan cannot be read."""
    return outcome_of(folder.manifest(), folder.lines, Reader(folder).row_errors, notes)


def test_look(folder: SweepFolder, outcome: SweepOutcome, verb: str) -> int | None:
    """Counts that the winner's test error is shown: a look at the test rows of each seed. Returns the greatest number.

    None where there is no test error.
    """
    if outcome.winner is None or outcome.winner.test is None:
        return None
    looks = [
        look_at_test(RunFolder(folder.runs_dir / (line.run_id or folder.id)), hashes, line.errors.test, verb)
        for line in winners_lines(folder, outcome)
        if (hashes := hashes_of(line)) is not None
    ]
    return max((look for look in looks if look is not None), default=None)


def winners_lines(folder: SweepFolder, outcome: SweepOutcome) -> Iterator[TrainingLine]:
    """The finished trainings of the winner."""
    winner = key_of(outcome.winner.settings) if outcome.winner else ""
    return (line for line in folder.lines() if line.status == "finished" and key_of(line.settings) == winner)


def hashes_of(line: TrainingLine) -> Hashes | None:
    """What the ledger knows a training's rows by."""
    if line.config_sha256 is None or line.data_sha256 is None or line.split_sha256 is None:
        return None
    return Hashes(line.config_sha256, line.data_sha256, line.split_sha256)
