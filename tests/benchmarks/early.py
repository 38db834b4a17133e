"""What stopping early costs and saves, over whole sweeps: `python -m tests.benchmarks.early`.

Each sweep is trained to its end once; every rule is then decided on the same courses, for each seed alone and for all
together. The winner's error is compared with that of the full sweep's winner. About seven minutes of processor time;
courses are kept in --courses, so that an interrupted benchmark goes on.
"""

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.stats import t

from dlrun.executor import Here
from dlrun.statistics.intervals import CONFIDENCE
from dlrun.sweep.halving import pauses
from dlrun.sweep.study import REDUCTION

from .early_courses import CHOSEN_ON, FRESH, Courses, all_courses
from .early_rules import SCORES, Found, Rule, ends_by, ends_by_pruner, found_by, shipped, thinned
from .printed import table

# A sweep of each seed alone, and one of all: of every task and plan four sweeps.
VIEWS = ((0,), (1,), (2,), (0, 1, 2))

GROUPS = {"chosen": CHOSEN_ON, "fresh": FRESH, "all": (*CHOSEN_ON, *FRESH)}

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
RULES = (
    *(thinned(share, pauses) for share in (HALF, THIRD, Fraction(1, 4)) for pauses in (1, 2, 3)),
    *(thinned(HALF, 3, last, score=score) for score in SCORES for last in (HALF, Fraction(2, 3))),
    *(thinned(THIRD, 2, last) for last in (HALF, Fraction(2, 3))),
    Rule((Fraction(1, 6),), Fraction(1, 4)),
    *(thinned(share, pauses, margin=1) for share, pauses in ((HALF, 3), (THIRD, 2))),
)

Sweeps = list[tuple[str, Courses]]
Decide = Callable[[Courses], np.ndarray]

HEADER = ("", "dev error", "worst", "test error", "worst", "stopped", "worse", "epochs", "seconds", "told")
LEGEND = f"""\
errors: of the early sweep's winner less that of the full one's, in points, mean over tasks [{CONFIDENCE:.0%} interval];
worst: of all sweeps. stopped: sweeps whose full winner was stopped; worse: whose early winner has a higher dev error.
epochs, seconds: the shares that were saved; told: the seconds saved by what a sweep says, divided by those measured."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.early", description=__doc__.split("\n\n")[0])
    parser.add_argument("--tasks", default="chosen,fresh", help="chosen, fresh, all, or names, parted by commas")
    parser.add_argument("--courses", type=Path, default=Path("early-courses"), help="where courses are kept")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rules", action="store_true", help="compare other rules too, and Optuna's pruners")
    chosen = parser.parse_args(arguments)
    for word in chosen.tasks.split(","):
        with Here(chosen.processes) as executor:
            whole = all_courses(chosen.courses, list(GROUPS.get(word, [word])), executor)
            sweeps = [(name, courses.of(seeds=seeds)) for name, _, courses in whole for seeds in VIEWS]
        print(by_task(word, sweeps), end="\n\n")
        if chosen.rules:
            print(by_rule(word, sweeps), end="\n\n")
    print(LEGEND)


def by_task(title: str, sweeps: Sweeps) -> str:
    """The rule that is shipped, task by task."""
    found = found_of(sweeps, deciding(shipped()))
    rows = [row(name, {name: of_task}) for name, of_task in found.items()]
    return table(f"--early, {title}", HEADER, [*rows, row("all", found)])


def by_rule(title: str, sweeps: Sweeps) -> str:
    """Many rules, of all tasks together."""
    rules = [(str(rule), deciding(rule)) for rule in dict.fromkeys(RULES)]
    rows = [row(name, found_of(sweeps, decide)) for name, decide in (*rules, *pruners())]
    return table(f"which settings go on, {title}", HEADER, rows)


def deciding(rule: Rule) -> Decide:
    return lambda courses: ends_by(rule, courses)


def pruners() -> Iterator[tuple[str, Decide]]:
    """Optuna's as they are, told of every epoch; and as `--sampler tpe --early` has it, told of the pauses."""
    from optuna.pruners import MedianPruner, SuccessiveHalvingPruner

    for made in (SuccessiveHalvingPruner, MedianPruner):
        yield (
            f"Optuna's {made.__name__}, each epoch",
            lambda courses, made=made: ends_by_pruner(made(), courses, list(range(1, int(courses.epochs)))),
        )

    def at_pauses(courses: Courses) -> np.ndarray:
        pruner, at = SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION), pauses(int(courses.epochs))
        return ends_by_pruner(pruner, courses, at, [REDUCTION**place for place in range(len(at))])

    yield "Optuna's as in --sampler tpe --early", at_pauses


def found_of(sweeps: Sweeps, decide: Decide) -> dict[str, list[Found]]:
    """What a rule finds, by task."""
    found: dict[str, list[Found]] = {}
    for name, courses in sweeps:
        found.setdefault(name, []).append(found_by(decide(courses), courses))
    return found


def row(name: str, found: dict[str, list[Found]]) -> tuple[str, ...]:
    """A line of a table; the interval is over tasks."""
    sweeps = [one for of_task in found.values() for one in of_task]
    cells = [name]
    for field in ("dev", "test"):
        mean, interval = over_tasks([[getattr(one, field) for one in of_task] for of_task in found.values()])
        cells += [f"{mean:.2f}{interval}", f"{max(getattr(one, field) for one in sweeps):.1f}"]
    shares = (
        np.mean([getattr(one, field) for one in sweeps]) for field in ("is_stopped", "is_worse", "epochs", "seconds")
    )
    told = np.array([one.told for one in sweeps])
    return (*cells, *(f"{share:.0%}" for share in shares), f"{told.mean():.2f} ({told.min():.2f}-{told.max():.2f})")


def over_tasks(by_task: Sequence[Sequence[float]]) -> tuple[float, str]:
    """The mean of the tasks' means, and its interval by Student's t in words; empty for a single task."""
    means = np.array([np.mean(values) for values in by_task])
    if len(means) < 2:
        return float(means.mean()), ""
    reach = t.ppf((1 + CONFIDENCE) / 2, len(means) - 1) * means.std(ddof=1) / len(means) ** 0.5
    return float(means.mean()), f" [{means.mean() - reach:.2f}, {means.mean() + reach:.2f}]"


if __name__ == "__main__":
    main()
