"""The basic recipe's remedies: for each ill, in order, what to change, and why on this run's evidence.

Each is a function from a case to a proposal, or None where it does not apply; BIAS and VARIANCE hold their order. How
sure each is comes from what 80 random configs gained on test error beside a mere new seed, where that was measured:
"likely" where two in three or more gained, "possible" from half, "unsure" where nothing was measured.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .case import Case
from .words import percent

# Rates that the optimizers are commonly begun with (Kingma and Ba 2015 for adam; Goodfellow, Bengio and Courville
# 2016, section 8.5, for the others' order of magnitude). One ten times as large is far off.
USUAL_RATES = {"gd": 0.1, "momentum": 0.1, "rmsprop": 0.001, "adam": 0.001}
FAR_OFF = 10.0

SMALLER_RATE = 1 / 3
LONGER = 3
WIDER = 2

# A penalty that is a smaller share of the cost holds no weight back to speak of; a larger one is the cause itself.
SLIGHT_PENALTY = 0.05
HEAVY_PENALTY = 0.3

# The first lambda to try, as a share of the training rows (each weight then loses rate * 0.005 of itself a step), how
# it grows, and its end.
FIRST_LAMBDA = 0.005
MORE_LAMBDA = 4
LAST_LAMBDA = 0.1

# Keep probabilities to try, each from above (Srivastava et al. 2014 keep 0.5 to 0.8 of hidden units), and the fewest
# units that can spare some.
KEEP_PROBS = (0.8, 0.65, 0.5)
FEWEST_UNITS = 16

# Early stopping has something to save where the dev error was lowest before this share of the epochs.
STOPPED_TOO_LATE = 0.8
PATIENCE_SHARE = 0.15
LEAST_PATIENCE = 5

FIRST_NOISE, LAST_NOISE = 0.1, 0.4
SHIFT_PIXELS = 1

# Deeper plain networks than this train worse rather than better without further care.
DEEPEST = 6
NARROWEST = 4


class Proposal(NamedTuple):
    """action, and why in a clause of this run's numbers; key : the main key; change : values by dotted key, or None.

    expected : a sentence. about : the error expected to fall, "train" or "dev". command : where no change can do it.
    code : of the finding that asks for it.
    """

    action: str
    key: str | None
    change: Mapping[str, Any] | None
    why: str
    expected: str
    confidence: str | None
    about: str = "dev"
    command: str | None = None
    code: str | None = None


Remedy = Callable[[Case], Proposal | None]


def two_digits(number: float) -> float:
    """A number as a person would write it: 0.000333 -> 0.00033."""
    return float(f"{number:.2g}")


def lower_rate(case: Case) -> Proposal | None:
    """For a cost that goes to and fro."""
    if not case.course or not case.course.oscillates:
        return None
    why = f"the cost rose in {percent(case.course.rises)} of the epochs, and its steps gain little: it oscillates"
    expected = "a cost that falls steadily, and a lower train error; longer training would not help as it is"
    return Proposal("lower learning rate", "training.learning_rate", slower(case), why, expected, "likely", "train")


def slower(case: Case) -> dict[str, float]:
    """The usual rate from far off, else a third of the rate."""
    rate = case.value("training.learning_rate")
    usual = USUAL_RATES.get(case.value("training.optimizer"), rate)
    return {"training.learning_rate": usual if rate >= FAR_OFF * usual else two_digits(rate * SMALLER_RATE)}


def faster(case: Case) -> dict[str, float]:
    """The usual rate from far below, else three times the rate."""
    rate = case.value("training.learning_rate")
    usual = USUAL_RATES.get(case.value("training.optimizer"), rate)
    return {"training.learning_rate": usual if rate <= usual / FAR_OFF else two_digits(rate / SMALLER_RATE)}


def less_penalty(case: Case) -> Proposal | None:
    """For weights held down by lambda: none at all where it is much of the cost, else a tenth."""
    strength = case.value("regularization.lambda")
    share = case.course.penalty_share if case.course else None
    if not strength or (share is not None and share < SLIGHT_PENALTY):
        return None
    heavy = share is None or share > HEAVY_PENALTY
    of_cost = f", {percent(share)} of the cost at the end" if share is not None else ""
    why = f"lambda is {strength:g}{of_cost}, and the train error is high"
    change = {"regularization.lambda": 0.0 if heavy else two_digits(strength / 10)}
    sure = "likely" if heavy else "possible"
    return Proposal("less weight penalty", "regularization.lambda", change, why, "a lower train error", sure, "train")


def less_dropout(case: Case) -> Proposal | None:
    """For units that a network too small misses: none is dropped any more, or half as many where variance is high."""
    keep = case.keep_probs()
    if not keep or min(keep) >= 1:
        return None
    both = case.diagnosis["verdict"]["variance"] == "high"
    given = case.value("regularization.keep_prob")
    new = [two_digits((1 + k) / 2) for k in keep] if both else 1.0
    if both and not isinstance(given, list | tuple):
        new = new[0]
    why = f"only {percent(min(keep))} of the hidden units stay in a step, and the train error is high"
    sure = "likely" if min(keep) < KEEP_PROBS[-1] else "possible"
    change = {"regularization.keep_prob": new}
    return Proposal("less dropout", "regularization.keep_prob", change, why, "a lower train error", sure, "train")


def less_augmentation(case: Case) -> Proposal | None:
    """For examples that are changed beyond what the network can learn."""
    augment = case.value("regularization.augment") or {}
    on = {f"regularization.augment.{name}": type(value)(0) for name, value in augment.items() if value}
    if not on:
        return None
    why = "every example is changed at random in training, and the train error is high"
    return Proposal("no augmentation", next(iter(on)), on, why, "a lower train error", "possible", "train")


def no_early_stop(case: Case) -> Proposal | None:
    """For a training that was cut off while its cost still fell."""
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
    why = f"the cost still fell by {percent(case.course.falling)} over the last fifth of the epochs"
    return trained_longer(case, why, "a lower train error: 3 in 4 of such runs gained over a point", "likely")


def longer_anyway(case: Case) -> Proposal | None:
    """For a flat cost, after the larger networks."""
    if not case.course or case.course.still_falls or case.course.oscillates:
        return None
    if case.value("regularization.patience_epochs"):
        return None
    why = f"the cost is flat (it fell by {percent(case.course.falling)} over the last fifth), the train error high"
    return trained_longer(case, why, "perhaps a lower train error: 3 in 5 of such runs gained over a point", "unsure")


def trained_longer(case: Case, why: str, expected: str, confidence: str) -> Proposal:
    change = {"training.epochs": LONGER * case.value("training.epochs")}
    return Proposal("train longer", "training.epochs", change, why, expected, confidence, "train")


def wider(case: Case) -> Proposal | None:
    """Twice the units in every hidden layer."""
    if not case.hidden():
        return None
    widths = [WIDER * n for n in case.hidden()]
    why = f"hidden layers of {told(case.hidden())} units do not fit the training rows"
    expected = "a lower train error: 3 in 5 of such runs gained over a point"
    return Proposal("bigger network: more units a layer", *resized(case, widths), why, expected, "possible", "train")


def deeper(case: Case) -> Proposal | None:
    """One more hidden layer, as wide as the last; from none at all the one that bends the boundary."""
    hidden = case.hidden()
    if len(hidden) + 1 >= DEEPEST:
        return None
    from_none = not hidden
    change = relayered(case, len(hidden) + 1)
    why = (
        "without a hidden layer it can only draw flat boundaries"
        if from_none
        else (f"{len(hidden)} hidden layer{'s' if len(hidden) > 1 else ''} do not fit the training rows")
    )
    sure = "likely" if from_none else "unsure"
    return Proposal("bigger network: more layers", "network.depth", change, why, "a lower train error", sure, "train")


OTHER_ACTIVATIONS = {"sigmoid": "relu", "identity": "relu", "tanh": "relu", "leaky_relu": "relu", "relu": "tanh"}


def other_activation(case: Case) -> Proposal | None:
    """Another architecture, as far as a dense network has one."""
    now = case.value("network.activation")
    if now not in OTHER_ACTIVATIONS or not case.hidden():
        return None
    new = OTHER_ACTIVATIONS[now]
    change = {"network.activation": new, "network.init": "he" if new == "relu" else "xavier"}
    why = f"what is cheaper comes first; {now} is what the hidden layers apply now"
    sure = "possible" if now in ("sigmoid", "identity") else "unsure"
    key = "network.activation"
    return Proposal("another architecture", key, change, why, "perhaps a lower train error", sure, "train")


def more_penalty(case: Case) -> Proposal | None:
    """lambda from nothing, or four times what it is, while it is no large part of each step."""
    strength, rows = case.value("regularization.lambda"), case.facts.train_rows if case.facts else None
    binding = case.course is not None and case.course.penalty_share > HEAVY_PENALTY
    if rows is None or (binding and case.diagnosis["verdict"]["bias"] != "low"):
        return None
    new = float(f"{FIRST_LAMBDA * rows:.1g}") if not strength else two_digits(MORE_LAMBDA * strength)
    if new > LAST_LAMBDA * rows:
        return None
    why = f"lambda is {strength:g}, and large weights cost {'nothing' if not strength else 'little'}"
    change = {"regularization.lambda": new}
    expected = "a smaller gap between dev and train error"
    return Proposal("regularize: penalize large weights", "regularization.lambda", change, why, expected, "possible")


def more_dropout(case: Case) -> Proposal | None:
    """The next smaller keep probability, in layers that can spare units."""
    keep, given = case.keep_probs(), case.value("regularization.keep_prob")
    if not keep or min(case.hidden()) < FEWEST_UNITS:
        return None
    new = [next((k for k in KEEP_PROBS if k < now - 1e-9), now) for now in keep]
    if new == list(keep):
        return None
    change = {"regularization.keep_prob": new if isinstance(given, list | tuple) else new[0]}
    why = f"hidden layers of {told(case.hidden())} units, of which {percent(min(keep))} stay in a step"
    expected = "a smaller gap between dev and train error"
    return Proposal("regularize: dropout", "regularization.keep_prob", change, why, expected, "possible")


def early_stop(case: Case) -> Proposal | None:
    """For a dev error that was lower on the way than it is at the end."""
    course, epochs = case.course, case.value("training.epochs")
    if not course or course.best_epoch is None or case.value("regularization.patience_epochs") is not None:
        return None
    if course.best_epoch >= STOPPED_TOO_LATE * course.epochs or course.best_dev_error >= course.last_dev_error:
        return None
    evaluated = case.value("training.evaluate_every") or 1
    patience = max(LEAST_PATIENCE, 2 * evaluated, math.ceil(PATIENCE_SHARE * epochs))
    then, now = percent(course.best_dev_error), percent(course.last_dev_error)
    why = f"the dev error was {then} at epoch {course.best_epoch} and is {now} after {course.epochs}"
    change = {"regularization.patience_epochs": patience}
    expected = f"a dev error near {then}; the lowest of many is flattered a little"
    return Proposal("regularize: stop early", "regularization.patience_epochs", change, why, expected, "likely")


def augment(case: Case) -> Proposal | None:
    """Images shifted by a pixel; anything else with noise on its scaled inputs."""
    shift, noise = (case.value(f"regularization.augment.{name}") for name in ("shift_pixels", "noise"))
    if case.facts is None:
        return None
    if case.facts.image_side and not shift:
        key, new, what = "regularization.augment.shift_pixels", SHIFT_PIXELS, "images moved by a pixel are images too"
    elif case.value("data.normalize") and (noise or 0) < LAST_NOISE:
        key, new = "regularization.augment.noise", two_digits(2 * noise if noise else FIRST_NOISE)
        what = f"inputs are scaled to a spread of 1, and noise of {new:g} blurs single rows"
    else:
        return None
    expected = "a smaller gap between dev and train error"
    return Proposal("regularize: augment the data", key, {key: new}, what, expected, "unsure")


def more_data(case: Case) -> Proposal | None:
    """As the learning curve has it; without one, the command that makes it."""
    answer = case.curve["answer"] if case.curve else None
    if answer == "no":
        return None
    if answer in ("yes", "a little"):
        return Proposal("more data", "data.source", None, case.curve["sentence"], "as the curve says", "likely")
    why = case.curve["sentence"] if answer else "more data would reduce variance; by how much a learning curve says"
    command = f"dlrun curve {case.run_id}" if case.run_id and not answer else None
    return Proposal("more data", "data.source", None, why, "an amount that is not known", "unsure", command=command)


def smaller(case: Case) -> Proposal | None:
    """Half the units in every hidden layer, as the last resort against variance."""
    if not case.hidden() or min(case.hidden()) // 2 < NARROWEST:
        return None
    widths = [n // 2 for n in case.hidden()]
    why = f"hidden layers of {told(case.hidden())} units may fit noise; regularization comes first"
    expected = "a smaller gap, at the risk of bias"
    return Proposal("smaller network", *resized(case, widths), why, expected, "unsure")


def told(hidden: tuple[int, ...]) -> str:
    """Widths for a person: 64, or 64 and 32."""
    if len(set(hidden)) == 1:
        return str(hidden[0])
    return f"{', '.join(map(str, hidden[:-1]))} and {hidden[-1]}"


def resized(case: Case, widths: list[int]) -> tuple[str, dict[str, Any]]:
    """The key and the change that give the hidden layers these widths, in the config's own words."""
    if case.value("network.hidden") is not None:
        return "network.hidden", {"network.hidden": widths}
    return "network.width", {"network.width": widths[0]}


def relayered(case: Case, layers: int) -> dict[str, Any]:
    """The change that makes so many hidden layers, new ones like the last."""
    hidden, keep = case.hidden(), case.value("regularization.keep_prob")
    if case.value("network.hidden") is not None and hidden:
        change: dict[str, Any] = {"network.hidden": [*hidden, hidden[-1]][:layers], "network.depth": layers + 1}
    else:
        change = {"network.depth": layers + 1}
    if isinstance(keep, list | tuple) and keep:
        change["regularization.keep_prob"] = [*keep, keep[-1]][:layers]
    return change


BIAS: tuple[Remedy, ...] = (
    lower_rate,
    less_penalty,
    less_dropout,
    less_augmentation,
    no_early_stop,
    longer,
    wider,
    deeper,
    longer_anyway,
    other_activation,
)
VARIANCE: tuple[Remedy, ...] = (more_penalty, more_dropout, early_stop, augment, more_data, smaller)
