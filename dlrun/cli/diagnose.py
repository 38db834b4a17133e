"""`dlrun diagnose`: what a run's errors say about bias and variance, and what to try next."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Json, RunReference, RunsDir


def diagnose(
    run: RunReference = "latest",
    errors: Annotated[
        str | None, typer.Option("--errors", help="Judge these figures instead of a run: train=0.01,dev=0.11.")
    ] = None,
    optimal: Annotated[
        float | None, typer.Option("--optimal", help="The optimal error, a fraction; a run's own config says it too.")
    ] = None,
    reference: Annotated[
        bool,
        typer.Option(
            "--reference", help="Bracket the optimal error by what ordinary learners reach on the run's rows."
        ),
    ] = False,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """Say whether a run has high bias or high variance, and what to change.

    Example: dlrun diagnose, or dlrun diagnose --errors train=0.15,dev=0.16 --optimal 0.15
    """
    from ..report import make_console, show_diagnosis
    from .output import print_json

    if errors and reference:
        raise UsageError("--reference: needs a run, whose rows it looks at; leave --errors out")
    diagnosis = diagnosis_of_figures(errors, optimal) if errors else diagnosis_of_run(runs_dir, run, optimal, reference)
    if as_json:
        print_json(diagnosis)
    else:
        show_diagnosis(diagnosis, make_console())


def diagnosis_of_figures(text: str, optimal: float | None) -> dict:
    """The diagnosis of errors typed on the command line."""
    from ..diagnosis import diagnose as judge
    from ..diagnosis import parse_errors

    return {"run_id": None} | judge(parse_errors(text), optimal_error=optimal or 0.0).to_dict()


def diagnosis_of_run(runs_dir: Path, run: str, optimal: float | None, with_bracket: bool) -> dict:
    """The diagnosis of a run in the runs folder, against another optimal error where one is given."""
    from ..experiment import diagnosis_of, look_at_test, with_reference, with_selection
    from ..store import find_run, read_result

    folder = find_run(runs_dir, run)
    result = read_result(folder)
    diagnosis = diagnosis_of(result if optimal is None else result | {"optimal_error": optimal})
    if with_bracket:
        diagnosis = with_reference(diagnosis, folder, result)
    test_look = look_at_test(folder, result, "diagnose")
    return with_selection(diagnosis, folder, result) | {"test_look": test_look}
