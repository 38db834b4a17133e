"""The complete check of a config's network: every situation, one report on all, and the hints that explain most.

`dlrun gradcheck CONFIG` runs it.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..nn.parameters import Parameters
from .check import examine
from .hints import clues_for, locate
from .judging import verdict_of
from .options import CheckOptions, Progress
from .patterns import Clue
from .problem import GradientFunction, Problem, shipped_gradient
from .reports import NetworkReport, Setting, SituationResult
from .situations import OWN, Situation, situations_of
from .tensor_checks import FAIL, PASS

# Draws fresh parameters.
Init = Callable[[np.random.Generator], Parameters]

HINTS_SHOWN = 6  # a longer list explains nothing any more
# A cause that explains less than this share of the failed situations may fit by chance, and is listed last.
WEAK_SUPPORT = 0.5


class Walked(NamedTuple):
    """A situation, the result of its check, and all clues from it."""

    situation: Situation
    result: SituationResult
    clues: list[Clue]


def check_config_network(
    problem: Problem,
    options: CheckOptions | None = None,
    *,
    rng: np.random.Generator,
    init: Init | None = None,
    gradient_function: GradientFunction = shipped_gradient,
    progress: Progress | None = None,
) -> NetworkReport:
    """Check a config's network in every situation, as `walk` does."""
    options = options or CheckOptions()
    return network_report(walk(problem, options, rng, init, gradient_function, progress))


def walk(
    problem: Problem,
    options: CheckOptions,
    rng: np.random.Generator,
    init: Init | None = None,
    gradient_function: GradientFunction = shipped_gradient,
    progress: Progress | None = None,
) -> list[Walked]:
    """Check a network in every situation, its own and those of its small twin.

    init : draws parameters for each seed after the first. gradient_function : the gradient to check.
    If max_seconds is too short for all situations, parameters are sampled, as many of each tensor; the first situation
    is sampled last. progress(done, total) : parameters checked so far, over all situations.
    """
    steps, seeds, ends = options.after_steps, options.seeds, None
    todo = list(situations_of(problem, init=init, rng=rng, after_steps=steps, seeds=seeds))
    total, done, walked = sum(s.problem.parameters.flat.size for s in todo), 0, []
    if options.max_seconds is not None:
        ends = time.perf_counter() + options.max_seconds
    for number, situation in enumerate(todo):
        began = time.perf_counter()
        share = None if ends is None else share_of(ends - began, len(todo) - number, first=number == 0)
        report, evidence = examine(
            situation.problem,
            replace(options, max_seconds=share),
            gradient_function=gradient_function,
            rng=rng,
            progress=None if progress is None else counted_on(progress, done, total),
        )
        clues = clues_for(evidence, report)
        result = SituationResult(
            setting=situation.setting,
            report=report,
            where=locate(report, situation.problem.network.depth),
            hints=tuple(clue.hint for clue in clues),
            seconds=time.perf_counter() - began,
        )
        walked.append(Walked(situation, result, clues))
        done += situation.problem.parameters.flat.size
        if progress is not None:
            progress(done, total)
    return walked


def counted_on(progress: Progress, before: int, total: int) -> Progress:
    """Turns progress within one situation into progress over all."""
    return lambda done, _: progress(before + done, total)


def network_report(walked: list[Walked]) -> NetworkReport:
    """One report on all situations: the fields of the first one's report, and those about all."""
    results = [each.result for each in walked]
    verdict = verdict_of(result.report.verdict for result in results)
    sampled = any(result.report.sampled for result in results)
    places = [result.where for result in results if result.report.verdict == FAIL]
    own = vars(results[0].report) | {"passed": verdict == PASS, "verdict": verdict, "sampled": sampled}
    return NetworkReport(
        **own,
        where=next((place for place in places if place is not None), None),
        hints=tuple(clue.hint for clue in common_clues(walked)),
        not_verified=not_verified(results),
        situations=tuple(results),
    )


def not_verified(results: list[SituationResult]) -> tuple[str, ...]:
    """Tensors of the config's own net that no situation could verify: vacuous or below the floor in all."""
    own = [result.report for result in results if result.setting.network == OWN]
    decided = {t.name for report in own for t in report.tensors if t.verdict in (PASS, FAIL)}
    return tuple(tensor.name for tensor in own[0].tensors if tensor.name not in decided)


def share_of(seconds: float, n_left: int, *, first: bool) -> float:
    """The time for the next of the situations left: the first one, the config's own net, may take all of it."""
    return max(0.0, seconds) / (1 if first else n_left)


def common_clues(walked: list[Walked]) -> list[Clue]:
    """The clues of all failed situations: those that explain most situations first, then the strongest."""
    failed = [each for each in walked if each.result.report.verdict == FAIL]
    first: dict[str, list[Clue]] = {}  # by cause: the clues of the first situation that has it, one for each tensor
    support: dict[str, int] = {}
    for each in failed:
        for cause in dict.fromkeys(clue.cause for clue in each.clues):
            first.setdefault(cause, [clue for clue in each.clues if clue.cause == cause])
            support[cause] = support.get(cause, 0) + 1
    causes = sorted(first, key=lambda cause: (-support[cause], first[cause][0].rank))
    every = [with_support(clue, support[cause], len(failed)) for cause in causes for clue in first[cause]]
    strong = [clue for clue in every if clue.rank < 3 and support[clue.cause] >= WEAK_SUPPORT * len(failed)]
    weak = [clue for clue in every if clue not in strong]
    return [*strong, *contrast_clues([each.result for each in walked]), *weak][:HINTS_SHOWN]


def with_support(clue: Clue, n: int, n_failed: int) -> Clue:
    return replace(clue, evidence=f"{clue.evidence}; in {n} of {n_failed} failed situations")


def contrast_clues(results: list[SituationResult]) -> list[Clue]:
    """What only the failed situations have: a penalty, or dropout."""
    clues = []
    tests: tuple[tuple[str, str, Callable[[Setting], bool]], ...] = (
        ("penalty", "off only with a penalty: look at the lambda term", lambda setting: setting.l2_lambda > 0),
        ("dropout", "off only with dropout: look at the masks in the backward pass", drops_some),
    )
    for cause, words, has in tests:
        failed = [has(result.setting) for result in results if result.report.verdict == FAIL]
        n_without = sum(not has(result.setting) for result in results)
        if failed and all(failed) and n_without:
            evidence = f"{len(failed)} failed situations have it; the {n_without} without it all agree"
            clues.append(Clue(cause, "", words, evidence, 1.0, 3))
    return clues


def drops_some(setting: Setting) -> bool:
    return any(keep < 1 for keep in setting.keep_probs)
