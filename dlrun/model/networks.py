"""A network from the arrays that a run keeps of it."""

from collections.abc import Mapping

from ..arrays import Array
from ..nn.network import Network
from ..nn.parameters import Parameters

LOSS_OF_TASK = {"binary": "sigmoid", "multiclass": "softmax", "regression": "squared"}


def network_of_arrays(arrays: Mapping[str, Array], activation: str, loss: str) -> tuple[Network, Parameters]:
    """The network whose weights are in model.npz, in their own precision; those of an ensemble have an axis more."""
    depth = sum(name[0] == "W" and name[1:].isdigit() for name in arrays)
    *members, n_in, _ = arrays["W1"].shape
    sizes = (n_in, *(arrays[f"W{layer}"].shape[-1] for layer in range(1, depth + 1)))
    parameters = Parameters(sizes, arrays["W1"].dtype, *members)
    for number, layer in enumerate(parameters.layers, start=1):
        layer.W[:], layer.b[:] = arrays[f"W{number}"], arrays[f"b{number}"]
    return Network(sizes, activation, loss, members=parameters.members), parameters
