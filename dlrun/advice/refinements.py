"""Changes that lower the error of a sound run further: each a function from a case to a proposal, or None.

The remedies for bias and for variance answer a verdict; these use up a budget, whatever the verdict is. Their order,
their sizes and how often they are said to help were measured: climbs of 16 trainings from a healthy network of 32 units
on twelve known tasks, with all of the training rows and with a third, two seeds each.
"""

from ..diagnosis.steps import rows_a_step, steps_an_epoch
from ..diagnosis.words import percent
from ..records import Change
from .bias_remedies import other_units, relayered
from .case import Case
from .proposal import SMALLER_RATE, Proposal, Remedy, resized, two_digits, widths_text
from .variance_remedies import larger_lambda

# A roomy network. On the known tasks 128 units in two hidden layers ended 0.3 points better than in one layer, and 256
# equally well in twice the time; a lambda of 0.005 for each row ended 1.2 points better than none; a third of the steps
# 0.7 points worse.
ROOMY_UNITS, ROOMY_LAYERS, ROOMY_STEPS = 128, 2, 2400

# Plain networks with more hidden layers than this train worse; they get ROOMY_LAYERS instead.
MOST_LAYERS = 4

# Where an epoch has only a few steps, ROOMY_STEPS may be very many epochs. At most this times the epochs at once, or
# this many epochs.
LONGER_AT_ONCE, EPOCHS_AT_ONCE = 10, 200

# The limits of each direction: beyond these a training costs far more than it gains.
WIDEST, MOST_STEPS, SMALLEST_BATCH = 256, 5000, 8
LESS_LAMBDA, LONGER, RATE_DECAY = 3, 2, 0.1

# The first batch size to try after much larger batches.
FIRST_BATCH = 64


def roomier(case: Case) -> Proposal | None:
    """A larger network, enough steps and a weight penalty in one change: none helps as much without the others."""
    if case.config is None or case.facts is None:
        return None
    penalty = {} if case.value("regularization.lambda") else larger_lambda(case) or {}
    change = {**room(case), **enough_steps(case), **penalty}
    if not change:
        return None
    hidden, epochs = case.hidden(), case.value("training.epochs")
    units = f"hidden layers of {widths_text(hidden)} units" if hidden else "no hidden layer"
    why = f"{units}, {epochs} epochs, lambda {case.value('regularization.lambda'):g}"
    expected = "a lower dev error: on twelve other tasks 2 in 5 were kept, and lowered test error by 5.6 points"
    key = next(iter(change))
    return Proposal("more room", key, change, why, expected, "possible")


def room(case: Case) -> Change:
    """The change to as many and as wide hidden layers as a roomy network has; wider layers stay as they are."""
    hidden = case.hidden()
    layers = len(hidden) if ROOMY_LAYERS <= len(hidden) <= MOST_LAYERS else ROOMY_LAYERS
    change = relayered(case, layers) if layers != len(hidden) else {}
    widths = [max(n, ROOMY_UNITS) for n in (*hidden, *hidden[-1:] * layers, *[ROOMY_UNITS] * layers)[:layers]]
    if case.value("network.hidden") is not None and hidden:
        wider: Change = {"network.hidden": widths} if widths != list(hidden) else {}
    else:
        wider = {"network.width": widths[0]} if widths[0] != case.value("network.width") else {}
    return {**change, **wider}


