"""Which form the dates of a column are written in, decided by all of its values.

Whether the day or the month stands first is what all rows allow; where both are possible a custom decides, and the
other form is handed on, to be told.
"""

from typing import TYPE_CHECKING, NamedTuple

from .date_features import date_features, date_parts
from .date_forms import DateForm, forms_of
from .days import days_of, days_of_typed, iso

if TYPE_CHECKING:
    import polars

__all__ = ["DateForm", "DatesFound", "date_features", "date_form", "date_parts", "days_of", "days_of_typed", "iso"]

# So many values, evenly spread, say which forms are possible; then so many, which of these are worth trying on all.
FIRST_LOOK, SECOND_LOOK = 50, 1000

# With fewer dates among its values a column is something else.
LEAST_SHARE = 0.5

# So few numbers of eight digits may all look like dates by chance: of 20 ids none does with 99.9% and more.
LEAST_COMPACT = 20


class DatesFound(NamedTuple):
    """What was found in a column of dates.

    form : the form that reads the most texts. days : (m,) Float64, null where a text is no date in this form.
    rival : the form with day and month the other way round, if it reads the same texts as other dates, else None.
    """

    form: DateForm
    days: "polars.Series"
    rival: DateForm | None


def date_form(texts: "polars.Series", *, day_first: bool | None = None) -> DatesFound | None:
    """The form that reads most of these distinct texts (m,) (stripped, none missing); None if it reads less than half.

    Dates without any separator are one only where all of many texts are (20240131), as numbers may look so by chance.
    `day_first`, where given, leaves only the forms that agree. Otherwise, where all rows allow both, the month
    stands first between slashes (as in the USA), and the day between points and dashes.
    """
    candidates: dict[DateForm, set[str]] = {}
    for text in texts.gather_every(max(1, len(texts) // FIRST_LOOK)):
        for form, looks in forms_of(text):
            if None in (day_first, form.day_first) or day_first == form.day_first:
                candidates.setdefault(form, set()).add(looks)
    if len(texts) < LEAST_COMPACT:
        candidates = {form: looks for form, looks in candidates.items() if not _is_number(form)}
    sample = texts.gather_every(max(1, len(texts) // SECOND_LOOK))
    missed = {
        form: _looking_so(sample, days_of(sample, form), looks).null_count() for form, looks in candidates.items()
    }
    if not missed or min(missed.values()) > (1 - LEAST_SHARE) * len(sample):
        return None
    likely = [form for form, count in missed.items() if count == min(missed.values())]
    read = {form: _looking_so(texts, days_of(texts, form), candidates[form]) for form in likely}
    fewest = min(days.null_count() for days in read.values())
    if fewest > (1 - LEAST_SHARE) * len(texts):
        return None
    found = _chosen({form: days for form, days in read.items() if days.null_count() == fewest})
    return None if fewest and _is_number(found.form) else found


def _is_number(form: DateForm) -> bool:
    """Whether the dates of a form are whole numbers."""
    return form.pattern.startswith("%Y%m%d") and form.pattern.replace("%", "").isalpha() and "T" not in form.pattern


def _looking_so(texts: "polars.Series", days: "polars.Series", looks: set[str]) -> "polars.Series":
    """The days, null where a text does not look like any of the regular expressions of its form.

    The parser alone takes the version 1.2.10 for a date as soon as 10.11.12 looks like one.
    """
    alike = texts.str.contains("|".join(f"^(?:{shape})$" for shape in sorted(looks)))
    return days.zip_with(alike, days.clear(len(days)))


def _chosen(read: "dict[DateForm, polars.Series]") -> DatesFound:
    """The form to take of those that read equally many texts."""
    forms = list(read)
    of_order = {form.day_first: form for form in reversed(forms)}
    day, month = of_order.get(True), of_order.get(False)
    if day is None or month is None:
        return DatesFound(forms[0], read[forms[0]], None)
    first, second = (month, day) if "/" in day.pattern else (day, month)
    same = bool((read[first] == read[second]).all())
    return DatesFound(first, read[first], None if same else second)
