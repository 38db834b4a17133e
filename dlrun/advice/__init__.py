"""The advice: from a diagnosis and its run's config to changes worth trying. Pure functions."""

from .advise import advise
from .case import Case
from .of_figures import diagnosis_of_figures
from .records import Advice, RunDiagnosis

__all__ = ["Advice", "Case", "RunDiagnosis", "advise", "diagnosis_of_figures"]
