"""The network: the forward pass to logits and the backward pass to gradients, through buffers that are made once.

Everything that a pass computes lies in its `Workspace` and nothing on the network, so that a dev pass between a forward
and a backward pass changes nothing. The formulas, with examples as rows:

    forward    Z = A W + b,  A' = g(Z) * mask / keep_prob
    backward   dW = A^T dZ,  db = sum dZ,  dA = dZ W^T,  dZ = dA * g'(Z) * mask / keep_prob

The members of an ensemble are trained side by side on the same rows: every array but the inputs has a first axis more,
and a product is one of each member.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..arrays import Array
from .activations import ACTIVATIONS, Activation
from .compiled import bound, compiled
from .dropout import Masks, realised_keep_prob
from .losses import LOSSES, Loss, weighted_mean
from .parameters import Parameters

# The seconds that a compiled loop saves, for each hidden layer and for each unit of each row, by
# `python -m tests.benchmarks.loops`.
LOOP_SAVES, LOOP_SAVES_A_UNIT = 2.5e-6, 0.25e-9

# The same for the loops of a loss, in all.
LOSS_LOOPS_SAVE = 6e-6

# dA = dZ W^T is had sooner as (W dZ^T)^T where the layer above is so many times as wide as the batch is long, and the
# product takes so many multiplications: there BLAS is slow to gather the transposed matrix. Smaller products have
# kernels of their own. Measured with OpenBLAS 0.3.31 and AVX-512: `python -m tests.benchmarks.turned`.
TURNED_WIDTH, TURNED_PRODUCT = 4, 2**18


@dataclass(frozen=True)
class Network:
    """What a network is, without its parameters.

    sizes : widths from inputs to outputs; depth 1, (n_in, n_out), is linear or logistic regression.
    activation, loss : words of ACTIVATIONS and LOSSES.
    keep_probs : the probability that a unit stays, one for each hidden layer; empty means 1 for all.
    members : how many such networks answer together, each with its own parameters and masks.
    """

    sizes: tuple[int, ...]
    activation: str
    loss: str
    keep_probs: tuple[float, ...] = ()
    members: int = 1

    @property
    def depth(self) -> int:
        """Layers with weights, the output layer included."""
        return len(self.sizes) - 1

    @property
    def loss_function(self) -> Loss:
        return LOSSES[self.loss]


class Hidden:
    """The buffers of one hidden layer of n units, for m rows.

    A1 (m, n + 1) : its output and a column of ones, which carries the next layer's bias; A views the output.
    factor (m, n) : g'(Z) * mask / keep_prob, which both passes multiply by.
    mask (m, n) : True where a unit stays, or None where all do. scale : 1 / keep_prob.
    Z, gate (m, n) : the pre-activation, and booleans for a slope that is 0 or 1: scratch, which the next layer reuses.
    loop : does all that `activate` does, compiled; None where it is not (see `Workspace.hasten`).
    """

    def __init__(self, Z: Array, gate: Array, mask: Array | None, keep_prob: float):
        *rows, n = Z.shape
        self.A1 = np.empty((*rows, n + 1), Z.dtype)
        self.A1[..., -1] = 1
        self.A = self.A1[..., :-1]
        self.factor = np.empty(Z.shape, Z.dtype)
        self.mask, self.Z, self.gate = mask, Z, gate
        # An array without axes: NumPy starts a call with it in half the time that it needs for a Python number.
        self.scale = np.array(1 / keep_prob, Z.dtype)
        self.loop: Callable[[], None] | None = None


class Workspace:
    """The buffers of a forward and a backward pass over m rows.

    X1 (m, n_in + 1) : the inputs and a column of ones; write the rows into X.
    logits, dZ (m, n_out) : stored by columns, because the losses reduce over the few columns of a row; by rows where
    there are members.
    mean : does all that the loss's `mean` does with these, compiled; None where it is not (see `hasten`).
    """

    def __init__(self, network: Network, m: int, dtype: npt.DTypeLike = np.float32):
        n_in, *widths, n_out = network.sizes
        self.network = network
        # The product of each member where there are several; `dot` starts in half the time that `matmul` takes.
        self.multiply: Callable[..., Array] = np.dot if network.members == 1 else np.matmul
        self.X1 = np.ones((m, n_in + 1), dtype)
        self.X = self.X1[:, :-1]
        keep_probs = network.keep_probs or (1.0,) * len(widths)
        rows = (m,) if network.members == 1 else (network.members, m)
        self.masks = Masks([(*rows, n) for n in widths], keep_probs)
        # Z is not needed after its layer is activated, so all layers share memory that stays in the cache.
        widest = network.members * m * max(widths, default=0)
        Z, gate = np.empty(widest, dtype), np.empty(widest, np.bool_)
        self.hidden = [
            Hidden(first(Z, *rows, n), first(gate, *rows, n), mask, realised_keep_prob(keep))
            for n, mask, keep in zip(widths, self.masks.views, keep_probs, strict=True)
        ]
        order: Literal["C", "F"] = "F" if network.members == 1 else "C"
        self.logits, self.dZ = (np.empty((*rows, n_out), dtype, order=order) for _ in range(2))
        self.mean: Callable[[Array], float] | None = None
        # A gradient is needed only until the layer below has its own, so two buffers serve all layers in turn.
        scratch = np.empty((2, widest), dtype)
        self.dA = [first(scratch[i % 2], *rows, n) for i, n in enumerate(widths)]
        # dA^T of the layers for which it is computed first, None for the others; it too is needed for a moment only.
        turned = np.empty(m * widest_turned(network, m), dtype)
        pays = [pays_turned(network, m, index) for index in range(len(widths))]
        self.dA_T = [first(turned, n, m) if does else None for n, does in zip(widths, pays, strict=True)]
        # What each layer with weights multiplies, with its column of ones, transposed as the backward pass needs it.
        self.inputs_T = [A1.swapaxes(-1, -2) for A1 in (self.X1, *(hidden.A1 for hidden in self.hidden))]

    def loops_save(self) -> float:
        """Seconds of a step that `hasten` saves."""
        saved = 0.0
        if ACTIVATIONS[self.network.activation].loop is not None:
            saved += sum(LOOP_SAVES + hidden.Z.size * LOOP_SAVES_A_UNIT for hidden in self.hidden)
        if self.network.loss_function.hastened is not None and self.network.members == 1:
            saved += LOSS_LOOPS_SAVE
        return saved

    def hasten(self, saved_seconds: float) -> None:
        """Compute activations and loss by compiled loops from now on, with the same bits, if these can be had and pay.

        saved_seconds : about how much time it will save, with all else that becomes faster by compiled loops.
        """
        loss, loop = self.network.loss_function, ACTIVATIONS[self.network.activation].loop
        if loss.hastened is not None and self.network.members == 1:
            self.mean = loss.hastened(self.logits, self.dZ, saved_seconds)
        if loop is None or (loop := compiled(loop, self.X.dtype, saved_seconds)) is None:
            return
        for hidden in self.hidden:
            mask = np.ones(hidden.Z.shape, np.bool_) if hidden.mask is None else hidden.mask
            n = hidden.Z.shape[-1]
            hidden.loop = bound(loop, hidden.Z, hidden.A1, hidden.factor, mask, hidden.scale, hidden.Z.size // n, n)

    def draw_masks(self, rng: np.random.Generator) -> None:
        """Fresh dropout masks for every hidden layer that drops units."""
        self.masks.draw(rng)


def pays_turned(network: Network, m: int, index: int) -> bool:
    """Whether dA (m, n) of a hidden layer, counted from 0, is had sooner through its transpose."""
    n, above = network.sizes[index + 1 : index + 3]
    return network.members == 1 and above >= TURNED_WIDTH * m and m * above * n >= TURNED_PRODUCT


def widest_turned(network: Network, m: int) -> int:
    """The units of the widest layer whose dA is had through its transpose; 0 where there is none."""
    hidden = range(network.depth - 1)
    return max((network.sizes[index + 1] for index in hidden if pays_turned(network, m, index)), default=0)


def first(memory: Array, *shape: int) -> Array:
    """A view of this shape of the first numbers of a flat piece of memory."""
    return memory[: math.prod(shape)].reshape(shape)


def forward(parameters: Parameters, workspace: Workspace) -> Array:
    """Logits (m, n_out) of the rows in `workspace.X`, through the masks drawn last; keeps what `backward` needs."""
    activation, multiply = ACTIVATIONS[workspace.network.activation], workspace.multiply
    A1 = workspace.X1
    for layer, hidden in zip(parameters.layers, workspace.hidden, strict=False):
        multiply(A1, layer.Wb, out=hidden.Z)  # Z = A W + b
        activate(activation, hidden)
        A1 = hidden.A1
    if workspace.network.members > 1:
        return multiply(A1, parameters.layers[-1].Wb, out=workspace.logits)
    np.dot(parameters.layers[-1].Wb.T, A1.T, out=workspace.logits.T)  # the same, transposed as the buffer is
    return workspace.logits


def activate(activation: Activation, hidden: Hidden) -> None:
    """From Z to A = g(Z) * mask / keep_prob and factor = g'(Z) * mask / keep_prob, in as few passes as g allows."""
    if hidden.loop is not None:
        hidden.loop()
        return
    Z, A, factor, gate, mask = hidden.Z, hidden.A, hidden.factor, hidden.gate, hidden.mask
    if activation.gated:
        activation.slope(Z, gate)
        if mask is not None:
            np.logical_and(gate, mask, out=gate)
        np.copyto(factor, gate)  # a copy converts booleans three times as fast as a product does
        if mask is not None:
            np.multiply(factor, hidden.scale, out=factor)
        np.multiply(Z, factor, out=Z)  # g(Z) = Z g'(Z)
        np.copyto(A, Z)  # A's rows lie apart in memory, which costs a copy less than a product
        return
    if activation.homogeneous:
        activation.slope(Z, factor)
        np.multiply(Z, factor, out=A)
    else:
        activation.value(Z, A)
        activation.slope(A, factor)
    if mask is not None:
        scaled_mask = Z  # Z is no longer needed
        np.copyto(scaled_mask, mask)
        np.multiply(scaled_mask, hidden.scale, out=scaled_mask)
        np.multiply(A, scaled_mask, out=A)
        np.multiply(factor, scaled_mask, out=factor)


