"""The plan of a sweep: every setting once, found by its number, the same after an extension and in its JSON."""

# ruff: noqa: E501 (a table's row stands on one line)

import itertools
import json
import math
import time
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlrun.config.sweep_schema import Refused, as_held
from dlrun.config.varied import Condition, Range
from dlrun.errors import ConfigError, UsageError
from dlrun.experiment import read_config
from dlrun.store import from_plain, to_plain
from dlrun.sweep.drawing import number_at
from dlrun.sweep.grid import PlannedKey, assigned, canonical
from dlrun.sweep.plan import Plan, drawn_plan, extended, grid_plan, overrides_of, scale_of, training_key
from dlrun.sweep.request import read_extension, read_sweep

BASE = "data: {source: moons, samples: 200}\nnetwork: {depth: 2, width: 8}\n"
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "base.yaml"
    path.write_text(BASE)
    return path


def settings_of(plan):
    return [plan.setting(number) for number in range(plan.settings_count)]


# ---- a grid, against every combination made by itertools


def combinations(keys):
    """The settings by brute force: all products, keys struck out where their condition is not met, each once."""
    found = {}
    for values in itertools.product(*(key.values for key in keys)):
        chosen = dict(zip((key.key for key in keys), values, strict=True))
        for _ in keys:  # a condition may rest on a key that is struck out in a later round
            kept = {}
            for key in keys:
                rule = key.only_if
                is_set = rule is None or (
                    rule.holds_in_base if rule.key not in chosen else chosen[rule.key] in rule.among
                )
                if key.key in chosen and is_set:
                    kept[key.key] = chosen[key.key]
            chosen = kept
        found[canonical(chosen)] = chosen
    return found


@st.composite
def planned_keys(draw, most_values=4):
    """Up to five keys, some with a condition on an earlier one, in any order."""
    keys = []
    for place in range(draw(st.integers(1, 5))):
        values = tuple(range(draw(st.integers(1, most_values))))
        rule = None
        if place and draw(st.booleans()):
            other = keys[draw(st.integers(0, place - 1))]
            among = tuple(draw(st.lists(st.sampled_from(other.values), min_size=1, unique=True)))
            rule = Condition(other.key, among, draw(st.booleans()))
        keys.append(PlannedKey(f"k{place}", values, only_if=rule))
    return draw(st.permutations(keys))


@QUICK
@given(keys=planned_keys())
def test_a_grid_has_every_combination_once(keys):
    """Where the config itself meets a condition, striking out cannot be done in rounds, so those are set apart."""
    if any(key.only_if and key.only_if.holds_in_base for key in keys):
        keys = [
            PlannedKey(k.key, k.values, None, k.only_if and Condition(k.only_if.key, k.only_if.among)) for k in keys
        ]
    found = [canonical(setting) for setting in settings_of(grid_plan("", keys, [0]))]
    assert len(found) == len(set(found))
    assert set(found) == set(combinations(keys))


@QUICK
@given(keys=planned_keys())
def test_what_is_drawn_and_what_is_counted_follow_the_same_conditions(keys):
    """`assigned` goes down from values to conditions, the grid counts up from them."""
    products = itertools.product(*(key.values for key in keys))
    named = [dict(zip((key.key for key in keys), values, strict=True)) for values in products]
    assigned_settings = {canonical(assigned(keys, lambda key, v=values: v[key.key])) for values in named}
    assert {canonical(setting) for setting in settings_of(grid_plan("", keys, [0]))} == assigned_settings


def test_a_condition_on_a_key_that_is_not_set_looks_at_the_config():
    keys = [
        PlannedKey("optimizer", ("gd", "momentum")),
        PlannedKey("momentum", (0.5, 0.9), only_if=Condition("optimizer", ("momentum",))),
        PlannedKey("decay", (1, 2), only_if=Condition("momentum", (0.9,), holds_in_base=True)),
    ]
    assert settings_of(grid_plan("", keys, [0])) == [
        {"optimizer": "gd", "decay": 1},
        {"optimizer": "gd", "decay": 2},
        {"optimizer": "momentum", "momentum": 0.5},
        {"optimizer": "momentum", "momentum": 0.9, "decay": 1},
        {"optimizer": "momentum", "momentum": 0.9, "decay": 2},
    ]


