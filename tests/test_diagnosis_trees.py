"""Trees beside the network: counted as scikit-learn counts, told as the paired tests allow, kept with the run."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

import dlrun
from dlrun.data import trees as growing
from dlrun.diagnosis.trees import Rows, Trees, beside_trees, confidence_among
from dlrun.errors import StoreError
from dlrun.inspection import contents, prepared_again
from dlrun.inspection import trees as measuring
from dlrun.report.page import run_page
from dlrun.statistics.paired import Paired, compare_losses
from dlrun.store import RunFolder, read_contents
from tests.commands import dlrun as command

QUICK = {"name": "run", "report": False, "network": {"width": 8}, "training": {"epochs": 3}}


def run_on(place, X, y, weight=None, **more):
    """The folder of a run that was trained on X (m, n) and y (m,)."""
    columns = [*(f"x{at}" for at in range(X.shape[1])), "y", *(["w"] if weight is not None else [])]
    values = np.column_stack([X, y] if weight is None else [X, y, weight])
    np.savetxt(place / "table.csv", values, "%.6g", delimiter=",", header=",".join(columns), comments="")
    data = {"source": str(place / "table.csv"), "target": "y"} | ({} if weight is None else {"weight": "w"})
    found = dlrun.train(QUICK | more | {"data": data | more.get("data", {})}, runs_dir=place / "runs")
    return RunFolder(place / "runs" / found.run_id)


def checkerboard(rng, rows=800):
    """Squares of two colours, with sides along the axes: for trees."""
    X = rng.uniform(0, 4, size=(rows, 2))
    return X, np.floor(X).sum(axis=1).astype(int) % 2


def linear(rng, rows=500, inputs=40):
    """A sum of all inputs above 0 or not: for a network without hidden layers."""
    X = rng.normal(size=(rows, inputs))
    return X, (X.sum(axis=1) > 0).astype(int)


def test_trees_that_are_surely_better_are_to_be_taken(tmp_path, rng):
    folder = run_on(tmp_path, *checkerboard(rng))
    found = dlrun.diagnose(folder.path, reference=True).trees
    assert found.better == "trees"
    best = min(found.ensembles, key=lambda one: one.error)
    assert (found.told, best.compared.interval[1] < -0.2) == (best.name, True)
    said = command("diagnose", "latest", cwd=tmp_path)  # what was measured is told from now on
    told = " ".join(said.stdout.split())
    assert found.sentence in told
    assert found.sentence.startswith("take the trees: ")
    assert found.sentence.endswith(" fewer errors than the network on the same 160 dev rows")
    assert f"on the same 160 dev rows, in {best.learning_seconds:.1f} s" in told
    assert "HistGradientBoosting" in said.stdout
    page = run_page(contents(folder))
    assert "Beside trees" in page
    assert f"{found.sentence[1:]}, in " in page
    assert command("verify", "latest", cwd=tmp_path).returncode == 0


def test_trees_that_are_surely_worse_are_not(tmp_path, rng):
    settings = {"network": {"depth": 1, "width": 1}, "training": {"epochs": 40, "learning_rate": 0.01}}
    found = dlrun.diagnose(run_on(tmp_path, *linear(rng), **settings).path, reference=True).trees
    assert found.better == "network"
    assert all(one.compared.interval[0] > 0 for one in found.ensembles)
    assert found.sentence.startswith("the network is better than the trees: ")
    assert found.sentence.endswith(" more errors on the same 100 dev rows")


def test_the_answers_are_those_of_scikit_learn_on_the_same_rows(tmp_path, rng):
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    folder = run_on(tmp_path, *checkerboard(rng, 300))
    dataset = prepared_again(folder).dataset
    found = measuring.trees_of(folder, prepared_again(folder))
    network = folder.read_arrays("predictions.npz")["dev_correct"]
    assert (found.dev_rows, found.train_rows, found.learned_from) == (60, 180, 180)
    assert found.network_error == pytest.approx(1 - network.mean())
    for one, kind in zip(found.ensembles, (HistGradientBoostingClassifier, RandomForestClassifier), strict=True):
        model = kind(random_state=0).fit(dataset.train.X, dataset.train.Y.reshape(-1))
        correct = model.predict(dataset.dev.X) == dataset.dev.Y.reshape(-1)
        assert one.error == pytest.approx(1 - correct.mean())
        assert one.compared.difference == pytest.approx(network.mean() - correct.mean())
        ours, theirs = int((~correct & network).sum()), int((correct & ~network).sum())
        assert one.compared.p_value == pytest.approx(binomtest(ours, ours + theirs).pvalue)
        assert one.compared.confidence == 0.95  # of two, so that choosing the better one is allowed for


def test_a_regression_is_told_in_the_share_of_the_variance(tmp_path, rng):
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.metrics import r2_score

    X = rng.uniform(0, 4, size=(600, 2))
    folder = run_on(tmp_path, X, np.floor(X[:, 0]) * 10 + np.floor(X[:, 1]) % 2, data={"task": "regression"})
    dataset = prepared_again(folder).dataset
    found = measuring.trees_of(folder, prepared_again(folder))
    forest = found.ensembles[1]
    model = RandomForestRegressor(random_state=0).fit(dataset.train.X, dataset.train.Y.reshape(-1))
    assert forest.error == pytest.approx(1 - r2_score(dataset.dev.Y, model.predict(dataset.dev.X)), rel=1e-5)
    assert forest.compared.difference == pytest.approx(forest.error - found.network_error, rel=1e-5)
    assert found.sentence.startswith("take the trees: ")
    assert found.sentence.endswith(" less of the variance unexplained than the network on the same 120 dev rows")


def test_weights_of_rows_count_in_what_trees_learn_and_in_what_is_compared(tmp_path, rng):
    from sklearn.ensemble import RandomForestClassifier

    X, y = checkerboard(rng, 300)
    weight = rng.integers(1, 5, 300)
    folder = run_on(tmp_path, X, y, weight)
    dataset = prepared_again(folder).dataset
    forest = measuring.trees_of(folder, prepared_again(folder)).ensembles[1]
    model = RandomForestClassifier(random_state=0)
    model.fit(dataset.train.X, dataset.train.Y.reshape(-1), sample_weight=dataset.train.weight)
    wrong, own = model.predict(dataset.dev.X) != dataset.dev.Y.reshape(-1), dataset.dev.weight
    assert forest.error == pytest.approx(np.average(wrong, weights=own))
    network = ~folder.read_arrays("predictions.npz")["dev_correct"]
    share = own / own.mean()
    assert forest.compared.interval == compare_losses(wrong * share, network * share, 0.95).interval


def one(name, difference, low, high, p_value=0.01, error=0.2):
    return Trees(name, error, 0.42, Paired(difference, (low, high), p_value, 0.95, 100, 3, 9, "exact McNemar test"))


ROWS = Rows(100, 500, 500)


@pytest.mark.parametrize(
    ("ensembles", "better", "sentence"),
    [
        (
            [one("HistGradientBoosting", -0.031, -0.05, -0.012), one("random forest", -0.02, -0.04, -0.01, error=0.21)],
            "trees",
            "take the trees: HistGradientBoosting makes 3.1 points [1.2, 5.0] fewer errors than the network "
            "on the same 100 dev rows, in 0.4 s",
        ),
        (  # the lower error is not surely lower than the network's, and the other one is
            [one("HistGradientBoosting", -0.04, -0.09, 0.01, error=0.1), one("random forest", -0.03, -0.05, -0.01)],
            "trees",
            "take the trees: a random forest makes 3.0 points [1.0, 5.0] fewer errors than the network "
            "on the same 100 dev rows, in 0.4 s",
        ),
        (
            [one("HistGradientBoosting", 0.04, 0.01, 0.07), one("random forest", 0.03, 0.01, 0.05, error=0.19)],
            "network",
            "the network is better than the trees: a random forest, the best of them, makes 3.0 points [1.0, 5.0] "
            "more errors on the same 100 dev rows",
        ),
        (  # the network is surely better than one of them alone
            [one("HistGradientBoosting", 0.04, 0.01, 0.07), one("random forest", 0.01, -0.01, 0.03, error=0.19)],
            "open",
            "network and trees cannot be told apart: a random forest, the best of them, makes 1.0 points [-1.0, 3.0] "
            "more errors on the same 100 dev rows",
        ),
        (  # the interval is sure, and the exact test, which is more cautious, is not
            [one("HistGradientBoosting", -0.03, -0.05, -0.01, p_value=0.06)],
            "open",
            "network and trees cannot be told apart: HistGradientBoosting, the best of them, makes 3.0 points "
            "[1.0, 5.0] fewer errors on the same 100 dev rows",
        ),
    ],
)
def test_what_is_said_is_what_is_sure(ensembles, better, sentence):
    found = beside_trees(ensembles, 0.2, ROWS, regression=False)
    assert (found.better, found.with_seconds()) == (better, sentence)


def test_the_network_is_rarely_said_to_be_worse_where_all_are_alike(rng):
    """Three that err at random on the same rows: with two to choose from, each side is said in 5 of 100 at most."""
    from dlrun.statistics.paired import compare_answers

    said, confidence = [], confidence_among(2)
    for _ in range(400):
        network, *others = rng.random((3, 200)) > 0.2
        compared = [compare_answers(other, network, confidence) for other in others]
        errors = [1 - other.mean() for other in others]
        ensembles = [Trees("a", error, 0.0, pair) for error, pair in zip(errors, compared, strict=True)]
        said.append(beside_trees(ensembles, 0.2, ROWS, regression=False).better)
    assert 0 < said.count("trees") <= 0.05 * 400 + 9  # twice the deviation of such a count
    assert said.count("network") <= 0.05 * 400


def test_of_very_many_rows_a_part_is_learned_and_that_is_said(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(growing, "MOST_CELLS", 100)
    folder = run_on(tmp_path, *checkerboard(rng, 200))
    found = measuring.trees_of(folder, prepared_again(folder))
    assert (found.learned_from, found.train_rows) == (50, 120)
    assert found.sentence.endswith("on the same 40 dev rows, having learned 50 of 120 training rows")
    train = prepared_again(folder).dataset.train
    places = growing.rows_to_learn(train)
    assert len(set(places)) == 50
    assert (np.diff(places) > 0).all()


def test_a_class_of_one_row_does_not_keep_trees_from_growing():
    (_, boosting), _ = growing.ensembles(np.array([0, 0, 1]), regression=False)
    assert boosting().early_stopping is False
    (_, boosting), _ = growing.ensembles(np.array([0, 0, 1, 1]), regression=False)
    assert boosting().early_stopping == "auto"


def test_train_tells_and_keeps_it_where_it_is_asked(tmp_path, rng):
    folder = run_on(tmp_path, *checkerboard(rng, 200))
    config = folder.path / "resolved.yaml"
    words = ("train", config, "--quiet", "report=true")
    printed = json.loads(command(*words, "--reference", "--json", cwd=tmp_path).stdout)
    assert list(printed)[-1] == "trees"
    run = tmp_path / printed["run_dir"]
    assert "Beside trees" in (run / "report.html").read_text()
    assert json.loads((run / "trees.json").read_text()) == printed["trees"]
    asked = command(*words, "--reference", cwd=tmp_path)
    assert printed["trees"]["sentence"] in " ".join(asked.stdout.split())
    assert "trees" not in json.loads(command(*words, "--json", cwd=tmp_path).stdout)


def test_a_run_without_errors_and_one_in_a_folder_that_cannot_be_written_are_borne(tmp_path, rng, monkeypatch):
    folder = run_on(tmp_path, *checkerboard(rng, 200))

    def refused(*_):
        raise StoreError("read-only")

    monkeypatch.setattr(measuring, "add_file", refused)
    assert dlrun.diagnose(folder.path, reference=True).trees is not None
    assert not (folder.path / "trees.json").exists()
    (folder.path / "predictions.npz").unlink()
    assert measuring.trees_of(folder, prepared_again(folder)) is None
    diverged = replace(read_contents(run_on(tmp_path, *checkerboard(rng, 100))), status="diverged")
    assert measuring.with_trees(diverged).trees is None


def test_a_damaged_file_is_found(tmp_path, rng):
    folder = run_on(tmp_path, *checkerboard(rng, 200))
    dlrun.diagnose(folder.path, reference=True)
    (folder.path / "trees.json").write_text("{}")
    said = command("report", "latest", cwd=tmp_path)
    assert said.returncode != 0
    assert "trees.json" in said.stderr
