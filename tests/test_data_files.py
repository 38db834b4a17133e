"""Files as people have them: packed, in any encoding and layout, workbooks, JSON, ARFF, Arrow and Parquet.

What was chosen although another reading was possible is told in a note; what cannot be read is a sentence.
"""

import bz2
import codecs
import datetime as dt
import decimal
import gzip
import io
import lzma
import random
import sys
import zipfile

import polars as pl
import pytest
import xlsxwriter
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from dlrun.data import Reading
from dlrun.data.readers import kinds, tables, unpacking
from dlrun.data.readers.kinds import SHEETS, read_sheet
from dlrun.data.readers.quiet import told
from dlrun.data.readers.tables import read_tables
from dlrun.data.readers.unpacking import PACKINGS, contents_of
from dlrun.errors import DataError

PLAIN = "a,b,y\n1.5,u,0\n22.25,v,1\n3,w,0\n"
ROWS = [(1.5, "u", 0.0), (22.25, "v", 1.0), (3.0, "w", 0.0)]


@pytest.fixture
def sheet(tmp_path):
    """Write a file and read it; returns a Sheet."""

    def run(name, content, **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        contents = contents_of(name, path)
        return read_sheet(contents, Reading(name, **options))

    return run


@pytest.fixture
def message(sheet):
    """The sentence that a file ends in."""

    def run(name, content, **options):
        with pytest.raises(DataError) as caught:
            sheet(name, content, **options)
        return str(caught.value)

    return run


def frame_of(found):
    return found.frame.to_dict(as_series=False)


def packed_zip(members):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return whole.getvalue()


# -- packed files

PACK = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
    ".zip": lambda raw: packed_zip({"folder/t.csv": raw, "__MACOSX/folder/._t.csv": b"?"}),
}


def test_every_packing_is_tried_here():
    assert set(PACK) == set(PACKINGS) == set(kinds.PACKED)


@pytest.mark.parametrize("packing", PACK)
def test_a_packed_table_reads_as_the_table(sheet, packing):
    found = sheet(f"t.csv{packing}", PACK[packing](PLAIN.encode()))
    assert (found.frame.rows(), found.place(2)) == (ROWS, f"t.csv{packing}:4")


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("cut", [-9, 10])
def test_a_cut_packed_file_is_a_sentence(message, packing, cut):
    assert message(f"t.csv{packing}", PACK[packing](PLAIN.encode())[:cut]) == (
        f"t.csv{packing}: not a {packing} file, or a damaged one; pack it anew, or give the file unpacked"
    )


def test_a_zstd_file_that_does_not_say_its_length_is_read_to_its_end_or_refused(sheet, message):
    raw = zstandard.ZstdCompressor(write_content_size=False).compress(PLAIN.encode())
    assert sheet("t.csv.zst", raw + raw[:0]).frame.rows() == ROWS
    assert sheet("t.csv.zst", raw + zstandard.compress(b"4,x,1\n")).frame.rows()[3:] == [(4.0, "x", 1.0)]
    assert "damaged" in message("t.csv.zst", raw[:-4])


@pytest.mark.parametrize("packing", PACK)
def test_a_bomb_stops_at_the_limit(message, packing, monkeypatch):
    monkeypatch.setattr(unpacking, "ALWAYS_UNPACKED", 2**21)
    assert message(f"t.csv{packing}", PACK[packing](b"0" * 2**24)) == (
        f"t.csv{packing}: unpacks to more than 2 MiB, the limit for its size; unpack it yourself"
    )


def test_the_limit_grows_with_the_packed_size():
    assert unpacking.most_unpacked(10) == 256 * 2**20
    assert unpacking.most_unpacked(2**30) == 100 * 2**30


def test_an_archive_of_several_files_lists_them(message):
    assert message("t.zip", packed_zip({"a.csv": PLAIN, "b.csv": PLAIN})) == (
        "t.zip: holds 2 files (a.csv, b.csv); unpack it, or pack one table alone"
    )


