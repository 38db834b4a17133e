"""The same tables in the ways of many programs and countries, each read by dlrun, and all that is read compared.

A dialect is a row of DIALECTS. Where the data set that comes out differs from what was written, that is a misread: told
if a note, a warning or a finding of the examples names the column, and otherwise in silence.

`python -m tests.dialects --tables 2000` counts both.
"""

import argparse
import bz2
import dataclasses
import gzip
import io
import json
import lzma
import re
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from dlrun.data import Reading, read_examples
from dlrun.errors import DataError

from .dialect_tables import EPOCH, MadeTable, random_table


@dataclasses.dataclass(frozen=True)
class Style:
    """How text is written; the defaults are those of most programs.

    unit : before or after the sign "#" that stands for the number. negative : for the number without its sign.
    days, moments : patterns of dates and of dates with a time. flags : words for false and true, used in turn.
    missing : in columns of words only if `in_words`, since some of these may well be words. above : lines above the
    header. end : what stands at the end of each line. run : separators between two cells. declared : whether the config
    names the encoding.
    """

    separator: str = ","
    quotes: Literal["few", "words", "all"] = "few"
    quote: str = '"'
    line_end: str = "\n"
    encoding: str = "utf-8"
    mark: bytes = b""
    decimal: str = "."
    thousands: str = ""
    unit: str = "#"
    negative: str = "-#"
    days: str = "%Y-%m-%d"
    moments: str = "%Y-%m-%d %H:%M:%S"
    zone_hours: int = 0
    flags: tuple[tuple[str, ...], tuple[str, ...]] = (("False",), ("True",))
    missing: str = ""
    in_words: bool = True
    above: tuple[str, ...] = ()
    end: str = ""
    run: int = 1
    declared: bool = False

    @property
    def between(self) -> str:
        return self.separator * self.run


NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(e-?\d+)?")


def number_text(digits: str, style: Style) -> str:
    """A number as the style writes it."""
    sign, whole, fraction, exponent = NUMBER.fullmatch(digits).groups()
    grouped = f"{int(whole):,}".replace(",", style.thousands) if style.thousands else whole
    bare = grouped + (style.decimal + fraction if fraction else "") + (exponent or "")
    # Nobody writes a minus behind an exponent, nor one behind a unit.
    negative = "-#" if exponent else style.negative
    if sign and negative == "#-":
        return style.unit.replace("#", f"{bare}-")
    text = style.unit.replace("#", bare)
    return negative.replace("#", text) if sign else text


def moment_text(moment, pattern: str, style: Style) -> str:
    """A date as the style writes it, in its zone."""
    return moment.astimezone(timezone(timedelta(hours=style.zone_hours))).strftime(pattern)


def cell_text(value, kind: str, row: int, style: Style) -> str:
    """A value as the style writes it."""
    if value is None:
        return style.missing if style.in_words or kind in ("number", "whole", "day", "moment") else ""
    if kind in ("number", "whole"):
        return number_text(value, style)
    if kind in ("day", "moment"):
        return moment_text(value, style.days if kind == "day" else style.moments, style)
    if kind == "flag":
        words = style.flags[value]
        return words[row % len(words)]
    return value


