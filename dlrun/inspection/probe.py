"""Probes a config's network before any training: how signals pass its layers, and whether it can learn twenty rows.

`dlrun probe` shows it: bad initial weights are seen in a second, without a training.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..config import LoadedConfig
from ..diagnosis import Finding
from ..diagnosis.sanity import cannot_overfit
from ..errors import Diverged
from ..experiment.prepare import Experiment, prepare, random_streams
from ..nn.arrays import Array
from ..nn.evaluation import evaluate
from ..nn.initializers import INITIALIZERS
from ..nn.parameters import Parameters, initial_parameters
from ..nn.propagation import Signals, first_dead, float32_depth, growth, signals, theory
from ..nn.training import Examples, Streams, Trainer, TrainingPlan

# Training rows that the signals are measured on.
ROWS = 128

# What a network that can learn at all learns by heart. Source: Karpathy, A recipe for training neural networks, 2019.
FEW_ROWS, STEPS, RATES = 20, 500, (0.01, 0.001)


@dataclass(frozen=True)
class LayerSignals:
    """One layer with weights, counted from 1: root mean squares as measured, and as theory has them.

    activation : of its outputs; row_spread : of what differs in them from row to row. gradient : of dJ/dZ, for one row,
    in float64 and in float32.
    """

    layer: int
    width: int
    activation: float
    activation_theory: float
    row_spread: float
    gradient: float
    gradient_theory: float
    gradient_float32: float


@dataclass(frozen=True)
class Growth:
    """What a layer multiplies a signal by, measured and in theory; None where there is no such figure."""

    measured: float | None
    theory: float | None


@dataclass(frozen=True)
class Float32End:
    """The layers after which a signal is 0 or infinite in float32, None if never; seen here, or by the growth."""

    layers: int | None
    seen: bool


@dataclass(frozen=True)
class Float32Ends:
    """The end of either signal."""

    activation: Float32End
    gradient: Float32End


@dataclass(frozen=True)
class InitSignals:
    """What a rule for the initial weights does to activations, upwards, and to gradients, downwards."""

    init: str
    activation_growth: Growth
    gradient_growth: Growth
    float32: Float32Ends


@dataclass(frozen=True)
class ByHeart:
    """The error that so many steps on a few rows leave there, and the finding if it is too high."""

    rows: int
    steps: int
    error: float
    finding: Finding | None


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What `probe --json` prints of a config's network.

    sizes : its widths from inputs to outputs. rows : that were looked at. layers : under the config's own init. inits :
    every rule. overfit_twenty : None unless it was asked for.
    """

    name: str | None
    activation: str
    init: str
    sizes: tuple[int, ...]
    rows: int
    layers: tuple[LayerSignals, ...]
    inits: tuple[InitSignals, ...]
    overfit_twenty: ByHeart | None


def probe(loaded: LoadedConfig, *, overfit_twenty: bool = False) -> ProbeReport:
    """How signals fare through a config's network; with `overfit_twenty` it is trained on twenty rows, too.

    Raises ConfigError, DataError.
    """
    experiment = prepare(loaded)
    network, own_init = experiment.network, loaded.config.network.init
    by_init = {init: probed(experiment, init) for init in INITIALIZERS}
    return ProbeReport(
        name=loaded.config.name,
        activation=network.activation,
        init=own_init,
        sizes=network.sizes,
        rows=len(some_rows(experiment)[0]),
        layers=layer_rows(experiment, *by_init[own_init]),
        inits=tuple(summary(init, *found) for init, found in by_init.items()),
        overfit_twenty=learn_by_heart(experiment) if overfit_twenty else None,
    )


def some_rows(experiment: Experiment, at_most: int = ROWS) -> tuple[Array, Array]:
    """X and Y of rows spread evenly over the training set."""
    train = experiment.dataset.train
    m = min(at_most, len(train.X))
    rows = np.arange(m) * len(train.X) // m
    return train.X.take(rows, axis=0), train.Y.take(rows, axis=0)


