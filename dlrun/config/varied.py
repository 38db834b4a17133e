"""The grammar of what a sweep tries: lists, ranges and conditions, the same on the command line and in YAML.

It knows no keys. `sweep_words` checks the values against the schema, and `docs/sweeps.md` has a table of all forms.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from .problems import shown
from .strict_yaml import MAX_DIGITS, read_document

# More than anyone trains; it bounds the memory of a range such as 0..9999999999.
MOST_VALUES = 1_000_000
# Digits of a value between the ends of a range such as 1e-4..1:log9, because people read and type them.
SHOWN_DIGITS = 4

NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
RANGE = re.compile(rf"({NUMBER})\s*\.\.\s*({NUMBER})\s*(?::\s*(.*?)\s*)?")
# Texts in quotes. A quote in the middle of a word (`don't`) opens none.
QUOTED = re.compile(r"""(?<![^\s\[{,:=])(?:"(?:\\.|[^"\\])*"|'(?:''|[^'])*')""", re.DOTALL)
CONDITION = re.compile(r"(?:^|\s)if(?:\s|$)")
TWO_CONDITIONS = re.compile(r"\s(?:and|or)\s|&|\|")
EMPTY_PIECE = re.compile(r"(?:^|,)\s*(?:,|$)")
# What people type, or a text program makes of it, where .. and - are meant.
DASHES = re.compile("[‐‑‒–—−]")
DOTS = re.compile(r"\.{3,}|…|\.\s+\.")
BARE_POINT = re.compile(r"(?<![0-9.])\.(?=[0-9])")
TO = re.compile(r"(?<=[0-9])\s*(?:-|\bto\b|:)\s*(?=[-+]?[0-9])")

RANGE_FORMS = "0..4, 0..1:0.25 or 1e-4..1:log"
CONDITION_FORM = "VALUES if KEY=VALUE, as in 0.5,0.9 if training.optimizer=momentum"


class Unclear(ValueError):
    """What was written says no values; its text is the sentence for the user."""


@dataclass(frozen=True)
class Range:
    """Ends between which values are drawn, both included; evenly on the log scale if `is_log`."""

    low: int | float
    high: int | float
    is_log: bool
    is_whole: bool


@dataclass(frozen=True)
class Condition:
    """Where a key is varied: where the other `key` has one of the values `among`.

    holds_in_base : whether the config itself has one of them there, which counts wherever the other key is not varied.
    """

    key: str
    among: tuple[object, ...]
    holds_in_base: bool = False


@dataclass(frozen=True)
class Values:
    """What one key is to take.

    values : those of a grid; empty for a range that has none, such as 0.5..1. drawn_from : what drawing takes instead
    of them, None for the values themselves.
    """

    values: tuple[object, ...]
    drawn_from: Range | None = None
    only_if: Condition | None = None


def values_of(written: object) -> Values:
    """The values of a text of the command line or of YAML, of a list of YAML, or of one value. Raises Unclear."""
    if isinstance(written, list | tuple):
        if not written:
            raise Unclear("got an empty list; give at least one value")
        return Values(tuple(written))
    if not isinstance(written, str):
        return Values((written,))
    masked = _masked(written)
    conditions = list(CONDITION.finditer(masked))
    if not conditions:
        return _values(written, masked)
    before, after = written[: conditions[-1].start()], written[conditions[-1].end() :]
    if not before.strip():
        raise Unclear(f"got {shown(written)}, no values before the if; write {CONDITION_FORM}, or put text in quotes")
    plain = _values(before, _masked(before))
    return Values(plain.values, plain.drawn_from, _condition(after))


def meant_range(text: str) -> str | None:
    """The range that a text such as 0...4, 0–4 or 0-4 is meant as, or None."""
    plain = DASHES.sub("-", DOTS.sub("..", text.strip()))
    candidates = (plain, TO.sub("..", plain, count=1))
    return next((tidy for text in candidates if RANGE.fullmatch(tidy := BARE_POINT.sub("0.", text))), None)


def _masked(text: str) -> str:
    """The text with an x for each character in quotes, so that signs are found outside of them only."""
    return QUOTED.sub(lambda quoted: "x" * len(quoted[0]), text)


def _values(text: str, masked: str) -> Values:
    has_dots = (".." in masked or "…" in masked) and not re.search(r"[/\\]", masked)  # not a path such as ../a.csv
    if has_dots and "," in masked:
        raise Unclear(f"got {shown(text)}; a range stands alone: write its values out, or put text in quotes")
    if has_dots:
        return _range(text.strip())
    return Values(tuple(_listed(text, masked)))


def _condition(text: str) -> Condition:
    key, equals, right = text.partition("=")
    if not equals or not re.fullmatch(r"[^\s=!<>]+", key.strip()) or not right.strip():
        raise Unclear(f"got the condition {shown(text)}; write {CONDITION_FORM}, or put text in quotes")
    masked = _masked(right)
    if TWO_CONDITIONS.search(masked):
        raise Unclear(f"got the condition {shown(text)}; give one key, with its values between commas")
    among = _values(right, masked)
    if among.drawn_from:
        raise Unclear(f"got the condition {shown(text)}; list its values, a range needs a step here")
    return Condition(key.strip(), among.values)


