"""Intervals, paired tests and permutation tests over arrays. The room knows errors and rows, never a run."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .intervals import tail_share as tail_share
    from .intervals import unexplained_intervals as unexplained_intervals
else:
    lazily(
        __name__,
        intervals="tail_share unexplained_intervals",
    )
