"""How well a single column gives the target: a rule learned on some rows and judged on others, without the network.

A column that follows from the target shows by that, whatever its form: a copy with noise, a code, a level of a word,
whether it is missing. All columns are looked at by bins, which is fast; the best of them by cuts at the right places.
"""

import numpy as np

from ..arrays import Array
from .ranks import ranks_of

# A column is cut into bins of this many rows, each of which answers with its commonest class or its mean. A change of
# the class inside a bin costs half of its rows.
ROWS_A_BIN = 8

# Parts that a column may be cut into for each class: one, and as many again for classes that come back or stray rows.
PARTS_A_CLASS = 2

# Two columns of which one leaves less than this share of the other's variance are one column.
LEAST_LEFT = 1e-6

# Between the quartiles of a normal distribution lie so many of its deviations.
NORMAL_QUARTILES = 1.349

# Beyond so many classes the bins' answer stands: cuts would take longer than the rest of the reading.
MOST_CLASSES = 30


def wrong_by_bins(values: Array, y: Array, judged: Array, y_judged: Array, n_classes: int) -> int:
    """How many judged rows the commonest class of each bin of values (m,) gets wrong."""
    edges = np.sort(values)[ROWS_A_BIN::ROWS_A_BIN]
    if len(edges) and edges[0] == edges[-1]:
        edges = edges[:1]
    counts = counts_of(np.searchsorted(edges, values, side="right"), y, len(edges) + 1, n_classes)
    return wrong_of(counts, np.searchsorted(edges, judged, side="right"), y, y_judged)


def wrong_by_cuts(values: Array, y: Array, judged: Array, y_judged: Array, n_classes: int) -> int:
    """The same with the column cut where its classes change, as a small tree of decisions does. NaN comes last.

    Each step cuts the part whose impurity then falls most (Gini; Breiman, Friedman, Olshen and Stone 1984, chapter 4).
    """
    edges = cuts_of(known(values), y, n_classes, PARTS_A_CLASS * n_classes)
    counts = counts_of(np.searchsorted(edges, known(values), side="right"), y, len(edges) + 1, n_classes)
    return wrong_of(counts, np.searchsorted(edges, known(judged), side="right"), y, y_judged)


def wrong_by_level(codes: Array, y: Array, judged: Array, y_judged: Array, n_classes: int) -> int:
    """The same by the commonest class of each code (m,); an unseen one is answered as a guess would."""
    levels, place = np.unique(codes, return_inverse=True)
    counts = np.vstack([counts_of(place, y, len(levels), n_classes), np.zeros((1, n_classes), np.int64)])
    at = np.minimum(np.searchsorted(levels, judged), len(levels) - 1)
    return wrong_of(counts, np.where(levels[at] == judged, at, len(levels)), y, y_judged)


def known(values: Array) -> Array:
    """The values with infinity for NaN, which so stands beyond all others."""
    return np.where(np.isnan(values), np.inf, values) if values.dtype.kind == "f" else values


def counts_of(place: Array, y: Array, places: int, n_classes: int) -> Array:
    """(places, n_classes) how many rows of each class each place has."""
    return np.bincount(place * n_classes + y, minlength=places * n_classes).reshape(places, n_classes)


def wrong_of(counts: Array, place: Array, y: Array, y_judged: Array) -> int:
    """How many judged rows the commonest class of their place gets wrong; a place without rows answers as a guess."""
    guess = np.bincount(y, minlength=counts.shape[1]).argmax()
    answers = np.where(counts.any(axis=1), counts.argmax(axis=1), guess)
    return int(np.count_nonzero(answers[place] != y_judged))


def cuts_of(values: Array, y: Array, n_classes: int, most_parts: int) -> Array:
    """(k,) ascending, where to cut values (m,) into at most `most_parts` parts that differ in classes y (m,)."""
    order = np.argsort(values, kind="stable")
    ordered, m = values[order], len(values)
    upto = np.zeros((m + 1, n_classes), np.int64)
    np.add.at(upto, (np.arange(1, m + 1), y[order]), 1)
    np.cumsum(upto, axis=0, out=upto)
    borders = np.flatnonzero(ordered[1:] > ordered[:-1]) + 1
    cuts, parts = [], [best_cut(upto, borders, 0, m)]
    while len(parts) < most_parts:
        gain, low, at, high = max(parts)
        if gain <= 0:
            break
        parts.remove((gain, low, at, high))
        parts += [best_cut(upto, borders, low, at), best_cut(upto, borders, at, high)]
        cuts.append(at)
    places = np.sort(np.array(cuts, np.int64))
    below, above = ordered[places - 1], ordered[places]
    middle: Array = np.where(np.isinf(above), above, below + (np.where(np.isinf(above), 0, above) - below) / 2)
    return middle


