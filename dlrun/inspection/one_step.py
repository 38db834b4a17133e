"""The first step of a config's training in all its numbers, so that a person can follow it by hand.

`dlrun explain step` shows it. The engine itself takes the step; what it keeps (inputs, masks, activations, slopes,
gradients, parameters) is shown as it is. What its buffers have already lost, Z and dZ of the hidden layers, is computed
again by the same products of the same numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from ..arrays import Array
from ..config import LoadedConfig
from ..experiment.prepare import Experiment, prepare
from ..experiment.train import trainer_of
from ..nn.network import Network, Workspace
from ..nn.optimizers import OPTIMIZERS
from ..nn.parameters import Parameters
from ..nn.predictions import OUTPUTS
from ..nn.training import Trainer

# The name of an output's probabilities, by loss; a regression answers with its Z.
ANSWERS = {"sigmoid": "sigmoid", "softmax": "softmax"}
LOSSES = {
    "sigmoid": "-Y log A{top} - (1 - Y) log(1 - A{top}) of each example",
    "softmax": "-log A{top} at the class of each example",
    "squared": "(Z{top} - Y)^2 of each example",
}

Convention = Literal["rows", "columns"]


@dataclass(frozen=True)
class Quantity:
    """An array by its name. formula : how it is computed from those before it; "" where it is given.

    shape : () for a number, (n,) for a vector. values : nested as the shape is.
    """

    name: str
    formula: str
    shape: tuple[int, ...]
    values: Any


@dataclass(frozen=True)
class StepCosts:
    """The costs of the step's examples before the update.

    loss : the mean over the examples. penalty : lambda / (2 m_train) times squares, the sum of all squared weights.
    """

    loss: float
    lambda_: float
    m_train: int
    squares: float
    penalty: float
    cost: float


@dataclass(frozen=True)
class StepRule:
    """How the parameters are changed. formula : of the optimizer, whose averages are all 0 before the first step."""

    optimizer: str
    formula: str
    rate: float
    weight_decay: float


@dataclass(frozen=True, kw_only=True)
class TrainingStep:
    """What `explain step --json` prints: the first step of a training whose batches have so many examples.

    convention : rows: an example is a row, and dZ is dJ/dZ. columns: an example is a column, as in the course, every
    array is transposed, and dZ and dA are m times dJ/dZ and dJ/dA, so that the 1/m stands in dW and db.
    examples : the rows of the training split, counted from 0. forward, backward, update : in the order of computation.
    """

    name: str | None
    convention: Convention
    sizes: tuple[int, ...]
    activation: str
    output: str
    keep_probs: tuple[float, ...]
    examples: tuple[int, ...]
    labels: tuple[str, ...]
    forward: tuple[Quantity, ...]
    costs: StepCosts
    backward: tuple[Quantity, ...]
    rule: StepRule
    update: tuple[Quantity, ...]


class Taken(NamedTuple):
    """A step that the engine has taken. rows (m,) : of the training split. Y : as the loss wants it."""

    network: Network
    workspace: Workspace
    before: Parameters
    gradient: Parameters
    after: Parameters
    rows: Array
    Y: Array
    weight: Array | None
    costs: StepCosts


class Writer:
    """Makes quantities in one of the two conventions, from arrays with examples as rows."""

    def __init__(self, convention: Convention, m: int):
        self.is_columns, self.m = convention == "columns", m

    def __call__(self, name: str, formula: str, array: Array, columns: str | None = None) -> Quantity:
        """array : (m, n), or a vector that becomes a column in the course's convention. columns : its formula there."""
        if self.is_columns:
            formula = formula if columns is None else columns
            array = array.T if array.ndim > 1 else array[:, None]
        return Quantity(name, formula, array.shape, tuples(array.tolist()))

    def slope(self, name: str, formula: str, array: Array, columns: str) -> Quantity:
        """The same for dZ and dA, which the course has without the 1/m."""
        return self(name, formula, array.astype(np.float64) * self.m if self.is_columns else array, columns)


