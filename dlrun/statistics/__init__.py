"""Intervals, paired tests and permutation tests over arrays. The room knows errors and rows, never a run."""

from .intervals import tail_share, unexplained_intervals

__all__ = ["tail_share", "unexplained_intervals"]
