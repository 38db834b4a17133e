"""Checks of the config and of the first steps for causes of a bad training.

A cause is reported instead of its symptoms (see `symptoms`), because it can be repaired. `health` runs the checks in
the order of CAUSES; a check is a function and a row of that table.
"""

import math
from statistics import median

from ..nn.activations import ACTIVATIONS
from ..nn.initializers import INITIALIZERS
from ..nn.optimizers import OPTIMIZERS
from ..nn.trace import TraceLine
from .history import OF_START, Check, History, Limits, Sign, figure
from .pace import has_no_curve

# The size of the initial weights divided by that which keeps signals alive: the geometric mean, over the layers, of the
# ratios of standard deviations. Three layers of weights 3 times too large make outputs 27 times too large. Training
# repairs weights that are too small sooner.
WEIGHTS_TOO_LARGE = Limits(3, 5)
WEIGHTS_TOO_SMALL = Limits(5, 20)

# The largest standard deviation of an input divided by the smallest; and the size of the largest input divided by 1, or
# 1 divided by it. Origin: a judgement of the research notes (section 5.3): rules on the trace alone detect unscaled
# inputs in 73 of 100 runs.
INPUT_SCALE = Limits(30, 1000)

# The share of the cost that is penalty; and lambda / m_train, the penalty's curvature. The data's own curvature is at
# most 1/4 for a logistic loss on scaled inputs: at 0.1 the penalty pulls the weights most of the way to zero.
PENALTY_SHARE = Limits(0.3, 0.5)
PENALTY_CURVATURE = 0.1

# Below these shares too few units are left to carry a signal. Every layer needs a few units in each step.
KEEP_PROB = Limits(0.35, 0.2)
FEWEST_UNITS_LEFT = 2

# ||change of W|| of a step in the first epochs, divided by the initial ||W|| (too large) or by ||W|| at that step (too
# small). Origin: the health study of the research notes, where 56 healthy runs had 0.0034 to 0.017; Karpathy's rule of
# thumb is about 0.001.
UPDATE_TOO_LARGE = Limits(3e-2, 1e-1)
UPDATE_TOO_SMALL = Limits(3e-4, 1e-4)

# For optimizers whose step moves each weight by about the rate, whatever the gradient is. At a larger rate the weights
# are little more than the last step.
LARGEST_STEP = 0.3

# A rate is far off if it is this many times larger or smaller than the optimizer's usual rate.
FAR_OFF = 10.0

SLOWER = "divide training.learning_rate by 10, and again while this stays"


def symmetric_units(history: History) -> Sign | None:
    """Zero weights: all units of a layer work as one unit."""
    init = history.value("network.init")
    if not INITIALIZERS[init].makes_units_alike or history.depth < 2:
        return None
    evidence = f"network.init is {init}: the {history.sizes[1]} units of layer 1 begin equal and get equal gradients"
    return Sign(True, f"{evidence}, so each layer works as one unit", f"set network.init={fitting_init(history)}", 1)


def fitting_init(history: History) -> str:
    """The init made for this activation: its weights keep the size of a signal."""
    return ACTIVATIONS[history.value("network.activation")].init


def init_scale(history: History) -> Sign | None:
    """Initial weights far too large or too small to keep a signal alive."""
    init, scale = history.value("network.init"), history.value("network.init_scale")
    drawn, fitting = INITIALIZERS[init], INITIALIZERS[fitting_init(history)]
    if drawn.makes_units_alike:
        return None
    shapes = list(zip(history.sizes[:-1], history.sizes[1:], strict=True))
    ratios = [drawn.spread(*shape, scale) / fitting.spread(*shape, scale) for shape in shapes]
    mean = math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))
    name = f"{init} with standard deviation {figure(scale)}" if drawn.takes_scale else init
    do = f"set network.init={fitting_init(history)}, which is made for {history.value('network.activation')}"
    if mean > WEIGHTS_TOO_LARGE.notice:
        evidence = f"initial weights ({name}) are {figure(mean)} times what keeps signals their size through a layer"
        return Sign(mean > WEIGHTS_TOO_LARGE.grave, evidence, do)
    if mean < 1 / WEIGHTS_TOO_SMALL.notice and history.depth > 1:
        evidence = f"initial weights ({name}) are 1/{figure(1 / mean)} of what keeps signals their size through a layer"
        return Sign(mean < 1 / WEIGHTS_TOO_SMALL.grave, evidence, do)
    return None


def inputs_unscaled(history: History) -> Sign | None:
    """Inputs that are not scaled and have very different sizes, or sizes far from 1."""
    start = history.trace[0].start if history.trace else None
    if history.value("data.normalize") or start is None:
        return None
    least, greatest = start.least_spread, start.greatest_spread
    if least is None or greatest is None:
        return None
    ratio, size = greatest / least, max(greatest, start.greatest_mean)
    far = max(size, 1 / size)
    worst = max(ratio, far)
    if worst <= INPUT_SCALE.notice:
        return None
    if ratio >= far:
        evidence = (
            f"standard deviations of the inputs reach from {figure(least)} to {figure(greatest)}, {figure(ratio)} fold"
        )
    else:
        reach = "as large as" if size > 1 else "no larger than"
        evidence = f"inputs are {reach} {figure(size)}, where initial weights are made for 1"
    return Sign(worst > INPUT_SCALE.grave, f"{evidence}, and data.normalize is false", "set data.normalize=true")


