"""Files of rows as people and programs send them to a network, each with what must come of it.

A case is the name of a file, its bytes, and what is right: the answers of the plain file (SAME), these with something
noticed (NOTICED), as many rows (ROWS), or an error that says a word.
"""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

NAMES = ("age", "income", "city", "member", "since")
ROWS_OF_TABLE = 40


class Case(NamedTuple):
    """what : SAME, NOTICED, ROWS or an error's words. noticed : oddities, each `what column`. rows : answered."""

    name: str
    raw: bytes
    what: str
    noticed: tuple[str, ...] = ()
    rows: int = ROWS_OF_TABLE


SAME, NOTICED, ROWS = "same", "noticed", "rows"
Cell = object
Row = dict[str, Cell]


def plain_rows() -> list[Row]:
    """Rows within the ranges of training, without gaps."""
    rng = np.random.default_rng(9)
    cities, days = ["Oslo", "Paris", "Rome"], np.datetime64("2021-01-01") + rng.integers(40, 600, ROWS_OF_TABLE)
    return [
        {
            "age": int(rng.integers(25, 60)),
            "income": round(float(rng.uniform(22, 78)), 2),
            "city": cities[at % 3],
            "member": bool(at % 2),
            "since": str(days[at]),
        }
        for at in range(ROWS_OF_TABLE)
    ]


def training_rows(count: int) -> list[Row]:
    """Rows of a wider range than `plain_rows`, with a target that follows from them."""
    rng = np.random.default_rng(4)
    cities, start = ["Oslo", "Paris", "Rome"], np.datetime64("2021-01-01")
    rows: list[Row] = []
    for at in range(count):
        age, income, city = int(rng.integers(18, 80)), round(float(rng.uniform(10, 90)), 2), cities[at % 3]
        day = str(start + np.timedelta64(rng.integers(0, 700), "D"))
        told = "yes" if age / 30 + income / 40 + (city == "Rome") + rng.normal() > 4 else "no"
        rows.append({"age": age, "income": income, "city": city, "member": bool(at % 2), "since": day, "bought": told})
    return rows


def text(
    rows: list[Row],
    *,
    separator: str = ",",
    names: dict[str, str] | None = None,
    end: str = "\n",
    header: bool = True,
    cell: Callable[[str, Cell], str] = lambda name, value: "" if value is None else str(value),
) -> str:
    """Rows as separated text, without quotes."""
    columns = list(rows[0])
    lines = [separator.join((names or {}).get(name, name) for name in columns)] if header else []
    lines += [separator.join(cell(name, row[name]) for name in columns) for row in rows]
    return end.join(lines) + end


def changed(rows: list[Row], at: int = 0, **instead: Cell) -> list[Row]:
    """The rows with other values in one of them."""
    return [row | instead if number == at else row for number, row in enumerate(rows)]


def everywhere(rows: list[Row], **instead: Cell) -> list[Row]:
    return [row | instead for row in rows]


def columns(rows: list[Row], names: tuple[str, ...] | list[str]) -> list[Row]:
    return [{name: row[name] for name in names} for row in rows]


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows)


def saved(write: Callable[[io.BytesIO], object]) -> bytes:
    held = io.BytesIO()
    write(held)
    return held.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, raw in members:
            archive.writestr(name, raw)
    return held.getvalue()


def cases() -> Iterator[Case]:
    """All of them."""
    rows = plain_rows()
    yield from orders(rows)
    yield from headers(rows)
    yield from layouts(rows)
    yield from packings(rows)
    yield from kinds(rows)
    yield from values(rows)
    yield from words(rows)
    yield from numbers(rows)
    yield from damages(rows)


