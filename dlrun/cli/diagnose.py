"""`dlrun diagnose`: say what a run's errors mean for bias and variance, and what to try next."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Json, Quiet, RunReference, RunsDir

if TYPE_CHECKING:
    from ..advice import RunDiagnosis
    from ..inspection import AskedDiagnosis
    from ..inspection.histories.judging import HistoryDiagnosis

Errors = Annotated[
    str | None, typer.Option("--errors", help="Judge these figures instead of a run: train=0.01,dev=0.11.")
]
SizesOption = Annotated[
    str | None,
    typer.Option(
        "--sizes", help="The number of rows of each of --errors or --history; without it, they are taken as exact."
    ),
]
Optimal = Annotated[
    str | None,
    typer.Option("--optimal", help="The optimal error: 0.15, or 30/200 judgements; default: that of the run's config."),
]
Baseline = Annotated[
    float | None,
    typer.Option(
        "--baseline",
        min=0,
        max=1,
        help="With --errors or --history: the error of always answering the commonest class.",
    ),
]
HistoryFile = Annotated[
    Path | None,
    typer.Option(
        "--history",
        metavar="FILE",
        help="Judge a training elsewhere by its log: a CSV of Keras or Lightning, TensorBoard's events, JSON, .npy.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option("--columns", help="The columns of --history by what they are: train_loss=loss,dev_loss=val."),
]
ReferenceOption = Annotated[
    bool,
    typer.Option("--reference", help="Bound the optimal error by what ordinary learners reach on the run's rows."),
]
Apply = Annotated[
    int | None, typer.Option("--apply", help="Apply the advice with this number: train the changed config.")
]
All = Annotated[bool, typer.Option("--all", help="Show all advice, and not only the first three items.")]
Ledger = Annotated[bool, typer.Option("--ledger", help="Show whether the advice applied so far has helped.")]


def diagnose(
    run: RunReference = "latest",
    errors: Errors = None,
    sizes: SizesOption = None,
    optimal: Optimal = None,
    baseline: Baseline = None,
    history: HistoryFile = None,
    columns: Columns = None,
    apply: Apply = None,
    ledger: Ledger = False,
    show_all: All = False,
    reference: ReferenceOption = False,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> int | None:
    """Say whether a run has high bias or high variance, how sure that is, and what to change.

    Example: dlrun diagnose, or dlrun diagnose --errors train=0.15,dev=0.16 --sizes train=10000,dev=1000 --optimal 0.15
    """
    from ..report import make_console, show_diagnosis
    from .applying import apply_advice, show_ledger_of
    from .output import print_json

    if history is not None:
        if errors is not None or reference or ledger or apply is not None:
            raise UsageError("--history: judges a log alone; leave --errors, --reference, --apply and --ledger out")
        told = diagnosis_of_history(history, columns, sizes, optimal, baseline)
        print_json(told) if as_json else show_history_of(told)
        return None
    if columns is not None:
        raise UsageError("--columns: belongs to --history")
    if errors is None and (sizes is not None or baseline is not None):
        raise UsageError("--sizes and --baseline belong to --errors or --history; a run has its own")
    if ledger:
        show_ledger_of(runs_dir, as_json)
        return None
    if apply is not None:
        if errors is not None or optimal is not None:
            raise UsageError("--apply: carries out a run's own advice; leave --errors and --optimal out")
        return apply_advice(runs_dir, run, apply, quiet, as_json)
    if errors is not None and reference:
        raise UsageError("--reference: needs the rows of a run; leave --errors out")
    if errors is None:
        asked = diagnosis_of_run(runs_dir, run, optimal, reference)
        print_json(asked) if as_json else show_diagnosis(asked.run, make_console(), asked, show_all=show_all)
    else:
        diagnosis = diagnosis_of_figures(errors, sizes, optimal, baseline)
        print_json(diagnosis) if as_json else show_diagnosis(diagnosis, make_console(), show_all=show_all)
    return None


def diagnosis_of_figures(errors: str, sizes: str | None, optimal: str | None, baseline: float | None) -> "RunDiagnosis":
    """The diagnosis of errors typed on the command line."""
    from ..advice import diagnosis_of_figures as judged
    from ..diagnosis import parse_errors, parse_optimal, parse_sizes

    return judged(
        parse_errors(errors),
        parse_sizes(sizes) if sizes else None,
        parse_optimal(optimal) if optimal else None,
        baseline,
    )


def diagnosis_of_history(
    history: Path, columns: str | None, sizes: str | None, optimal: str | None, baseline: float | None
) -> "HistoryDiagnosis":
    """What the log of a training elsewhere says."""
    from ..diagnosis import parse_optimal, parse_sizes
    from ..inspection.histories.judging import judge_history
    from ..inspection.histories.roles import parse_columns

    return judge_history(
        history,
        parse_columns(columns) if columns else {},
        sizes=parse_sizes(sizes) if sizes else None,
        optimal=parse_optimal(optimal) if optimal else None,
        baseline=baseline,
    )


def show_history_of(told: "HistoryDiagnosis") -> None:
    from ..report import make_console
    from ..report.history import show_history

    show_history(told, make_console())


def diagnosis_of_run(runs_dir: Path, run: str, optimal: str | None, bracketed: bool) -> "AskedDiagnosis":
    """The diagnosis of a run in the runs folder; `optimal` replaces the optimal error of its config."""
    from ..advice.records import LEDGER
    from ..diagnosis import parse_optimal
    from ..inspection import diagnosis_of_run as judged
    from ..store import find_run

    folder = find_run(runs_dir, run)
    asked = judged(folder, None if optimal is None else parse_optimal(optimal), with_reference=bracketed)
    if (folder.path.parent / LEDGER).exists():
        from ..search.ledger import lines, rates

        asked = replace(asked, tried=rates(lines(folder.path.parent)) or None)
    return asked