def penalty_dominates(history: History) -> Sign | None:
    """A penalty that keeps the network from fitting the training rows; none where they are fitted."""
    l2_lambda = history.value("regularization.lambda")
    if not l2_lambda or not history.train_is_high:
        return None
    share = history.trace[-1].penalty_share if history.trace else penalty_share(history)
    curvature = l2_lambda / history.m_train
    if (share or 0) <= PENALTY_SHARE.notice and curvature <= PENALTY_CURVATURE:
        return None
    weight = f"the penalty is {share or 0:.0%} of the cost at the end" if share is not None else "the penalty is heavy"
    weights = weights_shrunk(history)
    evidence = f"{weight}, with lambda / m_train = {figure(curvature)}{weights}"
    is_grave = (share or 0) > PENALTY_SHARE.grave or curvature > PENALTY_CURVATURE
    return Sign(
        is_grave, evidence, "divide regularization.lambda by 10, or set it to 0 until the training rows are fitted"
    )


def penalty_share(history: History) -> float | None:
    """The penalty's share of the cost, by the last line of metrics."""
    last = history.metrics[-1] if history.metrics else None
    return last.penalty / last.cost if last and last.cost and last.penalty is not None else None


def weights_shrunk(history: History) -> str:
    """A clause that says how the norm of the weights changed."""
    if len(history.trace) < 2:
        return ""
    before, after = (math.hypot(*(layer.weight_norm for layer in history.trace[i].layers)) for i in (0, -1))
    return f"; the weights went from {figure(before)} to {figure(after)} in norm"


def dropout_dominates(history: History) -> Sign | None:
    """So much dropout that the training rows are not fitted."""
    keep_prob = history.value("regularization.keep_prob")
    hidden = history.sizes[1:-1]
    keep_probs = keep_prob if isinstance(keep_prob, list | tuple) else [keep_prob] * len(hidden)
    if not hidden or not history.train_is_high:
        return None
    least = min(keep_probs)
    probs_and_widths = enumerate(zip(keep_probs, hidden, strict=True), start=1)
    units_left, layer = min((keep * n, number) for number, (keep, n) in probs_and_widths)
    if least == 1 or (least > KEEP_PROB.notice and units_left >= FEWEST_UNITS_LEFT):
        return None
    of_units = f"of {hidden[layer - 1]} units of layer {layer}, {figure(units_left)} stay in a step"
    evidence = f"keep_prob is {figure(least)}: {of_units}"
    is_grave = least <= KEEP_PROB.grave or units_left < FEWEST_UNITS_LEFT
    return Sign(
        is_grave, evidence, "set regularization.keep_prob=1 until the training rows are fitted, then 0.8", layer
    )


def rate_too_high(history: History) -> Sign | None:
    """Steps that change a large part of the weights."""
    rate = history.value("training.learning_rate")
    optimizer = history.value("training.optimizer")
    if OPTIMIZERS[optimizer].rate_is_step and rate > LARGEST_STEP:
        evidence = f"{optimizer} moves each weight by about the learning rate, {figure(rate)}, a step"
        return Sign(True, evidence, SLOWER)
    ratios = [median(shares) for line in history.first_lines if (shares := moved_shares(history, line))]
    if not ratios or max(ratios) <= UPDATE_TOO_LARGE.notice:
        return None
    evidence = (
        f"a step of the first epochs moved the weights by {max(ratios):.1%} of their first size (median of the layers)"
    )
    return Sign(max(ratios) > UPDATE_TOO_LARGE.grave, f"{evidence}; 0.1% to 1% is usual", SLOWER)


def moved_shares(history: History, line: TraceLine) -> list[float]:
    """How far a step moved each layer's weights, as a share of the initial norm.

    As a share of weights that have grown, every step would look small.
    """
    first = {layer.layer: layer.weight_norm for layer in history.trace[0].layers}
    return [
        layer.update_ratio * layer.weight_norm / first[layer.layer]
        for layer in line.layers
        if layer.update_ratio is not None and first[layer.layer]
    ]


def rate_too_low(history: History) -> Sign | None:
    """Steps too small, in a training that did not fit its rows; small steps of dead units are not counted.

    Without a curve only a rate far below the usual one is blamed: at a usual rate it is the steps that are too few.
    """
    by_line = [history.layer_figures(line, "update_ratio") for line in history.first_lines]
    if not any(by_line) or not history.train_is_high or history.is_dying():
        return None
    ratio = max(ratio for layers in by_line for _, ratio in layers)
    if ratio >= UPDATE_TOO_SMALL.notice:
        return None
    usual = OPTIMIZERS[history.value("training.optimizer")].usual_rate
    if has_no_curve(history) and history.value("training.learning_rate") > usual / FAR_OFF:
        return None
    evidence = (
        f"a step of the first epochs changed the weights by {ratio:.1g} of their size at most; 0.001 to 0.01 is usual"
    )
    do = "multiply training.learning_rate by 10, and again while the cost falls smoothly"
    return Sign(ratio < UPDATE_TOO_SMALL.grave, evidence, do)


CAUSES = (
    Check("symmetric-units", "units that are all alike", symmetric_units),
    Check("init-scale", "initial weights of the wrong size", init_scale),
    Check("inputs-unscaled", "inputs of very different sizes", inputs_unscaled),
    Check("penalty-dominates", "the penalty outweighs the data", penalty_dominates),
    Check("dropout-dominates", "dropout leaves too little", dropout_dominates),
    Check("learning-rate-too-high", "the learning rate is too high", rate_too_high, OF_START),
    Check("learning-rate-too-low", "the learning rate is too low", rate_too_low, (*OF_START, "learning-rate-too-high")),
)
