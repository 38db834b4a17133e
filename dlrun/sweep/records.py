"""What a sweep finds: a line for each training that ended, and the outcome that the lines add up to.

The outcome is what `dlrun sweep` and `dlrun compare SWEEP` print with --json; tables and pages are made from it alone,
with the curves and boundaries of `Drawn`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ..data.reading import Task
from ..nn.snapshots import LayerWeights
from ..records import BySplit, Change, omitted
from ..statistics.intervals import Interval
from ..statistics.seeds import SeedsCompared, Spread

# How a training of a sweep ends. stopped : early, since others did better. failed : by an error or a killed process.
TrainingEnd = Literal["finished", "diverged", "stopped", "failed"]


@dataclass(frozen=True)
class Work:
    """A training to do.

    overrides : as typed after `dlrun train CONFIG`. run_id : of its run folder, None with --light. pause_epochs : to
    pause after, None to train to the end. state : what a paused training without a folder continues from.
    files : of its run folder so far, where that is made elsewhere. wants_split : whether the sweep does not yet have
    the arrays of its split.
    """

    key: str
    number: int
    settings: Change
    seed: int
    overrides: tuple[str, ...]
    run_id: str | None
    pause_epochs: int | None = None
    state: bytes | None = None
    files: Mapping[str, bytes] | None = None
    wants_split: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)  # a sweep may have 100,000 of them in memory
class TrainingLine:
    """A training that has ended: a line of the sweep's trainings.jsonl.

    key : of settings and seed; by it a training is known to be done. number : its place in the plan. settings : the
    values of the varied keys. run_id : None with --light. errors, losses : as in a run's result. candidates : the
    epochs that the best was chosen among, 1 without. parameters_sha256 : of the kept parameters, by which a training
    that is made again can be seen to be the same. attempts : how often it was begun, since a process may be killed.
    environment : a number of the environments of the sweep. planned_epochs : those of a training that nothing ends
    before; None if it failed, and in older lines. arrays_at, arrays_bytes, arrays_crc32 : its place in the sweep's file
    of predictions and curves, and their checksum.
    """

    key: str
    number: int
    settings: Change
    seed: int
    status: TrainingEnd
    run_id: str | None = None
    message: str | None = None
    errors: BySplit[float | None]
    losses: BySplit[float | None]
    epochs: int = 0
    best_epoch: int | None = None
    candidates: int = 1
    seconds: float = 0.0
    config_sha256: str | None = None
    data_sha256: str | None = None
    split_sha256: str | None = None
    parameters_sha256: str | None = None
    attempts: int = 1
    environment: int = 0
    arrays_at: int | None = None
    arrays_bytes: int | None = None
    arrays_crc32: int | None = None
    planned_epochs: int | None = None


@dataclass(frozen=True)
class SweptKey:
    """A key that was varied. values : those that were trained, numbers in order. scale : of a figure's axis."""

    key: str
    values: tuple[object, ...]
    scale: Literal["log", "linear", "words"]


@dataclass(frozen=True)
class Counts:
    """How many trainings ended in which way, and how many are still to come."""

    finished: int = 0
    diverged: int = 0
    stopped: int = 0
    failed: int = 0
    to_come: int = 0


@dataclass(frozen=True, kw_only=True)
class SettingOutcome:
    """What one setting of the varied keys has reached, over its seeds.

    number : its place in the plan. train, dev : errors of the finished trainings, None without one. difference : its
    dev error less the winner's, over the same seeds and dev rows, with what all settings say of the seeds; None for the
    winner, and where no seed is shared. is_equal : cannot be told from the winner (the winner itself is). seconds : of
    one training, the mean. run_ids : in the order of the seeds; empty with --light. message : of the first training
    that failed or diverged.
    """

    number: int
    settings: Change
    counts: Counts
    train: Spread | None
    dev: Spread | None
    difference: SeedsCompared | None
    is_equal: bool
    seconds: float | None
    run_ids: tuple[str, ...]
    message: str | None = omitted()


@dataclass(frozen=True, kw_only=True)
class Winner:
    """The setting with the lowest mean dev error, and what being the lowest of many is worth.

    candidates : how many settings (with the epochs that the best was chosen among) it is the lowest of, also those
    that --early stopped by their dev error, and what diverged once it had one.
    optimism_up_to : by how much its dev error may flatter itself; None for a regression. honest_dev, honest_interval :
    its dev error without that, by choosing on some rows and measuring on others; None where it cannot be computed.
    equals : numbers of the settings that cannot be told from it, best first. test : its test error, the one that is
    looked at; None without a test set. overrides : to type after a config, such as ["network.width=64"].
    """

    number: int
    settings: Change
    overrides: tuple[str, ...]
    dev: Spread
    candidates: int
    optimism_up_to: float | None
    honest_dev: float | None
    honest_interval: Interval | None
    equals: tuple[int, ...]
    test: Spread | None
    sentence: str


@dataclass(frozen=True, kw_only=True)
class SweepOutcome:
    """A sweep so far. status : "finished" if nothing is to come. settings : best dev error first, then those without.

    config : the base config's file. confidence : of all intervals. seconds : of all trainings together.
    saved_seconds : what --early has not spent on trainings that it stopped, by the seconds of their epochs so far and
    by how long others with patience went on.
    notes : sentences on how it went, such as versions that differ between machines.
    """

    sweep_id: str
    name: str
    config: str
    status: Literal["finished", "interrupted"]
    task: Task
    keys: tuple[SweptKey, ...]
    seeds: tuple[int, ...]
    planned: int
    counts: Counts
    confidence: float
    settings: tuple[SettingOutcome, ...]
    winner: Winner | None
    seconds: float
    saved_seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TrainingPath:
    """A training's errors by epoch: epochs, train_errors, dev_errors (n,), at most `MOST_POINTS` of them.

    number : of its setting.
    """

    number: int
    seed: int
    epochs: np.ndarray
    train_errors: np.ndarray
    dev_errors: np.ndarray


# A curve on a page is a few hundred pixels wide.
MOST_POINTS = 60


@dataclass(frozen=True)
class Boundary:
    """What a network with two inputs answers over the plane.

    x, y : (n,) the places, in the units of the source. answers : (n, n), row y and column x: the probability of the
    second of two classes, the number of the class of more, or a regression's number.
    """

    number: int
    seed: int
    x: np.ndarray
    y: np.ndarray
    answers: np.ndarray


@dataclass(frozen=True)
class Drawn:
    """What is drawn beside the figures of an outcome.

    boundaries : by number of setting, of its first seed; empty unless there are two inputs. weights : of the layers of
    the same networks, for any inputs. points : (m, 2) dev rows
    in the units of the source, and labels (m,) the numbers of their classes, or their targets, for the same. classes :
    the names of the classes, by number.
    """

    paths: tuple[TrainingPath, ...]
    boundaries: Mapping[int, Boundary]
    points: np.ndarray | None = None
    labels: np.ndarray | None = None
    input_names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    weights: Mapping[int, tuple[LayerWeights, ...]] = field(default_factory=dict)
