"""Probes a config's network before any training: how signals pass its layers, and whether it can learn twenty rows.

`dlrun probe` shows it: bad initial weights are seen in a second, without a training.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import Array
from ..config import LoadedConfig
from ..diagnosis import Finding
from ..diagnosis.sanity import cannot_overfit
from ..errors import Diverged
from ..experiment.prepare import Experiment, prepare, random_streams
from ..nn.evaluation import evaluate
from ..nn.initializers import DRAWN_AS, INITIALIZERS, LINEAR
from ..nn.parameters import Parameters, initial_parameters
from ..nn.propagation import Signals, first_dead, float32_depth, growth, signals, theory
from ..nn.training import Examples, Streams, Trainer, TrainingPlan

# The number of training rows that the signals are measured on.
ROWS = 128

# Any network that can learn at all learns so few rows in so many steps, at one of these rates. Source: Karpathy, A
# recipe for training neural networks, 2019.
FEW_ROWS, STEPS, RATES = 20, 500, (0.01, 0.001)


@dataclass(frozen=True)
class LayerSignals:
    """One layer with weights, counted from 1: root mean squares as measured and in theory.

    activation : of its outputs. row_spread : of the part of them that differs from row to row. gradient : of dJ/dZ for
    one row, in float64 and in float32.
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
    """The factor by which a layer multiplies a signal, measured and in theory; None where there is none."""

    measured: float | None
    theory: float | None


@dataclass(frozen=True)
class Float32End:
    """After how many layers a signal is 0 or infinite in float32, None if never. seen : whether that was measured."""

    layers: int | None
    seen: bool


@dataclass(frozen=True)
class Float32Ends:
    """Where activations end in float32, and where gradients do."""

    activation: Float32End
    gradient: Float32End


@dataclass(frozen=True)
class InitSignals:
    """What an init does to activations on the way up, and to gradients on the way down."""

    init: str
    activation_growth: Growth
    gradient_growth: Growth
    float32: Float32Ends


@dataclass(frozen=True)
class ByHeart:
    """The error on a few rows after so many steps on them, and the finding if it is too high."""

    rows: int
    steps: int
    error: float
    finding: Finding | None


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What `probe --json` prints of a config's network.

    sizes : its widths from inputs to outputs. rows : how many were used. layers : with the config's own init. inits :
    with every init. overfit_twenty : None unless it was asked for.
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
    """Measures signals in a config's network; with `overfit_twenty` also trains it on twenty rows.

    Raises ConfigError, DataError.
    """
    experiment = prepare(loaded)
    network, own_init = experiment.network, loaded.config.network.init
    by_init = {init: probed(experiment, init) for init in INITIALIZERS if init != LINEAR}
    own_init = DRAWN_AS if own_init == LINEAR else own_init
    return ProbeReport(
        name=loaded.config.name,
        activation=network.activation,
        init=own_init,
        sizes=network.sizes,
        rows=len(some_rows(experiment)[0]),
        layers=layer_rows(experiment, *by_init[own_init]),
        inits=tuple(summary(init, *measured_signals) for init, measured_signals in by_init.items()),
        overfit_twenty=learn_by_heart(experiment) if overfit_twenty else None,
    )


def some_rows(experiment: Experiment, at_most: int = ROWS) -> tuple[Array, Array]:
    """X and Y of rows spread evenly over the training set."""
    train = experiment.dataset.train
    m = min(at_most, len(train.X))
    rows = np.arange(m) * len(train.X) // m
    return train.X.take(rows, axis=0), train.Y.take(rows, axis=0)


def probed(experiment: Experiment, init: str) -> tuple[Signals, Signals, Signals]:
    """The signals with one init, drawn from the config's own stream: in float64, in float32, and in theory."""
    network, config = experiment.network, experiment.config
    X, Y = some_rows(experiment)
    rng, scale = random_streams(config.seed)["init"], config.network.init_scale
    drawn = initial_parameters(network.sizes, init, rng=rng, scale=scale, dtype=np.float64)
    exact, single = (measured(experiment, drawn.astype(dtype), X, Y) for dtype in (np.float64, np.float32))
    shapes = zip(network.sizes[:-1], network.sizes[1:], strict=True)
    spreads = [INITIALIZERS[init].spread(*shape, scale) for shape in shapes]
    variances = [spread * spread for spread in spreads]  # too large is inf, where a power would be an exception
    first = float(np.mean(np.square(X, dtype=np.float64)))
    return exact, single, theory(network, variances, first, exact.gradients[-1])


def measured(experiment: Experiment, parameters: Parameters, X: Array, Y: Array) -> Signals:
    """The signals of these parameters, in their own precision."""
    dtype = parameters.flat.dtype
    return signals(experiment.network, parameters, X.astype(dtype), Y if Y.dtype == np.int64 else Y.astype(dtype))


def layer_rows(experiment: Experiment, exact: Signals, single: Signals, wide: Signals) -> tuple[LayerSignals, ...]:
    """A row for each layer with weights: measured and in theory."""
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
    """The growth with one init, measured and in theory, and where float32 ends."""
    upwards = Growth(growth(exact.activations), growth(wide.activations))
    downwards = Growth(growth_down(exact), growth_down(wide))
    ends = Float32Ends(
        float32_end(single.activations, upwards.measured, exact.activations[0]),
        float32_end(single.gradients[::-1], downwards.measured, exact.gradients[-1]),
    )
    return InitSignals(init, upwards, downwards, ends)


def float32_end(values: list[float], factor: float | None, start: float) -> Float32End:
    """Where a signal that begins with `start` ends: measured in float32, else computed from the factor of a layer."""
    measured_end = first_dead(values)
    return Float32End(measured_end or float32_depth(factor, start), measured_end is not None)


def growth_down(exact: Signals) -> float | None:
    """The factor of the gradients from a hidden layer to the one below it."""
    factor = growth(exact.gradients)
    return 1 / factor if factor else None


def learn_by_heart(experiment: Experiment) -> ByHeart:
    """Trains on twenty rows only, without penalty and dropout: the error on them, and the finding if it is too high."""
    rows = Examples(*some_rows(experiment, FEW_ROWS))
    error = min(error_left(experiment, rows, rate) for rate in RATES)
    return ByHeart(len(rows.X), STEPS, error, cannot_overfit(error, len(rows.X), STEPS))


def error_left(experiment: Experiment, rows: Examples, rate: float) -> float:
    """The error on the rows after training on them only, from the config's initial weights; 1 where it diverged."""
    network = replace(experiment.network, keep_probs=(), members=1)
    plan = TrainingPlan(STEPS, None, "adam", rate, evaluate_every=STEPS)
    streams = random_streams(experiment.config.seed)
    parameters = experiment.parameters.member(0).copy()
    trainer = Trainer(network, parameters, rows, rows, plan, Streams(streams["batches"], streams["dropout"]))
    try:
        list(trainer.epochs())
    except Diverged:
        return 1.0
    return evaluate(network, parameters, *rows).error
