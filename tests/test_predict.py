"""`dlrun predict`: a row in, a row out, prepared as in training, and what the network cannot know is told."""

import csv
import gzip
import io
import json
from unittest import mock

import numpy as np
import polars as pl
import pytest

from dlrun.data import Reading
from dlrun.data.readers import pieces
from dlrun.model import load_model
from dlrun.store import RunFolder
from tests.commands import dlrun, process

ROWS = 300
READING = Reading("long.csv", target="bought", header=True)
HEADER = ("id", "age", "fare", "city", "member", "joined", "size", "weight")


def cells(rng, i):
    """A row as people write it: a decimal comma, a flag, a day first, an order, and gaps in the weight."""
    day = np.datetime64("2020-03-01") + np.timedelta64(rng.integers(0, 900), "D")
    return {
        "id": str(1000 + i),
        "age": str(int(rng.integers(18, 80))),
        "fare": f"{rng.normal(30, 8):.2f}".replace(".", ","),
        "city": str(rng.choice(["Oslo", "Paris", "Rome"])),
        "member": str(rng.choice(["ja", "nein"])),
        "joined": "{2}.{1}.{0}".format(*str(day).split("-")),
        "size": str(rng.choice(["low", "mid", "high"])),
        "weight": "" if rng.random() < 0.2 else f"{rng.normal(70, 9):.1f}".replace(".", ","),
    }


def number(text):
    return float(text.replace(",", "."))


