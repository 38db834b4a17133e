"""`dlrun export --card`: what the card says of a run is so, and the groups that it names are surely worse."""

import csv
import json
import re

import numpy as np
import pytest

from dlrun.inspection.groups import groups_of, weak_groups
from dlrun.model import trust_of
from dlrun.report.card import plain
from dlrun.statistics import groups as groups_module
from dlrun.statistics.groups import FEWEST_ROWS, groups_to_test, worse_by_rank, worse_by_share
from dlrun.statistics.ranks import ranks_of
from dlrun.store import find_run
from tests.commands import dlrun

ROWS = 900
CONFIG = """
name: {name}
data: {{source: {name}.csv, target: y, ordered: [[low, mid, high]], split: {{train: 300, dev: 400, test: 200}}}}
network: {{depth: 2, width: 16}}
training: {{epochs: 30}}
report: false
"""


def table(rng, *, regression):
    """A table whose target is noise where the word is red, and follows the numbers elsewhere."""
    rows = []
    for at in range(ROWS):
        colour = str(rng.choice(["red", "green", "blue"]))
        x, age = rng.normal(), int(rng.integers(18, 80))
        day = np.datetime64("2020-01-01") + np.timedelta64(rng.integers(0, 800), "D")
        row = {"colour": colour, "x": f"{x:.4f}", "age": str(age), "size": ["low", "mid", "high"][at % 3]}
        row |= {
            "member": "yes" if rng.random() < 0.5 else "no",
            "day": str(day),
            "a|b*": "" if at % 5 == 0 else f"{at % 7}",
        }
        noise = rng.normal(0, 3 if colour == "red" else 0.05)
        row["y"] = f"{x + noise:.4f}" if regression else ("<b>up" if x + noise > 0 else "down")
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a run for classes and one for numbers."""
    folder = tmp_path_factory.mktemp("card")
    for name in ("classes", "numbers"):
        rows = table(np.random.default_rng(3), regression=name == "numbers")
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        (folder / f"{name}.yaml").write_text(CONFIG.format(name=name))
        done = dlrun("train", f"{name}.yaml", "-q", cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def card_of(place, name, tmp_path):
    done = dlrun("export", name, "--card", tmp_path / "card.md", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["exported"] == [
        {"to": str(tmp_path / "card.md"), "run": find_run(place / "runs", name).id}
    ]
    return (tmp_path / "card.md").read_text()


def tables_of(card):
    """Each table as rows of cells, by its first heading; a cell's own bars are behind a backslash."""
    found = {}
    for block in re.findall(r"(?:^\|.*\|\n)+", card, re.M):
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in block.splitlines()]
        assert len({len(row) for row in rows}) == 1, block
        found[rows[0][0] or rows[0][1]] = [row for row in rows if set(row) != {"---"}]
    return found


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_the_figures_of_a_card_are_those_of_the_run(place, name, tmp_path):
    card = card_of(place, name, tmp_path)
    folder = find_run(place / "runs", name).path
    result, data = (json.loads((folder / f"{part}.json").read_text()) for part in ("result", "data"))
    assert card.startswith(f"# {name}: a model card")
    headings = re.findall(r"^## (.*)", card, re.M)
    probabilities = ["What its probabilities mean"] if name == "classes" else []
    expected = ["What it was trained on", "Errors", *probabilities, "Where it is weak", "Limits"]
    assert headings == [*expected, "How to make it again"]
    if probabilities:
        calibration = trust_of(np.load(folder / "predictions.npz"), result["task"]).calibration
        assert f"is {100 * calibration.error_before:.1f}% from how often such answers" in card
    tables = tables_of(card)
    errors = {row[0]: row for row in tables["rows"][1:]}
    for split, rows in (("train", 300), ("dev", 400), ("test", 200)):
        low, high = result["intervals"][split]
        assert errors[split][1] == str(rows)
        assert float(errors[split][2].rstrip("%")) == pytest.approx(100 * result["errors"][split], abs=0.051)
        assert json.loads(errors[split][3]) == pytest.approx([100 * low, 100 * high], abs=0.051)
    facts = dict(tables["data"][1:])
    assert facts["SHA-256"] == data["sha256"]
    assert facts["rows"] == str(ROWS)
    columns = {row[0]: row for row in tables["column"][1:]}
    assert columns["day"][1:3] == ["date", f"{data['source_columns'][5]['low']} to {data['source_columns'][5]['high']}"]
    assert columns["a\\|b\\*"][3] == str(ROWS // 5)
    assert f"dlrun verify {folder.name} --rerun" in card
    assert (folder / "resolved.yaml").read_text().strip() in card
    assert "the test error is the one to quote" in card


def rows_of(place, name):
    with (place / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_the_group_that_is_worse_is_named_with_its_error(place, name, tmp_path):
    tables = tables_of(card_of(place, name, tmp_path))
    named = {row[0]: row for row in tables["group"][1:]}
    # Where x is near 0, a class is hard to tell too, and may be harder.
    assert next(iter(named)) == "colour is red" or name == "classes"
    assert {group.split()[0] for group in named} <= {"colour", "x"}
    kept = np.load(find_run(place / "runs", name).path / "predictions.npz")
    rows = [rows_of(place, name)[row] for row in kept["dev_rows"]]
    red = np.array([row["colour"] == "red" for row in rows])
    if name == "numbers":
        errors = np.abs(kept["dev_outputs"][:, 0] - np.array([float(row["y"]) for row in rows]))
        shown = [float(cell) for cell in named["colour is red"][2:]]
    else:
        errors = 100.0 * ~kept["dev_correct"]
        shown = [float(cell.split("%")[0]) for cell in named["colour is red"][2:]]
    assert named["colour is red"][1] == str(red.sum())
    assert shown == pytest.approx([errors[red].mean(), errors[~red].mean()], rel=0.01)


def test_each_group_holds_the_rows_that_its_name_says(place):
    from dlrun.experiment.prepare import prepare
    from dlrun.experiment.resume import own_config

    dataset = prepare(own_config(find_run(place / "runs", "classes"), ())).dataset
    rows = [rows_of(place, "classes")[row] for row in dataset.dev.rows]
    groups = dict(groups_of(dataset))

    def holds(name, condition):
        assert groups[name].tolist() == [condition(row) for row in rows]

    holds("colour is blue", lambda row: row["colour"] == "blue")
    holds("size is mid", lambda row: row["size"] == "mid")
    holds("member is yes", lambda row: row["member"] == "yes")
    holds("a|b* is missing", lambda row: row["a|b*"] == "")
    quarters = [name for name in groups if name.startswith("age ")]
    assert len(quarters) == 4
    low = float(quarters[0].rsplit(" ", 1)[1])
    holds(quarters[0], lambda row: float(row["age"]) <= low)
    first_day = next(name for name in groups if name.startswith("day up to ")).rsplit(" ", 1)[1]
    holds(f"day up to {first_day}", lambda row: row["day"] <= first_day)
    for column in ("age", "day", "x", "a|b*", "colour", "member"):
        of_column = [mask for name, mask in groups.items() if name.startswith(f"{column} ")]
        assert np.sum(of_column, axis=0).tolist() == [1] * len(rows)


def named_by_chance(rng, is_share, cards=400, groups=25, m=200):
    """The share of cards that name a group where no group is worse."""
    count = 0
    for _ in range(cards):
        masks = groups_to_test({str(at): rng.random(m) < rng.uniform(0.06, 0.5) for at in range(groups)})
        if is_share:
            count += bool(worse_by_share(rng.random(m) < 0.15, masks))
        else:
            count += bool(worse_by_rank(np.abs(rng.standard_t(2, m)), masks))
    return count / cards


@pytest.mark.parametrize("is_share", [True, False])
def test_nine_of_ten_cards_name_no_group_by_chance(rng, is_share, monkeypatch):
    # 400 cards: three deviations above 0.1 are 0.145.
    assert named_by_chance(rng, is_share) < 0.145
    # Where the number of groups is left out of it, most cards name one.
    monkeypatch.setattr(groups_module, "CHANCE", 0.1 * 20)
    assert named_by_chance(rng, is_share) > 0.3


def test_ranks_are_those_of_scipy(rng):
    from scipy.stats import mannwhitneyu, rankdata

    values = rng.integers(0, 9, 60).astype(float)
    assert ranks_of(values).tolist() == rankdata(values).tolist()
    columns = rng.integers(0, 9, (60, 3)).astype(float)
    assert ranks_of(columns).tolist() == rankdata(columns, axis=0).tolist()
    mask = rng.random(60) < 0.4
    # One group is tested at 0.1: named if SciPy's p is below that.
    for shift in (0.0, 0.6, 0.9, 1.2, 1.5, 3.0):
        moved = values + shift * mask
        p = mannwhitneyu(
            moved[mask], moved[~mask], alternative="greater", use_continuity=False, method="asymptotic"
        ).pvalue
        assert bool(worse_by_rank(moved, {"g": mask})) == (p < 0.1)


def test_a_group_of_few_rows_is_not_looked_at():
    few, most = np.arange(50) < FEWEST_ROWS - 1, np.arange(50) >= FEWEST_ROWS - 1
    enough = np.arange(50) < FEWEST_ROWS
    assert list(groups_to_test({"few": few, "most": most, "enough": enough})) == ["enough"]
    assert worse_by_share(few, {}) == worse_by_rank(few * 1.0, {}) == []


def test_a_card_is_a_look_at_the_test_set(place, tmp_path):
    card_of(place, "classes", tmp_path)
    lines = (place / "runs" / "looks.jsonl").read_text().splitlines()
    assert '"export"' in lines[-1]
    (tmp_path / "card.md").unlink()
    assert re.search(
        r"this is the \d+\w\w look at it\. Choices made after a look make it too low",
        card_of(place, "classes", tmp_path),
    )
    done = dlrun("export", "classes", "--card", tmp_path / "card.md", cwd=place)
    assert done.returncode == 6
    assert "card.md: exists already" in done.stderr


def test_without_the_data_the_card_says_so(tmp_path):
    with (tmp_path / "gone.csv").open("w") as file:
        file.write("x,y\n" + "".join(f"{at % 13},{at * 7 % 3 > 0}\n" for at in range(120)))
    (tmp_path / "gone.yaml").write_text("data: {source: gone.csv}\ntraining: {epochs: 2}\nreport: false\n")
    assert dlrun("train", "gone.yaml", "-q", cwd=tmp_path).returncode == 0
    (tmp_path / "gone.csv").write_text("x,y\n" + "".join(f"{at % 13},{at % 5 > 2}\n" for at in range(120)))
    card = card_of(tmp_path, "gone", tmp_path)
    assert "Groups of rows were not looked at: the data could not be read again" in card
    assert "changed: its sha256 was" in card
    assert weak_groups(find_run(tmp_path / "runs", "gone")).looked_at == 0


def test_pictures_have_no_groups(tmp_path):
    (tmp_path / "d.yaml").write_text("data: {source: digits}\ntraining: {epochs: 1}\nreport: false\n")
    assert dlrun("train", "d.yaml", "-q", cwd=tmp_path).returncode == 0
    card = card_of(tmp_path, "d", tmp_path)
    assert "Groups of rows were not looked at: a pixel makes no group." in card
    assert len(tables_of(card)["class"]) == 11


def test_a_run_without_a_network_has_no_card(tmp_path):
    (tmp_path / "d.yaml").write_text(
        "data: {source: regression}\ntraining: {epochs: 3, optimizer: gd, learning_rate: 1.0e+30}\n"
    )
    dlrun("train", "d.yaml", "-q", cwd=tmp_path)
    done = dlrun("export", "latest", "--card", "card.md", cwd=tmp_path)
    assert done.returncode == 2
    assert "has no trained network to describe; finish or repeat its training" in done.stderr
    assert not (tmp_path / "card.md").exists()


def test_of_many_words_the_card_says_how_many_more(tmp_path):
    with (tmp_path / "many.csv").open("w") as file:
        file.write("w,y\n" + "".join(f"w{at % 30},{at * 7 % 11 > 5}\n" for at in range(600)))
    (tmp_path / "many.yaml").write_text("data: {source: many.csv}\ntraining: {epochs: 1}\nreport: false\n")
    assert dlrun("train", "many.yaml", "-q", cwd=tmp_path).returncode == 0
    [column] = tables_of(card_of(tmp_path, "many", tmp_path))["column"][1:]
    assert column[2].endswith(" and 24 more")


def test_text_from_outside_is_shown_letter_by_letter():
    assert plain("a|b*_<script>`x`\n# [l](u)\u202e") == "a\\|b\\*\\_\\<script\\>\\`x\\` \\# \\[l\\](u)"
