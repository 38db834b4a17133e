"""What a person is told first: causes before the outcome, three items of advice, and no verdict that means nothing."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import yaml

from dlrun import experiment
from dlrun.advice.records import LEDGER
from dlrun.advice.shown import MOST_ADVICE
from dlrun.diagnosis.findings import Finding, causes_first, told
from dlrun.experiment import read_config
from dlrun.inspection import page_contents
from dlrun.report.page import run_page
from dlrun.store import RunFolder, to_plain
from tests.commands import dlrun
from tests.test_report_advice import fallen

MOONS = {"source": "moons", "samples": 400, "noise": 0.2}


def trained(folder, *keys, data=MOONS):
    path = folder / "c.yaml"
    path.write_text(yaml.safe_dump({"name": "t", "data": data, "ensemble": 1}))
    return experiment.run(read_config(path, ["training.epochs=40", *keys]), folder / "runs")


def finding(code, severity="fail"):
    return Finding(code, severity, f"title of {code}", "evidence", "do")


def codes(findings):
    return [one.code for one in findings]


def test_causes_that_fail_come_first_in_their_order_and_the_outcome_after_all():
    found = [finding("no-better-than-baseline"), finding("leak"), finding("plateau", "notice"), finding("dead-units")]
    assert codes(causes_first(found)) == ["leak", "dead-units", "plateau", "no-better-than-baseline"]
    assert codes(told(found).outcomes) == ["no-better-than-baseline"]
    assert codes(told(found).causes) == ["leak", "plateau", "dead-units"]


@pytest.fixture(scope="module")
def learned_nothing(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("zeros"), "network.init=zeros")


def test_a_run_that_learned_nothing_names_the_cause_first_in_every_json(learned_nothing):
    folder = learned_nothing.folder.path
    for file in ("result.json", "diagnosis.json"):
        found = json.loads((folder / file).read_text())["findings"]
        assert [one["code"] for one in found] == ["symmetric-units", "no-better-than-baseline"]
    asked = json.loads(dlrun("diagnose", folder.name, "--json", cwd=folder.parents[1]).stdout)
    assert [one["code"] for one in asked["findings"]] == ["symmetric-units", "no-better-than-baseline"]
    assert asked["advice"][0]["code"] == "symmetric-units"
    assert not any(item["action"].startswith("check the learning rate") for item in asked["advice"])


def test_the_outcome_is_the_sentence_above_its_causes_wherever_it_is_told(learned_nothing):
    folder = learned_nothing.folder.path
    texts = {
        "train": dlrun("show", folder.name, cwd=folder.parents[1]).stdout,
        "diagnose": dlrun("diagnose", folder.name, cwd=folder.parents[1]).stdout,
        "text": str(learned_nothing.diagnosis),
        "HTML": learned_nothing.diagnosis._repr_html_(),
        "page": run_page(page_contents(learned_nothing, {})).split("What to do next")[1],
    }
    for name, text in texts.items():
        plain = re.sub(r"\s+", " ", text).lower()
        assert 0 < plain.find("not shown to be better than") < plain.find("units that are all alike"), name
        assert "before all else" not in plain, name  # the causes say what to do


def test_an_outcome_without_a_cause_says_itself_what_to_do(tmp_path):
    contents = trained(tmp_path, data=MOONS | {"noise": 9})
    outcome = contents.diagnosis.findings[-1]
    assert outcome.code == "no-better-than-baseline"
    alone = replace(contents.diagnosis, diagnosis=replace(contents.diagnosis.diagnosis, findings=(outcome,)))
    assert "check the learning rate, the inputs and the labels before all else" in str(alone)


def leaking(folder):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 3))
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    np.savez(folder / "leak.npz", X=np.column_stack([X, 2 * y + 1]), y=y)
    return {"source": "leak.npz"}


def doubled(folder, copies):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 3))
    y = (X[:, 0] + X[:, 1] + 0.5 * rng.standard_normal(400) > 0).astype(int)
    rows = np.concatenate([np.arange(400), np.arange(copies)])
    np.savez(folder / "double.npz", X=X[rows], y=y[rows])
    return {"source": "double.npz"}


@pytest.mark.parametrize("fault", ["leak", "rows-in-two-splits"])
def test_a_verdict_that_means_nothing_is_withheld_everywhere_and_the_figures_are_kept(fault, tmp_path):
    data = leaking(tmp_path) if fault == "leak" else doubled(tmp_path, 400)
    contents = trained(tmp_path, data=data)
    diagnosis, folder = contents.diagnosis.diagnosis, contents.folder.path
    assert to_plain(contents.result)["verdict"] == {"bias": "withheld", "variance": "withheld"}
    assert diagnosis.sentence.startswith("no verdict on bias and variance: ")
    assert diagnosis.errors.dev == contents.result.errors.dev
    assert diagnosis.intervals.variance is not None
    assert contents.diagnosis.advice[0].code == fault
    assert not {"train", "dev"} & {item.about for item in contents.diagnosis.advice if item.change and not item.code}
    texts = [
        dlrun("diagnose", folder.name, cwd=tmp_path).stdout,
        dlrun("show", folder.name, cwd=tmp_path).stdout,
        str(contents.diagnosis),
        contents.diagnosis._repr_html_(),
        run_page(page_contents(contents, {})),
    ]
    for text in texts:
        plain = re.sub(r"\s+", " ", text)
        assert "no verdict on bias and variance" in plain.lower() or "No verdict on bias and variance" in plain
        for level in ("low", "high", "moderate", "inconclusive", "withheld"):
            for ill in ("bias", "variance"):
                assert f"{level} {ill}" not in plain
                assert f"{ill}, {level}" not in plain
    for _ in range(2):  # the second time from the index
        assert "withheld" in dlrun("runs", cwd=tmp_path).stdout


def test_the_verdict_stays_where_few_rows_stand_in_two_splits_or_the_fault_is_ignored(tmp_path):
    few = trained(tmp_path, data=doubled(tmp_path, 8))
    assert "withheld" not in to_plain(few.result)["verdict"].values()
    ignored = trained(tmp_path, "diagnosis.ignore=[leak]", data=leaking(tmp_path))
    assert "withheld" not in to_plain(ignored.result)["verdict"].values()


def test_a_recipe_on_data_that_leak_ends(tmp_path):
    leaking(tmp_path)
    (tmp_path / "c.yaml").write_text("data: {source: leak.npz}\n")
    said = dlrun("recipe", "c.yaml", "--trainings", "2", "--quiet", cwd=tmp_path)
    assert said.returncode == 0, said.stderr


def test_three_items_are_told_in_text_html_and_on_the_page_and_json_keeps_all(tmp_path):
    contents = trained(tmp_path, "network.width=2", "training.epochs=3")
    folder, advice = contents.folder.path, contents.diagnosis.advice
    assert len(advice) > MOST_ADVICE == 3
    page = run_page(page_contents(contents, {})).split("What to do next")[1].split("</section>")[0]
    assert page.count("<li><p><strong>") == 3 + len(contents.diagnosis.findings)
    assert f"And {len(advice) - 3} more: dlrun diagnose {folder.name}" in page
    assert f"and {len(advice) - 3} more: dlrun diagnose --all" in str(contents.diagnosis)
    assert contents.diagnosis._repr_html_().split("<p>Try:</p>")[1].count("<li>") == 3
    few, every = (dlrun("diagnose", folder.name, *more, cwd=tmp_path).stdout for more in ([], ["--all"]))
    assert "\n  4. " not in few
    assert f"\n  {len(advice)}. " in every
    assert len(json.loads((folder / "diagnosis.json").read_text())["advice"]) == len(advice)


def test_diagnose_tells_what_an_item_brought_in_this_folder_of_runs(tmp_path):
    contents = trained(tmp_path, "network.width=2")
    action, runs = contents.diagnosis.advice[0].action, RunFolder(tmp_path / "runs")
    for number in range(5):
        line = replace(fallen(0.3, 0.1 + number / 100, action=action, about="train"), child=f"r{number}")
        runs.append_line(LEDGER, line)
    said = dlrun("diagnose", contents.folder.id, cwd=tmp_path)
    assert "helped in 5 of 5 such runs, 18.0 points in the median" in re.sub(r"\s+", " ", said.stdout)
    rate = json.loads(dlrun("diagnose", contents.folder.id, "--json", cwd=tmp_path).stdout)["tried"][action]
    assert (rate["tried"], rate["helped"], round(rate["median"], 6)) == (5, 5, 0.18)
