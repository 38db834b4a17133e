"""A run's columns as a program without dlrun is given them: numbers, days, or words with what each stands for.

An exported network reads no cells of its own: what a word stands for is a table that is made here, by the very
functions that read new rows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Array
from ..data.cells.forms import ColumnForm
from ..data.cells.markers import ALWAYS
from ..data.cells.words import FLAGS
from ..data.columns import is_number
from ..data.new_rows import MOST_DEVIATIONS
from ..data.new_words import FLAG_DIGITS, codes_by_word, place_in_order
from ..data.preparation import UNSEEN_CODE, Preparation, codes_of_words
from ..data.reading import DEFAULT_MISSING
from .model import Model

# Numbers and days are numbers, marks are words that stand for numbers (flags and orders), words have levels.
InputKind = Literal["number", "date", "mark", "word"]

DAYS = "days since 1970-01-01 UTC, the time of day as a fraction"
TIMES = "the time of day as a fraction of a day"


@dataclass(frozen=True)
class Input:
    """A column of the source, as it is given.

    known : of a mark the number of each text, of a word the code of each text; -1 is missing. Other texts are a missing
    number, or a word not seen in training. given : how a value is given, in words.
    """

    name: str
    kind: InputKind
    form: ColumnForm
    known: Mapping[str, int]
    given: str

    @property
    def is_text(self) -> bool:
        """Whether it is given as text."""
        return self.kind in ("mark", "word")

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to say about how it is given: numbers as they are, words as in training."""
        return self.kind == "word" or (self.kind == "number" and not self.form.in_words())


def inputs_of(model: Model) -> tuple[Input, ...]:
    """The features of a run's source, in the order that its form has."""
    words = dict(zip(model.preparation.categorical_columns, model.preparation.levels, strict=True))
    return tuple(_input(name, model, words.get(name)) for name in model.form.features)


def _input(name: str, model: Model, levels: tuple[str, ...] | None) -> Input:
    form, missing = model.form.form(name), model.form.missing
    if levels is not None:
        codes = dict(zip(levels, codes_of_words(levels).tolist(), strict=True))
        codes.pop("", None)  # the missing value is no word
        texts = _texts(form, missing, [*levels, *_as_decimals(levels)])
        return Input(name, "word", form, _known(texts, codes_by_word(texts, codes, form, missing)), "a word")
    if form.kind == "flag" or form.order:
        own = form.order or [word for pair in (*FLAGS, FLAG_DIGITS) for word in pair]
        texts = _texts(form, missing, [*own, *_as_decimals(own), *([] if form.order else _in_capitals(own))])
        places = [place_in_order(text, form, missing) for text in texts]
        given = f"one of {', '.join(form.order)}" if form.order else "a word for yes or no"
        return Input(name, "mark", form, _known(texts, places), given)
    if form.kind == "date":
        is_time = form.date is not None and not form.date.has_date
        return Input(name, "date", form, {}, TIMES if is_time else DAYS)
    return Input(name, "number", form, {}, _as_number(form))


def _as_number(form: ColumnForm) -> str:
    """How a number is given that training read in a form: 12% is 12."""
    written = form.in_words()
    return f"a number; in training: {written}" if written else "a number"


def _texts(form: ColumnForm, missing: Iterable[str], own: Iterable[str]) -> list[str]:
    """The texts that may mean something in a column, each once."""
    return list(dict.fromkeys([*texts_for_missing(missing), *form.missing, *form.spellings, *own]))


def texts_for_missing(missing: Iterable[str]) -> tuple[str, ...]:
    """The texts that stand for a missing value in every column, where they are no word of its own."""
    usual = sorted(ALWAYS) if tuple(missing) == DEFAULT_MISSING else []
    return tuple(dict.fromkeys(["", *missing, *usual, *_in_capitals(usual)]))


def _as_decimals(words: Iterable[str]) -> list[str]:
    """Whole numbers as programs write them once a column has a gap: 3.0."""
    return [f"{word}.0" for word in words if is_number(word) and word.lstrip("-").isdigit()]


def _in_capitals(words: Iterable[str]) -> list[str]:
    return [cased for word in words for cased in (word.upper(), word.capitalize())]


def _known(texts: Iterable[str], codes: Iterable[int]) -> dict[str, int]:
    return {text: code for text, code in zip(texts, codes, strict=True) if code != UNSEEN_CODE}


def largest_numbers(preparation: Preparation) -> Array:
    """(p,) the largest distance from 0 that is taken as a number; beyond it, a number is missing."""
    return MOST_DEVIATIONS * preparation.scales + np.abs(preparation.means)


def fillings(preparation: Preparation) -> Array:
    """(p,) what a missing number of each column becomes."""
    if preparation.medians is not None:
        return preparation.medians
    return np.asarray(preparation.filled(np.full((1, len(preparation.means)), np.nan))[0])


def number_markers(model: Model) -> tuple[float, ...]:
    """Numbers that stand for a missing value, such as -999."""
    numbers = [float(marker) for marker in model.form.missing if is_number(marker)]
    return tuple(number for number in numbers if number == number)