def probed(experiment: Experiment, init: str) -> tuple[Signals, Signals, Signals]:
    """The signals under one rule, drawn from the config's own stream: in float64, in float32, and in theory."""
    network, config = experiment.network, experiment.config
    X, Y = some_rows(experiment)
    rng, scale = random_streams(config.seed)["init"], config.network.init_scale
    drawn = initial_parameters(network.sizes, init, rng=rng, scale=scale, dtype=np.float64)
    exact, single = (measured(experiment, drawn.astype(dtype), X, Y) for dtype in (np.float64, np.float32))
    shapes = zip(network.sizes[:-1], network.sizes[1:], strict=True)
    variances = [INITIALIZERS[init].spread(*shape, scale) ** 2 for shape in shapes]
    first = float(np.mean(np.square(X, dtype=np.float64)))
    return exact, single, theory(network, variances, first, exact.gradients[-1])


def measured(experiment: Experiment, parameters: Parameters, X: Array, Y: Array) -> Signals:
    """The signals of these parameters, in their own precision."""
    dtype = parameters.flat.dtype
    return signals(experiment.network, parameters, X.astype(dtype), Y if Y.dtype == np.int64 else Y.astype(dtype))


def layer_rows(experiment: Experiment, exact: Signals, single: Signals, wide: Signals) -> tuple[LayerSignals, ...]:
    """One row a layer with weights: what was measured and what theory says."""
    return tuple(
        LayerSignals(
            layer=index + 1,
            width=experiment.network.sizes[index + 1],
            activation=exact.activations[index],
            activation_theory=wide.activations[index],
            row_spread=exact.row_spread[index],
            gradient=exact.gradients[index],
            gradient_theory=wide.gradients[index],
            gradient_float32=single.gradients[index],
        )
        for index in range(experiment.network.depth)
    )


def summary(init: str, exact: Signals, single: Signals, wide: Signals) -> InitSignals:
    """The growth under one rule, measured and in theory, and where float32 ends."""
    upwards = Growth(growth(exact.activations), growth(wide.activations))
    downwards = Growth(growth_down(exact), growth_down(wide))
    ends = Float32Ends(
        float32_end(single.activations, upwards.measured, exact.activations[0]),
        float32_end(single.gradients[::-1], downwards.measured, exact.gradients[-1]),
    )
    return InitSignals(init, upwards, downwards, ends)


def float32_end(values: list[float], factor: float | None, start: float) -> Float32End:
    """Where a signal that begins with `start` ends: seen among its values in float32, or by the factor a layer."""
    seen = first_dead(values)
    return Float32End(seen or float32_depth(factor, start), seen is not None)


def growth_down(found: Signals) -> float | None:
    """The gradients' factor from a hidden layer to the one below it."""
    factor = growth(found.gradients)
    return 1 / factor if factor else None


def learn_by_heart(experiment: Experiment) -> ByHeart:
    """Train on twenty rows alone, penalty and dropout off: the error left, and the finding if it is too high."""
    rows = Examples(*some_rows(experiment, FEW_ROWS))
    error = min(error_left(experiment, rows, rate) for rate in RATES)
    return ByHeart(len(rows.X), STEPS, error, cannot_overfit(error, len(rows.X), STEPS))


def error_left(experiment: Experiment, rows: Examples, rate: float) -> float:
    """The error on the rows after training on nothing else from the config's initial weights; 1 where it diverged."""
    network = replace(experiment.network, keep_probs=())
    plan = TrainingPlan(STEPS, None, "adam", rate, evaluate_every=STEPS)
    streams = random_streams(experiment.config.seed)
    parameters = experiment.parameters.copy()
    trainer = Trainer(network, parameters, rows, rows, plan, Streams(streams["batches"], streams["dropout"]))
    try:
        list(trainer.epochs())
    except Diverged:
        return 1.0
    return evaluate(network, parameters, *rows).error