def text_rows(table: MadeTable, style: Style) -> list[list[str]]:
    """The cells of each row as text. Rows without a target have an empty cell in every style."""
    columns = [
        [cell_text(value, column.kind, row, style) for row, value in enumerate(column.values)]
        for column in table.columns
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def quoted(cell: str, kind: str, style: Style) -> str:
    """A cell with quotes around where the style has them."""
    needs = {"all": True, "words": kind in ("word", "code", "text", "name"), "few": False}[style.quotes]
    if needs or any(sign in cell for sign in (style.separator, style.quote, "\n", "\r")):
        return style.quote + cell.replace(style.quote, 2 * style.quote) + style.quote
    return cell


def separated(table: MadeTable, style: Style) -> bytes:
    """The table as separated text."""
    kinds = [column.kind for column in table.columns]
    header = [quoted(column.name, "name", style) for column in table.columns]
    rows = [
        [quoted(cell, kind, style) for cell, kind in zip(row, kinds, strict=True)] for row in text_rows(table, style)
    ]
    lines = [style.between.join(row) + style.end for row in [header, *rows]]
    whole = "".join(line + style.line_end for line in [*style.above, *lines])
    return style.mark + whole.encode(style.encoding)


class Dialect(NamedTuple):
    """How a table is written: the ending of its file, its bytes, and what the config must say for it."""

    ending: str
    write: Callable[[MadeTable], bytes]
    reading: Mapping[str, object] = MappingProxyType({})


def text(ending: str = ".csv", /, **style) -> Dialect:
    """A dialect of separated text."""
    made = Style(**style)
    return Dialect(
        ending, lambda table: separated(table, made), {"charset": style["encoding"]} if made.declared else {}
    )


def packed(ending: str, pack: Callable[[bytes], bytes]) -> Dialect:
    """Separated text, packed."""
    return Dialect(f".csv{ending}", lambda table: pack(separated(table, Style())))


def _zst(raw: bytes) -> bytes:
    import zstandard

    return zstandard.compress(raw)


def _zip(raw: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", raw)
    return held.getvalue()


def typed(value, kind: str):
    """A value as a Python program holds it."""
    if value is None or kind in ("word", "code", "text"):
        return value
    if kind in ("whole", "class"):
        return int(value)
    if kind == "number":
        return float(value)
    return value


def frame_of(table: MadeTable):
    """The table as a frame with types."""
    import polars as pl

    kinds = {
        "whole": pl.Int64, "class": pl.Int32, "number": pl.Float64, "flag": pl.Boolean, "day": pl.Date,
        "moment": pl.Datetime("us"),
    }  # fmt: skip
    return pl.DataFrame(
        [
            pl.Series(
                column.name,
                [
                    value.replace(tzinfo=None) if column.kind == "moment" and value else typed(value, column.kind)
                    for value in column.values
                ],
                dtype=kinds.get(column.kind, pl.String),
                strict=False,
            )
            for column in table.columns
        ]
    )


def _written(table: MadeTable, method: str, **options) -> bytes:
    held = io.BytesIO()
    getattr(frame_of(table), method)(held, **options)
    return held.getvalue()


def workbook(table: MadeTable) -> bytes:
    """The table as a workbook whose cells have types."""
    import xlsxwriter

    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "remove_timezone": True}) as book:
        sheet = book.add_worksheet()
        formats = {
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss"}),
        }
        for at, column in enumerate(table.columns):
            sheet.write_string(0, at, column.name)
            for row, value in enumerate(column.values, start=1):
                held_value = typed(value, column.kind)
                if held_value is not None and isinstance(held_value, str):
                    sheet.write_string(row, at, held_value)
                elif held_value is not None:
                    sheet.write(row, at, held_value, formats.get(column.kind))
    return held.getvalue()


def json_rows(table: MadeTable) -> list[dict]:
    """The rows as objects; dates as ISO text."""
    plain = Style(moments="%Y-%m-%dT%H:%M:%S")
    columns = {
        column.name: [
            cell_text(value, column.kind, 0, plain)
            if column.kind in ("day", "moment") and value is not None
            else typed(value, column.kind)
            for value in column.values
        ]
        for column in table.columns
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _json_lines(table: MadeTable) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in json_rows(table)).encode()


def _json_array(table: MadeTable) -> bytes:
    return json.dumps(json_rows(table), indent=1).encode()


