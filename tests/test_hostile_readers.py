"""What is hostile to a reader is shown harmless: spreadsheets, Markdown, a terminal that predictions are printed on."""

import csv
import io
import os

import pytest

from dlrun.data.writers import writer_to
from dlrun.report.comparison import markdown_cell
from dlrun.report.text import LONGEST_WORD, clean, harmless
from tests.commands import dlrun


@pytest.mark.parametrize("formula", ["=1+1", "+HYPERLINK(1)", "@SUM(1)", "-2+3", "\t=1", "\r=1", "=cmd|'/c calc'!A0"])
def test_a_formula_is_text_to_a_spreadsheet(formula):
    assert harmless(formula) == f"'{formula}"


@pytest.mark.parametrize("value", ["-0.5", "+1e-3", "-inf", "1e5", "a=b", "", -0.5, None, True, 3])
def test_what_is_no_formula_stays_as_it_is(value):
    assert harmless(value) is value


def test_tables_for_people_hold_no_formulas(tmp_path):
    rows = "".join(f"{at % 7},{at % 5},{'uv'[at % 2]}\n" for at in range(60))
    (tmp_path / "=cmd.csv").write_text("a,b,=1+1\n" + rows)
    (tmp_path / "t.csv").write_text("a,b,y\n" + rows)
    for source, target in (("=cmd.csv", "=1+1"), ("t.csv", "y")):
        (tmp_path / "t.yaml").write_text(f"data: {{source: '{source}', target: '{target}'}}\ntraining: {{epochs: 1}}\n")
        assert dlrun("train", "t.yaml", "-q", cwd=tmp_path).returncode == 0
    runs = sorted(path.name for path in (tmp_path / "runs").glob("2*"))
    told = dlrun("compare", *runs, "--csv", cwd=tmp_path).stdout
    cells = [cell for row in csv.reader(io.StringIO(told)) for cell in row]
    assert {"'=1+1", "y"} <= set(cells)
    assert not [cell for cell in cells if cell.startswith("=")]


def test_markdown_makes_no_link_and_no_picture_of_a_word():
    assert markdown_cell("![a](http://evil.test/t.png)") == r"!\[a](http://evil.test/t.png)"


def test_of_a_word_longer_than_a_path_the_beginning_is_shown():
    assert clean("a " + "x" * (LONGEST_WORD + 60)) == "a " + "x" * 60 + "..."
    assert clean("x" * LONGEST_WORD) == "x" * LONGEST_WORD


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of POSIX")
def test_labels_on_a_terminal_have_no_controls_and_a_script_gets_all(monkeypatch, tmp_path):
    label = "a\x1b[2Jb\u202ec\x9b31md"
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        with writer_to("-") as write:
            write({"answer": [label]})
    assert os.read(ours, 1000).decode() == "answer\r\na[2Jbc31md\r\n"
    os.close(ours)
    with (tmp_path / "said").open("w") as script:
        monkeypatch.setattr("sys.stdout", script)
        with writer_to("-") as write:
            write({"answer": [label]})
    assert (tmp_path / "said").read_text() == f"answer\n{label}\n"
