"""Turn words and numbers into text that is safe on a terminal.

All other modules of the report use it. Text from outside (names, labels, messages) is shown letter by letter: it is
never read as Rich's markup, and control characters, which could rewrite the screen, are removed.
"""

import math
import re
import unicodedata

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..diagnosis.words import percent

# Shown instead of a number that is not known.
UNKNOWN = "-"

# The colour of each level of the verdict; the word is always shown too.
LEVEL_STYLES = {"high": "bold yellow", "moderate": "yellow", "inconclusive": "cyan", "withheld": "dim", "low": "green"}

# Format characters that reorder the text around them. They can make one name look like another, and, unlike the other
# format characters, no language needs them in a name.
REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# What a formula begins with, in full width too (a spreadsheet in Japanese reads it), and what begins so and is none.
FORMULA_STARTS = (*"=+-@\uff1d\uff0b\uff0d\uff20", "\t", "\r", "\n")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf)", re.IGNORECASE)

# Costs between these two are readable without an exponent.
PLAIN_COSTS = (1e-3, 1e4)


# More letters than a path can have. A word that is longer comes from a cell of a file, and would fill many screens.
LONGEST_WORD = 4096
TOO_LONG = re.compile(rf"(\S{{60}})\S{{{LONGEST_WORD},}}")


def clean(value: object) -> str:
    """`value` as text of one line: white space is a space, control characters and lone surrogates are dropped.

    Of a word that is longer than any path, the beginning is left.
    """
    spaced = "".join(" " if letter.isspace() else letter for letter in TOO_LONG.sub(r"\1...", str(value)))
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cs") and c not in REORDERING)


def harmless(value: object) -> object:
    """A cell of a CSV for people: text that a spreadsheet would take for a formula has an apostrophe before it.

    As OWASP advises ("CSV Injection"). A number stays what it is.
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS) or NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def shown(fraction: float | None) -> str:
    """An error as a percentage, or a dash without one."""
    return percent(fraction) if fraction is not None and math.isfinite(fraction) else UNKNOWN


def shown_cost(cost: float | None) -> str:
    """A cost with four decimals, or in scientific notation if it is very small or large."""
    if cost is None:
        return UNKNOWN
    low, high = PLAIN_COSTS
    return f"{cost:.4f}" if low <= cost < high else f"{cost:.2e}"


def seconds_phrase(seconds: float) -> str:
    """A time for a person: "0.4 s", "3 min", "1.5 h"."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def say(console: Console, *parts: str | tuple[str, str], whole: bool = False) -> None:
    """Prints one paragraph of cleaned parts, each a text or (text, style).

    With `whole` it is never broken, so that a path or a command can be copied from a narrow terminal.
    """
    cleaned = [clean(part) if isinstance(part, str) else (clean(part[0]), part[1]) for part in parts]
    console.print(Text.assemble(*cleaned), soft_wrap=whole)


def cell(value: object, style: str = "") -> Text:
    """`value`, cleaned, as a table cell."""
    return Text(clean(value), style=style)


def borderless_table() -> Table:
    """A table as light as aligned text."""
    return Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
