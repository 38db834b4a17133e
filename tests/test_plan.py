"""The recipe's plan mends first and gives room, refines then, and holds all of the advice's own changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_advice import (
    BOTH,
    FALLING,
    FLAT,
    HIGH_BIAS,
    HIGH_VARIANCE,
    ZIGZAG,
    actions,
    case,
    changes,
    config,
    configs,
    with_target_met,
)

from dlrun.advice import advise
from dlrun.advice.case import Facts, changed, hidden_of
from dlrun.advice.plan import plan
from dlrun.advice.refinements import REFINEMENTS, roomier
from dlrun.config import config_from_dict
from dlrun.diagnosis.findings import Finding
from dlrun.records import BySplit

LOW = BySplit(0.0, 0.005)
ROOMY = {"network__width": 128, "training__epochs": 100, "regularization__lambda": 10.0}
ROOM = "more room"


def finding(code, severity="fail"):
    return Finding(code, severity, f"{code} title", "e", "d")


def test_all_that_surely_fails_is_mended_at_once_with_room_and_then_singly():
    findings = [finding("symmetric-units"), finding("learning-rate-too-high"), finding("mismatch")]
    sick = {"network__init": "zeros", "training__learning_rate": 1.0}
    items = plan(case(HIGH_BIAS, findings=findings, **ROOMY | sick))
    init, rate = {"network.init": "he"}, {"training.learning_rate": 0.001}
    assert changes(items)[:3] == [init | rate, init, rate]
    mend = "repair the training: initial weights that differ from unit to unit, a lower learning rate"
    assert items[0].action == mend
    assert items[0].why == "symmetric-units title; learning-rate-too-high title"
    small = {"network__width": 8, "network__depth": 3, "training__epochs": 100}
    items = plan(case(HIGH_BIAS, findings=findings, **sick | small))
    room = {"network.width": 128, "regularization.lambda": 10.0}
    assert changes(items)[:3] == [init | rate | room, init, rate]
    assert items[0].action == f"{mend}, {ROOM}"
    assert items[0].why.endswith("; a training that failed has shown nothing of the size it needs")
    assert actions(items)[3] == ROOM


def test_one_fix_of_a_network_that_has_room_stands_alone():
    items = plan(case(HIGH_BIAS, findings=[finding("symmetric-units")], **ROOMY | {"network__init": "zeros"}))
    assert changes(items)[0] == {"network.init": "he"}
    assert items[0].action == "initial weights that differ from unit to unit"


def test_room_is_made_for_the_config_as_it_is_mended():
    sick = case(HIGH_BIAS, findings=[finding("penalty-dominates")], **ROOMY | {"regularization__lambda": 900.0})
    assert changes(plan(sick))[:2] == [{"regularization.lambda": 10.0}, {"regularization.lambda": 0.0}]


def test_of_two_fixes_of_one_key_the_worse_findings_counts():
    findings = [finding("dead-units"), finding("saturated-units"), finding("inputs-unscaled")]
    items = plan(case(HIGH_BIAS, findings=findings, **ROOMY, network__init="normal", data__normalize=False))
    assert changes(items)[0] == {"network.activation": "leaky_relu", "network.init": "he", "data.normalize": True}


def test_room_comes_before_the_advice_except_for_what_holds_the_training_back():
    held = case(HIGH_BIAS, ZIGZAG, penalty=0.5, regularization__lambda=3.0, regularization__keep_prob=0.2)
    assert actions(plan(held))[:4] == ["lower learning rate", "less weight penalty", "less dropout", ROOM]
    assert actions(plan(case(HIGH_VARIANCE)))[:3] == [ROOM, "refine: another activation", "refine: a rate that decays"]


def test_a_target_that_is_met_leaves_nothing_but_what_fails():
    met = with_target_met(case(BOTH, findings=[finding("symmetric-units")], network__init="zeros"))
    assert changes(plan(met)) == [{"network.init": "he"}]


def test_low_verdicts_leave_refinements_that_say_so_and_what_dev_error_still_leaves():
    items = plan(case(LOW, **ROOMY))
    assert len(items) == len(REFINEMENTS) - 1  # twice the epochs would be more steps than are worth it
    assert {item.action.partition(":")[0] for item in items} == {"refine"}
    reason = "bias and variance are low, and dev error 0.50% is 0.50 points above the optimal 0.0%"
    assert all(item.why.startswith(f"{reason}; ") for item in items)
    assert all(item.seconds and item.expected and item.confidence for item in items)
    high = plan(case(HIGH_VARIANCE, **ROOMY))[0].why
    assert high.startswith("dev error 20.0% is 20.0 points above train error 0.0%; ")


def test_the_plan_holds_every_change_of_the_advice():
    for errors in (HIGH_BIAS, HIGH_VARIANCE, BOTH):
        run = case(errors, FALLING, findings=[finding("plateau", "notice")])
        planned = changes(plan(run))
        assert all(change in planned for change in changes(advise(run)) if change)


def room_for(**keys):
    proposal = roomier(case(BOTH, **keys))
    return proposal and proposal.change


def test_room_is_units_layers_steps_and_a_penalty_and_leaves_what_is_there_already():
    # 2,000 rows in batches of 64 are 32 steps an epoch, and 2,400 steps 75 epochs
    small = {"network__depth": 2, "network__width": 2, "training__epochs": 2}
    assert room_for(**small) == {
        "network.depth": 3,
        "network.width": 128,
        "training.epochs": 75,
        "regularization.lambda": 10.0,
    }
    assert room_for(**ROOMY) is None
    assert room_for(**ROOMY | {"network__width": 500}) is None
    assert room_for(**ROOMY | {"network__depth": 9}) == {"network.depth": 3}
    lists = {"network__width": None, "network__hidden": [200, 10], "regularization__keep_prob": [0.8, 0.9]}
    assert room_for(**ROOMY | lists) == {"network.hidden": [200, 128]}
    one = {"network__width": None, "network__hidden": [10], "network__depth": 2, "regularization__keep_prob": [0.8]}
    assert room_for(**ROOMY | one) == {
        "network.hidden": [128, 128],
        "network.depth": 3,
        "regularization.keep_prob": [0.8, 0.8],
    }


def test_steps_that_are_whole_epochs_are_not_bought_without_end():
    full = {**ROOMY, "training__batch_size": "full"}
    assert room_for(**full) == {"training.epochs": 1000}
    assert room_for(**full | {"training__epochs": 2}) == {"training.epochs": 200}


def test_refinements_end_where_a_training_costs_far_more():
    run = {**ROOMY, "network__width": 256, "training__epochs": 100, "training__batch_size": 8}
    left = plan(case(LOW, **run | {"regularization__lambda": 100.0, "training__learning_rate_decay": 0.1}))
    assert actions(left) == [
        "refine: another activation",
        "refine: less weight penalty",
        "refine: fewer layers",
        "refine: lower learning rate",
    ]


def test_a_rate_that_falls_by_a_schedule_is_not_told_to_decay():
    decays = "refine: a rate that decays"
    assert decays in actions(plan(case(LOW, training__schedule="constant")))
    assert decays not in actions(plan(case(LOW, training__schedule="cosine")))


def test_without_hidden_layers_units_are_not_refined():
    run = case(LOW, facts=Facts(20, 3, 100, 1.0), network__depth=1)
    assert roomier(run).change["network.depth"] == 3
    assert not {"refine: another activation", "refine: more units a layer", "refine: fewer layers"} & {
        *actions(plan(run))
    }


@given(
    keys=configs,
    errors=st.sampled_from([HIGH_BIAS, HIGH_VARIANCE, BOTH, LOW]),
    costs=st.sampled_from([FALLING, FLAT, ZIGZAG, [1.0]]),
    as_list=st.booleans(),
)
def test_every_planned_change_is_one_that_the_config_takes_and_that_changes_it(keys, errors, costs, as_list):
    start = changed(config(), keys)
    if as_list and keys["network.depth"] > 1:
        keep = [keys["regularization.keep_prob"]] * (keys["network.depth"] - 1)
        start = changed(start, {"network.hidden": list(hidden_of(start)), "network.width": None})
        start = changed(start, {"regularization.keep_prob": keep})
    items = plan(case(errors, costs, given=start))
    for change in changes(items):
        new = config_from_dict(json.loads(json.dumps(changed(start, change)))).to_dict()
        assert new != config_from_dict(start).to_dict()
    assert len({json.dumps(change, sort_keys=True) for change in changes(items)}) == len(items)


@pytest.mark.parametrize("refinement", [roomier, *REFINEMENTS])
def test_every_refinement_tolerates_a_course_that_is_not_known(refinement):
    import dataclasses

    proposal = refinement(dataclasses.replace(case(BOTH), course=None))
    assert proposal is None or proposal.why
