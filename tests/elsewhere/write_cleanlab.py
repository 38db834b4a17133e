"""Writes what cleanlab says of labels, for `tests/test_suspects.py`: `python tests/elsewhere/write_cleanlab.py FILE`.

Not a test; needs cleanlab, which dlrun does not.
"""

import json
import sys
from pathlib import Path

import numpy as np
from cleanlab.count import compute_confident_joint, estimate_joint
from cleanlab.filter import find_label_issues


def case(seed, rows, classes, noise):
    """Probabilities (rows, classes), labels (rows,) of which a share is wrong, and cleanlab's answers."""
    rng = np.random.default_rng(seed)
    true = rng.choice(classes, rows, p=rng.dirichlet(np.full(classes, 8.0)))
    scores = rng.standard_normal((rows, classes)) + 2.5 * np.eye(classes)[true]
    probabilities = np.round(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), 4)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    y = true.copy()
    wrong = rng.random(rows) < noise
    y[wrong] = (true[wrong] + rng.integers(1, classes, int(wrong.sum()))) % classes
    joint = estimate_joint(y, probabilities, confident_joint=compute_confident_joint(y, probabilities))
    issues = find_label_issues(y, probabilities, filter_by="prune_by_noise_rate", n_jobs=1)
    return {
        "probabilities": probabilities.round(6).tolist(),
        "y": y.tolist(),
        "joint": joint.tolist(),
        "suspects": np.flatnonzero(issues).tolist(),
    }


if __name__ == "__main__":
    cases = [case(0, 200, 2, 0.1), case(1, 150, 3, 0.2), case(2, 120, 4, 0.0)]
    Path(sys.argv[1]).write_text(json.dumps(cases) + "\n")
