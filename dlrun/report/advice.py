"""Show advice on a terminal: what to try, the overrides to type, what it costs, and why.

`terminal` uses it, below the verdict that the advice follows from.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console

from ..advice.shown import MOST_ADVICE
from ..places import command_for
from ..records import Change
from .text import clean, say, seconds_phrase

if TYPE_CHECKING:
    from ..advice.records import Advice, Confidence, Rate


def show_advice(
    advice: "Sequence[Advice]",
    console: Console,
    run_dir: str | None = None,
    *,
    tried: "Mapping[str, Rate] | None" = None,
    show_all: bool = False,
) -> None:
    """The numbered advice, grouped by reason; for a run, also the command that applies the first piece.

    tried : what came of an action in other runs. show_all : not only the first items.
    """
    shown = advice if show_all else advice[:MOST_ADVICE]
    number = 0
    for reason, items in groupby(shown, key=lambda item: item.reasons()[0]):
        say(console, f"because {reason}:")
        for item in items:
            number += 1
            show_item(item, number, console, (tried or {}).get(item.action))
    command = command_for("diagnose", run_dir) if run_dir else "dlrun diagnose --errors ..."
    if more := len(advice) - len(shown):
        say(console, f"and {more} more: {command} --all", whole=True)
    first = next((n for n, item in enumerate(shown, start=1) if item.change is not None), None)
    if run_dir and first:
        say(console, "apply one: ", (f"{command} --apply {first}", "bold"), whole=True)


def show_item(item: "Advice", number: int, console: Console, rate: "Rate | None" = None) -> None:
    """The action with its change or its key, on one line if they fit, its own reason, and what it brought elsewhere."""
    words = shown_change(item.change) if item.change else item.key or ""
    if item.change is None and item.command:
        words = item.command
    action, details = clean(item.action), clean(details_of(item.confidence, item.seconds))
    line = f"  {number}. {action}"
    if len(f"{line}  {words}{details}") <= console.width:
        say(console, line, "  " if words else "", (words, "cyan"), (details, "dim"), whole=True)
    else:
        say(console, line, ("" if words else details, "dim"))
        if words:
            say(console, "     ", (words, "cyan"), (details, "dim"), whole=True)
    own = item.reasons()[1]
    if own:
        say(console, (f"     {own}", "dim"))
    if rate:
        say(console, (f"     {rate.words()}", "dim"))


def details_of(confidence: "Confidence | None", seconds: float | None) -> str:
    """How sure it is, and what it costs: "  (likely, 1.3 s)"."""
    parts = [confidence, None if seconds is None else seconds_phrase(seconds)]
    details = ", ".join(part for part in parts if part)
    return f"  ({details})" if details else ""


def shown_change(change: Change) -> str:
    """A change of the config as overrides on the command line: "network.width=8 data.normalize=true"."""
    return " ".join(f"{key}={shown_value(value)}" for key, value in change.items())


def shown_value(value: object) -> str:
    """A value as it is typed after its key."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
