"""How much memory a training takes, counted before any of it is made.

Counts of the same arrays as `Workspace`, `Trainer` and `Optimizer` make; a test compares the two.
"""

from itertools import pairwise

from .network import Network, widest_turned
from .optimizers import OPTIMIZERS

# Vectors of the parameters' length beside the optimizer's own: the parameters, their gradient, the last good and the
# best ones.
VECTORS = 4


def parameter_count(network: Network) -> int:
    """The weights and biases of all members."""
    return network.members * sum((n_in + 1) * n_out for n_in, n_out in pairwise(network.sizes))


def workspace_bytes(network: Network, m: int, itemsize: int) -> int:
    """What a `Workspace` for m rows holds. itemsize : the bytes of a number."""
    n_in, *widths, n_out = network.sizes
    keep_probs = network.keep_probs or (1.0,) * len(widths)
    rows, widest = m * network.members, max(widths, default=0)
    masks = rows * sum(width for width, keep in zip(widths, keep_probs, strict=True) if keep < 1)
    # X1; A1 and factor of each hidden layer; Z and the two gradients, which all share; logits and dZ; what is turned.
    numbers = m * (n_in + 1) + rows * (sum(2 * width + 1 for width in widths) + 3 * widest + 2 * n_out)
    numbers += m * widest_turned(network, m)
    return numbers * itemsize + rows * widest + masks  # and booleans: the gate, the masks


def training_bytes(network: Network, optimizer: str, m: int, itemsize: int) -> int:
    """What training in batches of m rows takes at least, beside the rows themselves."""
    vectors = VECTORS + OPTIMIZERS[optimizer].n_states
    return vectors * parameter_count(network) * itemsize + workspace_bytes(network, m, itemsize)
