"""Show what a prediction tells beside its answers."""

from typing import TYPE_CHECKING

from rich.console import Console

from ..diagnosis.words import error_word, span
from .text import clean, say, seconds_phrase, shown

if TYPE_CHECKING:
    from ..model import ErrorsHere, Prediction
    from ..model.records import Threshold

# Sentences on columns, and names of columns, that are shown.
MOST_NOTICED, MOST_NAMES = 12, 12


def show_prediction(prediction: "Prediction", console: Console) -> None:
    """What was odd in the rows, what was left out, and the errors where the target is known."""
    rows = "1 row" if prediction.rows == 1 else f"{prediction.rows:,} rows"
    where = "" if prediction.out == "-" else f" in {prediction.out}"
    say(console, f"{rows} answered by {prediction.run_id}{where} ({seconds_phrase(prediction.seconds)})", whole=True)
    for note in prediction.notes:
        say(console, "note: ", note)
    for noticed in prediction.noticed[:MOST_NOTICED]:
        say(console, ("check: ", "yellow"), noticed.sentence)
    if (more := len(prediction.noticed) - MOST_NOTICED) > 0:
        say(console, f"and {more} more such sentences; --json has all")
    if prediction.left_out:
        names = ", ".join(map(clean, prediction.left_out[:MOST_NAMES]))
        more_names = (
            f" and {len(prediction.left_out) - MOST_NAMES} more" if len(prediction.left_out) > MOST_NAMES else ""
        )
        say(console, f"left out, for training did not have them: {names}{more_names}")
    _show_promises(prediction, console)
    if prediction.errors is not None:
        show_errors(prediction.errors, console, is_part=prediction.abstained)


def _show_promises(prediction: "Prediction", console: Console) -> None:
    """What calibration, intervals and abstention are worth, by the run's own rows."""
    if (calibration := prediction.calibration) is not None and calibration.temperature != 1:
        before, after = shown(calibration.error_before), shown(calibration.error_after)
        say(
            console,
            f"probabilities: logits divided by {calibration.temperature:.3g}, as {calibration.dev_rows} dev rows say;"
            f" calibration error on {calibration.measured_on} {before}, now {after}",
        )
    if (coverage := prediction.coverage) is not None:
        test = ""
        if coverage.held is not None and coverage.interval is not None:
            held = f"{shown(coverage.held)} {span(coverage.interval)}"
            test = f"; of {coverage.test_rows} test rows they hold the truth in {held}"
        what = "intervals" if prediction.calibration is None else "sets"
        say(console, f"{what} of {coverage.level:.0%}: by {coverage.dev_rows} dev rows{test}")
    if (abstention := prediction.abstention) is not None:
        test = ""
        if abstention.test_error is not None and abstention.interval is not None:
            error = f"{shown(abstention.test_error)} {span(abstention.interval)}"
            test = f"; on the {abstention.test_rows} test rows answered, the error is {error}"
        say(
            console,
            f"without an answer: {prediction.abstained:,} of {prediction.rows:,} rows, for an error below"
            f" {shown(abstention.error)} (by {abstention.dev_rows} dev rows{test})",
        )
    if (by_costs := prediction.threshold) is not None:
        _show_threshold(by_costs, console)


def _show_threshold(found: "Threshold", console: Console) -> None:
    """The threshold by costs, and what it brings on the rows that chose it and on those that did not."""
    precision = "" if found.precision is None else f", precision {shown(found.precision)}"
    say(
        console,
        f"{found.label} is answered from {100 * found.threshold:.4g}% on, for a false alarm costs"
        f" {found.false_alarm:g} and a miss {found.miss:g}: by {found.dev_rows} dev rows, where a row costs"
        f" {found.cost:.3g} instead of {found.cost_at_half:.3g} (recall {shown(found.recall)}{precision})",
    )
    if found.test_cost is not None and found.test_recall is not None:
        of_test = "" if found.test_precision is None else f", precision {shown(found.test_precision)}"
        say(
            console,
            f"on the {found.test_rows} test rows a row costs {found.test_cost:.3g} (recall"
            f" {shown(found.test_recall)}{of_test})",
        )


def show_errors(errors: "ErrorsHere", console: Console, is_part: int | None = None) -> None:
    """The error on the rows that have a target, with its interval; on a part of them if some were not answered."""
    is_regression = errors.rmse is not None
    interval = f" ({errors.confidence:.0%} interval {span(errors.interval)})" if errors.interval else ""
    more = f"; RMSE {errors.rmse:.4g}, mean absolute error {errors.mae:.4g}" if is_regression else ""
    word = error_word(is_regression)
    rows = f"{errors.rows:,} {'answered ' if is_part else ''}{'row' if errors.rows == 1 else 'rows'} with a target"
    say(console, (f"{word} {shown(errors.error)}", "bold"), f"{interval} on {rows}{more}")
    if errors.held is not None:
        say(console, f"of these, the interval or set holds the target in {shown(errors.held)}")
    if errors.unknown_class:
        say(console, f"of these, {errors.unknown_class} have a class that training did not have, and count as wrong")
