"""What a number looks like in a form, and the values of texts in that form; `numbers` decides the form of a column.

A form says what stands before the fraction and between thousands, which unit leads or follows, and how negative numbers
are marked besides a leading sign.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars

# A space, and the no-break, narrow no-break and thin spaces that word processors and statistics offices write.
BLANKS = " \u00a0\u202f\u2009"
BLANK = f"[{BLANKS}]*"
# A hyphen, a true minus, an en dash.
MINUS = "[-\u2212\u2013]"
SIGN = "[-+\u2212\u2013]"
QUOTES = r"^[\"'“‘„](.*)[\"'”’“]$"

# What stands between thousands, as the inside of a regular expression's brackets.
THOUSANDS = {",": ",", ".": ".", " ": BLANKS, "'": "'\u2019"}
IN_WORDS = {",": "comma", ".": "point", " ": "blank", "'": "apostrophe"}

# With these units a number without the unit may well mean another quantity: 0.45 beside 45%. Only a bare zero is read.
NEVER_BARE = ("%", "\u2030")


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written.

    decimal : what stands before the fraction. thousands : what stands between groups of three digits; " " is any
    blank, "'" also the typographic apostrophe, "" nothing. unit : the one unit of the column, before or after the
    number; "" if none. unit_first : whether it mostly stands before. negatives : how negative numbers are marked
    besides a leading sign: (1,234.50) or 12-.
    """

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    unit: str = ""
    unit_first: bool = False
    negatives: Literal["", "brackets", "trailing"] = ""

    def in_words(self) -> str:
        """The form for people, such as "decimal comma, thousands by point, in %"; "" for a plain one."""
        told = {
            f"decimal {IN_WORDS[self.decimal]}": self.decimal == "," or self.thousands == ",",
            f"thousands by {IN_WORDS.get(self.thousands)}": self.thousands != "",
            f"in {self.unit}": self.unit != "",
            "negative in brackets": self.negatives == "brackets",
            "minus behind the number": self.negatives == "trailing",
        }
        return ", ".join(words for words, holds in told.items() if holds)


def numbers_of(texts: "polars.Series", form: NumberForm) -> "polars.Series":
    """(m,) Float64: the numbers that the stripped texts (m,) stand for, null where a text is none in this form.

    A plain form also reads what polars reads: inf, nan.
    """
    import polars as pl

    plain = form == NumberForm()
    numbers = texts.cast(pl.Float64, strict=False) if plain else _by_form(texts, form)
    if numbers.null_count() == texts.null_count():
        return numbers
    rest = numbers.is_null()
    unread = texts.set(~rest, None)
    bare = unquoted(unread)
    return numbers.zip_with(~rest, _by_form(bare, form)) if plain or bare is not unread else numbers


def unquoted(texts: "polars.Series") -> "polars.Series":
    """The texts (m,) without quotation marks around them, and without blanks inside of these."""
    written = written_in(texts)
    if not any(sign in written for sign in "\"'“‘„"):
        return texts
    quoted = texts.str.contains(QUOTES)
    return texts.zip_with(~quoted.fill_null(False), texts.str.replace(QUOTES, "$1").str.strip_chars())


def pattern_of(form: NumberForm) -> str:
    """The regular expression of a whole text that is a number in this form.

    Thousands stand in groups of three digits, with the comma also in those of India (12,34,567), and the first group
    does not begin with 0: 0,123 can only have a decimal comma. With blanks between groups there is no leading plus, so
    that +49 170 123 456 stays a telephone number.
    """
    unit = re.escape(form.unit)
    sign = MINUS if form.thousands == " " else SIGN
    number = _unsigned(form)
    core = number
    if unit:
        bare = f"0+(?:[{form.decimal}]0*)?" if form.unit in NEVER_BARE else number
        core = f"(?:{unit}{BLANK}{sign}?{BLANK}{number}|{number}{BLANK}{unit}|{bare})"
    ways = [f"{sign}?{BLANK}{core}"]
    if form.negatives == "brackets":
        ways.append(rf"\({BLANK}{core}{BLANK}\)")
        if unit:
            inner = rf"\({BLANK}{number}{BLANK}\)"
            ways += [f"{unit}{BLANK}{inner}", f"{inner}{BLANK}{unit}"]
    if form.negatives == "trailing":
        minus = f"{number}{BLANK}{MINUS}"
        ways += [f"{unit}{BLANK}{minus}", f"{minus}{BLANK}{unit}"]
    return f"^(?:{'|'.join(ways)})$"


def _unsigned(form: NumberForm) -> str:
    point = f"[{form.decimal}]"
    # With a minus behind, the point needs a digit: 12,- is the price of twelve, not minus twelve.
    fraction = f"(?:{point}[0-9]{'+' if form.negatives == 'trailing' else '*'})?"
    plain = f"(?:[0-9]+{fraction}|{point}[0-9]+)(?:[eE]{SIGN}?[0-9]+)?"
    if not form.thousands:
        return plain
    between = f"[{THOUSANDS[form.thousands]}]"
    whole = f"[1-9][0-9]{{0,2}}(?:{between}[0-9]{{3}})+"
    if form.thousands == ",":
        whole = f"(?:[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}|{whole})"
    # No one groups the digits of a number with an exponent: 1,234e-05 has a decimal comma.
    return f"(?:{whole}{fraction}|{plain})"


def _by_form(texts: "polars.Series", form: NumberForm) -> "polars.Series":
    """The numbers of texts that match the form: what is no digit goes, and polars reads the rest."""
    import polars as pl

    text = pl.col("text")
    kept = pl.when(text.str.contains(pattern_of(form))).then(text)
    bare = _with_replaced(kept, _replacements(form, written_in(texts)))
    if form.negatives == "trailing":
        bare = pl.when(bare.str.ends_with("-")).then("-" + bare.str.strip_suffix("-")).otherwise(bare)
    return texts.to_frame("text").select(bare.cast(pl.Float64, strict=False)).to_series().alias(texts.name)


def written_in(texts: "polars.Series") -> str:
    """All texts as one, a line each: Python finds a sign in it faster than polars does in each."""
    return str(texts.str.join("\n", ignore_nulls=True).item() or "")


def signs_of(form: NumberForm) -> dict[str, str]:
    """What is to stand in the place of each sign of a number in this form, so that a program reads it."""
    plain = {"\u2212": "-", "\u2013": "-", "+": "", **dict.fromkeys(BLANKS, "")}
    if form.unit:
        plain[form.unit] = ""
    if form.negatives == "brackets":
        plain |= {"(": "-", ")": ""}
    if form.thousands:
        plain |= dict.fromkeys(THOUSANDS[form.thousands], "")
    if form.decimal != ".":
        plain[form.decimal] = "."
    return plain


def _replacements(form: NumberForm, written: str) -> dict[str, str]:
    """The signs of the form that occur in the texts."""
    return {sign: instead for sign, instead in signs_of(form).items() if sign in written}


def _with_replaced(text: "polars.Expr", plain: dict[str, str]) -> "polars.Expr":
    if len(plain) == 1:
        ((sign, instead),) = plain.items()
        return text.str.replace_all(sign, instead, literal=True)
    return text.str.replace_many(plain, leftmost=True) if plain else text