def test_what_is_packed_and_no_table_is_a_sentence(tmp_path):
    (tmp_path / "t.npy.gz").write_bytes(gzip.compress(b"x"))
    (tmp_path / "t.gz").write_bytes(gzip.compress(b"x"))
    for name, said in [
        ("t.npy.gz", "t.npy.gz: the .npy file in it cannot be read packed; unpack it, or name it like table.csv.gz"),
        ("t.gz", "t.gz: its name does not say what it holds; unpack it, or name it like table.csv.gz"),
    ]:
        with pytest.raises(DataError) as caught:
            read_tables({"train": (name, tmp_path / name)}, Reading(name))
        assert str(caught.value) == said


@pytest.mark.parametrize(
    ("package", "name", "what"),
    [("zstandard", "t.csv.zst", ".zst"), ("fastexcel", "t.xlsx", ".xlsx"), ("fastexcel", "t.ods", ".ods")],
)
def test_an_optional_package_that_is_missing_is_named(message, monkeypatch, package, name, what):
    monkeypatch.setitem(sys.modules, package, None)
    assert message(name, b"x") == f'{name}: reading {what} needs {package}; pip install "dlrun[files]"'


# -- encodings

ACCENTS = "größe;name;y\n1,5;Müller;0\n22,5;Żółć;1\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_or_utf_8_needs_no_note(sheet, encoding):
    found = sheet("t.csv", ACCENTS.encode(encoding))
    assert (frame_of(found)["name"], found.frame.columns[0]) == (["Müller", "Żółć"], "größe")
    assert found.notes == ()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_found_and_told(sheet, encoding):
    found = sheet("t.csv", PLAIN.encode(encoding))
    assert found.frame.rows() == ROWS
    assert found.notes == (f"t.csv: read as {encoding}, found by its zero bytes; data.charset says otherwise",)


FOUND = {
    "cp1252": ["Müller", "Größe", "naïve", "señor", "5 €", "20 °C"],
    "cp1250": ["Łódź", "Kraków", "Gdańsk", "żółć"],
    "cp1251": ["Привет", "Москва", "город", "мир"],
    "koi8_r": ["Привет", "Москва", "город", "мир"],
    "cp1253": ["Αθήνα", "Θεσσαλονίκη"],
    "cp932": ["東京", "大阪", "日本", "名前"],
    "gb18030": ["北京", "上海", "城市", "名称"],
    "cp949": ["서울", "부산"],
    "cp850": ["Müller", "Köln", "Größe"],
}


@pytest.mark.parametrize("encoding", FOUND)
def test_other_encodings_are_found_by_their_letters_and_told(sheet, encoding):
    words = FOUND[encoding] * 20
    text = "name,y\n" + "".join(f"{word},{at}\n" for at, word in enumerate(words))
    found = sheet("t.csv", text.encode(encoding))
    assert frame_of(found)["name"] == words
    assert found.notes[0] == (
        f"t.csv: read as {encoding}, the likeliest encoding by its letters; data.charset says otherwise"
    )


def test_one_letter_is_read_as_the_usual_encoding(sheet):
    assert frame_of(sheet("t.csv", b"a,y\n1,0\n\xe9,1\n"))["a"] == ["1", "é"]


def test_a_declared_encoding_is_taken(sheet, message):
    raw = "a,y\nŁódź,0\nb,1\n".encode("iso8859-2")
    found = sheet("t.csv", raw, charset="latin2")
    assert (frame_of(found)["a"], found.notes) == (["Łódź", "b"], ())
    assert message("t.csv", raw, charset="utf8") == (
        "t.csv: cannot be read as utf-8; set data.charset to what it was saved in"
    )
    for wrong, advice in [
        ("utf_8x", "did you mean utf-8?"),
        ("base64", "give one such as utf-8, utf-16, cp1252 or cp932"),
        ("zzz", "give one such as utf-8, utf-16, cp1252 or cp932"),
    ]:
        told_so = message("t.csv", raw, charset=wrong)
        assert told_so == f"data.charset: {wrong!r} is no encoding that Python knows; {advice}"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"PK\x03\x04rest", "is no text but begins like a .zip or .xlsx file; give it the name that it should have"),
        (b"\x1f\x8brest", "is no text but begins like a .gz file; give it the name that it should have"),
        (b"a,b\n1,\0\n", "is no text, for it holds control characters; give a table as text, or name it rightly"),
        (b"\x01\x02\x03", "is no text, for it holds control characters; give a table as text, or name it rightly"),
        (b"\xff\xfe\0", "cannot be read as utf-16-le; set data.charset to what it was saved in"),
    ],
)
def test_bytes_that_are_no_text_are_a_sentence(message, raw, said):
    assert message("t.csv", raw) == f"t.csv: {said}"


