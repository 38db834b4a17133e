"""The trace: how large gradients, activations and steps are in every layer, at a few epochs of a training.

The training loop asks it at the ends of epochs, and the diagnosis explains bad training from it. Every figure is
computed from the parameters and a few fixed rows, dropout off. So a trace uses no random numbers, and a resumed run has
the same lines.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import Array, Rows
from ..records import omitted
from .activations import ACTIVATIONS, Activation
from .moments import Moments
from .network import Network, Workspace, loss_and_gradient
from .parameters import Parameters

# A look uses one training row in ROWS_SHARE, at least FEWEST_ROWS (a unit that fewer than one row in a hundred
# activates is as good as dead) and at most MOST_ROWS. A deep network gets fewer rows, so that rows times layers stay
# below ROWS_BY_LAYERS, but at least FEWEST_DEEP_ROWS.
ROWS_SHARE, FEWEST_ROWS, MOST_ROWS = 64, 128, 512
ROWS_BY_LAYERS, FEWEST_DEEP_ROWS = 2048, 16

# The share of a training's time that the looks every `spacing` epochs may take. Three more looks (at the beginning,
# early and at the end) are not counted: they take 2.5% of a training of 30 ms.
TIME_SHARE = 0.006

# The early look comes at the end of the first epoch with this many steps done: earlier steps say little of the later
# ones (`history.SETTLING_STEPS`). A look of more work than EARLY_WORK (some 2 ms) waits for `spacing` epochs.
EARLY_STEPS, EARLY_WORK = 5, 20_000_000

# Work is counted in rows times parameters. CALLS_A_LAYER : the cost of a step's NumPy calls for one layer, in that
# unit. The others compare a look with a step of as many rows: its matrix products (LOOK_PRODUCTS), its calls for one
# layer (LOOK_CALLS), and its fixed cost in layers (LOOK_ANYWAY). Fitted to the shipped configs, timed by
# `python -m tests.benchmarks.trace`: 17 us a layer, and 12 rows x parameters a nanosecond.
CALLS_A_LAYER = 200_000
LOOK_PRODUCTS, LOOK_CALLS, LOOK_ANYWAY = 0.9, 1.25, 10

# Between these a sum of float32 squares is precise: squares below 1e-38 become 0, and above 3e38 they overflow.
SAFE_SQUARES = (1e-24, 1e36)

# |tanh| above which a unit is saturated: its slope is below a tenth. Source: TheDeepChecker uses .95 as well.
SATURATED = 0.95
# |tanh(z)| up to which a unit is linear: |z| < 0.5, where tanh is within 8% of z.
LINEAR = math.tanh(0.5)


@dataclass(frozen=True, slots=True)
class LayerLook:
    """One layer, counted from 1. None stands for a figure without meaning here, and for one that JSON cannot write.

    gradient_norm, weight_norm : of W. update_ratio : ||change of W|| / ||W|| of the last step.
    activation_mean, activation_spread : mean and standard deviation of a hidden layer's outputs.
    dead_share : the share of units that no row activates. saturated_share, linear_share : the shares of outputs on the
    flat part and on the straight part of the activation.
    """

    layer: int
    gradient_norm: float | None
    weight_norm: float
    update_ratio: float | None
    activation_mean: float | None
    activation_spread: float | None
    dead_share: float | None
    saturated_share: float | None
    linear_share: float | None


@dataclass(frozen=True, slots=True)
class TraceStart:
    """What training begins with: the loss of the best constant answer, and how far the inputs' scales lie apart.

    least_spread, greatest_spread : the extreme standard deviations among inputs that vary; None if no input varies.
    greatest_mean : the greatest |mean|.
    """

    prior_loss: float | None
    least_spread: float | None
    greatest_spread: float | None
    greatest_mean: float


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A look: one line of trace.jsonl. None stands for a number that is not finite.

    loss, penalty : of the fixed rows, dropout off; the gradient norms are of this loss, without the penalty.
    penalty_share : of their sum. start : only at epoch 0, which is the initialisation.
    """

    epoch: int
    loss: float | None
    penalty: float | None
    penalty_share: float | None
    layers: tuple[LayerLook, ...]
    start: TraceStart | None = omitted()


