"""`dlrun curve`: say whether more data would help a run."""

from pathlib import Path

from .options import DEFAULT_RUNS_DIR, Json, Processes, Quiet, RunReference, RunsDir


def curve(
    run: RunReference = "latest",
    processes: Processes = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train a run's config on parts of its data, and say whether twice the data would help.

    Trains on an eighth, a quarter and a half of the training rows, three times each, and on all of them, and measures
    each on the same dev set. That takes about the time of 3.6 trainings. The answer is kept in the run's folder, where
    `dlrun diagnose` finds it.

    Example: dlrun curve latest
    """
    from ..report import counting_display, make_console, show_curve
    from ..search.curve import learning_curve
    from ..store import find_run
    from .output import print_json

    with counting_display("trainings", make_console(stderr=True), quiet=quiet) as count:
        measured_curve = learning_curve(find_run(runs_dir, run), count, processes=processes)
    if as_json:
        print_json(measured_curve)
    else:
        show_curve(measured_curve, make_console())
