"""Reads errors and sizes typed on the command line, such as `train=1%,dev=11%`, so that a diagnosis needs no run.

Fractions and percentages are accepted; what could mean either is refused.
"""

import re

from ..errors import UsageError
from ..records import SPLITS, BySplit, Sizes
from .optimal import Judgements

ERRORS_EXAMPLE = "train=0.01,dev=0.11"
SIZES_EXAMPLE = "train=10000,dev=1000"


def parse_errors(text: str) -> BySplit[float]:
    """Fractions from `name=value` pairs separated by commas; a value ends in % or lies in [0, 1].

    Raises UsageError for an unknown, missing or repeated name and for a value that is no possible error.
    """
    pairs = parse_pairs("--errors", text, ERRORS_EXAMPLE)
    return BySplit(**{name: parse_fraction(f"--errors: {name}={value}", value) for name, value in pairs.items()})


def parse_sizes(text: str) -> Sizes:
    """Numbers of rows from `name=value` pairs separated by commas. Raises UsageError as `parse_errors` does."""
    sizes = {}
    for name, value in parse_pairs("--sizes", text, SIZES_EXAMPLE).items():
        if not re.fullmatch(r"[0-9]{1,15}", value) or int(value) == 0:
            raise UsageError(f"--sizes: {name}={value} is no number of rows; expected one such as 1000")
        sizes[name] = int(value)
    return Sizes(**sizes)


def parse_optimal(text: str) -> float | Judgements:
    """An optimal error as a fraction, 0.15 or 15%; or as errors of judgements, 30/200. Raises UsageError."""
    errors, slash, n = (part.strip() for part in text.partition("/"))
    if not slash:
        return parse_fraction(f"--optimal: {text}", text.strip())
    if not all(re.fullmatch(r"[0-9]{1,15}", part) for part in (errors, n)) or not 0 < int(n) >= int(errors):
        raise UsageError(f"--optimal: got {text}; expected errors of judgements such as 30/200, or a fraction")
    return Judgements(int(errors), int(n))


def parse_pairs(option: str, text: str, example: str) -> dict[str, str]:
    """The values as text, by split name; train and dev are required, test is optional."""
    pairs: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise UsageError(f"{option}: got {part.strip()!r}; expected name=value pairs, such as {example}")
        if name not in SPLITS:
            raise UsageError(f"{option}: unknown name {name!r}; expected train, dev and perhaps test, as in {example}")
        if name in pairs:
            raise UsageError(f"{option}: {name} is given twice; expected each name once, as in {example}")
        pairs[name] = value
    missing = [name for name in ("train", "dev") if name not in pairs]
    if missing:
        raise UsageError(f"{option}: no {' and no '.join(missing)}; expected at least train and dev, as in {example}")
    return pairs


def parse_fraction(subject: str, text: str) -> float:
    """The fraction that `text` writes as 0.11 or 11%. Raises UsageError, which begins with `subject`, for any other."""
    digits = text.removesuffix("%").strip()
    try:
        number = float(digits)
    except ValueError:
        number = float("nan")
    if number != number:
        raise UsageError(f"{subject} is not a number; expected one such as 0.11 or 11%")
    is_percentage = text.endswith("%")
    fraction = number / 100 if is_percentage else number
    if 0 <= fraction <= 1:
        return fraction
    if 1 < number <= 100 and not is_percentage:
        raise UsageError(f"{subject} is above 1; did you mean {number / 100:g} or {number:g}%?")
    raise UsageError(f"{subject} is no error; expected 0 to 1, or 0% to 100%")
