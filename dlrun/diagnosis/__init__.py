"""The diagnosis: numbers in, verdict and advice out. Pure functions."""

from .advice import advise
from .case import Case
from .parse import parse_errors
from .verdict import HIGH_GAP, Diagnosis, diagnose

__all__ = ["HIGH_GAP", "Case", "Diagnosis", "advise", "diagnose", "parse_errors"]