def tuples(value: Any) -> Any:
    """Nested lists as nested tuples."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def training_step(loaded: LoadedConfig, examples: int, convention: Convention = "rows") -> TrainingStep:
    """The first step that a config's training takes if its batches have so many examples, and every number in it.

    Of an ensemble, the first network as it would be trained alone. Raises ConfigError, DataError, Diverged.
    """
    experiment = prepare(loaded)
    trainer, taken = take_step(experiment, examples)
    write, network, plan = Writer(convention, len(taken.rows)), taken.network, trainer.plan
    formula = (OPTIMIZERS[plan.optimizer].update.__doc__ or "").split("\n")[0].split("; ")[0].split(". ")[0]
    labels = experiment.dataset.classes
    return TrainingStep(
        name=loaded.config.name,
        convention=convention,
        sizes=network.sizes,
        activation=network.activation,
        output=network.loss,
        keep_probs=network.keep_probs,
        examples=tuple(taken.rows.tolist()),
        labels=tuple(labels[int(y)] for y in taken.Y.reshape(-1)) if labels else (),
        forward=tuple(forward_quantities(taken, write)),
        costs=taken.costs,
        backward=tuple(backward_quantities(taken, write)),
        rule=StepRule(plan.optimizer, formula.rstrip("."), trainer.rate(0), plan.weight_decay),
        update=tuple(update_quantities(taken, write)),
    )


def take_step(experiment: Experiment, examples: int) -> tuple[Trainer, Taken]:
    """Lets the engine take the first step of a training with this batch size."""
    experiment = replace(
        experiment,
        network=replace(experiment.network, members=1),
        parameters=experiment.parameters.member(0).copy(),
        plan=replace(experiment.plan, batch_size=examples, trace=False),
    )
    trainer = trainer_of(experiment)
    before, m_train = trainer.parameters.copy(), len(trainer.train.X)
    rows, Y = next(trainer.batches())
    # As `Trainer.epochs` does it: a number that is not finite is seen in the cost.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        loss, penalty = trainer.step(rows, Y, trainer.rate(0))
    rows = np.arange(m_train) if rows is None else rows
    squares = sum(float(np.sum(np.square(layer.W, dtype=np.float64))) for layer in before.layers)
    costs = StepCosts(loss, trainer.plan.l2_lambda, m_train, squares, penalty, loss + penalty)
    weight = None if trainer.weight is None else trainer.weight[rows]
    workspace = trainer.workspaces[len(Y)]
    return trainer, Taken(
        trainer.network, workspace, before, trainer.gradient, trainer.parameters, rows, Y, weight, costs
    )


def forward_quantities(taken: Taken, write: Writer) -> Iterator[Quantity]:
    """X, then W, b, Z, mask and A of each layer, then Y and the loss of each example."""
    workspace, activation, top = taken.workspace, taken.network.activation, taken.network.depth
    A1, below = workspace.X1, "X"
    yield write("X", "", workspace.X)
    for number, layer in enumerate(taken.before.layers, start=1):
        yield write(f"W{number}", "", layer.W)
        yield write(f"b{number}", "", layer.b)
        product, transposed = f"{below} W{number} + b{number}", f"W{number} {below} + b{number}"
        if number == top:
            yield write(f"Z{top}", product, workspace.logits, transposed)
            break
        hidden, below = workspace.hidden[number - 1], f"A{number}"
        yield write(f"Z{number}", product, np.dot(A1, layer.Wb), transposed)
        if hidden.mask is not None:
            yield write(f"mask{number}", "1 where a unit stays", hidden.mask.astype(np.int64))
        yield write(below, f"{activation}(Z{number}){thinned(taken, number)}", hidden.A)
        A1 = hidden.A1
    Y, loss = shown_targets(taken), taken.network.loss
    if loss in ANSWERS:
        over = {"softmax": (" of each row", " of each column")}.get(loss, ("", ""))
        A = answers(taken)
        yield write(f"A{top}", f"{ANSWERS[loss]}(Z{top}){over[0]}", A, f"{ANSWERS[loss]}(Z{top}){over[1]}")
    yield write("Y", "1 in the column of the class" if loss == "softmax" else "", Y, columns_of_targets(loss))
    if taken.weight is not None:
        yield write("weight", "how much each example counts", taken.weight[:, None])
    losses = taken.network.loss_function.of_rows(workspace.logits, taken.Y)
    yield write("loss", LOSSES[loss].format(top=top), losses[:, None])


def columns_of_targets(loss: str) -> str:
    return "1 in the row of the class" if loss == "softmax" else ""


def answers(taken: Taken) -> Array:
    """The probabilities (m, k) of the step's examples."""
    return OUTPUTS[taken.network.loss](taken.workspace.logits.astype(np.float64), taken.Y)[0]