def backward(parameters: Parameters, gradient: Parameters, workspace: Workspace) -> None:
    """Write dJ/dW and dJ/db of every layer into `gradient`, from `workspace.dZ`, the loss's slope at the logits."""
    dZ = workspace.dZ
    multiply = workspace.multiply
    for index in range(len(parameters.layers) - 1, -1, -1):
        multiply(workspace.inputs_T[index], dZ, out=gradient.layers[index].Wb)  # the column of ones makes db = sum dZ
        if index > 0:
            dA, dA_T = workspace.dA[index - 1], workspace.dA_T[index - 1]
            if dA_T is None:
                multiply(dZ, parameters.layers[index].W_T, out=dA)
            else:
                np.copyto(dA, np.dot(parameters.layers[index].W, dZ.T, out=dA_T).T)
            dZ = np.multiply(dA, workspace.hidden[index - 1].factor, out=dA)


def loss_and_gradient(
    parameters: Parameters, gradient: Parameters, workspace: Workspace, Y: Array, weight: Array | None = None
) -> float:
    """The mean data loss of the rows in `workspace.X` against Y, and its gradient in `gradient`; no penalty.

    weight (m,) : what each row's loss is multiplied by.
    """
    forward(parameters, workspace)
    loss = mean_loss(workspace, Y, weight)
    backward(parameters, gradient, workspace)
    return loss


