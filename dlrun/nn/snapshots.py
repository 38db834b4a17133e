"""Snapshots of the weights: how those of each layer are spread at a few epochs, for pictures of what lambda does.

Each is computed from the parameters alone, after an epoch that does not depend on how many are to come. So a run that
was resumed, or made longer, has the same snapshots as one that never stopped.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from .network import Network
from .parameters import Parameters

# The bars of a histogram, between the least and the greatest weight.
BINS = 40

# Of a larger layer only every k-th weight counts, and of a deeper network every k-th layer, so that a snapshot takes
# 0.3 ms of a network with a million parameters. A standard deviation of so many weights is about 1.6% off that of all:
# 1 / sqrt(2 n).
MOST_WEIGHTS, MOST_LAYERS = 2048, 6

# The boundary is kept of networks with at most so many parameters: 80 kB a snapshot, a tenth of a checkpoint.
MOST_PARAMETERS = 40_000

# How parameters are kept: rounding them so moves the boundary of the shipped configs by less than 0.05% of the plane.
KEPT_AS = np.dtype("<f2")

# The epochs after which a snapshot is taken, and those whose snapshots keep the parameters: evenly spaced by the
# logarithm, as weights move the most at first. The greatest are beyond any training.
DRAWN = frozenset(10**power for power in range(12))
DUE = frozenset({0, *DRAWN, *(3 * epoch for epoch in DRAWN)})


class LayerWeights(NamedTuple):
    """The weights of a layer, counted from 1, without its biases; of a large one, some that lie evenly among them.

    deviation : their standard deviation. low, high : the least and the greatest. counts (BINS,) : how many lie in each
    equal part of the range between; equal weights lie in the middle of a range of 1.
    """

    layer: int
    mean: float
    deviation: float
    low: float
    high: float
    counts: Array


@dataclass(frozen=True)
class Snapshot:
    """The weights after an epoch; 0 is the initialisation. layers : of a deep network, some that lie evenly among all.

    parameters (P,) float16 : all of them, in the order of `Parameters.flat`, where a boundary is to be drawn from them.
    """

    epoch: int
    layers: tuple[LayerWeights, ...]
    parameters: Array | None = None


class SnapshotTaker:
    """Takes the snapshots of a training. To take one only copies weights; they are counted when all are to be written.

    draws : whether a boundary can be drawn, as of two inputs. done : the snapshots that are counted. copies : of the
    others. is_new : whether there are some that `all` has not returned.
    """

    def __init__(self, network: Network, *, draws: bool):
        self.size = sum((n_in + 1) * n_out for n_in, n_out in pairwise(network.sizes))
        self.draws = draws and network.members == 1 and self.size <= MOST_PARAMETERS
        self.layers = numbers_of(network.depth)
        self.done: list[Snapshot] = []
        self.copies: list[tuple[int, list[Array], Array | None]] = []
        self.is_new = False

    def take(self, epoch: int, parameters: Parameters) -> None:
        """Take one after an epoch if it is due and all is finite; of an ensemble, of its first member."""
        if epoch not in DUE:
            return
        first = parameters.member(0)
        with np.errstate(over="ignore", invalid="ignore"):
            if not math.isfinite(np.dot(first.flat, first.flat)):
                return
            flat = first.flat.astype(KEPT_AS) if self.draws and epoch in DRAWN else None
        self.copies.append((epoch, [evenly(first.layers[number - 1].W).copy() for number in self.layers], flat))
        self.is_new = True

    def all(self) -> tuple[Snapshot, ...]:
        """All snapshots so far."""
        for epoch, chosen, flat in self.copies:
            layers = (layer_weights(number, of_layer) for number, of_layer in zip(self.layers, chosen, strict=True))
            self.done.append(Snapshot(epoch, tuple(layers), flat))
        self.copies, self.is_new = [], False
        return tuple(self.done)

    def begin_with(self, snapshots: Sequence[Snapshot], epoch: int) -> None:
        """Take over those of an earlier session up to an epoch, unless they are of another network."""
        sizes = {len(one.parameters) for one in snapshots if one.parameters is not None}
        numbers = {tuple(layer.layer for layer in one.layers) for one in snapshots}
        if sizes <= {self.size} and numbers <= {tuple(self.layers)}:
            self.done += [one for one in snapshots if one.epoch <= epoch]
            self.is_new = bool(self.done)


def layers_of(parameters: Parameters) -> tuple[LayerWeights, ...]:
    """The layers of finite parameters, as a snapshot shows them; of an ensemble, those of its first member."""
    layers = parameters.member(0).layers
    return tuple(layer_weights(number, evenly(layers[number - 1].W)) for number in numbers_of(len(layers)))


def numbers_of(depth: int) -> list[int]:
    """The layers that snapshots show, counted from 1, the first and the last among them."""
    return sorted({round(at) for at in np.linspace(1, depth, min(depth, MOST_LAYERS)).tolist()})


def evenly(W: Array) -> Array:
    """The weights (n,) of a layer; of more than MOST_WEIGHTS every k-th, so that all units are met alike."""
    stride = -(-W.size // MOST_WEIGHTS)
    while math.gcd(stride, W.shape[1]) > 1:  # it would meet some units again and again, and others never
        stride += 1
    return W.reshape(-1)[::stride]


def layer_weights(number: int, weights: Array) -> LayerWeights:
    """The figures of finite weights (n,) of a layer."""
    values = weights.astype(np.float64)
    low, high, mean = float(values.min()), float(values.max()), float(values.sum()) / values.size
    variance = float(np.dot(values, values)) / values.size - mean**2
    return LayerWeights(number, mean, math.sqrt(max(variance, 0.0)), low, high, histogram(values, low, high))


def histogram(values: Array, low: float, high: float) -> Array:
    """What `numpy.histogram` counts of float64 values, in a sixth of its time: (BINS,) int32."""
    if high - low < np.finfo(np.float32).tiny:
        low, high = low - 0.5, high + 0.5
    places = ((values - low) * (BINS / (high - low))).astype(np.intp)
    return np.bincount(np.minimum(places, BINS - 1, out=places), minlength=BINS).astype(np.int32)


def as_arrays(snapshots: Sequence[Snapshot]) -> dict[str, Array]:
    """E snapshots of L layers as the arrays of snapshots.npz.

    epochs (E,), layers (L,), figures (E, L, 4) : mean, deviation, low, high; counts (E, L, BINS). Of D snapshots that
    keep the parameters: drawn_epochs (D,), parameters (D, P).
    """
    drawn = [one for one in snapshots if one.parameters is not None]
    arrays = {
        "epochs": np.array([one.epoch for one in snapshots], np.int64),
        "layers": np.array([layer.layer for layer in snapshots[0].layers], np.int64),
        "figures": np.array([[layer[1:5] for layer in one.layers] for one in snapshots]),
        "counts": np.array([[layer.counts for layer in one.layers] for one in snapshots]),
    }
    if drawn:
        arrays["drawn_epochs"] = np.array([one.epoch for one in drawn], np.int64)
        arrays["parameters"] = np.stack([one.parameters for one in drawn if one.parameters is not None])
    return arrays


def in_arrays(arrays: Mapping[str, Array]) -> tuple[Snapshot, ...]:
    """The snapshots in such arrays, which may come from anywhere. Raises ValueError unless all can be relied on."""
    if not {"epochs", "layers", "figures", "counts"} <= arrays.keys():
        raise ValueError("holds no snapshots")
    epochs, layers, figures, counts = (arrays[name] for name in ("epochs", "layers", "figures", "counts"))
    kinds = "".join(array.dtype.kind for array in (epochs, layers, figures, counts))
    shape = (epochs.size, layers.size)
    shapes = [array.shape for array in (epochs, layers, figures, counts)]
    if kinds != "iifi" or shapes != [shape[:1], shape[1:], (*shape, 4), (*shape, BINS)]:
        raise ValueError("its snapshots do not have the shapes that dlrun writes")
    if not is_sound(epochs, figures, counts):
        raise ValueError("its snapshots have figures that dlrun does not write")
    drawn, numbers = drawn_in(arrays), layers.tolist()

    def layer(e: int, at: int) -> LayerWeights:
        mean, deviation, low, high = figures[e, at].tolist()
        return LayerWeights(numbers[at], mean, deviation, low, high, counts[e, at])

    return tuple(
        Snapshot(epoch, tuple(layer(e, at) for at in range(len(numbers))), drawn.get(epoch))
        for e, epoch in enumerate(epochs.tolist())
    )


def is_sound(epochs: Array, figures: Array, counts: Array) -> bool:
    """Whether epochs ascend from 0 on, figures (E, L, 4) are finite, and counts are some and none below 0."""
    if not counts.size:
        return False
    low, high = figures[..., 2], figures[..., 3]
    ascends = bool((epochs >= 0).all() and (np.diff(epochs) > 0).all())
    is_finite = bool(np.isfinite(figures).all() and (low <= high).all())
    return ascends and is_finite and bool((counts >= 0).all() and (counts.max(axis=-1) > 0).all())


def drawn_in(arrays: Mapping[str, Array]) -> dict[int, Array]:
    """The parameters in such arrays by their epoch. Raises ValueError."""
    epochs, parameters = arrays.get("drawn_epochs"), arrays.get("parameters")
    if epochs is None or parameters is None:
        return {}
    is_shaped = epochs.ndim == 1 and parameters.ndim == 2 and len(parameters) == len(epochs)
    if not is_shaped or epochs.dtype.kind != "i" or parameters.dtype != KEPT_AS:
        raise ValueError("its parameters are not what dlrun writes there")
    return dict(zip(epochs.tolist(), parameters, strict=True))
