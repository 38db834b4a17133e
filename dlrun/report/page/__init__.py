"""Pages: a run, or the list of runs, as one HTML file that needs nothing beside it.

Stands at the end of the path: what a run folder holds in, text out. Jinja escapes every value, and `clean` takes out
what no page should hold.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ... import __version__
from ...diagnosis.words import percent
from ...store import to_plain
from ..terminal import status_word, verdict_phrase
from ..text import UNKNOWN, clean, shown, shown_cost

if TYPE_CHECKING:
    from jinja2 import Environment

    from ...inspection import PageContents


def run_page(shown_run: "PageContents") -> str:
    """The page of a run."""
    from . import answers, sections

    run = plain_contents(shown_run)
    of_run = ("summary", "errors", "advice", "curves", "health", "weights", "data_facts", "settings", "making")
    of_answers = ("mistakes", "worst", "plane", "regression")
    values = {name: getattr(sections, name)(run) for name in of_run}
    values |= {name: getattr(answers, name)(run) for name in of_answers}
    return page("run.html", **values)


def plain_contents(shown_run: "PageContents") -> dict:
    """What the sections read, by name."""
    seen, run, plane = shown_run.overview, shown_run.run, shown_run.plane
    return to_plain(seen) | {
        "environment": seen.environment,
        "metrics": to_plain(run.metrics) or None,
        "trace": to_plain(run.trace) or None,
        "data": run.data,
        "resolved": run.resolved,
        "predictions": run.predictions,
        "examples": run.examples,
        "model": run.model,
        "origins": shown_run.origins,
        "plane": plane and {"x": plane.x, "y": plane.y, "margins": plane.margins},
    }


def runs_page(rows: list[dict], links: dict[str, str]) -> str:
    """The page of all runs; `rows` as the store lists them, `links` to the report of each run that has one, by id."""
    shown_rows = [
        row | {"began": began(row["run_id"]), "word": status_word(row), "high": verdict_phrase(row["verdict"])}
        for row in rows
    ]
    script = files(__package__).joinpath("templates", "sort.js").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return page("runs.html", rows=shown_rows, links=links, script={"text": safe(script), "hash": f"sha256-{digest}"})


def began(run_id: str) -> str:
    """When a run began, from its id."""
    return f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]} {run_id[9:11]}:{run_id[11:13]}:{run_id[13:15]}"


def comparison_page(comparison: dict, curves: dict[str, list[dict]]) -> str:
    """The page of several runs; `curves` are the metrics of each run, by its id."""
    from .comparison import comparison_parts

    return page("compare.html", **comparison_parts(comparison, curves))


def page(template: str, *, script: dict | None = None, **values: object) -> str:
    """A template of this package, filled in; `script`, {text, hash}, is the one script that it may run."""
    return environment().get_template(template).render(version=__version__, script=script, **values)


def capital(text: str) -> str:
    """The same with a capital letter first."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Words of the diagnosis as a sentence of the page."""
    return capital(text) + ("" if text.endswith((".", "?", "!")) else ".")


def safe(text: str) -> str:
    """Our own text, not to be escaped."""
    from markupsafe import Markup

    return Markup(text)


@cache
def environment() -> "Environment":
    """Jinja as all pages use it: every value escaped, control characters dropped, a dash for what is not known."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def tidy(value: object) -> object:
        if value is None:
            return UNKNOWN
        return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    found = Environment(
        loader=PackageLoader("dlrun.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=tidy,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "shown": shown,
        "shown_cost": shown_cost,
        "percent": percent,
        "sentence": sentence,
        "capital": capital,
    }
    return found
