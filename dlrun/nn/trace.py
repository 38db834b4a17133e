"""The trace: how gradients, activations and steps look in every layer, at a few epochs of a training.

Stands beside the training loop, which asks it at the ends of epochs. Every figure follows from the parameters and a few
rows that never change, dropout off, so a trace touches no random stream, and a run gone on with has the same lines.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..records import omitted
from .activations import ACTIVATIONS, Activation
from .arrays import Array, Rows
from .network import Network, Workspace, loss_and_gradient
from .parameters import Parameters

# A look is at one training row in ROWS_SHARE, but at no fewer than FEWEST_ROWS (a unit that less than one row in a
# hundred wakes is as good as dead) and no more than MOST_ROWS. In a deep network fewer do: of them every so many, that
# rows times layers are no more than ROWS_BY_LAYERS, but no fewer than FEWEST_DEEP_ROWS.
ROWS_SHARE, FEWEST_ROWS, MOST_ROWS = 64, 128, 512
ROWS_BY_LAYERS, FEWEST_DEEP_ROWS = 2048, 16

# The share of a training's time that the looks `spacing` epochs apart may take. The other three, at the beginning,
# early and at the end, come on top: of a training of 30 ms they alone take 2.5%.
TIME_SHARE = 0.006

# The early look comes at the first end of an epoch after so many steps: those before say little of those to follow
# (`history.SETTLING_STEPS`). One of more work than EARLY_WORK, some 2 ms, waits until `spacing` epochs are done.
EARLY_STEPS, EARLY_WORK = 5, 20_000_000

# Work is counted in rows times parameters: what a step's calls of NumPy cost a layer beside its products; and of a
# look, its products beside a step's of as many rows, its calls a layer beside a step's, and the calls that it takes
# anyway, in layers. Fitted to the shipped configs, timed by `python -m tests.benchmarks.trace`: 17 us a layer, and 12
# rows x parameters a nanosecond.
CALLS_A_LAYER = 200_000
LOOK_PRODUCTS, LOOK_CALLS, LOOK_ANYWAY = 0.9, 1.25, 10

# Between these a sum of float32 squares has lost none that counts: they die below 1e-38 and overflow at 3e38.
SAFE_SQUARES = (1e-24, 1e36)

# |tanh| beyond which a unit is saturated: its slope is below a tenth. Source: TheDeepChecker takes .95 as well.
SATURATED = 0.95
# |tanh(z)| up to which a unit is linear: |z| < 0.5, where tanh is within 8% of z.
LINEAR = math.tanh(0.5)


@dataclass(frozen=True, slots=True)
class LayerLook:
    """One layer, counted from 1; None where a figure has no meaning, and for one that JSON has no number for.

    gradient_norm, weight_norm : of W. update_ratio : ||change of W|| / ||W|| of the step that led here. Of the outputs
    of a hidden layer their mean and standard deviation, and dead_share : units that no row wakes; saturated_share,
    linear_share : outputs on the flat, on the straight part.
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

    least_spread, greatest_spread : of the standard deviations of the inputs that vary at all; None if none does.
    greatest_mean : the greatest |mean|.
    """

    prior_loss: float | None
    least_spread: float | None
    greatest_spread: float | None
    greatest_mean: float


@dataclass(frozen=True, slots=True)
class TraceLine:
    """A look: one line of trace.jsonl. None stands for a number that has left the finite ones.

    loss, penalty : of the fixed rows, dropout off; the gradient norms are of this loss, without the penalty.
    penalty_share : of their sum. start : at epoch 0, which is the initialisation, alone.
    """

    epoch: int
    loss: float | None
    penalty: float | None
    penalty_share: float | None
    layers: tuple[LayerLook, ...]
    start: TraceStart | None = omitted()


class Tracer:
    """Looks at a network in training, on `m` fixed rows of its training set.

    widths, firsts (hidden layers,) : units of each hidden layer, and its first one among all of them.
    outputs (m, units) : what all hidden units give, side by side, in float64, where its figures are worked out.
    gradient : of a look; between looks it lends its room to the weights before a step that is watched.
    moves (depth,) : ||change of W|| of each layer in the last step of a traced epoch, or NaN.
    early, spacing : the epoch of the early look, and the epochs between two others, by the work they take.
    """

    def __init__(self, network: Network, X: Rows, Y: Rows, *, batch_size: int, l2_lambda: float, dtype: npt.DTypeLike):
        m_train = len(X)
        count = min(m_train, MOST_ROWS, max(FEWEST_ROWS, m_train // ROWS_SHARE))
        rows = np.arange(count) * m_train // count
        looked_at, answers = X.take(rows, axis=0), Y.take(rows, axis=0)
        stride = -(-count // max(FEWEST_DEEP_ROWS, ROWS_BY_LAYERS // network.depth))
        self.network = Network(network.sizes, network.activation, network.loss)  # the same, without dropout
        self.start, self.Y = start_of(network.loss, looked_at, answers), answers[::stride]
        m = len(self.Y)
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
        """Keeps the weights before a step that is to be watched."""
        np.copyto(self.gradient.flat, before.flat)

    def watch(self, after: Parameters) -> None:
        """Notes how far a step has moved each layer's weights from the remembered ones."""
        moved = self.gradient
        np.subtract(after.flat, moved.flat, out=moved.flat)
        self.moves[:] = norms(moved)

    def look(self, epoch: int, parameters: Parameters, *, watched: bool) -> TraceLine:
        """One line of the trace. watched : whether the step that led here is the one that `moves` tells of."""
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            loss = loss_and_gradient(parameters, self.gradient, self.workspace, self.Y)
            weights = norms(parameters)
            penalty = 0.5 * self.penalty_slope * sum(weight**2 for weight in weights)
            share = penalty / (loss + penalty) if penalty else 0.0
            layers = self.layers(weights, watched)
            return TraceLine(epoch, loss, penalty, share, layers, None if epoch else self.start)

    def layers(self, weights: list[float], watched: bool) -> tuple[LayerLook, ...]:
        """The figures of each layer after a pass forward and back; those of activations are None for the output."""
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
        found = activity(ACTIVATIONS[self.network.activation], self.outputs, self.widths, self.firsts)
        return [found[name].tolist() if name in found else [None] * len(hidden) for name in ACTIVITY]