def shown_targets(taken: Taken) -> Array:
    """Y (m, k) : of a softmax with a 1 at the class, so that A - Y can be seen."""
    if taken.network.loss != "softmax":
        return taken.Y
    one_hot = np.zeros(taken.workspace.logits.shape, np.int64)
    one_hot[np.arange(len(taken.Y)), taken.Y] = 1
    return one_hot


def thinned(taken: Taken, number: int) -> str:
    """What a hidden layer's values are multiplied by, in words: nothing, or its mask over keep_prob."""
    hidden = taken.workspace.hidden[number - 1]
    return "" if hidden.mask is None else f" * mask{number} / {taken.network.keep_probs[number - 1]:g}"


def backward_quantities(taken: Taken, write: Writer) -> Iterator[Quantity]:
    """dZ, dW and db of each layer from the top down, and between two layers dA and the slope."""
    workspace, top, m = taken.workspace, taken.network.depth, len(taken.rows)
    dZ, weighted = workspace.dZ, "" if taken.weight is None else "weight * "
    difference = f"2 (Z{top} - Y)" if taken.network.loss == "squared" else f"(A{top} - Y)"
    formulas = f"{weighted}{difference} / {m}", f"{weighted}{difference}"
    for number in range(top, 0, -1):
        below = f"A{number - 1}" if number > 1 else "X"
        d = f"dZ{number}"
        yield write.slope(d, formulas[0], dZ, formulas[1])
        gradient = taken.gradient.layers[number - 1]
        yield write(f"dW{number}", f"{below}^T {d}", gradient.W, f"{d} {below}^T / {m}")
        yield write(f"db{number}", f"sum of {d} over rows", gradient.b, f"sum of {d} over columns / {m}")
        if number == 1:
            return
        under, hidden = number - 1, workspace.hidden[number - 2]
        dA = np.dot(dZ, taken.before.layers[number - 1].W_T)
        yield write.slope(f"dA{under}", f"{d} W{number}^T", dA, f"W{number}^T {d}")
        slope = f"{taken.network.activation}'(Z{under}){thinned(taken, under)}"
        yield write(f"slope{under}", slope, hidden.factor)
        dZ, formulas = dA * hidden.factor, (f"dA{under} * slope{under}",) * 2


def update_quantities(taken: Taken, write: Writer) -> Iterator[Quantity]:
    """The gradient of the cost where there is a penalty, and the parameters after the step."""
    share = np.array(taken.costs.lambda_ / taken.costs.m_train, taken.before.flat.dtype)
    for number, layer in enumerate(taken.before.layers, start=1):
        gradient, after = taken.gradient.layers[number - 1], taken.after.layers[number - 1]
        used = f"dW{number}"
        if taken.costs.lambda_:
            used = f"dJ/dW{number}"
            formula = f"dW{number} + {taken.costs.lambda_:g}/{taken.costs.m_train} W{number}"
            yield write(used, formula, layer.W * share + gradient.W)
        yield write(f"W{number} after", f"W{number} changed along {used}", after.W)
        yield write(f"b{number} after", f"b{number} changed along db{number}", after.b)
