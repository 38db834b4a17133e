"""Dates as people write them are read back as the days they were, and become features that show their cycles."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from math import cos, pi, sin

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data.cells import dates, days
from dlrun.data.cells.date_features import date_features, date_parts
from dlrun.data.cells.dates import DateForm, date_form, days_of, days_of_typed, iso

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INDIA = timezone(timedelta(hours=5, minutes=30))


def since_epoch(moment: datetime) -> float:
    """The days of a moment by Python's own datetime: a zone, where it has one, else UTC."""
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) / timedelta(days=1)


def unpadded(pattern: str):
    """A writer without leading zeros, for patterns such as {m}/{d}/{Y}."""
    return lambda moment: pattern.format(
        d=moment.day, m=moment.month, Y=moment.year, y=f"{moment.year % 100:02}", H=moment.hour, M=f"{moment.minute:02}"
    )


def millis(sign: str, end: str = ""):
    return lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}{sign}{moment.microsecond // 1000:03}{end}"


# Each form of dates: what writes a moment so, and the least step of time that it tells apart.
FORMS = {
    "ISO": ("%Y-%m-%d", "day"),
    "ISO with T": ("%Y-%m-%dT%H:%M:%S", "second"),
    "ISO in UTC": ("%Y-%m-%dT%H:%M:%SZ", "second"),
    "ISO with a blank": ("%Y-%m-%d %H:%M:%S", "second"),
    "ISO to the minute": ("%Y-%m-%d %H:%M", "minute"),
    "ISO with milliseconds": (millis("."), "millisecond"),
    "ISO with milliseconds in UTC": (millis(".", "Z"), "millisecond"),
    "decimal comma in the seconds": (millis(","), "millisecond"),
    "ISO with an offset": ("%Y-%m-%dT%H:%M:%S+00:00", "second"),
    "in words of UTC": ("%Y-%m-%d %H:%M:%S UTC", "second"),
    "slashes, year first": ("%Y/%m/%d", "day"),
    "points, year first": ("%Y.%m.%d", "day"),
    "points": ("%d.%m.%Y", "day"),
    "points and time": ("%d.%m.%Y %H:%M", "minute"),
    "points, comma and time": ("%d.%m.%Y, %H:%M:%S", "second"),
    "slashes, day first": ("%d/%m/%Y", "day"),
    "dashes, day first": ("%d-%m-%Y", "day"),
    "slashes, month first": ("%m/%d/%Y", "day"),
    "month first, unpadded": (unpadded("{m}/{d}/{Y}"), "day"),
    "month first, unpadded, with time": (unpadded("{m}/{d}/{Y} {H}:{M}"), "minute"),
    "day first, unpadded": (unpadded("{d}.{m}.{Y}"), "day"),
    "two digits of the year": ("%d.%m.%y", "day"),
    "two digits, month first": (unpadded("{m}/{d}/{y}"), "day"),
    "AM and PM": ("%m/%d/%Y %I:%M %p", "minute"),
    "AM and PM glued": ("%m/%d/%Y %I:%M:%S%p", "second"),
    "month names": ("%d %B %Y", "day"),
    "short month names": ("%d %b %Y", "day"),
    "month names first": ("%B %d, %Y", "day"),
    "short month names first": ("%b %d, %Y", "day"),
    "dashes and names": ("%d-%b-%y", "day"),
    "names in capitals": (lambda moment: f"{moment:%d%b%Y}".upper(), "day"),
    "German ordinals": ("%d. %B %Y", "day"),
    "ordinals": (lambda m: f"{m:%B} {m.day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(m.day, 'th') }, {m.year}", "day"),
    "weekdays": ("%A, %B %d, %Y", "day"),
    "mail": ("%a, %d %b %Y %H:%M:%S +0000", "second"),
    "the language C": ("%a %b %d %H:%M:%S %Y", "second"),
    "server logs": ("%d/%b/%Y:%H:%M:%S +0000", "second"),
    "compact": ("%Y%m%d", "day"),
    "compact with time": ("%Y%m%d%H%M%S", "second"),
    "compact in UTC": ("%Y%m%dT%H%M%SZ", "second"),
    "months": ("%Y-%m", "month"),
    "months, year last": ("%m/%Y", "month"),
    "months by name": ("%b %Y", "month"),
    "months as Excel writes them": ("%b-%y", "month"),
}
STEP = {"microsecond": 7, "second": 6, "minute": 5, "day": 3, "month": 2}

# Moments in 1970 to 2068, which two digits of the year can tell. Days up to 28, 23 of each month, and more than twelve
# different months and days settle the order of day and month, and make compact numbers dates beyond chance.
MOMENTS = st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)), max_size=5).map(
    lambda moments: [datetime(2023, 1 + at % 12, 13 + at % 16, at, 59 - at, at, 250_000) for at in range(24)] + moments
)