def orders(rows: list[Row]) -> Iterator[Case]:
    def csv(changed_rows: list[Row]) -> bytes:
        return text(changed_rows).encode()

    yield Case("plain.csv", csv(rows), SAME)
    yield Case("reversed.csv", csv(columns(rows, NAMES[::-1])), SAME)
    yield Case("sorted.csv", csv(columns(rows, sorted(NAMES))), SAME)
    yield Case("target_last.csv", csv([row | {"bought": "yes"} for row in rows]), SAME)
    yield Case("target_first.csv", csv([{"bought": "no"} | row for row in rows]), SAME)
    yield Case("target_empty.csv", csv([row | {"bought": ""} for row in rows]), SAME)
    yield Case("target_of_other_words.csv", csv([row | {"bought": "perhaps"} for row in rows]), SAME)
    yield Case("one_more.csv", csv([row | {"note": "x"} for row in rows]), SAME)
    yield Case("many_more.csv", csv([row | {f"more{at}": at for at in range(60)} for row in rows]), SAME)
    yield Case("more_between.csv", csv([{"age": row["age"], "z": 1} | row for row in rows]), SAME)
    for name in NAMES:
        yield Case(f"without_{name}.csv", csv(columns(rows, [other for other in NAMES if other != name])), name)
    yield Case("one_column.csv", csv(columns(rows, ["age"])), "income, city, member, since")
    yield Case("other_columns.csv", csv([{"a": 1, "b": 2} for _ in rows]), "age, income, city, member, since")
    yield Case("one_row.csv", csv(rows[:1]), ROWS, rows=1)
    yield Case("two_rows.csv", csv(rows[:2]), ROWS, rows=2)
    yield Case("equal_rows.csv", csv(rows[:1] * 30), ROWS, rows=30)
    yield Case("only_header.csv", csv(rows).split(b"\n")[0] + b"\n", "only a header line")


def headers(rows: list[Row]) -> Iterator[Case]:
    yield Case("blanks_in_names.csv", text(rows, names={"age": " age ", "city": "city\t"}).encode(), SAME)
    yield Case("quoted_names.csv", text(rows, names={name: f'"{name}"' for name in NAMES}).encode(), SAME)
    yield Case("other_case.csv", text(rows, names={"age": "AGE"}).encode(), "rename 'AGE' 'age'")
    yield Case("typing_error.csv", text(rows, names={"income": "incone"}).encode(), "rename 'incone' 'income'")
    yield Case("twice.csv", text([row | {"again": 5} for row in rows], names={"again": "age"}).encode(), SAME)
    yield Case("no_header.csv", text(rows, header=False).encode(), "lacks age, income, city, member, since")
    yield Case("unnamed_index.csv", text([{"": at} | row for at, row in enumerate(rows)]).encode(), SAME)
    yield Case("control_name.csv", text([row | {"\x1b[31m": 1} for row in rows]).encode(), SAME)
    yield Case("long_name.csv", text([row | {"x" * 70_000: 1} for row in rows]).encode(), SAME)
    yield Case("letters.csv", text([row | {"größe 東京": 1} for row in rows]).encode(), SAME)


def layouts(rows: list[Row]) -> Iterator[Case]:
    plain = text(rows)
    yield Case("semicolons.csv", text(rows, separator=";").encode(), SAME)
    yield Case("tabs.tsv", text(rows, separator="\t").encode(), SAME)
    yield Case("pipes.csv", text(rows, separator="|").encode(), SAME)
    yield Case("blanks.txt", text(rows, separator="   ").encode(), SAME)
    yield Case("crlf.csv", text(rows, end="\r\n").encode(), SAME)
    yield Case("old_mac.csv", text(rows, end="\r").encode(), SAME)
    yield Case("bom.csv", b"\xef\xbb\xbf" + plain.encode(), SAME)
    yield Case("utf16.csv", plain.encode("utf-16"), SAME)
    yield Case("utf16_no_mark.csv", plain.encode("utf-16-le"), SAME)
    yield Case("sep_line.csv", ("sep=,\n" + plain).encode(), SAME)
    yield Case("comment.csv", ("# from the other program\n" + plain).encode(), SAME)
    yield Case("title.csv", ("Customers of 2021\n\n" + plain).encode(), SAME)
    yield Case("blank_lines.csv", plain.replace("\n", "\n\n").encode(), SAME)
    yield Case("no_last_end.csv", plain.rstrip("\n").encode(), SAME)
    yield Case("ctrl_z.csv", (plain + "\x1a").encode(), SAME)
    yield Case("ends.csv", text(rows, end=",\n").encode(), SAME)
    yield Case("quoted.csv", text(rows, cell=lambda name, value: f'"{value}"').encode(), SAME)
    yield Case("blanks_in_cells.csv", text(rows, cell=lambda name, value: f" {value} ").encode(), SAME)
    long = [row | {"remark": "z" * 200_000 if at == 3 else "z"} for at, row in enumerate(rows)]
    yield Case("long_cell.csv", text(long).encode(), SAME)
    ragged = plain.splitlines()
    ragged[5] += ",6,7"
    yield Case("ragged.csv", "\n".join(ragged).encode(), "7 values")
    ended = plain.splitlines()
    ended[5] = '"' + ended[5]
    yield Case("open_quote.csv", "\n".join(ended).encode(), "quote")