def test_trainings_take_all_settings_with_one_seed_and_then_the_next():
    plan = grid_plan("", [PlannedKey("a", (1, 2)), PlannedKey("b", ("x", "y"))], [5, 7])
    trainings = list(plan.trainings())
    assert [(t.number, t.setting_number, t.seed) for t in trainings[:5]] == [
        (0, 0, 5), (1, 1, 5), (2, 2, 5), (3, 3, 5), (4, 0, 7),
    ]  # fmt: skip
    assert [tuple(t.settings.values()) for t in trainings[:4]] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]
    assert len({t.key for t in trainings}) == plan.trainings_count == 8


def test_a_number_beyond_the_plan_has_no_setting():
    plan = grid_plan("", [PlannedKey("a", (1, 2))], [0])
    for number in (-1, 2):
        with pytest.raises(IndexError):
            plan.setting(number)


def test_a_key_is_of_settings_and_seed_alone():
    """Written out here, because keys lie in the folders of sweeps and must stay what they are."""
    assert training_key({"network.width": 8, "regularization.lambda": 0.1}, 3) == "5a8609b694aebf2c"
    assert training_key({"b": 1, "a": 2}, 0) == training_key({"a": 2, "b": 1}, 0)
    assert len({training_key({"a": value}, 0) for value in (1, 1.0, True, "1", [1], None)}) == 6


def test_a_plan_of_100000_trainings_takes_little_memory_and_time():
    """9 values of each of 5 keys, and 3 below a condition. It takes 3 s, and a loaded machine many times that."""
    keys = [PlannedKey(f"k{place}", tuple(range(9))) for place in range(5)]
    keys.append(PlannedKey("c", (1, 2, 3), only_if=Condition("k0", (0, 1))))
    start = time.perf_counter()
    plan = grid_plan("", keys, range(2))
    assert plan.settings_count == 9**4 * (2 * 3 + 7)
    assert len({training.key for training in itertools.islice(plan.trainings(), 100_000)}) == 100_000
    assert time.perf_counter() - start < 60
    assert len(json.dumps(to_plain(plan))) < 2000


def test_a_plan_is_gone_through_without_being_held():
    """The most memory at a time is that of a training, and the same for 10 times the trainings."""
    keys = [PlannedKey(f"k{place}", tuple(range(10))) for place in range(5)]

    def peak_bytes(trainings):
        tracemalloc.start()
        for _ in itertools.islice(grid_plan("", keys, [0]).trainings(), trainings):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(1)
    assert peak_bytes(10_000) < peak_bytes(1_000) + 5_000 < 100_000


def test_a_large_number_is_found_at_once():
    keys = [PlannedKey(f"k{place}", tuple(range(1000))) for place in range(12)]
    plan = grid_plan("", keys, [0])
    assert plan.settings_count == 1000**12
    digits = [7, 0, 999, 1, 2, 3, 4, 5, 6, 500, 8, 42]
    number = sum(digit * 1000 ** (11 - place) for place, digit in enumerate(digits))
    assert list(plan.setting(number).values()) == digits


# ---- extension


@st.composite
def grown_keys(draw):
    """Keys, and the same with more values of some."""
    keys = draw(planned_keys(most_values=3))
    grown = [
        PlannedKey(key.key, key.values + tuple(range(10, 10 + draw(st.integers(0, 2)))), None, key.only_if)
        for key in keys
    ]
    return keys, grown


@QUICK
@given(both=grown_keys(), seeds=st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True))
def test_an_extension_trains_what_is_new_once_and_keeps_numbers_and_keys(both, seeds):
    keys, grown = both
    plan = grid_plan("", keys, [0, 1])
    longer = extended(plan, grid_plan("", grown, seeds))
    before, after = list(plan.trainings()), list(longer.trainings())
    assert after[: len(before)] == before
    whole = grid_plan("", grown, sorted({0, 1, *seeds}))
    assert sorted(t.key for t in after) == sorted(t.key for t in whole.trainings())
    assert [t.number for t in after] == list(range(longer.trainings_count))
    assert all(longer.setting(t.setting_number) == t.settings for t in after)
    assert extended(longer, grid_plan("", grown, seeds)).stages == longer.stages


