"""The V-curve: the relative difference for many epsilons, which shows that the step is right and why.

The error of central differences is truncation, which grows as eps^2, and round-off, which grows as 1/eps. The
truncation of one-sided differences grows as eps. A wrong gradient shows as a floor that no epsilon gets below.
"""

from collections.abc import Sequence

import numpy as np

from ..arrays import Array
from .judging import EPSILON, relative_difference
from .numeric import MEMORY_BYTES, BlockDifferences
from .options import Progress
from .problem import GradientFunction, Problem, shipped_gradient
from .sampling import tensor_ranges
from .sweep_report import Slopes, SweepPoint, SweepReport

# Half-decades from 1e-1 to 1e-12: both flanks of the V, and the corner in between.
EPSILONS = tuple(float(10 ** (-k / 2)) for k in range(2, 25))
SWEEP_ENTRIES = 4000  # parameters in a sweep, as many of each tensor; a curve needs no more
# A flank is fitted away from the corner, and before it saturates.
CLEAR_OF_CORNER, SATURATED = 10.0, 0.1
FEWEST_POINTS = 3


def sweep(
    problem: Problem,
    *,
    epsilons: Sequence[float] = EPSILONS,
    rng: np.random.Generator,
    max_entries: int = SWEEP_ENTRIES,
    memory_bytes: int = MEMORY_BYTES,
    gradient_function: GradientFunction = shipped_gradient,
    progress: Progress | None = None,
) -> SweepReport:
    """Relative differences of a problem at each epsilon. progress(done, total) counts epsilons."""
    entries = some_of_each(problem, max_entries, rng)
    analytic, blocks, points = gradient_function(problem).flat[entries], BlockDifferences(problem, memory_bytes), []
    on_kink = blocks.of(entries, EPSILON / 100).crossed
    entries, analytic = entries[~on_kink], analytic[~on_kink]
    for number, epsilon in enumerate(sorted(epsilons, reverse=True), start=1):
        differences = blocks.of(entries, epsilon)
        smooth = ~differences.crossed
        central = relative_difference(differences.slope[smooth], analytic[smooth])
        one_sided = relative_difference(differences.right[smooth], analytic[smooth])
        points.append(SweepPoint(float(epsilon), central, one_sided, int(differences.crossed.sum() + on_kink.sum())))
        if progress is not None:
            progress(number, len(epsilons))
    n_parameters, n_checked = problem.parameters.flat.size, len(on_kink)
    best = min(points, key=lambda point: point.central).epsilon
    return SweepReport(tuple(points), best, n_parameters, n_checked, n_checked < n_parameters, slopes_of(points))


def slopes_of(points: Sequence[SweepPoint]) -> Slopes:
    """The slopes of the three flanks."""
    steps, central = [point.epsilon for point in points], [point.central for point in points]
    return Slopes(
        truncation=flank_slope(steps, central, above=True),
        round_off=flank_slope(steps, central, above=False),
        one_sided=flank_slope(steps, [point.one_sided for point in points], above=True),
    )


def some_of_each(problem: Problem, most: int, rng: np.random.Generator) -> Array:
    """Sorted flat indices: all if there are no more than `most`, else an equal number of each tensor."""
    if problem.parameters.flat.size <= most:
        return np.arange(problem.parameters.flat.size)
    ranges = tensor_ranges(problem)
    each = max(1, most // len(ranges))
    chosen = [rng.choice(np.arange(start, end), min(each, end - start), replace=False) for start, end in ranges]
    return np.sort(np.concatenate(chosen))


def flank_slope(epsilons: Sequence[float], differences: Sequence[float], *, above: bool) -> float | None:
    """d log(difference) / d log(epsilon) on one side of the corner, by least squares; None with too few points."""
    steps, errors = np.array(epsilons), np.array(differences)
    positive = errors > 0
    if not positive.any():
        return None
    corner = np.argmin(np.where(positive, errors, np.inf))
    side = steps > steps[corner] if above else steps < steps[corner]
    flank = side & positive & (errors > CLEAR_OF_CORNER * errors[corner]) & (errors < SATURATED)
    if flank.sum() < FEWEST_POINTS:
        return None
    return float(np.polyfit(np.log(steps[flank]), np.log(errors[flank]), 1)[0])
