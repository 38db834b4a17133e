"""How often `diagnose --history` names what was done to a training elsewhere, and what it says of healthy ones.

`python -m tests.benchmarks.histories` trains scikit-learn's networks, an epoch at a time: healthy ones that ended where
their dev loss no longer fell, ones cut short, ones that overfit (where dev got worse by a tenth), and ones whose rate
is a hundred times too high, of which any finding but "still falling" is a true one.
"""

import sys
import warnings
from collections import Counter

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification, make_moons
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from dlrun.advice.curves import Curves, curve_findings

TASKS = {
    "digits": lambda seed: load_digits(return_X_y=True),
    "breast_cancer": lambda seed: load_breast_cancer(return_X_y=True),
    "wine": lambda seed: load_wine(return_X_y=True),
    "moons": lambda seed: make_moons(800, noise=0.3, random_state=seed),
    "noisy": lambda seed: make_classification(1000, 20, n_informative=8, flip_y=0.2, random_state=seed),
}
# Kind: what is expected to be told, the epochs, the rate, the penalty, the share of training rows.
KINDS = {
    "healthy": (None, 40, 1e-3, 1.0, 0.7),
    "short": ("still-falling", 6, 3e-4, 1e-3, 0.7),
    "overfitted": ("overfitting", 150, 3e-3, 0.0, 0.1),
    "high rate": ("oscillation", 40, 0.5, 0.0, 0.7),
}


def curves_of(task, kind, seed):
    """The curves of one training, as a person would log them: losses and errors of train and dev after each epoch."""
    _, epochs, rate, penalty, share = KINDS[kind]
    X, y = TASKS[task](seed)
    X, X_dev, y, y_dev = train_test_split(X, y, train_size=share, random_state=seed, stratify=y)
    scale = StandardScaler().fit(X)
    X, X_dev = scale.transform(X), scale.transform(X_dev)
    net = MLPClassifier((32,), alpha=penalty, learning_rate_init=rate, batch_size=min(32, len(X)), random_state=seed)
    parts, figures = ((X, y), (X_dev, y_dev)), []
    # A healthy training ends where a person would end it: ten epochs after the dev loss was lowest, or at 400.
    longest = 400 if kind == "healthy" else epochs
    for _ in range(longest):
        net.partial_fit(X, y, classes=np.unique(y))
        figures.append(
            [log_loss(t, net.predict_proba(Z), labels=net.classes_) for Z, t in parts]
            + [1 - net.score(*part) for part in parts]
        )
        losses = [line[1] for line in figures]
        if kind == "healthy" and len(losses) >= 20 and len(losses) - int(np.argmin(losses)) > 5:
            break
    columns = [tuple(float(v) for v in column) for column in zip(*figures, strict=True)]
    return Curves("epoch", tuple(range(1, len(figures) + 1)), *columns)


def main(seeds=5):
    warnings.simplefilter("ignore")
    for kind, (expected, *_) in KINDS.items():
        told, named, first, runs = Counter(), 0, 0, 0
        for task in TASKS:
            for seed in range(seeds):
                curves = curves_of(task, kind, seed)
                # Where dev got no worse by a tenth, too little was learned by heart to be told.
                if kind == "overfitted" and curves.dev_loss[-1] < 1.1 * min(curves.dev_loss):
                    continue
                codes = [finding.code for finding in curve_findings(curves)]
                told.update(codes)
                named += expected in codes
                first += codes[:1] == [expected]
                runs += 1
        of = f"{expected} first in {first}, told in {named}" if expected else f"nothing told in {runs - told.total()}"
        print(f"{kind:11} {runs} runs: {of}; all: {dict(told)}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
