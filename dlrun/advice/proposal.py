"""A remedy's proposal, and what remedies share: which rates, sizes and shares count as usual, small or heavy.

How sure a proposal is comes from 80 random configs: how many of them gained test error by it, compared with a new seed
alone. "likely" where two in three or more gained, "possible" from half, "unsure" where nothing was measured.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..diagnosis.causes import FAR_OFF
from ..diagnosis.size_probe import probed_units
from ..nn.optimizers import OPTIMIZERS
from ..records import Change
from .case import Case
from .records import About, Confidence

SMALLER_RATE = 1 / 3

# Twice the units, and at least a usual number.
WIDER, FEWEST_UNITS = 2, 16

# A penalty that is a larger share of the cost than this is heavy.
HEAVY_PENALTY = 0.3

# Keep probabilities to try, from the largest (Srivastava et al. 2014 keep 0.5 to 0.8 of hidden units). Layers with
# fewer than FEWEST_UNITS units get no dropout.
KEEP_PROBS = (0.8, 0.65, 0.5)


class Proposal(NamedTuple):
    """What could be done.

    key : the main key. change : values by dotted key, or None. why : its own reason, in a clause with this run's
    numbers. expected : a sentence. about : the error expected to fall. command : where no config change can do it.
    code : of the finding that it answers. measured : the measurement that it answers, in a clause; empty where `why`
    says it. remedy : the bias or variance remedy that proposes it, None for any other.
    """

    action: str
    key: str | None
    change: Change | None
    why: str
    expected: str
    confidence: Confidence | None
    about: About = "dev"
    command: str | None = None
    code: str | None = None
    measured: str = ""
    remedy: "Remedy | None" = None


Remedy = Callable[[Case], Proposal | None]


def two_digits(number: float) -> float:
    """A number as a person would write it: 0.000333 -> 0.00033."""
    return float(f"{number:.2g}")


def usual_rate(case: Case) -> float:
    """The learning rate that is usual for the run's optimizer."""
    return OPTIMIZERS[case.value("training.optimizer")].usual_rate


def slower(case: Case) -> dict[str, float]:
    """The usual rate if the rate is far above it, else a third of the rate."""
    rate = case.value("training.learning_rate")
    usual = usual_rate(case)
    return {"training.learning_rate": usual if rate >= FAR_OFF * usual else two_digits(rate * SMALLER_RATE)}


def faster(case: Case) -> dict[str, float]:
    """The usual rate if the rate is far below it, else three times the rate."""
    rate = case.value("training.learning_rate")
    usual = usual_rate(case)
    return {"training.learning_rate": usual if rate <= usual / FAR_OFF else two_digits(rate / SMALLER_RATE)}


def widths_text(hidden: tuple[int, ...]) -> str:
    """Widths as text: "64", or "64 and 32"."""
    if len(set(hidden)) == 1:
        return str(hidden[0])
    return f"{', '.join(map(str, hidden[:-1]))} and {hidden[-1]}"


def resized(case: Case, widths: list[int]) -> tuple[str, Change]:
    """The key and the change that give the hidden layers these widths, in the key that the config uses."""
    if case.value("network.hidden") is not None:
        return "network.hidden", {"network.hidden": widths}
    return "network.width", {"network.width": widths[0]}


def probed_size(case: Case) -> Change:
    """The size of the network that a probe found better: so many units in each hidden layer, of which there is one."""
    widths = [probed_units(case.hidden())] * max(1, len(case.hidden()))
    _, change = resized(case, widths)
    return change if case.hidden() else {**change, "network.depth": 2}
