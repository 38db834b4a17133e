"""Writes the reference from the code itself: verbs, config keys, findings, metrics, JSON records, names of the API.

Each is a page of Markdown in docs/reference/made, written before the pages are read. Nothing there is edited by hand.
"""

import importlib
import inspect
import re
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from manual import text_and_examples, verbs
from sphinx.application import Sphinx

MADE = Path(__file__).parents[1] / "reference" / "made"

# What each verb prints with --json: records by module and name, and keys that come beside them. Verbs without a record
# print the keys alone.
PRINTED: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "init": ((), {"config": "the path that was written", "next": "the command to type next", "text": "of the config",
                  "proposal": "what was chosen, with its reasons"}),
    "data": (("inspection.data_look.DataLook",), {}),
    "train": (("store.results.Result",), {"test_look": "the number of this look at the test error",
                                          "report": "the path of the page", "trees": "with --reference: BesideTrees"}),
    "diagnose": (("inspection.asked.AskedDiagnosis", "diagnosis.records.Diagnosis", "search.recipe.Applied",
                  "search.ledger.Tally"), {}),
    "predict": (("model.records.Prediction",), {}),
    "evaluate": (("inspection.evaluation.Evaluated",), {}),
    "curve": (("search.curve.RunCurve",), {}),
    "decompose": (("search.decompose.Decomposition",), {}),
    "explain": (("inspection.one_step.TrainingStep",), {"codes": "all codes with their titles", "code": "the code",
                                                        "text": "its explanation"}),
    "gradcheck": (("gradcheck.reports.NetworkReport", "gradcheck.reports.OwnReport",
                   "gradcheck.sweep_report.SweepReport"), {}),
    "probe": (("inspection.probe.ProbeReport",), {}),
    "sweep": (("sweep.records.SweepOutcome", "report.records.PlanShown"),
              {"test_look": "the number of this look at the test error", "page": "the path of the page"}),
    "recipe": (("search.recipe.Recipe",), {"test_look": "the number of this look at the test error"}),
    "refit": (("store.refit.Refit",), {"run_id": "the run", "test_look": "the number of this look at the test error"}),
    "runs": (("store.listing.RunSummary",), {"runs": "a RunSummary for each", "page": "with --html: its path"}),
    "show": (("inspection.overview.Overview", "nn.training.EpochRecord"),
             {"test_look": "the number of this look at the test error", "metrics": "with --metrics: EpochRecord",
              "run_id": "with --metrics: the run"}),
    "report": ((), {"report": "the path of the page"}),
    "resume": (("store.results.Result",), {"test_look": "the number of this look at the test error",
                                           "report": "the path of the page"}),
    "verify": (("store.verification.FileCheck", "inspection.difference.Rerun"),
               {"run_id": "the run", "files": "a FileCheck for each", "rerun": "with --rerun: Rerun"}),
    "diff": (("inspection.difference.Difference",), {}),
    "compare": (("inspection.comparison.Comparison",), {"test_look": "the number of the last look at a test error"}),
    "tag": ((), {"run_id": "the run", "tags": "its tags"}),
    "export": (("report.exports.Exported",), {"run_id": "the run", "exported": "an Exported for each"}),
    "rm": ((), {"run_id": "the run", "path": "where it lies now", "runs": "of a sweep: its runs"}),
    "restore": ((), {"run_id": "the run", "path": "where it lies now", "runs": "of a sweep: its runs"}),
    "gc": (("store.trash.Garbage",), {"garbage": "a Garbage for each", "removed": "whether it was deleted"}),
    "config": ((), {"config": "all keys", "origins": "where each value came from", "auto": "what auto comes to"}),
    "schema": ((), {"$schema": "a JSON Schema, draft 2020-12", "title": "", "type": "", "properties": "", "$defs": "",
                    "additionalProperties": "", "description": "", "anyOf": ""}),
}  # fmt: skip

