"""The training loop: forward, loss, backward, step, yield.

`Trainer.epochs` is a generator that yields one record for each epoch, so that the caller decides what to show, what to
write and when to stop. Between two steps the trainer holds all state: `state` returns it, `restore` sets it, and the
training then continues with the same bits as if it had never stopped.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from ..arrays import Array, Rows
from ..errors import Diverged
from .bags import drawn_bags, mean_one
from .evaluation import evaluate
from .network import Network, Workspace, backward, forward, mean_loss
from .optimizers import Optimizer, OptimizerSettings
from .parameters import Parameters, l2_slope
from .permutation import shuffled
from .schedules import rate_factor
from .trace import TraceLine, Tracer


class Examples(NamedTuple):
    """X (m, n_in), and Y as the loss wants it: (m, 1), or class indices (m,) for softmax.

    Arrays, or rows that stay in a file. weight (m,) : how often each row counts; None: all alike. Only the ratios of
    weights matter.
    """

    X: Rows
    Y: Rows
    weight: Array | None = None


class Streams(NamedTuple):
    """The generators that training draws from: for the order of the rows, the dropout masks, and the bags if any."""

    batches: np.random.Generator
    dropout: np.random.Generator
    bags: np.random.Generator | None = None


@dataclass(frozen=True)
class TrainingPlan:
    """How to train. batch_size None is the full batch; patience_epochs None never stops early.

    learning_rate_decay : the rate of epoch e, counted from 0, is learning_rate / (1 + decay * e).
    schedule, warmup_fraction : what multiplies it at each step of all epochs (see `rate_factor`).
    l2_lambda : of the weights' penalty in the cost. weight_decay : the share that a step takes of them, over its rate.
    evaluate_every : epochs between two measurements with dropout off; the last epoch is always measured.
    keep : which parameters whoever trains should keep, `Trainer.best` or the last; nothing in training depends on it.
    trace : whether a `Tracer` looks at the network at some epochs; nothing in training depends on it.
    bag_fraction : the share of the rows that each member of an ensemble learns from; 1: all rows.
    alike : trainings of this kind that the process does, about; what is compiled must pay over all of them.
    """

    epochs: int
    batch_size: int | None = 64
    optimizer: str = "adam"
    learning_rate: float = 0.001
    learning_rate_decay: float = 0.0
    schedule: str = "constant"
    warmup_fraction: float = 0.0
    l2_lambda: float = 0.0
    weight_decay: float = 0.0
    evaluate_every: int = 1
    patience_epochs: int | None = None
    keep: Literal["auto", "best", "last"] = "auto"
    settings: OptimizerSettings = field(default_factory=OptimizerSettings)
    trace: bool = False
    bag_fraction: float = 1.0
    alike: int = 1


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch: a line of metrics.jsonl. None stands for a number that was not measured or is not finite.

    Measured on the fly, dropout on, as a mean over its steps: loss, penalty and cost, their sum.
    Measured after it, dropout off: train_loss, dev_loss, train_error, dev_error.
    learning_rate : of the epoch's last step, the one that the trace watches.
    seconds : of the run up to the end of the epoch; 0 until the caller fills it in.
    """

    epoch: int
    cost: float | None
    loss: float | None
    penalty: float | None
    learning_rate: float
    train_loss: float | None = None
    dev_loss: float | None = None
    train_error: float | None = None
    dev_error: float | None = None
    seconds: float = 0.0


