"""The contestants, one row each: where its code is, what it needs installed, and what is known to favour whom.

Each module holds `make(shape)`, which prepares everything and returns `run(epochs)`: that many whole epochs, each
with its shuffling, gathering and costs, and no evaluation.
"""

import importlib
import importlib.util
from collections.abc import Callable
from typing import NamedTuple

from .shapes import Shape

Run = Callable[[int], None]


class Contestant(NamedTuple):
    """module : beside this one, with `make`. needs : the package that must be installed for it."""

    module: str
    needs: str
    about: str


CONTESTANTS = {
    "dlrun": Contestant("ours", "numpy", "dlrun's shipped training loop, with the extra fast where it is installed"),
    "passes": Contestant("ours_by_passes", "numpy", "dlrun without the extra fast"),
    "products": Contestant("products", "numpy", "its matrix products alone: the floor of any NumPy engine"),
    "textbook": Contestant("textbook", "numpy", "textbook NumPy, float32"),
    "torch": Contestant("peer_torch", "torch", "PyTorch eager, fused Adam"),
    "jax": Contestant("peer_jax", "jax", "JAX, one jitted step"),
    "sklearn": Contestant("peer_sklearn", "sklearn", "MLPClassifier, no dropout"),
}
QUICK = ("dlrun", "products")


def make(name: str, shape: Shape) -> Run:
    """A contestant ready to run on a shape. Imports its framework, so call it where that is wanted."""
    module = importlib.import_module(f".{CONTESTANTS[name].module}", __package__)
    return module.make(shape)


def installed(name: str) -> bool:
    return importlib.util.find_spec(CONTESTANTS[name].needs) is not None
