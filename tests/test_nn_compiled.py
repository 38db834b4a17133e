"""Compiled loops in place of NumPy's passes: the same bits always, kept on disk where that is safe, never an error."""

import inspect
import itertools
import math
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from reliability.essence import essence
from test_nn_twin import BATCH, EPOCHS, EPSILON, EVERY, N_IN, RATE, WIDTHS, M, stream
from test_resume import MANY, config_file, folder_of, stop_at

from dlrun.executor import Here
from dlrun.experiment import prepare, read_config
from dlrun.experiment.train import trainer_of
from dlrun.nn import compiled, loops, losses, machine_code, network, optimizers
from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.compiled import NUMBERS
from dlrun.nn.machine_code import CALLED, function_of, keep, kept, llvm_words, place_of, this_machine
from dlrun.nn.network import Network
from dlrun.nn.optimizers import OPTIMIZERS, Optimizer, OptimizerSettings, Rule
from dlrun.nn.parameters import Parameters, initial_parameters, l2_slope
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan
from dlrun.search.trainings import Variant, train_variants
from dlrun.store import environment, read_manifest
from dlrun.sweep.asked import Options, sweep_asked
from dlrun.sweep.running import Wishes
from dlrun.sweep.sweeping import run_sweep
from tests.trainings import resume, run

try:
    import numba
except ImportError:
    numba = None

needs_numba = pytest.mark.skipif(numba is None, reason="Numba is not installed: pip install 'dlrun[fast]' brings it")

PRECISIONS = (np.float32, np.float64)
CACHED = (function_of, place_of, this_machine)


