"""What a diagnosis said, held against what was planted and what is true."""

from .faults import Fault
from .trainings import Trained

# A sick config counts only if its test error is this much above the healthy one's: else nothing is wrong with it.
LEAST_HARM = 0.03


# Verdicts on the whole, which outrank the others and name no cause: they count where nothing else is wrong.
HEADLINES = ("no-better-than-baseline", "not-finite")


def causes(diagnosis: dict) -> list[dict]:
    """What the diagnosis names, first things first: findings that fail, then advice, then what is only noticed.

    Each is {code, change}; advice that follows from a finding names the finding's code. Headlines come last.
    """
    findings = [{"code": f["code"], "change": None, "severity": f["severity"]} for f in diagnosis.get("findings") or []]
    advice = [{"code": item.get("code"), "change": item.get("change") or {}} for item in diagnosis["advice"]]
    named = [f for f in findings if f["severity"] == "fail"] + advice + [f for f in findings if f["severity"] != "fail"]
    named.sort(key=lambda entry: entry["code"] in HEADLINES)
    return merged(named)


def merged(named: list[dict]) -> list[dict]:
    """One entry a code, with the change that its advice makes; entries without a code stand for themselves."""
    kept: list[dict] = []
    by_code: dict[str, dict] = {}
    for entry in named:
        known = by_code.get(entry["code"]) if entry["code"] else None
        if known is not None:
            known["change"] = known["change"] or entry["change"]
            continue
        entry = {"code": entry["code"], "change": entry["change"]}
        kept.append(entry)
        if entry["code"]:
            by_code[entry["code"]] = entry
    return kept


def names(entry: dict, fault: Fault, config: dict) -> bool:
    """Whether one entry names the planted cause: by its code, or by a change that would cure it."""
    if entry["code"] in fault.codes:
        return True
    return any(moves(entry["change"] or {}, key, direction, config) for key, direction in fault.moves)


def moves(change: dict, key: str, direction: str, config: dict) -> bool:
    """Whether a change moves `key` in a direction, seen from the config it would change."""
    if key not in change:
        return False
    before, after = value_at(config, key), change[key]
    if direction == "other" or not all(isinstance(v, (int, float)) for v in (before, after)):
        return after != before
    return after > before if direction == "up" else after < before


def value_at(config: dict, dotted: str) -> object:
    value: object = config
    for name in dotted.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def rank_of(run: Trained, fault: Fault) -> int | None:
    """The place, counted from 1, at which the diagnosis names the cause; None if it does not.

    Where the planted fault is what a headline says, the headline's own place counts: the first.
    """
    told = {finding["code"] for finding in run.diagnosis.get("findings") or []}
    if told & set(fault.codes) & set(HEADLINES):
        return 1
    for place, entry in enumerate(causes(run.diagnosis), start=1):
        if names(entry, fault, run.config):
            return place
    return None


def wrong_definite(run: Trained, optimal_error: float | None) -> dict[str, bool | None]:
    """Whether each component's verdict is definite and wrong: beyond its zone on one side, called the other.

    The truth is the test set's thousands of rows and the known optimal error; None where it is not known, or where
    the verdict is not definite.
    """
    diagnosis = run.diagnosis
    low, high = diagnosis["thresholds"]["low"], diagnosis["thresholds"]["high"]
    train = diagnosis["errors"]["train"]
    truth = {"variance": run.test - train, "bias": None if optimal_error is None else train - optimal_error}
    return {part: wrong(diagnosis["verdict"][part], true, low, high) for part, true in truth.items()}


def wrong(level: str, true: float | None, low: float, high: float) -> bool | None:
    """A definite level against the true distance."""
    if true is None or level == "inconclusive":
        return None
    if true <= low:
        return level in ("high", "moderate")
    return true >= high and level in ("low", "moderate")
