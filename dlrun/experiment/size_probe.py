"""Trains a wider network for a few hundred steps at the end of a run with high bias, to say whether its size is why.

It takes less than a tenth of the run's work, counted in products, so that a repeated run has the same probe. It has
streams of its own, begun like the run's, so that both see the same batches, and the run's bits stay as they are.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..advice.case import Facts, changed
from ..advice.expense import products
from ..config import config_from_dict
from ..diagnosis.causes import CAUSES
from ..diagnosis.size_probe import (
    EXPLAINED_BY_SIZE,
    FEWEST_STEPS,
    MOST_STEPS,
    WORK_SHARE,
    SizeProbe,
    answer_of,
    probed_units,
)
from ..diagnosis.steps import rows_a_step, steps_an_epoch
from ..errors import Diverged
from ..nn.evaluation import evaluate
from ..nn.training import EpochRecord
from ..store import Result
from .advising import facts_of
from .prepare import Experiment, experiment_of, random_streams
from .train import trainer_of

# Where the config itself shows another cause, the probe would have it too, and its size would say nothing.
SPOILING = {check.code for check in CAUSES} - set(EXPLAINED_BY_SIZE)

# At the train error, before and after the steps.
LOOKS = 2


class Enough(Exception):
    """A probe has taken its steps."""


def probe_size(experiment: Experiment, result: Result, metrics: Sequence[EpochRecord]) -> SizeProbe | None:
    """A wider network beside the run's own; None where there is nothing to tell apart, or too little time.

    Augmentation has random numbers of its own, and an experiment with it is not probed.
    """
    if result.status != "finished" or result.errors.train is None or experiment.augmentation.changes_anything():
        return None
    if any(finding.code in SPOILING for finding in result.health):
        return None
    units = probed_units(experiment.config.network.hidden_widths())
    wider = wider_config(experiment, units)
    steps, own = steps_to_take(experiment, wider, metrics)
    if steps < FEWEST_STEPS:
        return None
    errors = errors_around(steps, experiment, wider)
    if errors is None:
        return None
    m, regression = len(experiment.dataset.train.X), experiment.dataset.task == "regression"
    an_epoch = steps_an_epoch(wider["training"]["batch_size"], m)
    rows = result.effective_sizes.train if result.effective_sizes else m
    probe = SizeProbe(
        units=units,
        steps=steps,
        first_error=errors[0],
        error=errors[1],
        own_error=own,
        last_error=result.errors.train,
        last_steps=an_epoch * len(metrics),
        rows=rows,
        work=float(f"{work_of(steps, experiment, wider) / work_of_run(experiment, metrics):.2g}"),
        answer="open",
    )
    return replace(probe, answer=answer_of(probe, result.baseline_error, regression=regression))


def wider_config(experiment: Experiment, units: int) -> dict[str, Any]:
    """The run's config, nested, with so many units in each hidden layer, and one such layer where there is none."""
    config = experiment.config
    layers = max(1, len(config.network.hidden_widths()))
    keep = config.regularization.keep_prob
    change: dict[str, Any] = {
        "network.hidden": None,
        "network.width": units,
        "network.depth": layers + 1,
        "ensemble": 1,
        "bag_fraction": 1.0,
    }
    if not isinstance(keep, float | int) and len(keep) != layers:
        change["regularization.keep_prob"] = 1.0
    return changed(config.to_dict(), change)


def steps_to_take(
    experiment: Experiment, wider: dict[str, Any], metrics: Sequence[EpochRecord]
) -> tuple[int, float | None]:
    """How many steps there is time for, and the run's own train error after as many, None where it was not measured.

    Where it was measured within these steps, the probe ends at that epoch.
    """
    affordable = WORK_SHARE * work_of_run(experiment, metrics) - work_of(0, experiment, wider)
    a_step = work_of(1, experiment, wider) - work_of(0, experiment, wider)
    steps = min(MOST_STEPS, int(affordable / a_step))
    an_epoch = steps_an_epoch(wider["training"]["batch_size"], len(experiment.dataset.train.X))
    for record in reversed(metrics):
        if record.train_error is not None and FEWEST_STEPS <= record.epoch * an_epoch <= steps:
            return record.epoch * an_epoch, record.train_error
    return steps, None


def work_of_run(experiment: Experiment, metrics: Sequence[EpochRecord]) -> float:
    """The products of the run's training."""
    facts = facts_of(experiment.dataset.facts, 0.0)
    return products(changed(experiment.config.to_dict(), {"training.epochs": len(metrics)}), facts)


def work_of(steps: int, experiment: Experiment, wider: dict[str, Any]) -> float:
    """The products of so many steps of the wider network, and of looking at its train error before and after them.

    A look is a forward pass alone, a third of a step on the same rows.
    """
    facts: Facts = facts_of(experiment.dataset.facts, 0.0)
    training = wider["training"]
    a_step = products(changed(wider, {"training.epochs": 1}), facts) / steps_an_epoch(
        training["batch_size"], facts.train_rows
    )
    steps_of_a_look = facts.train_rows / rows_a_step(training["batch_size"], facts.train_rows) / 3
    steps_of_a_look *= LOOKS
    return (steps + steps_of_a_look) * a_step


def errors_around(steps: int, experiment: Experiment, wider: dict[str, Any]) -> tuple[float, float] | None:
    """The train error of the wider network before and after so many steps of the run's plan; None where it diverged."""
    streams = random_streams(experiment.config.seed)
    probed = experiment_of(config_from_dict(wider), experiment.dataset, streams, experiment.optimal)
    # Nothing is measured on the way, and nothing compiled for so few steps.
    unseen = replace(probed.plan, evaluate_every=probed.plan.epochs + 1, patience_epochs=None, trace=False, alike=0)
    trainer = trainer_of(replace(probed, plan=unseen))

    def end() -> None:
        if trainer.optimizer.steps == steps:
            raise Enough

    trainer.after_step = end
    first = evaluate(trainer.network, trainer.parameters, *trainer.train).error
    try:
        list(trainer.epochs())
    except Enough:
        return first, evaluate(trainer.network, trainer.parameters, *trainer.train).error
    except Diverged:
        return None
    return None
