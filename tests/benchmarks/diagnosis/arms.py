"""The arms: ways of spending a number of trainings, each ending in the run that the dev set prefers.

An arm is a function from (train, rng, trainings) to a path: the test error of the run it would hand over after each
training. `train` takes the changes to the healthy config, as dotted keys, and gives a `Trained`.
"""

from collections.abc import Callable

import numpy as np

from .trainings import Trained

Changes = dict[str, object]
Train = Callable[[Changes], Trained]

# After how many trainings the arms are compared.
STAGES = (1, 2, 4, 8, 16)


def narrow(rng: np.random.Generator) -> Changes:
    """A point of the space that the recipe edits, with normalised inputs and a fitting initialisation."""
    return {
        "network.width": round(2 ** rng.uniform(2, 8)),
        "network.depth": int(rng.integers(2, 5)),
        "training.learning_rate": float(10 ** rng.uniform(-4, -1)),
        "training.epochs": int(rng.choice([20, 40, 80, 120])),
        "regularization.lambda": float(rng.choice([0.0, 10 ** rng.uniform(-2, 2)])),
        "regularization.keep_prob": float(rng.choice([1.0, rng.uniform(0.5, 1.0)])),
    }


def wide(rng: np.random.Generator) -> Changes:
    """The same with whether to normalise, the activation and the initialisation."""
    init = str(rng.choice(["he", "xavier", "normal", "glorot"]))
    scale = {"network.init_scale": float(10 ** rng.uniform(-3, 0))} if init == "normal" else {}
    activation = str(rng.choice(["relu", "tanh", "sigmoid"]))
    return (
        narrow(rng)
        | scale
        | {
            "network.init": init,
            "network.activation": activation,
            "data.normalize": bool(rng.integers(2)),
        }
    )


def path_of(runs: list[Trained]) -> list[float]:
    """The test error of the best run so far by dev error, then by dev loss, after each training."""
    path, best = [], runs[0]
    for run in runs:
        best = min(best, run, key=lambda r: (r.dev, r.dev_loss))
        path.append(best.test)
    return path


def gap_of(runs: list[Trained]) -> float:
    """By how much the test error of the chosen run exceeds its dev error."""
    best = min(runs, key=lambda r: (r.dev, r.dev_loss))
    return best.test - best.dev


def random_search(space: Callable[[np.random.Generator], Changes]) -> Callable[..., list[Trained]]:
    """Points drawn independently."""

    def search(train: Train, rng: np.random.Generator, trainings: int) -> list[Trained]:
        return [train(space(rng)) for _ in range(trainings)]

    return search


def local_search(train: Train, rng: np.random.Generator, trainings: int) -> list[Trained]:
    """From the default on: one or two keys of the best run so far drawn anew."""
    best_changes: Changes = {}
    runs = [train(best_changes)]
    best = runs[0]
    while len(runs) < trainings:
        drawn = narrow(rng)
        keys = rng.choice(sorted(drawn), size=int(rng.integers(1, 3)), replace=False)
        changes = best_changes | {key: drawn[key] for key in keys}
        runs.append(train(changes))
        if (runs[-1].dev, runs[-1].dev_loss) < (best.dev, best.dev_loss):
            best, best_changes = runs[-1], changes
    return runs


def tpe(train: Train, rng: np.random.Generator, trainings: int) -> list[Trained]:
    """Optuna's tree-structured Parzen estimator over the narrow space."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    runs: list[Trained] = []

    def objective(trial: "optuna.Trial") -> float:
        penalised, dropped = (
            trial.suggest_categorical("l2", [False, True]),
            trial.suggest_categorical("drop", [False, True]),
        )
        changes = {
            "network.width": trial.suggest_int("width", 4, 256, log=True),
            "network.depth": trial.suggest_int("depth", 2, 4),
            "training.learning_rate": trial.suggest_float("rate", 1e-4, 1e-1, log=True),
            "training.epochs": trial.suggest_categorical("epochs", [20, 40, 80, 120]),
            "regularization.lambda": trial.suggest_float("lambda", 1e-2, 1e2, log=True) if penalised else 0.0,
            "regularization.keep_prob": trial.suggest_float("keep", 0.5, 1.0) if dropped else 1.0,
        }
        runs.append(train(changes))
        return runs[-1].dev

    sampler = optuna.samplers.TPESampler(seed=int(rng.integers(2**31)))
    optuna.create_study(sampler=sampler).optimize(objective, n_trials=trainings)
    return runs


ARMS = {
    "random search, narrow": random_search(narrow),
    "random search, wide": random_search(wide),
    "default and local search": local_search,
    "TPE": tpe,
}
