"""Remedies for a high train error, in the order of the basic recipe: each a function from a case to a proposal or None.

`advise` goes through BIAS in its order.
"""

import math
from typing import Any

from ..diagnosis.size_probe import size_words
from ..diagnosis.steps import steps_an_epoch
from ..diagnosis.words import percent
from ..nn.activations import ACTIVATIONS
from ..records import Change
from .case import Case
from .proposal import (
    FEWEST_UNITS,
    HEAVY_PENALTY,
    KEEP_PROBS,
    WIDER,
    Proposal,
    Remedy,
    probed_size,
    resized,
    slower,
    two_digits,
    widths_text,
)
from .records import Confidence

# Three times the epochs, and at least a usual number.
LONGER, FEWEST_EPOCHS = 3, 30

# A penalty that is a smaller share of the cost than this hardly limits the weights.
SLIGHT_PENALTY = 0.05

# A weight decay that takes a smaller share of the weights over a whole training hardly limits them.
SLIGHT_DECAY = 0.1

# Plain networks that are deeper than this train worse, not better.
DEEPEST = 6


def lower_rate(case: Case) -> Proposal | None:
    """For a cost that oscillates."""
    if not case.course or not case.course.oscillates:
        return None
    why = f"the cost rose in {percent(case.course.rises)} of the epochs, and its steps lower it little: it oscillates"
    expected = "a cost that falls steadily, and a lower train error; longer training at this rate would not help"
    return Proposal("lower learning rate", "training.learning_rate", slower(case), why, expected, "likely", "train")


def less_penalty(case: Case) -> Proposal | None:
    """For weights that lambda keeps small: lambda 0 where the penalty is much of the cost, else a tenth of it."""
    strength = case.value("regularization.lambda")
    share = case.course.penalty_share if case.course else None
    if not strength or (share is not None and share < SLIGHT_PENALTY):
        return None
    heavy = share is None or share > HEAVY_PENALTY
    of_cost = f", {percent(share)} of the cost at the end" if share is not None else ""
    why = f"lambda is {strength:g}{of_cost}, and the train error is high"
    change = {"regularization.lambda": 0.0 if heavy else two_digits(strength / 10)}
    sure: Confidence = "likely" if heavy else "possible"
    return Proposal("less weight penalty", "regularization.lambda", change, why, "a lower train error", sure, "train")


def less_decay(case: Case) -> Proposal | None:
    """For weights that weight decay keeps small, by how much it takes in all steps."""
    decay = case.value("regularization.weight_decay")
    if not decay or case.facts is None:
        return None
    steps = case.value("training.epochs") * steps_an_epoch(case.value("training.batch_size"), case.facts.train_rows)
    taken = 1 - math.exp(-case.value("training.learning_rate") * decay * steps)
    if taken < SLIGHT_DECAY:
        return None
    why = f"weight decay takes up to {percent(taken)} of the weights over the training, and the train error is high"
    change = {"regularization.weight_decay": 0.0}
    key = "regularization.weight_decay"
    return Proposal("no weight decay", key, change, why, "a lower train error", "unsure", "train")


def less_dropout(case: Case) -> Proposal | None:
    """For a network too small for its dropout: no dropout any more, or half as much where variance is high, too."""
    keep = case.keep_probs()
    if not keep or min(keep) >= 1:
        return None
    both = case.diagnosis.verdict.variance == "high"
    own = case.value("regularization.keep_prob")
    less = [two_digits((1 + k) / 2) for k in keep] if both else [1.0]
    new = less if both and isinstance(own, list | tuple) else less[0]
    why = f"only {percent(min(keep))} of the hidden units stay in a step, and the train error is high"
    sure: Confidence = "likely" if min(keep) < KEEP_PROBS[-1] else "possible"
    change = {"regularization.keep_prob": new}
    return Proposal("less dropout", "regularization.keep_prob", change, why, "a lower train error", sure, "train")


def less_augmentation(case: Case) -> Proposal | None:
    """For examples that augmentation changes so much that the network cannot learn them."""
    augment = case.value("regularization.augment") or {}
    on = {f"regularization.augment.{name}": type(value)(0) for name, value in augment.items() if value}
    if not on:
        return None
    why = "every example is changed at random in training, and the train error is high"
    return Proposal("no augmentation", next(iter(on)), on, why, "a lower train error", "possible", "train")


def no_early_stop(case: Case) -> Proposal | None:
    """For a training that early stopping ended while its cost still fell."""
    patience, epochs = case.value("regularization.patience_epochs"), case.value("training.epochs")
    if patience is None or not case.course or case.course.epochs >= epochs or not case.course.still_falls:
        return None
    why = f"training stopped after {case.course.epochs} of {epochs} epochs while its cost still fell"
    change = {"regularization.patience_epochs": None}
    key = "regularization.patience_epochs"
    return Proposal("train to the end", key, change, why, "a lower train error", "possible", "train")


