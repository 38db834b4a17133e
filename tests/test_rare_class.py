"""A rare class: its network is judged by what suits it, and the advice names what helps."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from dlrun import experiment
from dlrun.advice import Case, advise
from dlrun.config import config_from_dict
from dlrun.diagnosis import diagnose
from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.row_summary import ClassCount, Duel, Order, RowSummary
from dlrun.experiment import prepare, read_config
from dlrun.experiment.judge import judged
from dlrun.records import BySplit, Sizes
from dlrun.store import from_plain, to_plain

ROWS = 1600


def table(path, seed, *, is_noise=False):
    """4% of the rows are `yes`, by three of six numbers and some noise, or at random."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((ROWS, 6))
    score = X[:, 0] + X[:, 1] * X[:, 2] + 0.5 * rng.standard_normal(ROWS)
    yes = score > np.quantile(score, 0.96)
    if is_noise:
        yes = rng.permutation(yes)
    rows = [",".join(f"{v:.4f}" for v in x) + (",yes" if one else ",no") for x, one in zip(X, yes, strict=True)]
    path.write_text("a,b,c,d,e,f,label\n" + "\n".join(rows) + "\n")


def trained(tmp_path, seed, *overrides, is_noise=False):
    table(tmp_path / "t.csv", seed, is_noise=is_noise)
    (tmp_path / "c.yaml").write_text(
        f"seed: {seed}\ndata: {{source: t.csv}}\nreport: false\nnetwork: {{width: 32}}\ntraining: {{epochs: 60}}\n"
    )
    return experiment.run(read_config(tmp_path / "c.yaml", overrides), tmp_path / "runs")


def codes(diagnosis):
    return {finding.code for finding in diagnosis.findings}


def test_a_sound_network_of_a_rare_class_is_better_than_one_answer_and_by_its_error_was_not(tmp_path):
    told_by_error = 0
    for seed in range(3):
        result = trained(tmp_path, seed).result_required()
        assert result.row_summary.order.chance < 1e-4
        assert result.row_summary.order.log_loss < result.row_summary.order.prior_log_loss
        assert codes(judged(result)) == set()
        as_before = replace(result, row_summary=replace(result.row_summary, order=None))
        told_by_error += "no-better-than-baseline" in codes(judged(as_before))
    assert told_by_error >= 1


def test_a_network_that_learned_noise_is_told_with_the_measure_that_decides(tmp_path):
    contents = trained(tmp_path, 0, is_noise=True)
    finding = next(f for f in contents.diagnosis.diagnosis.findings if f.code == "no-better-than-baseline")
    order = contents.result_required().row_summary.order
    assert f"{100 * order.auc:.1f}% of pairs of rows of two classes stand in the right one" in finding.evidence
    assert f"log loss {order.log_loss:.3g} beside {order.prior_log_loss:.3g}" in finding.evidence


def test_equal_classes_are_judged_by_the_error_and_keep_no_order(tmp_path):
    (tmp_path / "m.yaml").write_text("data: {source: moons, samples: 100}\nreport: false\ntraining: {epochs: 1}\n")
    result = experiment.run(read_config(tmp_path / "m.yaml"), tmp_path / "runs").result_required()
    assert result.row_summary.order is None
    assert "order" not in to_plain(result)["row_summary"]


def test_a_result_of_before_is_read_and_judged_by_the_sign_test():
    plain = to_plain(RowSummary(pairs=Duel(3, 1, "no")))
    assert "order" not in plain
    rows = from_plain(RowSummary, plain)
    found = diagnose(BySplit(0.03, 0.031), baseline_error=0.037, sizes=Sizes(900, 300), rows=rows)
    assert codes(found) == {"no-better-than-baseline"}
    assert "the network has 3" in found.findings[0].evidence


