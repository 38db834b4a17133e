"""Errors typed by hand on the command line, so that a diagnosis needs no run: `train=1%,dev=11%`.

Stands before `diagnose`; it reads fractions and percentages and refuses what could mean either.
"""

from ..errors import UsageError

EXAMPLE = "train=0.01,dev=0.11"
NAMES = ("train", "dev", "test")


def parse_errors(text: str) -> dict[str, float]:
    """Fractions by split name from `name=value` pairs parted by commas; a value ends in % or lies in [0, 1].

    Raises UsageError for an unknown, missing or repeated name and for a value that is no possible error.
    """
    errors: dict[str, float] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise UsageError(f"--errors: got {part.strip()!r}; expected name=value pairs, such as {EXAMPLE}")
        if name not in NAMES:
            raise UsageError(f"--errors: unknown name {name!r}; expected train, dev and perhaps test, as in {EXAMPLE}")
        if name in errors:
            raise UsageError(f"--errors: {name} is given twice; expected each name once, as in {EXAMPLE}")
        errors[name] = parse_fraction(name, value)
    missing = [name for name in ("train", "dev") if name not in errors]
    if missing:
        raise UsageError(f"--errors: no {' and no '.join(missing)}; expected at least train and dev, as in {EXAMPLE}")
    return errors


def parse_fraction(name: str, text: str) -> float:
    """The fraction that `text` writes as 0.11 or 11%; raises UsageError where it is none."""
    digits = text.removesuffix("%").strip()
    try:
        number = float(digits)
    except ValueError:
        number = float("nan")
    if number != number:
        raise UsageError(f"--errors: {name}={text} is not a number; expected one such as 0.11 or 11%")
    is_percentage = text.endswith("%")
    fraction = number / 100 if is_percentage else number
    if 0 <= fraction <= 1:
        return fraction
    if 1 < number <= 100 and not is_percentage:
        raise UsageError(f"--errors: {name}={text} is above 1; did you mean {number / 100:g} or {number:g}%?")
    raise UsageError(f"--errors: {name}={text} is no error; expected 0 to 1, or 0% to 100%")
