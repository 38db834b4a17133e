"""Make the HTML pages: one run, the list of runs, or several runs compared, each as one file complete in itself.

The commands `report`, `runs --html` and `compare --html` write them. Jinja escapes every value, and `clean` removes
characters that no page should hold.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ... import __version__
from ...diagnosis.words import percent
from ...store import RunSummary
from ..terminal import status_word, verdict_phrase
from ..text import UNKNOWN, clean, shown, shown_cost

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from ...inspection import Comparison, PageContents
    from ...inspection.data_look import DataLook
    from ...nn.training import EpochRecord


def run_page(contents: "PageContents") -> str:
    """The page of a run."""
    from . import answers, columns, course, making, ruler, sections, trust

    parts = {
        "summary": sections.summary(contents),
        "errors": ruler.errors(contents),
        "trees": sections.trees(contents),
        "labels": contents.run.labels,
        "refit": contents.run.refit,
        "advice": sections.advice(contents),
        "curves": sections.curves(contents),
        "plane": answers.plane(contents),
        "boundaries": course.boundaries(contents),
        "regression": answers.regression(contents),
        "mistakes": answers.mistakes(contents),
        "metrics": sections.metrics(contents),
        "reliability": trust.reliability(contents),
        "worst": answers.worst(contents),
        "health": sections.health(contents),
        "heaps": course.heaps(contents),
        "weights": sections.weights(contents),
        "columns": columns.columns_section(contents.run.data),
        "data_facts": sections.data_facts(contents),
        "settings": making.settings(contents),
        "making": making.making(contents),
    }
    return page("run.html", parts)


def data_page(look: "DataLook") -> str:
    """The page of a source's columns, before anything is trained."""
    from . import columns, sections

    facts = look.facts
    parts = {
        "look": look,
        "columns": columns.of_columns(look.columns),
        "data_facts": None if facts is None else sections.section_of_facts(facts),
        "warnings": () if facts is None else facts.warnings,
    }
    return page("columns.html", parts)


class RunRow(NamedTuple):
    """A row of the page of all runs: when the run began, its status in a word, and which ills are high."""

    run: RunSummary
    began: str
    word: str
    high: str


def runs_page(rows: Sequence[RunSummary], links: Mapping[str, str]) -> str:
    """The page of all runs: `rows` as the store lists them, `links` to the reports that exist, by run id."""
    shown_rows = [RunRow(run, began(run.run_id), status_word(run), verdict_phrase(run.verdict)) for run in rows]
    text = files(__package__).joinpath("templates", "sort.js").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return page("runs.html", {"rows": shown_rows, "links": links}, Script(safe(text), f"sha256-{digest}"))


def began(run_id: str) -> str:
    """When a run began, from its id."""
    return f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]} {run_id[9:11]}:{run_id[11:13]}:{run_id[13:15]}"


def comparison_page(comparison: "Comparison", curves: Mapping[str, Sequence["EpochRecord"]]) -> str:
    """The page of several runs; `curves` are the metrics of each run, by its id."""
    from .comparison import comparison_parts

    return page("compare.html", comparison_parts(comparison, curves))


class Script(NamedTuple):
    """A script of ours, and its hash in the page's content security policy."""

    text: "Markup"
    hash: str


def page(template: str, parts: Mapping[str, object], script: Script | None = None) -> str:
    """A template of this package, filled in with `parts` by name; `script` is the only script that the page may run."""
    return environment().get_template(template).render(parts, version=__version__, script=script)


def capital(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """A text of the diagnosis as a sentence: with a capital letter and a full stop."""
    return capital(text) + ("" if text.endswith((".", "?", "!")) else ".")


def safe(text: str) -> "Markup":
    """Text of ours, which Jinja does not escape."""
    from markupsafe import Markup

    return Markup(text)


@cache
def environment() -> "Environment":
    """Jinja for all pages: it escapes every value, drops control characters, and shows a dash for None."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    from .compiled import Compiled

    def tidy(value: object) -> object:
        if value is None:
            return UNKNOWN
        return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    jinja = Environment(
        loader=PackageLoader("dlrun.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=tidy,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=Compiled(Path(__file__).with_name("templates")),
    )
    jinja.filters |= {
        "shown": shown,
        "shown_cost": shown_cost,
        "percent": percent,
        "sentence": sentence,
        "capital": capital,
    }
    return jinja
