"""A finding: the one record for everything that is wrong with a run.

The errors, the data, the training, the selection and the probe all report findings, and all of them are shown in one
list.
"""

from dataclasses import dataclass
from typing import Literal

# A finding that fails outranks the verdict; a notice is shown with it.
Severity = Literal["fail", "notice"]


@dataclass(frozen=True)
class Finding:
    """One finding.

    code : stable, explained by `dlrun explain`. title : what is wrong, without numbers. evidence : this run's numbers.
    do : what to do about it. layer : the layer it is about, counted from 1, None where it is about none.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    do: str
    layer: int | None = None
