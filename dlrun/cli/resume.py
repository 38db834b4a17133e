"""`dlrun resume`: continue a run where it stopped."""

from pathlib import Path

from .options import DEFAULT_RUNS_DIR, Json, Overrides, Quiet, RunReference, RunsDir


def resume(
    run: RunReference = "latest",
    overrides: Overrides = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Continue a run that was interrupted, failed or crashed; it ends with the same bits as without the interruption.

    The only override allowed is training.epochs=N, to train longer: that makes a new run, a child of this one. A run
    with a schedule or a warm-up, which are spread over all epochs, cannot be made longer.

    Example: dlrun resume latest, or dlrun resume digits training.epochs=100
    """
    from ..experiment import read_config
    from ..experiment import resume as resume_run
    from ..experiment.resume import own_config
    from ..store import find_run
    from .ending import display_of, end_with

    folder = find_run(runs_dir, run)
    loaded = own_config(folder, overrides or ())
    contents = resume_run(folder, overrides or (), lambda experiment: display_of(experiment, quiet))
    origins = read_config(contents.folder.path / "config.yaml", contents.manifest.identity.overrides).origins
    return end_with(contents, origins if loaded.config.report else None, as_json)