def test_a_plan_can_be_extended_again_and_again():
    plan = grid_plan("", [PlannedKey("a", (0,)), PlannedKey("b", (0,))], [0])
    for more in range(1, 4):
        plan = extended(plan, grid_plan("", [PlannedKey("a", (more,)), PlannedKey("b", (more,))], [more]))
    assert len({t.key for t in plan.trainings()}) == plan.trainings_count == 4 * 4 * 4


OTHERS = [
    (grid_plan("other", [PlannedKey("a", (1,))], [0]), "its config is another one now"),
    (grid_plan("", [PlannedKey("b", (1,))], [0]), "it varies a, and not b"),
    (drawn_plan("", [PlannedKey("a", (1,))], [0], 1, "random", 0), "it is a grid"),
    (Plan(base_sha256="", keys=(PlannedKey("a", (1,), None, Condition("c", (1,))),), seeds=(0,)), "a has another condition"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "sentence"), OTHERS, ids=[sentence for _, sentence in OTHERS])
def test_another_sweep_extends_nothing(wanted, sentence):
    with pytest.raises(UsageError, match=f"the sweep cannot be extended: {sentence}; begin another sweep"):
        extended(grid_plan("", [PlannedKey("a", (1,))], [0]), wanted)


# ---- JSON


@QUICK
@given(keys=planned_keys())
def test_a_plan_comes_back_from_its_json(keys):
    plan = extended(grid_plan("ab", keys, [3]), grid_plan("ab", keys, [4]))
    again = from_plain(Plan, json.loads(json.dumps(to_plain(plan))))
    assert again == plan
    assert list(again.trainings()) == list(plan.trainings())


def test_values_of_every_kind_come_back_from_json_with_their_types():
    values = (1, 1.0, True, None, "1", [32, 16], [], {"yes": 3.0}, 0.1, 1e-300, 10**30, "1e3", "a\n\u2028")
    keys = [PlannedKey("a", values), PlannedKey("b", (1.0, 10.0), Range(1, 10.0, is_log=True, is_whole=False))]
    for plan in (grid_plan("", keys, [0]), drawn_plan("", keys, [0], 40, "random", 0)):
        again = from_plain(Plan, json.loads(json.dumps(to_plain(plan))))
        assert [t.key for t in again.trainings()] == [t.key for t in plan.trainings()]


# ---- drawing

DRAWN = [
    PlannedKey("width", (16, 32), Range(16, 512, is_log=True, is_whole=True)),
    PlannedKey("lambda", (), Range(1e-4, 1.0, is_log=True, is_whole=False)),
    PlannedKey("keep", (), Range(0.5, 1.0, is_log=False, is_whole=False)),
    PlannedKey("optimizer", ("adam", "gd", "momentum")),
    PlannedKey("momentum", (0.5, 0.9), only_if=Condition("optimizer", ("momentum",))),
]


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_more_draws_begin_with_fewer(sampler):
    many = drawn_plan("", DRAWN, [0], 700, sampler, 3).drawn
    assert len(many) == len({canonical(setting) for setting in many}) == 700
    for fewer in (1, 2, 100, 257, 699):
        assert drawn_plan("", DRAWN, [0], fewer, sampler, 3).drawn == many[:fewer]
    assert drawn_plan("", DRAWN, [0], 100, sampler, 4).drawn != many[:100]


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_draws_are_spread_over_each_scale(sampler):
    """Shares of 2048 draws within 4 standard errors, 0.05, of what they should be; a key is set where it should be."""
    drawn = drawn_plan("", DRAWN, [0], 2048, sampler, 0).drawn
    column = {key: np.array([s[key] for s in drawn]) for key in ("width", "lambda", "keep", "optimizer")}
    assert np.mean(column["lambda"] < 1e-2) == pytest.approx(0.5, abs=0.05)
    assert np.mean(column["keep"] < 0.75) == pytest.approx(0.5, abs=0.05)
    middle = math.sqrt(15.5 * 512.5)
    assert np.mean(column["width"] < middle) == pytest.approx(0.5, abs=0.05)
    assert np.mean(column["optimizer"] == "gd") == pytest.approx(1 / 3, abs=0.05)
    assert all(("momentum" in s) == (s["optimizer"] == "momentum") for s in drawn)
    assert column["keep"].min() >= 0.5
    assert column["keep"].max() <= 1
    assert {len(repr(value).lstrip("0.")) <= 4 for value in column["keep"].tolist()} == {True}


