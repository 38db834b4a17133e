"""Columns of words: categories, flags, codes, ids and free text.

It is the last of the readers of a column: what is neither numbers nor dates are words.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..records import ColumnKind
from .forms import Asked, Cells, ColumnForm
from .markers import markers_in_words

if TYPE_CHECKING:
    import polars

# The words of a yes or no, no first, in small letters.
FLAGS = (
    ("false", "true"), ("no", "yes"), ("f", "t"), ("n", "y"), ("off", "on"),
    ("nein", "ja"), ("non", "oui"), ("falsch", "wahr"), ("faux", "vrai"),
)  # fmt: skip

UUID = r"^\{?[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?$"

# In fewer cells than this, it means nothing if all differ.
FEWEST_CELLS_TO_JUDGE = 20

# A column is free text, or a name, if it has more different words than this share of its cells: with fewer than two
# cells a word, a word that was learned is hardly seen again.
LARGEST_WORD_SHARE = 0.5

# A flag has two words, each in at most eight spellings (no, No, NO and nO, and as many of a longer word).
MOST_SPELLINGS = 16

# More words than this are compared by polars.
MANY_WORDS = 1000

# Words told in a sentence.
WORDS_TOLD = 3


def read_words(texts: "polars.Series", asked: Asked, notes: Sequence[str] = ()) -> Cells:
    """The cells as words; those that stand for a missing value become null, and spellings of a flag become one."""
    coded = coded_words(texts)
    counts = _counts(coded)
    missing = markers_in_words(counts, asked.missing, keeps_name=asked.keeps_name)
    markers = {word: counts[word] for word in missing}
    words = {word: count for word, count in counts.items() if word not in markers} if markers else counts
    notes = [*notes, *names_kept(counts, missing, asked), *more_missing(markers, asked)]
    spellings = {} if asked.as_text and not asked.is_target else spellings_of_flags(words)
    kind = kind_of(words, asked)
    merged = {word: kept for word, kept in spellings.items() if word != kept}
    if merged:
        pairs = ", ".join(f"{word!r} as {kept!r}" for word, kept in list(merged.items())[:WORDS_TOLD])
        notes.append(f"spellings of one word are one: {pairs}")
    notes += alike(words, merged) if kind == "category" else []
    if missing or merged:
        coded = _replaced(coded, {**merged, **dict.fromkeys(missing)})
    form = ColumnForm(kind, missing=missing, spellings=spellings)
    return Cells(form, coded, markers, notes=tuple(notes))


def coded_words(texts: "polars.Series") -> "polars.Series":
    """The texts as Enum, whose categories are the different ones in order."""
    import polars as pl

    return texts.cast(pl.Enum(texts.drop_nulls().unique().sort()))


def levels_of(coded: "polars.Series") -> list[str]:
    """The categories of an Enum."""
    import polars as pl

    kind = coded.dtype
    return kind.categories.to_list() if isinstance(kind, pl.Enum) else []


def _counts(coded: "polars.Series") -> dict[str, int]:
    """`counts_of` an Enum."""
    words = levels_of(coded)
    counts = np.bincount(coded.drop_nulls().to_physical().to_numpy(), minlength=len(words))
    order = np.argsort(-counts, kind="stable")
    return dict(zip(map(words.__getitem__, order.tolist()), counts[order].tolist(), strict=True))


def _replaced(coded: "polars.Series", instead: Mapping[str, str | None]) -> "polars.Series":
    """The Enum with other words, or null, instead of some; a word by word matter, not a cell by cell one."""
    import polars as pl

    words = levels_of(coded)
    kept = [instead.get(word, word) for word in words]
    left = pl.Enum(sorted({word for word in kept if word is not None}))
    return pl.Series(coded.name, kept, dtype=left).gather(coded.to_physical().cast(pl.UInt32))


def counts_of(texts: "polars.Series") -> dict[str, int]:
    """The cells of each word, the commonest first and words with equally many in their order; null is left out."""
    import polars as pl

    table = texts.drop_nulls().alias("word").value_counts(name="count").sort([pl.col("count") * -1, "word"])
    return dict(zip(table["word"].to_list(), table["count"].to_list(), strict=True))


def more_missing(markers: Mapping[str, int], asked: Asked) -> list[str]:
    """A sentence for each text that was read as missing though data.missing does not have it."""
    return [
        f"{word!r} ({count}) is read as missing: set data.missing to the texts that are, if it is a word"
        for word, count in markers.items()
        if word and word not in asked.missing
    ]


def names_kept(counts: Mapping[str, int], missing: Sequence[str], asked: Asked) -> list[str]:
    """A sentence for a class that has the name of a missing value and is kept."""
    kept = [word for word in counts if word in asked.missing and word not in missing]
    return [
        f"{word!r} ({counts[word]} rows) is a class, for no other row lacks a value; name it in data.missing if it is"
        " none"
        for word in kept
    ]


def spellings_of_flags(words: Mapping[str, int]) -> dict[str, str]:
    """For each word of a yes or no, the commonest of its spellings; empty where other words occur too."""
    if not words or len(words) > MOST_SPELLINGS:
        return {}
    small = {word: word.casefold() for word in words}
    if not any(set(small.values()) <= set(pair) for pair in FLAGS):
        return {}
    kept: dict[str, str] = {}
    for word in words:  # the commonest first
        kept.setdefault(small[word], word)
    return {word: kept[small[word]] for word in words}


def flag_levels(levels: Sequence[str]) -> tuple[str, str] | None:
    """(no, yes) of the two words of a flag, as they are written; None if they are none."""
    by_small = {level.casefold(): level for level in levels[: MOST_SPELLINGS + 1]}
    for no, yes in FLAGS:
        if set(by_small) == {no, yes}:
            return by_small[no], by_small[yes]
    return None


def kind_of(words: Mapping[str, int], asked: Asked) -> ColumnKind:
    """What a column with these words (the cells of each) holds."""
    cells = sum(words.values())
    if not words:
        return "empty"
    few = len(words) <= MOST_SPELLINGS
    if few and flag_levels(tuple({word.casefold() for word in words})) and not asked.as_text:
        return "flag"
    if asked.as_text or asked.is_target or cells < FEWEST_CELLS_TO_JUDGE or len(words) <= LARGEST_WORD_SHARE * cells:
        return "category"
    return "id" if all(re.match(UUID, word) for word in list(words)[:FEWEST_CELLS_TO_JUDGE]) else "text"


def _any_alike(words: Mapping[str, int]) -> bool:
    """Whether any two of many words differ only by case or blanks; Python takes long to see it word by word."""
    import polars as pl

    small = pl.Series(list(words)).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return small.n_unique() < len(words)


def alike(words: Mapping[str, int], merged: Mapping[str, str]) -> list[str]:
    """A sentence where words differ only by case or blanks; they stay apart."""
    if len(words) > MANY_WORDS and not _any_alike(words):
        return []
    found: dict[str, str] = {}
    pairs = []
    for word in words:
        if word in merged:
            continue
        first = found.setdefault(" ".join(word.casefold().split()), word)
        if first != word:
            pairs.append(f"{first!r} and {word!r}")
    if not pairs:
        return []
    more = f" and {len(pairs) - WORDS_TOLD} more such pairs" if len(pairs) > WORDS_TOLD else ""
    return [f"the words {', '.join(pairs[:WORDS_TOLD])}{more} differ only by case or blanks and are read as different"]
