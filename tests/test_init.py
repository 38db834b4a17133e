"""`dlrun init`: what it proposes for a table, and that the config which it writes trains as it stands."""

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlrun.data.proposal import candidates, group_of, left_out, plain_target, shares_for, split_column_of
from dlrun.data.records import SourceColumn
from dlrun.experiment import read_config
from dlrun.inspection.first_config import config_path
from dlrun.inspection.first_look import look_at_file
from dlrun.inspection.first_settings import settings_for
from dlrun.records import flattened
from tests.commands import ROOT, dlrun
from tests.exported import REAL

ROWS = 240


def column(name, kind="number", *, distinct=50, rows=100, missing=0, levels=(), notes=()):
    counts = {level: rows // len(levels) for level in levels}
    distinct = len(levels) or distinct
    return SourceColumn(
        name, kind, "feature", "", ("1",), rows, missing, {}, distinct, low=0.0, high=1.0, levels=counts, notes=notes
    )


def a_table(path, *, target="churned", **further):
    """A table whose target follows from `usage`, with an id, a text, a constant and a copy of the target."""
    rng = np.random.default_rng(1)
    usage, age = rng.normal(size=ROWS), rng.integers(18, 80, ROWS)
    answer = np.where(usage + 0.3 * rng.normal(size=ROWS) > 0, "yes", "no")
    columns = {
        "customer_number": np.arange(1000, 1000 + ROWS),
        "usage": np.round(usage, 3),
        "age": age,
        "remark": [f"says {i} things about {i * 7}" for i in range(ROWS)],
        "country": ["NL"] * ROWS,
        "left": np.where(answer == "yes", "gone", "here"),
        **further,
        target: answer,
    }
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def values(path):
    return read_config(path).config


def test_the_config_of_a_file_loads_and_trains_as_it_stands(tmp_path):
    a_table(tmp_path / "customers.csv")
    done = dlrun("init", "customers.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "next: dlrun train customers.yaml"
    trained = dlrun("train", "customers.yaml", "--json", cwd=tmp_path)
    result = json.loads(trained.stdout)
    assert result["status"] == "finished"
    assert result["errors"]["test"] < result["baseline_error"] / 2


def test_what_is_left_out_is_said_with_its_reason(tmp_path):
    a_table(tmp_path / "customers.csv")
    told = dlrun("init", "customers.csv", cwd=tmp_path).stdout
    text = (tmp_path / "customers.yaml").read_text()
    assert values(tmp_path / "customers.yaml").data.drop == ("customer_number", "remark", "country", "left")
    for name, why in (
        ("customer_number", "names the rows, and says nothing about them"),
        ("remark", "240 different texts: a network would learn them by heart"),
        ("country", "the same value in every row"),
        ("left", "says the same as churned in other words"),
    ):
        assert f"left out {name}: {why}" in told
        line = next(line for line in text.splitlines() if line.startswith(f"    - {name} "))
        assert line.endswith(f"# {why}")


def test_a_column_that_only_resembles_the_target_is_kept(tmp_path):
    rng = np.random.default_rng(2)
    a_table(tmp_path / "customers.csv", nearly=rng.choice(["gone", "here"], ROWS))
    dlrun("init", "customers.csv", cwd=tmp_path)
    assert "nearly" not in values(tmp_path / "customers.yaml").data.drop


def test_the_config_finds_its_data_from_any_folder(tmp_path):
    for name in ("data", "configs", "elsewhere"):
        (tmp_path / name).mkdir()
    a_table(tmp_path / "data" / "customers.csv")
    done = dlrun("init", "data/customers.csv", "-o", "configs/first.yaml", cwd=tmp_path)
    assert "next: dlrun train configs/first.yaml" in done.stdout
    assert values(tmp_path / "configs" / "first.yaml").data.source == "../data/customers.csv"
    trained = dlrun("train", "../configs/first.yaml", "training.epochs=2", "--json", cwd=tmp_path / "elsewhere")
    assert json.loads(trained.stdout)["status"] == "finished"


def test_nothing_is_overwritten_without_force(tmp_path):
    a_table(tmp_path / "customers.csv")
    (tmp_path / "customers.yaml").write_text("mine")
    done = dlrun("init", "customers.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "dlrun: customers.yaml: is there already; --force overwrites it, -o names another file\n"
    assert (tmp_path / "customers.yaml").read_text() == "mine"
    assert dlrun("init", "customers.csv", "--force", cwd=tmp_path).returncode == 0
    assert values(tmp_path / "customers.yaml").data.target == "churned"


def test_the_data_are_never_overwritten(tmp_path):
    path = a_table(tmp_path / "customers.csv")
    before = path.read_bytes()
    done = dlrun("init", "customers.csv", "-o", "customers.csv", "--force", cwd=tmp_path)
    assert done.returncode == 2
    assert "is the data itself" in done.stderr
    assert path.read_bytes() == before


def test_where_the_target_is_not_plain_a_script_is_told_the_candidates(tmp_path):
    a_table(tmp_path / "customers.csv", target="answer")
    done = dlrun("init", "customers.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "dlrun: customers.csv: which column is to be predicted? Say --target COLUMN;"
        " it may be answer, left, usage, age\n"
    )
    assert not (tmp_path / "customers.yaml").exists()
    assert dlrun("init", "customers.csv", "--target", "answer", cwd=tmp_path).returncode == 0
    for wanted in (("--target", "-1"), ("data.target=answer",)):
        dlrun("init", "customers.csv", *wanted, "--force", cwd=tmp_path)
        assert values(tmp_path / "customers.yaml").data.target == "answer"


def test_a_person_at_a_terminal_is_asked_and_answers_by_number(tmp_path):
    a_table(tmp_path / "customers.csv", target="answer")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dlrun", "init", "customers.csv"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    os.write(ours, b"1\n")
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True
    )
    printed, _ = process.communicate(timeout=60)
    os.close(theirs)
    asked = os.read(ours, 10_000).decode()
    os.close(ours)
    assert process.returncode == 0
    assert "Which column is to be predicted?" in asked
    assert "1  answer" in asked
    assert printed.startswith("customers.yaml: predicts answer (chosen by hand)")


def test_a_target_that_does_not_exist_gets_the_closest_name(tmp_path):
    a_table(tmp_path / "customers.csv")
    done = dlrun("init", "customers.csv", "--target", "chruned", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "dlrun: --target: customers.csv has no column 'chruned'; did you mean churned?\n"


def test_in_json_it_says_what_it_proposes_and_asks_nothing(tmp_path):
    a_table(tmp_path / "customers.csv")
    told = json.loads(dlrun("init", "customers.csv", "--json", cwd=tmp_path).stdout)
    assert told["config"] == "customers.yaml"
    assert told["next"] == "dlrun train customers.yaml"
    assert told["text"] == (tmp_path / "customers.yaml").read_text()
    assert told["proposal"]["target"] == ["churned", "its name and its place say so"]
    assert [name for name, _ in told["proposal"]["drop"]] == ["customer_number", "remark", "country", "left"]


def test_keys_that_say_how_the_file_is_read_go_into_the_config(tmp_path):
    (tmp_path / "t.csv").write_text("a;b;y\n" + "".join(f"{i % 7};{i % 5};{i % 2}\n" for i in range(60)))
    done = dlrun("init", "t.csv", 'data.separator=";"', "data.drop=[a]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    data = values(tmp_path / "t.yaml").data
    assert (data.separator, data.drop, data.target) == (";", ("a",), "y")
    refused = dlrun("init", "t.csv", "network.width=3", "--force", cwd=tmp_path)
    assert refused.returncode == 2
    assert "network.width: says nothing on how the file is read" in refused.stderr


def test_names_that_yaml_would_take_for_something_else_come_back_as_they_are(tmp_path):
    names = ["no", "3", 'a "b": #c', "null", "y"]
    with (tmp_path / "t.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([1, 5, "same", i % 3, i % 2] for i in range(60))
    assert dlrun("init", "t.csv", "data.header=true", cwd=tmp_path).returncode == 0
    assert values(tmp_path / "t.yaml").data.drop == ("no", "3", 'a "b": #c')


def test_a_file_of_a_config_or_of_nothing_known_is_refused(tmp_path):
    (tmp_path / "c.yaml").write_text("data: {source: digits}")
    done = dlrun("init", "c.yaml", "-o", "d.yaml", cwd=tmp_path)
    assert (done.returncode, "dlrun train c.yaml trains it" in done.stderr) == (3, True)
    (tmp_path / "t.docx").write_text("a")
    done = dlrun("init", "t.docx", cwd=tmp_path)
    assert (done.returncode, "its ending is none of those that can be read" in done.stderr) == (3, True)


@pytest.mark.parametrize("verb", ["train", "gradcheck", "probe", "recipe", "config"])
def test_a_table_in_place_of_a_config_is_named_with_what_would_write_one(verb, tmp_path):
    a_table(tmp_path / "my customers.csv")
    done = dlrun(verb, "my customers.csv", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr == (
        "dlrun: my customers.csv: holds data, not a config; dlrun init 'my customers.csv' writes its config\n"
    )


def test_a_config_may_have_an_ending_of_data(tmp_path):
    (tmp_path / "c.txt").write_text("data: {source: iris}\n")
    assert dlrun("config", "c.txt", cwd=tmp_path).returncode == 0


def test_a_missing_source_suggests_only_regular_files_that_can_be_read(tmp_path):
    for name in ("tabel.yaml", "tablo.docx"):
        (tmp_path / name).write_text("data: {source: table.csv}\n")
    (tmp_path / "tabl.csv").mkdir()
    os.mkfifo(tmp_path / "tables.csv")
    done = dlrun("train", "tabel.yaml", cwd=tmp_path)
    assert done.returncode == 3
    assert "did you mean" not in done.stderr
    (tmp_path / "tabbe.tsv").write_text("a\tb\n1\t2\n")
    assert "did you mean tabbe.tsv?" in dlrun("train", "tabel.yaml", cwd=tmp_path).stderr


# The target


@pytest.mark.parametrize(
    ("columns", "plain"),
    [
        ([column("target", "flag"), column("a"), column("b")], "target"),
        ([column("a"), column("y"), column("b")], "y"),
        ([column("survived", "flag"), column("a"), column("class", "category", levels="ab"), column("b")], "survived"),
        ([column("species", "category", levels="abc"), column("a"), column("sex", "flag")], "species"),
        ([column("a"), column("b"), column("Exited", "flag")], "Exited"),
        ([column("x0"), column("x1"), column("x2", "flag")], "x2"),
        ([column("x0"), column("x1"), column("x2")], "x2"),
        ([column("x0", "id"), column("only"), column("note", "text")], "only"),
        # not plain
        ([column("y"), column("target"), column("b")], None),
        ([column("a"), column("class", "category", levels="ab"), column("b")], None),
        ([column("quality"), column("a"), column("price")], None),
        ([column("a"), column("b"), column("c", "flag")], None),
        ([column("x0", "category", levels="abc"), column("x1"), column("x2")], None),
        ([column("a"), column("b"), column("target", "id")], None),
        ([column("a"), column("b"), column("target", distinct=1)], None),
    ],
)
def test_the_target_is_taken_where_it_is_plain_and_nowhere_else(columns, plain):
    found = plain_target(columns)
    assert (found and found.name) == plain


def test_candidates_are_the_likeliest_first_and_no_identity():
    columns = [
        column("id", "id"),
        column("age"),
        column("label", "flag"),
        column("note", "text"),
        column("sex", "flag"),
    ]
    assert candidates(columns) == ("label", "sex", "age")


# The roles


def test_only_what_teaches_nothing_is_left_out():
    columns = [
        column("id", "id"),
        column("note", "text", distinct=90),
        column("one", distinct=1),
        column("one_or_none", distinct=1, missing=3),
        column("none", "empty", distinct=0),
        column("age"),
        column("day", "date"),
        column("y", "flag"),
    ]
    assert [name for name, _ in left_out(columns, "y", keep=["note"])] == ["id", "one", "none"]


def test_a_subject_of_several_rows_keeps_them_together_and_one_of_each_row_does_not():
    assert group_of([column("patient_id", distinct=30, rows=100), column("y")], "y").name == "patient_id"
    assert group_of([column("patient_id", distinct=90, rows=100), column("y")], "y") is None
    assert group_of([column("patient_id", distinct=3, rows=100), column("y")], "y") is None
    assert group_of([column("age", distinct=30, rows=100), column("y")], "y") is None
    assert group_of([column("patient_id", distinct=30, rows=100, missing=1), column("y")], "y") is None


def test_a_ready_made_split_is_used_if_it_has_rows_to_choose_by():
    with_dev = column("part", "category", levels=("Train", "valid", "test"))
    assert split_column_of([with_dev, column("y")], "y")[0].name == "part"
    without = column("part", "category", levels=("train", "test"))
    assert (split_column_of([without, column("y")], "y")[0], split_column_of([without], "y")[1].name) == (None, "part")
    assert split_column_of([column("part", "category", levels=("train", "bus"))], "y") == (None, None)


def test_a_split_column_and_a_group_are_written_and_train(tmp_path):
    parts = ["train"] * 140 + ["dev"] * 50 + ["test"] * 50
    a_table(tmp_path / "parts.csv", part=parts)
    assert dlrun("init", "parts.csv", cwd=tmp_path).returncode == 0
    assert values(tmp_path / "parts.yaml").data.split_column == "part"
    a_table(tmp_path / "groups.csv", session=[i % 60 for i in range(ROWS)])
    assert dlrun("init", "groups.csv", cwd=tmp_path).returncode == 0
    assert values(tmp_path / "groups.yaml").data.group == "session"
    for name in ("parts", "groups"):
        trained = dlrun("train", f"{name}.yaml", "training.epochs=2", "--json", cwd=tmp_path)
        assert json.loads(trained.stdout)["status"] == "finished"


def test_counts_with_rare_values_are_a_regression_and_a_rare_word_is_dropped(tmp_path):
    rng = np.random.default_rng(3)
    visits = [*rng.poisson(2, 198).tolist(), 14, 15]
    lines = "".join(f"{rng.normal():.3f},{rng.normal():.3f},{n}\n" for n in visits)
    (tmp_path / "visits.csv").write_text("a,b,visits\n" + lines)
    assert dlrun("init", "visits.csv", "--target", "visits", cwd=tmp_path).returncode == 0
    assert values(tmp_path / "visits.yaml").data.task == "regression"
    words = ["no", "yes"] * 99 + ["perhaps", "no"]
    (tmp_path / "words.csv").write_text(
        "a,b,y\n" + "".join(f"{i % 11},{i % 13},{word}\n" for i, word in enumerate(words))
    )
    assert dlrun("init", "words.csv", cwd=tmp_path).returncode == 0
    text = (tmp_path / "words.yaml").read_text()
    assert "rare_classes: drop" in text
    assert "class perhaps with 1 row cannot be in every split" in text


# The split and the settings


@pytest.mark.parametrize(
    ("rows", "dev"),
    [(100, 0.2), (10_000, 0.2), (25_000, 0.2), (50_000, 0.1), (250_000, 0.02), (10**6, 0.01), (10**8, 0.01)],
)
def test_the_split_suits_the_rows(rows, dev):
    shares = shares_for(rows)
    assert shares == {"train": round(1 - 2 * dev, 2), "dev": dev, "test": dev}
    assert abs(sum(shares.values()) - 1) < 1e-9


def test_settings_are_those_of_a_bare_config_and_inputs_are_piecewise_where_that_is_cheap(tmp_path):
    for numbers, encoding in ((0, None), (1, "piecewise"), (100, "piecewise"), (101, None)):
        settings = {key: setting.value for key, setting in settings_for(numbers).items()}
        assert settings.pop("data.encoding", None) == encoding
        (tmp_path / "bare.yaml").write_text("data: {source: iris}")
        bare = flattened(read_config(tmp_path / "bare.yaml").config.to_dict())
        assert settings == {key: bare[key] for key in settings}
        assert len(settings) == 7


@pytest.mark.parametrize(
    ("file", "config"), [("a.csv", "a.yaml"), ("x/My.Table.CSV", "My.Table.yaml"), ("b.v2.parquet", "b.v2.yaml")]
)
def test_a_config_has_the_name_of_its_file(file, config):
    assert config_path(Path(file)) == Path(config)


@pytest.mark.skipif(not REAL.is_dir(), reason="the public tables are not here")
@pytest.mark.parametrize(
    ("name", "target", "drop"),
    [
        ("titanic", "survived", ("alive",)),
        ("penguins", "species", ()),
        ("churn", "Exited", ("RowNumber", "CustomerId", "Surname")),
        ("german", "x20", ()),
        ("phoneme", "x5", ()),
        ("sonar", "x60", ()),
        ("winequality-white", "x11", ()),
    ],
)
def test_public_tables_get_the_config_that_a_careful_person_would_write(name, target, drop, tmp_path):
    done = dlrun("init", REAL / f"{name}.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    data = values(tmp_path / f"{name}.yaml").data
    assert (data.target, data.drop) == (target, drop)
    assert len((tmp_path / f"{name}.yaml").read_text().splitlines()) <= 30


def test_the_first_look_at_a_file_gives_no_column_a_role(tmp_path):
    look = look_at_file(a_table(tmp_path / "t.csv"))
    assert {column.role for column in look.columns} == {"feature"}