def mean_loss(workspace: Workspace, Y: Array, weight: Array | None = None) -> float:
    """The mean data loss of the logits in the workspace against Y; its slope goes into `workspace.dZ`.

    weight (m,) : what each row's loss is multiplied by. Of an ensemble: the mean over its members, each of which gets
    the slope of its own loss; weight may be (members, m), other numbers for each.
    """
    if workspace.mean is not None and weight is None:
        return workspace.mean(Y)
    function, members = workspace.network.loss_function, workspace.network.members
    logits, dZ = workspace.logits, workspace.dZ
    if members > 1:
        m, Y = len(Y), np.concatenate([Y] * members)
        weight = None if weight is None else np.broadcast_to(weight, (members, m)).reshape(-1)
        logits, dZ = logits.reshape(len(Y), -1), dZ.reshape(len(Y), -1)
    loss = function.mean(logits, Y, dZ) if weight is None else weighted_mean(function, logits, Y, weight, dZ)
    if members > 1:
        dZ *= members
    return loss


class Scratch:
    """The memory that the layers of `predict_logits` share, for at most m rows: one piece for Z, and one for A."""

    def __init__(self, network: Network, m: int, dtype: npt.DTypeLike = np.float32):
        widest = max(network.sizes[1:-1], default=0)
        self.Z, self.A = np.empty((2, m * widest), dtype)


def predict_logits(network: Network, parameters: Parameters, X: Array, scratch: Scratch | None = None) -> Array:
    """Logits (m, n_out) of the rows of X, dropout off. Keeps only the current layer in memory.

    With `scratch` that memory is used again, which saves the system the making of new pages for each call. Of an
    ensemble: the logits of the mean of its members' probabilities, or the mean of their numbers.
    """
    if parameters.members > 1:
        members = map(parameters.member, range(parameters.members))
        return network.loss_function.joined(np.stack([predict_logits(network, one, X, scratch) for one in members]))
    activation = ACTIVATIONS[network.activation]
    m, A = len(X), X
    for layer in parameters.layers[:-1]:
        n = layer.W.shape[1]
        Z: Array = np.dot(A, layer.W, out=None if scratch is None else first(scratch.Z, m, n))
        Z += layer.b
        # The product that read A is done, so its memory is free for the next one.
        A = np.empty_like(Z) if scratch is None else first(scratch.A, m, n)
        activation.value(Z, A)
    logits: Array = A @ parameters.layers[-1].W + parameters.layers[-1].b
    return logits
