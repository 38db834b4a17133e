"""The rules for initial weights, one row each: the standard deviation of a layer's weights. Biases start at zero.

The variance is chosen so that activations (and gradients) neither grow nor shrink from layer to layer. The rules zeros
and normal are here to show what happens without that. `parameters` draws by these rows; the diagnosis reads them.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..arrays import Array


def gaussian(shape: tuple[int, int], spread: float, rng: np.random.Generator) -> Array:
    """randn * spread."""
    drawn: Array = rng.standard_normal(shape) * spread
    return drawn


def nothing(shape: tuple[int, int], spread: float, rng: np.random.Generator) -> Array:
    """All zeros: every unit of a layer always stays equal to the others."""
    return np.zeros(shape)


def orthonormal(shape: tuple[int, int], spread: float, rng: np.random.Generator) -> Array:
    """Orthonormal columns (or rows, where n_in < n_out), uniformly drawn. Source: Saxe, McClelland and Ganguli 2014.

    The QR factor of a Gaussian matrix is uniform only once the signs of R's diagonal are moved into Q.
    """
    n_in, n_out = shape
    tall = rng.standard_normal((max(shape), min(shape)))
    Q, R = np.linalg.qr(tall)
    Q *= np.sign(np.diag(R))
    return Q if n_in >= n_out else Q.T


class Initializer(NamedTuple):
    """spread(n_in, n_out, scale) : the standard deviation of the weights of a layer of these widths.

    draw(shape, spread, rng) : W (n_in, n_out) in float64. takes_scale : whether it uses the config's init_scale.
    """

    spread: Callable[[int, int, float], float]
    draw: Callable[[tuple[int, int], float, np.random.Generator], Array] = gaussian
    takes_scale: bool = False

    def weights(self, n_in: int, n_out: int, *, rng: np.random.Generator, scale: float) -> Array:
        """Fresh weights of a layer, (n_in, n_out) in float64."""
        return self.draw((n_in, n_out), self.spread(n_in, n_out, scale), rng)

    @property
    def makes_units_alike(self) -> bool:
        """Whether all weights of a layer are the same number, so that its units never differ."""
        return self.spread(1, 1, 1.0) == 0


def he(n_in: int, n_out: int, scale: float) -> float:
    """Source: He, Zhang, Ren and Sun 2015, equation 10."""
    return math.sqrt(2 / n_in)


def xavier(n_in: int, n_out: int, scale: float) -> float:
    """The course's form for tanh. Source: Glorot and Bengio 2010, section 4.2.1."""
    return math.sqrt(1 / n_in)


def glorot(n_in: int, n_out: int, scale: float) -> float:
    """Source: Glorot and Bengio 2010, equation 12."""
    return math.sqrt(2 / (n_in + n_out))


def orthogonal(n_in: int, n_out: int, scale: float) -> float:
    """The spread that makes the shorter of columns and rows unit vectors."""
    return math.sqrt(1 / max(n_in, n_out))


INITIALIZERS = {
    "zeros": Initializer(lambda n_in, n_out, scale: 0.0, nothing),
    "normal": Initializer(lambda n_in, n_out, scale: scale, takes_scale=True),  # whatever the width
    "he": Initializer(he),
    "xavier": Initializer(xavier),
    "glorot": Initializer(glorot),
    "orthogonal": Initializer(orthogonal, orthonormal),
}