def arff(table: MadeTable) -> bytes:
    """The table as Weka writes it."""
    lines = ["% made for tests", "@RELATION table", ""]
    for column in table.columns:
        words = sorted({cell_text(value, column.kind, 0, Style()) for value in column.values if value is not None})
        kind = {"number": "NUMERIC", "whole": "integer", "class": "real", "text": "string"}.get(column.kind, "")
        if column.kind in ("day", "moment"):
            kind = "date 'yyyy-MM-dd'" if column.kind == "day" else "DATE 'yyyy-MM-dd HH:mm:ss'"
        lines.append(f"@ATTRIBUTE {_arff_word(column.name)} {kind or '{' + ','.join(map(_arff_word, words)) + '}'}")
    lines += ["", "@DATA"]
    for row in zip(*(column.values for column in table.columns), strict=True):
        cells = [
            "?" if value is None else _arff_word(cell_text(value, column.kind, 0, Style()))
            for value, column in zip(row, table.columns, strict=True)
        ]
        lines.append(",".join(cells))
    return ("\n".join(lines) + "\n").encode()


def _arff_word(word: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9.+-]+", word):
        return word
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


EURO = {"separator": ";", "decimal": ","}

DIALECTS: dict[str, Dialect] = {
    "plain": text(),
    "semicolons": text(separator=";"),
    "tabs": text(".tsv", separator="\t"),
    "bars": text(".txt", separator="|"),
    "blanks": text(".txt", separator=" ", missing="NA", moments="%Y-%m-%dT%H:%M:%S"),
    "runs of blanks": text(".data", separator=" ", run=3, missing="?", moments="%Y-%m-%dT%H:%M:%S"),
    "all quoted": text(quotes="all"),
    "words quoted": text(quotes="words", line_end="\r\n"),
    "single quotes": text(quote="'", quotes="all"),
    "windows lines": text(line_end="\r\n"),
    "old mac lines": text(line_end="\r"),
    "utf-8 mark": text(encoding="utf-8-sig"),
    "utf-16 le": text(encoding="utf-16-le", mark=b"\xff\xfe"),
    "utf-16 be": text(encoding="utf-16-be", mark=b"\xfe\xff", separator="\t"),
    "utf-32": text(encoding="utf-32"),
    "cp1252 declared": text(encoding="cp1252", declared=True),
    "latin-1 found": text(encoding="latin-1", **EURO),
    "euro": text(**EURO),
    "decimal comma, tabs": text(separator="\t", decimal=","),
    "decimal comma quoted": text(decimal=","),
    "thousands comma": text(thousands=","),
    "thousands comma, tabs": text(separator="\t", thousands=","),
    "thousands point": text(thousands=".", **EURO),
    "thousands blank": text(thousands=" ", **EURO),
    "thousands no-break blank": text(thousands="\u00a0", **EURO),
    "thousands narrow blank": text(thousands="\u202f", separator="\t"),
    "thousands apostrophe": text(thousands="'", separator=";"),
    "thousands curly apostrophe": text(thousands="’", separator=";"),
    "percent": text(unit="#%"),
    "percent, comma": text(unit="# %", **EURO),
    "dollars": text(unit="$#", thousands=","),
    "euros behind": text(unit="#\u00a0€", thousands=".", **EURO),
    "currency code": text(unit="EUR #"),
    "measure": text(unit="# kg"),
    "brackets": text(negative="(#)"),
    "brackets and dollars": text(negative="(#)", unit="$#", thousands=","),
    "trailing minus": text(negative="#-", **EURO),
    "true minus": text(negative="\u2212#"),
    "NA": text(missing="NA"),
    "question mark": text(missing="?"),
    "hyphen": text(missing="-", in_words=False),
    "None": text(missing="None", in_words=False),
    "n/a": text(missing="n/a"),
    "#N/A": text(missing="#N/A"),
    "NULL": text(missing="NULL"),
    "point": text(missing=".", in_words=False),
    "iso with T and Z": text(moments="%Y-%m-%dT%H:%M:%SZ"),
    "iso with an offset": text(moments="%Y-%m-%d %H:%M:%S+02:00", zone_hours=2, days="%Y-%m-%d"),
    "d.m.Y": text(days="%d.%m.%Y", moments="%d.%m.%Y %H:%M:%S", **EURO),
    "m/d/Y": text(days="%m/%d/%Y", moments="%m/%d/%Y %H:%M:%S"),
    "d/m/Y": text(days="%d/%m/%Y", moments="%d/%m/%Y %H:%M:%S"),
    "m/d/Y and halves of days": text(days="%m/%d/%Y", moments="%m/%d/%Y %I:%M:%S %p"),
    "d-Mon-Y": text(days="%d-%b-%Y", moments="%d-%b-%Y %H:%M:%S"),
    "Month d, Y": text(days="%B %d, %Y", moments="%B %d, %Y %H:%M:%S"),
    "Y/m/d": text(days="%Y/%m/%d", moments="%Y/%m/%d %H:%M:%S"),
    "Ymd": text(days="%Y%m%d", moments="%Y%m%dT%H%M%S"),
    "sep=": text(above=("sep=;",), line_end="\r\n", mark=b"\xef\xbb\xbf", **EURO),
    "comments": text(above=("# made by a program", "# on a day, at noon")),
    "title": text(above=("Results of 2024", "")),
    "trailing separator": text(end=";", separator=";"),
    "TRUE": text(flags=(("FALSE",), ("TRUE",))),
    "True and TRUE": text(flags=(("False", "false"), ("True", "TRUE"))),
    "yes": text(flags=(("no",), ("yes",))),
    "Y": text(flags=(("N",), ("Y",))),
    "t": text(flags=(("f",), ("t",))),
    "ja": text(flags=(("nein",), ("ja",)), **EURO),
    "WAHR": text(flags=(("FALSCH",), ("WAHR",)), **EURO),
    "1": text(flags=(("0",), ("1",))),
    "gz": packed(".gz", gzip.compress),
    "bz2": packed(".bz2", bz2.compress),
    "xz": packed(".xz", lzma.compress),
    "zst": packed(".zst", _zst),
    "zip": packed(".zip", _zip),
    "workbook": Dialect(".xlsx", workbook),
    "parquet": Dialect(".parquet", lambda table: _written(table, "write_parquet")),
    "feather": Dialect(".feather", lambda table: _written(table, "write_ipc")),
    "json lines": Dialect(".jsonl", _json_lines),
    "json array": Dialect(".json", _json_array),
    "arff": Dialect(".arff", arff),
}

