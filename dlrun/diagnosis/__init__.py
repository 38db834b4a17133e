"""The diagnosis: numbers in, verdict and advice out. Pure functions."""

from .advice import advise
from .case import Case
from .intervals import tail_share, unexplained_intervals
from .optimal import Optimal, optimal_of, optimal_of_soft_labels
from .parse import parse_errors, parse_optimal, parse_sizes
from .sanity import Finding, not_finite
from .verdict import Diagnosis, diagnose

__all__ = [
    "Case",
    "Diagnosis",
    "Finding",
    "Optimal",
    "advise",
    "diagnose",
    "not_finite",
    "optimal_of",
    "optimal_of_soft_labels",
    "parse_errors",
    "parse_optimal",
    "parse_sizes",
    "tail_share",
    "unexplained_intervals",
]
