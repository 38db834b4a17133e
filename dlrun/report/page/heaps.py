"""Histograms of weights as shapes that can stand below each other on one scale."""

from collections.abc import Sequence

from ...arrays import Array
from ...nn.snapshots import BINS, LayerWeights
from .drawing import MOST, Scale

# Of few weights so many bars are one that each has about so many weights, for else a heap is a comb.
MERGED, WEIGHTS_A_BAR = (1, 2, 4, 8), 6

# Weights that lie further from the mean than so many standard deviations, would make all heaps narrow.
MOST_DEVIATIONS = 4


def weight_scale(shown: Sequence[LayerWeights], start: float, end: float) -> Scale:
    """From the least to the greatest weight of all that share it; what lies far out in each of them is not shown."""
    low = min(max(one.low, one.mean - MOST_DEVIATIONS * one.deviation) for one in shown)
    high = max(min(one.high, one.mean + MOST_DEVIATIONS * one.deviation) for one in shown)
    low, high = max(low, -MOST), min(high, MOST)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return Scale(low, high, start, end)


def outline(weights: LayerWeights, x: Scale, base: float, height: float) -> str:
    """The bars of a histogram as one path above `base`, the highest of this height; equal weights are one thin bar."""
    low, high = max(weights.low, -MOST), min(weights.high, MOST)
    counts = merged(weights.counts)
    most, path = max(counts), list[str]()
    for at, count in enumerate(counts):
        ends = [low + (high - low) * part / len(counts) for part in (at, at + 1)]
        left, right = (min(max(x(end), x.start), x.end) for end in ends)
        if right > left or count == most:
            path.append(f"{'L' if path else 'M'}{left:g} {base - height * count / most:.1f}H{max(right, left + 1):g}")
    start, end = path[0][1:].split(" ")[0], path[-1].rpartition("H")[2]
    return f"M{start} {base:g}L{path[0][1:]}{''.join(path[1:])}L{end} {base:g}Z"


def merged(counts: Array) -> list[int]:
    """The counts with neighbours put together where the weights are few."""
    bars = BINS // next((by for by in MERGED if counts.sum() >= WEIGHTS_A_BAR * BINS // by), MERGED[-1])
    return [int(count) for count in counts.reshape(bars, -1).sum(axis=1)]