def test_the_ends_of_a_whole_range_come_as_often_as_the_numbers_between():
    ends = Range(1, 4, is_log=False, is_whole=True)
    shares = (np.arange(4000) + 0.5) / 4000
    assert Counter(number_at(ends, share) for share in shares) == {1: 1000, 2: 1000, 3: 1000, 4: 1000}
    logs = Counter(number_at(Range(1, 4, is_log=True, is_whole=True), share) for share in shares)
    expected = {n: 4000 * math.log((n + 0.5) / (n - 0.5)) / math.log(4.5 / 0.5) for n in (1, 2, 3, 4)}
    assert logs == {n: pytest.approx(count, abs=1) for n, count in expected.items()}


def test_sobol_points_are_more_even_than_random_ones():
    """The largest gap between neighbours of 64 draws along one key; at random it is about ln(64) times the mean."""

    def gap(sampler):
        key = PlannedKey("a", (), Range(0.0, 1.0, is_log=False, is_whole=False))
        values = sorted(s["a"] for s in drawn_plan("", [key], [0], 64, sampler, 0).drawn)
        return max(np.diff(values))

    assert gap("sobol") < 2.1 / 64 < gap("random")


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_listed_values_are_drawn_once_and_all_where_there_are_few(sampler):
    keys = [PlannedKey("a", (1, 2, 3)), PlannedKey("b", (1, 2), only_if=Condition("a", (1,)))]
    whole = {canonical(setting) for setting in settings_of(grid_plan("", keys, [0]))}
    for trials in range(1, 8):
        drawn = [canonical(setting) for setting in drawn_plan("", keys, [0], trials, sampler, 0).drawn]
        assert len(drawn) == len(set(drawn)) == min(trials, 4)
        assert set(drawn) <= whole


def test_a_drawn_plan_is_extended_by_trials_and_seeds():
    plan = drawn_plan("", DRAWN, [0], 20, "sobol", 0)
    longer = extended(plan, drawn_plan("", DRAWN, [0, 1], 50, "sobol", 0))
    before, after = list(plan.trainings()), list(longer.trainings())
    assert after[:20] == before
    assert len({t.key for t in after}) == len(after) == 100
    assert extended(longer, plan) == longer
    other = [*DRAWN[:3], PlannedKey("optimizer", ("adam", "gd")), DRAWN[4]]
    with pytest.raises(UsageError, match="it draws optimizer from other values, and can only be drawn further"):
        extended(plan, drawn_plan("", other, [0], 50, "sobol", 0))
    with pytest.raises(UsageError, match="it draws by sobol with seed 0"):
        extended(plan, drawn_plan("", DRAWN, [0], 50, "sobol", 1))


def test_each_draw_of_a_plan_takes_less_than_a_kilobyte():
    drawn_plan("", DRAWN, [0], 1, "sobol", 0)  # what is imported is not of the plan
    tracemalloc.start()
    plan = drawn_plan("", DRAWN, [0], 5_000, "sobol", 0)
    held_bytes, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert plan.settings_count == 5_000
    assert held_bytes / 5_000 < peak_bytes / 5_000 < 1000


def test_settings_that_are_proposed_are_not_in_the_plan():
    plan = drawn_plan("", DRAWN, [0, 1], 30, "tpe", 0)
    assert (plan.is_proposed, plan.settings_count, plan.trainings_count) == (True, 30, 60)
    assert list(plan.trainings()) == []
    assert extended(plan, drawn_plan("", DRAWN, [2], 40, "tpe", 0)).trainings_count == 120


# ---- words to type