# -- what stands around the table

SAME = {
    "a separator of its own": "sep=;\na;b;y\n1.5;u;0\n22.25;v;1\n3;w;0\n",
    "comments above": "# made 2024, by a tool\n# in a lab\n" + PLAIN,
    "a comment of the table's width": "# made by x, y, and z\n" + PLAIN,
    "a header as NumPy writes it": "# " + PLAIN,
    "comments within": PLAIN.replace("22.25", "// half\n% a\n22.25"),
    "a title": "Sales report\n\n" + PLAIN,
    "a title with separators": "Sales report,,\n" + PLAIN,
    "a title with other separators": "Sales; of; all, 2024\n" + PLAIN,
    "separators at the end": PLAIN.replace("\n", ",\n"),
    "separators at the end of rows": PLAIN.replace("\n", ",\n").replace("y,", "y", 1),
    "separators at the end of some rows": PLAIN.replace(",0\n", ",0,,\n", 1),
    "a separator at the end of the header": PLAIN.replace("y", "y,"),
    "runs of blanks": PLAIN.replace(",", "   "),
    "aligned columns": " a      b  y\n 1.5    u  0\n 22.25  v  1\n 3      w  0\n",
    "blanks and quotes": PLAIN.replace(",", "   ").replace("u", '"u"'),
    "old Mac line ends": PLAIN.replace("\n", "\r"),
    "mixed line ends": PLAIN.replace("\n", "\r\n", 1).replace("0\n", "0\r", 1),
    "line ends in quotes": PLAIN.replace("\n", "\r").replace("b", '"b"'),
    "single quotes": "".join(",".join(f"'{c}'" for c in line.split(",")) + "\n" for line in PLAIN.split()),
    "rows of empty cells": PLAIN.replace("22", ",,\n\n22"),
    "Ctrl-Z at the end": PLAIN + "\x1a",
}


@pytest.mark.parametrize("what", SAME)
def test_the_table_is_found_whatever_surrounds_it(sheet, what):
    found = sheet("t.csv", SAME[what])
    assert (found.frame.columns, found.frame.rows(), found.has_header) == (["a", "b", "y"], ROWS, True)


@pytest.mark.parametrize(
    ("what", "notes"),
    [
        ("a separator of its own", ()),
        ("comments above", ("2 comment lines above the table left out, the first at line 1",)),
        ("a comment of the table's width", ("a comment line above the table left out, the first at line 1",)),
        ("comments within", ("2 comment lines left out, the first at line 3",)),
        ("a title", ("a title line above the table left out, the first at line 1",)),
        ("separators at the end", ("a column without name and value was left out",)),
        (
            "separators at the end of some rows",
            ("a row has empty cells beyond the last column, the first at line 2",),
        ),
        ("runs of blanks", ("values are separated by blanks; data.separator says otherwise",)),
        ("single quotes", ("single quotes around values are read as quotes and left out",)),
    ],
)
def test_what_was_left_out_is_told(sheet, what, notes):
    assert sheet("t.csv", SAME[what]).notes == tuple(f"t.csv: {note}" for note in notes)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a separator of its own", 5),
        ("comments above", 6),
        ("comments within", 6),
        ("a title", 6),
        ("old Mac line ends", 4),
        ("rows of empty cells", 6),
        ("aligned columns", 4),
    ],
)
def test_a_row_is_named_by_its_line_in_the_file(sheet, what, line):
    assert sheet("t.csv", SAME[what]).place(2) == f"t.csv:{line}"


def test_a_row_below_a_value_of_two_lines_is_named_by_its_line(sheet):
    found = sheet("t.csv", 'a,t,y\n1.5,"two\nlines",0\n2,x,1\n')
    assert [found.place(row) for row in (0, 1)] == ["t.csv:2", "t.csv:4"]


@pytest.mark.parametrize("header", ["#,name,y", "#id,name,y", "%,name,y"])
def test_a_sign_of_comments_may_begin_a_header_or_a_cell(sheet, header):
    found = sheet("t.csv", header + "\n1,#u,0\n22,#v,1\n")
    assert found.frame.columns == header.split(",")
    assert frame_of(found)["name"] == ["#u", "#v"]
    assert found.notes == ()


