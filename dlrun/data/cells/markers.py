"""What stands for a missing value: the texts of data.missing anywhere, and more in columns of numbers and dates.

A word such as `None` or `-` may be a category of its own (no alley, no garage), but it is no number. So the second
table holds only in columns whose other cells are numbers or dates.
"""

from collections.abc import Collection, Mapping

from ..reading import DEFAULT_MISSING

# In small letters. From pandas' and R's defaults, spreadsheets' error values, and reports of what people write.
NO_NUMBER = frozenset(
    {
        "-", "--", "---", "–", "—", ".", "..", "...", "*", "**", "?", "??", "/", "\\n",
        "na", "n/a", "#n/a", "#n/a n/a", "#na", "n.a.", "n.a", "<na>", "nan", "-nan", "nat", "none", "null", "(null)",
        "nil", "void", "missing", "unknown", "unk", "not available", "not applicable", "not recorded", "no data",
        "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#error!", "1.#ind", "-1.#ind", "1.#qnan",
        "k.a.", "keine angabe", "nd", "n.d.", "s/d", "tbd", "n/d",
    }
)  # fmt: skip

# What no one means as a word either, in small letters; beside data.missing as long as that is the default.
ALWAYS = frozenset(
    {"n/a", "#n/a", "#n/a n/a", "#na", "<na>", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!"}
)
LONGEST_ALWAYS = max(map(len, ALWAYS))


def is_marker(word: str, missing: Collection[str]) -> bool:
    """Whether a word that is no number stands for a missing one."""
    return word in missing or not word or word.casefold() in NO_NUMBER


def markers_in_words(counts: Mapping[str, int], missing: Collection[str], *, keeps_name: bool) -> tuple[str, ...]:
    """The texts of a column of words that stand for a missing value: those of data.missing and, by default, of ALWAYS.

    With `keeps_name` one that looks like a name (NA, None, nan) is a word where no other cell lacks a value, as
    Namibia's is.
    """
    usual = ALWAYS if tuple(missing) == DEFAULT_MISSING else ()
    present = tuple(
        word
        for word in counts
        if word in missing or not word or (len(word) <= LONGEST_ALWAYS and word.casefold() in usual)
    )
    if keeps_name and len(present) == 1 and present[0].isalpha():
        return ()
    return present
