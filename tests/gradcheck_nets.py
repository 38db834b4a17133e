"""Networks for the gradient check to be checked on: random correct ones, and a few that faults are planted in."""

from dataclasses import dataclass

import numpy as np
from gradcheck_faults import Backprop, Fault

from dlrun.gradcheck import CheckOptions, NetworkReport, Problem, relative_difference
from dlrun.gradcheck.walk import Walked, network_report, walk
from dlrun.nn.activations import ACTIVATIONS
from dlrun.nn.initializers import INITIALIZERS
from dlrun.nn.losses import LOSSES
from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters


def targets(loss, n_out, m, rng, scale=1.0):
    if loss == "softmax":
        return rng.integers(0, n_out, m)
    return rng.integers(0, 2, (m, 1)).astype(float) if loss == "sigmoid" else scale * rng.standard_normal((m, 1))


def problem_of(sizes, activation, loss, *, rng, m=9, keep_prob=1.0, l2_lambda=0.0, init="he", bias_sd=0.0):
    """A problem with its own masks, and a training set three times its rows."""
    network = Network(tuple(sizes), activation, loss, (keep_prob,) * (len(sizes) - 2))
    parameters = initial_parameters(network.sizes, init, rng=rng, dtype=np.float64)
    for layer in parameters.layers:
        layer.b[:] = bias_sd * rng.standard_normal(layer.b.shape)
    X = rng.standard_normal((m, sizes[0]))
    mask_seed = int(rng.integers(2**32)) if keep_prob < 1 else None
    Y = targets(loss, sizes[-1], m, rng)
    return Problem(network, parameters, X, Y, l2_lambda, 3 * m, mask_seed)


def random_problem(seed: int) -> Problem:
    """A correct net of depth 1 to 12: any activation, loss, initialiser, penalty, dropout, zero inputs and rows."""
    rng = np.random.default_rng(seed)
    depth, loss = int(rng.integers(1, 13)), str(rng.choice(list(LOSSES)))
    n_out = int(rng.integers(2, 5)) if loss == "softmax" else 1
    sizes = (*(int(n) for n in rng.integers(1, 9, depth)), n_out)
    problem = problem_of(
        sizes,
        str(rng.choice(list(ACTIVATIONS))),
        loss,
        rng=rng,
        m=int(rng.integers(1, 20)),
        keep_prob=float(rng.choice([1, 1, 0.8, 0.5])),
        l2_lambda=float(rng.choice([0, 0, 0.1, 10])),
        init=str(rng.choice(list(INITIALIZERS))),
        bias_sd=float(rng.choice([0, 0, 0.1])),
    )
    problem.X *= rng.choice([1, 1, 10, 0.1])
    problem.X[rng.random(problem.X.shape) < rng.choice([0, 0, 0.5])] = 0
    problem.X[rng.random(len(problem.X)) < rng.choice([0, 0, 0.5])] = 0
    return problem


@dataclass(frozen=True)
class Kind:
    """A net that faults are planted in."""

    sizes: tuple
    activation: str
    loss: str
    keep_probs: tuple = ()
    l2_lambda: float = 0.0

    def check(self, fault: Fault | None, seed: int = 0) -> NetworkReport:
        """The report on the whole walk, with the fault's gradient or the shipped one."""
        return network_report(self.walk(fault, seed))

    def walk(self, fault: Fault | None, seed: int = 0) -> list[Walked]:
        rng = np.random.default_rng(seed)
        network = Network(self.sizes, self.activation, self.loss, self.keep_probs)
        parameters = initial_parameters(self.sizes, "he", rng=rng, dtype=np.float64)
        X, Y = rng.standard_normal((11, self.sizes[0])), targets(self.loss, self.sizes[-1], 11, rng)
        under_check = {} if fault is None else {"gradient_function": fault.gradient}
        problem = Problem(network, parameters, X, Y, self.l2_lambda, m_train=3 * len(X))
        return walk(problem, CheckOptions(), rng, **under_check)


KINDS = (
    Kind((5, 8, 6, 4), "relu", "softmax"),
    Kind((6, 7, 5, 1), "tanh", "sigmoid", (0.8, 0.7), 0.3),
    Kind((4, 6, 5, 1), "sigmoid", "squared", (), 0.1),
    Kind((5, 6, 6, 4, 3), "leaky_relu", "softmax"),
    Kind((7, 9, 1), "relu", "squared", (0.7,)),
    Kind((4, 5, 4, 3), "identity", "softmax", (), 0.5),
)

# A tensor is spoilt by a fault if it is off by more than this, in its norm or in one entry; below it, perhaps.
PLAINLY = 1e-4
ROUNDING = 1e-12


@dataclass(frozen=True)
class Score:
    """What a check made of a planted fault: whether it failed, named just the spoilt tensors, and hinted rightly.

    at_first : whether the config's own net at its first weights, as it is configured, shows it already.
    """

    at_first: bool
    caught: bool
    named: bool
    hinted: bool
    first_hint: str


def score(fault: Fault, kind: Kind, seed: int = 0) -> Score:
    walked = kind.walk(fault, seed)
    report = network_report(walked)
    first = report.hints[0].cause if report.hints else ""
    failed = [each for each in walked if each.result.report.verdict == "fail"]
    named = bool(failed) and all(names_the_spoilt(fault, each) for each in failed)
    at_first = not report.situations[0].report.passed
    return Score(at_first, report.verdict == "fail", named, first in fault.causes, first)


def names_the_spoilt(fault: Fault, walked: Walked) -> bool:
    """Whether the failed tensors are those that the fault spoils, the topmost of them being the place named.

    A tensor in which too little gradient is left to tell (vacuous, unverifiable) need not be among them.
    """
    problem, result = walked.situation.problem, walked.result
    right, wrong = Backprop(problem).gradient().tensors(), fault.gradient(problem).tensors()
    spoilt = {name for name in right if plainly_off(right[name], wrong[name])}
    perhaps = {name for name in right if np.abs(right[name] - wrong[name]).max() > ROUNDING}
    failed = {tensor.name for tensor in result.report.failed}
    undecided = {tensor.name for tensor in result.report.tensors if tensor.verdict in ("vacuous", "unverifiable")}
    topmost = max(int(name[1:]) for name in failed)
    place = {name for name in failed if int(name[1:]) == topmost}
    return spoilt <= failed | undecided and failed <= perhaps and set(result.where.tensors) == place


def plainly_off(right: np.ndarray, wrong: np.ndarray) -> bool:
    entry = np.abs(right - wrong).max() > PLAINLY * np.abs(right).max()
    return relative_difference(right, wrong) > PLAINLY or bool(entry)
