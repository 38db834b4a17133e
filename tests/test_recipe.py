"""The recipe keeps only what a paired test favours, and goes on where it was cut off; its ledger is true."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel
from sklearn.metrics import r2_score

from dlrun.advice import Advice
from dlrun.cli.applying import show_ledger_of
from dlrun.diagnosis import Finding
from dlrun.diagnosis.ills import Verdict
from dlrun.diagnosis.records import Target
from dlrun.diagnosis.rule import Thresholds
from dlrun.errors import UsageError
from dlrun.experiment import read_config
from dlrun.records import BySplit
from dlrun.search import ledger
from dlrun.search.finish import finish
from dlrun.search.follow import Judged, follow
from dlrun.search.recipe import apply, kept_answers, recipe
from dlrun.statistics.acceptance import Answers, compare, error_change, paired_z
from dlrun.store import RunFolder, list_runs, read_contents
from tests.commands import dlrun
from tests.trainings import run

ROWS = np.arange(400)


def answers(errors, shift=0.0):
    """The first `errors` rows are wrong, so that two trainings share what they can."""
    wrong = errors > ROWS
    return Answers(wrong, np.where(wrong, 2.0, 0.1) + shift)


def item(key, value, seconds=1.0, action=None):
    return Advice(
        action=action or f"set {key}",
        key=key,
        why="because",
        change={key: value},
        command=None,
        seconds=seconds,
        expected="less",
        about="dev",
        confidence="unsure",
        code=None,
    )


class World:
    """Trainings that only look their answers up: dev errors by width, and a plan that tries the widths in turn."""

    def __init__(self, errors, plan=(2, 3, 4, 5, 6, 7, 8), findings=(), target=None):
        self.errors, self.plan, self.findings, self.target, self.trained = errors, plan, findings, target, []

    def __call__(self, config, because):
        width = config["width"]
        self.trained.append(width)
        wrong = self.errors.get(width, 100)
        items = [other if isinstance(other, Advice) else item("width", other) for other in self.plan]
        diagnosis = SimpleNamespace(
            errors=BySplit(0.0, wrong / 400),
            verdict=Verdict("low", "low"),
            intervals=SimpleNamespace(dev=(0.0, (wrong + 4) / 400)),
            thresholds=Thresholds(0.02, 0.05),
            optimal_error=0.0,
            findings=self.findings,
            target=self.target,
        )
        nothing_to_change = replace(item("x", None), change=None)
        return Judged(config, diagnosis, [*items, nothing_to_change], answers(wrong), f"run{width}")


def test_only_what_the_paired_test_favours_is_kept():
    world = World({1: 100, 2: 101, 3: 60, 4: 60, 5: 4})
    path = follow(world, {"width": 1}, 16)
    assert world.trained == [1, 2, 3, 4, 5]
    assert [step.kept for step in path.steps] == [True, False, True, False, True]
    assert [step.from_ for step in path.steps] == [None, 1, 1, 3, 3]
    assert (path.kept, path.steps[-1].run_id) == (5, "run5")
    assert path.ended == "done: dev error is surely below 2.0%, within 2.0 points of the optimal 0.0%"


def test_low_verdicts_do_not_end_it_but_the_budget_the_time_the_target_or_that_nothing_is_left():
    assert follow(World({}), {"width": 1}, 3).ended == "the budget of 3 trainings is used"
    assert len(follow(World({}), {"width": 1}, 8).steps) == 8
    assert follow(World({}, plan=(2,)), {"width": 1}, 9).ended.startswith("nothing is left")
    timed = follow(World({}), {"width": 1}, 9, affordable=lambda seconds: seconds < 1)
    assert (len(timed.steps), timed.ended) == (1, "the next training would not fit into the time")
    assert [len(follow(World({1: errors}), {"width": 1}, 5).steps) for errors in (4, 5)] == [1, 5]
    met = Target(0.1, True, "good enough")
    assert follow(World({}, target=met), {"width": 1}, 9).ended == "done: good enough"
    failing = [Finding("mismatch", "fail", "title", "evidence", "do")]
    assert len(follow(World({1: 4}, target=met, findings=failing), {"width": 1}, 4).steps) == 4


def test_what_was_kept_last_goes_on_in_its_direction():
    down, up = (item("width", width, action=action) for width, action in ((2, "down"), (3, "up")))
    again = item("width", 5, action="up")
    world = World({1: 100, 2: 101, 3: 60}, plan=(down, up, item("width", 4, action="aside"), again))
    follow(world, {"width": 1}, 4)
    assert world.trained == [1, 2, 3, 5]


def test_no_config_is_trained_twice():
    world = World({1: 100, 2: 60, 3: 30}, plan=(1, 2, 3))
    follow(world, {"width": 1}, 16)
    assert sorted(world.trained) == [1, 2, 3]


def test_a_greedy_rule_would_keep_what_the_paired_rule_drops():
    before, luckier, better = answers(100), answers(98), answers(80)
    assert luckier.wrong.mean() < before.wrong.mean()
    assert not compare(before, luckier._replace(losses=before.losses)).better
    assert compare(before, better).better


def test_the_more_was_tried_the_clearer_a_change_must_be():
    spread = np.tile([1.0, -1.0], 200)  # of standard error 0.05
    before = Answers(None, np.full(400, 5.0))
    after = Answers(None, 5.0 - 0.05 * spread - 0.002)  # a z of 0.8
    assert compare(before, after).miss_z == pytest.approx(0.8, rel=0.01)
    assert [compare(before, after, trainings).better for trainings in (1, 9, 11, 15)] == [True, True, False, False]


def test_misses_are_squared_distances_from_certainty_in_the_right_answer():
    losses = np.array([0.0, math.log(2), 1e3])
    assert Answers(losses > 1, losses).misses() == pytest.approx([0.0, 0.25, 1.0])
    assert Answers(None, losses).misses() is losses


def test_one_row_that_is_far_off_does_not_outweigh_many_that_got_better():
    before = Answers(np.zeros(100, bool), np.full(100, 0.3) + 0.001 * np.arange(100))
    losses = before.losses - 0.1
    losses[0] = 40.0
    after = Answers(before.wrong, losses)
    found = compare(before, after)
    assert found.loss_z < 0 < found.miss_z
    assert found.better


@given(st.integers(0, 2**32))
def test_the_paired_z_is_the_statistic_of_a_paired_t_test(seed):
    before, after = np.random.default_rng(seed).random((2, 50))
    assert paired_z(before, after) == pytest.approx(ttest_rel(before, after).statistic)


def test_losses_that_left_the_finite_numbers_are_never_better():
    bad = Answers(answers(0).wrong, np.full(400, np.inf))
    assert not compare(answers(100), bad._replace(wrong=answers(100).wrong)).better
    assert compare(bad._replace(wrong=answers(100).wrong), answers(100)).better
    one = answers(0).losses
    one[0] = np.inf
    assert not compare(answers(100), answers(0)._replace(losses=one)).better
    assert paired_z(ROWS, ROWS) == 0
    assert paired_z(ROWS, ROWS - 1) == math.inf


# So few epochs that the recipe keeps and drops changes, and never comes to the thousands of epochs that it ends with.
CONFIG = """
name: small
data: {source: moons, samples: 500, noise: 0.3, split: {train: 60, dev: 220, test: 220}}
network: {depth: 3, width: 32}
training: {learning_rate: 0.02, batch_size: full, epochs: 40, evaluate_every: 10}
diagnosis: {optimal_error: 0.08}
"""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG)
    return path, tmp_path / "runs"


def test_the_recipe_leaves_runs_that_say_what_they_follow_from_and_used_again_costs_nothing(small):
    path, runs_dir = small
    seen = []
    found = recipe(read_config(path), runs_dir, trainings=4, watch=seen.append)
    assert tuple(seen) == found.path.steps
    runs = {row.run_id for row in list_runs(runs_dir)}
    assert runs == {step.run_id for step in found.path.steps} | {found.finish.averaged}
    for step in found.path.steps[1:]:
        manifest = RunFolder(runs_dir / step.run_id).read_json("run.json")
        source = found.path.steps[step.from_ - 1].run_id
        assert manifest["parent"] == {"run_id": source, "why": step.action}
    assert found.run_id == found.finish.run_id == found.finish.averaged
    assert found.finish.members == RunFolder(runs_dir / found.run_id).read_json("run.json")["config"]["ensemble"] == 5
    refitted = RunFolder(runs_dir / found.run_id).read_json("refit.json")
    assert found.test_error == refitted["test_error"] == found.finish.refit.test_error
    again = recipe(read_config(path), runs_dir, trainings=4)
    assert again == found
    assert {row.run_id for row in list_runs(runs_dir)} == runs
    trained = [*(step.run_id for step in found.path.steps[1:]), found.finish.averaged]
    assert [line.child for line in ledger.lines(runs_dir)] == trained


def test_an_interrupted_recipe_goes_on_to_the_same_path(small, monkeypatch):
    import signal

    path, runs_dir = small
    whole = recipe(read_config(path), runs_dir, trainings=3)
    trained, interrupted = [], []

    class Display:
        """Sends Ctrl-C in the middle of the second training."""

        def __enter__(self):
            trained.append(1)
            return self

        def __exit__(self, *how):
            return None

        def update(self, record):
            if len(trained) == 2 and record.epoch == 30 and not interrupted:
                interrupted.append(1)
                signal.raise_signal(signal.SIGINT)

    elsewhere = runs_dir.with_name("elsewhere")
    cut = recipe(read_config(path), elsewhere, trainings=3, display=lambda loaded: Display())
    assert (cut.interrupted.status, cut.test_error, len(cut.path.steps)) == ("interrupted", None, 1)
    on = recipe(read_config(path), elsewhere, trainings=3)
    assert len(list_runs(elsewhere)) == len(on.path.steps) + 1
    strip = {"run_id": None, "seconds": None}
    assert [replace(step, **strip) for step in on.path.steps] == [replace(step, **strip) for step in whole.path.steps]


def kept_run(wrong=100, **config):
    return World({1: wrong})({"width": 1, **config}, None)


def ended(kept, mean_wrong, seconds=1.0, *, limit=math.inf):
    """How a recipe ends that kept a training of so many seconds, where the mean of networks has so many wrong rows."""
    spent = []

    def train(config, because):
        spent.append(5 * seconds)
        return World({1: mean_wrong})(config, because)._replace(run_id="mean")

    return finish(
        kept, train, lambda run_id: f"{run_id} again", lambda run_id: seconds, lambda more: sum(spent) + more <= limit
    )


@pytest.mark.parametrize(("mean_wrong", "used"), [(90, "mean"), (100, "mean"), (102, "mean"), (110, "run1")])
def test_the_mean_of_networks_is_used_unless_it_is_surely_worse(mean_wrong, used):
    found = ended(kept_run(), mean_wrong)
    assert (found.run_id, found.refit, found.averaged) == (used, f"{used} again", "mean")
    assert found.members == (5 if used == "mean" else 1)
    assert found.dev_error == mean_wrong / 400


def test_an_ensemble_is_not_averaged_again():
    found = ended(kept_run(ensemble=3), 90)
    assert (found.run_id, found.members, found.averaged, found.refit) == ("run1", 3, None, "run1 again")


@pytest.mark.parametrize(
    ("limit", "averaged", "refit"),
    [(6, "mean", "mean again"), (5, "mean", None), (4, None, "run1 again"), (0, None, None)],
)
def test_a_recipe_ends_within_its_time(limit, averaged, refit):
    found = ended(kept_run(), 90, limit=limit)
    assert (found.averaged, found.refit) == (averaged, refit)


def test_applied_advice_is_a_child_run_whose_outcome_is_kept(small):
    path, runs_dir = small
    surely_high_variance = ("training.epochs=150", "training.learning_rate=0.01")  # of which more rows are advised
    parent = RunFolder(Path(run(read_config(path, surely_high_variance), runs_dir).run_dir))
    advice = parent.read_json("diagnosis.json")["advice"]
    number = next(n for n, piece in enumerate(advice, start=1) if piece["change"])
    applied, contents = apply(parent, number)
    child = contents.folder
    manifest = child.read_json("run.json")
    assert manifest["parent"] == {"run_id": parent.id, "why": advice[number - 1]["action"]}
    assert all(
        any(word.startswith(f"{key}=") for word in manifest["overrides"]) for key in advice[number - 1]["change"]
    )
    line = ledger.lines(runs_dir)[0]
    assert line == applied.line
    before, after = (kept_answers(read_contents(folder)).wrong for folder in (parent, child))
    assert line.dev.difference == pytest.approx(after.mean() - before.mean())
    assert line.outcome in ("held", "reversed", "not shown")
    with pytest.raises(UsageError, match=f"has advice 1 to {len(advice)}"):
        apply(parent, len(advice) + 1)
    nothing = next(n for n, piece in enumerate(advice, start=1) if not piece["change"])
    with pytest.raises(UsageError, match="is no change of the config; apply"):
        apply(parent, nothing)
    assert advice[nothing - 1]["command"] == f"dlrun curve {parent.id} --runs-dir {runs_dir}"


def test_advice_on_a_regression_of_more_rows_than_outputs_are_kept_of_is_judged_by_all(tmp_path, monkeypatch):
    """Outputs of single rows are kept of 20,000; here of 50, so that few rows do."""
    monkeypatch.setattr("dlrun.nn.predictions.OUTPUT_ROWS", 50)
    path = tmp_path / "linear.yaml"
    path.write_text(
        "data: {source: regression, samples: 400, noise: 0.1}\nnetwork: {width: 4}\ntraining: {epochs: 2}\n"
        "report: false\n"
    )
    parent = RunFolder(Path(run(read_config(path), tmp_path / "runs").run_dir))
    applied, contents = apply(parent, 2)
    before, after = (read_contents(folder).result.errors for folder in (parent, contents.folder))
    assert applied.line.train.rows == 240
    assert applied.line.train.difference == pytest.approx(after.train - before.train)
    assert applied.line.dev.difference == pytest.approx(after.dev - before.dev)


def test_an_outcome_is_read_off_the_interval_of_the_error_that_was_to_fall():
    from dlrun.statistics.paired import compare_answers

    wrong = [answers(errors).wrong for errors in (100, 60, 99)]
    much, little = (compare_answers(~wrong[n], ~wrong[0]) for n in (1, 2))
    assert ledger.outcome_of(much) == "held"
    assert ledger.outcome_of(little) == "not shown"
    assert ledger.outcome_of(compare_answers(~wrong[0], ~wrong[1])) == "reversed"
    assert ledger.outcome_of(None) == "not shown"


def test_the_commands_show_path_outcome_and_ledger(small, capsys):
    path, runs_dir = small
    found = recipe(read_config(path), runs_dir, trainings=2)
    shown = dlrun("recipe", path, "--trainings", 2, "--runs-dir", runs_dir, cwd=path.parent)
    assert shown.returncode == 0, shown.stderr
    assert "the config as it is: train" in shown.stderr
    assert "ended: the budget of 2 trainings is used" in shown.stdout
    assert "looked at once, after the last decision" in shown.stdout
    show_ledger_of(runs_dir, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert [line["child"] for line in told["entries"]] == [found.path.steps[1].run_id, found.finish.averaged]
    assert told["actions"][0]["tried"] == 1
    show_ledger_of(runs_dir, as_json=False)
    assert f"{found.path.steps[1].run_id}: {found.path.steps[1].action}" in capsys.readouterr().out


def test_a_recipe_whose_config_gives_no_errors_says_so(tmp_path):
    network = {"init": "normal", "init_scale": 1e18}
    path = tmp_path / "c.yaml"
    path.write_text(json.dumps({"data": {"source": "diabetes"}, "network": network}))
    with pytest.raises(UsageError, match=r"recipe: .* has no errors to go by; at epoch 1 the outputs of layer"):
        recipe(read_config(path), tmp_path / "runs", trainings=2)


def test_the_change_of_an_error_is_that_of_the_errors_by_weight_and_of_a_regression_in_its_unit():
    rng = np.random.default_rng(8)
    before, after = rng.random(400) < 0.3, rng.random(400) < 0.2
    weight, losses = rng.uniform(0.5, 2, 400), np.zeros(400)
    change, interval = error_change(Answers(before, losses), Answers(after, losses), float(after.mean()))
    assert change == pytest.approx(after.mean() - before.mean())
    assert interval[0] < change < interval[1]
    change, _ = error_change(Answers(before, losses, weight), Answers(after, losses, weight), 0.2)
    assert change == pytest.approx(np.average(after * 1.0 - before, weights=weight))

    y, old, new = rng.normal(size=400), rng.normal(size=400), rng.normal(size=400)
    unit = 3.7  # of the losses, which are squares of standardised targets

    def error(answers):
        return 1 - r2_score(y, answers)

    one, other = (Answers(None, unit * np.square(y - answers)) for answers in (old, new))
    change, interval = error_change(one, other, error(new))
    assert change == pytest.approx(error(new) - error(old))
    assert interval[0] < change < interval[1]
    assert error_change(one, Answers(None, np.full(400, np.inf)), np.inf) is None
