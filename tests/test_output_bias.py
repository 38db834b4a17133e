"""network.output_bias: the output's bias starts at the classes' log odds in the training rows."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit, softmax

from dlrun import load
from dlrun.diagnosis.symptoms import initial_loss_high
from dlrun.experiment import prepare, read_config
from dlrun.experiment.identity import compared, config_sha256, differences
from dlrun.experiment.resume import own_config
from dlrun.gradcheck import CheckOptions
from dlrun.inspection.difference import train_again
from dlrun.inspection.gradients import check_gradients
from dlrun.nn.evaluation import evaluate
from dlrun.nn.initializers import OUTPUT_BIASES, prior_logits
from dlrun.nn.parameters import initial_parameters
from dlrun.search.trainings import Variant, varied
from dlrun.store import RunFolder, read_manifest
from tests.commands import dlrun
from tests.old_runs import RUNS, copied
from tests.trainings import run

ROWS = 500


def table(path, positives=20, seed=0, weight=False):
    """A .csv of two classes, `positives` in a hundred `yes`, that two of four numbers tell apart."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((ROWS, 4))
    score = X[:, 0] + X[:, 1] + 0.3 * rng.standard_normal(ROWS)
    yes = score > np.quantile(score, 1 - positives / 100)
    lines = ["a,b,c,d,w,label"]
    for x, one in zip(X, yes, strict=True):
        lines.append(",".join(f"{v:.5f}" for v in x) + f",{3 if one and weight else 1},{'yes' if one else 'no'}")
    path.write_text("\n".join(lines) + "\n")
    return path


def config(tmp_path, text="", name="c"):
    table(tmp_path / "t.csv")
    path = tmp_path / f"{name}.yaml"
    path.write_text("data: {source: t.csv, target: label, drop: [w]}\nensemble: 1\n" + text)
    return read_config(path)


def bias_of(loaded):
    experiment = prepare(loaded)
    return experiment.parameters.layers[-1].b, experiment.dataset.train


@pytest.mark.parametrize("totals", [[96.0, 4.0], [1.0, 3.0], [50.0, 50.0]])
def test_a_sigmoids_bias_answers_with_the_share(totals):
    bias = prior_logits("sigmoid", np.array(totals))
    assert expit(bias) == pytest.approx([totals[1] / sum(totals)], rel=1e-14)


@pytest.mark.parametrize("totals", [[96.0, 4.0], [10.0, 70.0, 20.0], [3.0, 3.0, 3.0, 1.0]])
def test_a_softmaxs_biases_answer_with_the_shares_and_have_mean_0(totals):
    bias = prior_logits("softmax", np.array(totals))
    np.testing.assert_allclose(softmax(bias), np.array(totals) / sum(totals), rtol=1e-14)
    assert bias.mean() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("loss", "K"), [("sigmoid", 2), ("softmax", 3), ("softmax", 10)])
def test_equally_common_classes_begin_at_exactly_0(loss, K):
    assert not prior_logits(loss, np.full(K, 37.0)).any()


def test_a_class_without_training_rows_counts_as_half_of_the_rarest():
    np.testing.assert_allclose(softmax(prior_logits("softmax", np.array([8.0, 2.0, 0.0]))), np.array([8, 2, 1]) / 11)


def test_the_bias_is_that_of_every_member_and_draws_nothing(rng):
    state = rng.bit_generator.state
    plain = initial_parameters((3, 4, 2), "he", rng=rng, members=3)
    rng.bit_generator.state = state
    shifted = initial_parameters((3, 4, 2), "he", rng=rng, members=3, output_bias=np.array([-1.0, 1.0]))
    for number in range(3):
        before, after = plain.member(number), shifted.member(number)
        assert all((a.W == b.W).all() for a, b in zip(before.layers, after.layers, strict=True))
        assert not after.layers[0].b.any()
        assert after.layers[1].b.tolist() == [-1, 1]


def test_prior_is_the_default_and_is_of_the_training_rows(tmp_path):
    b, train = bias_of(config(tmp_path))
    share = train.Y.mean()
    assert 0.1 < share < 0.3
    assert b == pytest.approx([np.log(share / (1 - share))], rel=1e-6)
    assert bias_of(config(tmp_path, "network: {output_bias: zeros}"))[0].tolist() == [0]
    assert set(OUTPUT_BIASES) == {"prior", "zeros"}


def test_rows_count_by_their_weight(tmp_path):
    b, train = bias_of(config(tmp_path, "training: {class_weight: {'yes': 3}}"))
    share = train.Y.mean()
    assert b == pytest.approx([np.log(3 * share / (1 - share))], rel=1e-6)
    b, _ = bias_of(config(tmp_path, "training: {class_weight: balanced}"))
    assert b == pytest.approx([0], abs=1e-6)


def test_a_number_begins_at_its_mean_which_is_0_where_rows_count_alike(tmp_path):
    lines = [f"{x},{1 + (x > 6)},{x * x}" for x in range(40)]
    (tmp_path / "n.csv").write_text("x,w,y\n" + "\n".join(lines) + "\n")
    path = tmp_path / "n.yaml"
    path.write_text("data: {source: n.csv, target: y, drop: [w], task: regression}\nensemble: 1\n")
    assert bias_of(read_config(path))[0].tolist() == [0]
    path.write_text("data: {source: n.csv, target: y, weight: w, task: regression}\nensemble: 1\n")
    b, train = bias_of(read_config(path))
    assert b == pytest.approx([np.average(train.Y[:, 0], weights=train.weight)], rel=1e-5)
    assert abs(b[0]) > 0.01