def _listed(text: str, masked: str) -> list[object]:
    """The pieces between commas, each read as YAML; brackets and quotes hold a piece together."""
    is_single = "," not in masked
    if not is_single and EMPTY_PIECE.search(masked):
        raise Unclear(f"got {shown(text)}, with nothing before or after a comma; write null for none, or leave it out")
    document = read_document(text if is_single else f"[{text}]")
    if document.problems:
        raise Unclear(document.problems[0].sentence)
    return [document.data] if is_single else list(document.data)


def _range(text: str) -> Values:
    found = RANGE.fullmatch(text)
    if found is None:
        meant = meant_range(text)
        remedy = f"did you mean {meant}?" if meant else f"write {RANGE_FORMS}, or put text in quotes"
        raise Unclear(f"got {shown(text)}, which is no range; {remedy}")
    low, high, ending = _number(found[1]), _number(found[2]), found[3]
    if low > high:
        raise Unclear(f"got {shown(text)}; the low end comes first: {found[2]}..{found[1]}{_suffix(ending)}")
    if ending is None:
        if isinstance(low, int) and isinstance(high, int):
            return Values(tuple(_stepped(text, low, high, 1)))
        return Values((low,)) if low == high else Values((), Range(low, high, is_log=False, is_whole=False))
    if found := re.fullmatch(r"log([0-9]*)", ending):
        return _log_range(text, low, high, found[1])
    if not re.fullmatch(NUMBER, ending):
        raise Unclear(f"got {shown(ending)} after the colon; write a step such as 0.25, log, or log9 for nine values")
    return Values(tuple(_stepped(text, low, high, _number(ending))))


def _suffix(ending: str | None) -> str:
    return "" if ending is None else f":{ending}"


def _number(text: str) -> int | float:
    if len(text) > MAX_DIGITS:
        raise Unclear(f"got a number of {len(text)} characters; expected at most {MAX_DIGITS}")
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        raise Unclear(f"got {text}, which is too large; give numbers below 1e308")
    return number


def _exact(number: int | float) -> Fraction:
    """The number as it is written, so that 0.1 is a tenth and steps do not drift."""
    return Fraction(repr(number))


def _stepped(text: str, low: int | float, high: int | float, step: int | float) -> Iterator[int | float]:
    if step <= 0:
        raise Unclear(f"got the step {step} in {shown(text)}; give a step > 0")
    steps, left = divmod(_exact(high) - _exact(low), _exact(step))
    if steps >= MOST_VALUES:
        raise Unclear(f"got {shown(text)}, more than {MOST_VALUES:,} values; give a larger step or fewer values")
    is_whole = all(isinstance(number, int) for number in (low, high, step))
    number = int if is_whole else float
    if left:
        last = number(_exact(low) + steps * _exact(step))
        remedy = f"give {low}..{last}:{step}, or another step" if steps else "give a smaller step"
        raise Unclear(f"got {shown(text)}, whose steps of {step} miss the end {high}; {remedy}")
    return (number(_exact(low) + at * _exact(step)) for at in range(steps + 1))


def _log_range(text: str, low: int | float, high: int | float, number: str) -> Values:
    if low <= 0:
        remedy = "start above 0, as in 1e-4..1:log; a list may hold 0 too: 0,0.01,0.1,1"
        raise Unclear(f"got {shown(text)}; a log range cannot hold {low}; {remedy}")
    is_whole = isinstance(low, int) and isinstance(high, int)
    if number:
        return Values(tuple(_evenly_on_the_log_scale(text, low, high, number)))
    if low == high:
        return Values((low,))
    return Values(tuple(_powers(low, high, 2 if is_whole else 10)), Range(low, high, is_log=True, is_whole=is_whole))


def _powers(low: int | float, high: int | float, factor: int) -> Iterator[int | float]:
    """The low end times powers of the factor, and the high end."""
    number = int if factor == 2 else float
    at = _exact(low)
    while at < _exact(high):
        yield number(at)
        at *= factor
    yield number(_exact(high))


def _evenly_on_the_log_scale(text: str, low: int | float, high: int | float, number: str) -> Sequence[int | float]:
    """So many values with one ratio from each to the next: low (high / low)^(i / (n - 1)), i from 0 to n - 1.

    Whole numbers where both ends are; others to a few digits. The ends are exact, and no value comes twice.
    """
    count = int(number) if len(number) < MAX_DIGITS else MOST_VALUES + 1
    if not 2 <= count <= MOST_VALUES:
        raise Unclear(f"got {shown(text)}; after log comes a number of values from 2 to {MOST_VALUES:,}")
    start, end = math.log(low), math.log(high)
    between = (math.exp(start + (end - start) * at / (count - 1)) for at in range(1, count - 1))
    if isinstance(low, int) and isinstance(high, int):
        inner: Iterator[int | float] = (round(value) for value in between)
    else:
        low, high = float(low), float(high)
        inner = (float(f"{value:.{SHOWN_DIGITS}g}") for value in between)
    return tuple(dict.fromkeys([low, *(value for value in inner if low < value < high), high]))