def enough_steps(case: Case) -> Change:
    """The change to as many epochs as ROOMY_STEPS steps need."""
    if case.facts is None:
        return {}
    epochs = case.value("training.epochs")
    needed = -(-ROOMY_STEPS // steps_an_epoch(case.value("training.batch_size"), case.facts.train_rows))
    needed = min(needed, max(LONGER_AT_ONCE * epochs, EPOCHS_AT_ONCE))
    return {"training.epochs": needed} if needed > epochs else {}


def another_activation(case: Case) -> Proposal | None:
    """Another activation: which one suits the data is seen only by training."""
    if not case.hidden():
        return None
    now = case.value("network.activation")
    why = f"which units suit these data is seen only by trying; now they are {now}"
    expected = expected_of("1 in 5", 0.9)
    return Proposal("refine: another activation", "network.activation", other_units(now), why, expected, "unsure")


def more_penalty(case: Case) -> Proposal | None:
    """The first lambda where it is 0, else four times lambda, as long as that is not heavy."""
    change = larger_lambda(case)
    if change is None:
        return None
    expected = expected_of("1 in 8", 0.8)
    why = f"lambda is {case.value('regularization.lambda'):g}{share_of_cost(case)}"
    return Proposal("refine: more weight penalty", "regularization.lambda", change, why, expected, "unsure")


def longer(case: Case) -> Proposal | None:
    """Twice the epochs."""
    if case.facts is None:
        return None
    epochs = LONGER * case.value("training.epochs")
    if epochs * steps_an_epoch(case.value("training.batch_size"), case.facts.train_rows) > MOST_STEPS:
        return None
    fell = f"the cost fell by {percent(case.course.falling)} over the last fifth of the epochs" if case.course else ""
    why = fell or f"{case.value('training.epochs')} epochs were trained"
    expected = expected_of("1 in 2", 0.0)
    return Proposal("refine: train longer", "training.epochs", {"training.epochs": epochs}, why, expected, "unsure")


def lower_rate(case: Case) -> Proposal | None:
    """A third of the rate."""
    rate = case.value("training.learning_rate")
    change = {"training.learning_rate": two_digits(rate * SMALLER_RATE)}
    expected = expected_of("1 in 18", 0.0)
    why = f"the rate is {rate:g}, and smaller steps settle closer"
    return Proposal("refine: lower learning rate", "training.learning_rate", change, why, expected, "unsure")


def decaying_rate(case: Case) -> Proposal | None:
    """Twice the rate at first, decaying after that: large steps come near the minimum, small ones closer to it."""
    rate = case.value("training.learning_rate")
    if case.value("training.learning_rate_decay") or case.value("training.schedule") not in (None, "constant"):
        return None
    change = {"training.learning_rate": two_digits(2 * rate), "training.learning_rate_decay": RATE_DECAY}
    expected = expected_of("1 in 3", 0.7)
    why = f"the rate is {rate:g} from the first epoch to the last"
    return Proposal("refine: a rate that decays", "training.learning_rate_decay", change, why, expected, "unsure")


def wider(case: Case) -> Proposal | None:
    """Twice the units."""
    widths = [2 * n for n in case.hidden()]
    if not widths or max(widths) > WIDEST:
        return None
    expected = expected_of("1 in 8", 0.1)
    why = f"hidden layers of {widths_text(case.hidden())} units"
    return Proposal("refine: more units a layer", *resized(case, widths), why, expected, "unsure")


def less_penalty(case: Case) -> Proposal | None:
    """A third of lambda."""
    strength = case.value("regularization.lambda")
    if not strength:
        return None
    change = {"regularization.lambda": two_digits(strength / LESS_LAMBDA)}
    expected = expected_of("1 in 12", 0.4)
    why = f"lambda is {strength:g}{share_of_cost(case)}"
    return Proposal("refine: less weight penalty", "regularization.lambda", change, why, expected, "unsure")


def shallower(case: Case) -> Proposal | None:
    """One hidden layer less."""
    layers = len(case.hidden()) - 1
    if layers < 1:
        return None
    why = f"{layers + 1} hidden layers may be one more than these data ask for"
    expected = expected_of("1 in 26", 0.2)
    change = relayered(case, layers)
    return Proposal("refine: fewer layers", "network.depth", change, why, expected, "unsure")


def smaller_batches(case: Case) -> Proposal | None:
    """Half the rows a step."""
    if case.facts is None:
        return None
    now = rows_a_step(case.value("training.batch_size"), case.facts.train_rows)
    new = FIRST_BATCH if now > 2 * FIRST_BATCH else now // 2
    if new < SMALLEST_BATCH:
        return None
    why = f"a step sees {now} of {case.facts.train_rows} rows, and noisier steps regularize"
    expected = expected_of("1 in 6", 0.1)
    change = {"training.batch_size": new}
    return Proposal("refine: smaller batches", "training.batch_size", change, why, expected, "unsure")


def expected_of(share_kept: str, points: float) -> str:
    """What such changes did on the known tasks; points : by which those that were kept lowered the test error."""
    effect = f"lowered test error by {points:g} points" if points else "left test error as it was"
    return f"perhaps a lower dev error: on twelve other tasks {share_kept} was kept, and {effect}"


def share_of_cost(case: Case) -> str:
    """A clause with the penalty's share of the cost; empty where it is not known."""
    return f", {percent(case.course.penalty_share)} of the cost at the end" if case.course else ""


REFINEMENTS: tuple[Remedy, ...] = (
    another_activation,
    decaying_rate,
    more_penalty,
    less_penalty,
    longer,
    smaller_batches,
    wider,
    shallower,
    lower_rate,
)
