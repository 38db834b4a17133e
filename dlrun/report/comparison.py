"""Show runs side by side: as a table, as lines if the table is too wide, as CSV and as Markdown.

`dlrun compare` uses it, and `dlrun show` for the CSV of metrics. Text from outside is cleaned before it is shown.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from ..diagnosis.words import error_word, points
from ..records import SPLITS
from ..statistics.intervals import Interval
from .metrics import NAMES
from .qualifiers import show_test_look
from .text import UNKNOWN, borderless_table, cell, clean, harmless, say, shown

if TYPE_CHECKING:
    from ..inspection.comparison import ComparedRun, Comparison
    from ..nn.training import EpochRecord

FIGURES = ("train", "dev", "test", "difference", "p")

# A difference is coloured if its p-value is below this, which is 1 minus the confidence of its interval.
CHANCE = 0.1


def show_comparison(comparison: "Comparison", console: Console, *, test_look: int | None = None) -> None:
    """One row per run: the config values that differ, errors and difference; lines if the table does not fit.

    test_look : the number of this look at the test set.
    """
    table = comparison_table(comparison)
    needed = Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    if needed <= console.width:
        console.print(table)
    else:
        for run in comparison.runs:
            show_block(run, comparison, console)
    for sentence in legend(comparison):
        say(console, (sentence, "dim"))
    show_test_look(test_look, console)


def comparison_table(comparison: "Comparison") -> Table:
    """One row per run; every column as wide as its widest cell."""
    table = borderless_table()
    for header in headers(comparison):
        table.add_column(cell(header), justify="right" if header in FIGURES else "left", no_wrap=True)
    for run in comparison.runs:
        *others, difference, p_value = cells_of(run, comparison)
        style = difference_style(run)
        table.add_row(*(cell(text) for text in others), cell(difference, style), cell(p_value, style))
    return table


def show_block(run: "ComparedRun", comparison: "Comparison", console: Console) -> None:
    """One run on lines of its own."""
    run_id, *values, train, dev, test, difference, p_value = cells_of(run, comparison)
    say(console, (run_id, "bold"), whole=True)
    settings = [f"{name} {value}" for name, value in zip(short_names(comparison.keys), values, strict=True)]
    for line in ([", ".join(settings)] if settings else []) + [f"train {train}  dev {dev}  test {test}"]:
        say(console, f"  {line}")
    chance = f"  p {p_value}" if p_value else ""
    say(console, "  difference ", (f"{difference}{chance}", difference_style(run)))


def headers(comparison: "Comparison") -> list[str]:
    return ["run", *short_names(comparison.keys), *FIGURES]


def short_names(keys: Sequence[str]) -> list[str]:
    """The last word of each key, or the whole key if two keys have the same last word."""
    last = [key.rpartition(".")[2] for key in keys]
    return [word if last.count(word) == 1 else key for key, word in zip(keys, last, strict=True)]


def cells_of(run: "ComparedRun", comparison: "Comparison") -> list[str]:
    """The texts of a run's row, in the order of the headers."""
    values = [UNKNOWN if value is None else plain(value) for value in run.config.values()]
    errors = [with_interval(run.errors.of(split), run.intervals.of(split)) for split in SPLITS]
    run_id = run.run_id if run.status == "finished" else f"{run.run_id} ({run.status})"
    return [run_id, *values, *errors, *difference_cells(run, comparison)]


def plain(value: object) -> str:
    """A config value as text: a word as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def with_interval(error: float | None, interval: Interval | None) -> str:
    """An error, with its interval if that is known: "11.0% [7.6, 15.3]"."""
    return f"{shown(error)} [{points(interval[0])}, {points(interval[1])}]" if interval else shown(error)


def difference_cells(run: "ComparedRun", comparison: "Comparison") -> tuple[str, str]:
    """The difference from the first run with its interval, and the p-value."""
    if run.run_id == comparison.first:
        return "the first", ""
    if run.difference is None:
        return f"not comparable: {run.not_comparable}", ""
    lower, upper = run.difference.interval
    interval = f"[{signed(lower)}, {signed(upper)}]"
    return f"{signed(run.difference.difference)} {interval}", f"{run.difference.p_value:.2g}"


def signed(fraction: float) -> str:
    """Percentage points with their sign."""
    return f"+{points(fraction)}" if fraction > 0 else points(fraction)


def difference_style(run: "ComparedRun") -> str:
    """Green for a run that is better than the first beyond chance, yellow for a worse one."""
    if run.difference is None or run.difference.p_value >= CHANCE:
        return ""
    return "green" if run.difference.difference < 0 else "yellow"


def legend(comparison: "Comparison") -> list[str]:
    """A sentence that says what the last two columns mean."""
    share = f"{100 * comparison.confidence:g}%"
    for run in comparison.runs:
        if difference := run.difference:
            word = error_word(run.task == "regression")
            return [
                f"difference: points of dev {word} above {comparison.first}, on the same {difference.rows} dev rows, "
                f"[{share} interval]; p: {difference.method}"
            ]
    return []


def comparison_csv(comparison: "Comparison") -> str:
    """The comparison as CSV: unrounded numbers, errors as fractions, keys with their full names."""
    bounds = ("lower", "upper")
    ends = [f"{split}_{bound}" for split in SPLITS for bound in bounds]
    ours = ["difference", "difference_lower", "difference_upper", "p_value", "not_comparable"]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    kept = [name for name in NAMES if any(name in (run.metrics or {}) for run in comparison.runs)]
    figures = [f"dev_{name}" for name in kept]
    errors_of = [f"{split}_error" for split in SPLITS]
    writer.writerow(["run_id", "status", *comparison.keys, *errors_of, *ends, *ours, *figures])
    for run in comparison.runs:
        values = [None if value is None else clean(plain(value)) for value in run.config.values()]
        intervals = [bound for split in SPLITS for bound in run.intervals.of(split) or (None, None)]
        tested = run.difference
        difference = [tested.difference, *tested.interval, tested.p_value] if tested else [None] * 4
        errors = [run.errors.of(split) for split in SPLITS]
        metrics = [metric.value if (metric := (run.metrics or {}).get(name)) else None for name in kept]
        row = [run.run_id, run.status, *values, *errors, *intervals, *difference, run.not_comparable, *metrics]
        writer.writerow(map(harmless, row))
    return file.getvalue()


def comparison_markdown(comparison: "Comparison") -> str:
    """The comparison as a Markdown table, for a pull request."""
    rows = [headers(comparison), ["---"] * len(headers(comparison))]
    rows += [cells_of(run, comparison) for run in comparison.runs]
    lines = ["| " + " | ".join(markdown_cell(text) for text in row) + " |" for row in rows]
    return "\n".join([*lines, "", *(markdown_cell(sentence) for sentence in legend(comparison))]).rstrip() + "\n"


def markdown_cell(text: str) -> str:
    """The text, escaped so that it neither ends its cell nor is read as markup."""
    cleaned = clean(text)
    # A bracket alone is that of an interval; one of a link or a picture has another bracket after it.
    marks = "\\`*|<>#~" + ("[" if re.search(r"\]\s*[(\[:]", cleaned) else "")
    return "".join(f"\\{letter}" if letter in marks else letter for letter in cleaned)


def metrics_csv(records: "Sequence[EpochRecord]") -> str:
    """A run's metrics as CSV, one line per epoch; what was not measured is empty. Without epochs, an empty line."""
    names = [item.name for item in fields(records[0])] if records else []
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([getattr(record, name) for name in names] for record in records)
    return file.getvalue()
