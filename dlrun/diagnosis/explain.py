"""The explanation of each finding's code, read from explanations.md, which is also the list of all codes.

`dlrun explain` prints it. Whoever adds a finding adds its section; a test checks that.
"""

import difflib
import re
from functools import cache
from pathlib import Path

from ..errors import UsageError

TEXTS = Path(__file__).with_name("explanations.md")


@cache
def explanations() -> dict[str, str]:
    """The text of each code; its first line is the title."""
    sections = re.split(r"^## (\S+)\n", TEXTS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(sections[::2], (text.strip() for text in sections[1::2]), strict=True))


def codes() -> tuple[str, ...]:
    """Every code that a finding may have."""
    return tuple(explanations())


def explain(code: str) -> str:
    """The text of one code. Raises UsageError for an unknown code."""
    if code in explanations():
        return explanations()[code]
    near = difflib.get_close_matches(code, codes(), n=1)
    raise UsageError(f"{code}: no such finding; {f'did you mean {near[0]}?' if near else 'dlrun explain lists them'}")
