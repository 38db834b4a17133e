"""`dlrun compare`: show several runs side by side, and which differences are more than chance."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Csv, Json, Quiet, RunsDir, complete_compared
from .report import write_page

if TYPE_CHECKING:
    from ..inspection import Comparison


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Run ids, prefixes, latest or best; a name or a tag stands for all its runs. The first is what the "
            "others are compared with (of several runs of a name, the best one). Or one sweep.",
            autocompletion=complete_compared,
        ),
    ],
    sort: Annotated[str, typer.Option("--sort", help="train, dev, test, given, or a config key.")] = "dev",
    as_csv: Csv = False,
    as_markdown: Annotated[bool, typer.Option("--md", help="Print a Markdown table, for a pull request.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with all curves to FILE.", dir_okay=False),
    ] = None,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Compare runs: the config keys that differ, their errors, and each dev error against that of the first.

    The test is paired, on the same dev examples: McNemar's exact test, or for a regression a bootstrap of the squared
    errors.

    Example: dlrun compare latest best, or dlrun compare digits --sort regularization.lambda
    """
    from ..inspection import compare as compare_runs
    from ..inspection import hashes_of, look_at_test
    from ..report import comparison_csv, comparison_markdown, counting_display, make_console, say, show_comparison
    from ..store import RunFolder, find_runs, to_plain
    from ..sweep.references import is_sweep
    from .output import print_json

    if as_json + as_csv + as_markdown + (html is not None) > 1:
        raise UsageError("--json, --csv, --md, --html: more than one given; choose one")
    if len(runs) == 1 and is_sweep(runs_dir, runs[0]):
        return compare_settings(runs_dir, runs[0], SweepForm(as_json, as_csv, as_markdown, html))
    groups = [find_runs(runs_dir, reference) for reference in runs]
    with counting_display("runs", make_console(stderr=True), quiet=quiet) as progress:
        comparison = compare_runs(groups, order=sort, progress=progress)
    looks = [
        look_at_test(folder, hashes_of(folder), run.errors.test, "compare")
        for run in comparison.runs
        for folder in [RunFolder(runs_dir / run.run_id)]
    ]
    test_look = max((look for look in looks if look is not None), default=None)
    if as_json:
        print_json(to_plain(comparison) | {"test_look": test_look})
    elif html is not None:
        say(make_console(), str(write_comparison(html, comparison, runs_dir)), whole=True)
    elif as_csv or as_markdown:
        print((comparison_csv if as_csv else comparison_markdown)(comparison), end="")
    else:
        show_comparison(comparison, make_console(), test_look=test_look)


class SweepForm(NamedTuple):
    """In which form the outcome of a sweep is told; as a table where none is given."""

    as_json: bool
    as_csv: bool
    as_markdown: bool
    html: Path | None


def compare_settings(runs_dir: Path, reference: str, form: SweepForm) -> None:
    """Tell the outcome of a sweep, whose settings are compared with the best."""
    from ..report import make_console, say
    from ..report.sweep import sweep_csv, sweep_markdown
    from ..sweep.references import find_sweep
    from ..sweep.telling import outcome_of_folder
    from .sweep import tell_sweep, written_page

    folder = find_sweep(runs_dir, reference)
    if form.as_csv or form.as_markdown:
        print((sweep_csv if form.as_csv else sweep_markdown)(outcome_of_folder(folder)), end="")
    elif form.html is not None:
        say(make_console(), str(written_page(folder, outcome_of_folder(folder), form.html)), whole=True)
    else:
        tell_sweep(folder, as_json=form.as_json, verb="compare")


def write_comparison(path: Path, comparison: "Comparison", runs_dir: Path) -> Path:
    """Write the page that compares the runs, and return its path. Raises StoreError."""
    from ..report.page import comparison_page
    from ..store import RunFolder, read_metrics

    curves = {run.run_id: read_metrics(RunFolder(runs_dir / run.run_id)) for run in comparison.runs}
    return write_page(path, comparison_page(comparison, curves))
