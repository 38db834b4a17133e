"""Runs beside each other: what is compared with what, in which order, in which forms; metrics as CSV and JSON."""

import csv
import io
import json
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from rich.console import Console

from dlrun.cli.app import app_with
from dlrun.cli.guard import guarded
from dlrun.config import load_config
from dlrun.errors import UsageError
from dlrun.inspection import compare
from dlrun.inspection.comparison import ComparedRun, Comparison
from dlrun.nn.training import EpochRecord
from dlrun.records import BySplit
from dlrun.report import comparison_csv, comparison_markdown, show_comparison
from dlrun.report.page import comparison_page
from dlrun.report.page.comparison import letter, mean_points
from dlrun.report.page.key_axis import key_axis
from dlrun.statistics.paired import Paired
from dlrun.store import change_tags, find_run, find_runs
from tests.trainings import run

MOONS = """
name: moons
data: {source: moons, samples: 300, noise: 0.3, split: {train: 60, dev: 120, test: 120}}
network: {width: 8}
training: {epochs: 30, learning_rate: 0.01}
"""
SOUND = {"width": 200, "color_system": None}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with three runs named moons, one of other rows, one of other data, and two regressions."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "moons.yaml").write_text(MOONS)
    wanted = [("regularization.lambda=0",), ("regularization.lambda=10",), ("network.width=2",)]
    wanted += [("seed=1", "name=other_rows"), ("data.noise=0.1", "name=other_data")]
    regression = ("data={source: diabetes}", "training.epochs=5", "name=sugar")
    wanted += [regression, (*regression, "network.width=2")]
    for overrides in wanted:
        run(load_config(folder / "moons.yaml", overrides), folder / "runs")
    return folder


def of(runs, *references, **options):
    return compare([find_runs(runs / "runs", reference) for reference in references], **options)


