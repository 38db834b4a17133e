"""`dlrun evaluate`: the error on other rows, whether its distance to dev is chance, and which groups are worse."""

import json

import numpy as np
import polars as pl
import pytest

from dlrun.errors import UsageError
from dlrun.inspection.evaluation import MEANINGS
from dlrun.model.groups import MOST_GROUPS, WITHOUT, grouped
from dlrun.statistics.groups import sides_by_rank, sides_by_share
from tests.commands import dlrun


def rows_of(rng, m, *, moved=0.0, flipped=0.0, noise=0.6):
    """A table of three numbers and a region; the class follows from two of the numbers."""
    X = rng.normal(size=(m, 3)) + np.array([moved, moved, 0])
    amount = X[:, 0] - X[:, 1] + noise * rng.normal(size=m)
    # Beyond what training has, the class follows another rule.
    y = (amount - 6 * (X[:, 0] > 2.5) > 0) ^ (rng.random(m) < flipped)
    return pl.DataFrame(
        {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "region": rng.choice(["north", "south", "west"], m),
         "y": np.where(y, "yes", "no"), "amount": amount}
    )  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a run of classes (`c`) and one of numbers (`n`)."""
    folder = tmp_path_factory.mktemp("evaluate")
    rows_of(np.random.default_rng(1), 900).write_csv(folder / "t.csv")
    for name, target, other in (("c", "y", "amount"), ("n", "amount", "y")):
        (folder / f"{name}.yaml").write_text(
            f"data: {{source: t.csv, target: {target}, drop: [region, {other}]}}\nnetwork: {{width: 16}}\n"
            "training: {epochs: 30}\nreport: false\n"
        )
        assert dlrun("train", f"{name}.yaml", "-q", cwd=folder).returncode == 0
    return folder


def evaluated(place, run, rows, *words):
    rows.write_csv(place / "new.csv")
    done = dlrun("evaluate", run, "new.csv", "-q", "--json", *words, cwd=place)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


@pytest.mark.parametrize("run", ["c", "n"])
def test_rows_of_the_same_kind_are_as_far_from_dev_as_chance_takes_them(place, run):
    record = evaluated(place, run, rows_of(np.random.default_rng(7), 600))
    assert record["meaning"] == "chance"
    assert record["sentence"] == MEANINGS["chance"]
    low, high = record["distance_interval"]
    assert low <= record["distance"] <= high
    assert record["distance"] == pytest.approx(record["errors"]["error"] - record["dev_error"])
    assert record["dev_rows"] == 180
    assert not record["shift"]["is_told"]
    assert record["trained_share"] == 0


def test_rows_of_another_kind_are_told_with_the_features_that_moved(place):
    record = evaluated(place, "c", rows_of(np.random.default_rng(8), 600, moved=2.5))
    assert record["meaning"] == "drift"
    assert record["shift"]["is_told"]
    assert record["shift"]["auc"] > 0.9
    assert "a (mean +" in record["shift"]["moved"]
    assert "c (" not in record["shift"]["moved"]


def test_rows_that_look_the_same_and_are_labelled_otherwise_are_told_apart_from_drift(place):
    record = evaluated(place, "c", rows_of(np.random.default_rng(9), 600, flipped=0.3))
    assert record["meaning"] == "other answers"
    assert not record["shift"]["is_told"]


def test_easier_rows_are_told_to_be_easier(place):
    assert evaluated(place, "c", rows_of(np.random.default_rng(10), 900, noise=0.0))["meaning"] == "better"


def test_rows_that_trained_the_network_are_recognised(place):
    record = evaluated(place, "c", pl.read_csv(place / "t.csv"))
    assert record["meaning"] == "trained"
    assert record["trained_share"] == pytest.approx(0.6, abs=0.05)


def test_a_target_that_cannot_be_read_or_squared_is_told_and_not_judged(place):
    rows = rows_of(np.random.default_rng(3), 40).with_columns(pl.col("amount").cast(pl.String))
    amounts = rows["amount"].to_list()
    amounts[4:7] = ["hello", "-1e300", "3e200"]
    new = rows.with_columns(amount=pl.Series(amounts))
    record = evaluated(place, "n", new)
    (told,) = [item for item in record["noticed"] if item["what"] == "unjudged"]
    assert (told["column"], told["rows"], record["errors"]["rows"]) == ("amount", 3, 37)
    assert told["sentence"].startswith("column 'amount': the target cannot be read as in training in 3 rows, such as")
    assert np.isfinite(record["metrics"]["rmse"]["value"])
    done = dlrun("predict", "n", "new.csv", "-o", "-", cwd=place)
    assert len(done.stdout.splitlines()) == 41
    assert "3 rows" in done.stderr
    assert "Warning" not in done.stderr


def test_a_single_row_has_no_interval_and_is_too_few_to_tell(place):
    record = evaluated(place, "n", rows_of(np.random.default_rng(3), 1))
    assert record["meaning"] == "too few"
    assert "distance_interval" not in record or record["distance_interval"] is None
    assert record["metrics"]["rmse"]["interval"] is None


def test_the_error_is_that_of_predict(place):
    rows_of(np.random.default_rng(11), 200).write_csv(place / "new.csv")
    words = ("new.csv", "-q", "--json")
    by_evaluate = json.loads(dlrun("evaluate", "n", *words, cwd=place).stdout)["errors"]
    by_predict = json.loads(dlrun("predict", "n", *words, "-o", "o.csv", cwd=place).stdout)["errors"]
    assert by_evaluate == by_predict


def test_the_groups_of_a_column_are_told_and_a_bad_one_differs(place):
    rows = rows_of(np.random.default_rng(12), 900)
    wrong = pl.when(pl.col("region") == "west").then(
        pl.when(pl.col("y") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes"))
    ).otherwise(pl.col("y"))  # fmt: skip
    record = evaluated(place, "c", rows.with_columns(y=wrong), "--by", "region")
    assert record["groups"][0]["name"] == "west"
    assert {group["name"]: group["differs"] for group in record["groups"]} == {
        "west": "above", "north": "below", "south": "below"
    }  # fmt: skip
    assert sum(group["rows"] for group in record["groups"]) == 900
    shown = dlrun("evaluate", "c", "new.csv", "--by", "region", cwd=place).stdout
    assert "above the others" in shown
    assert "dev of " in shown


def test_groups_of_a_regression_have_their_rmse(place):
    record = evaluated(place, "n", rows_of(np.random.default_rng(13), 400), "--by", "region")
    for group in record["groups"]:
        assert group["rmse"] == pytest.approx(group["error"] ** 0.5)
    shown = dlrun("evaluate", "n", "new.csv", "--by", "region", cwd=place).stdout
    assert "RMSE" in shown


def test_rows_without_any_target_are_refused_and_a_lost_source_is_told(place, tmp_path):
    rows = rows_of(np.random.default_rng(14), 50)
    rows.drop("y").write_csv(place / "new.csv")
    done = dlrun("evaluate", "c", "new.csv", cwd=place)
    assert done.returncode == 3
    assert "no row has a target 'y' that training knows" in done.stderr
    done = dlrun("evaluate", "c", "new.csv", "--by", "nobody", cwd=place)
    assert done.returncode == 2
    assert "--by nobody: new.csv has no such column" in done.stderr
    (place / "t.csv").rename(tmp_path / "t.csv")
    try:
        record = evaluated(place, "c", rows)
    finally:
        (tmp_path / "t.csv").rename(place / "t.csv")
    assert "shift" not in record
    assert record["unchecked"].startswith("the run's own rows cannot be compared with: ")


def test_groups_are_words_or_quarters_of_numbers():
    words = grouped(pl.Series("w", ["b", "a", None, "b"]), "t.csv")
    assert words.names == (WITHOUT, "a", "b")
    assert words.codes.tolist() == [2, 1, 0, 2]
    few = grouped(pl.Series("n", ["2", "10", "2"]), "t.csv")
    assert few.names == ("10", "2")
    many = grouped(pl.Series("n", [str(n) for n in range(100)] + [""]), "t.csv")
    assert many.names == ("up to 24.75", "24.75 to 49.5", "49.5 to 74.25", "above 74.25", WITHOUT)
    assert np.bincount(many.codes).tolist() == [25, 25, 25, 25, 1]
    with pytest.raises(UsageError, match=f"--by w: t.csv has 60 different values in it, and {MOST_GROUPS} groups are"):
        grouped(pl.Series("w", [f"word{n}" for n in range(60)]), "t.csv")


def masks_of(codes):
    return {str(code): codes == code for code in range(codes.max() + 1)}


def test_equal_groups_are_seldom_told_apart_and_unequal_ones_are(rng):
    by_share = by_rank = 0
    for _ in range(200):
        groups = masks_of(rng.integers(8, size=800))
        by_share += bool(sides_by_share(rng.random(800) < 0.2, groups))
        by_rank += bool(sides_by_rank(rng.normal(size=800) ** 2, groups))
    # At most 10% of the draws may tell any; of 200, 34 or more would be a fault (1 in 1000).
    assert by_share < 34
    assert by_rank < 34
    codes = rng.integers(8, size=1600)
    better_or_worse = np.where(codes == 3, 0.5, np.where(codes == 5, 0.02, 0.2))
    assert sides_by_share(rng.random(1600) < better_or_worse, masks_of(codes)) == {"3": "above", "5": "below"}
    scales = np.where(codes == 3, 3, np.where(codes == 5, 0.2, 1))
    assert sides_by_rank((rng.normal(size=1600) * scales) ** 2, masks_of(codes)) == {"3": "above", "5": "below"}
    assert sides_by_share(np.zeros(9, bool), {}) == sides_by_rank(np.zeros(9), {}) == {}