AWKWARD = st.sampled_from(["1", "1e3", "null", "true", "~", "a b", "a=b", "a,b", "[x]", "{a}: b", "#c", "'q'", '"', "é\n", "-", " x", "0..4"])  # fmt: skip
TEXT = AWKWARD | st.text(min_size=1, max_size=8)
FITTING = [
    ("regularization.lambda", st.floats(0, allow_infinity=False) | st.integers(0, 10**20)),
    ("training.learning_rate", st.floats(5e-324, allow_infinity=False)),
    ("data.target", TEXT | st.integers()),
    ("data.drop", st.lists(TEXT | st.integers(), max_size=3)),
    ("data.missing", st.lists(TEXT, max_size=3)),
    ("data.split_column", st.none() | TEXT),
    ("training.batch_size", st.just("full") | st.integers(1)),
    ("training.class_weight", st.none() | st.just("balanced") | st.dictionaries(TEXT, st.floats(0.1, 10), min_size=1, max_size=2)),
    ("network.hidden", st.none() | st.lists(st.integers(1, 100), min_size=1, max_size=1)),
    ("data.stratify", st.booleans()),
]  # fmt: skip


def is_same(value, other):
    return canonical(value) == canonical(other)


@QUICK
@given(data=st.data(), seed=st.integers(0, 10**20))
def test_the_words_of_a_setting_give_it_back(base, data, seed):
    chosen = data.draw(st.lists(st.sampled_from(FITTING), max_size=4, unique_by=lambda pair: pair[0]))
    wanted = {}
    for key, values in chosen:
        try:
            wanted[key] = as_held(tuple(key.split(".")), data.draw(values))
        except Refused:
            continue
    config = read_config(base, overrides_of(wanted, seed)).config.to_dict()
    for key, value in wanted.items():
        section, name = key.split(".")
        assert is_same(config[section][name], value)
    assert config["seed"] == seed


# ---- scales


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((0, 0.1, 0.3, 1, 3, 10), "log"),
        ((0.0, 1.0), "linear"),
        ((1, 30), "log"),
        ((1, 29), "linear"),
        ((-1, 0.01, 10), "linear"),
        ((0.5, 0.75, 1), "linear"),
        ((True, False), "words"),
        (("relu", "tanh"), "words"),
        ((32, "full"), "words"),
        ((None, 5), "words"),
        (([32], [64]), "words"),
        ((5,), "linear"),
        ((0,), "linear"),
    ],
)
def test_the_scale_of_an_axis(values, scale):
    assert scale_of(PlannedKey("k", values)) == scale


def test_the_scale_of_an_axis_of_draws_is_that_of_the_range():
    assert scale_of(PlannedKey("k", (1, 2), Range(1, 2, is_log=True, is_whole=True))) == "log"
    assert scale_of(PlannedKey("k", (), Range(0.5, 1.0, is_log=False, is_whole=False))) == "linear"


# ---- from files and words


def test_a_request_trains_what_its_words_say(base):
    request = read_sweep(base, ["regularization.lambda=0,1", "training.epochs=20", "seed=0..2"])
    assert request.base.config.training.epochs == 20
    assert settings_of(request.plan) == [{"regularization.lambda": 0.0}, {"regularization.lambda": 1.0}]
    assert (request.plan.seeds, request.early, request.plan.sampler) == ((0, 1, 2), False, None)


def test_without_seeds_the_seed_of_the_config_is_used_once(base):
    base.write_text(BASE + "seed: 9\n")
    assert read_sweep(base, ["network.width=4,8"]).plan.seeds == (9,)


def test_equal_numbers_are_one_value_however_they_are_written(base):
    plan = read_sweep(base, ["regularization.lambda=1,1.0,1e0,0.5"]).plan
    assert settings_of(plan) == [{"regularization.lambda": 1.0}, {"regularization.lambda": 0.5}]


