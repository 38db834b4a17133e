"""Labels that may be wrong, looked for among a config's train and dev rows: `dlrun data CONFIG --suspects`.

Test rows are left out: what is done because of them would be chosen by them.
"""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..config.schema import Config
from ..data import Dataset
from ..data.reader import places_of_rows
from ..diagnosis.label_noise import Suspect, Suspects
from ..errors import DataError, StoreError
from ..experiment import Experiment
from ..experiment.label_look import LookedAt, looked_at, noise_of
from ..experiment.prepare import prepare_data, random_streams, reading_of
from ..statistics.label_noise import confident_joint, suspects
from ..store import LABELS, RunFolder, add_file, status_of

# The rows that a run keeps; more are not looked through at once.
MOST_KEPT = 30


def suspects_of_config(config: Config, folder: Path) -> Suspects:
    """The suspects of a config's data, with the places of their rows. Raises DataError."""
    found = suspects_of(prepare_data(config, folder, random_streams(config.seed)), "--suspects")
    place = places_of_rows(reading_of(config.data), folder=folder, rng=random_streams(config.seed)["source"])
    return replace(found, rows=tuple(replace(row, place=place(row.row - 1)) for row in found.rows))


def suspects_of(dataset: Dataset, option: str) -> Suspects:
    """The suspects of a dataset; `option` asked for them. Raises DataError."""
    looked = looked_at(dataset, option)
    probabilities, y = looked.answered.probabilities, looked.y
    found, likely = suspects(probabilities, y, confident_joint(probabilities, y))
    return Suspects(noise_of(looked), tuple(suspect(looked, *pair) for pair in zip(found, likely, strict=True)))


def suspect(looked: LookedAt, at: int, likely: int) -> Suspect:
    given, probabilities = int(looked.y[at]), looked.answered.probabilities[at]
    return Suspect(
        row=int(looked.rows[at]) + 1,
        given=looked.classes[given],
        likely=looked.classes[likely],
        probability=round(float(probabilities[likely]), 4),
        of_given=round(float(probabilities[given]), 4),
    )


def labels_of(folder: RunFolder, experiment: Experiment) -> Suspects | None:
    """The suspects of a run, the first of them; of a finished run they are kept in its folder, if that can be written.

    None where wrong labels cannot be looked for.
    """
    try:
        found = suspects_of(experiment.dataset, "--reference")
    except DataError:
        return None
    found = replace(found, rows=found.rows[:MOST_KEPT])
    if status_of(folder) == "finished":
        with suppress(StoreError), folder.locked():
            add_file(folder, LABELS, found)
    return found
