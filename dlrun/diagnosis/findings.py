"""A finding: the one shape of everything that is wrong with a run, whoever found it.

At the foot of the diagnosis, since findings come from the errors, the data, the training, the choosing and the probe,
and stand in one list.
"""

from dataclasses import dataclass
from typing import Literal

# A finding that fails outranks the verdict; a notice stands beside it.
Severity = Literal["fail", "notice"]


@dataclass(frozen=True)
class Finding:
    """One finding.

    code : stable, explained by `dlrun explain`. title : what is wrong, without numbers. evidence : this run's numbers.
    do : what to do about it. layer : 1-based, where it is about one.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    do: str
    layer: int | None = None