def best_cut(upto: Array, borders: Array, low: int, high: int) -> tuple[float, int, int, int]:
    """(gain, low, place, high) of the cut of the rows low to high that lowers Gini's impurity most; gain 0 for none.

    upto (m + 1, n_classes) : the classes of the rows before each place. borders : the places between two values.
    """
    inside = borders[np.searchsorted(borders, low, side="right") : np.searchsorted(borders, high)]
    whole = upto[high] - upto[low]
    if not len(inside) or whole.max() == high - low:
        return 0.0, low, low, high
    left, right = upto[inside] - upto[low], upto[high] - upto[inside]
    purity = np.square(left).sum(axis=1) / (inside - low) + np.square(right).sum(axis=1) / (high - inside)
    at = int(purity.argmax())
    return float(purity[at] - np.square(whole).sum() / (high - low)), low, int(inside[at]), high


def spreads_apart(values: Array, y: Array) -> float:
    """How many spreads lie between the classes y (m,) of values (m,), where that is least: of a copy, many.

    Classes are put in the order of their medians. Of two that follow each other, the distance is divided by the tighter
    one's spread, the half of its values in the middle in units of a normal deviation; infinite where it has none.
    """
    has = np.isfinite(values)
    by_class = [values[has & (y == label)] for label in np.unique(y[has])]
    quartiles = np.array(sorted((np.quantile(of_class, [0.5, 0.25, 0.75]).tolist()) for of_class in by_class))
    spreads = (quartiles[:, 2] - quartiles[:, 1]) / NORMAL_QUARTILES
    tighter = np.minimum(spreads[1:], spreads[:-1])
    apart = np.divide(np.diff(quartiles[:, 0]), tighter, out=np.full(len(tighter), np.inf), where=tighter > 0)
    return float(apart.min(initial=np.inf))


def explained(values: Array, y: Array) -> float:
    """The share of the variance of y (m,) that a straight line in the values (m,), or in the ranks of both, explains.

    Rows without a value count as not explained. Nothing is chosen by the rows but a line, so none are held out.
    """
    has = np.isfinite(values)
    if has.sum() < len(values) / 2:
        return 0.0
    lines = ((values[has], y[has]), (ranks_of(values[has]), ranks_of(y[has])))
    return float(max(correlation(*line) for line in lines) ** 2 * has.mean())


def explained_by_level(codes: Array, y: Array) -> float:
    """The share of the variance of y (m,) that the means of the codes (m,) explain, each learned on the other half."""
    left = 0.0
    for learned in (slice(0, None, 2), slice(1, None, 2)):
        judged = slice(1 - (learned.start or 0), None, 2)
        levels, place = np.unique(codes[learned], return_inverse=True)
        means = np.bincount(place, y[learned]) / np.bincount(place)
        at = np.minimum(np.searchsorted(levels, codes[judged]), len(levels) - 1)
        answers = np.where(levels[at] == codes[judged], means[at], y[learned].mean())
        left += float(np.square(y[judged] - answers).sum())
    total = float(np.square(y - y.mean()).sum())
    return max(0.0, 1 - left / total) if total else 0.0


def correlation(a: Array, b: Array) -> float:
    """|r| of a (m,) and b (m,); 0 where one of them is constant."""
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = a - a.mean(), b - b.mean()
        scale = float(np.sqrt((a @ a) * (b @ b)))
    return abs(float(a @ b)) / scale if scale > 0 and np.isfinite(scale) else 0.0


def best_pair(columns: Array, y: Array) -> tuple[int, int, Array] | None:
    """The places of the two of the columns (m, n) whose best line comes nearest to y (m,), and that line (m,).

    All pairs at once by their correlations: R² = (r_1² + r_2² - 2 r_1 r_2 r_12) / (1 - r_12²). Of y and columns that
    are all positive, their logarithms are looked at too, in which a product is a sum. None where nothing varies.
    """
    found = [_paired(columns, y)]
    if y.dtype.kind == "f" and (y > 0).all() and (columns > 0).all():
        found.append(_paired(np.log(columns), np.log(y)))
    return max((one for one in found if one), key=lambda one: one[0], default=(0.0, None))[1]


def _paired(columns: Array, y: Array) -> tuple[float, tuple[int, int, Array]] | None:
    centred = columns - columns.mean(axis=0)
    spread, of_y = np.sqrt(np.square(centred).sum(axis=0)), y - y.mean()
    varies = np.flatnonzero(spread > 0)
    if len(varies) < 2 or not of_y.any():
        return None
    unit = centred[:, varies] / spread[varies]
    r, between = unit.T @ of_y / np.sqrt(of_y @ of_y), unit.T @ unit
    left = 1 - between**2
    left[left < LEAST_LEFT] = np.inf
    shares = np.triu((r[:, None] ** 2 + r**2 - 2 * np.outer(r, r) * between) / left, 1)
    first, second = np.unravel_index(int(shares.argmax()), shares.shape)
    both = unit[:, [first, second]]
    line: Array = both @ np.linalg.lstsq(both, of_y, rcond=None)[0]
    return float(shares[first, second]), (int(varies[first]), int(varies[second]), line)