class Tracer:
    """Looks at a network in training, on `m` fixed rows of its training set.

    widths, firsts (hidden layers,) : the units of each hidden layer, and the index of its first unit among all.
    outputs (m, units) : the outputs of all hidden units, side by side, in float64; the figures are computed in place.
    gradient : of a look. Between looks its memory holds the weights before a watched step.
    moves (depth,) : ||change of W|| of each layer in the last step of a traced epoch, or NaN.
    early, spacing : the epoch of the early look, and the epochs between two others, chosen by the work they take.
    """

    def __init__(
        self,
        network: Network,
        X: Rows,
        Y: Rows,
        weight: Array | None = None,
        *,
        batch_size: int,
        l2_lambda: float,
        dtype: npt.DTypeLike,
    ):
        m_train = len(X)
        count = min(m_train, MOST_ROWS, max(FEWEST_ROWS, m_train // ROWS_SHARE))
        rows = np.arange(count) * m_train // count
        looked_at, answers = X.take(rows, axis=0), Y.take(rows, axis=0)
        weights = None if weight is None else weight[rows]
        stride = -(-count // max(FEWEST_DEEP_ROWS, ROWS_BY_LAYERS // network.depth))
        self.network = Network(network.sizes, network.activation, network.loss)  # the same, without dropout
        self.start, self.Y = start_of(network.loss, looked_at, answers, weights), answers[::stride]
        m = len(self.Y)
        self.weight = None if weights is None else (weights[::stride] / weights[::stride].mean()).astype(dtype)
        self.workspace = Workspace(self.network, m, dtype)
        np.copyto(self.workspace.X, looked_at[::stride])
        self.gradient = Parameters(network.sizes, dtype)
        self.widths = np.array(network.sizes[1:-1], int)
        self.firsts = np.cumsum(self.widths) - self.widths
        self.outputs = np.empty((m, self.widths.sum()))
        self.penalty_slope = l2_lambda / m_train
        self.moves = np.full(network.depth, np.nan)
        self.early, self.spacing = schedule(self.gradient.flat.size, network.depth, m, m_train, batch_size)

    def is_due(self, epoch: int) -> bool:
        """Whether an epoch is traced; 0 is the initialisation, and the last epoch is traced anyway."""
        return epoch % self.spacing == 0 or epoch == self.early

    def remember(self, before: Parameters) -> None:
        """Keep a copy of the weights before a step that is to be watched."""
        np.copyto(self.gradient.flat, before.flat)

    def watch(self, after: Parameters) -> None:
        """Note how far a step has moved each layer's weights from the remembered ones."""
        moved = self.gradient
        np.subtract(after.flat, moved.flat, out=moved.flat)
        self.moves[:] = norms(moved)

    def look(self, epoch: int, parameters: Parameters, *, watched: bool) -> TraceLine:
        """One line of the trace. watched : whether `moves` belongs to the last step."""
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            loss = loss_and_gradient(parameters, self.gradient, self.workspace, self.Y, self.weight)
            weights = norms(parameters)
            penalty = 0.5 * self.penalty_slope * sum(weight**2 for weight in weights)
            share = penalty / (loss + penalty) if penalty else 0.0
            layers = self.layers(weights, watched)
            return TraceLine(epoch, loss, penalty, share, layers, None if epoch else self.start)

    def layers(self, weights: list[float], watched: bool) -> tuple[LayerLook, ...]:
        """The figures of each layer after a forward and a backward pass; the output has none of activations."""
        moves = self.moves.tolist() if watched else [math.nan] * len(weights)
        columns = (
            range(1, len(weights) + 1),
            norms(self.gradient),
            weights,
            [ratio(moved, weight) for moved, weight in zip(moves, weights, strict=True)],
            *([*layers, None] for layers in self.activity()),
        )
        return tuple(LayerLook(*layer) for layer in zip(*columns, strict=True))

    def activity(self) -> list[list[float | None]]:
        """Each figure of ACTIVITY, a list over the hidden layers; None where it has no meaning."""
        hidden = self.workspace.hidden
        if not hidden:
            return [[] for _ in ACTIVITY]
        np.concatenate([layer.A for layer in hidden], axis=1, out=self.outputs)
        figures = activity(ACTIVATIONS[self.network.activation], self.outputs, self.widths, self.firsts)
        return [figures[name].tolist() if name in figures else [None] * len(hidden) for name in ACTIVITY]


ACTIVITY = ("activation_mean", "activation_spread", "dead_share", "saturated_share", "linear_share")


def activity(activation: Activation, outputs: Array, widths: Array, firsts: Array) -> dict[str, Array]:
    """The figures of each hidden layer, from the outputs (m, units) of all, side by side, which are overwritten.

    dead_share : units that no row activates. saturated_share, linear_share : outputs on the flat, on the straight part.
    """

    m = len(outputs)
    rows = np.full(m, 1 / m)
    means = rows @ outputs

    def layers(of_units: Array) -> Array:
        return np.add.reduceat(of_units, firsts, dtype=np.float64) / widths

    def share_within(low: float, high: float) -> Array:
        return layers(((outputs > low) & (outputs < high)).sum(axis=0, dtype=np.int16)) / m

    figures = {"activation_mean": layers(means)}
    if activation.instead_of_dead:
        figures["dead_share"] = layers(means <= 0)  # no output is below 0
    elif activation.flat_ends:
        # An output is middle + reach * tanh(z): sigmoid(2 z) = (1 + tanh(z)) / 2. Others are treated the same.
        middle, reach = activation.flat_ends
        figures["saturated_share"] = 1 - share_within(middle - SATURATED * reach, middle + SATURATED * reach)
        figures["linear_share"] = share_within(middle - LINEAR * reach, middle + LINEAR * reach)
    outputs -= np.repeat(figures["activation_mean"], widths)
    figures["activation_spread"] = np.sqrt(layers(rows @ np.square(outputs, out=outputs)))
    return figures


def start_of(loss: str, X: Array, Y: Array, weight: Array | None = None) -> TraceStart:
    """What training on these rows begins with; `weight` (m,) concerns the loss alone."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        offsets, rows = X.astype(np.float64), np.full(len(X), 1 / len(X))
        means = rows @ offsets
        offsets -= means
        spreads = np.sqrt(rows @ np.square(offsets, out=offsets))
        varying = spreads[X.min(axis=0) < X.max(axis=0)]  # rounding gives even equal numbers a small spread
        return TraceStart(
            prior_loss=prior_loss(loss, Y, weight),
            least_spread=float(varying.min()) if varying.size else None,
            greatest_spread=float(varying.max()) if varying.size else None,
            greatest_mean=float(np.abs(means).max()),
        )


def prior_loss(loss: str, Y: Array, weight: Array | None = None) -> float:
    """The loss of the best answer that uses no inputs: the entropy of the classes in nats, or the variance."""
    if loss == "squared":
        if weight is None:
            return float(Y.var(dtype=np.float64))
        moments = Moments(1)
        moments.add(Y, weight)
        return float(moments.variance()[0])
    counts = np.bincount(Y.ravel().astype(np.intp), weight)
    shares = counts[counts > 0] / (len(Y) if weight is None else weight.sum())
    return float(-(shares * np.log(shares)).sum()) + 0.0


def schedule(n_parameters: int, depth: int, m: int, m_train: int, batch_size: int) -> tuple[int, int]:
    """The epoch of the early look, and the epochs between two of the others; both depend on shapes alone.

    The cost of a step on k rows is taken as k * n_parameters + depth * CALLS_A_LAYER.
    """
    steps = -(-m_train // batch_size)
    epoch = m_train * n_parameters + steps * depth * CALLS_A_LAYER
    look = LOOK_PRODUCTS * m * n_parameters + (LOOK_ANYWAY + LOOK_CALLS * depth) * CALLS_A_LAYER
    spacing = math.ceil(look / (TIME_SHARE * epoch))
    return -(-EARLY_STEPS // steps) if look <= EARLY_WORK else spacing, spacing


def ratio(moved: float, weight: float) -> float | None:
    """||change of W|| / ||W||, W being the weights after the step; None where there is no such figure."""
    return moved / weight if weight and not math.isnan(moved) else None


def norms(parameters: Parameters) -> list[float]:
    """||W|| of each layer."""
    return [norm(layer.W) for layer in parameters.layers]


def norm(W: Array) -> float:
    """The root of the sum of squares, in float64 where float32 squares may underflow or overflow."""
    entries = W.ravel()
    square = float(np.dot(entries, entries))
    if not SAFE_SQUARES[0] < square < SAFE_SQUARES[1]:
        entries = entries.astype(np.float64)
        square = float(np.dot(entries, entries))
    return math.sqrt(square)
