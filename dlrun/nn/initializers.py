"""Initial weights: the spread that a layer starts from, by name. Biases always start at zero.

Each function takes the layer's widths and returns W of shape (n_in, n_out) in float64. The variance is chosen so that
activations (and gradients) neither grow nor shrink from layer to layer; zeros and normal are here to show what happens
without.
"""

import numpy as np


def zeros(n_in, n_out, *, rng, scale):
    """All zeros: every unit of a layer stays equal to its neighbours for ever."""
    return np.zeros((n_in, n_out))


def normal(n_in, n_out, *, rng, scale):
    """randn * scale, whatever the width."""
    return rng.standard_normal((n_in, n_out)) * scale


def he(n_in, n_out, *, rng, scale):
    """randn * sqrt(2 / n_in). Source: He, Zhang, Ren and Sun 2015, equation 10."""
    return rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_in)


def xavier(n_in, n_out, *, rng, scale):
    """randn * sqrt(1 / n_in), the course's form for tanh."""
    return rng.standard_normal((n_in, n_out)) * np.sqrt(1 / n_in)


def glorot(n_in, n_out, *, rng, scale):
    """randn * sqrt(2 / (n_in + n_out)). Source: Glorot and Bengio 2010, equation 12."""
    return rng.standard_normal((n_in, n_out)) * np.sqrt(2 / (n_in + n_out))


def orthogonal(n_in, n_out, *, rng, scale):
    """Orthonormal columns (or rows, where n_in < n_out), uniformly drawn. Source: Saxe, McClelland and Ganguli 2014.

    The QR factor of a Gaussian matrix is uniform only once the signs of R's diagonal are moved into Q.
    """
    tall = rng.standard_normal((max(n_in, n_out), min(n_in, n_out)))
    Q, R = np.linalg.qr(tall)
    Q *= np.sign(np.diag(R))
    return Q if n_in >= n_out else Q.T


INITIALIZERS = {
    "zeros": zeros,
    "normal": normal,
    "he": he,
    "xavier": xavier,
    "glorot": glorot,
    "orthogonal": orthogonal,
}