# What is drawn for a mixed dialect, by the field of a style; the first of each is drawn as often as all others.
MIXED: dict[str, tuple[object, ...]] = {
    "separator": (",", ";", "\t", "|"),
    "quotes": ("few", "words", "all"),
    "line_end": ("\n", "\r\n", "\r"),
    "encoding": ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"),
    "decimal": (".", ","),
    "thousands": ("", ",", ".", " ", "\u00a0", "'", "\u202f"),
    "unit": ("#", "#%", "$#", "# €", "CHF #", "#kg", "£#"),
    "negative": ("-#", "(#)", "#-", "\u2212#", "- #"),
    "missing": ("", "NA", "?", "NULL", "n/a", "NaN"),
    "days": ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%Y", "%Y/%m/%d", "%d %B %Y", "%d.%m.%y"),
    "flags": ((("False",), ("True",)), (("no",), ("Yes",)), (("f",), ("t",)), (("0",), ("1",)), (("OFF",), ("ON",))),
    "above": ((), ("# a comment",), ("A title",), ("A title", "", "# and a comment")),
}


def mixed_style(seed: int) -> Style:
    """A style of which each part is drawn by itself."""
    rng = np.random.default_rng(seed)
    drawn = {
        key: options[0 if rng.random() < 0.5 else 1 + int(rng.integers(len(options) - 1))]
        for key, options in MIXED.items()
    }
    beyond = drawn["encoding"] == "cp1252" and not f"{drawn['thousands']}{drawn['negative']}".isascii()
    if drawn["thousands"] == drawn["decimal"] or beyond:
        drawn |= {"thousands": "", "negative": "-#"}
    clock = " %H:%M:%S" if rng.random() < 0.7 else " %H:%M:%S.000"
    return Style(**drawn, moments=str(drawn["days"]) + clock)


class Misread(NamedTuple):
    """A column that came out as other than it was written, or a file that was refused (without a column)."""

    seed: int
    dialect: str
    column: str
    what: str
    is_told: bool


