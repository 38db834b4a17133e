"""The results of a gradient check, as records: their fields are the keys of its JSON, in this order.

Every other module of the room makes these records, or reads them for hints and text.
"""

from dataclasses import dataclass
from typing import Literal

from ..records import flat

Verdict = Literal["pass", "fail", "vacuous", "unverifiable"]
PASS: Verdict = "pass"
FAIL: Verdict = "fail"
VACUOUS: Verdict = "vacuous"
UNVERIFIABLE: Verdict = "unverifiable"


@dataclass(frozen=True)
class Worst:
    """The entry of a tensor where the two gradients differ most; None for a slope that is not finite."""

    index: tuple[int, ...]
    analytic: float | None
    numeric: float | None


@dataclass(frozen=True)
class TensorCheck:
    """One tensor: its verdict, its relative difference, the course's word for it, and its worst entry.

    n_checked : entries compared (fewer than all if sampled). n_kinks : entries at a kink, not in the relative
    difference. n_kinks_off : those whose slope neither side explains. n_off : entries that are off by themselves.
    floor : the norm of the changes that rounding alone may make to its slopes.
    """

    name: str
    shape: tuple[int, ...]
    relative_difference: float
    judgement: str
    worst: Worst
    verdict: Verdict
    n_checked: int
    n_kinks: int
    n_kinks_off: int
    n_off: int
    floor: float


@dataclass(frozen=True)
class Where:
    """The place of a fault: its worst entry, and the tensors that failed. scope : which tensors fail together.

    layer : counted from 1, the topmost that fails; None for a person's own arrays. tensors : those of the layer.
    unit, row, column : those of the worst entry; None where it has none.
    """

    layer: int | None
    tensors: tuple[str, ...]
    tensor: str
    index: tuple[int, ...]
    unit: int | None
    row: int | None
    column: int | None
    analytic: float | None
    numeric: float | None
    failed: tuple[str, ...]
    scope: str
    words: str


@dataclass(frozen=True)
class Hint:
    """A possible cause, never certain. misfit : the relative difference that this cause leaves unexplained."""

    cause: str
    tensor: str
    words: str
    evidence: str
    misfit: float


@dataclass(frozen=True)
class GradientReport:
    """One check of one network at one point: the totals, and each tensor.

    n_checked of n_parameters were compared: fewer than all if sampled. n_retried : those measured with smaller steps.
    shipped_cost, numeric_cost : the cost at the point, from the code under check and from the numeric side.
    """

    passed: bool
    verdict: Verdict
    relative_difference: float
    judgement: str
    epsilon: float
    n_examples: int
    n_parameters: int
    n_checked: int
    sampled: bool
    n_kinks: int
    n_retried: int
    shipped_cost: float
    numeric_cost: float
    tensors: tuple[TensorCheck, ...]

    @property
    def failed(self) -> list[TensorCheck]:
        """The tensors that failed."""
        return [tensor for tensor in self.tensors if tensor.verdict == FAIL]


@dataclass(frozen=True)
class Setting:
    """What one situation is: which net (the config's own or its small twin), which seed, penalty and dropout."""

    name: str
    network: Literal["own", "twin"]
    seed: int
    sizes: tuple[int, ...]
    l2_lambda: float
    keep_probs: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SituationResult:
    """One situation, its report, and where and what its fault seems to be. seconds : its duration."""

    setting: Setting = flat()
    report: GradientReport = flat()
    where: Where | None
    hints: tuple[Hint, ...]
    seconds: float


@dataclass(frozen=True)
class NetworkReport(GradientReport):
    """Every situation that was checked, and the report on the first, the config's own net at initialisation.

    passed, verdict and sampled are over all situations. where : the fault's place in the config's own net, or in
    its twin if only the twin shows it. not_verified : tensors of the own net that no situation could verify.
    """

    where: Where | None
    hints: tuple[Hint, ...]
    not_verified: tuple[str, ...]
    situations: tuple[SituationResult, ...]

    @property
    def failed_situations(self) -> list[SituationResult]:
        return [result for result in self.situations if result.report.verdict == FAIL]

    def __str__(self) -> str:
        from .text import report_lines

        return "\n".join(report_lines(self))


@dataclass(frozen=True)
class OwnReport:
    """A person's own gradient: the totals, each array, and hints on those that fail. Its examples are not known."""

    passed: bool
    verdict: Verdict
    relative_difference: float
    judgement: str
    epsilon: float
    n_examples: None
    cost: float
    n_parameters: int
    n_checked: int
    sampled: bool
    n_kinks: int
    tensors: tuple[TensorCheck, ...]
    where: Where | None
    hints: tuple[Hint, ...]

    @property
    def failed(self) -> list[TensorCheck]:
        """The arrays that failed."""
        return [tensor for tensor in self.tensors if tensor.verdict == FAIL]

    def __str__(self) -> str:
        from .text import report_lines

        return "\n".join(report_lines(self))


@dataclass(frozen=True)
class SweepPoint:
    """One epsilon: relative differences of central and one-sided (forward) slopes, without entries at a kink."""

    epsilon: float
    central: float
    one_sided: float
    n_kinks: int


@dataclass(frozen=True)
class Slopes:
    """The slopes of the flanks on a log-log scale; None where a flank is not seen."""

    truncation: float | None
    round_off: float | None
    one_sided: float | None


@dataclass(frozen=True)
class SweepReport:
    """The points from the largest epsilon down, the one of least central difference, and the slopes of the flanks."""

    points: tuple[SweepPoint, ...]
    best_epsilon: float
    n_parameters: int
    n_checked: int
    sampled: bool
    slopes: Slopes

    def __str__(self) -> str:
        from .text import sweep_lines

        return "\n".join(sweep_lines(self))
