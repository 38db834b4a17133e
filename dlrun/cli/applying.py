"""`dlrun diagnose --apply` and `--ledger`: advice carried out, and what has come of it so far."""

from pathlib import Path


def apply_advice(runs_dir: Path, reference: str, number: int, quiet: bool, as_json: bool) -> int:
    """Train the child run of a piece of advice, show it, and say what came of the expectation."""
    from ..experiment.resume import own_config
    from ..report import make_console, show_outcome
    from ..search import apply
    from ..store import RunFolder, find_run
    from .ending import display_of, end_with, error_of, exit_status_of
    from .output import print_json

    applied = apply(find_run(runs_dir, reference), number, lambda loaded: display_of(loaded, quiet))
    result = applied["result"]
    status = exit_status_of(result)
    if as_json:
        print_json(applied if status == 0 else applied | {"error": error_of(result, status)})
        return status
    end_with(result, as_json=False, report=own_config(RunFolder(Path(result["run_dir"])), ()).config.report)
    show_outcome(applied, make_console())
    return status


def show_ledger_of(runs_dir: Path, as_json: bool) -> None:
    """What advice was followed among these runs, and what became of what it promised."""
    from ..report import make_console, show_ledger
    from ..search.ledger import lines, tally
    from .output import print_json

    found = tally(lines(runs_dir))
    if as_json:
        print_json(found)
    else:
        show_ledger(found, make_console())
