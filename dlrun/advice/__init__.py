"""The advice: from a diagnosis and its run's config to changes worth trying. Pure functions."""

from .advise import advise
from .case import Case

__all__ = ["Case", "advise"]
