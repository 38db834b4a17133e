"""The numbers that a network learns, as one flat vector that its layers view.

One vector, so that an optimizer is a few passes over one array; views, so that the formulas still read W and b. A
layer's bias stands right below its weights: `Wb` is W with b as a last row, and one product [A, 1] @ Wb is A W + b.
Gradients and optimizer state have the same layout.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .initializers import INITIALIZERS


class Layer(NamedTuple):
    """Views of one layer: W (n_in, n_out), b (n_out,), and Wb (n_in + 1, n_out), which holds both."""

    W: np.ndarray
    b: np.ndarray
    Wb: np.ndarray


class Parameters:
    """One flat vector and a `Layer` of views for each layer with weights.

    sizes : widths from the inputs to the outputs, so that depth = len(sizes) - 1.
    """

    def __init__(self, sizes: Sequence[int], dtype=np.float32):
        self.sizes = tuple(sizes)
        shapes = list(zip(self.sizes[:-1], self.sizes[1:], strict=True))
        self.flat = np.zeros(sum((n_in + 1) * n_out for n_in, n_out in shapes), dtype)
        self.layers: list[Layer] = []
        start = 0
        for n_in, n_out in shapes:
            Wb = self.flat[start : start + (n_in + 1) * n_out].reshape(n_in + 1, n_out)
            self.layers.append(Layer(Wb[:-1], Wb[-1], Wb))
            start += Wb.size

    def tensors(self) -> dict[str, np.ndarray]:
        """Views by name, in order: W1, b1, W2, b2, ..."""
        named = {}
        for number, layer in enumerate(self.layers, start=1):
            named[f"W{number}"] = layer.W
            named[f"b{number}"] = layer.b
        return named

    def copy(self) -> "Parameters":
        """The same numbers in a vector of their own."""
        return self.astype(self.flat.dtype)

    def astype(self, dtype) -> "Parameters":
        """The same numbers in a vector of their own, of another precision."""
        other = Parameters(self.sizes, dtype)
        other.flat[:] = self.flat
        return other


def initial_parameters(sizes: Sequence[int], init: str, *, rng, scale: float = 0.01, dtype=np.float32) -> Parameters:
    """Fresh parameters: weights drawn layer by layer by the rule named `init`, biases zero.

    Drawn in float64 whatever the dtype, so that both precisions start from the same numbers.
    """
    parameters = Parameters(sizes, dtype)
    for layer in parameters.layers:
        layer.W[:] = INITIALIZERS[init].weights(*layer.W.shape, rng=rng, scale=scale)
    return parameters


def weight_decay(parameters: Parameters, l2_lambda: float, m_train: int) -> np.ndarray:
    """lambda / m_train at each weight and 0 at each bias, in the layout of `parameters.flat`.

    The penalty lambda/(2 m) sum W^2 is half the sum of decay * theta^2, and its slope is decay * theta.
    """
    decay = Parameters(parameters.sizes, parameters.flat.dtype)
    for layer in decay.layers:
        layer.W[:] = l2_lambda / m_train
    return decay.flat
