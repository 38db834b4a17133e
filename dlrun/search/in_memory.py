"""Trainings for the recipe that leave nothing behind: a config in, its diagnosis and its answers on the dev set out.

Stands beside `recipe`, which leaves run folders. A benchmark follows the recipe thousands of times with these.
"""

from collections.abc import Callable
from pathlib import Path

from ..config import LoadedConfig, config_from_dict
from ..diagnosis.acceptance import Answers
from ..diagnosis.advice import advise
from ..diagnosis.case import Case
from ..diagnosis.course import course_of
from ..experiment import Experiment, prepare
from ..experiment.advising import facts_of
from ..experiment.keeper import Keeper
from ..experiment.outcome import train
from ..experiment.predictions import predict
from ..experiment.prepare import make_trainer
from ..experiment.result import judged, summarize
from ..nn.predictions import Predictions
from ..store import RunFolder
from .follow import Because, Config, Judged

# A training without a folder still has a place in its result.
NOWHERE = RunFolder(Path("in-memory"))


def trainer(prepared: Callable[[Config], Experiment] | None = None) -> Callable[[Config, Because | None], Judged]:
    """What `follow` calls. prepared : makes an experiment of a config, for whoever has the data in memory already."""

    def train_and_diagnose(config: Config, because: Because | None = None) -> Judged:
        return judged_in_memory((prepared or prepare_config)(config), config)

    return train_and_diagnose


def prepare_config(config: Config) -> Experiment:
    """The experiment of a nested config, whose files are named from the working directory."""
    return prepare(LoadedConfig(config_from_dict(config), b"", {}, "config.yaml"))


def judged_in_memory(experiment: Experiment, config: Config) -> Judged:
    """Train, evaluate, diagnose and advise, as a run does."""
    keeper, records = Remembering(experiment), []
    outcome = train(experiment, lambda record, seconds: records.append(record.to_dict()), keeper)
    predictions = predict(experiment, outcome.parameters)
    result = summarize(experiment, outcome, predictions, NOWHERE, records, keeper.lines)
    diagnosis = judged(result)
    facts = facts_of(experiment.dataset.facts, result["seconds"])
    case = Case(diagnosis, config=config, course=course_of(records), facts=facts)
    return Judged(config, diagnosis | {"advice": advise(case)}, answers_of(predictions["dev"], experiment.dataset.task))


class Remembering(Keeper):
    """A keeper whose trace stays in memory, in `lines`."""

    def __init__(self, experiment: Experiment):
        super().__init__(experiment, make_trainer(experiment))
        self.lines: list[dict] = []

    def keep_trace(self) -> None:
        if line := self.trainer.trace():
            self.lines.append(line)


def answers_of(dev: Predictions, task: str) -> Answers:
    """What the acceptance rule compares."""
    return Answers(None if task == "regression" else dev.answers != dev.targets, dev.losses)
