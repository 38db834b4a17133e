"""Checks of metrics and trace for symptoms of a bad training.

A symptom is reported only where no finding explains it. A check is a function and a row of SYMPTOMS. Unless a comment
says otherwise, a threshold comes from the health study in the research notes (section 5.3): it was chosen on 56 healthy
and 100 sick runs, and tested on new ones.
"""

import math
from itertools import pairwise
from statistics import median

from ..nn.activations import ACTIVATIONS
from .history import OF_START, Check, History, LayerFigure, Limits, Sign, figure
from .pace import hardly_trained

# The final cost divided by the initial one.
GROWTH = Limits(1.5, 3)

# The initial loss divided by that of the best constant answer, the entropy of the classes. Only a high value is a
# fault. The study noticed values above 2, but 6 of 120 healthy trainings began above that (He's init with many
# correlated inputs). A regression with He's init begins at about 3: its outputs vary twice as much as its targets.
FIRST_LOSS = Limits(3, 5)
FIRST_LOSS_REGRESSION = Limits(6, 12)
# The entropy of two equally common classes: what the initial loss lies above that of unequal ones is measured in this,
# not in their own small entropy. He's init shifts logits by 1 or 2, of which one class in 25 makes 2 to 4 times 0.17.
EVEN_ODDS = math.log(2)

# The gradient norm of the first layer divided by that of the last. The penalty is left out, since it hides a gradient
# that has vanished.
VANISHING = Limits(1e-2, 1e-3)
EXPLODING = Limits(10, 70)

# The gradient of a layer with fewer units is a few draws and no mean, and says nothing of how gradients grow.
NARROWEST = 4

# The share of a layer's units that are 0 on every row. In layers with fewer units, one or two dead units mean nothing.
DEAD = Limits(0.25, 0.5)
FEWEST_UNITS = 8

# The share of outputs on the flat part of tanh or sigmoid: at the initial weights, and at the end.
SATURATED_FIRST = Limits(0.3, 0.5)
SATURATED_LAST = 0.9

# The share of outputs on the straight part of the curve, in every hidden layer.
LINEAR = 0.97

# The share of epochs in which the cost rose, and the mean change of the cost divided by its initial value. Both are
# over the second half of the epochs.
RISING = 0.35
SWING = Limits(0.05, 0.15)
FEWEST_EPOCHS = 8

# By how much training lowered the cost, as a share of the cost of the best constant answer; and the same for the last
# third of the training.
LEARNED = Limits(0.3, 0.1)
STILL_LEARNING = 0.01

# A layer of so few units is the first thing to change where the cost no longer falls: a judgement.
BOTTLENECK = 2

# The relative rise of the cost from one full-batch step to the next that rounding alone may cause, by precision.
ROUNDING = {"float32": 1e-5, "float64": 1e-9}
# Beyond these it is no longer the edge of stability (Cohen et al. 2021), where the cost rises in some steps and yet
# falls in the long run.
UNEVEN_SHARE, UNEVEN_RISE = 0.05, 1e-3

SLOWER = "divide training.learning_rate by 3 to 10"


def diverged(history: History) -> Sign | None:
    """A cost that ends above where it began, though in finite numbers."""
    if history.status == "diverged" or not history.first_cost or not history.costs:
        return None
    growth = history.costs[-1] / history.first_cost
    if growth <= GROWTH.notice:
        return None
    evidence = f"the cost went from {figure(history.first_cost)} to {figure(history.costs[-1])}, {figure(growth)} times"
    return Sign(growth > GROWTH.grave, evidence, SLOWER)


def initial_loss_high(history: History) -> Sign | None:
    """An initial loss far above that of the best constant answer: the initial weights are sure of wrong answers."""
    first = history.trace[0] if history.trace else None
    if first is None or first.start is None or first.loss is None:
        return None
    loss, prior = first.loss, first.start.prior_loss
    regression = history.value("data.task") == "regression"
    limits = FIRST_LOSS_REGRESSION if regression else FIRST_LOSS
    if not prior:
        return None
    size = 1 + (loss - prior) / (prior if regression else max(prior, EVEN_ODDS))
    if size <= limits.notice:
        return None
    evidence = (
        f"the loss began at {figure(loss)}, {figure(loss / prior)} times the {figure(prior)} of one answer for all"
    )
    return Sign(size > limits.grave, evidence, "use smaller initial weights: network.init=xavier, or he for relu")


def gradient_ratios(history: History) -> list[float]:
    """For each line of the trace, the first layer's gradient norm divided by the last layer's."""
    ends = [(line.layers[0].gradient_norm, line.layers[-1].gradient_norm) for line in history.trace]
    return [first / last for first, last in ends if last and first is not None]