ACTIVITY = ("activation_mean", "activation_spread", "dead_share", "saturated_share", "linear_share")


def activity(activation: Activation, outputs: Array, widths: Array, firsts: Array) -> dict[str, Array]:
    """What the outputs (m, units) of hidden layers, side by side, say of each layer; they are lost.

    dead_share : units that no row wakes. saturated_share, linear_share : outputs on the flat, on the straight part.
    """

    m = len(outputs)
    rows = np.full(m, 1 / m)
    means = rows @ outputs

    def layers(of_units: Array) -> Array:
        return np.add.reduceat(of_units, firsts, dtype=np.float64) / widths

    def share_within(low: float, high: float) -> Array:
        return layers(((outputs > low) & (outputs < high)).sum(axis=0, dtype=np.int16)) / m

    found = {"activation_mean": layers(means)}
    if activation.instead_of_dead:
        found["dead_share"] = layers(means <= 0)  # no output is below 0
    elif activation.flat_ends:
        # An output is middle + reach * tanh(z), where sigmoid(2 z) = (1 + tanh(z)) / 2; of others, so in effect.
        middle, reach = activation.flat_ends
        found["saturated_share"] = 1 - share_within(middle - SATURATED * reach, middle + SATURATED * reach)
        found["linear_share"] = share_within(middle - LINEAR * reach, middle + LINEAR * reach)
    outputs -= np.repeat(found["activation_mean"], widths)
    found["activation_spread"] = np.sqrt(layers(rows @ np.square(outputs, out=outputs)))
    return found


def start_of(loss: str, X: Array, Y: Array) -> TraceStart:
    """What training on these rows begins with."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        offsets, rows = X.astype(np.float64), np.full(len(X), 1 / len(X))
        means = rows @ offsets
        offsets -= means
        spreads = np.sqrt(rows @ np.square(offsets, out=offsets))
        varying = spreads[X.min(axis=0) < X.max(axis=0)]  # where all are equal, rounding leaves a spread
        return TraceStart(
            prior_loss=prior_loss(loss, Y),
            least_spread=float(varying.min()) if varying.size else None,
            greatest_spread=float(varying.max()) if varying.size else None,
            greatest_mean=float(np.abs(means).max()),
        )


def prior_loss(loss: str, Y: Array) -> float:
    """The loss of the best answer that knows no inputs: the entropy of the classes in nats, or the variance."""
    if loss == "squared":
        return float(Y.var(dtype=np.float64))
    counts = np.bincount(Y.ravel().astype(np.intp))
    shares = counts[counts > 0] / len(Y)
    return float(-(shares * np.log(shares)).sum()) + 0.0


def schedule(n_parameters: int, depth: int, m: int, m_train: int, batch_size: int) -> tuple[int, int]:
    """The epoch of the early look, and the epochs between two of the others; both depend on shapes alone.

    A step on k rows is taken to cost k * n_parameters + depth * CALLS_A_LAYER.
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
    """The root of the sum of squares, in float64 where squares may die or overflow: a vanishing gradient does not."""
    entries = W.ravel()
    square = float(np.dot(entries, entries))
    if not SAFE_SQUARES[0] < square < SAFE_SQUARES[1]:
        entries = entries.astype(np.float64)
        square = float(np.dot(entries, entries))
    return math.sqrt(square)
