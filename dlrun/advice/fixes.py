"""The config change for each finding: one row for each code, from a case to the values that remove the cause.

`advise` uses it for every finding. A code without a row has a remedy that no config key carries out; the finding's own
sentence then says what to do.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..diagnosis.causes import FAR_OFF
from ..diagnosis.steps import steps_an_epoch
from ..nn.activations import ACTIVATIONS
from ..records import Change
from .bias_remedies import LONGER, other_units, units_of
from .case import Case
from .proposal import faster, probed_size, slower, two_digits, usual_rate

# The steps to train a network that has hardly begun: so many were as good as twice the steps on tables of up to 1,800
# rows (`experiment.auto`).
ENOUGH_STEPS = 2000

# A rate that is too high is multiplied by this, unless it is far from the usual one anyway.
MUCH_SMALLER_RATE = 0.1


def much_slower(case: Case) -> Change:
    """For steps that change the weights too much, or diverged: a tenth of the rate, or the usual rate if less."""
    rate = case.value("training.learning_rate")
    return {"training.learning_rate": min(float(f"{rate * MUCH_SMALLER_RATE:.2g}"), *slower(case).values())}


def fitting_init(case: Case) -> Change:
    """The init that keeps signals alive and gives every unit different weights."""
    return {"network.init": ACTIVATIONS[case.value("network.activation")].init}


def living_units(case: Case) -> Change:
    """An activation whose units cannot die; where the rate is far above the usual one, the usual rate."""
    rate, lower = case.value("training.learning_rate"), slower(case)
    living = ACTIVATIONS[case.value("network.activation")].instead_of_dead
    if living is None or lower["training.learning_rate"] <= rate / 10:
        return lower
    return {"network.activation": living}


def unsaturated(case: Case) -> Change:
    """An activation that does not saturate, with the init that fits it."""
    now = case.value("network.activation")
    return other_units(now) if ACTIVATIONS[now].flat_ends else units_of(now)


def scaled_inputs(case: Case) -> Change:
    return {"data.normalize": True}


def without_penalty(case: Case) -> Change:
    return {"regularization.lambda": 0.0}


def without_dropout(case: Case) -> Change:
    return {"regularization.keep_prob": 1.0}


def shallower_or_other(case: Case) -> Change:
    """For vanishing gradients: another activation where it saturates, else initial weights of the right size."""
    return unsaturated(case) if ACTIVATIONS[case.value("network.activation")].flat_ends else fitting_init(case)


def nearer_rate(case: Case) -> Change | None:
    """For a network that learned nothing: the usual rate if its rate is far from it; else the rate is not the cause."""
    rate, usual = case.value("training.learning_rate"), usual_rate(case)
    return None if usual / FAR_OFF < rate < usual * FAR_OFF else {"training.learning_rate": usual}


def enough_epochs(case: Case) -> Change:
    """As many epochs as make enough steps, at least three times as many; or to the end, where that was not reached."""
    epochs = case.value("training.epochs")
    if case.course and case.course.epochs < epochs and case.value("regularization.patience_epochs") is not None:
        return {"regularization.patience_epochs": None}
    an_epoch = steps_an_epoch(case.value("training.batch_size"), case.facts.train_rows) if case.facts else 1
    return {"training.epochs": max(LONGER * epochs, int(two_digits(ENOUGH_STEPS / an_epoch)))}


class Fix(NamedTuple):
    """action : what is done, in a few words. change : gives the values that do it, or None where no key can."""

    action: str
    change: Callable[[Case], Change | None]


FIXES: dict[str, Fix] = {
    "not-finite": Fix("a smaller learning rate", much_slower),
    "no-better-than-baseline": Fix("the optimizer's usual learning rate", nearer_rate),
    "diverged": Fix("a smaller learning rate", much_slower),
    "learning-rate-too-high": Fix("a lower learning rate", much_slower),
    "oscillation": Fix("a lower learning rate", slower),
    "cost-not-monotone": Fix("a lower learning rate", much_slower),
    "hardly-trained": Fix("train longer", enough_epochs),
    "learning-rate-too-low": Fix("a higher learning rate", faster),
    "network-too-small": Fix("bigger network: more units a layer", probed_size),
    "plateau": Fix("a higher learning rate", faster),
    "initial-loss-high": Fix("initial weights that fit the activation", fitting_init),
    "symmetric-units": Fix("initial weights that differ from unit to unit", fitting_init),
    "init-scale": Fix("initial weights that fit the activation", fitting_init),
    "vanishing-gradients": Fix("units that let gradients through", shallower_or_other),
    "exploding-gradients": Fix("initial weights that fit the activation", fitting_init),
    "dead-units": Fix("units that stay alive", living_units),
    "saturated-units": Fix("units that do not saturate", unsaturated),
    "inputs-unscaled": Fix("scaled inputs", scaled_inputs),
    "penalty-dominates": Fix("no weight penalty", without_penalty),
    "linear-units": Fix("no weight penalty", without_penalty),
    "dropout-dominates": Fix("no dropout", without_dropout),
}
