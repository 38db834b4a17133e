"""`dlrun sweep`: train a config with many settings and seeds, and say which is best and how sure that is."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Interrupted, StoreError, UsageError
from ..places import command_for
from .options import DEFAULT_RUNS_DIR, Json, Processes, Quiet, RunsDir
from .sweep_options import (
    ClusterOption,
    Early,
    FailFast,
    Light,
    PlanOnly,
    Resume,
    Retry,
    Sampler,
    SamplerSeed,
    SweepConfig,
    SweepWords,
    Trials,
)

if TYPE_CHECKING:
    from ..executor import Executor
    from ..report.records import PlanShown
    from ..sweep.folder import SweepFolder, SweepManifest
    from ..sweep.records import SweepOutcome

REPORT = "report.html"


def sweep(
    config: SweepConfig = None,
    words: SweepWords = None,
    trials: Trials = None,
    sampler: Sampler = None,
    sampler_seed: SamplerSeed = None,
    early: Early = False,
    light: Light = False,
    resume: Resume = None,
    retry: Retry = False,
    fail_fast: FailFast = False,
    plan: PlanOnly = False,
    processes: Processes = None,
    cluster: ClusterOption = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Train a config with many settings and seeds, and say which setting is best and how sure that is.

    Each training is a run of its own, with the bits of `dlrun train`. After any end, --resume does what is missing.

    Example: dlrun sweep configs/moons_overfit.yaml regularization.lambda=0,0.1,1,10 seed=0..2
    """
    from ..sweep.asked import Options, sweep_asked
    from ..sweep.references import find_sweep

    given = [word for word in (config, *(words or ())) if word is not None]
    options = Options(trials=trials, sampler=sampler, sampler_seed=sampler_seed, early=early, light=light)
    if retry and not resume:
        raise UsageError("--retry: belongs to --resume SWEEP")
    if processes and cluster:
        raise UsageError("--processes, --cluster: more than one given; a cluster has its own number of processes")
    asked = sweep_asked(given, options, find_sweep(runs_dir, resume) if resume else None)
    if plan:
        done = asked.done_count(retry=retry)
        return show_what_is_planned(asked.manifest, where_of(processes, cluster), done, as_json)
    wishes = {"retry": retry, "fail_fast": fail_fast}
    with executor_for(processes, cluster) as executor:
        notes = differences_told(executor, quiet)
        folder = asked.written(runs_dir)
        try:
            run_shown(folder, executor, wishes, quiet=quiet)
        except KeyboardInterrupt as left:
            raise Interrupted(f"interrupted; resume: {command_for('sweep --resume', folder.path)}") from left
    return tell_sweep(folder, as_json=as_json, verb="sweep", notes=notes)


def where_of(processes: int | None, cluster: str | None) -> str:
    """Where the trainings are to be done, in words."""
    from ..executor import Here

    if cluster:
        return f"the cluster {cluster}"
    with Here(processes) as here:
        return here.where


def executor_for(processes: int | None, cluster: str | None) -> "Executor":
    """The executor that the options ask for. Raises UsageError, DlrunError."""
    if cluster:
        from ..executor.cluster import Cluster

        return Cluster(cluster)
    from ..executor import Here

    return Here(processes)


def show_what_is_planned(manifest: "SweepManifest", where: str, done: int, as_json: bool) -> int:
    """Print the plan of a sweep."""
    from ..report import make_console
    from ..report.sweep import show_plan
    from ..store import to_plain
    from .output import print_json

    shown = plan_shown(manifest, where, done)
    if as_json:
        print_json(to_plain(shown))
    else:
        show_plan(shown, make_console())
    return 0


def plan_shown(manifest: "SweepManifest", where: str, done: int) -> "PlanShown":
    """The plan as it is shown."""
    from ..report.records import PlanShown
    from ..sweep.plan import asked_text

    plan = manifest.plan
    return PlanShown(
        name=manifest.name,
        keys=tuple((key.key, asked_text(key)) for key in plan.keys),
        settings=plan.settings_count,
        seeds=len(plan.seeds),
        trainings=plan.trainings_count,
        where=where,
        done=done,
    )


def differences_told(executor: "Executor", quiet: bool) -> tuple[str, ...]:
    """What differs between this machine and those that train, told before the start."""
    from ..report import make_console, say

    if not (quiet or executor.processes):
        say(make_console(stderr=True), f"waiting for the first worker of {executor.where}")
    notes = tuple(executor.differences())
    if not quiet:
        for note in notes:
            say(make_console(stderr=True), ("note: ", "yellow"), note)
    return notes


def run_shown(folder: "SweepFolder", executor: "Executor", wishes: Mapping[str, bool], *, quiet: bool) -> None:
    """Run a sweep with its plan and its progress on standard error."""
    from ..report import make_console
    from ..report.sweep import show_plan
    from ..report.sweep_live import sweep_display
    from ..sweep.running import Wishes
    from ..sweep.sweeping import run_sweep

    console = make_console(stderr=True)
    shown = plan_shown(folder.manifest(), executor.where, folder.done_count(retry=wishes["retry"]))
    if not quiet:
        show_plan(shown, console)
    with sweep_display(
        shown.trainings, console, quiet=quiet, name=shown.name, processes=executor.processes, done=shown.done
    ) as display:
        run_sweep(folder, executor, display, Wishes(**wishes))


def tell_sweep(folder: "SweepFolder", *, as_json: bool, verb: str, notes: tuple[str, ...] = ()) -> int:
    """Print a sweep's outcome, write its page, and count the look at the winner's test error; return the status."""
    from ..report import make_console, say
    from ..report.sweep import show_sweep
    from ..store import to_plain
    from ..sweep.telling import outcome_of_folder, test_look
    from .output import print_json

    outcome = outcome_of_folder(folder, notes)
    look = test_look(folder, outcome, verb)
    page = written_page(folder, outcome, folder.path / REPORT)
    if as_json:
        print_json(to_plain(outcome) | {"test_look": look, "page": page})
    else:
        console = make_console()
        show_sweep(outcome, console, folder.runs_dir)
        if look is not None and look > 1:
            say(console, f"the test rows were looked at {look} times by now", whole=True)
        if page is not None:
            say(console, f"page: {page}", whole=True)
    return StoreError.exit_status if outcome.counts.failed else 0


def written_page(folder: "SweepFolder", outcome: "SweepOutcome", path: Path) -> str | None:
    """Write the page of a sweep, and return its path; None where it cannot be written, which is told."""
    from ..report import make_console, say
    from ..report.page.sweep import sweep_page
    from ..sweep.reading import Reader
    from .report import write_page

    try:
        return str(write_page(path, sweep_page(outcome, Reader(folder).drawn(outcome), folder.runs_dir)))
    except StoreError as problem:
        say(make_console(stderr=True), f"no page: {problem}")
        return None
