"""Advice on a terminal: what to try, the words that change the config, what it costs, and why.

Stands beside `terminal`, which shows the verdict that it follows from.
"""

from itertools import groupby

from rich.console import Console

from ..places import command_for
from .text import clean, say, seconds_phrase


def show_advice(diagnosis: dict, console: Console) -> None:
    """Numbered advice under the reason that it shares with its neighbours, and how one is carried out."""
    advice, number = diagnosis.get("advice") or [], 0
    for reason, items in groupby(advice, key=lambda item: item["why"].partition("; ")[0]):
        say(console, f"because {reason}:")
        for item in items:
            number += 1
            show_item(item, number, console)
    first = next((n for n, item in enumerate(advice, start=1) if item.get("change") is not None), None)
    if diagnosis.get("run_dir") and first:
        command = command_for("diagnose", diagnosis["run_dir"])
        say(console, "carry one out: ", (f"{command} --apply {first}", "bold"), whole=True)


def show_item(item: dict, number: int, console: Console) -> None:
    """The action with its change or its key on one line where they fit, then its own reason."""
    change = item.get("change")
    words = " ".join(f"{key}={shown_value(value)}" for key, value in change.items()) if change else item["key"] or ""
    if change is None and item.get("command"):
        words = item["command"]
    action, details = clean(item["action"]), clean(details_of(item))
    line = f"  {number}. {action}"
    if len(f"{line}  {words}{details}") <= console.width:
        say(console, line, "  " if words else "", (words, "cyan"), (details, "dim"), whole=True)
    else:
        say(console, line, ("" if words else details, "dim"))
        if words:
            say(console, "     ", (words, "cyan"), (details, "dim"), whole=True)
    own = item["why"].partition("; ")[2]
    if own:
        say(console, (f"     {own}", "dim"))


def details_of(item: dict) -> str:
    """How sure it is, and what it costs: " (likely, 1.3 s)"."""
    parts = [item.get("confidence"), item.get("seconds") is not None and seconds_phrase(item["seconds"])]
    told = ", ".join(part for part in parts if part)
    return f"  ({told})" if told else ""


def shown_value(value: object) -> str:
    """A value as it is typed behind its key."""
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