def packings(rows: list[Row]) -> Iterator[Case]:
    plain = text(rows).encode()
    yield Case("packed.csv.gz", gzip.compress(plain), SAME)
    yield Case("packed.csv.bz2", bz2.compress(plain), SAME)
    yield Case("packed.csv.xz", lzma.compress(plain), SAME)
    yield Case("packed.zip", zipped(("a.csv", plain)), SAME)
    yield Case("two.zip", zipped(("a.csv", plain), ("b.csv", plain)), "holds 2 files")
    yield Case("cut.csv.gz", gzip.compress(plain)[:-30], "damaged")
    yield Case("false.csv.gz", plain, "damaged")
    yield Case("cut.csv.xz", lzma.compress(plain)[:-30], "damaged")
    yield Case("cut.csv.bz2", bz2.compress(plain)[:-30], "damaged")


def kinds(rows: list[Row]) -> Iterator[Case]:
    table = frame(rows)
    dated = table.with_columns(pl.col("since").str.to_date())
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    yield Case("typed.parquet", saved(dated.write_parquet), SAME)
    yield Case("texts.parquet", saved(table.cast(pl.String).write_parquet), SAME)
    yield Case("small.parquet", saved(dated.cast({"age": pl.Int8, "income": pl.Float64}).write_parquet), SAME)
    moments = dated.cast({"since": pl.Datetime("ns")})
    yield Case("moments.parquet", saved(moments.write_parquet), SAME)
    lists = table.with_columns(more=pl.lit([1, 2]))
    yield Case("lists.parquet", saved(lists.write_parquet), SAME)
    yield Case("empty.parquet", saved(table.head(0).write_parquet), "no rows")
    yield Case("short.parquet", saved(table.drop("city").write_parquet), "city")
    yield Case("cut.parquet", saved(table.write_parquet)[:-40], "damaged")
    yield Case("rows.feather", saved(lambda held: dated.write_ipc(held)), SAME)
    yield Case("rows.jsonl", lines.encode(), SAME)
    yield Case("rows.json", json.dumps(rows).encode(), SAME)
    yield Case("nested.jsonl", "".join(json.dumps(row | {"z": {"a": 1}}) + "\n" for row in rows).encode(), SAME)
    yield Case("no_rows.json", b"[]", "JSON")
    yield Case("cut.jsonl", lines[:-20].encode(), "JSON")
    yield Case("rows.npy", saved(lambda held: np.save(held, np.zeros((7, 3)))), "x0, x1, x2")
    yield Case("line.npy", saved(lambda held: np.save(held, np.zeros(5))), "expected rows of numbers")
    yield Case("pickle.npy", saved(lambda held: np.save(held, np.array([{}], dtype=object))), "objects")
    yield Case("none.npz", saved(lambda held: np.savez(held, a=np.zeros(3))), "save them as X")
    yield Case("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(200), ".png")


def values(rows: list[Row]) -> Iterator[Case]:
    def noticed(name: str, changed_rows: list[Row], *what: str) -> Case:
        return Case(name, text(changed_rows).encode(), NOTICED, what)

    yield noticed("too_old.csv", changed(rows, age=300), "above age")
    yield noticed("negative.csv", changed(rows, income=-4), "below income")
    yield noticed("gap.csv", changed(rows, age=None), "missing age")
    yield noticed("gaps.csv", everywhere(rows, income=None), "missing income")
    yield noticed("all_gaps.csv", [row | dict.fromkeys(NAMES) | {"z": 1} for row in rows],
                  "missing age", "missing income", "missing member", "missing since")  # fmt: skip
    yield noticed("word.csv", changed(rows, age="old"), "unread age")
    yield noticed("words.csv", everywhere(rows, age="old"), "unread age")
    yield noticed("infinite.csv", changed(rows, age="inf"), "unread age")
    yield noticed("huge.csv", changed(rows, age="1e300"), "unread age")
    yield noticed("beyond.csv", changed(rows, age="1e999"), "unread age")
    yield noticed("marker.csv", changed(rows, age="N/A"), "missing age")
    yield noticed("formula.csv", changed(rows, age="=1+1"), "unread age")
    yield noticed("soon.csv", changed(rows, since="soon"), "unread since")
    yield noticed("later.csv", changed(rows, since="2031-01-01"), "above since")
    yield noticed("long_ago.csv", changed(rows, since="1931-01-01"), "below since")
    yield noticed("no_day.csv", changed(rows, since="2021-02-30"), "unread since")


def words(rows: list[Row]) -> Iterator[Case]:
    def noticed(name: str, changed_rows: list[Row], *what: str) -> Case:
        return Case(name, text(changed_rows).encode(), NOTICED, what)

    yield noticed("new_city.csv", changed(rows, city="Berlin"), "unseen city")
    yield noticed("new_cities.csv", [row | {"city": f"c{at}"} for at, row in enumerate(rows)], "unseen city")
    yield noticed("small_letters.csv", changed(rows, city="rome"), "unseen city")
    yield noticed("number_for_word.csv", everywhere(rows, city=7), "unseen city")
    yield noticed("no_flag.csv", changed(rows, member="sometimes"), "unseen member")
    yield noticed("control.csv", changed(rows, city="\x1b[2JOslo"), "unseen city")
    yield noticed("long_word.csv", changed(rows, city="O" * 100_000), "unseen city")

    def spelled(*flags: str) -> bytes:
        return text([row | {"member": flags[bool(row["member"])]} for row in rows]).encode()

    yield Case("true.csv", spelled("false", "true"), SAME)
    yield Case("TRUE.csv", spelled("FALSE", "TRUE"), SAME)
    yield Case("yes.csv", spelled("no", "yes"), SAME)
    yield Case("one.csv", spelled("0", "1"), SAME)
    yield Case("one_point.csv", spelled("0.0", "1.0"), SAME)


def numbers(rows: list[Row]) -> Iterator[Case]:
    def comma(name: str, value: Cell) -> str:
        return str(value).replace(".", ",") if name == "income" else str(value)

    def day_first(name: str, value: Cell) -> str:
        return "{2}.{1}.{0}".format(*str(value).split("-")) if name == "since" else str(value)

    def slashes(name: str, value: Cell) -> str:
        return str(value).replace("-", "/") if name == "since" else str(value)

    yield Case("comma.csv", text(rows, separator=";", cell=comma).encode(), NOTICED, ("otherwise income",))
    yield Case("day_first.csv", text(rows, cell=day_first).encode(), NOTICED, ("otherwise since",))
    yield Case("slashes.csv", text(rows, cell=slashes).encode(), NOTICED, ("otherwise since",))
    yield Case("exponents.csv", text(rows, cell=lambda n, v: f"{v:.4e}" if n == "income" else str(v)).encode(), SAME)
    yield Case("zeros.csv", text(rows, cell=lambda n, v: f"{v:06d}" if n == "age" else str(v)).encode(), SAME)
    yield Case("points.csv", text(rows, cell=lambda n, v: f"{v}.0" if n == "age" else str(v)).encode(), SAME)
    yield Case("plus.csv", text(rows, cell=lambda n, v: f"+{v}" if n == "age" else str(v)).encode(), SAME)


def damages(rows: list[Row]) -> Iterator[Case]:
    plain = text(rows).encode()
    yield Case("empty.csv", b"", "empty")
    yield Case("blank.csv", b" \n\n ", "empty")
    yield Case("junk.csv", bytes(range(256)) * 20, "")
    yield Case("zeros.bin.csv", bytes(4000), "")
    yield Case("nul.csv", plain.replace(b"Oslo", b"Os\0lo", 1), "")
    yield Case("excel.csv", zipped(("xl/workbook.xml", b"x")), ".zip or .xlsx")
    yield Case("word.docx", zipped(("a.xml", b"x")), ".docx")
    yield Case("latin.csv", text(changed(rows, city="Málaga")).encode("latin-1"), NOTICED, ("unseen city",))