def test_a_tried_setting_is_refused_just_where_train_refuses_it(base):
    """`dlrun train` is the oracle of the quick check."""
    words = {
        "network.depth": (1, 2, 3),
        "network.hidden": (None, [4], [4, 4]),
        "regularization.keep_prob": (0.5, [0.5]),
    }
    from dlrun.config.trying import Overlay
    from dlrun.experiment.prepare import vocabulary

    overlay, answers = Overlay(read_config(base), vocabulary()), Counter()
    for values in itertools.product(*words.values()):
        setting = dict(zip(words, values, strict=True))
        try:
            read_config(base, overrides_of(setting, 0))
            is_sound = True
        except ConfigError:
            is_sound = False
        answers[is_sound] += 1
        assert (overlay.problems(setting) == []) is is_sound, setting
    assert min(answers[True], answers[False]) >= 4


def test_words_extend_a_plan(base):
    request = read_sweep(base, ["regularization.lambda=0,1", "network.width=4,8", "seed=0..1"])
    longer = read_extension(request.base, request.plan, ["regularization.lambda=3", "seed=2"])
    assert (longer.settings_count, longer.seeds) == (6, (0, 1, 2))
    assert read_extension(request.base, request.plan) == request.plan


def test_trials_extend_a_plan_of_draws(base):
    request = read_sweep(base, ["regularization.lambda=1e-3..1:log"], trials=5)
    assert read_extension(request.base, request.plan, ["seed=0..1"], trials=8).trainings_count == 16


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["training.epochs=3"], "training.epochs: not varied in this sweep; begin another sweep for it"),
        (["network.width=0"], "network.width: got 0; expected an integer from 1 to 100000, or null"),
        (["network.width=4 if training.optimizer=adam"], "network.width: has the condition that the sweep began with; leave the condition out"),
    ],
)  # fmt: skip
def test_what_cannot_extend_a_plan_is_told(base, words, line):
    request = read_sweep(base, ["network.width=4,8"])
    with pytest.raises(ConfigError) as caught:
        read_extension(request.base, request.plan, words)
    assert caught.value.problems == [f"command line: {line}"]


def test_an_extension_of_a_changed_config_is_refused(base):
    request = read_sweep(base, ["network.width=4,8"])
    with pytest.raises(UsageError, match="its config is another one now"):
        read_extension(read_config(base, ["training.epochs=5"]), request.plan, ["network.width=16"])
    with pytest.raises(UsageError, match="--trials: the sweep is a grid"):
        read_extension(request.base, request.plan, trials=9)


# ---- Optuna


def test_optuna_proposes_settings_within_the_plan():
    optuna = pytest.importorskip("optuna")
    from dlrun.sweep import optuna_space

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    keys = [
        *DRAWN,
        PlannedKey("hidden", ([4], [4, 4])),
        PlannedKey("epochs", (10, 20, 30, 40)),
        PlannedKey("share", (0.0, 0.1, 0.2, 0.3)),
        PlannedKey("batch", (32, "full", None)),
    ]
    plan = drawn_plan("", keys, [0], 40, "tpe", 0)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    for _ in range(40):
        trial = study.ask()
        setting = optuna_space.suggest(trial, plan)
        by_name = {key.key: key for key in keys}
        for name, value in setting.items():
            ends = by_name[name].drawn_from
            assert ends.low <= value <= ends.high if ends else any(is_same(value, one) for one in by_name[name].values)
        assert ("momentum" in setting) == (setting["optimizer"] == "momentum")
        study.tell(trial, setting["lambda"])
        told = optuna.create_trial(
            params=optuna_space.parameters_of(plan, setting),
            distributions=optuna_space.distributions_of(plan, setting),
            value=setting["lambda"],
        )
        assert told.params.keys() == setting.keys()
    assert np.median([t.value for t in study.trials[30:]]) < np.median([t.value for t in study.trials[:10]])


def test_optuna_knows_the_order_of_numbers_at_equal_distances():
    pytest.importorskip("optuna")
    from dlrun.sweep.optuna_space import distribution_of

    assert distribution_of(PlannedKey("k", (30, 10, 20))).step == 10
    assert distribution_of(PlannedKey("k", (0.0, 0.1, 0.2, 0.3))).step == 0.1
    assert distribution_of(PlannedKey("k", (0, 0.1, 1))).choices == (0, 0.1, 1)
    assert distribution_of(PlannedKey("k", (True, False, True))).choices == (True, False, True)
