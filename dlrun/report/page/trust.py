"""The section of a run's page on whether its probabilities mean what they say: the reliability curve."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from ...inspection import PageContents
from ...model import trust_of
from ...model.records import Calibration
from ...statistics.calibration import Bin
from ..text import shown
from .drawing import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, Scale, axes, linear_scale, percent_text, svg, text_at


class Reliability(NamedTuple):
    """Whether probabilities are kept: the picture, and a sentence on each of the curves in it."""

    picture: Markup
    before: str
    after: str | None
    rows: int
    split: str


def reliability(contents: PageContents) -> Reliability | None:
    """How often answers of similar probability are right; None for a regression, and without kept predictions."""
    result, predictions = contents.run.result, contents.run.predictions
    if result is None or result.task == "regression" or result.status == "diverged" or not predictions:
        return None
    calibration = trust_of(predictions, result.task).calibration
    if calibration is None:
        return None
    changed = calibration.temperature != 1
    before = f"As the network gives them, probabilities are {shown(calibration.error_before)} off on average."
    after = (
        f"With the logits divided by {calibration.temperature:.3g}, as the {calibration.dev_rows} dev rows say,"
        f" {shown(calibration.error_after)}: dlrun predict gives these."
    )
    picture = reliability_curve(calibration)
    return Reliability(picture, before, after if changed else None, calibration.rows, calibration.measured_on)


def reliability_curve(calibration: Calibration) -> Markup:
    """The share of right answers against their probability, in bins of equally many rows, before and after."""
    changed = calibration.temperature != 1
    drawn = (*calibration.before, *(calibration.after if changed else ()))
    both = [value for of in drawn for value in (of.probability, of.right)]
    x = linear_scale([*both, 1.0], LEFT, WIDTH - 16)
    y = Scale(x.low, x.high, HEIGHT - BOTTOM, TOP + 8)
    marks = axes(x, y, "probability of the answer", "right", y_text=percent_text)
    marks.append(f'<path class="best" d="M{x(x.low):g} {y(y.low):g}L{x(x.high):g} {y(y.high):g}"/>')
    marks += _curve(calibration.before, x, y, "train" if changed else "dev")
    if changed:
        marks += _curve(calibration.after, x, y, "dev")
        # The curves end at the same corner, so their names stand in the other one.
        marks += [text_at(LEFT + 8, TOP + 24, "after", "dev"), text_at(LEFT + 8, TOP + 42, "before", "train")]
    words = f"Share of right answers against their probability, in {len(calibration.before)} bins"
    figures = f"; calibration error {shown(calibration.error_before)}"
    return svg(words + figures + (f", and {shown(calibration.error_after)} after." if changed else "."), marks)


def _curve(bins: Sequence[Bin], x: Scale, y: Scale, kind: str) -> list[str]:
    points = [(x(of.probability), y(of.right)) for of in bins]
    path = "L".join(f"{a:g} {b:g}" for a, b in points)
    dots = [f'<circle class="dot {kind}" cx="{a:g}" cy="{b:g}" r="4"/>' for a, b in points]
    return [f'<path class="line {kind}" d="M{path}"/>', *dots]
