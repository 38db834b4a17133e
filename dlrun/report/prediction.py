"""Show what a prediction tells beside its answers."""

from typing import TYPE_CHECKING

from rich.console import Console

from ..diagnosis.words import error_word, span
from .text import clean, say, seconds_phrase, shown

if TYPE_CHECKING:
    from ..model import ErrorsHere, Prediction

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
    if prediction.errors is not None:
        show_errors(prediction.errors, console)


def show_errors(errors: "ErrorsHere", console: Console) -> None:
    """The error on the rows that have a target, with its interval."""
    is_regression = errors.rmse is not None
    interval = f" ({errors.confidence:.0%} interval {span(errors.interval)})" if errors.interval else ""
    more = f"; RMSE {errors.rmse:.4g}, mean absolute error {errors.mae:.4g}" if is_regression else ""
    word = error_word(is_regression)
    say(console, (f"{word} {shown(errors.error)}", "bold"), f"{interval} on {errors.rows:,} rows with a target{more}")
    if errors.unknown_class:
        say(console, f"of these, {errors.unknown_class} have a class that training did not have, and count as wrong")