def vanishing_gradients(history: History) -> Sign | None:
    """First layers whose gradient is nearly 0."""
    ratios = gradient_ratios(history)
    worst = min(ratios[0], median(ratios)) if ratios else 1.0
    if history.depth < 3 or worst >= VANISHING.notice:
        return None
    last = history.trace[-1].layers
    evidence = f"the gradient of layer 1 is {figure(worst)} of that of layer {len(last)}"
    zeros = sum(1 for layer in last if layer.gradient_norm == 0)
    zero = f", and that of {zeros} layers is exactly 0" if zeros else ""
    activation = ACTIVATIONS[history.value("network.activation")]
    alternative = f"network.activation={activation.instead} with network.init={ACTIVATIONS[activation.instead].init}"
    do = f"use {alternative}" if activation.flat_ends else "use init he"
    return Sign(worst < VANISHING.grave, evidence + zero, f"{do}, or fewer layers", 1)


def exploding_gradients(history: History) -> Sign | None:
    """Gradients that grow from layer to layer on their way down."""
    ratios = gradient_ratios(history)
    worst = max(ratios[0], median(ratios)) if ratios else 1.0
    if history.depth < 3 or min(history.sizes[1:-1]) < NARROWEST or worst <= EXPLODING.notice:
        return None
    evidence = f"the gradient of layer 1 is {figure(worst)} times that of layer {history.depth}"
    return Sign(worst > EXPLODING.grave, evidence, "use smaller initial weights (network.init), or fewer layers", 1)


def worst_layer(history: History, line: int, name: LayerFigure) -> tuple[float, int]:
    """The largest value of this figure in a line of the trace, and its layer."""
    figures = history.layer_figures(history.trace[line], name) if history.trace else []
    return max(((value, layer) for layer, value in figures), default=(0.0, 0))


def dead_units(history: History) -> Sign | None:
    """Units that are 0 on every row, as ReLU units may be, and so cannot learn any more."""
    by_layer = history.layer_figures(history.trace[-1], "dead_share") if history.trace else []
    shares = [(share, layer) for layer, share in by_layer if history.sizes[layer] >= FEWEST_UNITS]
    share, layer = max(shares, default=(0.0, 0))
    if share <= DEAD.notice:
        return None
    units = history.sizes[layer]
    evidence = f"{round(share * units)} of the {units} units of layer {layer} are 0 on every row looked at"
    living = ACTIVATIONS[history.value("network.activation")].instead_of_dead
    do = f"lower training.learning_rate, or set network.activation={living}"
    return Sign(share > DEAD.grave, evidence, do, layer)


def saturated_units(history: History) -> Sign | None:
    """Tanh or sigmoid units on the flat parts of their curve, where the gradient is nearly 0."""
    first, first_layer = worst_layer(history, 0, "saturated_share")
    last, last_layer = worst_layer(history, -1, "saturated_share")
    instead = ACTIVATIONS[history.value("network.activation")].instead
    do = f"use smaller initial weights or scaled inputs; or network.activation={instead}, which has no such part"
    if first > SATURATED_FIRST.notice:
        evidence = f"{first:.0%} of the outputs of layer {first_layer} were on the flat part before training began"
        return Sign(first > SATURATED_FIRST.grave, evidence, do, first_layer)
    if last > SATURATED_LAST:
        evidence = (
            f"{last:.0%} of the outputs of layer {last_layer} are on the flat part at the end, {first:.0%} at first"
        )
        return Sign(True, evidence, do, last_layer)
    return None


def linear_units(history: History) -> Sign | None:
    """Tanh or sigmoid units that all stay on the straight part of their curve: the network is linear."""
    by_layer = history.layer_figures(history.trace[-1], "linear_share") if history.trace else []
    if not by_layer or not history.train_is_high or min(share for _, share in by_layer) <= LINEAR:
        return None
    shares = f"{min(share for _, share in by_layer):.0%} or more of the outputs of every hidden layer"
    evidence = (
        f"{shares} are on the straight part of {history.value('network.activation')}: the network is as good as linear"
    )
    if history.value("regularization.lambda"):
        return Sign(True, f"{evidence}; the penalty keeps its weights so small", "lower regularization.lambda")
    return Sign(True, evidence, "train longer or with a higher training.learning_rate")


