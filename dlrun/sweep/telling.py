"""The outcome of a sweep from its folder, and the look at its winner's test error."""

import os
from collections.abc import Iterator

from ..experiment.identity import WATCHED
from ..inspection import look_at_test
from ..records import flattened
from ..store import RunFolder, to_plain
from .base import base_of
from .folder import SweepFolder, SweepManifest
from .grid import canonical
from .lines import hashes_in
from .outcome import AboutSweep, outcome_of
from .plan import scale_of
from .reading import Reader
from .records import SweepOutcome, TrainingLine


def outcome_of_folder(folder: SweepFolder, notes: tuple[str, ...] = ()) -> SweepOutcome:
    """What a sweep has found so far. Raises StoreError where its plan cannot be read."""
    manifest = folder.manifest()
    plan, base = manifest.plan, base_of(folder, manifest)
    about = AboutSweep(
        sweep_id=folder.id,
        name=manifest.name,
        config=shown_path(base.file),
        overrides=base.overrides,
        task=manifest.task or "multiclass",
        scales={key.key: scale_of(key) for key in plan.keys},
        seeds=plan.seeds,
        planned=plan.trainings_count,
        epochs=None if base.config.training.epochs == "auto" else base.config.training.epochs,
        setting_number=plan.setting_number_of,
        notes=(*notes, *environment_notes(manifest)),
    )
    return outcome_of(folder.lines(), Reader(folder).row_errors, about=about)


def environment_notes(manifest: SweepManifest) -> list[str]:
    """A note where the trainings were done with several versions or on several kinds of machine."""
    known = [flattened(to_plain(environment)) for environment in manifest.environments]
    watched = [key for key in (known[0] if known else ()) if key.split(".")[0] in WATCHED]
    differ = {key: list(dict.fromkeys(str(one.get(key)) for one in known)) for key in watched}
    told = [f"{key} {' and '.join(values)}" for key, values in differ.items() if len(values) > 1]
    several = "trained with several versions, machines or numbers of threads, so the last bits may differ"
    return [f"{several}: {'; '.join(told)}"] if told else []


def shown_path(file: str) -> str:
    """A file's path as a person would type it here."""
    near = os.path.relpath(file)
    return file if near.startswith("..") else near


def test_look(folder: SweepFolder, outcome: SweepOutcome, verb: str) -> int | None:
    """Counts that the winner's test error is shown: a look at the test rows of each seed. Returns the greatest number.

    None where there is no test error.
    """
    if outcome.winner is None or outcome.winner.test is None:
        return None
    looks = [
        look_at_test(RunFolder(folder.runs_dir / (line.run_id or folder.id)), hashes, line.errors.test, verb)
        for line in winners_lines(folder, outcome)
        if (hashes := hashes_in(line)) is not None
    ]
    return max((look for look in looks if look is not None), default=None)


def winners_lines(folder: SweepFolder, outcome: SweepOutcome) -> Iterator[TrainingLine]:
    """The finished trainings of the winner."""
    winner = canonical(outcome.winner.settings) if outcome.winner else ""
    return (line for line in folder.lines() if line.status == "finished" and canonical(line.settings) == winner)
