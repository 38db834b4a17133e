"""`dlrun data`: how columns are shown before anything is trained, on a terminal, in JSON and as a page."""

import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from dlrun.data.records import SourceColumn
from dlrun.inspection.data_look import DataLook
from dlrun.report.columns import MOST_COLUMNS, becomes, columns_table, missing_words, show_data, values_words
from dlrun.report.page import data_page
from dlrun.report.page.columns import columns_section, of_columns
from tests.commands import dlrun
from tests.pages import HOSTILE
from tests.test_init import a_table

AGE = SourceColumn(
    "age", "number", "feature", "decimal comma", ("22", "38,5"), 200, 50, {"": 40, "NA": 10}, 60,
    low=0.42, high=80.0, counts=(1, 5, 2), features=("age", "age is missing"), notes=("'-' was taken as missing",),
)  # fmt: skip
SEX = SourceColumn(
    "sex", "category", "feature", "", ("male", "female"), 200, 0, {}, 5,
    levels={"male": 120, "female": 70, "other": 7, " x": 2, "y": 1},
    features=("sex=male", "sex=female", "sex=other", "sex=x", "sex=y"),
)  # fmt: skip
DAY = SourceColumn(
    "day", "date", "feature", "day first", ("01.02.2024",), 200, 0, {}, 90,
    low="2024-01-01", high="2024-04-01", counts=(3, 3), features=("day", "day weekday sin", "day weekday cos"),
)  # fmt: skip
NOTE = SourceColumn("note", "text", "left out", "", ("fine", "so so"), 200, 0, {}, 180)
COLUMNS = (AGE, SEX, DAY, NOTE, replace(SEX, name="y", role="target"))


def look(columns=COLUMNS, **further):
    return DataLook("t.csv", 200, tuple(columns), (), None, **further)


def shown(looked, width):
    console = Console(width=width, markup=False, emoji=False, highlight=False, no_color=True)
    with console.capture() as captured:
        show_data(looked, console)
    return captured.get()


def test_a_column_is_told_in_words():
    assert values_words(AGE) == "0.42 to 80 (decimal comma)"
    assert values_words(SEX) == "male 120, female 70, other 7, 2 more"
    assert values_words(DAY) == "2024-01-01 to 2024-04-01 (day first)"
    assert values_words(NOTE) == "180 different: fine, so so"
    assert values_words(replace(AGE, low=1.0, high=1234567.5, form="")) == "1 to 1,234,568"
    assert missing_words(AGE) == "25.0% (empty 40, NA 10)"
    assert missing_words(AGE, with_markers=False) == "25.0%"
    assert missing_words(SEX) == ""


def test_what_a_network_gets_of_a_column_is_told():
    assert becomes(AGE) == "number, gaps marked"
    assert becomes(SEX) == "5 columns of 0/1"
    assert becomes(replace(SEX, kind="flag", features=("sex",))) == "0/1"
    assert becomes(DAY) == "3: day, day weekday sin, day weekday cos"
    assert [becomes(column) for column in COLUMNS[3:]] == ["left out", "the target"]
    assert becomes(replace(AGE, features=())) == "left out"
    for role in ("group", "order", "split_column"):
        assert becomes(replace(AGE, role=role)) not in ("left out", "number")


@pytest.mark.parametrize("width", [80, 110, 200])
def test_the_table_has_a_line_for_each_column_and_fits_the_terminal(width):
    console = Console(width=width, no_color=True)
    long = replace(SEX, name="a column with a very long name " * 3, levels={"a long level " * 9: 3})
    with console.capture() as captured:
        console.print(columns_table([*COLUMNS, long], width))
    lines = captured.get().splitlines()
    assert len(lines) == len(COLUMNS) + 2
    assert max(map(len, lines)) <= width
    assert ("examples" in lines[0]) == (width >= 110)
    assert "number, gaps marked" in lines[1]


def test_many_columns_are_cut_and_said_so():
    many = [replace(AGE, name=f"c{i}", notes=()) for i in range(MOST_COLUMNS + 7)]
    text = shown(look(many), 80)
    assert f"c{MOST_COLUMNS - 1} " in text
    assert f"c{MOST_COLUMNS} " not in text
    assert "and 7 columns more, which --json and --html show" in text


def test_what_is_odd_is_told_with_its_column():
    assert "note: age: '-' was taken as missing" in shown(look(), 80)
    assert "no split: which column?" in shown(look(lacking="which column?"), 80)


