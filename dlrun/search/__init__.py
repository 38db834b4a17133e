"""Many trainings of one experiment: how much the data, the luck of the draw and each piece of advice are worth."""

from .curve import learning_curve
from .decompose import decompose

__all__ = ["decompose", "learning_curve"]