# The record in each file of a run folder.
WRITTEN = {
    "run.json": "store.manifest.Manifest",
    "result.json": "store.results.Result",
    "diagnosis.json": "advice.records.RunDiagnosis",
    "data.json": "data.records.DataFacts",
    "metrics.jsonl": "nn.training.EpochRecord",
    "trace.jsonl": "nn.trace.TraceLine",
    "environment.json": "store.provenance.Environment",
    "trees.json": "diagnosis.trees.BesideTrees",
    "refit.json": "store.refit.Refit",
}

# The definition of each metric, by the name that its JSON key has.
METRICS = {
    "log_loss": "-log of the probability of the right class, in nats; its mean over the rows",
    "brier": "the squared distance from the probabilities to 1 at the right class and 0 elsewhere; half of it for two "
    "classes, as scikit-learn has it",
    "balanced_error": "the share of wrong answers among the rows of each class; its mean over the classes",
    "f1": "2 right / (true + answered) of the positive class; of more than two classes, the mean over them",
    "mcc": "the correlation of true and answered classes; 0 where either is constant (Gorodkin 2004)",
    "auc": "the chance that a row of the class has a higher probability of it than a row of another",
    "average_precision": "the sum over the ranking of precision times the step in recall",
    "rmse": "the square root of the mean squared error, in the target's units",
    "mae": "the mean absolute error, in the target's units",
    "r2": "1 minus the squared errors over those of always answering the mean",
    "absolute_error_50": "half of the absolute errors are below it, in the target's units",
    "absolute_error_90": "nine in ten of the absolute errors are below it, in the target's units",
}


def cell(text: object) -> str:
    """Text for a cell of a Markdown table."""
    return " ".join(str(text).replace("|", "\\|").replace("<", "&lt;").split())


def table(header: str, rows: Iterable[tuple[object, ...]]) -> str:
    columns = header.split(" | ")
    lines = [f"| {header} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(map(cell, row)) + " |" for row in rows)]) + "\n"


def verb_page(name: str, command: Any) -> str:
    """A verb's help: what it does, its arguments and options, its example, and its JSON."""
    text, examples = text_and_examples(command)
    arguments = [p for p in command.params if type(p).__name__.endswith("Argument")]
    words = " ".join(p.metavar or p.name.upper() for p in arguments)
    parts = [f"# dlrun {name}", text, f"```text\ndlrun {name} {words} [OPTIONS]\n```"]
    parts.append("```console\n" + "\n".join(f"$ {one}" for one in examples) + "\n```")
    if arguments:
        rows = [(f"`{p.metavar or p.name.upper()}`", p.help or "") for p in arguments]
        parts += ["## Arguments", table("argument | what it is", rows)]
    options = [p for p in command.params if p not in arguments and p.name != "help"]
    if options:
        rows = [
            (", ".join(f"`{o}`" for o in (*p.opts, *p.secondary_opts)), p.help or "", default_of(p)) for p in options
        ]
        parts += ["## Options", table("option | what it does | default", rows)]
    if name in PRINTED and any("--json" in p.opts for p in options):
        records, keys = PRINTED[name]
        rows = [(f"`{key}`", meaning) for key, meaning in keys.items()]
        links = ", ".join(f"[{r.rpartition('.')[2]}](records.md#{r.rpartition('.')[2].lower()})" for r in records)
        one = f"The keys of {links}." if links else ""
        parts += ["## With --json", one, table("key | what it is", rows) if rows else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def default_of(option: Any) -> str:
    if callable(option.default) or option.default in (None, False, (), []):
        return ""
    return f"`{option.default}`"


def verbs_page() -> str:
    rows = [(f"[{name}]({name}.md)", first_sentence(command.help)) for name, command in verbs().items()]
    listed = "\n".join(verbs())
    tree = f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n"
    return f"# Verbs\n\nEach takes `--help`.\n\n{table('verb | what it does', rows)}\n{tree}"


def first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:])\s", " ".join(text.split("\n\n")[0].split()))[0].rstrip(":")