def test_row_names_as_r_writes_them_are_a_column_without_name(sheet):
    found = sheet("t.txt", '"a" "y"\n"r 1" 1.5 0\n"r 2" 2.5 1\n')
    assert (found.frame.columns, found.unnamed) == (["x0", "a", "y"], {"x0"})
    assert found.notes[1] == "t.txt: the header names one column less than there are; the first has no name"


@pytest.mark.parametrize(
    ("text", "names", "unnamed", "notes"),
    [
        ("a,a,y,a_2\n1,2,0,x\n22,3,1,z\n", ["a", "a_3", "y", "a_2"], set(), 1),
        (",b,,y\n0,1.5,x,1\n1,2.5,z,0\n", ["x0", "b", "x2", "y"], {"x0", "x2"}, 0),
        (",x0,y\n0,1.5,1\n1,2.5,0\n", ["x0_2", "x0", "y"], {"x0_2"}, 0),
    ],
)
def test_names_are_made_unique_and_told(sheet, text, names, unnamed, notes):
    found = sheet("t.csv", text)
    assert (found.frame.columns, found.unnamed, len(found.notes)) == (names, unnamed, notes)
    if notes:
        assert found.notes == ("t.csv: 2 columns are named 'a'; they are read as a, a_3",)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a;y\n1,5;0\n2,5;1\n", ["1,5", "2,5"]),
        ("a\ty\nSmith, John\t0\nDoe, Jane\t1\n", ["Smith, John", "Doe, Jane"]),
        ("a;y\nSmith, John;x\nDoe, Jane;z\n", ["Smith, John", "Doe, Jane"]),
        ("a,y\nx;y,p\nz;w,q\n", ["x;y", "z;w"]),
        ("a,y\n2024-01-01 10:00,5\n2024-01-02 10:00,6\n", ["2024-01-01 10:00", "2024-01-02 10:00"]),
        ('a,y\n"1;2;3",5\n"4;5;6",6\n', ["1;2;3", "4;5;6"]),
        ("a y\n1,5 2,5\n2,5 3,5\n", ["1,5", "2,5"]),
        ('"a","y"\n";",";"\n""," 0 0 "\n', [";", ""]),
    ],
)
def test_the_separator_is_decided_by_several_lines(sheet, text, columns):
    assert frame_of(sheet("t.csv", text))["a"] == columns


def test_the_separator_is_the_one_that_leaves_values(sheet):
    assert sheet("t.csv", "1,5 2,5 0\n2,5 3,5 1\n").frame.rows() == [("1,5", "2,5", 0.0), ("2,5", "3,5", 1.0)]


@pytest.mark.parametrize(
    "text", ["text\nhello, world\nfoo\nbar\n", "John Smith\nJane Doe\nFoo Bar\n", "a\n1\n2\n", "1\n2\n"]
)
def test_one_column_is_a_sentence(message, text):
    assert message("t.csv", text) == (
        "t.csv: the first line holds one value separated by comma, semicolon, tab or bar; set data.separator to what"
        " the file uses"
    )


def test_rows_of_another_length_are_named_by_line(message):
    uneven = "give every row as many values, and quote a value that holds the separator"
    assert message("t.csv", "a,y\n1,5,0\n2,5,1\n") == f"t.csv:2: 3 values where line 1 has 2; {uneven}"
    assert message("t.csv", "# c\na,b,y\n1,2,0\n1,0\n") == f"t.csv:4: 2 values where line 2 has 3; {uneven}"
    assert message("t.csv", "a,b,y\n1,0\n1,2,0\n3,4,1\n") == f"t.csv:2: 2 values where line 1 has 3; {uneven}"
    assert message("t.csv", 'a,y\n1,"x\n2,z\n') == "t.csv:2: a quoted value does not end; close its quote"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b,y\n1,5;x,0\n", ["a", "b", "y"]),
        ("country,2019,2020,2021\nx,1.5,2.5,3\ny,2.5,3.5,4\n", ["country", "2019", "2020", "2021"]),
        (",".join(map(str, range(12))) + "\n" + ("0," * 11 + "1\n") * 3, [*map(str, range(12))]),
        ("1,2,3\n2,3,4\n3,4,5\n", ["x0", "x1", "x2"]),
        ("1,5;x;0\n2,5;z;1\n", ["x0", "x1", "x2"]),
        ("45%,x,0\n46%,z,1\n", ["x0", "x1", "x2"]),
        ("$3,x,0\n$4,z,1\n", ["x0", "x1", "x2"]),
        ("01.02.2024,x,u\n02.02.2024,z,v\n", ["x0", "x1", "x2"]),
        ("rate,cost,y\n45%,$3,no\n46%,$4,yes\n", ["rate", "cost", "y"]),
    ],
)
def test_a_header_is_told_from_values_of_any_form(sheet, text, names):
    assert sheet("t.csv", text).frame.columns == names


