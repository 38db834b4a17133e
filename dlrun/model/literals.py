"""Values as Python writes them, in lines that are not too long; names of a source may hold anything."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

LINE = 120


def literal(value: Any) -> str:
    """A text, a number, or a list or dict of these, as Python and JSON write it; what no one sees is escaped."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in written)


def listing(words: Iterable[Any]) -> str:
    """A list."""
    return filled("[", [literal(word) for word in words], "]")


def table(values: Mapping[str, Any]) -> str:
    """A dict with a line for each of its keys."""
    if not values:
        return "{}"
    lines = [f"    {literal(key)}: {literal(value)}," for key, value in values.items()]
    return "\n".join(["{", *lines, "}"])


def filled(opening: str, items: Iterable[str], closing: str) -> str:
    """Items in one line, or where that is too short, in as many as they fill."""
    items = list(items)
    if len(", ".join(items)) < LINE // 2:
        return opening + ", ".join(items) + closing
    lines = ["   "]
    for item in items:
        if len(lines[-1]) + len(item) + 2 > LINE:
            lines.append("   ")
        lines[-1] += f" {item},"
    return "\n".join([opening, *lines, closing])
