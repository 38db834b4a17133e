"""The whole check of a config's network: every situation, one report on all of them, and the hints they agree on."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ..nn.arrays import Array
from ..nn.network import Network
from ..nn.parameters import Parameters
from .check import GradientReport, check_problem
from .hints import Where, hints_for, locate
from .judging import EPSILON, FAIL, PASS, JudgedByParts
from .numeric import MEMORY_BYTES
from .patterns import Hint
from .problem import GradientFunction, Problem, shipped_gradient
from .situations import AFTER_STEPS, OWN, TRAIN_ROWS_A_ROW, Situation, situations_of
from .text import report_lines

HINTS_SHOWN = 6  # beyond these a list explains nothing any more
# A cause that explains less than this share of the failed situations may fit there by chance, and comes last.
WEAK_SUPPORT = 0.5


@dataclass(frozen=True)
class SituationResult:
    """One situation, its report, and where and what its fault seems to be."""

    situation: Situation
    report: GradientReport
    where: Where | None
    hints: tuple[Hint, ...]
    seconds: float

    @property
    def verdict(self) -> str:
        return self.report.verdict

    def to_dict(self) -> dict:
        told = self.situation.to_dict() | self.report.to_dict()
        told["where"] = self.where.to_dict() if self.where else None
        told["hints"] = [hint.to_dict() for hint in self.hints]
        return told | {"seconds": self.seconds}


@dataclass(frozen=True)
class NetworkReport(JudgedByParts):
    """Every situation that was walked; the first is the config's own net as it begins."""

    results: tuple[SituationResult, ...]
    hints: tuple[Hint, ...] = field(default=())

    @property
    def parts(self) -> tuple[SituationResult, ...]:
        return self.results

    @property
    def where(self) -> Where | None:
        """The fault's place in the config's own net, or in its twin where only that one shows it."""
        places = [result.where for result in self.failed]
        return next((place for place in places if place is not None), None)

    @property
    def not_verified(self) -> list[str]:
        """Tensors of the config's own net that no situation could verify: vacuous or below the floor in all."""
        own = [result.report for result in self.results if result.situation.net == OWN]
        names = [tensor.name for tensor in own[0].tensors]
        decided = {t.name for report in own for t in report.tensors if t.verdict in (PASS, FAIL)}
        return [name for name in names if name not in decided]

    def __str__(self) -> str:
        return "\n".join(report_lines(self.to_dict()))

    def to_dict(self) -> dict:
        """The keys of the first situation's report, `passed` and `verdict` being those of all, and what is new."""
        return self.results[0].report.to_dict() | {
            "passed": self.passed,
            "verdict": self.verdict,
            "where": self.where.to_dict() if self.where else None,
            "hints": [hint.to_dict() for hint in self.hints],
            "not_verified": self.not_verified,
            "sampled": any(r.report.n_checked < r.report.n_parameters for r in self.results),
            "situations": [result.to_dict() for result in self.results],
        }


def check_config_network(
    network: Network,
    parameters: Parameters,
    X: Array,
    Y: Array,
    *,
    l2_lambda: float = 0.0,
    m_train: int | None = None,
    init: Callable[[np.random.Generator], Parameters] | None = None,
    rng: np.random.Generator,
    epsilon: float = EPSILON,
    max_seconds: float | None = None,
    memory_bytes: int = MEMORY_BYTES,
    after_steps: int = AFTER_STEPS,
    seeds: int = 1,
    gradient_function: GradientFunction = shipped_gradient,
    progress: Callable[[int, int], None] | None = None,
) -> NetworkReport:
    """Check a network on the rows of X (m, n_in) in every situation, its own and those of its small twin.

    init : draws fresh parameters for each seed after the first. m_train : the size of the training set, which divides
    the penalty; beyond max_seconds for all situations together, parameters are sampled, as many of each tensor, and
    those of the first situation last.
    progress(done, total) : parameters checked so far, over all situations. gradient_function : what is under check.
    """
    problem = Problem(network, parameters, X, Y, l2_lambda, m_train or TRAIN_ROWS_A_ROW * len(X))
    todo = list(situations_of(problem, init=init, rng=rng, after_steps=after_steps, seeds=seeds))
    total, done, results = sum(s.problem.parameters.flat.size for s in todo), 0, []
    ends = None if max_seconds is None else time.perf_counter() + max_seconds
    for number, situation in enumerate(todo):
        began = time.perf_counter()
        share = None if ends is None else share_of(ends - began, len(todo) - number, first=number == 0)
        report = check_problem(
            situation.problem,
            epsilon=epsilon,
            gradient_function=gradient_function,
            max_seconds=share,
            memory_bytes=memory_bytes,
            rng=rng,
            progress=None if progress is None else lambda n, _, done=done: progress(done + n, total),
        )
        hints = tuple(hints_for(situation.problem, report))
        where = locate(report, situation.problem.network.depth)
        results.append(SituationResult(situation, report, where, hints, time.perf_counter() - began))
        done += situation.problem.parameters.flat.size
        if progress is not None:
            progress(done, total)
    return NetworkReport(tuple(results), tuple(common_hints(results)))


def share_of(seconds: float, n_left: int, *, first: bool) -> float:
    """The time for one of the situations that are left: the config's own net as it begins comes before all others."""
    return max(0.0, seconds) / (1 if first else n_left)


def common_hints(results: list[SituationResult]) -> list[Hint]:
    """The hints of all failed situations: those that explain the most of them first, then the most telling."""
    failed = [result for result in results if result.verdict == FAIL]
    first: dict[str, list[Hint]] = {}  # by cause: of the first situation that has it, one hint a tensor
    support: dict[str, int] = {}
    for result in failed:
        for cause in dict.fromkeys(hint.cause for hint in result.hints):
            first.setdefault(cause, [hint for hint in result.hints if hint.cause == cause])
            support[cause] = support.get(cause, 0) + 1
    causes = sorted(first, key=lambda cause: (-support[cause], first[cause][0].rank))
    told = [with_support(hint, support[cause], len(failed)) for cause in causes for hint in first[cause]]
    strong = [hint for hint in told if hint.rank < 3 and support[hint.cause] >= WEAK_SUPPORT * len(failed)]
    return [*strong, *contrast_hints(results), *(hint for hint in told if hint not in strong)][:HINTS_SHOWN]


def with_support(hint: Hint, n: int, n_failed: int) -> Hint:
    return replace(hint, evidence=f"{hint.evidence}; in {n} of {n_failed} failed situations")


def contrast_hints(results: list[SituationResult]) -> list[Hint]:
    """What sets the failed situations apart from the others: a penalty, or dropout."""
    hints, failed = [], {id(result) for result in results if result.verdict == FAIL}
    tests = (
        ("penalty", "off only with a penalty: look at the lambda term", lambda p: p.l2_lambda > 0),
        ("dropout", "off only with dropout: look at the masks on the way back", lambda p: p.mask_seed is not None),
    )
    for cause, words, has in tests:
        split = {has(result.situation.problem) for result in results if id(result) in failed}
        n_without = sum(not has(result.situation.problem) for result in results)
        if failed and split == {True} and n_without:
            evidence = f"{len(failed)} failed situations have it; the {n_without} without it all agree"
            hints.append(Hint(cause, "", words, evidence, 1.0, 3))
    return hints