def examples_of(written: Dialect, table: MadeTable, folder: Path):
    """What dlrun reads of the table in a dialect. Raises DataError."""
    path = folder / f"table{written.ending}"
    path.write_bytes(written.write(table))
    return read_examples(Reading(path.name, **written.reading), folder=folder, rng=np.random.default_rng(0))


def columns_of(examples) -> dict[str, dict[str, np.ndarray]]:
    """For each column of the source its features, each (m,) numbers or words with None where missing."""
    numbers = dict(zip(examples.number_names, examples.numbers.T, strict=True))
    words = {
        name: np.array([*levels, None], dtype=object)[codes]
        for name, codes, levels in zip(examples.code_names, examples.codes.T, examples.levels, strict=True)
    }
    features = numbers | words
    found = {column.name: {name: features[name] for name in column.features} for column in examples.source_columns}
    y = np.array(examples.classes, dtype=object)[examples.y] if examples.classes else examples.y
    return found | {examples.target_name: {examples.target_name: y}}


def meant(column, *, are_classes: bool = False) -> np.ndarray | None:
    """What the values of a column mean as its first feature; None for a text, which is none."""
    if column.kind == "text":
        return None
    if column.kind in ("word", "code", "class") or are_classes:
        return np.array(column.values, dtype=object)
    as_number = {
        "flag": float,
        "day": lambda day: (day - EPOCH).total_seconds() / 86_400,
        "moment": lambda moment: (moment - EPOCH).total_seconds() / 86_400,
    }.get(column.kind, float)
    return np.array([np.nan if value is None else as_number(value) for value in column.values])


def same(one: np.ndarray, other: np.ndarray, absolute: float = 0) -> bool:
    """Whether two features are equal: words exactly, numbers to the last digits that are rounded on the way."""
    if one.dtype != other.dtype or len(one) != len(other):
        return False
    if one.dtype == object:
        return bool((one == other).all())
    return bool(np.allclose(one, other, rtol=1e-12, atol=absolute, equal_nan=True))


def not_as_meant(examples, table: MadeTable) -> dict[str, str]:
    """The columns whose first feature is not what was written, and what came out."""
    found, wrong = columns_of(examples), {}
    for column in table.columns:
        are_classes = column == table.target and column.kind == "whole" and len(set(column.values)) <= 20
        wanted, features = meant(column, are_classes=are_classes), found.get(column.name)
        if features is None:
            wrong[column.name] = "there is no such column"
        elif wanted is None or not features:
            # Words may be left out where they could only be learned by heart, but numbers may not.
            if (wanted is None and features) or (wanted is not None and column.kind not in ("word", "code")):
                wrong[column.name] = f"{column.kind}: {len(features)} features"
        elif not same(next(iter(features.values())), wanted):
            wrong[column.name] = f"{column.kind}: other values"
    return wrong


def unlike(examples, reference) -> dict[str, str]:
    """The columns whose features differ from those of the reference."""
    mine, others = columns_of(examples), columns_of(reference)
    wrong = {
        name: "other features or values"
        for name in others
        if list(mine.get(name, {})) != list(others[name])
        # A sine may be next to nothing.
        or not all(
            same(mine[name][feature], values, 0 if feature == name else 1e-9)
            for feature, values in others[name].items()
        )
    }
    for part in ("number_names", "code_names", "levels", "task", "classes", "target_name"):
        if not wrong and getattr(examples, part) != getattr(reference, part):
            wrong[examples.target_name] = f"other {part}"
    return wrong


def tells(examples, name: str) -> bool:
    """Whether a note, a warning or a finding names the column, or says that the encoding was a guess.

    That a column is a time, and how dates are written, is said of every date: it tells only whether the day is first.
    """
    said = [*examples.notes, *examples.warnings, *map(str, examples.suspicions)]
    said = [one for one in said if "is a time" not in one and ("read as dates" not in one or " first" in one)]
    return any(repr(name) in sentence or "likeliest encoding" in sentence for sentence in said)


