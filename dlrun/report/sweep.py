"""Show a sweep: its plan before the start; its outcome as a table, as lines if that is too wide, as CSV, as Markdown.

`dlrun sweep` and `dlrun compare SWEEP` use it. All is made from the outcome; text from outside is cleaned.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from .comparison import markdown_cell, plain
from .records import PlanShown
from .sweep_words import (
    BEST,
    EQUAL,
    cells_of,
    counted,
    headers,
    legend,
    rest_sentences,
    resume_command,
    retry_command,
    settings_text,
    sweep_phrase,
    test_look,
    trouble_phrase,
    troubles,
    winner_command,
)
from .text import borderless_table, cell, clean, harmless, say, seconds_phrase

if TYPE_CHECKING:
    from ..statistics.seeds import Spread
    from ..sweep.records import SettingOutcome, SweepOutcome, Winner

# The rows of the table, or the settings on lines of their own: as many as a screen of usual height shows. The rest is
# counted in a line.
MOST_ROWS, MOST_BLOCKS = 20, 8

# On a terminal that is too narrow for all columns, these go first, in this order.
LEAST_NEEDED = ("seconds", "sd", "seeds", "train")

# The columns whose intervals go last.
INTERVALS = ("dev", "difference")

STYLES = {BEST: "bold green", EQUAL: "green"}


def show_plan(plan: PlanShown, console: Console) -> None:
    """What will be trained: how many settings and seeds, each key with its values, how long it takes and where."""
    counts = f"{counted(plan.settings, 'setting')} x {counted(plan.seeds, 'seed')} = "
    done = f", {plan.done:,} of them done" if plan.done else ""
    say(console, (plan.name, "bold"), f"  {counts}{counted(plan.trainings, 'training')}{done}")
    table = borderless_table()
    table.show_header = False
    for key, values in plan.keys:
        table.add_row(cell(f"  {key}"), cell(values, "cyan"))
    if plan.keys:
        console.print(table)
    takes = "" if plan.seconds is None else f", about {seconds_phrase(plan.seconds)}"
    say(console, f"  {plan.where}{takes}")


def show_sweep(outcome: "SweepOutcome", console: Console, runs_dir: Path | None = None) -> None:
    """The settings, best first, then the winner, what it is worth, its test error, the command to type, and notes.

    runs_dir : where the sweep is, for the command that goes on with it; None for the default runs folder.
    """
    say(console, (outcome.name, "bold"), f"  {sweep_phrase(outcome)}")
    fitting = fitting_table(outcome, console)
    if fitting:
        console.print(fitting.table)
        told = legend(outcome, has_intervals=fitting.has_intervals, has_sd="sd" in fitting.columns)
    else:
        for setting in outcome.settings[:MOST_BLOCKS]:
            show_block(setting, outcome, console)
        told = legend(outcome, has_sd=False)
    for sentence in (*rest_sentences(outcome, MOST_ROWS if fitting else MOST_BLOCKS), *told):
        say(console, (sentence, "dim"))
    for trouble in troubles(outcome):
        style = "bold red" if trouble.kind == "failed" else "yellow"
        say(console, (f"{trouble.kind}: ", style), f"{trouble_phrase(trouble)}")
    if outcome.counts.failed:
        say(console, "once mended: ", (retry_command(outcome, runs_dir), "bold"), whole=True)
    if outcome.winner:
        show_winner(outcome.winner, outcome, console)
    for note in outcome.notes:
        say(console, ("note: ", "yellow"), note)
    if outcome.status == "interrupted":
        say(console, "go on: ", (resume_command(outcome, runs_dir), "bold"), whole=True)


def show_winner(winner: "Winner", outcome: "SweepOutcome", console: Console) -> None:
    """The winner in a sentence, which says what it is worth and its test error, and the command that trains it."""
    say(console, ("winner: ", "bold"), winner.sentence)
    if look := test_look(winner):
        say(console, (look, "dim"))
    say(console, "train it: ", (winner_command(winner, outcome), "bold"), whole=True)


class Fitting(NamedTuple):
    """A table that fits the console, its columns, and whether its errors have their intervals."""

    table: Table
    columns: Sequence[str]
    has_intervals: bool


def fitting_table(outcome: "SweepOutcome", console: Console) -> Fitting | None:
    """The table with as many columns as the console has room for, then without intervals; None if that is too wide."""
    columns, options = headers(outcome), console.options.update(max_width=10_000)
    rows = [cells_of(setting, outcome) for setting in outcome.settings[:MOST_ROWS]]
    brief = [
        {name: text.partition(" [")[0] if name in INTERVALS else text for name, text in row.items()} for row in rows
    ]
    for dropped in (None, *LEAST_NEEDED, INTERVALS):
        columns = [column for column in columns if column != dropped]
        table = settings_table(columns, brief if dropped == INTERVALS else rows)
        if Measurement.get(console, options, table).maximum <= console.width:
            return Fitting(table, columns, dropped != INTERVALS)
    return None


def settings_table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Table:
    """One row per setting; every column as wide as its widest cell."""
    table = borderless_table()
    for column in columns:
        table.add_column(cell(column), justify="left" if column in ("", "ended") else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(cell(row[column], STYLES.get(row[""], "")) for column in columns))
    return table


def show_block(setting: "SettingOutcome", outcome: "SweepOutcome", console: Console) -> None:
    """One setting on lines of its own."""
    row = cells_of(setting, outcome)
    mark = f"{row['']}: " if row[""] else ""
    say(console, (f"{mark}{settings_text(setting.settings)}", STYLES.get(row[""], "bold")))
    say(console, f"  train {row['train']}  dev {row['dev']}")
    if setting.difference:
        say(console, f"  difference {row['difference']}")
    if row["ended"]:
        say(console, f"  {row['ended']}")


def sweep_csv(outcome: "SweepOutcome") -> str:
    """The outcome as CSV, a line for each setting: unrounded numbers, errors as fractions, keys in full."""
    keys, ways = [key.key for key in outcome.keys], ("finished", "stopped", "diverged", "failed", "to_come")
    of_spread = ("error", "deviation", "lower", "upper", "seeds")
    ours = [
        "difference",
        "difference_lower",
        "difference_upper",
        "p_value",
        "method",
        "is_winner",
        "is_equal",
        "seconds",
    ]
    splits = [f"{split}_{item}" for split in ("train", "dev", "test") for item in of_spread]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["number", *keys, *ways, *splits, *ours, "run_ids", "message"])
    for setting in outcome.settings:
        is_winner = outcome.winner is not None and setting.number == outcome.winner.number
        test = outcome.winner.test if outcome.winner and is_winner else None
        values = [clean(plain(setting.settings[key])) if key in setting.settings else None for key in keys]
        figures = [figure for spread in (setting.train, setting.dev, test) for figure in spread_figures(spread)]
        compared = setting.difference
        difference = (
            [compared.difference, *compared.interval, compared.p_value, compared.method] if compared else [None] * 5
        )
        counts = [getattr(setting.counts, way) for way in ways]
        marks = [plain(is_winner), plain(setting.is_equal), setting.seconds]
        message = None if setting.message is None else clean(setting.message)
        row = [setting.number, *values, *counts, *figures, *difference, *marks, " ".join(setting.run_ids), message]
        writer.writerow(map(harmless, row))
    return file.getvalue()


def spread_figures(spread: "Spread | None") -> list[float | None]:
    """Mean, deviation, interval and seeds."""
    if spread is None:
        return [None] * 5
    return [spread.mean, spread.deviation, *(spread.interval or (None, None)), spread.seeds]


def sweep_markdown(outcome: "SweepOutcome") -> str:
    """The outcome as a Markdown table, for a pull request, with the winner and the command below it."""
    columns = headers(outcome)
    rows = [cells_of(setting, outcome) for setting in outcome.settings[:MOST_ROWS]]
    lines = [columns, ["---"] * len(columns), *([row[column] for column in columns] for row in rows)]
    table = ["| " + " | ".join(markdown_cell(text) for text in line) + " |" for line in lines]
    told = [*rest_sentences(outcome, MOST_ROWS), *legend(outcome), sweep_phrase(outcome)]
    told += [f"{trouble.kind}: {trouble_phrase(trouble)}" for trouble in troubles(outcome)]
    if winner := outcome.winner:
        told += [winner.sentence, test_look(winner)]
        told.append(f"train it: {winner_command(winner, outcome)}")
    return "\n\n".join(["\n".join(table), *(markdown_cell(sentence) for sentence in told if sentence)]) + "\n"
