"""How a fraction is written for a person: as a percentage, or as points between two percentages.

The diagnosis, the advice and the report all use these functions, so that a number looks the same everywhere.
"""


def percent(fraction: float) -> str:
    """A fraction as a percentage: 0.15 -> "15.0%", 0.005 -> "0.50%", 0 -> "0.0%"."""
    return f"{points(fraction)}%"


def points(fraction: float) -> str:
    """A difference of two fractions in percentage points, without a unit: 0.096 -> "9.6"."""
    fraction = round(fraction, 12) + 0.0  # 0.11 - 0.10 is 0.01, and no -0.0 is shown
    if abs(fraction) >= 100:  # 1 - R² has no upper end
        return f"{100 * fraction:.1e}"
    if 0 < abs(fraction) < 0.01:  # small errors differ in the second decimal
        return f"{100 * fraction:.2f}"
    return f"{100 * fraction:.1f}"


def distance(upper: float, lower: float) -> str:
    """How far apart two fractions are, in the order given: "9.6 points above", "1.0 points below"."""
    gap = upper - lower
    return f"{points(abs(gap))} points {'below' if gap < 0 else 'above'}"


def error_word(regression: bool) -> str:
    """What an error is called on screen; a regression's is the share of variance that is not explained."""
    return "1 - R²" if regression else "error"


def span(interval: tuple[float, float]) -> str:
    """An interval in percentage points: "[13.1, 17.0]"."""
    return f"[{points(interval[0])}, {points(interval[1])}]"