class Trainer:
    """Trains `parameters` in place. After, or between, epochs: parameters, best (with best_epoch), last_good.

    best : the parameters with the lowest dev error so far, the lower dev loss among equals; a float copy.
    last_good : the parameters at the end of the last epoch that was finite.
    weight : how often each training row counts, as `mean_one` has it.
    total_steps : of all epochs. batches_done : steps done in the current epoch.
    shuffle_state : the state of the current epoch's generator before the shuffle.
    tracer : looks at the network, the first member of an ensemble, at some epochs, if the plan asks for a trace.
    after_step : called after each step; an exception from it ends the training, in a state that can be resumed.
    """

    def __init__(
        self,
        network: Network,
        parameters: Parameters,
        train: Examples,
        dev: Examples,
        plan: TrainingPlan,
        streams: Streams,
        augment: Callable[[Array], None] | None = None,
    ):
        self.network, self.parameters, self.train, self.dev, self.plan = network, parameters, train, dev, plan
        self.streams, self.augment = streams, augment
        m = len(train.X)
        self.weight = mean_one(train.weight, bags_of(network, train, plan, streams), parameters.flat.dtype)
        self.batch_size = min(plan.batch_size or m, m)
        self.total_steps = plan.epochs * self.batches_in_epoch()
        self.tracer = tracer_of(network, parameters, train, plan, self.batch_size) if plan.trace else None
        slope = l2_slope(parameters, plan.l2_lambda, m) if plan.l2_lambda else None
        self.optimizer = Optimizer(plan.optimizer, parameters, slope, plan.settings, weight_decay=plan.weight_decay)
        self.gradient = Parameters(network.sizes, parameters.flat.dtype, network.members)
        rows_in_batches = {self.batch_size, m % self.batch_size} - {0}
        self.workspaces = {rows: Workspace(network, rows, parameters.flat.dtype) for rows in rows_in_batches}
        self.hasten()
        if self.batch_size == m:
            np.copyto(self.workspaces[m].X, train.X[:])
        self.epochs_done, self.batches_done = 0, 0
        self.loss_sum, self.penalty_sum = 0.0, 0.0
        self.shuffle_state = streams.batches.bit_generator.state
        self.after_step: Callable[[], None] = lambda: None
        self.last_good = parameters.copy()
        self.best: Parameters | None = None
        self.best_epoch: int | None = None
        self.best_measure = (math.inf, math.inf)

    def hasten(self) -> None:
        """Use compiled loops from now on, with the same bits, if they can be had and pay in so long a training."""
        a_step = self.optimizer.loops_save() + self.workspaces[self.batch_size].loops_save()
        saved_seconds = self.plan.alike * self.total_steps * a_step
        self.optimizer.hasten(saved_seconds)
        for workspace in self.workspaces.values():
            workspace.hasten(saved_seconds)

    def epochs(self) -> Iterator[EpochRecord]:
        """Train to the end of the plan, or until patience runs out. Raises Diverged at the first non-finite cost."""
        # The cost itself is checked for overflow, so NumPy's warnings would only repeat it.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            while self.epochs_done < self.plan.epochs and not self.out_of_patience():
                yield self.run_epoch()

    def run_epoch(self) -> EpochRecord:
        """One pass over the training rows, and the measurements after it."""
        m, rate = len(self.train.X), self.rate(self.optimizer.steps)
        # To ask in each step takes 2% of that of a tiny network, so that a steady rate is asked for once.
        is_steady = self.plan.schedule == "constant" and not self.plan.warmup_fraction
        for X_rows, Y in self.batches(self.batches_done):
            rate = rate if is_steady else self.rate(self.optimizer.steps)
            loss, penalty = (self.traced_step if self.is_last_of_epoch() else self.step)(X_rows, Y, rate)
            self.loss_sum += loss * len(Y)
            self.penalty_sum += penalty * len(Y)
            self.batches_done += 1
            self.after_step()
        rate = self.rate(self.optimizer.steps - 1)  # also of an epoch whose steps were all done before a checkpoint
        loss, penalty = self.loss_sum / m, self.penalty_sum / m
        self.epochs_done, self.batches_done, self.loss_sum, self.penalty_sum = self.epochs_done + 1, 0, 0.0, 0.0
        if self.batch_size < m:
            self.shuffle_state = self.streams.batches.bit_generator.state
        self.require_finite(float(np.dot(self.parameters.flat, self.parameters.flat)), self.epochs_done)
        record = EpochRecord(self.epochs_done, loss + penalty, loss, penalty, rate, **self.measure())
        np.copyto(self.last_good.flat, self.parameters.flat)
        return record

    def rate(self, step: int) -> float:
        """The learning rate of a step of this epoch; steps are counted from 0 over all epochs."""
        plan = self.plan
        rate = plan.learning_rate / (1 + plan.learning_rate_decay * self.epochs_done)
        return rate * rate_factor(plan.schedule, plan.warmup_fraction, step, self.total_steps)

    def batches(self, first: int = 0) -> Iterator[tuple[Array | None, Array]]:
        """Row numbers (None: all rows) and targets of each batch of an epoch, shuffled again, from `first` on."""
        m = len(self.train.X)
        if self.batch_size == m:
            if not first:
                yield None, self.train.Y[:]
            return
        order = shuffled(m, self.streams.batches)
        for start in range(first * self.batch_size, m, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield rows, self.train.Y.take(rows, axis=0)

    def step(self, rows: Array | None, Y: Array, rate: float) -> tuple[float, float]:
        """One step on one batch. Returns its mean data loss and the penalty, both before the update."""
        workspace = self.workspaces[len(Y)]
        self.gather(rows, workspace)
        workspace.draw_masks(self.streams.dropout)
        forward(self.parameters, workspace)
        weight = self.weight
        loss = mean_loss(workspace, Y, weight if weight is None or rows is None else weight.take(rows, axis=-1))
        self.require_finite(loss, self.epochs_done + 1, workspace)
        backward(self.parameters, self.gradient, workspace)
        penalty = self.optimizer.step(self.parameters, self.gradient, rate)
        return loss, penalty / self.network.members

    def traced_step(self, rows: Array | None, Y: Array, rate: float) -> tuple[float, float]:
        """The last step of an epoch, watched by the tracer if the epoch is to be traced."""
        if self.tracer is None or not self.is_traced(self.epochs_done + 1):
            return self.step(rows, Y, rate)
        self.tracer.remember(self.parameters.member(0))
        costs = self.step(rows, Y, rate)
        self.tracer.watch(self.parameters.member(0))
        return costs

    def is_traced(self, epoch: int) -> bool:
        """Whether the network is looked at after this epoch: when the tracer asks for it, and after the plan's last."""
        return self.tracer is not None and (epoch == self.plan.epochs or self.tracer.is_due(epoch))

    def trace(self) -> TraceLine | None:
        """The trace's line of the epoch just done (of the initialisation before the first), or None if it has none."""
        is_traced = self.is_traced(self.epochs_done)
        if self.tracer is None or not (is_traced or self.out_of_patience()):
            return None
        return self.tracer.look(self.epochs_done, self.parameters.member(0), watched=is_traced)

    def gather(self, rows: Array | None, workspace: Workspace) -> None:
        """Bring a batch into the workspace, augmented; a full batch without augmentation is already there."""
        if rows is not None:
            np.copyto(workspace.X, self.train.X.take(rows, axis=0))
        elif self.augment is not None:
            np.copyto(workspace.X, self.train.X[:])
        if self.augment is not None:
            self.augment(workspace.X)

    def measure(self) -> dict[str, float]:
        """Loss and error on train and dev with dropout off, if this epoch is due; keeps the best parameters."""
        if self.epochs_done % self.plan.evaluate_every and self.epochs_done != self.plan.epochs:
            return {}
        train = evaluate(self.network, self.parameters, *self.train)
        dev = evaluate(self.network, self.parameters, *self.dev)
        self.require_finite(train.loss, self.epochs_done)
        if (dev.error, dev.loss) < self.best_measure:
            self.best_measure, self.best_epoch = (dev.error, dev.loss), self.epochs_done
            self.best = self.parameters.copy()
        return {
            "train_loss": train.loss,
            "dev_loss": dev.loss,
            "train_error": train.error,
            "dev_error": dev.error,
        }

    def out_of_patience(self) -> bool:
        """Whether the dev error has not fallen for patience_epochs epochs."""
        if self.plan.patience_epochs is None or self.best_epoch is None:
            return False
        return self.epochs_done - self.best_epoch >= self.plan.patience_epochs

    def at_last_step(self) -> bool:
        """Whether all steps of the plan are done and only the last epoch's measurement is missing."""
        return self.epochs_done + 1 == self.plan.epochs and self.batches_done == self.batches_in_epoch()

    def has_begun(self) -> bool:
        """Whether any step has been done."""
        return self.optimizer.steps > 0

    def is_last_of_epoch(self) -> bool:
        """Whether the next step is the last of its epoch."""
        return self.batches_done + 1 == self.batches_in_epoch()

    def batches_in_epoch(self) -> int:
        return -(-len(self.train.X) // self.batch_size)

    def state(self) -> dict[str, Array]:
        """All that is needed to resume training between two steps, except the generators: views, and small copies.

        The caller must also keep the generators' states; for the batches, the state in `shuffle_state`.
        """
        best = self.best or Parameters(self.network.sizes, self.parameters.flat.dtype, self.network.members)
        counts = (self.epochs_done, self.batches_done, self.optimizer.steps, self.best_epoch or 0)
        return {
            "parameters": self.parameters.flat,
            "optimizer": self.optimizer.state,
            "last_good": self.last_good.flat,
            "best": best.flat,
            "counts": np.array(counts, np.int64),
            "sums": np.array([self.loss_sum, self.penalty_sum, *self.best_measure]),
            "moves": self.tracer.moves if self.tracer else np.empty(0),
        }

    def restore(self, state: dict[str, Array]) -> None:
        """Resume from what `state` returned; the caller has already set the generators."""
        np.copyto(self.parameters.flat, state["parameters"])
        np.copyto(self.optimizer.state, state["optimizer"])
        np.copyto(self.last_good.flat, state["last_good"])
        self.epochs_done, self.batches_done, self.optimizer.steps, best_epoch = state["counts"].tolist()
        self.loss_sum, self.penalty_sum, *best_measure = state["sums"].tolist()
        self.best_measure, self.best_epoch, self.best = tuple(best_measure), best_epoch or None, None
        if best_epoch:
            self.best = self.parameters.copy()
            np.copyto(self.best.flat, state["best"])
        if self.tracer:
            np.copyto(self.tracer.moves, state["moves"])
        self.shuffle_state = self.streams.batches.bit_generator.state

    def require_finite(self, number: float, epoch: int, workspace: Workspace | None = None) -> None:
        if not math.isfinite(number):
            raise Diverged(epoch, *self.first_fault(workspace))

    def first_fault(self, workspace: Workspace | None) -> tuple[int, str]:
        """The layer, counted from 1, where numbers first were not finite, and which numbers those were.

        A gradient that overflowed spoils the layers below it, so the topmost bad layer is the origin. An activation
        spoils the layers above it, so the lowest bad layer is the origin.
        """
        for number in range(self.network.depth, 0, -1):
            if not np.isfinite(self.gradient.layers[number - 1].Wb).all():
                return number, "gradient"
        for number, layer in enumerate(self.parameters.layers, start=1):
            if not np.isfinite(layer.Wb).all():
                return number, "weights"
        for number, hidden in enumerate(workspace.hidden if workspace else [], start=1):
            if not np.isfinite(hidden.A).all():
                return number, "activations"
        return self.network.depth, "outputs"


def tracer_of(network: Network, parameters: Parameters, train: Examples, plan: TrainingPlan, batch_size: int) -> Tracer:
    """The tracer of a training with this plan."""
    dtype = parameters.flat.dtype
    return Tracer(network, *train, batch_size=batch_size, l2_lambda=plan.l2_lambda, dtype=dtype)


def bags_of(network: Network, train: Examples, plan: TrainingPlan, streams: Streams) -> Array | None:
    """The bags (members, m) that the members learn from; None where each learns from all rows."""
    if network.members == 1 or plan.bag_fraction == 1:
        return None
    assert streams.bags is not None, "bags are drawn from a stream of their own"
    classes = np.zeros(len(train.Y)) if network.loss == "squared" else np.asarray(train.Y[:]).reshape(-1)
    return drawn_bags(classes, network.members, plan.bag_fraction, rng=streams.bags)
