"""`dlrun refit`: train a run's network on the rows of train and dev together, once all is chosen."""

from pathlib import Path

from .options import DEFAULT_RUNS_DIR, Json, Quiet, RunReference, RunsDir


def refit(
    run: RunReference = "latest",
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train a run's network again on train and dev rows together, for as many steps, and let it answer from then on.

    Do it last: once all is chosen, dev rows need not be held back. The run's own errors and diagnosis stay as they are;
    predict, evaluate and export use the new network, whose test error is told beside the old one's. A refit that is
    interrupted leaves the run as it was, and begins anew with the same command.

    Example: dlrun refit best
    """
    from ..inspection import hashes_of, look_at_test
    from ..inspection.refit import refit as refit_run
    from ..report import counting_display, make_console, show_refit
    from ..store import find_run, to_plain
    from .output import print_json

    folder = find_run(runs_dir, run)
    with counting_display("epochs", make_console(stderr=True), quiet=quiet) as count:
        found = refit_run(folder, count)
    test_look = look_at_test(folder, hashes_of(folder), found.test_error, "refit")
    if as_json:
        print_json({"run_id": folder.id} | to_plain(found) | {"test_look": test_look})
    else:
        show_refit(found, make_console(), test_look=test_look)
