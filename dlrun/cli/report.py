"""`dlrun report`: write the HTML page of a run."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from .options import DEFAULT_RUNS_DIR, Json, RunReference, RunsDir

if TYPE_CHECKING:
    from ..inspection import PageContents

# The name of the page in the run's folder.
REPORT = "report.html"

# The endings of files that a page may take the place of.
PAGE_ENDINGS = (".html", ".htm")

PageFile = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where the page is written.")]


def report(
    run: RunReference = "latest",
    output: PageFile = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
    runs_dir: RunsDir = Path(DEFAULT_RUNS_DIR),
    as_json: Json = False,
) -> None:
    """Write one HTML file about a run: verdict, errors, curves, mistakes, layers, config; into its folder, or to FILE.

    The file is complete in itself, so it can be mailed and printed.

    Example: dlrun report latest -o digits.html
    """
    from ..inspection import contents
    from ..report import make_console, say
    from ..store import find_run
    from .output import print_json

    path = write_report(contents(find_run(runs_dir, run)), output)
    if open_it:
        webbrowser.open(path.resolve().as_uri())
    if as_json:
        print_json({"report": str(path)})
    else:
        say(make_console(), str(path), whole=True)


def write_report(shown: "PageContents", output: Path | None = None) -> Path:
    """Write the page of a run, and return its path. Raises StoreError."""
    from ..report.page import run_page

    return write_page(output or shown.run.folder.path / REPORT, run_page(shown))


def write_page(path: Path, text: str) -> Path:
    """Write a page to its file, completely or not at all, and return the path. Raises StoreError.

    Raises UsageError where the file is there and is no page by its name: `dlrun data t.csv --html t.csv` would end it.
    """
    from ..store import write_whole

    if path.suffix.lower() not in PAGE_ENDINGS and path.exists():
        raise UsageError(f"{path}: is there already, and no page by its name; name a file that ends in .html")
    write_whole(path, lambda file: file.write(text.encode()))
    return path