def longer(case: Case) -> Proposal | None:
    """For a cost that still falls steadily."""
    if not case.course or not case.course.still_falls or case.value("regularization.patience_epochs"):
        return None
    if is_hardly_trained(case):
        return None
    why = f"the cost still fell by {percent(case.course.falling)} over the last fifth of the epochs"
    return trained_longer(case, why, "a lower train error: 3 in 4 of such runs gained over a point", "likely")


def longer_anyway(case: Case) -> Proposal | None:
    """For a flat cost, after the larger networks."""
    if not case.course or case.course.still_falls or case.course.oscillates or is_hardly_trained(case):
        return None
    if case.value("regularization.patience_epochs"):
        return None
    why = f"the cost is flat (it fell by {percent(case.course.falling)} over the last fifth), the train error high"
    return trained_longer(case, why, "perhaps a lower train error: 3 in 5 of such runs gained over a point", "unsure")


def is_hardly_trained(case: Case) -> bool:
    """Whether a finding says so, and has an item of its own that trains far longer."""
    return any(finding.code == "hardly-trained" for finding in case.diagnosis.findings)


def trained_longer(case: Case, why: str, expected: str, confidence: Confidence) -> Proposal:
    change = {"training.epochs": max(LONGER * case.value("training.epochs"), FEWEST_EPOCHS)}
    return Proposal("train longer", "training.epochs", change, why, expected, confidence, "train")


def wider(case: Case) -> Proposal | None:
    """Twice the units in every hidden layer."""
    if not case.hidden():
        return None
    if is_too_small(case):
        return probed_wider(case)
    widths = [max(WIDER * n, FEWEST_UNITS) for n in case.hidden()]
    why = f"hidden layers of {widths_text(case.hidden())} units do not fit the training rows"
    expected = "a lower train error: 3 in 5 of such runs gained over a point"
    return Proposal("bigger network: more units a layer", *resized(case, widths), why, expected, "possible", "train")


def is_too_small(case: Case) -> bool:
    """Whether a probe has shown that the size is what is missing."""
    return case.size is not None and case.size.answer == "too small"


def probed_wider(case: Case) -> Proposal | None:
    """The size of the probe that was better."""
    assert case.size is not None, "is_too_small comes before"
    change = probed_size(case)
    why, action = size_words(case.size, "error"), "bigger network: more units a layer"
    return Proposal(action, next(iter(change)), change, why, "a lower train error", "likely", "train")


def deeper(case: Case) -> Proposal | None:
    """One more hidden layer, as wide as the last; without any, the first, which makes the boundary curved."""
    hidden = case.hidden()
    if len(hidden) + 1 >= DEEPEST:
        return None
    if not hidden and is_too_small(case):
        return probed_wider(case)
    from_none = not hidden
    change = relayered(case, len(hidden) + 1)
    why = (
        "without a hidden layer it can only draw flat boundaries"
        if from_none
        else f"{len(hidden)} hidden {'layers do' if len(hidden) > 1 else 'layer does'} not fit the training rows"
    )
    sure: Confidence = "likely" if from_none else "unsure"
    return Proposal("bigger network: more layers", "network.depth", change, why, "a lower train error", sure, "train")


def relayered(case: Case, layers: int) -> Change:
    """The change that gives the network so many hidden layers; new ones are like the last."""
    hidden, keep = case.hidden(), case.value("regularization.keep_prob")
    if case.value("network.hidden") is not None and hidden:
        change: dict[str, Any] = {"network.hidden": [*hidden, hidden[-1]][:layers], "network.depth": layers + 1}
    else:
        change = {"network.depth": layers + 1}
    if isinstance(keep, list | tuple) and keep:
        change["regularization.keep_prob"] = [*keep, keep[-1]][:layers]
    return change


def other_units(activation: str) -> dict[str, str]:
    """The change to the activation to try instead of this one, with the init that fits it."""
    return units_of(ACTIVATIONS[activation].instead)


def units_of(activation: str) -> dict[str, str]:
    """The change to this activation, with the init that fits it."""
    return {"network.activation": activation, "network.init": ACTIVATIONS[activation].init}


def other_activation(case: Case) -> Proposal | None:
    """Another architecture, which for a dense network means another activation."""
    if not case.hidden():
        return None
    now = case.value("network.activation")
    why = f"what is cheaper comes first; {now} is what the hidden layers apply now"
    sure: Confidence = "possible" if ACTIVATIONS[now].outdone else "unsure"
    key = "network.activation"
    return Proposal("another architecture", key, other_units(now), why, "perhaps a lower train error", sure, "train")


BIAS: tuple[Remedy, ...] = (
    lower_rate,
    less_penalty,
    less_decay,
    less_dropout,
    less_augmentation,
    no_early_stop,
    longer,
    wider,
    deeper,
    longer_anyway,
    other_activation,
)

# Larger networks. Where a probe has shown that size is not what is missing, they come last.
BIGGER: tuple[Remedy, ...] = (wider, deeper)
