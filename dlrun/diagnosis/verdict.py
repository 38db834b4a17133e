"""Bias and variance from the errors of one run.

Stands between the evaluation, which measures the errors, and the run folder, which keeps the verdict. The two gaps are
those of the course: what training could still gain, and what is lost from the training set to the dev set.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ..errors import UsageError

# A gap above this many error points is high. Origin: every threshold from 0.01 to just below 0.10 reproduces the four
# rows of the course's table (1/11, 15/16, 15/30, 0.5/1); 0.03 is near the geometric middle of that range, and of the
# 2 to 5 points between which one run can hardly tell low from high.
HIGH_GAP = 0.03

# Gaps are rounded to this many decimals, so that 0.15 - 0.12 is 0.03 and not a hair above it.
GAP_DECIMALS = 12


@dataclass(frozen=True)
class Diagnosis:
    """What the errors say. All numbers are fractions; `verdict` maps bias and variance to "high" or "low"."""

    errors: dict[str, float | None]
    optimal_error: float
    avoidable_bias: float
    variance: float
    verdict: dict[str, str]
    baseline_error: float | None
    regression: bool

    def to_dict(self) -> dict:
        """Plain values for JSON."""
        return asdict(self)


def diagnose(
    errors: Mapping[str, float | None],
    *,
    optimal_error: float = 0.0,
    baseline_error: float | None = None,
    regression: bool = False,
) -> Diagnosis:
    """The verdict over train and dev error, and what to try next.

    `errors` holds the fractions train, dev and perhaps test. `baseline_error` is the error of always answering the
    majority class (regression: of predicting the mean), where it is known. In a regression an error is 1 - R² and may
    exceed 1. Raises UsageError for a value that cannot be an error.
    """
    known = {name: checked(f"{name} error", errors.get(name), regression) for name in ("train", "dev")}
    test = errors.get("test")
    known["test"] = None if test is None else checked("test error", test, regression)
    optimal_error = checked("optimal error", optimal_error, regression)
    if baseline_error is not None:
        baseline_error = checked("baseline error", baseline_error, regression)
    avoidable_bias = round(known["train"] - optimal_error, GAP_DECIMALS)
    variance = round(known["dev"] - known["train"], GAP_DECIMALS)
    verdict = {"bias": level(avoidable_bias), "variance": level(variance)}
    return Diagnosis(known, optimal_error, avoidable_bias, variance, verdict, baseline_error, regression)


def level(gap: float) -> str:
    """ "high" above HIGH_GAP, else "low"; a negative gap is low."""
    return "high" if gap > HIGH_GAP else "low"


def checked(name: str, value: float | None, regression: bool) -> float:
    """`value` as a float; raises UsageError where it is no possible error."""
    if value is None:
        raise UsageError(f"{name}: none given; a diagnosis needs the train error and the dev error")
    if not math.isfinite(value):
        raise UsageError(f"{name}: got {value}; expected a number, and a run that diverged has none to diagnose")
    if regression and value < 0:
        raise UsageError(f"{name}: got {value}; expected 1 - R², which is 0 or more")
    if not regression and not 0 <= value <= 1:
        raise UsageError(f"{name}: got {value}; expected a fraction from 0 to 1, such as 0.11 for 11%")
    return float(value)
