"""Which of the words of training a new word is, where it may be written in another way: TRUE, true, 3.0."""

from collections.abc import Mapping, Sequence

from .cells.forms import ColumnForm
from .cells.markers import ALWAYS
from .cells.words import FLAGS, flag_levels
from .columns import is_number, label
from .preparation import MISSING_CODE, UNSEEN_CODE
from .reading import DEFAULT_MISSING

# What a flag is in files that know no words for it, no first.
FLAG_DIGITS = ("0", "1")


def codes_by_word(
    words: Sequence[str], known: Mapping[str, int], form: ColumnForm, missing: Sequence[str]
) -> list[int]:
    """The code of each word among the `known` ones; MISSING_CODE for a marker, UNSEEN_CODE for any other word."""
    return [_code(word.strip(), known, form, missing) for word in words]


def _code(word: str, known: Mapping[str, int], form: ColumnForm, missing: Sequence[str]) -> int:
    kept = form.spellings.get(word, word)
    if kept in known:
        return known[kept]
    if _is_missing(word, form, missing):
        return MISSING_CODE
    if is_number(word) and (as_label := label(float(word))) in known:
        return known[as_label]
    if (place := _place_in_flag(word)) is not None and (flag := flag_levels(tuple(known))):
        return known[flag[place]]
    return UNSEEN_CODE


def place_in_order(word: str, form: ColumnForm, missing: Sequence[str]) -> int:
    """The number that a word of a flag or of an order stands for, or one of the codes below 0."""
    word = word.strip()
    if form.order:
        if word in form.order:
            return form.order.index(word)
    elif (place := _place_in_flag(word)) is not None:
        return place
    return MISSING_CODE if _is_missing(word, form, missing) else UNSEEN_CODE


def _place_in_flag(word: str) -> int | None:
    """0 for a no, 1 for a yes, in any language."""
    small = label(float(word)) if is_number(word) else word.casefold()
    return next((pair.index(small) for pair in (*FLAGS, FLAG_DIGITS) if small in pair), None)


def _is_missing(word: str, form: ColumnForm, missing: Sequence[str]) -> bool:
    usual = tuple(missing) == DEFAULT_MISSING and word.casefold() in ALWAYS
    return not word or word in missing or word in form.missing or usual