def write_csv(path, rows, *, separator=";"):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a table, and a run of it for each task: `classes`, `three` and `amount`."""
    folder = tmp_path_factory.mktemp("predict")
    rng = np.random.default_rng(5)
    rows = [cells(rng, i) for i in range(ROWS)]
    for row in rows:
        score = number(row["fare"]) / 8 + (row["city"] == "Rome") * 2 + (row["member"] == "ja") + rng.normal()
        row |= {"bought": "yes" if score > 5 else "no", "grade": "abc"[int(np.clip(score - 3, 0, 2))]}
        row["amount"] = f"{score:.3f}".replace(".", ",")
    write_csv(folder / "table.csv", rows)
    for name, target in {"classes": "bought", "three": "grade", "amount": "amount"}.items():
        others = [other for other in ("bought", "grade", "amount", "id") if other != target]
        (folder / f"{name}.yaml").write_text(
            f"name: {name}\ndata: {{source: table.csv, target: {target}, drop: [{', '.join(others)}],"
            " ordered: [[low, mid, high]]}\nnetwork: {width: 8}\ntraining: {epochs: 5}\n"
        )
        done = dlrun("train", f"{name}.yaml", "-q", cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def table_rows(place):
    with (place / "table.csv").open() as file:
        return list(csv.DictReader(file, delimiter=";"))


def predicted(place, run, file, *words):
    """The answers, a dict a row, and what stands on standard error."""
    done = dlrun("predict", run, file, "-q", *words, cwd=place)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout))), done.stderr


def told(place, run, rows, *words):
    """The record of a prediction of these rows, and its answers with a `check` column."""
    write_csv(place / "new.csv", rows)
    done = dlrun("predict", run, "new.csv", "-q", "--check", "-o", "out.csv", "--json", *words, cwd=place)
    assert done.returncode == 0, done.stdout
    with (place / "out.csv").open() as file:
        return json.loads(done.stdout), list(csv.DictReader(file))


@pytest.mark.parametrize("run", ["classes", "three", "amount"])
def test_answers_are_those_that_the_run_kept(place, run):
    answers, _ = predicted(place, run, "table.csv")
    folder = next(path for path in (place / "runs").iterdir() if f"-{run}-" in path.name)
    kept = np.load(folder / "predictions.npz")
    assert len(answers) == ROWS
    for split in ("train", "dev", "test"):
        outputs, rows = kept[f"{split}_outputs"], kept[f"{split}_rows"]
        here = [answers[row] for row in rows]
        if run == "amount":
            assert np.allclose([float(row["prediction"]) for row in here], outputs[:, 0], atol=1e-5)
            continue
        names = [name for name in here[0] if name.startswith("probability ")]
        shares = np.array([[float(row[name]) for name in names] for row in here])
        # Single precision: 2e-7 was the largest distance.
        assert np.allclose(shares[:, 1:] if outputs.shape[1] == 1 else shares, outputs, atol=1e-6)
        right = [row["prediction"] == table["bought" if run == "classes" else "grade"]
                 for row, table in zip(here, [table_rows(place)[row] for row in rows], strict=True)]  # fmt: skip
        assert right == kept[f"{split}_correct"].tolist()


def test_columns_are_found_by_name_in_any_order_and_others_are_left_out_and_told(place):
    rows = table_rows(place)
    expected, _ = predicted(place, "classes", "table.csv")
    shuffled = [{name: row[name] for name in (*HEADER[::-1],)} | {"new one": "7"} for row in rows]
    write_csv(place / "shuffled.csv", shuffled)
    answers, beside = predicted(place, "classes", "shuffled.csv")
    assert answers == expected
    assert "left out, for training did not have them: new one" in beside
    assert "'id'" not in beside
    assert "error" not in beside


def test_with_the_target_the_error_is_told_with_its_interval(place):
    record, _ = told(place, "classes", table_rows(place))
    errors = record["errors"]
    answers, _ = predicted(place, "classes", "table.csv")
    wrong = np.mean(
        [row["prediction"] != table["bought"] for row, table in zip(answers, table_rows(place), strict=True)]
    )
    assert errors["rows"] == ROWS
    assert errors["error"] == pytest.approx(wrong)
    assert errors["interval"][0] < wrong < errors["interval"][1]
    assert "rmse" not in errors


def test_a_regression_tells_the_errors_in_its_own_units(place):
    record, answers = told(place, "amount", table_rows(place))
    truth = np.array([number(row["amount"]) for row in table_rows(place)])
    distance = np.array([float(row["prediction"]) for row in answers]) - truth
    errors = record["errors"]
    assert errors["rmse"] == pytest.approx(np.sqrt(np.mean(distance**2)))
    assert errors["mae"] == pytest.approx(np.mean(np.abs(distance)))
    assert errors["error"] == pytest.approx(np.mean(distance**2) / np.var(truth))
    assert errors["interval"][0] < errors["error"] < errors["interval"][1]


def test_rows_without_a_target_do_not_count_and_a_new_class_counts_as_wrong(place):
    rows = table_rows(place)[:20]
    for row in rows[:5]:
        row["grade"] = ""
    rows[5]["grade"] = "z"
    record, _ = told(place, "three", rows)
    assert record["errors"]["rows"] == 15
    assert record["errors"]["unknown_class"] == 1


def test_all_that_a_file_lacks_is_listed_with_what_may_be_meant(place):
    write_csv(place / "short.csv", [{"Age": "3", "city": "Oslo", "Fare ": "1,5"}])
    done = dlrun("predict", "classes", "short.csv", cwd=place)
    assert done.returncode == 3
    assert "short.csv: lacks" in done.stderr
    assert "age" in done.stderr
    for name in ("fare", "member", "joined", "size", "weight", "'Age' 'age'", "'Fare' 'fare'"):
        assert name in done.stderr
    assert done.stdout == ""


def changed(place, **instead):
    return [table_rows(place)[0] | instead, table_rows(place)[1]]


@pytest.mark.parametrize(
    ("instead", "what", "mark"),
    [
        ({"city": "Berlin"}, "unseen", "city: not seen in training"),
        ({"member": "perhaps"}, "unseen", "member: not seen in training"),
        ({"size": "huge"}, "unseen", "size: not seen in training"),
        ({"age": "200"}, "above", "age: above the training range"),
        ({"fare": "-900,5"}, "below", "fare: below the training range"),
        ({"joined": "01.01.2030"}, "above", "joined: above the training range"),
        ({"age": ""}, "missing", "age: missing"),
        ({"age": "NA"}, "missing", "age: missing"),
        ({"age": "old"}, "unread", "age: not readable"),
        ({"joined": "2021-05-03"}, "otherwise", "joined: written otherwise"),
        ({"fare": "30.25"}, "otherwise", "fare: written otherwise"),
        ({"joined": "soon"}, "unread", "joined: not readable"),
    ],
)
def test_what_the_network_cannot_know_is_counted_told_and_marked(place, instead, what, mark):
    record, answers = told(place, "classes", changed(place, **instead))
    [column] = instead
    noticed = {(one["what"], one["column"]): one for one in record["noticed"]}
    assert noticed[what, column]["rows"] == 1
    assert repr(column) in noticed[what, column]["sentence"]
    assert mark in answers[0]["check"].split("; ")
    assert answers[1]["check"] == ""
    assert record["odd_rows"] == 1


@pytest.mark.parametrize(
    ("instead", "same"),
    [
        ({"fare": "30.25"}, {"fare": "30,25"}),
        ({"joined": "2021-05-23"}, {"joined": "23.05.2021"}),
        ({"member": "JA"}, {"member": "ja"}),
        ({"member": "true"}, {"member": "ja"}),
        ({"member": "0"}, {"member": "nein"}),
        ({"weight": " 70,5 "}, {"weight": "70,5"}),
        ({"weight": "-"}, {"weight": ""}),
        ({"city": " Oslo "}, {"city": "Oslo"}),
    ],
)
def test_a_value_written_in_another_way_is_the_same_value(place, instead, same):
    assert told(place, "classes", changed(place, **instead))[1][0]["prediction"]
    here, there = (told(place, "three", changed(place, **one))[1][0] for one in (instead, same))
    assert {**here, "check": ""} == {**there, "check": ""}


def test_a_gap_where_training_had_some_is_nothing_odd(place):
    record, _ = told(place, "classes", changed(place, weight=""))
    assert record["noticed"] == []


def test_a_missing_value_without_a_gap_in_training_is_read_as_the_mean(place):
    model = load_model(next(RunFolder(p) for p in (place / "runs").iterdir() if "-classes-" in p.name))
    assert model.preparation.medians is not None
    plain = model.preparation.__class__(("a", "b"), np.array([2.0, 3.0]), np.array([1.0, 1.0]))
    filled = plain.filled(np.array([[np.nan, 1.0], [5.0, np.nan]]))
    assert filled.tolist() == [[2.0, 1.0], [5.0, 3.0]]
    unscaled = plain.__class__(("a",), np.zeros(1), np.ones(1), lows=np.array([4.0]), highs=np.array([8.0]))
    assert unscaled.filled(np.array([[np.nan]])).tolist() == [[6.0]]


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_answers_go_to_a_file_of_each_kind_with_the_columns_to_keep(place, ending):
    done = dlrun(
        "predict", "three", "table.csv", "-q", "-o", f"out{ending}", "--keep", "id", "--keep", "fare", cwd=place
    )
    assert (done.returncode, done.stdout) == (0, "")
    read = {".csv": pl.read_csv, ".parquet": pl.read_parquet, ".jsonl": pl.read_ndjson}[ending]
    frame = read(place / f"out{ending}")
    assert frame.columns == ["prediction", "probability a", "probability b", "probability c", "id", "fare"]
    rows = table_rows(place)
    assert [str(value) for value in frame["id"]] == [row["id"] for row in rows]
    assert frame["fare"].to_list() == [row["fare"] for row in rows]
    assert [path.name for path in place.iterdir() if path.name.startswith(".out")] == []


def test_an_unknown_ending_and_an_unknown_column_to_keep_are_refused(place):
    done = dlrun("predict", "three", "table.csv", "-o", "out.xyz", cwd=place)
    assert done.returncode == 3
    assert "out.xyz: .xyz files are not written; name it .csv, .parquet, .jsonl" in done.stderr
    done = dlrun("predict", "three", "table.csv", "--keep", "nobody", cwd=place)
    assert done.returncode == 2
    assert "--keep nobody: table.csv has no such column" in done.stderr
    done = dlrun("predict", "three", "table.csv", "--json", cwd=place)
    assert done.returncode == 2
    assert "-o OUT" in done.stdout


def test_rows_come_in_by_a_pipe_and_answers_leave_by_one(place):
    expected, _ = predicted(place, "classes", "table.csv")
    code = "import sys; sys.stdin = open('table.csv'); from dlrun.cli import main; main()"
    done = process("predict", "classes", "-", "-q", cwd=place, code=code)
    assert done.returncode == 0, done.stderr
    assert list(csv.DictReader(io.StringIO(done.stdout))) == expected
    assert "300 rows answered by" in done.stderr


@pytest.mark.parametrize("ending", [".csv.gz", ".parquet", ".jsonl"])
def test_other_kinds_of_files_come_on_standard_input_too(place, ending):
    plain = place / "table.csv"
    frame = pl.read_csv(plain, separator=";", infer_schema_length=0)
    (place / "piped.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    frame.write_parquet(place / "piped.parquet")
    frame.write_ndjson(place / "piped.jsonl")
    expected, _ = predicted(place, "classes", "table.csv")
    with (place / f"piped{ending}").open("rb") as stream, mock.patch("sys.stdin", mock.Mock(buffer=stream)):
        answers, _ = predicted(place, "classes", "-")
    assert answers == expected


def long_table(path, place):
    """Many rows, with quotes, line ends within cells, and a change of what is in them."""
    rows = [dict(row, remark=f'says "{at}"\n; and more') for at, row in enumerate(table_rows(place) * 4)]
    rows[-1] |= {"city": "Berlin", "age": "word"}
    return write_csv(path, rows)


@pytest.mark.parametrize("name", ["long.csv", "long.csv.gz"])
def test_a_long_file_in_pieces_is_answered_as_in_one(place, name):
    plain = long_table(place / "long.csv", place)
    (place / "long.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    done = dlrun("predict", "classes", name, "-q", "--check", "-o", "whole.csv", "--json", cwd=place)
    with mock.patch.object(pieces, "BYTES_AT_A_TIME", 5_000):
        again = dlrun("predict", "classes", name, "-q", "--check", "-o", "parts.csv", "--json", cwd=place)
    whole, parts = json.loads(done.stdout), json.loads(again.stdout)
    answers, of_parts = (pl.read_csv(place / one) for one in ("whole.csv", "parts.csv"))
    probabilities = [name for name in answers.columns if name.startswith("probability")]
    assert answers.drop(probabilities).equals(of_parts.drop(probabilities))
    # A product may round the last bit of float32 otherwise where a row stands elsewhere in it.
    np.testing.assert_allclose(answers[probabilities], of_parts[probabilities], rtol=2**-22)
    assert whole["rows"] == parts["rows"] == 4 * ROWS
    for key in ("odd_rows", "noticed", "errors", "left_out"):
        assert whole[key] == parts[key]


def test_many_pieces_are_made_of_a_long_file(place, tmp_path):
    long_table(tmp_path / "long.csv", place)
    with mock.patch.object(pieces, "BYTES_AT_A_TIME", 5_000):
        shares = [p.share for p in pieces.pieces_of_file("long.csv", tmp_path / "long.csv", READING, pieces.Columns())]
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_parquet_is_read_in_pieces(place, tmp_path):
    frame = pl.read_csv(place / "table.csv", separator=";", infer_schema_length=0)
    typed = frame.with_columns(
        pl.col("fare").str.replace(",", ".").cast(pl.Float32),
        pl.col("weight").str.replace(",", ".").cast(pl.Float64),
        pl.col("age").cast(pl.Int16),
        pl.col("joined").str.to_date("%d.%m.%Y"),
        pl.col("member") == "ja",
        pl.col("city").cast(pl.Categorical),
    )
    typed.write_parquet(place / "table.parquet")
    expected, _ = predicted(place, "classes", "table.csv")
    with mock.patch.object(pieces, "ROWS_AT_A_TIME", 64):
        answers, beside = predicted(place, "classes", "table.parquet")
    assert [row["prediction"] for row in answers] == [row["prediction"] for row in expected]
    assert np.allclose([float(row["probability yes"]) for row in answers],
                       [float(row["probability yes"]) for row in expected], atol=1e-5)  # fmt: skip
    assert "in training" not in beside


def test_pictures_of_an_array_need_no_names_and_no_labels(tmp_path):
    (tmp_path / "digits.yaml").write_text("data: {source: digits}\nnetwork: {width: 8}\ntraining: {epochs: 2}\n")
    assert dlrun("train", "digits.yaml", "-q", cwd=tmp_path).returncode == 0
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pictures = bunch.data.reshape(-1, 8, 8)
    np.savez(tmp_path / "bare.npz", X=pictures)
    np.savez(tmp_path / "labelled.npz", X=pictures, y=bunch.target[None, :])
    np.savez(tmp_path / "columns.npz", X=bunch.data.T)
    np.save(tmp_path / "rows.npy", bunch.data)
    answers = {name: predicted(tmp_path, "latest", name) for name in
               ("bare.npz", "labelled.npz", "columns.npz", "rows.npy")}  # fmt: skip
    assert len({json.dumps(rows) for rows, _ in answers.values()}) == 1
    assert len(answers["bare.npz"][0]) == len(pictures)
    assert "with a target" in answers["labelled.npz"][1]
    assert "with a target" not in answers["bare.npz"][1]


def test_a_file_without_names_is_read_by_place_with_or_without_the_target(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)).round(3)
    y = (X[:, 1] > 0).astype(int)
    np.savetxt(tmp_path / "t.csv", np.column_stack([y, X]), fmt="%g", delimiter=",")
    np.savetxt(tmp_path / "bare.csv", X, fmt="%g", delimiter=",")
    np.savetxt(tmp_path / "one.csv", X[:1], fmt="%g", delimiter=",")
    (tmp_path / "t.yaml").write_text("data: {source: t.csv, target: 0}\nnetwork: {width: 4}\ntraining: {epochs: 2}\n")
    assert dlrun("train", "t.yaml", "-q", cwd=tmp_path).returncode == 0
    whole, bare, one = (predicted(tmp_path, "latest", name)[0] for name in ("t.csv", "bare.csv", "one.csv"))
    assert whole == bare
    assert one == bare[:1]
    named = "x3,x1,x2\n" + "\n".join(",".join(f"{v:g}" for v in row[[2, 0, 1]]) for row in X)
    (tmp_path / "named.csv").write_text(named)
    assert predicted(tmp_path, "latest", "named.csv")[0] == bare
    np.savetxt(tmp_path / "narrow.csv", X[:, :2], fmt="%g", delimiter=",")
    done = dlrun("predict", "latest", "narrow.csv", cwd=tmp_path)
    assert done.returncode == 3
    assert "it has 2 columns: give 3 in the order of training, or these and the target" in done.stderr


def test_a_run_without_a_network_answers_nothing(place, tmp_path):
    (tmp_path / "d.yaml").write_text(
        "data: {source: regression}\ntraining: {epochs: 3, optimizer: gd, learning_rate: 1.0e+30}\n"
    )
    dlrun("train", "d.yaml", "-q", cwd=tmp_path)
    done = dlrun("predict", "latest", place / "table.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "its training diverged" in done.stderr


def test_a_closed_pipe_ends_without_a_traceback(place):
    code = (
        "import sys, os; from dlrun.cli import main\nread, write = os.pipe(); os.close(read); os.dup2(write, 1); main()"
    )
    done = process("predict", "classes", "table.csv", "-q", cwd=place, code=code)
    assert done.returncode == 141
    assert "Traceback" not in done.stderr


def test_intervals_of_a_regression_hold_as_many_targets_as_they_say(place):
    write_csv(place / "new.csv", table_rows(place))
    done = dlrun("predict", "amount", "new.csv", "-q", "-o", "out.csv", "--json", "--interval", "0.8", cwd=place)
    record = json.loads(done.stdout)
    with (place / "out.csv").open() as file:
        answers = list(csv.DictReader(file))
    truth = [number(row["amount"]) for row in table_rows(place)]
    held = np.mean([float(a["low"]) <= y <= float(a["high"]) for a, y in zip(answers, truth, strict=True)])
    assert record["errors"]["held"] == pytest.approx(held)
    middles = [(float(a["low"]) + float(a["high"])) / 2 - float(a["prediction"]) for a in answers]
    assert np.allclose(middles, 0, atol=1e-9)
    coverage = record["coverage"]
    assert (coverage["level"], coverage["dev_rows"], coverage["test_rows"]) == (0.8, 60, 60)
    assert coverage["interval"][0] < coverage["held"] < coverage["interval"][1]


def test_sets_of_classes_hold_the_likeliest_one_and_widen_with_the_level(place):
    sizes = []
    for level in ("0.5", "0.95"):
        answers, beside = predicted(place, "three", "table.csv", "--interval", level)
        sets = [row["set"].split(" | ") for row in answers]
        assert all(row["prediction"] in one for row, one in zip(answers, sets, strict=True))
        sizes.append(np.mean([len(one) for one in sets]))
        assert f"sets of {float(level):.0%}: by 60 dev rows; of 60 test rows they hold the truth in" in beside
    assert sizes[0] < sizes[1]


def test_unsure_rows_are_left_without_an_answer_and_counted(place):
    record, answers = told(place, "classes", table_rows(place), "--abstain", "0.6")
    unanswered = [row for row in answers if not row["prediction"]]
    assert record["abstained"] == len(unanswered)
    sure = [max(float(row["probability no"]), float(row["probability yes"])) for row in answers]
    least_answered = min(p for p, row in zip(sure, answers, strict=True) if row["prediction"])
    assert all(p < least_answered for p, row in zip(sure, answers, strict=True) if not row["prediction"])
    assert record["errors"]["rows"] == len(answers) - len(unanswered)
    assert record["abstention"]["test_rows"] <= 60


@pytest.mark.parametrize(
    ("run", "words", "told_so"),
    [
        ("amount", ("--abstain", "0.1"), "a number is not right or wrong"),
        ("classes", ("--abstain", "0.0001"), "no part of the 60 dev rows"),
        ("classes", ("--abstain", "1.5"), "expected an error between 0 and 1"),
        ("amount", ("--interval", "0.999"), "needs at least 999 dev rows, and the run has 60"),
        ("amount", ("--interval", "90"), "expected a share between 0 and 1"),
    ],
)
def test_a_promise_that_cannot_be_made_is_refused(place, run, words, told_so):
    done = dlrun("predict", run, "table.csv", *words, cwd=place)
    assert done.returncode == 2
    assert told_so in done.stderr
    assert done.stdout == ""


def test_probabilities_are_calibrated_where_dev_can_tell(tmp_path):
    (tmp_path / "sure.yaml").write_text(
        "data: {source: classification, samples: 1500, classes: 4, features: 30}\nnetwork: {width: 64}\n"
        "training: {epochs: 60, batch_size: 32, learning_rate: 0.003}\nreport: false\n"
    )
    assert dlrun("train", "sure.yaml", "-q", cwd=tmp_path).returncode == 0
    model = load_model(next(RunFolder(p) for p in (tmp_path / "runs").iterdir() if "sure" in p.name))
    assert model.temperature > 1.5
    calibration = model.trust.calibration
    assert calibration.error_after < calibration.error_before
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(5, 30)))
    answers, beside = predicted(tmp_path, "sure", "rows.npy")
    assert f"logits divided by {model.temperature:.3g}, as 300 dev rows say;" in " ".join(beside.split())
    for row in answers:
        assert sum(float(row[f"probability {name}"]) for name in "0123") == pytest.approx(1, abs=1e-6)
