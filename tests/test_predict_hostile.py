"""A hundred files that people send to a network: each is answered rightly, or refused by a sentence."""

import csv
import json

import pytest

from tests.commands import dlrun
from tests.hostile_rows import NOTICED, ROWS, SAME, cases, text, training_rows

CASES = list(cases())


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a run, and the answers to the plain file."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "t.csv").write_text(text(training_rows(240)))
    (folder / "t.yaml").write_text(
        "data: {source: t.csv, target: bought}\nnetwork: {width: 8}\ntraining: {epochs: 4}\nreport: false\n"
    )
    done = dlrun("train", "t.yaml", "-q", cwd=folder)
    assert done.returncode == 0, done.stderr
    plain = next(case for case in CASES if case.name == "plain.csv")
    (folder / plain.name).write_bytes(plain.raw)
    assert dlrun("predict", "t", plain.name, "-q", "-o", "expected.csv", cwd=folder).returncode == 0
    return folder


def answers(path):
    with path.open() as file:
        return [(row["prediction"], round(float(row["probability yes"]), 5)) for row in csv.DictReader(file)]


def test_there_are_a_hundred_cases_with_names_of_their_own():
    assert len({case.name for case in CASES}) == len(CASES) > 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_file_has_a_right_answer_or_a_sentence(place, case):
    (place / case.name).write_bytes(case.raw)
    out = place / "out.csv"
    out.unlink(missing_ok=True)
    done = dlrun("predict", "t", case.name, "-q", "--check", "-o", "out.csv", "--json", cwd=place)
    assert done.stderr == ""
    record = json.loads(done.stdout)
    if case.what not in (SAME, NOTICED, ROWS) and done.returncode:
        assert done.returncode == 3
        assert record["error"]["message"].startswith(case.name)
        assert case.what in record["error"]["message"]
        assert not out.exists()
        return
    assert done.returncode == 0, record
    assert case.what in (SAME, NOTICED, ROWS, "")
    noticed = {f"{one['what']} {one['column']}" for one in record["noticed"]}
    assert record["rows"] == len(answers(out)) == case.rows
    if case.what == SAME:
        assert answers(out) == answers(place / "expected.csv")
        assert noticed == set()
    if case.what == NOTICED:
        assert noticed == set(case.noticed)
        assert record["odd_rows"] > 0
