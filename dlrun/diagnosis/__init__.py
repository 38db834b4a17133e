"""The diagnosis: numbers in, verdict and findings out. Pure functions."""

from .findings import Finding
from .optimal import Optimal, optimal_of, optimal_of_soft_labels
from .parse import parse_errors, parse_optimal, parse_sizes
from .records import Diagnosis
from .sanity import not_finite
from .verdict import diagnose

__all__ = [
    "Diagnosis",
    "Finding",
    "Optimal",
    "diagnose",
    "not_finite",
    "optimal_of",
    "optimal_of_soft_labels",
    "parse_errors",
    "parse_optimal",
    "parse_sizes",
]
