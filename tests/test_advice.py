"""Advice follows the recipe's order, carries a change that the config takes, and says why in the run's own numbers."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlrun.advice import Case, advise
from dlrun.advice.advise import overrides_of
from dlrun.advice.bias_remedies import BIAS
from dlrun.advice.case import Facts, changed, hidden_of
from dlrun.advice.course import course_of
from dlrun.advice.expense import seconds_of
from dlrun.advice.fixes import FIXES
from dlrun.advice.variance_remedies import VARIANCE
from dlrun.config import config_from_dict
from dlrun.diagnosis import diagnose
from dlrun.diagnosis.causes import CAUSES
from dlrun.diagnosis.findings import Finding
from dlrun.diagnosis.learning_curve import Curve
from dlrun.diagnosis.records import Target
from dlrun.diagnosis.size_probe import SizeProbe
from dlrun.diagnosis.symptoms import SYMPTOMS
from dlrun.nn.training import EpochRecord
from dlrun.records import BySplit, Sizes

HIGH_BIAS, HIGH_VARIANCE, BOTH = BySplit(0.2, 0.21), BySplit(0.0, 0.2), BySplit(0.2, 0.5)
SIZES = Sizes(2000, 2000)
FACTS = Facts(inputs=20, outputs=3, train_rows=2000, seconds=10.0)
FALLING = [1.0 * 0.97**n for n in range(60)]
FLAT = [1.0 * 0.7**n + 0.5 for n in range(60)]
ZIGZAG = [0.5 + 0.2 * (-1) ** n for n in range(60)]


def config(**keys):
    plain = config_from_dict({"data": {"source": "iris"}}).to_dict()
    return changed(plain, {key.replace("__", "."): value for key, value in keys.items()})


def records(costs, dev=None, penalty=0.0):
    dev = dev or [0.1] * len(costs)
    return [
        EpochRecord(epoch=n, cost=c, loss=c - penalty * c, penalty=penalty * c, learning_rate=0.1, dev_error=d)
        for n, (c, d) in enumerate(zip(costs, dev, strict=True), start=1)
    ]


def case(errors, costs=FLAT, *, findings=(), curve=None, facts=FACTS, dev=None, penalty=0.0, given=None, **keys):
    diagnosis = dataclasses.replace(diagnose(errors, sizes=SIZES), findings=tuple(findings))
    course = course_of(records(costs, dev, penalty))
    return Case(diagnosis, given or config(**keys), course, facts, curve, "dlrun curve r", "runs/r/resolved.yaml")


def finding(code, severity="fail", title="t", do="d"):
    return Finding(code, severity, title, "e", do)


def curve(answer, sentence):
    return Curve((), None, (), None, answer, sentence)


def with_target_met(of_run):
    target = Target(0.5, True, "good enough")
    return dataclasses.replace(of_run, diagnosis=dataclasses.replace(of_run.diagnosis, target=target))


def actions(found):
    return [item.action for item in found]


def changes(found):
    return [item.change for item in found]


def test_a_cost_that_still_falls_asks_for_more_epochs_and_a_flat_one_for_a_bigger_network():
    falling, flat = (advise(case(HIGH_BIAS, costs))[0] for costs in (FALLING, FLAT))
    assert falling.change == {"training.epochs": 180}
    assert flat.change == {"network.width": 128}
    assert falling.why == (
        "train error 20.0% is 20.0 points above the optimal 0.0%; "
        "the cost still fell by 30.6% over the last fifth of the epochs"
    )
    assert round(1 - 0.97**12, 3) == 0.306  # a fifth of 60 epochs


def test_bias_is_treated_in_the_recipes_order():
    items = advise(case(HIGH_BIAS, ZIGZAG, penalty=0.5, regularization__lambda=3.0, regularization__keep_prob=0.2))
    assert actions(items)[:5] == [
        "lower learning rate",
        "less weight penalty",
        "less dropout",
        "bigger network: more units a layer",
        "bigger network: more layers",
    ]
    assert changes(items)[:3] == [
        {"training.learning_rate": 0.00033},
        {"regularization.lambda": 0.0},
        {"regularization.keep_prob": 1.0},
    ]
    assert "train longer" not in actions(items)
    assert actions(items)[-1] == "another architecture"


def test_a_light_penalty_is_not_blamed():
    items = advise(case(HIGH_BIAS, penalty=0.01, regularization__lambda=0.1))
    assert "less weight penalty" not in actions(items)


def test_weight_decay_is_blamed_by_what_it_takes_in_all_steps():
    heavy, light = (advise(case(HIGH_BIAS, regularization__weight_decay=decay)) for decay in (1.0, 0.01))
    [item] = [one for one in heavy if one.key == "regularization.weight_decay"]
    assert item.change == {"regularization.weight_decay": 0.0}
    # 60 epochs of 32 steps at rate 0.001: 1 - exp(-1.92)
    assert "weight decay takes up to 85.3% of the weights over the training, and the train error is high" in item.why
    assert "no weight decay" not in actions(light)


def test_variance_is_treated_in_the_recipes_order_and_early_stopping_on_its_evidence():
    dev = [0.1] * 20 + [0.3] * 40
    items = advise(case(HIGH_VARIANCE, dev=dev))
    assert changes(items) == [
        {"regularization.lambda": 10.0},
        {"regularization.keep_prob": 0.8},
        {"regularization.patience_epochs": 9},
        {"regularization.augment.noise": 0.1},
        None,
        {"network.width": 32},
    ]
    assert items[4].command == "dlrun curve r"
    assert items[2].why.endswith("the dev error was 10.0% at epoch 1 and is 30.0% after 60")
    assert "regularization.patience_epochs" not in [item.key for item in advise(case(HIGH_VARIANCE))]
    last, best = (changes(advise(case(HIGH_VARIANCE, dev=dev, training__keep=keep))) for keep in ("last", "best"))
    assert {"regularization.patience_epochs": 9, "training.keep": "best"} in last
    assert not any(change and "regularization.patience_epochs" in change for change in best)


@pytest.mark.parametrize(("answer", "confidence"), [("yes", "likely"), ("a little", "likely"), ("refused", "unsure")])
def test_more_data_is_advised_as_the_curve_has_it(answer, confidence):
    items = advise(case(HIGH_VARIANCE, curve=curve(answer, "what it says")))
    [more] = [item for item in items if item.key == "data.source"]
    assert (more.confidence, more.command) == (confidence, None)
    assert more.why.endswith("what it says")
    assert "more data" not in actions(advise(case(HIGH_VARIANCE, curve=curve("no", ""))))


def test_with_both_high_the_larger_share_comes_first_and_the_other_follows():
    more_variance, more_bias = (advise(case(errors)) for errors in (BOTH, BySplit(0.3, 0.5)))
    assert (more_variance[0].about, more_bias[0].about) == ("dev", "train")
    for items in (more_variance, more_bias):
        assert {"network.width", "regularization.lambda"} <= {item.key for item in items}


def test_findings_that_fail_come_first_causes_before_the_outcome_and_notices_last():
    findings = [
        finding("no-better-than-baseline", title="no better"),
        finding("mismatch", title="mismatch", do="split anew"),
        finding("symmetric-units", title="alike"),
        finding("plateau", "notice", title="flat"),
    ]
    items = advise(case(HIGH_BIAS, findings=findings, network__init="zeros", training__learning_rate=1.0))
    assert actions(items)[:2] == ["split anew", "initial weights that differ from unit to unit"]
    assert items[1].change == {"network.init": "he"}
    assert items[2].change == {"training.learning_rate": 0.001}
    assert actions(items)[-1] in ("a higher learning rate", "d")


def test_a_notice_about_the_config_comes_before_the_ills_and_one_about_the_course_after_them():
    notices = [finding(code, "notice") for code in ("plateau", "init-scale")]
    found = changes(advise(case(HIGH_VARIANCE, findings=notices, network__init="normal")))
    assert found[0] == {"network.init": "he"}
    assert found[1] == {"regularization.lambda": 10.0}
    assert found[-1] == {"training.learning_rate": 0.003}


def test_from_a_handful_of_units_or_epochs_a_usual_number_is_reached_at_once():
    few = case(HIGH_BIAS, [1.0, 0.5], network__width=2, training__epochs=2)
    assert [change for change in changes(advise(few)) if change][:2] == [{"training.epochs": 30}, {"network.width": 16}]


def test_every_fix_belongs_to_a_check_and_every_check_of_health_has_one():
    emitted = {check.code for check in (*CAUSES, *SYMPTOMS)}
    assert emitted <= FIXES.keys()
    assert FIXES.keys() - emitted == {"not-finite", "no-better-than-baseline"}


def test_a_network_that_has_hardly_begun_is_to_take_enough_steps_at_once_before_all_else():
    found = [finding("hardly-trained", title="hardly trained")]
    # 2000 rows in batches of 64 are 32 steps an epoch; 2000 steps are 62.5 of these.
    first, *others = advise(case(HIGH_BIAS, [1.0], findings=found, training__epochs=1))
    assert (first.action, first.change) == ("train longer", {"training.epochs": 62})
    assert "training.epochs" not in [item.key for item in others]
    stopped = case(HIGH_BIAS, [1.0], findings=found, training__epochs=9, regularization__patience_epochs=1)
    assert advise(stopped)[0].change == {"regularization.patience_epochs": None}


def probe(answer):
    return SizeProbe(64, 300, 0.9, 0.08, 0.5, 0.31, 2000, 600, 0.09, answer)


def test_a_probe_decides_where_larger_networks_stand():
    plain = case(HIGH_BIAS, network__width=2)
    small, slow = (dataclasses.replace(plain, size=probe(answer)) for answer in ("too small", "not the size"))
    assert changes(advise(small))[0] == {"network.width": 64}
    assert "this one 50.0% and 31.0% in all its 2000" in advise(small)[0].why
    assert changes(advise(plain))[0] == {"network.width": 16}
    assert actions(advise(slow))[0] == "train longer"
    assert [item.action.split(":")[0] for item in advise(slow)][-2:] == ["bigger network"] * 2
    assert {item.confidence for item in advise(slow)[-2:]} == {"unsure"}


def test_low_and_low_is_done_and_a_target_that_is_met_too():
    [item] = advise(case(BySplit(0.0, 0.005)))
    assert (item.action, item.change, item.command) == ("done", None, None)
    met = with_target_met(case(BOTH))
    assert [(item.action, item.why) for item in advise(met)] == [("done", "good enough")]


def test_an_inconclusive_ill_asks_for_dev_rows_and_is_treated_only_where_it_looks_large():
    def few(dev):
        diagnosis = diagnose(BySplit(0.0, dev), sizes=Sizes(1000, 60))
        assert diagnosis.verdict.variance == "inconclusive"
        return advise(Case(diagnosis, config(), course_of(records(FLAT)), FACTS))

    small, large = few(1 / 60), few(3 / 60)
    assert actions(small) == ["more dev rows"]
    assert actions(large)[0] == "more dev rows"
    assert {item.confidence for item in large[1:]} == {"unsure"}


def test_figures_alone_get_keys_and_no_changes():
    items = advise(Case(diagnose(BySplit(0.15, 0.30))))
    assert [item.key for item in items[:3]] == ["network.width", "network.depth", "training.epochs"]
    assert {item.change for item in items} == {None}


configs = st.fixed_dictionaries(
    {
        "network.depth": st.integers(1, 4),
        "network.width": st.sampled_from([2, 16, 64]),
        "network.activation": st.sampled_from(["relu", "tanh", "sigmoid", "leaky_relu", "identity"]),
        "regularization.lambda": st.sampled_from([0.0, 1.0, 500.0]),
        "regularization.keep_prob": st.sampled_from([1.0, 0.8, 0.1]),
        "regularization.patience_epochs": st.sampled_from([None, 5]),
        "regularization.augment.noise": st.sampled_from([0.0, 0.3]),
        "training.optimizer": st.sampled_from(["gd", "adam", "momentum", "rmsprop"]),
        "training.learning_rate": st.sampled_from([1e-5, 1e-3, 1.0]),
        "training.batch_size": st.sampled_from([64, "full"]),
    }
)


@given(
    keys=configs,
    errors=st.sampled_from([HIGH_BIAS, HIGH_VARIANCE, BOTH]),
    costs=st.sampled_from([FALLING, FLAT, ZIGZAG, [1.0]]),
    code=st.sampled_from([*FIXES, "mismatch"]),
    as_list=st.booleans(),
)
def test_every_change_is_one_that_the_config_takes_and_that_changes_it(keys, errors, costs, code, as_list):
    start = changed(config(), keys)
    if as_list and keys["network.depth"] > 1:
        keep = [keys["regularization.keep_prob"]] * (keys["network.depth"] - 1)
        widths = {"network.hidden": list(hidden_of(start)), "network.width": None}
        start = changed(start, widths | {"regularization.keep_prob": keep})
    items = advise(case(errors, costs, findings=[finding(code)], given=start))
    assert items
    for change in filter(None, changes(items)):
        new = config_from_dict(json.loads(json.dumps(changed(start, change)))).to_dict()
        assert new != config_from_dict(start).to_dict()
    assert len({json.dumps(change) for change in changes(items) if change}) == sum(
        c is not None for c in changes(items)
    )


@pytest.mark.parametrize("remedy", [*BIAS, *VARIANCE])
def test_every_remedy_tolerates_a_course_that_is_not_known(remedy):
    unknown = dataclasses.replace(case(BOTH), course=None)
    proposal = remedy(unknown)
    assert proposal is None or proposal.why


def test_the_cost_follows_epochs_and_products():
    before = config()
    assert seconds_of(before, before, FACTS, 60) == pytest.approx(10.0)
    assert seconds_of(before, changed(before, {"training.epochs": 180}), FACTS, 60) == pytest.approx(30.0)
    assert seconds_of(before, before, FACTS, 30) == pytest.approx(20.0)  # it stopped early after half of its epochs
    # 20-64-64-3 has 5,699 parameters and 20-1024-1024-3 has 1,074,179, each with batches of 64 beside 1.7e6
    wide = changed(before, {"network.width": 1024})
    assert seconds_of(before, wide, FACTS, 60) == pytest.approx(10 * (1.7e6 + 1_074_179 * 64) / (1.7e6 + 5_699 * 64))


def test_a_command_can_be_typed_as_it_stands():
    assert overrides_of({"network.hidden": [64, 32], "network.init": "he", "regularization.patience_epochs": None}) == [
        "network.hidden=[64, 32]",
        "network.init=he",
        "regularization.patience_epochs=null",
    ]
    item = advise(case(HIGH_BIAS, given=config(network__hidden=[32, 16], network__width=None)))[0]
    assert item.command == "dlrun train runs/r/resolved.yaml 'network.hidden=[64, 32]'"


def test_courses_are_told_apart():
    falling, flat, zigzag = (course_of(records(costs)) for costs in (FALLING, FLAT, ZIGZAG))
    assert (falling.still_falls, flat.still_falls, zigzag.still_falls) == (True, False, False)
    assert (falling.oscillates, flat.oscillates, zigzag.oscillates) == (False, False, True)
    noisy_but_falling = [cost * (1.02 if n % 2 else 0.98) for n, cost in enumerate(FALLING)]
    assert not course_of(records(noisy_but_falling)).oscillates
    assert course_of([]) is None
