"""The parameters of a network: one flat vector, with a view of each layer's weights and bias.

One vector lets an optimizer make a few passes over one array; views let the formulas use W and b. A layer's bias is
stored right below its weights: `Wb` is W with b as the last row, so that the single product [A, 1] @ Wb is A W + b.
Gradients and optimizer state have the same layout.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..arrays import Array
from .initializers import INITIALIZERS


class Layer(NamedTuple):
    """Views of one layer: W (n_in, n_out), b (n_out,), Wb (n_in + 1, n_out), which holds both, and W_T, W transposed.

    Of an ensemble, each has a first axis more: the members.
    """

    W: Array
    b: Array
    Wb: Array
    W_T: Array


class Parameters:
    """One flat vector and a `Layer` of views for each layer with weights.

    sizes : widths from the inputs to the outputs, so that depth = len(sizes) - 1.
    members : how many networks of these sizes; the vector has one after the other.
    """

    def __init__(self, sizes: Sequence[int], dtype: npt.DTypeLike = np.float32, members: int = 1):
        size = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
        self._view(sizes, np.zeros(members * size, dtype), members)

    def _view(self, sizes: Sequence[int], flat: Array, members: int) -> None:
        """Takes the vector, and makes the views of its layers."""
        self.sizes, self.flat, self.members = tuple(sizes), flat, members
        self.layers: list[Layer] = []
        each, start = flat.reshape(members, -1), 0
        for n_in, n_out in pairwise(self.sizes):
            end = start + (n_in + 1) * n_out
            Wb = each[:, start:end].reshape(members, n_in + 1, n_out)
            Wb = Wb if members > 1 else Wb[0]
            W = Wb[..., :-1, :]
            self.layers.append(Layer(W, Wb[..., -1, :], Wb, W.swapaxes(-1, -2)))
            start = end

    def __getstate__(self) -> tuple[tuple[int, ...], Array, int]:
        """What a copy or a pickle holds: the numbers once, so that the layers of the copy are views again."""
        return self.sizes, self.flat, self.members

    def __setstate__(self, state: tuple[tuple[int, ...], Array, int]) -> None:
        sizes, flat, members = state
        self._view(sizes, flat.copy(), members)

    def member(self, number: int) -> "Parameters":
        """One network of an ensemble, whose numbers are views of these."""
        one = Parameters.__new__(Parameters)
        one._view(self.sizes, self.flat.reshape(self.members, -1)[number], 1)
        return one

    def tensors(self) -> dict[str, Array]:
        """Views by name, in order: W1, b1, W2, b2, ..."""
        named = {}
        for number, layer in enumerate(self.layers, start=1):
            named[f"W{number}"] = layer.W
            named[f"b{number}"] = layer.b
        return named

    def copy(self) -> "Parameters":
        """The same numbers in a new vector."""
        return self.astype(self.flat.dtype)

    def astype(self, dtype: npt.DTypeLike) -> "Parameters":
        """The same numbers in a new vector of another precision."""
        converted = Parameters(self.sizes, dtype, self.members)
        converted.flat[:] = self.flat
        return converted


def initial_parameters(
    sizes: Sequence[int],
    init: str,
    *,
    rng: np.random.Generator,
    scale: float = 0.01,
    dtype: npt.DTypeLike = np.float32,
    members: int = 1,
    output_bias: Array | float = 0.0,
) -> Parameters:
    """Fresh parameters: weights drawn layer by layer by the rule named `init`, of each member in turn.

    output_bias : (n_out,), of the last layer of every member, as `initializers.OUTPUT_BIASES` has it; other biases are
    0. Drawn in float64 whatever the dtype, so that both precisions start from the same numbers.
    """
    parameters = Parameters(sizes, dtype, members)
    for number in range(members):
        for layer in parameters.member(number).layers:
            layer.W[:] = INITIALIZERS[init].weights(*layer.W.shape, rng=rng, scale=scale)
    parameters.layers[-1].b[:] = output_bias
    return parameters


def l2_slope(parameters: Parameters, l2_lambda: float, m_train: int) -> Array:
    """lambda / m_train at each weight and 0 at each bias, in the layout of `parameters.flat`.

    The penalty lambda/(2 m) sum W^2 is half the sum of slope * theta^2, and its derivative is slope * theta.
    """
    slope = Parameters(parameters.sizes, parameters.flat.dtype, parameters.members)
    for layer in slope.layers:
        layer.W[:] = l2_lambda / m_train
    return slope.flat
