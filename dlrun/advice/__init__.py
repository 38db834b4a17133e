"""The advice: from a diagnosis and its run's config to changes worth trying. Pure functions."""

from .advise import advise
from .case import Case
from .records import Advice, RunDiagnosis

__all__ = ["Advice", "Case", "RunDiagnosis", "advise"]
