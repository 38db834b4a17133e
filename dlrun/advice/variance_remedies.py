"""Remedies for a large gap between dev and train error, in the order of the basic recipe.

Each is a function from a case to a proposal or None; `advise` goes through VARIANCE in its order.
"""

import math
from collections.abc import Mapping

from ..diagnosis.words import percent
from ..nn.encodings import ENCODINGS, is_standard
from ..records import Change
from .case import Case
from .proposal import FEWEST_UNITS, HEAVY_PENALTY, KEEP_PROBS, WIDER, Proposal, Remedy, resized, two_digits, widths_text

# The first lambda to try, as a share of the training rows (in each step each weight then shrinks by rate * 0.005 of its
# size), by what it is multiplied, and the largest lambda.
FIRST_LAMBDA = 0.005
MORE_LAMBDA = 4
LAST_LAMBDA = 0.1

# Early stopping can help where the dev error was lowest before this share of the epochs.
STOPPED_TOO_LATE = 0.8
PATIENCE_SHARE = 0.15
LEAST_PATIENCE = 5

FIRST_NOISE, LAST_NOISE = 0.1, 0.4
SHIFT_PIXELS = 1

NARROWEST = 4


def more_penalty(case: Case) -> Proposal | None:
    """The first lambda where it is 0, else four times lambda, while the penalty is no large part of each step."""
    is_heavy = case.course is not None and case.course.penalty_share > HEAVY_PENALTY
    if is_heavy and case.diagnosis.verdict.bias != "low":
        return None
    change = larger_lambda(case)
    if change is None:
        return None
    strength = case.value("regularization.lambda")
    why = f"lambda is {strength:g}, and large weights cost {'nothing' if not strength else 'little'}"
    expected = "a smaller gap between dev and train error"
    return Proposal("regularize: penalize large weights", "regularization.lambda", change, why, expected, "possible")


def larger_lambda(case: Case) -> dict[str, float] | None:
    """The first lambda where it is 0, else four times lambda; None where that is a large part of each step."""
    if case.facts is None:
        return None
    strength, rows = case.value("regularization.lambda"), case.facts.train_rows
    new = two_digits(MORE_LAMBDA * strength) if strength else float(f"{FIRST_LAMBDA * rows:.1g}")
    return {"regularization.lambda": new} if new <= LAST_LAMBDA * rows else None


def more_dropout(case: Case) -> Proposal | None:
    """The next smaller keep probability, where the layers are wide enough."""
    keep, own = case.keep_probs(), case.value("regularization.keep_prob")
    if not keep or min(case.hidden()) < FEWEST_UNITS:
        return None
    new = [next((k for k in KEEP_PROBS if k < now - 1e-9), now) for now in keep]
    if new == list(keep):
        return None
    change = {"regularization.keep_prob": new if isinstance(own, list | tuple) else new[0]}
    why = f"hidden layers of {widths_text(case.hidden())} units, of which {percent(min(keep))} stay in a step"
    expected = "a smaller gap between dev and train error"
    return Proposal("regularize: dropout", "regularization.keep_prob", change, why, expected, "possible")


def early_stop(case: Case) -> Proposal | None:
    """For a dev error that was lower during the training than at its end."""
    course, epochs = case.course, case.value("training.epochs")
    if not course or course.best is None or case.value("regularization.patience_epochs") is not None:
        return None
    keep = case.value("training.keep")
    if keep == "best":
        return None
    best = course.best
    if best.epoch >= STOPPED_TOO_LATE * course.epochs or best.dev_error >= best.last_dev_error:
        return None
    evaluated = case.value("training.evaluate_every") or 1
    patience = max(LEAST_PATIENCE, 2 * evaluated, math.ceil(PATIENCE_SHARE * epochs))
    then, now = percent(best.dev_error), percent(best.last_dev_error)
    why = f"the dev error was {then} at epoch {best.epoch} and is {now} after {course.epochs}"
    change: Change = {"regularization.patience_epochs": patience}
    if keep == "last":
        change = {**change, "training.keep": "best"}
    expected = f"a dev error near {then}; the lowest of many is flattered a little"
    return Proposal("regularize: stop early", "regularization.patience_epochs", change, why, expected, "likely")


def augment(case: Case) -> Proposal | None:
    """Images are shifted by a pixel; other rows get noise on their scaled inputs."""
    shift, noise = (case.value(f"regularization.augment.{name}") for name in ("shift_pixels", "noise"))
    if case.facts is None:
        return None
    if case.facts.image_side and not shift:
        key, what = "regularization.augment.shift_pixels", "an image moved by a pixel shows the same thing"
        new: float = SHIFT_PIXELS
    elif case.value("data.normalize") and is_scaled_alone(case) and (noise or 0) < LAST_NOISE:
        key, new = "regularization.augment.noise", two_digits(2 * noise if noise else FIRST_NOISE)
        what = f"inputs are scaled to a spread of 1, and noise of {new:g} blurs single rows"
    else:
        return None
    expected = "a smaller gap between dev and train error"
    return Proposal("regularize: augment the data", key, {key: new}, what, expected, "unsure")


def is_scaled_alone(case: Case) -> bool:
    """Whether each number is one input, its scaled value. In older runs data.encoding is null, or names a codec."""
    choice = case.value("data.encoding")
    return is_standard(choice) or not (isinstance(choice, Mapping) or choice in ENCODINGS)


def more_data(case: Case) -> Proposal | None:
    """More data, if the learning curve says so; without a curve, the command that makes it."""
    curve, unknown = case.curve, "an amount that is not known"
    if curve is None:
        why = "more data would reduce variance; by how much a learning curve says"
        return Proposal("more data", "data.source", None, why, unknown, "unsure", command=case.curve_command)
    if curve.answer == "no":
        return None
    if curve.answer in ("yes", "a little"):
        return Proposal("more data", "data.source", None, curve.sentence, "as the curve says", "likely")
    return Proposal("more data", "data.source", None, curve.sentence, unknown, "unsure")


def smaller(case: Case) -> Proposal | None:
    """Half the units in every hidden layer, after everything else against variance."""
    if not case.hidden() or min(case.hidden()) // 2 < NARROWEST:
        return None
    widths = [n // 2 for n in case.hidden()]
    why = f"hidden layers of {widths_text(case.hidden())} units may fit noise; regularization comes first"
    expected = "a smaller gap, at the risk of bias"
    return Proposal("smaller network", *resized(case, widths), why, expected, "unsure")


def wider_regularized(case: Case) -> Proposal | None:
    """A larger network under the same penalty or dropout, where there is one: it may do better."""
    is_regularized = case.value("regularization.lambda") or min(case.keep_probs(), default=1.0) < 1
    if not case.hidden() or not is_regularized:
        return None
    widths = [max(WIDER * n, FEWEST_UNITS) for n in case.hidden()]
    why = "what regularizes now would hold more units too, and bias stays low with them"
    expected = "perhaps a lower dev error at the same gap"
    return Proposal("another architecture: wider, as regularized", *resized(case, widths), why, expected, "unsure")


VARIANCE: tuple[Remedy, ...] = (
    more_penalty,
    more_dropout,
    early_stop,
    augment,
    more_data,
    smaller,
    wider_regularized,
)