def cut(moment: datetime, step: str) -> datetime:
    """The moment as far as a form tells it."""
    if step == "millisecond":
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    kept = moment.timetuple()[: STEP[step]]
    return datetime(*kept, *([1] * (3 - len(kept))))


@pytest.mark.parametrize("name", FORMS)
@settings(deadline=None, max_examples=8)
@given(moments=MOMENTS)
def test_dates_in_each_form_are_read_back_as_they_were(name, moments):
    how, step = FORMS[name]
    write = how if callable(how) else lambda moment: moment.strftime(how)
    wanted = {write(moment): since_epoch(cut(moment, step)) for moment in moments}
    found = date_form(pl.Series(list(wanted)))
    assert found is not None
    assert found.rival is None
    # 1e-9 days are a tenth of a millisecond.
    assert found.days.to_list() == pytest.approx(list(wanted.values()), abs=1e-9)
    assert found.days.equals(days_of(pl.Series(list(wanted)), found.form))
    assert found.form.has_time == (step not in ("day", "month"))


def test_a_fault_in_the_days_is_seen(monkeypatch):
    monkeypatch.setattr(days, "MICROSECONDS_A_DAY", 24 * 60 * 60 * 1_000_001)
    found = date_form(pl.Series(["2024-01-31"]))
    assert found.days[0] != pytest.approx(since_epoch(datetime(2024, 1, 31)), abs=1e-9)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31T12:30:00+05:30", datetime(2024, 1, 31, 12, 30, tzinfo=INDIA)),
        ("2024-01-31 12:30:00.25+0530", datetime(2024, 1, 31, 12, 30, 0, 250_000, tzinfo=INDIA)),
        ("2024-01-31 12:30-08", datetime(2024, 1, 31, 20, 30)),
        ("1/3/2024 1:05:07.25 PM", datetime(2024, 1, 3, 13, 5, 7, 250_000)),
        ("12/31/2024 12:00 AM", datetime(2024, 12, 31)),
        ("Sept. 3rd, 2024", datetime(2024, 9, 3)),
        ("2024Q3", datetime(2024, 7, 1)),
        ("Q4 2024", datetime(2024, 10, 1)),
        ("2024-W05", datetime(2024, 1, 29)),
        ("98-12-31", datetime(1998, 12, 31)),
        ("9999-12-31", datetime(9999, 12, 31)),
        ("1582-10-15", datetime(1582, 10, 15)),
        ("13:45", datetime(1970, 1, 1, 13, 45)),
        ("1:45:30 pm", datetime(1970, 1, 1, 13, 45, 30)),
    ],
)
def test_zones_quarters_weeks_and_times_are_understood(text, moment):
    found = date_form(pl.Series([text]))
    assert found is not None
    assert found.days[0] == pytest.approx(since_epoch(moment), abs=1e-9)


def test_texts_with_different_zones_are_of_one_time():
    found = date_form(pl.Series(["2024-01-31T12:30:00Z", "2024-01-31T14:30:00+02:00", "2024-01-31T07:30:00.0-05:00"]))
    assert found.form.has_zone
    assert found.days.n_unique() == 1


@pytest.mark.parametrize(
    "texts",
    [
        ["2019", "2020"],
        ["1.5", "12.30"],
        ["1.2.3", "1.2.10"],
        ["192.168.1.1"],
        ["10-20", "12/31"],
        ["20240131", "20240201"],  # too few to be sure
        [str(number) for number in range(20240101, 20240151)],  # the 32nd of January
        [str(number) for number in range(10000000, 10000040)],
        [str(number) for number in range(1000, 1040)],
        ["24:30", "25:00"],
        ["00.00.0000", "00/00/0000"],
        ["2024-13-01", "2024-02-30"],
        ["May", "Monday", "June"],
        ["word", "%d", "{}", "-", "+01:00"],
        [],
    ],
    ids=str,
)
def test_years_versions_ids_and_words_are_no_dates(texts):
    assert date_form(pl.Series(texts, dtype=pl.String)) is None