def test_a_file_is_shown_as_init_would_have_it(tmp_path):
    a_table(tmp_path / "customers.csv")
    done = dlrun("data", "customers.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("remark"))
    assert line.split()[1] == "text"
    assert line.rstrip().endswith("left out")
    assert "split at random, stratified by class: train 144, dev 48, test 48" in done.stdout
    assert "target churned, binary" in done.stdout
    assert not (tmp_path / "customers.yaml").exists()
    assert not (tmp_path / "runs").exists()


def test_a_file_without_a_plain_target_shows_its_columns_and_says_what_to_type(tmp_path):
    a_table(tmp_path / "customers.csv", target="answer")
    done = dlrun("data", "customers.csv", cwd=tmp_path, COLUMNS="300")
    assert done.returncode == 0
    assert "say data.target=COLUMN, it may be answer, left, usage, age" in done.stdout
    assert "split at random" not in done.stdout
    assert "target answer, binary" in dlrun("data", "customers.csv", "data.target=answer", cwd=tmp_path).stdout


def test_a_target_that_cannot_be_learned_still_shows_the_columns(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n" + "".join(f"{i % 7},{i % 5},{i}.5\n" for i in range(60)))
    done = dlrun("data", "t.csv", "data.target=a", "data.task=binary", cwd=tmp_path)
    assert done.returncode == 0
    assert "no split: " in done.stdout
    assert "data.task is binary" in " ".join(done.stdout.split())


def test_a_config_is_shown_with_its_own_choices_and_in_json_with_all(tmp_path):
    a_table(tmp_path / "customers.csv")
    (tmp_path / "c.yaml").write_text("data: {source: customers.csv, target: age, task: regression, drop: [left]}\n")
    told = json.loads(dlrun("data", "c.yaml", "data.drop=[usage]", "--json", cwd=tmp_path).stdout)
    roles = {column["name"]: column["role"] for column in told["columns"]}
    assert (roles["age"], roles["usage"], roles["left"]) == ("target", "left out", "feature")
    assert told["facts"]["task"] == "regression"
    assert told["rows"] == 240
    assert "proposed" not in told
    of_file = json.loads(dlrun("data", "customers.csv", "--json", cwd=tmp_path).stdout)
    assert of_file["proposed"]["target"][0] == "churned"
    assert [column["name"] for column in of_file["columns"]] == list(roles)


def test_a_broken_config_is_an_error_as_for_train(tmp_path):
    (tmp_path / "c.yaml").write_text("data: {source: gone.csv}\n")
    done = dlrun("data", "c.yaml", cwd=tmp_path)
    assert (done.returncode, "gone.csv: no such file" in done.stderr) == (3, True)


def test_the_page_has_a_row_and_a_histogram_for_each_column(tmp_path):
    a_table(tmp_path / "customers.csv")
    done = dlrun("data", "customers.csv", "--html", "page.html", cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "page: page.html"
    page = (tmp_path / "page.html").read_text()
    for name in ("usage", "age", "left", "churned"):
        assert f'<th scope="row">{name}</th>' in page
        assert f'aria-label="Histogram of {name}: ' in page
    assert "Histogram of remark" not in page
    assert "Data and split" in page


def test_bars_have_the_heights_of_their_counts():
    picture = of_columns([AGE]).rows[0].picture
    heights = [float(height) for height in re.findall(r'<rect class="bar"[^>]* height="([\d.]+)"', picture)]
    assert heights == pytest.approx([27 / 5, 27, 27 * 2 / 5], abs=0.01)


def test_hostile_names_stand_on_the_page_as_text():
    columns = [replace(AGE, name=name, notes=(name,)) for name in HOSTILE]
    columns += [replace(SEX, levels=dict.fromkeys(HOSTILE, 3), examples=HOSTILE)]
    page = data_page(look(columns))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_run_without_kept_columns_has_no_such_section():
    assert columns_section(None) is None


def test_the_page_of_a_run_shows_its_columns(tmp_path):
    from dlrun.experiment import read_config, run
    from dlrun.inspection import contents
    from dlrun.report.page import run_page

    a_table(tmp_path / "customers.csv")
    (tmp_path / "c.yaml").write_text("data: {source: customers.csv}\ntraining: {epochs: 2}\n")
    shown_run = contents(run(read_config(tmp_path / "c.yaml"), tmp_path / "runs").folder)
    with_columns = replace(shown_run.run, data=replace(shown_run.run.data, source_columns=COLUMNS, notes=("UTF-16",)))
    page = run_page(replace(shown_run, run=with_columns))
    assert '<h2 id="h-columns">Columns</h2>' in page
    assert "Histogram of age: 0.42 to 80 (decimal comma)" in page
    assert "UTF-16" in page
    without = replace(shown_run.run, data=replace(shown_run.run.data, source_columns=None))
    assert "h-columns" not in run_page(replace(shown_run, run=without))