def keys_page() -> str:
    """Every key of a config: its default, what is expected, what it is for."""
    from pydantic_core import PydanticUndefined

    from dlrun.config.keys import expected_at, field_at, leaf_paths
    from dlrun.config.rendering import yaml_value

    parts = ["# Config keys", "Only `data.source` is needed. `dlrun config CONFIG` shows every value and its origin."]
    section = None
    for path in leaf_paths():
        if (above := ".".join(path[:-1]) or "top") != section:
            section = above
            parts.append(f"## {'At the top' if section == 'top' else section}")
        field = field_at(path)
        assert field is not None
        value = field.default
        value = list(value) if isinstance(value, tuple) else value
        default = "none: it is needed" if value is PydanticUndefined else f"`{yaml_value(value)}`"
        key = ".".join(path)
        parts.append(
            f"({anchor(key)})=\n### `{key}`\n\n{field.description}\n\n"
            f"Expected: {escaped(expected_at(path))}. Default: {default}."
        )
    return "\n\n".join(parts) + "\n"


def anchor(key: str) -> str:
    return "key-" + key.replace(".", "-").replace("_", "-")


def escaped(text: str) -> str:
    return re.sub(r"([<>*_\[\]{}])", r"\\\1", text)


def findings_page() -> str:
    """The explanation of each code, as `dlrun explain` prints it."""
    from dlrun.diagnosis.explain import explanations

    parts = ["# Findings", "What `dlrun explain CODE` prints of each. `diagnosis.ignore: [CODE]` silences one."]
    for code, text in explanations().items():
        title, _, body = text.partition("\n")
        body = re.sub(
            r"^(What it is|How it is measured|Why it happens|What to do|Source): ",
            r"**\1.** ",
            escaped(body),
            flags=re.M,
        )
        body = re.sub(r"^Try: (.*)$", lambda m: "```text\n" + unescaped(m[1]) + "\n```", body, flags=re.M)
        parts.append(f"(finding-{code})=\n## {code}\n\n{title}.\n\n{body.strip()}")
    return "\n\n".join(parts) + "\n"


def unescaped(text: str) -> str:
    return re.sub(r"\\([<>*_\[\]{}])", r"\1", text)


def metric_names() -> list[str]:
    """The figures that a run keeps beside its error, found by computing them once."""
    import numpy as np

    from dlrun.statistics.metrics import class_metrics, number_metrics

    rng = np.random.default_rng(0)
    p = rng.random((40, 1))
    return [
        *class_metrics(np.hstack([1 - p, p]), rng.integers(0, 2, 40)),
        *number_metrics(rng.random(40), rng.random(40)),
    ]


def metrics_page() -> str:
    from dlrun.report.metrics import NAMES

    rows = [(f"`{name}`", NAMES[name][0], METRICS[name], NAMES[name][1]) for name in metric_names()]
    return (
        "# Metrics\n\nBeside its error, a run keeps these figures of dev and test, each with a 90% interval, in"
        " `result.json` and its report. They are scikit-learn's by definition.\n\n"
        + table("key | name | what it is | better", rows)
    )


def named(path: str) -> Any:
    """The record at a dotted path below the package."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"dlrun.{module}"), name)


def all_records() -> dict[str, Any]:
    """Every record that is printed or written, and those inside them, by name."""
    wanted = [named(path) for records, _ in PRINTED.values() for path in records] + [named(p) for p in WRITTEN.values()]
    found: dict[str, Any] = {}
    while wanted:
        record = wanted.pop(0)
        if record.__name__ not in found:
            found[record.__name__] = record
            wanted += inner_records(record)
    return dict(sorted(found.items()))


def inner_records(record: Any) -> list[Any]:
    return [one for kind in hints(record).values() for one in records_in(kind)]


def hints(record: Any) -> dict[str, Any]:
    """The types of a record's fields; names that only type checkers import are found in the package's records."""
    try:
        return typing.get_type_hints(record)
    except NameError:
        return dict.fromkeys((field.name for field in fields(record)), object)


def records_in(kind: Any) -> Iterator[Any]:
    if is_dataclass(kind):
        yield kind
    origin = typing.get_origin(kind)
    if origin is not None and is_dataclass(origin):
        yield origin
    for one in typing.get_args(kind):
        yield from records_in(one)


def records_page() -> str:
    """The records of `--json` and of a run's files, with the types of their fields."""
    rows = [(f"`{file}`", f"[{p.rpartition('.')[2]}](#{p.rpartition('.')[2].lower()})") for file, p in WRITTEN.items()]
    parts = [
        "# JSON records",
        "What `--json` prints and what a run folder keeps. A script may rely on these keys, their order and their "
        "values; fields may be added. Which verb prints which is on the page of the [verb](index.md).",
        table("file of a run | record; a `.jsonl` has one a line", rows),
    ]
    for name, record in all_records().items():
        types_of, text = hints(record), escaped(inspect.getdoc(record) or "")
        listed = [(f"`{key}`", type_words(kind)) for key, kind in keys_of(record, types_of)]
        parts.append(f"## {name}\n\n{text}\n\n{table('key | type', listed)}")
    return "\n\n".join(parts) + "\n"