@pytest.mark.parametrize(
    "texts",
    [
        [f"{year}-{year % 100 + 1}" for year in range(2005, 2020)],
        ["1.2.10", "10.11.12"],
        ["2024-01-31", "31.01.2024"],
        ["31.01.2024", "31.01.24"],
        ["31/12/2024", "12/31/2024"],
        ["2024-01-31", "2024-02-30"],
    ],
    ids=str,
)
def test_what_is_not_all_of_one_form_is_not_all_read(texts):
    found = date_form(pl.Series(texts))
    assert found is None or found.days.null_count() > 0


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("%d.%m.%Y", ["31.12.24", "31.12.0024", "31.13.2024"]),
        ("%d.%m.%y", ["31.12.2024"]),
        ("%Y%m%d", ["2024013", "18991231", "21010101", "202401311"]),
        ("%Y-%m", ["1234-05", "2024-13"]),
        ("%d %b %Y", ["31 Foo 2024", "31 Feb 2024"]),
        ("%H:%M", ["24:00", "12:60"]),
    ],
)
def test_what_the_parser_would_take_for_a_date_is_none(pattern, texts):
    assert days_of(pl.Series([*texts, None]), DateForm(pattern)).null_count() == len(texts) + 1


@pytest.mark.parametrize(
    ("texts", "day_first", "ambiguous"),
    [
        (["01/02/2024"], False, True),
        (["01.02.2024"], True, True),
        (["01-02-2024"], True, True),
        (["01.02.24 12:30"], True, True),
        (["01/02/2024", "13/02/2024"], True, False),
        (["01/02/2024", "02/13/2024"], False, False),
        (["01.02.2024", "02.13.2024"], False, False),
        (["02/02/2024", "03/03/2024"], False, False),
        (["2024-01-02"], None, False),
        (["2 Jan 2024"], None, False),
    ],
    ids=str,
)
def test_all_rows_decide_whether_the_day_stands_first_and_the_rival_is_told(texts, day_first, ambiguous):
    found = date_form(pl.Series(texts))
    assert found.form.day_first is day_first
    assert (found.rival is not None) is ambiguous
    if ambiguous:
        assert found.rival.day_first is not day_first
        assert not days_of(pl.Series(texts), found.rival).equals(found.days)


def test_one_day_beyond_the_twelfth_decides_wherever_it_stands():
    texts = [
        f"{month:02}/{day:02}/{year}" for year in range(1950, 2020) for month in range(1, 13) for day in range(1, 13)
    ]
    assert date_form(pl.Series(texts)).form.pattern == "%m/%d/%Y"
    texts.insert(5003, "13/01/2019")
    found = date_form(pl.Series(texts))
    assert (found.form.pattern, found.rival) == ("%d/%m/%Y", None)
    assert found.days.null_count() == 0


def test_the_order_asked_for_leaves_one_reading():
    texts = pl.Series(["01/02/2024"])
    assert iso(date_form(texts, day_first=True).days[0], False) == "2024-02-01"
    assert iso(date_form(texts, day_first=False).days[0], False) == "2024-01-02"
    assert date_form(texts, day_first=True).rival is None
    assert date_form(pl.Series(["31/12/2024"]), day_first=False) is None
    assert date_form(pl.Series(["2024-12-31"]), day_first=True) is not None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("%d.%m.%Y", "dates such as 31.12.2024, the day first"),
        ("%m/%d/%Y %I:%M %p", "dates and times such as 12/31/2024 02:30 PM, the month first"),
        ("%Y-%m-%dT%H:%M:%S%.f", "dates and times such as 2024-12-31T14:30:59.25"),
        ("%d %b %y", "dates such as 31 Dec 24, a year of 00 to 69 after 2000"),
        ("%YQ%q", "quarters such as 2024Q4"),
        ("%Y-%m", "months such as 2024-12"),
        ("%H:%M", "times such as 14:30"),
    ],
)
def test_a_form_is_told_in_words(pattern, words):
    assert DateForm(pattern).in_words() == words


def test_a_form_with_a_zone_says_that_its_days_are_those_of_utc():
    assert date_form(pl.Series(["2024-01-31T12:30Z"])).form.in_words().endswith("2024-12-31T14:30+00:00, as UTC")


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_typed_columns_are_the_days_that_they_say(unit):
    moments = [datetime(2024, 1, 31, 12, 30, 0, 250_000), None, datetime(1969, 12, 31, 6)]
    wanted = [None if moment is None else since_epoch(moment) for moment in moments]
    typed = pl.Series(moments, dtype=pl.Datetime(unit))
    assert days_of_typed(typed).to_list() == pytest.approx(wanted, abs=1e-9)
    zoned = typed.dt.replace_time_zone("Asia/Kolkata")
    assert days_of_typed(zoned)[0] == pytest.approx(wanted[0] - 5.5 / 24, abs=1e-9)