def misreads(seed: int, folder: Path, dialects: dict[str, Dialect] = DIALECTS, mixed: int = 0) -> list[Misread]:
    """What is misread of one table in these dialects, of which the first is the reference, and in some mixed ones."""
    table = random_table(seed)
    named = dict(dialects)
    for number in range(mixed):
        style = mixed_style(1000 * seed + number)
        named[f"mixed {style}"] = Dialect(".csv", lambda table, style=style: separated(table, style))
    found, reference = [], None
    for name, dialect in named.items():
        try:
            examples = examples_of(dialect, table, folder)
        except DataError as problem:
            found.append(Misread(seed, name, "", f"refused: {problem}", True))
            continue
        except Exception as problem:  # whatever it is, it is no answer to a user
            found.append(Misread(seed, name, "", f"{type(problem).__name__}: {problem}", False))
            continue
        wrong = not_as_meant(examples, table)
        reference = reference or examples
        wrong = unlike(examples, reference) | wrong
        found += [Misread(seed, name, column, what, tells(examples, column)) for column, what in wrong.items()]
    return found


def some_dialects(seed: int, number: int) -> dict[str, Dialect]:
    """The first dialect, and others drawn for a table, so many together."""
    first, *others = DIALECTS
    drawn = np.random.default_rng(seed).permutation(len(others))[: number - 1]
    return {name: DIALECTS[name] for name in (first, *(others[at] for at in sorted(drawn)))}


def _misreads_in_a_folder(seed: int, dialects: int, mixed: int) -> list[Misread]:
    with tempfile.TemporaryDirectory() as folder:
        return misreads(seed, Path(folder), some_dialects(seed, dialects), mixed)


def main(arguments: list[str] | None = None) -> int:
    """Count the misreads over many tables; exit 1 if one is in silence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--mixed", type=int, default=2, help="dialects drawn at random for each table")
    parser.add_argument("--dialects", type=int, default=40, help="of DIALECTS, drawn for each table")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", help="this dialect beside the plain one")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.tables)
    if options.only:
        for name in list(DIALECTS):
            if name not in ("plain", options.only):
                del DIALECTS[name]
    per_table = min(options.dialects, len(DIALECTS))
    found: list[Misread] = []
    begun = time.monotonic()
    repeated = ([per_table] * len(seeds), [options.mixed] * len(seeds))
    with ProcessPoolExecutor(options.jobs) as pool:
        for done, more in enumerate(pool.map(_misreads_in_a_folder, seeds, *repeated), start=1):
            found += more
            if done % 50 == 0 or done == len(seeds):
                silent = sum(not one.is_told for one in found)
                print(f"{done} tables, {silent} misreads in silence, {time.monotonic() - begun:.0f} s", file=sys.stderr)
    print_counts(found, options.tables, per_table, options.mixed)
    return int(any(not one.is_told for one in found))


def print_counts(found: list[Misread], tables: int, dialects: int, mixed: int) -> None:
    """What was misread, by how it was told, by dialect and by kind; the first examples of each."""
    print(
        f"{tables} tables, each in {dialects} of {len(DIALECTS)} dialects and {mixed} mixed ones:"
        f" {tables * (dialects + mixed)} files"
    )
    for told, title in ((False, "misread in silence"), (True, "differs, but told")):
        some = [one for one in found if one.is_told == told and one.column]
        print(f"{title}: {len(some)}")
        for (dialect, what), count in Counter((one.dialect[:200], one.what) for one in some).most_common(20):
            first = next(one for one in some if one.dialect[:200] == dialect and one.what == what)
            print(f"  {count:6} {dialect}: {what}, as column {first.column!r} of table {first.seed}")
    refused = [one for one in found if not one.column]
    print(f"refused with a sentence, or ended otherwise: {len(refused)}")
    for one in refused[:20]:
        print(f"  {one.dialect[:200]}, table {one.seed}: {one.what}")


if __name__ == "__main__":
    sys.exit(main())