def keys_of(record: Any, types_of: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The keys of a record's JSON: a flat field's own keys stand in its place."""
    for field in fields(record):
        inner = types_of.get(field.name)
        if field.metadata == {"json": "flat"} and is_dataclass(inner):
            yield from keys_of(inner, hints(inner))
        else:
            yield field.name.removesuffix("_"), inner


def type_words(kind: Any) -> str:
    """A type as JSON has it."""
    if kind is type(None):
        return "null"
    if is_dataclass(kind):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(map(type_words, inner)))
    if origin is typing.Literal:
        return " or ".join(f"`{word}`" for word in inner)
    if origin is not None and is_dataclass(origin):
        return f"[{origin.__name__}](#{origin.__name__.lower()}) of {type_words(inner[0])}"
    if origin is tuple and inner and inner[-1] is not Ellipsis:
        return "[" + ", ".join(map(type_words, inner)) + "]"
    if origin in (tuple, list) or (
        origin and issubclass(origin, typing.Sequence) and not issubclass(origin, typing.Mapping)
    ):
        return f"list of {type_words(inner[0])}"
    if origin is not None:
        return f"object of {type_words(inner[-1])}"
    plain = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return plain.get(kind, "any value")


def api_page() -> str:
    """The public names with their signatures and docstrings."""
    import dlrun

    parts = [
        "# Python names",
        "All that `import dlrun` offers; [dlrun in Python](../../python.md) shows how it is used.",
    ]
    for name in dlrun.__all__:
        thing = getattr(dlrun, name)
        if isinstance(thing, str):
            parts.append(f"## {name}\n\nThe version, `{thing}` here.")
            continue
        parts.append(f"## {name}\n\n```text\n{name}{signature_of(thing)}\n```\n\n```text\n{inspect.getdoc(thing)}\n```")
        for method in ("fit", "partial_fit", "predict", "predict_proba", "score"):
            if inspect.isclass(thing) and hasattr(thing, method):
                function = getattr(thing, method)
                text = inspect.getdoc(function) or ""
                if not function.__module__.startswith("dlrun"):
                    text = text.split("\n\n")[0]
                parts.append(f"### {name}.{method}\n\n```text\n{method}{signature_of(function)}\n\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def signature_of(thing: Any) -> str:
    """A signature, one parameter a line where it is long."""
    try:
        signature = inspect.signature(thing)
    except ValueError:
        return "(...)"
    one_line = str(signature).replace("'", "")
    if len(one_line) < 90:
        return one_line
    returned = one_line.rpartition(")")[2]
    listed = ",\n    ".join(str(p).replace("'", "") for p in signature.parameters.values() if p.name != "self")
    return f"(\n    {listed},\n){returned}"


def pages() -> dict[str, str]:
    """Every generated page by its file's name."""
    made = {f"{name}.md": verb_page(name, command) for name, command in verbs().items()}
    return {
        **made,
        "index.md": verbs_page(),
        "keys.md": keys_page(),
        "findings.md": findings_page(),
        "metrics.md": metrics_page(),
        "records.md": records_page(),
        "api.md": api_page(),
    }


def write(app: Sphinx) -> None:
    MADE.mkdir(parents=True, exist_ok=True)
    made = pages()
    for path in MADE.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        path = MADE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
