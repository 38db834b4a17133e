"""The learning curve: its fit, its rule, and the trainings that it stands on."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.stats import ttest_rel

from dlrun.diagnosis.learning_curve import answer_of, fit_power_law, judge_curve, paired_error
from dlrun.errors import DataError, StoreError
from dlrun.experiment import read_config
from dlrun.search.curve import learning_curve
from dlrun.search.decompose import decompose
from dlrun.search.reopen import reopened
from dlrun.search.trainings import Variant, parts_of_rows, resampled_rows, train_variants, varied
from dlrun.store import find_run, to_plain, verify
from tests.trainings import run

ROWS = [100, 200, 400, 800]


def curve_of(errors, rng, *, m=400, draws=3):
    """0-1 losses whose means are the errors, the wrong rows being nested so that sizes differ in few rows."""
    rank = rng.permutation(m)
    return [np.array([rank < error * m] * (draws if n < 3 else 1), float) for n, error in enumerate(errors)]


def test_an_exact_power_law_is_found_again():
    law = fit_power_law(ROWS, [0.05 + 2 * n**-0.7 for n in ROWS])
    assert (law.a, law.b, law.c) == pytest.approx((0.05, 2.0, 0.7), rel=1e-6)


def test_no_other_fit_is_better(rng):
    errors = 0.1 + 3 * np.array(ROWS) ** -0.8 + rng.normal(0, 0.01, 4)
    law = fit_power_law(ROWS, errors)

    def cost(a, b, c):
        return np.sum(np.array(ROWS) * (a + b * np.array(ROWS, float) ** -c - errors) ** 2)

    for start in (0.1, 0.5, 1.5):
        (a, b, c), _ = curve_fit(
            lambda n, a, b, c: a + b * n**-c,
            np.array(ROWS, float),
            errors,
            p0=(0.1, 1.0, start),
            sigma=1 / np.sqrt(ROWS),
            bounds=([0, 0, 0.05], [1, 1e4, 2.0]),
        )
        # c is searched in steps of a hundredth: at most 2e-5 was seen
        assert cost(law.a, law.b, law.c) <= cost(a, b, c) + 1e-4


@pytest.mark.parametrize(
    ("errors", "answer"),
    [([0.30, 0.22, 0.16, 0.12], "yes"), ([0.12, 0.11, 0.105, 0.105], "no"), ([0.14, 0.12, 0.105, 0.095], "a little")],
)
def test_falling_flat_and_slowly_falling_curves_are_told_apart(errors, answer, rng):
    found = judge_curve(ROWS, curve_of(errors, rng, m=4000), regression=False)
    assert found.answer == answer
    twice, four_times = found.forecasts
    assert (twice.rows, four_times.rows) == (1600, 3200)
    assert 0 <= four_times.error <= twice.error <= errors[-1]
    assert twice.lower <= twice.error <= twice.upper


def test_few_dev_rows_leave_it_open(rng):
    assert judge_curve(ROWS, curve_of([0.3, 0.25, 0.2, 0.18], rng, m=50), regression=False).answer == "inconclusive"


def test_a_curve_that_rises_gets_no_forecast(rng):
    found = judge_curve(ROWS, curve_of([0.30, 0.20, 0.10, 0.25], rng), regression=False)
    assert (found.answer, found.forecasts, found.gain) == ("refused", (), None)
    assert found.sentence == (
        "the curve is not monotone, no forecast: dev error rises from 10.0% at 400 rows to 25.0% at 800"
    )


def test_answers_are_read_off_the_interval():
    intervals = {"yes": (0.01, 0.05), "no": (-0.01, 0.01), "a little": (0.001, 0.01), "inconclusive": (-0.01, 0.03)}
    assert {answer: answer_of(*interval) for answer, interval in intervals.items()} == {a: a for a in intervals}


def test_the_paired_standard_error_is_that_of_a_paired_t_test(rng):
    few, many = rng.random((1, 200)), rng.random((1, 200))
    mean = float(np.mean(few - many))
    assert paired_error(few, many) == pytest.approx(mean / ttest_rel(few[0], many[0]).statistic)
    noisy = np.vstack([few, few + 0.5])
    assert paired_error(noisy, many) ** 2 == pytest.approx(paired_error(few, many) ** 2 + 0.5**2 / 2 / 2)


CONFIG = """
name: {name}
data: {{source: {source}, split: {{train: 0.6, dev: 0.4}}}}
network: {{depth: 2, width: 8}}
regularization: {{keep_prob: 0.9}}
training: {{epochs: {epochs}, learning_rate: 0.01}}
"""


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("curve")
    for name, source, epochs in (("iris", "iris", 40), ("diabetes", "diabetes", 10)):
        (folder / f"{name}.yaml").write_text(CONFIG.format(name=name, source=source, epochs=epochs))
        run(read_config(folder / f"{name}.yaml"), folder / "runs")
    return folder / "runs"


def test_a_variant_without_changes_is_the_run_itself(runs_dir):
    folder = find_run(runs_dir, "iris")
    experiment, _ = reopened(folder)
    [again] = train_variants(experiment, [Variant()])
    assert np.array_equal(again.dev.losses, folder.read_arrays("predictions.npz")["dev_losses"])


def test_processes_give_what_one_process_gives_and_count_their_work(runs_dir):
    experiment, _ = reopened(find_run(runs_dir, "iris"))
    variants, seen = [Variant(seed=seed) for seed in (1, 2, 3)], []
    beside = train_variants(experiment, variants, processes=2, progress=lambda *counts: seen.append(counts))
    here = train_variants(experiment, variants)
    assert [one.dev.losses.tolist() for one in beside] == [one.dev.losses.tolist() for one in here]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert here[0].dev.losses.tolist() != here[1].dev.losses.tolist()


def test_a_variant_sees_its_own_rows_and_no_others(runs_dir):
    experiment, _ = reopened(find_run(runs_dir, "iris"))
    changed = varied(experiment, Variant(rows=np.array([3, 5])))
    train = experiment.dataset.train
    assert np.array_equal(changed.dataset.train.X, train.X[[3, 5]])
    assert np.array_equal(changed.dataset.train.rows, train.rows[[3, 5]])
    assert changed.dataset.dev is experiment.dataset.dev


def test_a_variant_is_measured_in_every_epoch_where_the_best_is_kept(runs_dir):
    experiment, _ = reopened(find_run(runs_dir, "iris"))
    epochs = experiment.plan.epochs
    for keep, every in (("auto", epochs), ("last", epochs), ("best", 1)):
        kept = replace(experiment, plan=replace(experiment.plan, keep=keep))
        assert varied(kept, Variant()).plan.evaluate_every == every


def test_drawn_rows_are_stratified_and_halves_are_disjoint(runs_dir):
    experiment, _ = reopened(find_run(runs_dir, "iris"))
    for half, other in parts_of_rows(experiment, 45, 2, seed=0):
        assert len(half) == len(other) == 45
        assert not set(half) & set(other)
        assert np.bincount(experiment.dataset.train.Y[half]).tolist() == [15, 15, 15]


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_a_curve_is_kept_in_its_run_which_stays_sound(runs_dir, name):
    folder = find_run(runs_dir, name)
    found = learning_curve(folder)
    rows = len(folder.read_arrays("split.npz")["train"])
    assert [point.rows for point in found.curve.points] == [rows // 8, rows // 4, rows // 2, rows]
    assert found.curve.points[-1].error == pytest.approx(folder.read_json("result.json")["errors"]["dev"], abs=1e-6)
    assert folder.read_json("curve.json") == to_plain(found)
    assert [row for row in verify(folder) if row.problem] == []
    assert "curve.json" in [row.file for row in verify(folder)]


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_a_decomposition_is_kept_and_adds_up(runs_dir, name):
    folder = find_run(runs_dir, name)
    found = decompose(folder, bootstrap=3)
    assert found.sources.sampling == max(0, found.sources.halves.variance - found.sources.seeds.variance)
    parts = found.bootstrap.kohavi_wolpert
    assert parts.bias + parts.variance == pytest.approx(parts.loss)
    dev = folder.read_json("result.json")["errors"]["dev"]
    assert found.bootstrap.whole_loss == pytest.approx(dev, rel=1e-5)
    assert folder.read_json("decomposition.json") == to_plain(found)


def grouped_run(folder, families):
    """The folder of a run whose 120 rows are in families of unlike sizes, and the family of each training row."""
    rng = np.random.default_rng(0)
    family = rng.choice(families, p=np.arange(1, families + 1) / (families * (families + 1) / 2), size=120)
    rows = [f"{x:.3f},{f},{'ab'[int(x > 0)]}" for x, f in zip(rng.standard_normal(120), family, strict=True)]
    (folder / "kin.csv").write_text("\n".join(["x,family,kind", *rows]))
    split = "split: {train: 0.6, dev: 0.4}"
    text = f"name: kin\ndata: {{source: kin.csv, target: kind, group: family, {split}}}\ntraining: {{epochs: 2}}\n"
    (folder / "kin.yaml").write_text(text)
    run(read_config(folder / "kin.yaml"), folder / "runs")
    found = find_run(folder / "runs", "kin")
    return found, family[found.read_arrays("split.npz")["train"]]


def test_groups_are_drawn_whole_so_that_halves_are_independent(tmp_path):
    folder, family = grouped_run(tmp_path, 30)
    experiment, _ = reopened(folder)
    rows, groups = len(family), len(np.unique(family))
    for half, other in parts_of_rows(experiment, rows // 2, 3, seed=0):
        assert not set(family[half]) & set(family[other])
        assert sum(np.isin(family, family[part]).sum() for part in (half, other)) == len(half) + len(other)
        assert max(abs(len(part) - rows / 2) for part in (half, other)) <= np.bincount(family).max()
    drawn = resampled_rows(experiment, np.random.default_rng(0))
    times = [np.bincount(drawn, minlength=rows)[family == one] for one in np.unique(family)]
    assert all(len(set(of_group)) == 1 for of_group in times)
    assert sum(of_group[0] for of_group in times) == groups
    changed = varied(experiment, Variant(rows=half))
    assert len(np.unique(changed.dataset.train.group)) == len(np.unique(family[half]))


def test_a_curve_of_groups_says_how_many_rows_it_drew_and_refuses_too_few(tmp_path):
    folder, family = grouped_run(tmp_path, 30)
    rows = [point.rows for point in learning_curve(folder).curve.points]
    assert rows[-1] == len(family)
    assert np.array(rows[:-1]) == pytest.approx(len(family) / np.array([8, 4, 2]), abs=float(np.bincount(family).max()))
    few, _ = grouped_run(tmp_path, 6)
    with pytest.raises(DataError, match=r"groups in them\); a curve needs at least 8 rows of each class, or 8 groups"):
        learning_curve(few)
    assert decompose(few).sources.halves.pairs == 5


def test_too_few_rows_and_an_unfinished_run_are_refused(runs_dir, tmp_path):
    text = CONFIG.format(name="few", source="iris", epochs=1).replace("{train: 0.6, dev: 0.4}", "{train: 9, dev: 40}")
    (tmp_path / "few.yaml").write_text(text)
    run(read_config(tmp_path / "few.yaml"), tmp_path / "runs")
    folder = find_run(tmp_path / "runs", "few")
    with pytest.raises(DataError, match="9 training rows are too few to train on an eighth of them"):
        learning_curve(folder)
    folder.write_json("result.json", folder.read_json("result.json") | {"status": "interrupted"})
    with pytest.raises(
        StoreError, match="is interrupted, and this needs a finished run; resume it first: dlrun resume"
    ):
        learning_curve(folder)
