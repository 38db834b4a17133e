"""The trace: how gradients, activations and steps look in every layer, at a few epochs of a training.

Stands beside the training loop, which asks it at the ends of epochs. Every figure follows from the parameters and a few
rows that never change, dropout off, so a trace touches no random stream, and a run gone on with has the same lines.
"""

import math

import numpy as np

from .network import Network, Workspace, loss_and_gradient
from .parameters import Parameters

# A trace looks at one training row in ROWS_SHARE, but at no fewer than FEWEST_ROWS (a unit that less than one row in a
# hundred wakes is as good as dead) and no more than MOST_ROWS.
ROWS_SHARE, FEWEST_ROWS, MOST_ROWS = 64, 128, 512

# The share of a training's time that traces may take, but for those of its first two epochs and its last.
TIME_SHARE = 0.02

# Work is counted in multiplications of the products: what a step's calls of NumPy cost a layer beside them, and what a
# trace takes of both, in steps of as many rows. Measured on the shipped configs by `python -m tests.benchmarks.trace`.
CALLS_A_LAYER = 100_000
PRODUCTS_A_TRACE, CALLS_A_TRACE = 1.3, 4

# |tanh| beyond which a unit is saturated: its slope is below a tenth. Source: TheDeepChecker takes .95 as well.
SATURATED = 0.95
# |tanh(z)| up to which a unit is linear: |z| < 0.5, where tanh is within 8% of z. sigmoid(2 z) = (1 + tanh(z)) / 2.
LINEAR = math.tanh(0.5)


class Tracer:
    """Looks at a network in training, on `m` fixed rows of its training set.

    updates : ||change of W|| / ||W|| of each layer in the last step of a traced epoch; NaN where it was not watched.
    spacing : epochs between two traces, from the work they take beside an epoch's.
    """

    def __init__(self, network: Network, X, Y, *, batch_size: int, l2_lambda: float, dtype):
        m_train = len(X)
        m = min(m_train, MOST_ROWS, max(FEWEST_ROWS, m_train // ROWS_SHARE))
        rows = np.arange(m) * m_train // m
        self.network = Network(network.sizes, network.activation, network.loss)  # the same, without dropout
        self.workspace = Workspace(self.network, m, dtype)
        np.copyto(self.workspace.X, X.take(rows, axis=0))
        self.Y = Y.take(rows, axis=0)
        self.gradient = Parameters(network.sizes, dtype)
        self.penalty_slope = l2_lambda / m_train
        self.updates = np.full(network.depth, np.nan)
        self.spacing = spacing(self.gradient.flat.size, network.depth, m, m_train, batch_size)

    def is_due(self, epoch: int) -> bool:
        """Whether an epoch is traced; 0 is the initialisation, and the last epoch is traced anyway."""
        return epoch <= 1 or epoch % self.spacing == 0

    def watch(self, before: Parameters, after: Parameters) -> None:
        """Notes how far a step has moved each layer's weights, beside their size."""
        for index, (old, new) in enumerate(zip(before.layers, after.layers, strict=True)):
            size = norm(old.W)
            self.updates[index] = norm(new.W - old.W) / size if size else np.nan

    def look(self, epoch: int, parameters: Parameters) -> dict:
        """One line of the trace, as plain values: {epoch, loss, penalty, penalty_share, layers}, and at 0 the start.

        loss, penalty : of the fixed rows, dropout off; the gradient norms are of this loss, without the penalty.
        """
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            loss = loss_and_gradient(parameters, self.gradient, self.workspace, self.Y)
            weights = [norm(layer.W) for layer in parameters.layers]
            penalty = 0.5 * self.penalty_slope * sum(weight**2 for weight in weights)
            line = {
                "epoch": epoch,
                "loss": loss,
                "penalty": penalty,
                "penalty_share": penalty / (loss + penalty) if penalty else 0.0,
                "layers": [self.layer(index, weight) for index, weight in enumerate(weights)],
            }
            return line if epoch else line | {"start": start_of(self.network, self.workspace.X, self.Y)}

    def layer(self, index: int, weight_norm: float) -> dict:
        """The figures of one layer after a pass forward and back; those of activations are None for the output."""
        update = float(self.updates[index])
        hidden = self.workspace.hidden
        return {
            "layer": index + 1,
            "gradient_norm": norm(self.gradient.layers[index].W),
            "weight_norm": weight_norm,
            "update_ratio": None if math.isnan(update) else update,
            **(activity(self.network.activation, hidden[index].A) if index < len(hidden) else NO_ACTIVITY),
        }


NO_ACTIVITY = dict.fromkeys(("activation_mean", "activation_spread", "dead_share", "saturated_share", "linear_share"))


def activity(activation: str, A: np.ndarray) -> dict:
    """What the outputs A (m, n) of a hidden layer say; None where a figure has no meaning for this activation.

    dead_share : units that no row wakes. saturated_share, linear_share : outputs on the flat, on the straight part.
    """
    outputs = A.astype(np.float64).ravel()
    mean = float(outputs.sum()) / A.size
    outputs -= mean
    figures = NO_ACTIVITY | {"activation_mean": mean, "activation_spread": norm(outputs) / math.sqrt(A.size)}
    if activation == "relu":
        figures["dead_share"] = np.count_nonzero(A.max(axis=0) <= 0) / A.shape[1]
    elif activation in ("tanh", "sigmoid"):
        bend = np.abs(A if activation == "tanh" else 2 * A - 1)
        figures["saturated_share"] = np.count_nonzero(bend > SATURATED) / A.size
        figures["linear_share"] = np.count_nonzero(bend < LINEAR) / A.size
    return figures


def start_of(network: Network, X: np.ndarray, Y: np.ndarray) -> dict:
    """What training begins with: the loss of the best constant answer, and how far the inputs' scales lie apart.

    least_spread, greatest_spread : of the standard deviations of the inputs that vary at all. greatest_mean : |mean|.
    """
    spreads = X.std(axis=0, dtype=np.float64)
    varying = spreads[spreads > 0]
    return {
        "prior_loss": prior_loss(network, Y),
        "least_spread": float(varying.min()) if varying.size else None,
        "greatest_spread": float(varying.max()) if varying.size else None,
        "greatest_mean": float(np.abs(X.mean(axis=0, dtype=np.float64)).max()),
    }


def prior_loss(network: Network, Y: np.ndarray) -> float:
    """The loss of the best answer that knows no inputs: the entropy of the classes in nats, or the variance."""
    if network.loss == "squared":
        return float(Y.var(dtype=np.float64))
    shares = np.unique(Y, return_counts=True)[1] / len(Y)
    return float(-(shares * np.log(shares)).sum()) + 0.0


def spacing(n_parameters: int, depth: int, m: int, m_train: int, batch_size: int) -> int:
    """Epochs between two traces of m rows, so that they take TIME_SHARE of the time; it depends on shapes alone.

    A pass over k rows is taken to cost k * n_parameters + depth * CALLS_A_LAYER.
    """
    calls, steps = depth * CALLS_A_LAYER, -(-m_train // batch_size)
    trace = PRODUCTS_A_TRACE * m * n_parameters + CALLS_A_TRACE * calls
    return math.ceil(trace / (TIME_SHARE * (m_train * n_parameters + steps * calls)))


def norm(W: np.ndarray) -> float:
    """The root of the sum of squares, in float64: a float32 square dies below 1e-38, a vanishing gradient is larger."""
    entries = W.ravel().astype(np.float64, copy=False)
    return math.sqrt(float(np.dot(entries, entries)))