def test_the_prior_of_the_log_loss_is_that_of_the_training_rows(tmp_path):
    contents = trained(tmp_path, 1)
    dataset = prepare(read_config(tmp_path / "c.yaml")).dataset
    share = dataset.train.Y.mean(dtype=float)
    truth = dataset.dev.Y[:, 0]
    expected = -np.mean(truth * np.log(share) + (1 - truth) * np.log(1 - share))
    assert contents.result_required().row_summary.order.prior_log_loss == pytest.approx(expected, rel=1e-6)


ORDER = Order(0.9, 1e-6, 0.1, 0.17)


def case(found_of_rare, of=40, *, order=ORDER, config=None, findings=(), classes=("no", "yes")):
    counts = (ClassCount(classes[0], 960, 950), *(ClassCount(name, of, found_of_rare) for name in classes[1:]))
    rows = RowSummary(classes=counts, pairs=Duel(20, 19, "no"), order=order)
    diagnosis = diagnose(BySplit(0.0, 0.04), baseline_error=0.04, sizes=Sizes(3000, 1000), rows=rows)
    return Case(
        replace(diagnosis, findings=(*diagnosis.findings, *findings)),
        config or config_from_dict({"data": {"source": "iris"}}).to_dict(),
        config_file="c.yaml",
    )


def rare_items(one):
    return [item for item in advise(one) if "are found, and" in item.why]


def test_a_missed_class_is_named_with_what_helps():
    items = rare_items(case(12))
    assert [item.command for item in items] == [
        "dlrun train c.yaml training.class_weight=balanced",
        "dlrun predict RUN FILE --costs false_alarm=1,miss=10",
        None,
    ]
    assert all(
        "30.0%" in item.why and "of the 40 dev rows of yes are found, and 99.0% of no" in item.why for item in items
    )
    assert items[2].action == "more rows of yes"
    assert advise(case(12))[-3:] == tuple(items)


def test_a_class_that_is_found_is_not_named():
    assert rare_items(case(38)) == []
    # 2 of 3 rows may as well be all of them.
    assert rare_items(case(2, of=3)) == []


def test_weights_that_are_set_are_not_advised_and_many_classes_have_no_one_threshold():
    config = config_from_dict({"data": {"source": "iris"}, "training": {"class_weight": "balanced"}}).to_dict()
    weighted = case(12, config=config)
    assert [item.key for item in rare_items(weighted)] == [None, None]
    assert [item.key for item in rare_items(case(12, classes=("no", "yes", "so")))] == [
        "training.class_weight",
        None,
    ]


def test_where_something_fails_that_comes_first_alone():
    assert rare_items(case(12, findings=(Finding("diverged", "fail", "t", "e", "d"),))) == []
    assert rare_items(case(12, order=Order(0.5, 0.5, 0.2, 0.17))) == []


def test_balanced_weights_are_those_of_scikit_learn_and_equal_row_weights(tmp_path):
    weighted = trained(tmp_path, 0, "training.class_weight=balanced")
    train = prepare(read_config(tmp_path / "c.yaml", ["training.class_weight=balanced"])).dataset.train
    y = train.Y[:, 0].astype(int)
    factors = compute_class_weight("balanced", classes=np.array([0, 1]), y=y)
    np.testing.assert_allclose(train.weight, factors[y], rtol=1e-12)
    lines = (tmp_path / "t.csv").read_text().splitlines()
    by_label = dict(zip(("no", "yes"), factors.tolist(), strict=True))
    with (tmp_path / "w.csv").open("w") as file:
        file.write(lines[0] + ",w\n")
        file.writelines(f"{line},{by_label[line.rpartition(',')[2]]!r}\n" for line in lines[1:])
    by_rows = experiment.run(
        read_config(tmp_path / "c.yaml", ["data.source=w.csv", "data.weight=w", "data.target=label"]), tmp_path / "runs"
    )
    one, other = weighted.result_required(), by_rows.result_required()
    assert one.errors.dev == pytest.approx(other.errors.dev, rel=1e-9)
    assert one.errors.train == pytest.approx(other.errors.train, rel=1e-9)
    assert one.row_summary.classes == other.row_summary.classes
