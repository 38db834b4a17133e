"""The diagnosis: numbers in, verdict and advice out. Pure functions."""

from .verdict import HIGH_GAP, Diagnosis, diagnose
from .parse import parse_errors

__all__ = ["HIGH_GAP", "Diagnosis", "diagnose", "parse_errors"]
