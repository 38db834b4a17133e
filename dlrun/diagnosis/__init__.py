"""The diagnosis: numbers in, verdict and advice out. Pure functions."""

from .parse import parse_errors
from .verdict import HIGH_GAP, Diagnosis, diagnose

__all__ = ["HIGH_GAP", "Diagnosis", "diagnose", "parse_errors"]
