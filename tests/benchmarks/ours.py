"""Contestant: dlrun's own training loop, the very one that `dlrun train` runs, driven an epoch at a time.

It does more than its peers: each step also checks that its cost is finite and records the penalty, and each epoch
keeps a copy of the last good parameters.
"""

import numpy as np

from dlrun.nn.network import Network
from dlrun.nn.parameters import initial_parameters
from dlrun.nn.training import Examples, Streams, Trainer, TrainingPlan

from .shapes import KEEP_PROB, L2_LAMBDA, LEARNING_RATE, SEED, Shape, examples, initial_weights, targets

NEVER = 10**9  # epochs: more than any contest lasts, so that no evaluation is due


def make(shape: Shape):
    run = trainer(shape, *examples(shape))
    for layer, W in zip(run.parameters.layers, initial_weights(shape), strict=True):
        layer.W[:] = W
    return epochs_of(run)


def epochs_of(run: Trainer):
    """run(epochs) of a trainer, as Trainer.epochs does it, which cannot be used here because it never ends."""

    def run_epochs(epochs: int) -> None:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(epochs):
                run.run_epoch()

    return run_epochs


def trainer(shape: Shape, X: np.ndarray, classes: np.ndarray) -> Trainer:
    """The shipped trainer with the contest's settings, its initial weights He's."""
    loss = "sigmoid" if shape.binary else "softmax"
    network = Network(shape.sizes, "relu", loss, (KEEP_PROB,) * len(shape.hidden))
    plan = TrainingPlan(NEVER, shape.batch, "adam", LEARNING_RATE, l2_lambda=L2_LAMBDA, evaluate_every=NEVER)
    init_rng, batch_rng, dropout_rng = (
        np.random.Generator(np.random.SFC64(seed)) for seed in np.random.SeedSequence(SEED).spawn(3)
    )
    train = Examples(X, targets(shape, classes))
    parameters = initial_parameters(shape.sizes, "he", rng=init_rng)
    return Trainer(network, parameters, train, train, plan, Streams(batch_rng, dropout_rng))