def test_a_value_of_any_length_is_read(sheet):
    assert sheet("t.csv", "a,t,y\n1," + "x" * 200_000 + ',0\n22, "z" ,1\n').frame["t"].str.len_bytes()[0] == 200_000


CELL = st.text("ab,;\t'\"\n 0é#", max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=2, max_size=6),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_quoted_cells_come_back_as_they_were_written(tmp_path_factory, rows, separator, encoding):
    """Whatever stands in cells, quotes around all of them keep it, however the rest of the file is written."""
    path = tmp_path_factory.mktemp("t") / "t.csv"
    lines = [("left", "right", "n"), *((*cells, str(at)) for at, cells in enumerate(rows))]
    doubled = [[cell.replace('"', '""') for cell in cells] for cells in lines]
    text = "".join(separator.join(f'"{cell}"' for cell in cells) + "\n" for cells in doubled)
    path.write_bytes(codecs.encode(text, encoding))
    found = read_sheet(contents_of("t.csv", path), Reading("t.csv", categorical=("left", "right")))
    assert found.frame.select("left", "right").rows() == rows


# -- formats with types

TYPES = pl.DataFrame(
    {
        "whole": [1, 2, 3],
        "large": [2**60, 2, 3],
        "decimal": pl.Series([decimal.Decimal("1.25")] * 3),
        "word": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
        "wait": [dt.timedelta(seconds=90, milliseconds=500)] * 3,
        "day": [dt.date(2024, 1, 2)] * 3,
        "list": [[1], [2, 3], []],
        "bytes": [b"x"] * 3,
        "flag": [True, None, False],
        "__index_level_0__": [0, 1, 2],
        "y": [0, 1, 0],
    }
)


def written(frame, how, **options):
    buffer = io.BytesIO()
    getattr(frame, how)(buffer, **options)
    return buffer.getvalue()


COLUMNAR = pytest.mark.parametrize(("name", "how"), [("t.parquet", "write_parquet"), ("t.feather", "write_ipc")])


@COLUMNAR
def test_types_come_as_what_a_table_can_use(sheet, name, how):
    found = sheet(name, written(TYPES, how))
    expected = {
        "whole": [1, 2, 3],
        "large": [str(2**60), "2", "3"],
        "decimal": [1.25] * 3,
        "word": ["a", "b", "a"],
        "wait": [90.5] * 3,
        "day": [dt.date(2024, 1, 2)] * 3,
        "flag": [True, None, False],
        "__index_level_0__": [0, 1, 2],
        "y": [0, 1, 0],
    }
    assert frame_of(found) == expected
    assert found.unnamed == {"__index_level_0__"}
    assert found.notes == (
        f"{name}: column 'list' holds List(Int64) values and was left out; data.drop: [list] says the same",
        f"{name}: column 'bytes' holds Binary values and was left out; data.drop: [bytes] says the same",
    )
    assert found.place(1) == f"{name} row 2"


@COLUMNAR
def test_lists_that_are_dropped_anyway_are_not_told(sheet, name, how):
    found = sheet(name, written(TYPES, how), drop=("bytes", 6))
    assert (found.notes, {"bytes", "list"} <= {*found.frame.columns}) == ((), True)


@COLUMNAR
def test_lists_cannot_be_the_target_nor_all_there_is(message, name, how):
    raw = written(TYPES.select("y", "list"), how)
    what = f"{name}: column 'list' holds List(Int64) values; a column needs one number or text a row: "
    assert message(name, raw, target="list") == what + "name another data.target"
    assert message(name, raw) == what + (
        "name the column to predict with data.target, or leave it out: data.drop: [list]"
    )
    assert message(name, written(TYPES.select("list"), how), target="y") == (
        f"{name}: no column holds one number or text a row (list: List(Int64)); make such columns of them"
    )


