"""Many trainings of one experiment: how much the data, the random numbers and each item of advice are worth."""

from .curve import learning_curve
from .decompose import decompose
from .recipe import apply, recipe

__all__ = ["apply", "decompose", "learning_curve", "recipe"]
