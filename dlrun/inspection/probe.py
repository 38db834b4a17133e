"""A config's network before any training: how signals fare through its layers, and whether it can learn twenty rows."""

from dataclasses import replace

import numpy as np

from ..config import LoadedConfig
from ..diagnosis.findings import Finding
from ..errors import Diverged
from ..experiment.prepare import Experiment, prepare, random_streams
from ..nn.evaluation import evaluate
from ..nn.initializers import INITIALIZERS
from ..nn.parameters import Parameters, initial_parameters
from ..nn.propagation import Signals, first_dead, float32_depth, growth, signals, theory
from ..nn.training import Examples, Trainer, TrainingPlan

# Training rows that the signals are measured on.
ROWS = 128

# What a network that can learn at all learns by heart. Source: Karpathy, A recipe for training neural networks, 2019.
FEW_ROWS, STEPS, RATES = 20, 500, (0.01, 0.001)
# The error that is noticed (a regression's never is quite 0), and the one that fails.
NOT_BY_HEART, FAILS = 0.01, 0.05


def probe(loaded: LoadedConfig, *, overfit_twenty: bool = False) -> dict:
    """Plain values: name, activation, init, sizes, rows, layers (of the config's own init), inits (all of them).

    overfit_twenty : also train on twenty rows; the result then has {rows, steps, error, finding} under that name.
    Raises ConfigError, DataError.
    """
    experiment = prepare(loaded)
    network = experiment.network
    told = {init: probed(experiment, init) for init in INITIALIZERS}
    own = told[loaded.config.network.init]
    return {
        "name": loaded.config.name,
        "activation": network.activation,
        "init": loaded.config.network.init,
        "sizes": list(network.sizes),
        "rows": len(some_rows(experiment)[0]),
        "layers": layer_rows(experiment, *own),
        "inits": [{"init": init, **summary(*pair)} for init, pair in told.items()],
        "overfit_twenty": learn_by_heart(experiment) if overfit_twenty else None,
    }


def some_rows(experiment: Experiment, at_most: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
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


def measured(experiment: Experiment, parameters: Parameters, X: np.ndarray, Y: np.ndarray) -> Signals:
    dtype = parameters.flat.dtype
    return signals(experiment.network, parameters, X.astype(dtype), Y if Y.dtype == np.int64 else Y.astype(dtype))


def layer_rows(experiment: Experiment, exact: Signals, single: Signals, wide: Signals) -> list[dict]:
    """One row a layer with weights: what was measured and what theory says."""
    return [
        {
            "layer": index + 1,
            "width": experiment.network.sizes[index + 1],
            "activation": exact.activations[index],
            "activation_theory": wide.activations[index],
            "row_spread": exact.row_spread[index],
            "gradient": exact.gradients[index],
            "gradient_theory": wide.gradients[index],
            "gradient_float32": single.gradients[index],
        }
        for index in range(experiment.network.depth)
    ]


def summary(exact: Signals, single: Signals, wide: Signals) -> dict:
    """Growth factors a layer, measured and in theory (activations upwards, gradients downwards), and float32's end.

    float32 : layers after which activations and gradients are 0 or infinite; seen in this network, or by the factor.
    """
    downwards = [single.gradients[::-1], growth_down(exact)]
    upwards = [single.activations, growth(exact.activations)]
    starts = {"activation": exact.activations[0], "gradient": exact.gradients[-1]}
    ends = {}
    for name, (values, factor) in {"activation": upwards, "gradient": downwards}.items():
        seen = first_dead(values)
        ends[name] = {"layers": seen or float32_depth(factor, starts[name]), "seen": seen is not None}
    return {
        "activation_growth": {"measured": upwards[1], "theory": growth(wide.activations)},
        "gradient_growth": {"measured": downwards[1], "theory": growth_down(wide)},
        "float32": ends,
    }


def growth_down(found: Signals) -> float | None:
    """The gradients' factor from a hidden layer to the one below it."""
    factor = growth(found.gradients)
    return 1 / factor if factor else None


def learn_by_heart(experiment: Experiment) -> dict:
    """Train on twenty rows alone, penalty and dropout off: the error left, and the finding if it is too high."""
    rows = Examples(*some_rows(experiment, FEW_ROWS))
    error = min(error_left(experiment, rows, rate) for rate in RATES)
    told = (
        f"{STEPS} steps of adam on {len(rows.X)} training rows, penalty and dropout off, leave an error of {error:.0%}"
    )
    finding = Finding(
        code="cannot-overfit-twenty",
        severity="fail" if error > FAILS else "notice",
        title="twenty rows cannot be learned by heart",
        evidence=told,
        do="look at initial weights, depth, inputs and labels: dlrun explain cannot-overfit-twenty",
    )
    found = finding if error > NOT_BY_HEART else None
    return {"rows": len(rows.X), "steps": STEPS, "error": error, "finding": found}


def error_left(experiment: Experiment, rows: Examples, rate: float) -> float:
    """The error on the rows after training on nothing else from the config's initial weights; 1 where it diverged."""
    network = replace(experiment.network, keep_probs=())
    plan = TrainingPlan(STEPS, None, "adam", rate, evaluate_every=STEPS)
    streams = random_streams(experiment.config.seed)
    parameters = experiment.parameters.copy()
    trainer = Trainer(
        network, parameters, rows, rows, plan, batch_rng=streams["batches"], dropout_rng=streams["dropout"]
    )
    try:
        list(trainer.epochs())
    except Diverged:
        return 1.0
    return evaluate(network, parameters, *rows).error
