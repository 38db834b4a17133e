"""What to try next: the course's basic recipe as a table, with the numbers of the run at hand as the reason.

Data and not prose: each item names the config key that carries it out, so that a script can follow it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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
    verdict: Mapping[str, str],
    errors: Mapping[str, float | None],
    *,
    optimal_error: float,
    baseline_error: float | None,
    regression: bool,
) -> list[Advice]:
    """The remedies for what is high, bias before variance, each key once; never empty."""
    word, items = error_word(regression), []
    if baseline_error is not None and errors["dev"] >= baseline_error:
        items.append(no_better_than_baseline(errors["dev"], baseline_error, regression))
    reasons = {
        "bias": bias_reason(errors["train"], optimal_error, word),
        "variance": variance_reason(errors["dev"], errors["train"], word),
    }
    for ill, remedies in RECIPE.items():
        if verdict[ill] == "high":
            taken = {item.key for item in items}
            items += [Advice(action, key, reasons[ill]) for action, key in remedies if key not in taken]
    return items or [Advice("done", None, f"{reasons['bias']}, and {reasons['variance']}: both distances are low")]


def no_better_than_baseline(dev_error: float, baseline_error: float, regression: bool) -> Advice:
    """The finding that comes before all others: the network has learned nothing that holds on new rows."""
    word = error_word(regression)
    rival = "predicting the mean" if regression else "always answering the majority class"
    found = f"dev {word} {percent(dev_error)} is not below the {percent(baseline_error)} of {rival}"
    why = f"{found}: the network is no better than that"
    return Advice("check the learning rate, the inputs and the labels", "training.learning_rate", why)


def bias_reason(train_error: float, optimal_error: float, word: str) -> str:
    """The avoidable bias in a clause."""
    gap = distance(train_error, optimal_error)
    return f"train {word} {percent(train_error)} is {gap} the optimal {percent(optimal_error)}"


def variance_reason(dev_error: float, train_error: float, word: str) -> str:
    """The variance in a clause."""
    return f"dev {word} {percent(dev_error)} is {distance(dev_error, train_error)} train {word} {percent(train_error)}"