def forget():
    """As a new process does not know what this one has loaded."""
    for one in CACHED:
        one.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory):
    """The folder where the tests of this file keep machine code."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("LOCALAPPDATA", str(folder))
        forget()
        yield folder / "dlrun"
    forget()


@pytest.fixture
def always(monkeypatch):
    """Every training is long enough."""
    monkeypatch.setattr(compiled, "LOADING_SECONDS", -1.0)
    monkeypatch.setattr(compiled, "MAKING_SECONDS", -1.0)


def no_loops(monkeypatch):
    """No training is long enough."""
    monkeypatch.setattr(compiled, "LOADING_SECONDS", math.inf)


def bits(numbers):
    """The numbers as integers, and one for all that are no numbers: which of two a sum hands on, processors choose."""
    same = np.where(np.isnan(numbers), np.array(np.nan, numbers.dtype), numbers)
    return same.view({4: np.uint32, 8: np.uint64}[same.itemsize])


EXTREME = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-39, 3e38, -3e38, 1e-20, 1e20]


def hard_numbers(shape, dtype, rng):
    """Numbers of very different sizes, and every seventh an extreme one."""
    numbers = rng.standard_normal(shape) * 10.0 ** rng.integers(-30, 30, shape)
    numbers[..., ::7] = rng.choice(EXTREME, numbers[..., ::7].shape)
    with np.errstate(over="ignore"):
        return numbers.astype(dtype)


def updated(update, name, slope, dtype, seed=3, n=403):
    """theta and state after five updates with hard numbers; `update` is asked for one with such a state."""
    rng, rule = np.random.default_rng(seed), OPTIMIZERS[name]
    theta, grads = hard_numbers(n, dtype, rng), hard_numbers((5, n), dtype, rng)
    state = np.abs(hard_numbers((rule.n_states, n + 10), dtype, rng))
    slopes = hard_numbers((5, n), dtype, rng)
    change = update(rule, state)
    with np.errstate(all="ignore"):
        for step, (grad, own) in enumerate(zip(grads, slopes, strict=True), start=1):
            factors = rule.factors(0.01, step, OptimizerSettings())
            change(theta, grad, own if slope else None, state[:, 5 : 5 + n], np.empty(n, dtype), factors)
    return bits(theta), bits(state)


def passes(rule, state):
    return optimizers.by_passes(rule)


def machine_loop(rule, state):
    return optimizers.by_loop(function_of(rule.loop, state.dtype.name), state)


def python_loop(rule, state):
    """The loop as Python runs it, on NumPy's numbers."""

    def update(theta, grad, slope, state, scratch, factors):
        slope = np.full_like(grad, -0.0) if slope is None else slope
        numbers, flat = np.array(factors, theta.dtype), state.reshape(-1).copy()
        rule.loop(theta, grad, slope, flat, theta.size, theta.size, numbers)
        state[:] = flat.reshape(state.shape)

    return update


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("slope", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_loop_is_its_optimizer_again_to_the_bit(name, slope, dtype):
    for by_numpy, by_python in zip(
        updated(passes, name, slope, dtype), updated(python_loop, name, slope, dtype), strict=True
    ):
        np.testing.assert_array_equal(by_numpy, by_python)


@needs_numba
@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("slope", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_machine_code_has_the_bits_of_numpy_also_of_numbers_without_an_end(name, slope, dtype):
    for seed in range(5):
        expected, found = (updated(way, name, slope, dtype, seed) for way in (passes, machine_loop))
        for by_numpy, by_loop in zip(expected, found, strict=True):
            np.testing.assert_array_equal(by_numpy, by_loop)


def activated(way, rows, n, keep_prob, dtype, seed=3):
    """The bits of a hidden layer's outputs, their column of ones, and the factor."""
    rng = np.random.default_rng(seed)
    workspace = network.Workspace(Network((2, n, 1), "relu", "sigmoid", (keep_prob,)), rows, dtype)
    workspace.draw_masks(stream(seed))
    (hidden,) = workspace.hidden
    hidden.Z[:] = hard_numbers((rows, n), dtype, rng)
    with np.errstate(all="ignore"):
        way(workspace, hidden)
    return bits(hidden.A1), bits(hidden.factor)


def relu_passes(workspace, hidden):
    network.activate(ACTIVATIONS["relu"], hidden)


def relu_machine(workspace, hidden):
    workspace.hasten(math.inf)
    hidden.loop()


def relu_python(workspace, hidden):
    mask = np.ones(hidden.Z.shape, np.bool_) if hidden.mask is None else hidden.mask
    A1, factor = hidden.A1.reshape(-1), hidden.factor.reshape(-1)
    loops.relu(hidden.Z.reshape(-1), A1, factor, mask.reshape(-1), hidden.scale.reshape(1), *hidden.Z.shape)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("keep_prob", [1.0, 0.6])
@pytest.mark.parametrize("way", [relu_python, pytest.param(relu_machine, marks=needs_numba)])
def test_relu_in_one_pass_has_the_bits_of_numpy(way, keep_prob, dtype):
    for rows, n in ((1, 1), (7, 3), (5, 41)):
        for by_numpy, by_loop in zip(
            activated(relu_passes, rows, n, keep_prob, dtype), activated(way, rows, n, keep_prob, dtype), strict=True
        ):
            np.testing.assert_array_equal(by_numpy, by_loop)


def loss_and_slope(way, m, k, dtype, seed):
    """The loss, and the bits of its slope, of logits as they come and of ones that are hard."""
    rng = np.random.default_rng(seed)
    workspace = network.Workspace(Network((2, k), "relu", "softmax"), m, dtype)
    workspace.logits[:] = hard_numbers((m, k), dtype, rng) if seed % 2 else 3 * rng.standard_normal((m, k))
    with np.errstate(all="ignore"):
        loss = way(workspace, rng.integers(0, k, m))
    return bits(np.array([loss])), bits(workspace.dZ)


def softmax_numpy(workspace, Y):
    return losses.softmax_cross_entropy(workspace.logits, Y, workspace.dZ)


def softmax_machine(workspace, Y):
    workspace.hasten(math.inf)
    return network.mean_loss(workspace, Y)


def softmax_python(workspace, Y):
    (m, k), dtype = workspace.dZ.shape, workspace.dZ.dtype
    P, z_y, total = np.empty(m * k, dtype), np.empty(m, dtype), np.empty(m, dtype)
    loops.shift(workspace.logits.T.reshape(-1), Y, P, z_y, m, k)
    np.exp(P, out=P)
    loops.normalise(P, Y, total, np.array([m, 1 / m], dtype), m, k)
    workspace.dZ.T.reshape(-1)[:] = P
    return float(np.add.reduce(np.log(total)) - np.add.reduce(z_y)) / m


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("way", [softmax_python, pytest.param(softmax_machine, marks=needs_numba)])
def test_the_loss_of_softmax_by_loops_has_the_bits_of_numpy(way, dtype):
    for (m, k), seed in itertools.product([(1, 2), (7, 3), (64, 10), (33, 29)], range(4)):
        by_numpy, by_loops = (loss_and_slope(one, m, k, dtype, seed) for one in (softmax_numpy, way))
        np.testing.assert_array_equal(by_numpy[0], by_loops[0])
        np.testing.assert_array_equal(by_numpy[1], by_loops[1])


@needs_numba
@pytest.mark.parametrize("label", [-1, 3, 2**40])
def test_a_label_that_is_none_reads_and_writes_nothing_and_is_no_cost(label, always):
    workspace = network.Workspace(Network((2, 3), "relu", "softmax"), 4)
    workspace.logits[:] = 0
    workspace.hasten(math.inf)
    assert math.isnan(network.mean_loss(workspace, np.array([0, 1, label, 2])))
    np.testing.assert_allclose(workspace.dZ[2], 1 / 3 / 4, rtol=1e-6)


@needs_numba
def test_labels_may_be_of_any_integers_that_others_hold(always):
    workspace = network.Workspace(Network((2, 3), "relu", "softmax"), 4)
    workspace.logits[:] = np.arange(12).reshape(4, 3)
    workspace.hasten(math.inf)
    Y = np.array([[2, 0], [1, 0], [0, 0], [1, 0]])[:, 0]
    Y.flags.writeable = False
    told = [network.mean_loss(workspace, labels) for labels in (Y, Y.astype(np.int32), Y.astype(np.uint8).copy())]
    assert told == [softmax_numpy(workspace, Y)] * 3


def late(theta, grad, slope, state, n, apart, factors):
    """`loops.momentum` with a fault: the length is multiplied in where the velocity is made."""
    for i in range(n):
        state[i] = state[i] * factors[0] + (slope[i] + grad[i])
        theta[i] -= state[i] * factors[0] * (factors[1] / factors[0])


def test_the_comparison_sees_another_order_of_operations():
    faulty = OPTIMIZERS["momentum"]._replace(loop=late)
    right, wrong = (updated(python_loop, "momentum", True, np.float32) for _ in range(2))
    assert all(map(np.array_equal, right, wrong))
    wrong = updated(lambda rule, state: python_loop(faulty, state), "momentum", True, np.float32)
    assert not np.array_equal(right[0], wrong[0])


def assembly(words):
    llvm = this_machine()
    return llvm.machine.emit_assembly(llvm.binding.parse_assembly(words))


ALL = [function for function in vars(loops).values() if inspect.isfunction(function)]
LOOPS = list(itertools.product(ALL, NUMBERS))


@needs_numba
@pytest.mark.parametrize(("loop", "precision"), LOOPS)
def test_machine_code_contracts_nothing_and_calls_roots_alone(loop, precision):
    words = llvm_words(loop, precision)
    declared = re.findall(r"^declare .*?@([\w.]+)", words, re.M)
    assert {name for name in declared if not name.startswith("llvm.")} <= CALLED
    assert not [name for name in declared if "fm" in name]  # fma, fmuladd
    assert not re.search(r"f(add|sub|mul|div) (fast|contract|reassoc|arcp|nnan|ninf|nsz)", words)
    assert not re.search(r"fn?m(add|sub|la|ls)", assembly(words))


@needs_numba
def test_the_search_for_contraction_sees_one():
    words = llvm_words(loops.adam, "float32")
    fused = assembly(re.sub(r"= f(add|mul) ", r"= f\1 contract ", words))
    if "fma" not in this_machine().words[2] and "neon" not in this_machine().words[2]:
        pytest.skip("this processor has no fused multiply-add")
    assert re.search(r"fn?m(add|sub|la|ls)", fused)


def trained(activation, loss, l2_lambda, optimizer, keep_prob, dtype, weight_decay=0.0, members=1, bag_fraction=1.0):
    """Parameters, optimizer state, losses and penalties of two epochs, as bytes."""
    rng = np.random.default_rng(0)
    sizes, keep_probs = (N_IN, *WIDTHS, 3 if loss == "softmax" else 1), (keep_prob,) * len(WIDTHS)
    parameters = initial_parameters(sizes, "glorot", rng=rng, dtype=dtype, members=members)
    draws = {"sigmoid": lambda: rng.integers(0, 2, (M, 1)), "squared": lambda: rng.standard_normal((M, 1))}
    Y = rng.integers(0, 3, M) if loss == "softmax" else draws[loss]().astype(dtype)
    rows = Examples(rng.standard_normal((M, N_IN)).astype(dtype), Y)
    settings = {"settings": OptimizerSettings(epsilon=EPSILON), "l2_lambda": l2_lambda, "weight_decay": weight_decay}
    plan = TrainingPlan(EPOCHS, BATCH, optimizer, RATE, **settings, bag_fraction=bag_fraction)
    network = Network(sizes, activation, loss, keep_probs, members)
    trainer = Trainer(network, parameters, rows, rows, plan, Streams(stream(1), stream(2), stream(3)))
    costs = [(record.loss, record.penalty) for record in trainer.epochs()]
    return parameters.flat.tobytes(), trainer.optimizer.state.tobytes(), costs


def both_ways(monkeypatch, *combination, **more):
    """The same training without loops and with them."""
    with monkeypatch.context() as patch:
        no_loops(patch)
        without = trained(*combination, **more)
    asked = []
    with monkeypatch.context() as patch:
        for module in (optimizers, network, losses):
            found = module.compiled
            patch.setattr(module, "compiled", lambda loop, *rest, f=found: asked.append(loop) or f(loop, *rest))
        return without, trained(*combination, **more), set(asked)


@needs_numba
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_every_combination_trains_to_the_same_bits_with_loops_and_without(dtype, always, monkeypatch):
    for combination in EVERY:
        without, with_loops, asked = both_ways(monkeypatch, *combination, dtype)
        assert without == with_loops, combination
        of_loss = {loops.shift, loops.normalise} if combination[1] == "softmax" else set()
        assert asked == ({ACTIVATIONS[combination[0]].loop, OPTIMIZERS[combination[3]].loop} | of_loss) - {None}


@needs_numba
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("l2_lambda", "members"), [(0.0, 1), (0.7, 1), (0.7, 3)])
def test_weight_decay_and_ensembles_have_the_same_bits_too(optimizer, l2_lambda, members, always, monkeypatch):
    monkeypatch.setattr(optimizers, "CHUNK", 13)
    rest = ("relu", "softmax", l2_lambda, optimizer, 0.6, np.float32)
    without, with_loops, asked = both_ways(monkeypatch, *rest, weight_decay=5.0, members=members)
    assert without == with_loops
    of_loss = {loops.shift, loops.normalise} if members == 1 else set()
    assert asked == {loops.relu, OPTIMIZERS[optimizer].loop} | of_loss


@needs_numba
@pytest.mark.parametrize("loss", losses.LOSSES)
def test_members_with_bags_have_the_same_bits_too(loss, always, monkeypatch):
    rest = ("relu", loss, 0.7, "adam", 0.6, np.float32)
    without, with_loops, asked = both_ways(monkeypatch, *rest, members=3, bag_fraction=0.6)
    assert without == with_loops
    assert asked == {loops.relu, loops.adam}
    assert without != both_ways(monkeypatch, *rest, members=3)[0]


@needs_numba
def test_a_loop_with_a_fault_is_seen_in_a_training(always, monkeypatch):
    faulty = OPTIMIZERS["adam"]._replace(loop=loops.rmsprop)
    monkeypatch.setitem(OPTIMIZERS, "adam", faulty)
    without, with_loops, _ = both_ways(monkeypatch, "relu", "softmax", 0.7, "adam", 0.6, np.float32)
    assert without[0] != with_loops[0]


@needs_numba
@pytest.mark.parametrize("begun_with", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_begun_with_loops_goes_on_without_them_and_back(optimizer, begun_with, tmp_path, always, monkeypatch):
    changes = {**MANY, "training": {"optimizer": optimizer, "learning_rate": 0.01}}
    loaded = read_config(config_file(tmp_path, changes))
    with monkeypatch.context() as patch:
        no_loops(patch)
        whole = run(loaded, tmp_path / "whole")
    result, has_loops = None, begun_with
    while result is None or result.status == "interrupted":
        with monkeypatch.context() as patch:
            stop_at(patch, 3)
            if not has_loops:
                no_loops(patch)
            result = resume(folder_of(result)) if result else run(loaded, tmp_path / "runs")
        has_loops = not has_loops
    assert result.sessions > 4
    assert result.notes == ()
    assert essence(result.run_dir) == essence(whole.run_dir)


@needs_numba
def test_loops_wait_for_trainings_that_pay_for_them(place):
    shutil.rmtree(place, ignore_errors=True)
    forget()

    def is_used(seconds):
        return compiled.compiled(loops.adam, np.float32, seconds) is not None

    assert not is_used(compiled.MAKING_SECONDS - 0.01)
    assert is_used(compiled.MAKING_SECONDS)
    forget()
    assert is_used(compiled.LOADING_SECONDS)
    assert not is_used(compiled.LOADING_SECONDS - 0.01)


def asked_for(monkeypatch):
    """The list that gets what each loop is said to save, and for which loop; none is had."""
    asked = []
    for module in (optimizers, network, losses):
        monkeypatch.setattr(module, "compiled", lambda loop, dtype, saved: asked.append((loop, saved)))
    return asked


def test_a_training_is_long_enough_by_its_steps_and_what_each_of_them_saves(monkeypatch):
    asked = asked_for(monkeypatch)
    rows = Examples(np.zeros((40, 3), np.float32), np.zeros(40, np.int64))
    layers, plan = Network((3, 5, 4, 2), "relu", "softmax"), TrainingPlan(10, 16, "rmsprop", alike=7)
    Trainer(layers, Parameters(layers.sizes), rows, rows, plan, Streams(stream(1), stream(2)))
    a_step = OPTIMIZERS["rmsprop"].loop_saves * (20 + 24 + 10) + 2 * network.LOOP_SAVES + network.LOSS_LOOPS_SAVE
    a_step += network.LOOP_SAVES_A_UNIT * 16 * (5 + 4)
    of_batch = [loops.shift, loops.normalise, loops.relu]
    assert [loop for loop, _ in asked] == [loops.rmsprop, *of_batch, *of_batch]  # batches of 16 and of 8 rows
    assert [saved for _, saved in asked] == pytest.approx([7 * 10 * 3 * a_step] * 7)


def test_the_trainings_of_a_sweep_are_counted_together(tmp_path, monkeypatch):
    asked, config = asked_for(monkeypatch), config_file(tmp_path)
    prepared = prepare(read_config(config))
    trainer_of(prepared)
    alone = asked[-1][1]
    train_variants(prepared, [Variant(seed=seed) for seed in range(5)], processes=1)
    assert asked[-1][1] == pytest.approx(5 * alone)
    folder = sweep_asked([str(config), "seed=0..2"], Options(light=True), None).written(tmp_path / "runs")
    with Here(1) as here:
        run_sweep(folder, here, Unseen(), Wishes())
    assert asked[-1][1] == pytest.approx(3 * alone)


class Unseen:
    """Shows nothing of a sweep."""

    def begun(self, number, settings, seed):
        pass

    def update(self, line):
        pass


def test_an_optimizer_without_a_loop_updates_by_passes(monkeypatch, always):
    monkeypatch.setitem(OPTIMIZERS, "plain", Rule(optimizers.gradient_descent, 0, 0.1))
    optimizer = Optimizer("plain", Parameters((2, 1)))
    optimizer.hasten(math.inf)
    parameters, gradient = Parameters((2, 1)), Parameters((2, 1))
    gradient.flat[:] = 1
    optimizer.step(parameters, gradient, 0.5)
    assert parameters.flat.tolist() == [-0.5] * 3


IN_A_NEW_PROCESS = """
import sys
import numpy as np
from dlrun.nn import loops
from dlrun.nn.compiled import compiled
print(compiled(loops.adam, np.float32, 1e9) is not None, "numba" in sys.modules)
"""


def in_a_new_process(**variables):
    line = [sys.executable, "-c", IN_A_NEW_PROCESS]
    told = subprocess.run(line, env=os.environ | variables, capture_output=True, text=True, check=True)
    return told.stdout.split()


@needs_numba
def test_the_next_process_loads_what_was_kept_without_numba(tmp_path):
    variables = {"XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    assert in_a_new_process(**variables) == ["True", "True"]
    assert in_a_new_process(**variables) == ["True", "False"]
    (file,) = (tmp_path / "dlrun").iterdir()
    file.write_bytes(file.read_bytes()[:-1])  # half written, or damaged
    assert in_a_new_process(**variables) == ["True", "True"]
    assert in_a_new_process(**variables) == ["True", "False"]


@needs_numba
@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files as POSIX knows them")
def test_where_nothing_can_be_kept_safely_loops_are_made_in_memory(tmp_path):
    open_to_all = tmp_path / "open"
    (open_to_all / "dlrun").mkdir(parents=True)
    (open_to_all / "dlrun").chmod(0o777)
    a_file = tmp_path / "file"
    a_file.write_text("")
    for folder in (open_to_all, a_file, "/proc/none", "/dev/null"):
        assert in_a_new_process(XDG_CACHE_HOME=str(folder)) == ["True", "True"], folder
    assert not list((open_to_all / "dlrun").iterdir())


@pytest.mark.parametrize("missing", ["numba", "llvmlite"])
def test_without_the_packages_numpy_does_it(missing, monkeypatch):
    forget()
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setattr(machine_code, "kept", lambda place: None)
    assert compiled.compiled(loops.adam, np.float32, 1e9) is None
    optimizer = Optimizer("adam", Parameters((2, 1)))
    optimizer.hasten(math.inf)
    assert optimizer.step(Parameters((2, 1)), Parameters((2, 1)), 0.1) == 0
    forget()


def test_the_penalty_is_told_as_before(always):
    parameters = initial_parameters((3, 4, 2), "he", rng=np.random.default_rng(0))
    slope, gradient = l2_slope(parameters, 0.7, 10), Parameters((3, 4, 2))
    told = []
    for is_hastened in (False, True):
        own = parameters.copy()
        optimizer = Optimizer("adam", own, slope)
        if is_hastened:
            optimizer.hasten(math.inf)
        told.append([optimizer.step(own, gradient, 0.1) for _ in range(3)])
    assert told[0] == told[1]
    assert told[0][0] > 0


def test_the_environment_tells_the_version_apart_from_what_changes_bits(tmp_path):
    manifest = read_manifest(folder_of(run(read_config(config_file(tmp_path)), tmp_path / "runs")))
    told = manifest.identity.environment
    assert told == environment()
    assert told.numba == (numba.__version__ if numba else None)
    assert "numba" not in told.packages


def test_a_place_that_does_not_read_back_is_not_run(tmp_path):
    file = tmp_path / "new" / "loop.o"
    assert kept(None) is None
    assert kept(file) is None
    keep(None, b"code")
    keep(file, b"code")
    assert kept(file) == b"code"
    assert [path.name for path in file.parent.iterdir()] == ["loop.o"]
    file.write_bytes(b"\0" * 100)
    assert kept(file) is None
    keep(tmp_path / "new" / "loop.o" / "loop.o", b"code")
    assert kept(tmp_path / "new" / "loop.o" / "loop.o") is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files as POSIX knows them")
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_what_others_could_have_written_is_not_run(mode, tmp_path):
    keep(tmp_path / "loop.o", b"code")
    tmp_path.chmod(mode)
    assert kept(tmp_path / "loop.o") is None
    keep(tmp_path / "other.o", b"code")
    assert [path.name for path in tmp_path.iterdir()] == ["loop.o"]
    tmp_path.chmod(0o700)
    assert kept(tmp_path / "loop.o") == b"code"


def test_a_training_that_is_too_short_to_make_loops_neither_starts_llvm_nor_makes_a_folder(tmp_path):
    words = "import sys; from dlrun.nn import compiled, loops; compiled.compiled(loops.adam, 'float32', 1.0); "
    line = [sys.executable, "-c", words + "print('llvmlite' in sys.modules)"]
    variables = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    told = subprocess.run(line, env=variables, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
    assert list(tmp_path.iterdir()) == []
