"""The rules for initial weights, one row each: the standard deviation of a layer's weights; and for output biases.

The variance is chosen so that activations (and gradients) neither grow nor shrink from layer to layer. The rules zeros
and normal are here to show what happens without that. `parameters` draws by these rows; the diagnosis reads them.
Hidden biases start at zero.
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
    "linear": Initializer(he),  # and then `linear_start` has the network answer as a linear model does
}

# The word of the last row, and of the one whose weights it draws.
LINEAR, DRAWN_AS = "linear", "he"


# A class without training rows counts as this share of the rarest: the logarithm of none would be infinite.
ABSENT_SHARE = 0.5


def prior_logits(loss: str, totals: Array) -> Array:
    """(n_out,) the output bias that answers each class with its share of the training rows, in float64.

    totals : the weight of each class's rows, (2,) for sigmoid and (K,) for softmax, or the mean of the prepared targets
    (1,) for squared error. sigmoid: log(p / (1 - p)). softmax: log p_k, less the mean of these: softmax does not see a
    common summand, and its gradients at the logits add up to 0, so that a mean of 0 stays 0 as with biases of zero.
    Equally common classes get exactly 0. Without this the first steps learn the bias alone.
    Source: Karpathy 2019, A Recipe for Training Neural Networks ("init well"); Lin et al. 2017, section 4.1.
    """
    if loss == "squared":
        return totals.astype(np.float64)
    logs = np.log(np.where(totals > 0, totals, ABSENT_SHARE * totals[totals > 0].min()))
    if loss == "sigmoid":
        return logs[1:] - logs[:1]
    from_first = logs - logs[0]
    centred: Array = from_first - from_first.mean()
    return centred


# The output's bias at the beginning, by the words of the config: a rule for it, or None for zeros.
OUTPUT_BIASES: dict[str, Callable[[str, Array], Array] | None] = {"prior": prior_logits, "zeros": None}
