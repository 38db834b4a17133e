"""What to try next: the course's basic recipe as a table, with the numbers of the run at hand as the reason.

Data and not prose: each item names the config key that carries it out, so that a script can follow it too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .figures import Figures
from .sanity import Finding
from .words import distance, error_word, percent


@dataclass(frozen=True)
class Advice:
    """One thing to do, the config key that does it (None where no key does), and the measurement behind it."""

    action: str
    key: str | None
    why: str


# For each ill its remedies, the most promising first, as (action, config key).
RECIPE = {
    "bias": (
        ("bigger network: more units a layer", "network.width"),
        ("bigger network: more layers", "network.depth"),
        ("train longer", "training.epochs"),
        ("another architecture", "network.activation"),
    ),
    "variance": (
        ("more data", "data.source"),
        ("regularize: penalize large weights", "regularization.lambda"),
        ("regularize: dropout", "regularization.keep_prob"),
        ("regularize: stop early", "regularization.patience_epochs"),
        ("another architecture", "network.activation"),
    ),
}


def advise(
    figures: Figures,
    verdict: Mapping[str, str],
    findings: Sequence[Finding],
    needed: Mapping[str, Mapping | None],
    target: Mapping | None,
) -> list[Advice]:
    """The remedies for what is high or moderate, bias before variance, each key once; never empty.

    needed : what would settle an inconclusive ill. target : the target error, which ends all search where it is met.
    """
    if target and target["met"]:
        return [Advice("done", None, target["sentence"])]
    errors, word, items = figures.errors, error_word(figures.regression), []
    items += [
        Advice(
            "check the learning rate, the inputs and the labels", "training.learning_rate", f"{f.title}: {f.evidence}"
        )
        for f in findings
        if f.code == "no-better-than-baseline"
    ]
    reasons = {
        "bias": bias_reason(errors["train"], figures.optimal.error, word),
        "variance": variance_reason(errors["dev"], errors["train"], word),
    }
    for ill, remedies in RECIPE.items():
        if verdict[ill] in ("high", "moderate"):
            taken = {item.key for item in items}
            items += [Advice(action, key, reasons[ill]) for action, key in remedies if key not in taken]
    unsettled = needed["variance"]
    if unsettled and unsettled["rows"]:
        items.append(Advice("a larger dev set", "data.split", unsettled["sentence"]))
    if not items and "inconclusive" in verdict.values():
        why = "; ".join(need["sentence"] for need in needed.values() if need)
        items.append(Advice("more data", "data.source", why or "the verdict is inconclusive"))
    return items or [Advice("done", None, f"{reasons['bias']}, and {reasons['variance']}: both distances are low")]


def bias_reason(train_error: float, optimal_error: float, word: str) -> str:
    """The avoidable bias in a clause."""
    gap = distance(train_error, optimal_error)
    return f"train {word} {percent(train_error)} is {gap} the optimal {percent(optimal_error)}"


def variance_reason(dev_error: float, train_error: float, word: str) -> str:
    """The variance in a clause."""
    return f"dev {word} {percent(dev_error)} is {distance(dev_error, train_error)} train {word} {percent(train_error)}"