def test_the_rows_of_a_learning_curve_have_their_own_prior(tmp_path):
    experiment = prepare(config(tmp_path))
    yes = np.flatnonzero(experiment.dataset.train.Y[:, 0] == 1)
    no = np.flatnonzero(experiment.dataset.train.Y[:, 0] == 0)
    changed = varied(experiment, Variant(rows=np.sort(np.concatenate([yes[:10], no[:30]])), seed=None))
    assert changed.parameters.layers[-1].b == pytest.approx([np.log(1 / 3)], rel=1e-6)


def test_zeros_hashes_as_a_run_of_before_and_prior_does_not(tmp_path):
    new, zeros = config(tmp_path).config.to_dict(), config(tmp_path, "network: {output_bias: zeros}").config.to_dict()
    old = config(tmp_path).config.to_dict()
    del old["network"]["output_bias"]
    assert config_sha256(old) == config_sha256(zeros) != config_sha256(new)
    assert "network.output_bias" not in compared(zeros)
    assert differences(old, new) == {"network.output_bias": ("zeros", "prior")}


def test_the_gradients_are_right_with_a_bias_that_is_not_0(tmp_path):
    loaded = config(tmp_path, "network: {hidden: [5]}")
    report = check_gradients(loaded, CheckOptions(examples=8))
    assert report.passed


def codes_of(tmp_path, positives, seed, network):
    """The codes of what is told of a short training of a table with so many positives in a hundred."""
    table(tmp_path / "t.csv", positives, seed)
    path = tmp_path / "c.yaml"
    path.write_text(
        f"seed: {seed}\ndata: {{source: t.csv, target: label, drop: [w]}}\nensemble: 1\nreport: false\n"
        f"network: {network}\ntraining: {{epochs: 2}}\n"
    )
    return {finding.code for finding in run(read_config(path), tmp_path / "runs").health}


def test_units_that_begin_alike_are_told_with_a_prior_too(tmp_path):
    assert "symmetric-units" in codes_of(tmp_path, 20, 0, "{init: zeros}")


def test_a_rare_class_makes_no_high_first_loss(tmp_path):
    # Beside its own entropy alone, it was told of 2 of these 6.
    for seed in range(6):
        assert "initial-loss-high" not in codes_of(tmp_path, 4, seed, "{output_bias: prior}")


def test_the_first_loss_of_a_rare_class_is_nearer_to_that_of_its_share(tmp_path):
    found = {}
    for bias in OUTPUT_BIASES:
        losses = []
        for seed in range(6):
            table(tmp_path / "t.csv", 4, seed)
            (tmp_path / "c.yaml").write_text(
                f"seed: {seed}\ndata: {{source: t.csv, target: label, drop: [w]}}\nnetwork: {{output_bias: {bias}}}\n"
            )
            experiment = prepare(read_config(tmp_path / "c.yaml"))
            train = experiment.dataset.train
            losses.append(evaluate(experiment.network, experiment.parameters, train.X, train.Y).loss)
        found[bias] = np.mean(losses)
    entropy = -(0.04 * np.log(0.04) + 0.96 * np.log(0.96))
    assert found["prior"] - entropy < 0.5 * (found["zeros"] - entropy)


@pytest.mark.parametrize(
    ("loss", "prior", "told"),
    [
        (0.6, 0.17, None),
        (1.7, 0.17, False),
        (3.5, 0.17, True),
        (2.0, 0.693, None),
        (2.2, 0.693, False),
        (6.0, 2.3, None),
    ],
)
def test_the_first_loss_is_measured_in_even_odds_at_least(loss, prior, told):
    first = SimpleNamespace(loss=loss, start=SimpleNamespace(prior_loss=prior))
    sign = initial_loss_high(SimpleNamespace(trace=[first], value=lambda key: "binary"))
    assert (sign and sign.is_grave) is told


@pytest.mark.parametrize("name", ["moons", "iris"])
def test_an_old_run_is_trained_again_and_loaded_with_zeros(name, tmp_path):
    folder = copied(tmp_path, name) / "runs" / RUNS[name]
    assert own_config(RunFolder(folder), ()).config.network.output_bias == "zeros"
    assert load(folder).get_params()["output_bias"] == "zeros"
    # Results have new keys since, and so have the arrays of the preparation; what was trained is the same.
    assert [one.same for one in train_again(RunFolder(folder)) if one.what == "metrics"] == [True]


def test_a_sweep_may_try_both(tmp_path):
    table(tmp_path / "t.csv")
    (tmp_path / "c.yaml").write_text(
        "data: {source: t.csv, target: label, drop: [w]}\nnetwork: {width: 4}\ntraining: {epochs: 1}\n"
    )
    done = dlrun("sweep", "c.yaml", "network.output_bias=prior,zeros", "--json", "-q", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    biases = {read_manifest(RunFolder(path)).identity.config["network"]["output_bias"] for path in runs_of(tmp_path)}
    assert biases == {"prior", "zeros"}


def runs_of(tmp_path):
    """The folders of the runs of a sweep."""
    return [path for path in (tmp_path / "runs").iterdir() if (path / "run.json").exists()]