def test_typed_dates_and_times_of_day_are_days_too():
    assert days_of_typed(pl.Series([date(2024, 1, 31), None, date(1969, 12, 31)])).to_list() == [19753, None, -1]
    assert days_of_typed(pl.Series([time(18), None, time(0)])).to_list() == [0.75, None, 0]


def moments_every(step: timedelta, number: int, start: datetime = datetime(2023, 1, 2)) -> np.ndarray:
    return np.array([since_epoch(start + at * step) for at in range(number)])


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        (moments_every(timedelta(days=1), 400), ("month", "weekday")),
        (moments_every(timedelta(days=1), 80), ("weekday",)),
        (moments_every(timedelta(days=1), 10), ()),
        (moments_every(timedelta(days=7), 100), ("month",)),
        (moments_every(timedelta(hours=5), 4000), ("month", "weekday", "hour")),
        (moments_every(timedelta(hours=5), 100), ("weekday", "hour")),
        (moments_every(timedelta(hours=1), 12), ()),
        (np.array([since_epoch(datetime(2020 + at // 12, 1 + at % 12, 1)) for at in range(40)]), ("month",)),
        (np.array([since_epoch(datetime(1990 + at, 1, 1)) for at in range(30)]), ()),
        (np.array([0.25, 0.5, np.nan, 0.75]), ("hour",)),
        (np.array([np.nan, np.nan]), ()),
        (np.array([]), ()),
        (np.array([19753.0]), ()),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else str(len(value)),
)
def test_a_cycle_is_a_feature_where_the_days_go_round_it(values, parts):
    assert date_parts(values) == parts


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), min_size=1, max_size=20))
def test_features_are_those_of_pythons_own_calendar(moments):
    values = np.array([*map(since_epoch, moments), np.nan])
    features = date_features("seen", values, ("month", "weekday", "hour"))
    assert list(features) == ["seen", *(f"seen {p} {f}" for p in ("month", "weekday", "hour") for f in ("sin", "cos"))]
    turns = {
        "month": [(moment.timetuple().tm_yday - 1) / 365.2425 for moment in moments],
        "weekday": [moment.weekday() / 7 for moment in moments],
        "hour": [(moment - datetime(*moment.timetuple()[:3])) / timedelta(days=1) for moment in moments],
    }
    np.testing.assert_array_equal(features["seen"], values)
    for part, fractions in turns.items():
        for name, function in (("sin", sin), ("cos", cos)):
            found = features[f"seen {part} {name}"]
            # Days are known to 1e-11, a microsecond, in this range; an angle is 2 pi times as far off.
            assert found[:-1] == pytest.approx([function(2 * pi * fraction) for fraction in fractions], abs=1e-9)
            assert np.isnan(found[-1])
            assert found.dtype == np.float64


def test_december_is_beside_january():
    values = np.array([since_epoch(datetime(2023, month, day)) for month, day in ((12, 31), (1, 1), (7, 1))])
    features = date_features("day", values, ("month",))
    points = np.column_stack([features["day month sin"], features["day month cos"]])
    assert np.linalg.norm(points[0] - points[1]) < 0.03 < 1.9 < np.linalg.norm(points[1] - points[2])


@pytest.mark.parametrize(
    ("value", "has_time", "text"),
    [(19753, False, "2024-01-31"), (19753.5, True, "2024-01-31 12:00"), (-0.5, True, "1969-12-31 12:00")],
)
def test_days_are_shown_as_iso(value, has_time, text):
    assert iso(value, has_time) == text


def test_a_moment_is_shown_to_the_second():
    assert iso(since_epoch(datetime(2024, 1, 31, 12, 30, 59)), True) == "2024-01-31 12:30:59"


@settings(deadline=None)
@given(st.lists(st.text("0123456789-/.: ,TZQWAPMJanFebSepOct+%", min_size=1, max_size=20), min_size=1, max_size=5))
def test_any_text_is_read_or_left_without_an_error(texts):
    found = dates.date_form(pl.Series(texts).str.strip_chars())
    assert found is None or found.days.null_count() <= len(texts) / 2