def oscillation(history: History) -> Sign | None:
    """A cost that jumps up and down instead of falling."""
    half = history.costs[len(history.costs) // 2 :]
    if len(half) < FEWEST_EPOCHS // 2 or not history.first_cost:
        return None
    steps = [after - before for before, after in pairwise(half)]
    rising = sum(step > 0 for step in steps) / len(steps)
    swing = sum(abs(step) for step in steps) / len(steps) / history.first_cost
    if rising <= RISING or swing <= SWING.notice:
        return None
    evidence = (
        f"in the second half the cost rose in {rising:.0%} of the epochs, and moved by {swing:.0%} of its first value"
    )
    falls = history.value("training").get("schedule", "constant") != "constant"
    do = SLOWER if falls else f"{SLOWER}, or let it fall with training.learning_rate_decay"
    return Sign(swing > SWING.grave, f"{evidence} an epoch", do)


def plateau(history: History) -> Sign | None:
    """A cost that hardly fell and has stopped falling, while the training rows are not fitted."""
    costs, first = history.costs, cost_of_no_learning(history)
    if len(costs) < FEWEST_EPOCHS or not first or not history.train_is_high:
        return None
    learned, learned_lately = (first - costs[-1]) / first, (costs[2 * len(costs) // 3] - costs[-1]) / first
    if learned >= LEARNED.notice or learned_lately > STILL_LEARNING:
        return None
    evidence = f"the cost is {figure(costs[-1])}, no longer falls, and was {figure(first)} without learning"
    do = "try another training.learning_rate (3 times more, 3 times less), then look at the inputs and labels"
    return Sign(learned < LEARNED.grave, evidence, do)


def bottleneck(history: History) -> Sign | None:
    """The same where all that is answered has to pass through a unit or two: the first thing to change."""
    narrowest, layer = min(((n, at) for at, n in enumerate(history.sizes[1:-1], start=1)), default=(math.inf, 0))
    sign = plateau(history) if narrowest <= BOTTLENECK else None
    if sign is None:
        return None
    units = "one unit" if narrowest == 1 else f"{narrowest} units"
    evidence = f"all that is answered passes through the {units} of layer {layer}, and {sign.evidence}"
    return Sign(True, evidence, "give it more units a layer, before another rate or more epochs", layer)


def cost_of_no_learning(history: History) -> float | None:
    """The cost without learning: that of one answer for all rows, or that of the initial weights if it is lower."""
    start = history.trace[0].start if history.trace else None
    costs = [cost for cost in (history.first_cost, start and start.prior_loss) if cost]
    return min(costs, default=None)


def full_costs(history: History) -> list[float]:
    """The cost J of all training rows, without dropout and with the penalty, for each step; empty where not known.

    Full-batch descent computes J in every step, unless dropout or augmentation change the rows. Then J is the sum of
    the loss after one epoch and the penalty before the next.
    """
    augment = history.value("regularization.augment")
    keep = history.value("regularization.keep_prob")
    drops = min(keep, default=1) < 1 if isinstance(keep, list | tuple) else keep < 1
    if not drops and not any(augment.values()):
        return history.costs
    if history.value("training.evaluate_every") > 1:
        return []
    pairs = [(now.train_loss, after.penalty) for now, after in pairwise(history.metrics)]
    return [loss + penalty for loss, penalty in pairs if loss is not None and penalty is not None]


def cost_not_monotone(history: History) -> Sign | None:
    """Plain full-batch descent whose cost rises, although any step that is small enough lowers it."""
    if history.value("training.optimizer") != "gd" or history.value("training.batch_size") != "full":
        return None
    costs = full_costs(history)
    rises = [(after - before) / before for before, after in pairwise(costs) if before > 0]
    counted = [rise for rise in rises if rise > ROUNDING[history.value("training.precision")]]
    if not counted:
        return None
    share = len(counted) / len(rises)
    evidence = (
        f"under full-batch descent the cost J rose in {len(counted)} of {len(rises)} steps, by up to {max(counted):.1g}"
    )
    is_grave = share > UNEVEN_SHARE or max(counted) > UNEVEN_RISE
    return Sign(is_grave, f"{evidence} of itself", SLOWER if is_grave else "nothing, while it falls in the long run")


EXPLAIN_A_PLATEAU = (
    *OF_START,
    "penalty-dominates",
    "dropout-dominates",
    "learning-rate-too-high",
    "learning-rate-too-low",
    "hardly-trained",
    "vanishing-gradients",
    "saturated-units",
    "dead-units",
    "diverged",
    "cost-not-monotone",
    "oscillation",
)

SYMPTOMS = (
    Check("diverged", "the cost ends above where it began", diverged),
    Check("initial-loss-high", "sure of wrong answers from the start", initial_loss_high, OF_START),
    Check("vanishing-gradients", "vanishing gradients", vanishing_gradients, OF_START),
    Check("exploding-gradients", "exploding gradients", exploding_gradients, OF_START),
    Check("saturated-units", "saturated units", saturated_units, (*OF_START, "learning-rate-too-high")),
    Check("hardly-trained", "the network has hardly been trained", hardly_trained, ("learning-rate-too-high",)),
    Check(
        "dead-units",
        "dead units",
        dead_units,
        (*OF_START, "learning-rate-too-high", "penalty-dominates", "hardly-trained"),
    ),
    Check(
        "linear-units",
        "units that stay linear",
        linear_units,
        ("symmetric-units", "vanishing-gradients", "hardly-trained"),
    ),
    Check("cost-not-monotone", "the cost rises under full-batch descent", cost_not_monotone),
    Check(
        "oscillation",
        "the cost oscillates",
        oscillation,
        ("learning-rate-too-high", "dropout-dominates", "cost-not-monotone", "hardly-trained"),
    ),
    Check("network-too-small", "the network is too small", bottleneck, EXPLAIN_A_PLATEAU),
    Check("plateau", "the cost has stopped falling", plateau, (*EXPLAIN_A_PLATEAU, "network-too-small")),
)