@COLUMNAR
def test_a_small_file_of_an_enormous_table_stops_at_the_limit(message, name, how, monkeypatch):
    monkeypatch.setattr(unpacking, "ALWAYS_UNPACKED", 2**20)
    frame = pl.DataFrame({"a": pl.repeat(7, 10**6, eager=True)})
    compressed = {"write_ipc": {"compression": "zstd"}}.get(how, {})
    assert "unpacks to more than" in message(name, written(frame, how, **compressed))


def workbook(*sheets):
    """An .xlsx of sheets, each its rows."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        times = book.add_format({"num_format": "hh:mm:ss"})
        moments = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        forms = {dt.date: days, dt.time: times, dt.datetime: moments}
        for number, rows in enumerate(sheets):
            page = book.add_worksheet(f"S{number}")
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if type(cell) in forms:
                        page.write_datetime(at, column, cell, forms[type(cell)])
                    elif cell is not None:
                        page.write(at, column, cell)
    return buffer.getvalue()


DAYS = [dt.date(2024, 1, 1 + at) for at in range(3)]
MIXED = [
    ["a", "mixed", "day", "at", "time", "code", "some day", "flag", "y"],
    [1.5, 3, DAYS[0], dt.datetime(2024, 1, 1, 3, 4), dt.time(1, 2), "007", DAYS[0], True, 0],
    [None, "V12", DAYS[1], dt.datetime(2024, 1, 2, 3, 4), dt.time(2, 3), "008", "unknown", False, 1],
    [3, 4.5, DAYS[2], dt.datetime(2024, 1, 3, 3, 4), dt.time(3, 4), "009", DAYS[2], True, 0],
]


def test_a_workbook_gives_types_and_mixed_cells_as_a_person_sees_them(sheet):
    found = sheet("t.xlsx", workbook(MIXED))
    assert frame_of(found) == {
        "a": [1.5, None, 3.0],
        "mixed": ["3", "V12", "4.5"],
        "day": DAYS,
        "at": [dt.datetime(2024, 1, 1 + at, 3, 4) for at in range(3)],
        "time": [dt.time(1, 2), dt.time(2, 3), dt.time(3, 4)],
        "code": ["007", "008", "009"],
        "some day": ["2024-01-01", "unknown", "2024-01-03"],
        "flag": [True, False, True],
        "y": [0.0, 1.0, 0.0],
    }
    assert (found.notes, found.place(0)) == ((), "t.xlsx row 2")


def test_a_word_far_below_is_not_lost_in_a_column_of_numbers_or_days(sheet):
    rows = [["a", "d", "y"], *[[at + 0.5, DAYS[0], 0] for at in range(3000)], ["x", "unknown", 1]]
    found = sheet("t.xlsx", workbook(rows))
    assert [found.frame[name][-1] for name in ("a", "d")] == ["x", "unknown"]
    assert found.frame["a"][0] == "0.5"


def test_titles_and_empty_rows_and_columns_around_a_sheets_table_are_left_out(sheet):
    rows = [[], [None, "Sales"], [], *[[None, *row[:2], None] for row in MIXED], [], []]
    found = sheet("t.xlsx", workbook(rows))
    assert frame_of(found) == {"a": [1.5, None, 3.0], "mixed": ["3", "V12", "4.5"]}
    assert (found.notes, found.place(2)) == (("t.xlsx: a title row above the table left out",), "t.xlsx row 7")


def test_a_sheet_is_named_by_name_or_place(sheet, message):
    raw = workbook([["a", "y"], [1, 0]], [["b", "y"], [2.5, 0]], [])
    assert [sheet("t.xlsx", raw, sheet=s).frame.columns[0] for s in (None, 1, "S1", -2)] == ["a", "b", "b", "b"]
    assert message("t.xlsx", raw, sheet="S9") == "data.sheet: t.xlsx has no sheet 'S9'; its sheets are S0, S1, S2"
    assert message("t.xlsx", raw, sheet=2) == (
        "t.xlsx: the sheet 'S2' is empty; name another with data.sheet; its sheets are S0, S1, S2"
    )


def test_a_sheet_without_names_is_found_out(sheet):
    found = sheet("t.xlsx", workbook([[1, 2.5], [0, 3.5]]))
    assert (found.frame.columns, found.has_header, found.place(0)) == (["x0", "x1"], False, "t.xlsx row 1")


JSON_ROWS = [
    ('{"a":1.5,"b":"x","y":0}\n\n{"a":2,"y":1}\n', {"a": [1.5, 2.0], "b": ["x", None], "y": [0, 1]}),
    ('{"a":1,"y":0}\n{"a":"x","y":1}\n', {"a": ["1", "x"], "y": [0, 1]}),
    ('{"a":1,"y":0}\n{"a":true,"y":1}\n', {"a": ["1", "true"], "y": [0, 1]}),
    ('{"a":9007199254740993,"y":0}\n{"a":1,"y":1}\n', {"a": ["9007199254740993", "1"], "y": [0, 1]}),
]


@pytest.mark.parametrize(("text", "expected"), JSON_ROWS)
@pytest.mark.parametrize("name", ["t.jsonl", "t.ndjson", "t.json"])
def test_json_lines_are_rows(sheet, name, text, expected):
    assert frame_of(sheet(name, text)) == expected


def test_json_that_is_an_array_of_objects_is_rows(sheet):
    found = sheet("t.json", '[{"a": 1, "n": {"q": 1}, "y": 0},\n {"y": 1, "a": "x"}]'.encode("utf-16"))
    assert frame_of(found) == {"a": ["1", "x"], "y": [0, 1]}
    assert found.notes == ("t.json: column 'n' holds nested values and was left out; data.drop: [n] says the same",)


@pytest.mark.parametrize("text", ['{"a":[1,2],"y":[0,1]}', "[1,2]", "foo", "[" * 10**5, '{"a":1}\nfoo\n', "[]"])
def test_other_json_is_a_sentence(message, text):
    assert message("t.json", text).startswith("t.json: not JSON of rows, or damaged; give one object a line")


ARFF = """% made by hand
@RELATION 'two words'
@attribute 'a b' REAL
@attribute s string
@attribute n {'x 1', y, "z"}
@attribute k {1,2}
@attribute d date "dd/MM/yyyy"
@attribute y {0,1,rare}
@DATA
% within
1.5,'it\\'s, ok','x 1',1,01/02/2024,0
?,b,?,2,13/02/2024,1
3,?,y,1,?,0
"""


def test_arff_says_what_its_columns_are(sheet):
    found = sheet("t.arff", ARFF)
    assert frame_of(found) == {
        "a b": [1.5, None, 3.0],
        "s": ["it's, ok", "b", None],
        "n": ["x 1", None, "y"],
        "k": [1.0, 2.0, 1.0],
        "d": [dt.datetime(2024, 2, 1), dt.datetime(2024, 2, 13), None],
        "y": ["0", "1", "0"],
    }
    assert found.place(1) == "t.arff:12"


def test_sparse_arff_is_filled_with_zeros_and_first_words(sheet):
    header = "@relation x\n@attribute a numeric\n@attribute b {u,v}\n@attribute y {0,1}\n@data\n"
    found = sheet("t.arff", header + "{0 1.5, 1 v}\n\n{2 1}\n{}\n")
    assert frame_of(found) == {"a": [1.5, 0.0, 0.0], "b": ["v", "u", "u"], "y": [0.0, 1.0, 0.0]}
    assert found.place(1) == "t.arff:8"


def test_a_comment_within_arff_is_none_of_its_rows_though_it_has_their_length(sheet):
    text = "@attribute a string\n@attribute y {0,1}\n@data\nu,0\n% a, b\nv,1\n"
    assert sheet("t.arff", text).frame.rows() == [("u", 0.0), ("v", 1.0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("@relation x\n@attribute a numeric\n", "t.arff: no line @data; an ARFF file has one above its rows"),
        ("@relation x\n@data\n1\n", "t.arff: no line @attribute; an ARFF file has one for each column"),
        (
            "@attribute a\n@data\n1\n",
            "t.arff:1: expected @attribute NAME KIND, such as '@attribute age numeric'",
        ),
        (
            "@attribute a numeric\n@data\n{0 1}\n{7 2}\n",
            "t.arff:4: expected a sparse row of places and values, such as {0 5.1, 3 a}",
        ),
    ],
)
def test_what_is_wrong_with_arff_is_said(message, text, said):
    assert message("t.arff", text) == said


# -- damage

INTACT = {
    "t.csv": PLAIN.encode() * 10,
    "u.csv": ACCENTS.encode("utf-16"),
    "t.csv.gz": gzip.compress(PLAIN.encode()),
    "t.csv.zst": zstandard.compress(PLAIN.encode()),
    "t.zip": packed_zip({"t.csv": PLAIN}),
    "t.parquet": written(TYPES.drop("list", "bytes"), "write_parquet", compression="uncompressed"),
    "t.feather": written(TYPES.drop("list", "bytes"), "write_ipc"),
    "t.xlsx": workbook(MIXED),
    "t.jsonl": JSON_ROWS[0][0].encode(),
    "t.arff": ARFF.encode(),
}


def mutated(raw, chance):
    raw = bytearray(raw)
    for _ in range(chance.choice([1, 1, 2, 5])):
        at, kind = chance.randrange(len(raw)), chance.randrange(4)
        if kind == 0:
            raw[at] = chance.randrange(256)
        elif kind == 1:
            del raw[at : at + chance.choice([1, 10, 100])]
        elif kind == 2:
            raw[at:at] = chance.choice([b'"', b"\r", b";", b"\0", b"\xff", b"\xff" * 8])
        else:
            raw[at:at] = raw[:at][-20:]
        raw = raw or bytearray(b"x")
    return bytes(raw)


@pytest.mark.parametrize("name", INTACT)
def test_mutated_files_are_read_or_refused_and_nothing_is_printed(sheet, name, capfd):
    chance = random.Random(name)
    outcomes = set()
    for _ in range(80):
        try:
            assert len(sheet(name, mutated(INTACT[name], chance)).frame)
            outcomes.add("read")
        except DataError:
            outcomes.add("refused")
    assert "refused" in outcomes
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("reader", sorted({*SHEETS.values(), *kinds.FORMATS.values()}))
def test_every_kind_of_file_has_its_reader(reader):
    assert callable(kinds._function(reader))


@pytest.mark.parametrize("name", [name for name in SHEETS if name != ".xls"])
def test_bytes_of_another_kind_are_a_sentence(message, name):
    assert message(f"t{name}", b"\x00\x01 nothing of the kind").startswith(f"t{name}: ")


def test_a_panic_is_a_sentence_and_not_seen(capfd):
    class PanicException(BaseException):
        pass

    def panic():
        with told("t.x: damaged"):
            sys.__stderr__.flush()
            __import__("os").write(2, b"thread panicked")
            raise PanicException("index out of bounds")

    with pytest.raises(DataError, match=r"^t\.x: damaged$"):
        panic()
    assert capfd.readouterr().err == ""


def test_what_is_no_damage_is_not_hidden():
    with pytest.raises(KeyboardInterrupt), told("t.x: damaged"):
        raise KeyboardInterrupt


# -- several files


def test_the_notes_and_unnamed_columns_of_all_files_reach_the_table(tmp_path):
    (tmp_path / "a.csv").write_text(",a,y\n0,1.5,0\n1,2.5,1\n")
    (tmp_path / "b.csv").write_text("# late\n,a,y\n0,1.5,0\n1,2.5,1\n")
    files = {"train": ("a.csv", tmp_path / "a.csv"), "dev": ("b.csv", tmp_path / "b.csv")}
    table = read_tables(files, Reading("a.csv", dev_source="b.csv"))
    assert table.notes == ("b.csv: a comment line above the table left out, the first at line 1",)
    assert (table.unnamed, table.place(3)) == ({"x0"}, "b.csv:4")


@pytest.mark.parametrize(
    ("first", "second", "kind"), [([1, 2], [1.5, 2.5], pl.Float64), ([1.0], ["x"], pl.String), ([1], [2], pl.Int64)]
)
def test_a_column_of_two_kinds_is_numbers_if_both_are_and_text_otherwise(first, second, kind):
    frame = tables._together([pl.DataFrame({"a": first}), pl.DataFrame({"a": second})])
    assert frame.schema == {"a": kind}
