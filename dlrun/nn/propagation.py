"""Signal propagation at initialisation: how large activations and gradients are in every layer, before any training.

It shows before a training whether signals vanish or explode; `dlrun probe` prints it. (The trace looks at networks in
training.) The theory is that of wide layers with independent weights (mean field): pre-activations are normal with
variance q, a layer turns q into q' and multiplies the variance of the gradients by chi:

    q' = n_in var E[g(sqrt(q) z)^2],   chi = n_out var E[g'(sqrt(q) z)^2],   z standard normal.

For ReLU both are 1/2 n var, whatever q. Sources: He et al. 2015, section 2.2; Schoenholz et al. 2017, section 3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from .activations import ACTIVATIONS, Activation
from .network import Network, Workspace, loss_and_gradient
from .parameters import Parameters

# Points of the normal distribution for E. None of them is 0, where the slope of ReLU jumps.
POINTS = np.linspace(-10, 10, 4000)
WEIGHTS = np.exp(-(POINTS**2) / 2) / math.sqrt(2 * math.pi) * (POINTS[1] - POINTS[0])

# A signal that survives this many layers is said never to die.
DEEPEST = 10_000

# The range of float32: numbers up to LEAST (half of the smallest one) are rounded to 0, above GREATEST they are inf.
LEAST, GREATEST = 2.0**-150, float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Signals:
    """Root mean squares, one for each layer with weights. The activations of the output layer are the logits.

    activations : of g(Z). row_spread : of g(Z) less its mean over the rows. gradients : of dJ/dZ, for one row.
    """

    activations: list[float]
    row_spread: list[float]
    gradients: list[float]


def signals(network: Network, parameters: Parameters, X: Array, Y: Array) -> Signals:
    """Measured in a forward and a backward pass over X (m, n_in), dropout off, in the parameters' own precision."""
    plain = Network(network.sizes, network.activation, network.loss)
    workspace = Workspace(plain, len(X), parameters.flat.dtype)
    np.copyto(workspace.X, X)
    gradient = Parameters(network.sizes, parameters.flat.dtype)
    with np.errstate(all="ignore"):
        loss_and_gradient(parameters, gradient, workspace, Y)
        outputs = [*(hidden.A for hidden in workspace.hidden), workspace.logits]
        return Signals(
            [rms(A) for A in outputs],
            [rms(A - A.mean(axis=0, dtype=np.float64)) for A in outputs],
            slopes(parameters, workspace),
        )


def slopes(parameters: Parameters, workspace: Workspace) -> list[float]:
    """The root mean square of dZ of each layer, first to last, computed as `network.backward` does."""
    dZ, from_output_down = workspace.dZ, [rms(workspace.dZ)]
    for layer, hidden in zip(reversed(parameters.layers), reversed(workspace.hidden), strict=False):
        dZ = (dZ @ layer.W.T) * hidden.factor
        from_output_down.append(rms(dZ))
    return from_output_down[::-1]


def rms(A: Array) -> float:
    """The root of the mean square, in float64, whose range is far larger than that of float32; inf and nan stay."""
    return math.sqrt(float(np.mean(np.square(A, dtype=np.float64)))) if np.isfinite(A).all() else math.inf


def theory(network: Network, variances: Sequence[float], first: float, last: float) -> Signals:
    """What wide layers with these variances would show. first, last : mean squares of inputs and of the output's dZ."""
    activation = ACTIVATIONS[network.activation]
    square, q, activations = first, [], []
    for n_in, variance in zip(network.sizes, variances, strict=False):
        q.append(n_in * variance * square)
        square = expected(activation, q[-1], of_slope=False)
        activations.append(math.sqrt(square))
    activations[-1] = math.sqrt(q[-1])  # logits
    gradients = [last]
    for index in range(network.depth - 2, -1, -1):
        chi = network.sizes[index + 2] * variances[index + 1] * expected(activation, q[index], of_slope=True)
        gradients.append(gradients[-1] * math.sqrt(chi))
    return Signals(activations, [], gradients[::-1])


def expected(activation: Activation, q: float, *, of_slope: bool) -> float:
    """E[g(sqrt(q) z)^2], or that of the slope g', for a standard normal z."""
    if activation.homogeneous:  # g(s z) = s g(z), and its slope does not depend on s
        return expected_square(activation, POINTS, of_slope) * (1 if of_slope else q)
    return expected_square(activation, math.sqrt(q) * POINTS, of_slope)


def expected_square(activation: Activation, Z: Array, of_slope: bool) -> float:
    A, slope = np.empty_like(Z), np.empty_like(Z)
    activation.value(Z, A)
    if of_slope:
        activation.slope(Z if activation.homogeneous else A, slope)
    return float(np.dot(WEIGHTS, np.square(slope if of_slope else A)))


def growth(values: Sequence[float]) -> float | None:
    """The factor from one hidden layer to the next, as a geometric mean; None below two, or where a signal has died.

    `values` has one figure for each layer with weights. The output is left out, and so is the first layer where two or
    more remain, because these have other widths.
    """
    hidden = list(values[:-1])
    inner = hidden[1:] if len(hidden) > 2 else hidden
    alive = [value for value in inner if value > 0 and math.isfinite(value)]
    if len(inner) < 2 or len(alive) < len(inner):
        return None
    factor: float = (inner[-1] / inner[0]) ** (1 / (len(inner) - 1))
    return factor


def float32_depth(factor: float | None, start: float) -> int | None:
    """Layers after which a signal that starts at `start` and grows by `factor` leaves float32; None if never."""
    if not factor or not start or factor == 1:
        return None
    limit = GREATEST if factor > 1 else LEAST
    layers = max(1, math.ceil(math.log(limit / start) / math.log(factor)))
    return layers if layers <= DEEPEST else None


def first_dead(values: Sequence[float]) -> int | None:
    """The first layer, counted from 1, where a signal is exactly 0 or not finite; None where there is no such layer."""
    dead = (n for n, value in enumerate(values, start=1) if value == 0 or not math.isfinite(value))
    return next(dead, None)
