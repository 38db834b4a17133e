"""Show findings on a terminal, and explain their codes.

`terminal` and `probe` use it for findings, `dlrun explain` for codes. Text from outside is cleaned before it is shown.
"""

from collections.abc import Mapping, Sequence

from rich.console import Console

from ..diagnosis import Finding
from ..diagnosis.findings import sentence_of, told
from .text import say

SEVERITIES = {"fail": "bold red", "notice": "yellow"}


def show_finding(finding: Finding, console: Console) -> None:
    """A finding as one paragraph: its title, its code for `dlrun explain`, the evidence, and what to do."""
    style = SEVERITIES[finding.severity]
    say(console, (finding.title, style), f" ({finding.code}): {finding.evidence}; {finding.do}")


def show_findings(findings: Sequence[Finding], console: Console) -> None:
    """What came out in a sentence, then what may have caused it."""
    parted = told(findings)
    for outcome in parted.outcomes:
        said, style = sentence_of(outcome, is_explained=bool(parted.causes)), SEVERITIES[outcome.severity]
        say(console, (outcome.title, style), f" ({outcome.code})", said.removeprefix(outcome.title))
    for finding in parted.causes:
        show_finding(finding, console)


def show_codes(titles: Mapping[str, str], console: Console) -> None:
    """All codes with their titles."""
    width = max(map(len, titles))
    for code, title in titles.items():
        say(console, (f"{code:{width}}", "bold"), f"  {title}", whole=True)
    say(console, "explain one: ", ("dlrun explain CODE", "bold"), whole=True)


def show_explanation(code: str, text: str, console: Console) -> None:
    """The explanation of one code."""
    title, *lines = text.split("\n")
    say(console, (f"{code}: {title}", "bold"), whole=True)
    for line in lines:
        name, colon, rest = line.partition(": ")
        heading = colon and name in (
            "What it is",
            "How it is measured",
            "Why it happens",
            "What to do",
            "Try",
            "Source",
        )
        if heading:
            say(console, (f"{name}: ", "bold"), rest, whole=True)
        else:
            say(console, line, whole=True)
