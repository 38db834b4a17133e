"""The page of a sweep: the winner and what it is worth, error against each key, all paths, and the settings as a table.

`dlrun sweep` and `dlrun compare SWEEP --html` write it. It is made from the outcome alone, with the curves and
boundaries of `Drawn`; what is too much for a page is left out and counted, so that 100,000 trainings fit in one file.
"""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from ...diagnosis.words import error_word
from ...sweep.records import Drawn, SettingOutcome, SweepOutcome, SweptKey
from ..sweep_words import (
    cells_of,
    headers,
    legend,
    mark_of,
    rest_sentences,
    retry_command,
    settings_text,
    spread_text,
    sweep_phrase,
    test_look,
    trouble_phrase,
    troubles,
    winner_command,
)
from . import Script, page, safe, sentence
from .sweep_maps import of_two_keys, parallel_coordinates
from .sweep_paths import frames_of, paths_of
from .validation import MOST_VALUES, validation_curve

# The most rows of the table, and equals of the winner that are listed.
MOST_ROWS, MOST_EQUALS = 200, 5

# The most keys with a figure of their own.
MOST_KEYS = 12

# The columns whose cells are numbers; the others are sorted as words.
WORDS = ("", "ended")


class Cell(NamedTuple):
    """A cell of the table: its text, the number by which a column is sorted (None for words), and whether it is one."""

    text: str
    value: object
    is_number: bool


class Row(NamedTuple):
    """A setting of the table. mark : best, equal or nothing."""

    mark: str
    cells: tuple[Cell, ...]


class Equal(NamedTuple):
    """A setting that cannot be told from the winner."""

    settings: str
    dev: str


def sweep_page(outcome: SweepOutcome, drawn: Drawn, runs_dir: Path | None = None) -> str:
    """The page of a sweep, one file that needs no network. runs_dir : as `show_sweep` takes it."""
    curves = [figure for key in outcome.keys[:MOST_KEYS] if (figure := validation_curve(key, outcome))]
    parts = {
        "outcome": outcome,
        "phrase": sweep_phrase(outcome),
        "head": head(outcome),
        "word": error_word(outcome.task == "regression"),
        "curves": curves,
        "keys_left_out": [key.key for key in outcome.keys[MOST_KEYS:]],
        "is_many_values": any(len(key.values) > MOST_VALUES for key in outcome.keys),
        "map": of_two_keys(outcome),
        "parallel": parallel_coordinates(outcome),
        "frames": frames_of(outcome, drawn),
        "paths": paths_of(outcome, drawn),
        "headers": columns_of(outcome),
        "numbers": numbers_of(outcome),
        "rows": rows_of(outcome),
        "rest": rest_sentences(outcome, MOST_ROWS),
        "legend": legend(outcome),
        "retry": retry_command(outcome, runs_dir) if outcome.counts.failed else None,
        "troubles": [(trouble, trouble_phrase(trouble)) for trouble in troubles(outcome)],
    }
    return page("sweep.html", parts, script_of("sort.js", "slide.js"))


def script_of(*names: str) -> Script:
    """Scripts of ours as the one that the page may run."""
    folder = files(__package__).joinpath("templates")
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8").strip() for name in names)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(safe(text), f"sha256-{digest}")


class Head(NamedTuple):
    """The clauses of the winner's sentence; its equals, how many more there are, and the command that trains it."""

    winner: str
    sentences: tuple[str, ...]
    equals: tuple[Equal, ...]
    more_equals: int
    command: str


def head(outcome: SweepOutcome) -> Head | None:
    """The winner; None before there is one."""
    winner = outcome.winner
    if winner is None:
        return None
    by_number = {setting.number: setting for setting in outcome.settings}
    equals = [by_number[number] for number in winner.equals if number in by_number]
    listed = tuple(Equal(settings_text(s.settings), spread_text(s.dev)) for s in equals[:MOST_EQUALS])
    first, *others = filter(None, (*winner.sentence.split("; "), test_look(winner)))
    return Head(
        sentence_of(first),
        tuple(map(sentence_of, others)),
        listed,
        len(equals) - len(listed),
        winner_command(winner, outcome),
    )


def sentence_of(text: str) -> str:
    """A text as a sentence; one that begins with a key keeps its first letter, since a key is typed as it is."""
    first = text.partition(" ")[0]
    return sentence(text) if not set("._=") & set(first) else text + ("" if text.endswith(".") else ".")


def columns_of(outcome: SweepOutcome) -> list[str]:
    """The columns of the table; dev comes before train, since a phone shows only the first ones at once."""
    names = headers(outcome)
    names.insert(names.index("difference"), names.pop(names.index("train")))
    return names


def numbers_of(outcome: SweepOutcome) -> list[bool]:
    """Whether each column holds numbers."""
    names = columns_of(outcome)
    of_key = [has_numbers(key) for key in outcome.keys]
    return [False, *of_key, *(name not in WORDS for name in names[1 + len(of_key) :])]


def has_numbers(key: SweptKey) -> bool:
    """Whether all values of a key are numbers; true and false are words."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in key.values)


def rows_of(outcome: SweepOutcome) -> list[Row]:
    """The first settings of the table."""
    names, numbers = columns_of(outcome), numbers_of(outcome)
    rows = []
    for setting in outcome.settings[:MOST_ROWS]:
        texts, values = cells_of(setting, outcome), values_of(setting, outcome)
        if setting.dev is None:
            texts["dev"] = texts["ended"]  # the column of that may be out of sight
        cells = [Cell(texts[name], values.get(name), number) for name, number in zip(names, numbers, strict=True)]
        rows.append(Row(mark_of(setting, outcome), tuple(cells)))
    return rows


def values_of(setting: SettingOutcome, outcome: SweepOutcome) -> dict[str, object]:
    """The unrounded numbers of a row by header, by which its columns are sorted; empty text where there is none."""
    keys = zip(columns_of(outcome)[1:], outcome.keys, strict=False)
    values: dict[str, object] = {name: setting.settings.get(key.key) for name, key in keys if has_numbers(key)}
    dev, difference = setting.dev, setting.difference
    values |= {
        "train": setting.train.mean if setting.train else None,
        "dev": dev.mean if dev else None,
        "sd": dev.deviation if dev else None,
        "difference": difference.difference if difference else None,
        "seeds": dev.seeds if dev else 0,
        "seconds": setting.seconds,
    }
    return {name: "" if value is None else value for name, value in values.items()}
