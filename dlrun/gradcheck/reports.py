"""The reports of a gradient check, of a network or of a person's own gradient, and their lines of text.

The fields of a record are the keys of its JSON, in this order. `print(report)` shows the lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..records import flat
from .judging import GREAT, LIKELY_BUG, LOOK_CLOSER
from .tables import listed, place, table
from .tensor_checks import FAIL, Hint, TensorCheck, Verdict, Where, decided, number, tensor_lines

SCALE = f"the course's scale: below {GREAT:g} great, below {LOOK_CLOSER:g} fine, below {LIKELY_BUG:g} look closer"


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
        return "\n".join(report_lines(self))


Report = GradientReport | OwnReport


def report_lines(report: Report) -> list[str]:
    """The complete report: of a network in its situations, of one check, or of a person's own gradient."""
    outcome = {"pass": "passed", "fail": "failed"}.get(report.verdict, f"decided nothing ({report.verdict})")
    counts = f"{report.n_checked} of {report.n_parameters} parameters, epsilon {report.epsilon:g}"
    lines = [f"gradient check {outcome}", f"relative difference {report.relative_difference:.1e} ({counts})", ""]
    lines += [*tensor_lines(report.tensors), SCALE]
    extra = notes(report)
    if isinstance(report, NetworkReport):
        lines += ["", *situation_lines(report.situations)]
        failed = report.failed_situations
        if failed and failed[0] is not report.situations[0]:
            setting, tensors = failed[0].setting, failed[0].report.tensors
            lines += ["", f"{setting.network} net, {setting.name}:", *tensor_lines(tensors)]
    if isinstance(report, NetworkReport | OwnReport):
        extra += hint_lines(report)
    return lines + (["", *extra] if extra else [])


def situation_lines(situations: Sequence[SituationResult]) -> list[str]:
    """A row for each situation: which net, penalty and masks, how much was checked, and the outcome."""
    rows = []
    for result in situations:
        setting, report = result.setting, result.report
        worst = max(decided(report.tensors), key=lambda tensor: tensor.relative_difference)
        keeps = "/".join(f"{keep:g}" for keep in dict.fromkeys(setting.keep_probs)) or "1"
        rows.append(
            [
                setting.network,
                setting.name,
                str(setting.seed),
                f"{setting.l2_lambda:.3g}",
                keeps,
                str(report.n_checked),
                str(report.n_kinks),
                f"{worst.name} {worst.relative_difference:.1e}",
                report.verdict,
            ]
        )
    header = ["net", "situation", "seed", "lambda", "keep", "checked", "kinks", "worst tensor", "verdict"]
    return table(header, rows, frozenset({2, 3, 4, 5, 6}))


def notes(report: Report) -> list[str]:
    """What a reader must know besides the verdict: sampling, kinks, and what could not be verified."""
    lines = []
    if report.sampled:
        lines.append(f"sampled, to keep to the time limit: {sample_of(report)}, as many of each tensor")
    if report.n_kinks:
        lines.append(f"kinks: {report.n_kinks} parameters are at one and were compared with their one-sided slopes")
    if isinstance(report, NetworkReport) and report.not_verified:
        lines.append(f"not verified, neither passed nor failed: {listed(report.not_verified)}")
    return lines


def sample_of(report: Report) -> str:
    """What was sampled: parameters of one check, or how many of several situations."""
    if not isinstance(report, NetworkReport):
        return f"{report.n_checked} of {report.n_parameters} parameters"
    short = sum(result.report.sampled for result in report.situations)
    return f"{short} of {len(report.situations)} situations"


def hint_lines(report: NetworkReport | OwnReport) -> list[str]:
    """Where the fault is, and what it looks like."""
    lines, where = [], report.where
    if where:
        parts = [f"layer {where.layer}"] if where.layer is not None else []
        parts.append(place(where.tensor, where.index))
        coordinates = {"row": where.row, "column": where.column, "unit": where.unit}
        parts += [f"{word} {at}" for word, at in coordinates.items() if at is not None]
        lines.append(f"where: {', '.join(parts)}")
        lines.append(f"       analytic {number(where.analytic)}, numeric {number(where.numeric)}; {where.words}")
    for rank, hint in enumerate(report.hints):
        lines.append(f"{'looks like' if rank == 0 else 'or'}: {hint.words}")
        lines.append(f"       {hint.evidence}")
    return lines
