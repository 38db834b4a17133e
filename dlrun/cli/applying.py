"""`dlrun diagnose --apply` and `--ledger`: apply a piece of advice, and show whether applied advice has helped."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..store import RunContents


def apply_advice(runs_dir: Path, reference: str, number: int, quiet: bool, as_json: bool) -> int:
    """Train with a piece of advice, show the new run, and say whether it did what the advice expected."""
    from ..report import make_console, show_outcome
    from ..search.recipe import apply
    from ..store import find_run, to_plain
    from .ending import display_of, end_with, error_of, exit_status_of
    from .output import print_json

    applied, child = apply(find_run(runs_dir, reference), number, lambda experiment: display_of(experiment, quiet))
    status = exit_status_of(applied.result)
    if as_json:
        error = {"error": error_of(applied.result, status)} if status else {}
        print_json(to_plain(applied) | error)
        return status
    end_with(child, child_origins(child), as_json=False)
    show_outcome(applied, make_console())
    return status


def child_origins(child: "RunContents") -> "Mapping[str, str] | None":
    """Where the values of a child's config came from; None where its config asks for no report."""
    from ..experiment import read_config

    loaded = read_config(child.folder.path / "config.yaml", child.manifest.identity.overrides)
    return loaded.origins if loaded.config.report else None


def show_ledger_of(runs_dir: Path, as_json: bool) -> None:
    """Show which advice was applied among these runs, and whether it did what it promised."""
    from ..report import make_console, show_ledger
    from ..search.ledger import lines, tally
    from .output import print_json

    ledger = tally(lines(runs_dir))
    if as_json:
        print_json(ledger)
    else:
        show_ledger(ledger, make_console())
