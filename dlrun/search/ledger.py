"""The ledger of advice: what each piece was expected to do, and what it did, a line for each, beside the runs.

Stands between the searches that carry advice out and whoever asks whether it is any good.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..diagnosis.words import percent, points
from ..inspection.comparison import examples_of
from ..statistics.paired import Paired, compare_answers, compare_losses
from ..store import RunFolder, now, read_manifest, read_result

LEDGER = "advice.jsonl"


def record(runs_dir: Path, parent: RunFolder, child: RunFolder, item: Mapping[str, Any]) -> dict:
    """Compares a run with the one whose advice it followed, adds the line, and returns it; once for each child.

    {time, parent, child, action, change, expected, about, confidence, before, after, train, dev, outcome, sentence}:
    `train` and `dev` are paired comparisons or None where rows cannot be compared, and outcome is "held", "reversed"
    or "not shown", of the error that was expected to fall.
    """
    known = {line["child"]: line for line in lines(runs_dir)}
    if child.id in known:
        return known[child.id]
    before, after = (read_result(folder)["errors"] for folder in (parent, child))
    compared = {split: compared_on(split, parent, child) for split in ("train", "dev")}
    outcome = outcome_of(compared[item["about"]])
    line = {
        "time": now(),
        "parent": parent.id,
        "child": child.id,
        **{key: item[key] for key in ("action", "change", "expected", "about", "confidence")},
        "before": {split: before[split] for split in compared},
        "after": {split: after[split] for split in compared},
        **compared,
        "outcome": outcome,
        "sentence": sentence_of(item, before, after, compared, outcome),
    }
    RunFolder(runs_dir).append_line(LEDGER, line)
    return line


def lines(runs_dir: Path) -> list[dict]:
    """The ledger's sound lines, oldest first; none where there is no ledger yet."""
    if not (runs_dir / LEDGER).exists():
        return []
    return RunFolder(runs_dir).sound_lines(LEDGER)[0]


def tally(ledger: list[dict]) -> dict:
    """{entries, actions}: of each action how often it was tried, held, was reversed, or showed nothing."""
    actions: dict[str, dict] = {}
    for line in ledger:
        row = actions.setdefault(line["action"], {"action": line["action"], "tried": 0, "held": 0, "reversed": 0})
        row["tried"] += 1
        if line["outcome"] in row:
            row[line["outcome"]] += 1
    return {"entries": ledger, "actions": sorted(actions.values(), key=lambda row: -row["tried"])}


def compared_on(split: str, parent: RunFolder, child: RunFolder) -> Paired | None:
    """The child's errors on the rows of a split against the parent's; None where these are not the same rows."""
    old, new = (examples_of(folder, read_manifest(folder)) for folder in (parent, child))
    targets = f"{split}_targets"
    if old["split_sha256"] != new["split_sha256"] or not all(targets in run["arrays"] for run in (old, new)):
        return None
    if old["task"] != "regression":
        return compare_answers(new["arrays"][f"{split}_correct"], old["arrays"][f"{split}_correct"])
    spread = float(old["arrays"][targets].var()) or 1.0
    residuals = [run["arrays"][f"{split}_outputs"][:, 0] - run["arrays"][targets] for run in (new, old)]
    return compare_losses(*(residual**2 / spread for residual in residuals))


def outcome_of(found: Paired | None) -> str:
    """What came of the expectation that an error falls."""
    if found is None:
        return "not shown"
    lower, upper = found.interval
    return "held" if upper < 0 else "reversed" if lower > 0 else "not shown"


def sentence_of(
    item: Mapping[str, Any], before: Mapping, after: Mapping, compared: Mapping[str, Paired | None], outcome: str
) -> str:
    """Expected against realised, for a person."""
    about = item["about"]
    moved = f"{about} error went from {percent(before[about])} to {percent(after[about])}"
    verdict = {"held": "as expected", "reversed": "against the expectation", "not shown": "no more than chance"}
    told = f"{moved}, {verdict[outcome]}"
    dev = compared["dev"]
    if dev is None:
        return told
    lower, upper = dev.interval
    return f"{told}; dev error changed by {points(dev.difference)} points [{points(lower)}, {points(upper)}]"