def screen(comparison, **options):
    console = Console(file=io.StringIO(), **(SOUND | options))
    show_comparison(comparison, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def correct(runs, run_id):
    return find_run(runs / "runs", run_id).read_arrays("predictions.npz")["dev_correct"]


def test_a_name_stands_for_all_its_runs_and_the_best_of_them_is_what_the_others_are_compared_with(runs):
    found = of(runs, "moons")
    errors = [row.errors.dev for row in found.runs]
    assert len(errors) == 3
    assert errors == sorted(errors)
    assert found.first == found.runs[0].run_id
    assert found.runs[0].difference is None
    assert sorted(found.keys) == ["network.width", "regularization.lambda"]
    assert {tuple(row.config.values()) for row in found.runs} == {(8, 0.0), (8, 10.0), (2, 0.0)}


def test_a_difference_is_that_of_the_dev_errors_and_its_rows_are_those_of_the_predictions(runs):
    found = of(runs, "moons")
    first = correct(runs, found.first)
    for row in found.runs[1:]:
        this, difference = correct(runs, row.run_id), row.difference
        assert difference.difference == pytest.approx(row.errors.dev - found.runs[0].errors.dev)
        assert difference.only_this_wrong == np.sum(~this & first)
        assert difference.rows == 120


def test_a_regression_is_compared_by_its_own_error(runs):
    one, other = of(runs, "sugar").runs
    low, high = other.difference.interval
    assert other.difference.difference == pytest.approx(other.errors.dev - one.errors.dev)
    assert low < other.difference.difference < high
    assert other.difference.only_this_wrong is None


def test_other_rows_and_other_data_are_not_comparable(runs):
    reasons = {row.name: row.not_comparable for row in of(runs, "moons", "other_rows", "other_data", "sugar").runs}
    assert reasons == {"moons": None, "other_rows": "other data", "other_data": "other data", "sugar": "other data"}


def test_another_split_of_the_same_rows_is_not_comparable(runs):
    folder = find_run(runs / "runs", "moons")
    kept = folder.read_json("run.json")
    folder.write_json("run.json", kept | {"split_sha256": "0" * 64})
    reasons = [row.not_comparable for row in of(runs, "moons").runs]
    folder.write_json("run.json", kept)
    assert "other dev rows" in reasons


def test_a_run_without_predictions_or_errors_is_shown_and_not_compared(runs):
    worst = of(runs, "moons").runs[-1].run_id
    folder = find_run(runs / "runs", worst)
    kept = {name: folder.read_bytes(name) for name in ("predictions.npz", "result.json")}
    (folder.path / "predictions.npz").unlink()
    without_predictions = of(runs, "moons").runs[-1]
    (folder.path / "result.json").unlink()
    crashed = of(runs, "moons", order="given")
    for name, data in kept.items():
        folder.write_bytes(name, data)
    assert without_predictions.not_comparable == "its predictions were not kept"
    row = next(row for row in crashed.runs if row.run_id == worst)
    assert (row.status, row.not_comparable) == ("crashed", "no dev error")
    assert f"{worst} (crashed)" in screen(crashed)


def test_a_tag_stands_for_its_runs_and_no_run_is_there_twice(runs):
    moons = find_runs(runs / "runs", "moons")
    for folder in moons[:2]:
        change_tags(folder, ["kept"], [])
    found = of(runs, moons[1].id, "kept", order="given")
    assert [row.run_id for row in found.runs] == [moons[1].id, moons[0].id]
    assert found.first == moons[1].id
    assert found.keys == ("regularization.lambda", "network.width") or len(found.keys) == 2


def test_runs_are_sorted_by_an_error_or_a_key(runs):
    by_lambda = of(runs, "moons", order="regularization.lambda").runs
    assert [row.config["regularization.lambda"] for row in by_lambda] == [0.0, 0.0, 10.0]
    by_train = [row.errors.train for row in of(runs, "moons", order="train").runs]
    assert by_train == sorted(by_train)
    with pytest.raises(UsageError, match="--sort: got 'lambda'; expected train, dev, test, given or a config key"):
        of(runs, "moons", order="lambda")


def test_one_run_alone_is_refused(runs):
    with pytest.raises(UsageError, match="one run alone"):
        of(runs, "other_rows", "other_rows")


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_escapes_what_comes_from_outside_and_names_its_runs_by_letters():
    curves = {"a": [EpochRecord(1, 1.0, 1.0, 0.0, 0.01, dev_error=0.2, train_error=0.1, dev_loss=1.0)], "b": []}
    first, second, third = COMPARISON.runs
    hostile = replace(third, config={"regularization.lambda": "<script>alert(1)</script>"})
    page = comparison_page(replace(COMPARISON, runs=(first, second, hostile)), curves)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 2  # in the table and in the words of the figure
    assert "Dev error against epoch for each run; in the end A 20.0%" in page
    assert '<th scope="row">C</th>' in page


def places(values):
    place, ticks, is_number, *_ = key_axis(values)
    return [place(value) for value in values], [text for _, text in ticks], is_number


def test_numbers_that_span_much_stand_in_even_steps_with_nothing_to_their_left():
    at, texts, is_number = places([0, 0.01, 0.1, 1, 10])
    assert is_number
    assert texts == ["0.01", "0.1", "1", "10", "0"] or set(texts) >= {"0", "0.01", "0.1", "1", "10"}
    steps = [right - left for left, right in pairwise(at[1:])]
    assert steps == pytest.approx([steps[0]] * 3, abs=0.2)
    assert at[0] < at[1]


def test_other_numbers_stand_in_proportion_and_words_side_by_side():
    at, _, is_number = places([2, 4, 8])
    assert is_number
    assert at[2] - at[1] == pytest.approx(2 * (at[1] - at[0]), abs=0.3)
    at, texts, is_number = places(["tanh", "relu", None, True])
    assert not is_number
    assert len(set(at)) == 4
    assert set(texts) == {"tanh", "relu", "null", "true"}


def test_of_runs_at_one_place_the_line_goes_through_the_mean():
    assert mean_points([(2.0, 5.0), (1.0, 1.0), (1.0, 3.0)]) == [(1.0, 2.0), (2.0, 5.0)]


def test_letters_go_on_past_z():
    assert [letter(number) for number in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]


# --- forms ----------------------------------------------------------------------------------------------------------


def row(run_id, value, dev, **changes):
    known = {
        "run_id": run_id,
        "name": "demo",
        "status": "finished",
        "tags": (),
        "task": "multiclass",
        "config": {"regularization.lambda": value},
        "errors": BySplit(0.01, dev, None),
        "intervals": BySplit(None, (dev / 2, dev * 2), None),
        "epochs": 30,
        "best_epoch": None,
        "seconds": 1.0,
    }
    return ComparedRun(**known | changes)


DIFFERENCE = Paired(
    difference=0.01,
    interval=(-0.002, 0.03),
    p_value=0.0412,
    confidence=0.9,
    rows=200,
    only_this_wrong=5,
    only_other_wrong=3,
    method="exact McNemar test",
)
COMPARISON = Comparison(
    first="a",
    keys=("regularization.lambda",),
    confidence=0.9,
    runs=(
        row("a", 0.1, 0.1),
        row("b", None, 0.11, difference=DIFFERENCE),
        row("c", "x|[bold]\x1b", 0.2, not_comparable="other data", status="interrupted"),
    ),
)


def test_the_table_shows_what_differs_and_says_what_the_columns_are():
    assert screen(COMPARISON) == (
        "run              lambda    train                 dev  test                  difference      p\n"
        "a                0.1        1.0%   10.0% [5.0, 20.0]     -                   the first\n"
        "b                -          1.0%   11.0% [5.5, 22.0]     -          +1.0 [-0.20, +3.0]  0.041\n"
        "c (interrupted)  x|[bold]   1.0%  20.0% [10.0, 40.0]     -  not comparable: other data\n"
        "difference: points of dev error above a, on the same 200 dev rows, [90% interval]; p: exact McNemar test"
    )


def test_where_the_table_does_not_fit_each_run_has_its_own_lines():
    assert screen(COMPARISON, width=60).splitlines()[4:8] == [
        "b",
        "  lambda -",
        "  train 1.0%  dev 11.0% [5.5, 22.0]  test -",
        "  difference +1.0 [-0.20, +3.0]  p 0.041",
    ]


def test_keys_that_end_alike_are_written_whole():
    keys = ("a.lambda", "b.lambda", "c.width")
    rows = [replace(item, config=dict.fromkeys(keys, 1)) for item in COMPARISON.runs]
    assert screen(replace(COMPARISON, keys=keys, runs=tuple(rows))).split()[1:4] == ["a.lambda", "b.lambda", "width"]


def test_markdown_is_a_table_whose_cells_nobody_can_leave():
    lines = comparison_markdown(COMPARISON).splitlines()
    assert lines[0] == "| run | lambda | train | dev | test | difference | p |"
    assert lines[3] == "| b | - | 1.0% | 11.0% [5.5, 22.0] | - | +1.0 [-0.20, +3.0] | 0.041 |"
    assert lines[4].startswith("| c (interrupted) | x\\|[bold] | ")


def test_csv_has_whole_numbers_and_whole_keys():
    rows = list(csv.DictReader(io.StringIO(comparison_csv(COMPARISON))))
    assert rows[1]["regularization.lambda"] == ""
    assert rows[1]["dev_error"] == "0.11"
    assert [rows[1][key] for key in ("dev_lower", "difference", "difference_upper", "p_value")] == [
        "0.055",
        "0.01",
        "0.03",
        "0.0412",
    ]
    assert rows[2]["not_comparable"] == "other data"


@pytest.fixture
def command(runs, monkeypatch, capsys):
    """A command line, carried out in this process: (exit status, standard output, standard error)."""

    def carried_out(*arguments):
        monkeypatch.setattr(sys, "argv", ["dlrun", *arguments])
        status = guarded(lambda: app_with()([*arguments, "--runs-dir", str(runs / "runs")], standalone_mode=False))
        return status, *capsys.readouterr()

    return carried_out


def test_the_command_prints_each_form(command):
    printed = {form: command("compare", "moons", *form) for form in ((), ("--csv",), ("--md",), ("--json",))}
    assert [(status, errors) for status, _, errors in printed.values()] == [(0, "")] * 4
    assert "exact McNemar" in printed[()][1]
    assert len(list(csv.reader(io.StringIO(printed[("--csv",)][1])))) == 4
    assert printed[("--md",)][1].startswith("| run |")
    assert json.loads(printed[("--json",)][1])["runs"][0]["difference"] is None


def test_the_command_counts_as_a_look_at_the_test_set(command):
    first, second = (json.loads(command("compare", "moons", "--json")[1])["test_look"] for _ in range(2))
    assert second == first + 3


def test_the_command_writes_a_page(command, tmp_path):
    status, output, _ = command("compare", "moons", "--html", str(tmp_path / "c.html"))
    assert (status, output) == (0, f"{tmp_path}/c.html\n")
    page = (tmp_path / "c.html").read_text()
    assert page.count("<svg") == 3 + 2  # three curves, and a figure for each of the two keys
    assert "Dev error against regularization.lambda. 0.0: " in page


def test_the_command_refuses_two_forms_and_one_run(command):
    assert command("compare", "moons", "--csv", "--md")[0] == 2
    status, output, errors = command("compare", "other_data")
    assert (status, output) == (2, "")
    assert "one run alone" in errors
    assert command("compare", "nobody")[0] == 6


def test_metrics_are_shown_as_csv_and_json(runs, command):
    kept = find_run(runs / "runs", "sugar").read_lines("metrics.jsonl")
    shown = list(csv.DictReader(io.StringIO(command("show", "sugar", "--metrics", "--csv")[1])))
    assert [float(line["cost"]) for line in shown] == [line["cost"] for line in kept]
    assert [line["epoch"] for line in shown] == ["1", "2", "3", "4", "5"]
    assert json.loads(command("show", "sugar", "--metrics", "--json")[1])["metrics"] == kept


@pytest.mark.parametrize("options", [("--metrics",), ("--csv",), ("--metrics", "--csv", "--json")])
def test_metrics_want_exactly_one_form(command, options):
    status, output, errors = command("show", "sugar", *options)
    assert status == 2
    assert "beside it" in output + errors
