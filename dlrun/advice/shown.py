"""A diagnosis with its advice as text, for `print`, and as HTML, for a notebook.

The terminal has its own, richer form in `report`; here the record shows itself, wherever it is.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from ..diagnosis.findings import sentence_of, told
from ..diagnosis.ills import Level
from ..diagnosis.records import WEIGHTED, Diagnosis
from ..diagnosis.words import percent, span
from ..records import SPLITS

# What the baseline is, for classes and for a regression.
BASELINES = {False: "always answering the majority class", True: "predicting the mean"}

# What the baseline is in any other measure.
ONE_ANSWER = "one answer for all rows"

# What a level is drawn in: red, brown, grey and green, each of which stands out from white by 4.5:1 or more.
COLOURS: dict[Level, str] = {
    "high": "#c0392b",
    "moderate": "#9a6700",
    "inconclusive": "#6e7781",
    "low": "#1a7f37",
    "withheld": "#6e7781",
}

# More items than this are not read; `dlrun diagnose --all` shows the others, JSON has all.
MOST_ADVICE = 3

Row = tuple[str, str, str, str]


class ToTry(NamedTuple):
    """An item of advice as it is shown: what to do, how to carry it out (may be empty), and why."""

    action: str
    how: str
    why: str


def error_rows(diagnosis: Diagnosis) -> Iterator[Row]:
    """(name, rows, error, interval) of the optimal error, each split and the baseline, as they are shown."""
    optimal = diagnosis.intervals.optimal
    yield "optimal", "", percent(diagnosis.optimal_error), span(optimal) if optimal else ""
    for split in SPLITS:
        error, interval = diagnosis.errors.of(split), diagnosis.intervals.of(split)
        rows = diagnosis.sizes.of(split) if diagnosis.sizes else None
        if error is not None:
            yield split, "" if rows is None else str(rows), percent(error), span(interval) if interval else ""
    if diagnosis.baseline_error is not None:
        yield "baseline", "", percent(diagnosis.baseline_error), baseline_words(diagnosis)


def baseline_words(diagnosis: Diagnosis) -> str:
    """What the baseline is the error of."""
    return ONE_ANSWER if diagnosis.measure else BASELINES[diagnosis.regression]


def as_text(diagnosis: Diagnosis, to_try: Sequence[ToTry]) -> str:
    """The errors, the findings, the verdict and the advice, a line each."""
    header = ("", "rows", diagnosis.word, "90% interval")
    rows = [header, *error_rows(diagnosis)]
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    lines = [f"{a:{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}  {d}".rstrip() for a, b, c, d in rows]
    lines += [WEIGHTED] if diagnosis.weighted else []
    parted = told(diagnosis.findings)
    lines += [sentence_of(outcome, is_explained=bool(parted.causes)) for outcome in parted.outcomes]
    lines += [sentence_of(cause, is_explained=False) for cause in parted.causes]
    lines.append(diagnosis.sentence)
    lines += [
        f"{number}. {action}{f': {how}' if how else ''}"
        for number, (action, how, _) in enumerate(to_try[:MOST_ADVICE], start=1)
    ]
    lines += [more] if (more := more_words(len(to_try))) else []
    return "\n".join(lines)


def more_words(count: int) -> str:
    """How many items of advice are not shown, and what shows them; empty where all are."""
    more = count - MOST_ADVICE
    return f"and {more} more: dlrun diagnose --all, or .advice" if more > 0 else ""


def as_html(diagnosis: Diagnosis, to_try: Sequence[ToTry]) -> str:
    """The same as a piece of a page: no script, no outside file, and all text from outside escaped."""
    verdict = diagnosis.verdict
    badges = " ".join(
        f'<b style="color:{COLOURS[level]}">{escape(level)} {escape(ill)}</b>'
        for ill, level in verdict.items()
        if level != "withheld"
    )
    head = "".join(f"<th>{name}</th>" for name in ("", "rows", diagnosis.word, "90%"))
    body = "".join(
        f"<tr><th>{escape(name)}</th>" + "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>"
        for name, *cells in error_rows(diagnosis)
    )
    parted = told(diagnosis.findings)
    findings = "".join(
        f"<li><b>{escape(one.title)}</b> ({escape(one.code)}): {escape(one.evidence)}; {escape(one.do)}</li>"
        for one in parted.causes
    )
    outcomes = "".join(
        f"<p><b>{escape(sentence_of(one, is_explained=bool(parted.causes)))}</b> ({escape(one.code)})</p>"
        for one in parted.outcomes
    )
    advice = "".join(
        f"<li>{escape(action)}{f': <code>{escape(how)}</code>' if how else ''}<br><small>{escape(why)}</small></li>"
        for action, how, why in to_try[:MOST_ADVICE]
    )
    return (
        f'<div class="dlrun-diagnosis"><p>{badges}</p>'
        + f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        + (f"<p>{WEIGHTED}</p>" if diagnosis.weighted else "")
        + outcomes
        + f"<p>{escape(diagnosis.sentence)}</p>"
        + (f"<p>Found:</p><ul>{findings}</ul>" if findings else "")
        + (f"<p>Try:</p><ol>{advice}</ol><p>{more_words(len(to_try))}</p>" if advice else "")
        + "</div>"
    )
