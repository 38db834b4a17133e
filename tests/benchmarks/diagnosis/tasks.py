"""The tasks of the benchmark: data sets with a fixed split, made from a seed, of which some have a known optimal error.

A task is a function from a generator to (X, y); one row of TASKS says how many rows it is split into, and what the best
possible predictor gets wrong. KNOWN are those on which thresholds and the recipe were chosen; HELD and TABLES chose
nothing, and neither did FRESH until wrong labels, neighbours and copies were told apart on them.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dlrun.data.columns import is_number

Rows = tuple[np.ndarray, np.ndarray]


class Task(NamedTuple):
    """rows : of train, dev and test. optimal_error : of the best possible predictor, where it is known."""

    make: Callable[[np.random.Generator, int], Rows]
    rows: tuple[int, int, int]
    optimal_error: float | None = None
    regression: bool = False


def bundled(word: str) -> Callable[[np.random.Generator, int], Rows]:
    """A scikit-learn set, shuffled."""

    def make(rng: np.random.Generator, m: int) -> Rows:
        from sklearn import datasets

        X, y = getattr(datasets, f"load_{word}")(return_X_y=True)
        order = rng.permutation(len(X))[:m]
        return X[order], y[order]

    return make


def xor8(rng: np.random.Generator, m: int) -> Rows:
    """Two of eight inputs decide by the product of their signs."""
    X = rng.standard_normal((m, 8))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def teacher12(rng: np.random.Generator, m: int) -> Rows:
    """A random network of eight tanh units over twelve inputs, thresholded at its median."""
    X = rng.standard_normal((m, 12))
    score = np.tanh(X @ rng.standard_normal((12, 8))) @ rng.standard_normal(8)
    return X, (score > np.median(score)).astype(int)


def gaussians(distance: float, dimensions: int) -> Callable[[np.random.Generator, int], Rows]:
    """Two normal classes of equal size whose means lie `distance` apart; the optimal error is Phi(-distance / 2)."""

    def make(rng: np.random.Generator, m: int) -> Rows:
        y = rng.integers(2, size=m)
        X = rng.standard_normal((m, dimensions))
        X += np.outer(2 * y - 1, np.full(dimensions, distance / 2 / dimensions**0.5))
        return X, y

    return make


def rare(rng: np.random.Generator, m: int) -> Rows:
    """One class is 5% of the rows, three standard deviations away along the diagonal of six inputs."""
    y = (rng.random(m) < 0.05).astype(int)
    return rng.standard_normal((m, 6)) + np.outer(y, np.full(6, 3 / 6**0.5)), y


def friedman(rng: np.random.Generator, m: int) -> Rows:
    """Friedman's first function with noise of deviation 1 (Friedman 1991); a regression."""
    from sklearn.datasets import make_friedman1

    return make_friedman1(m, noise=1.0, random_state=int(rng.integers(2**31)))


def hastie(rng: np.random.Generator, m: int) -> Rows:
    """Whether the squared length of ten normal inputs exceeds its median (Hastie et al., chapter 10)."""
    X = rng.standard_normal((m, 10))
    return X, ((X**2).sum(axis=1) > 9.34).astype(int)


def rings(rng: np.random.Generator, m: int) -> Rows:
    """Three rings around the origin in two of five inputs."""
    y = rng.integers(3, size=m)
    radius, angle = 1 + y + 0.18 * rng.standard_normal(m), rng.uniform(0, 2 * np.pi, m)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle), rng.standard_normal((m, 3))]), y


def clusters(rng: np.random.Generator, m: int) -> Rows:
    """Five classes of two clusters each in twelve inputs, half of them informative."""
    from sklearn.datasets import make_classification

    shape = {"n_features": 12, "n_informative": 6, "n_redundant": 2, "n_classes": 5, "n_clusters_per_class": 2}
    return make_classification(m, class_sep=1.6, flip_y=0.0, random_state=int(rng.integers(2**31)), **shape)


def waves(rng: np.random.Generator, m: int) -> Rows:
    """Which of two frequencies a noisy wave of 24 samples with a random phase has."""
    y = rng.integers(2, size=m)
    t, phase = np.arange(24), rng.uniform(0, 2 * np.pi, (m, 1))
    return np.sin(np.where(y, 0.9, 0.6)[:, None] * t + phase) + 0.6 * rng.standard_normal((m, 24)), y


def moons(rng: np.random.Generator, m: int) -> Rows:
    """Two interleaved half circles in two of eight inputs."""
    from sklearn.datasets import make_moons

    X, y = make_moons(m, noise=0.25, random_state=int(rng.integers(2**31)))
    return np.column_stack([X, rng.standard_normal((m, 6))]), y


def spirals(rng: np.random.Generator, m: int) -> Rows:
    """Two spirals of one and a quarter turns, blurred."""
    y, turn = rng.integers(2, size=m), 2.5 * np.pi * np.sqrt(rng.random(m))
    angle = turn + np.pi * y
    return np.column_stack([turn * np.cos(angle), turn * np.sin(angle)]) + 0.5 * rng.standard_normal((m, 2)), y


def checkerboard(rng: np.random.Generator, m: int) -> Rows:
    """Three by three squares of alternating class, and two inputs that say nothing."""
    X = rng.uniform(0, 3, (m, 4))
    return X, (X[:, :2].astype(int).sum(axis=1) % 2).astype(int)


def corners(rng: np.random.Generator, m: int) -> Rows:
    """Clusters at the corners of a cube, of two classes by the parity of the corner, in ten inputs (as in Madelon)."""
    at = rng.integers(2, size=(m, 3))
    X = rng.standard_normal((m, 10))
    X[:, :3] += 4.5 * at
    return X, at.sum(axis=1) % 2


def polynomial(rng: np.random.Generator, m: int) -> Rows:
    """Whether a random polynomial of the third degree in six inputs exceeds its median."""
    from sklearn.preprocessing import PolynomialFeatures

    X = rng.standard_normal((m, 6))
    terms = PolynomialFeatures(3, include_bias=False).fit_transform(X)
    score = terms @ (rng.standard_normal(terms.shape[1]) / terms.std(axis=0))
    return X, (score > np.median(score)).astype(int)


def roll(rng: np.random.Generator, m: int) -> Rows:
    """Which of four stretches of a rolled-up sheet a point of three inputs lies on (scikit-learn's Swiss roll)."""
    from sklearn.datasets import make_swiss_roll

    X, along = make_swiss_roll(m, noise=0.8, random_state=int(rng.integers(2**31)))
    return X, np.digitize(along, 1.5 * np.pi * np.array([1.5, 2.0, 2.5]))


def words(rng: np.random.Generator, m: int) -> Rows:
    """Three topics by the counts of eighty words, mostly zero, about twelve a text."""
    topics = rng.dirichlet(np.full(80, 0.3), size=3) * 0.5 + rng.dirichlet(np.full(80, 0.3)) * 0.5
    y = rng.integers(3, size=m)
    return rng.poisson(12 * topics[y]).astype(float), y


def impedance(rng: np.random.Generator, m: int) -> Rows:
    """Friedman's second function, scaled, with noise of a third of its deviation (Friedman 1991); a regression."""
    from sklearn.datasets import make_friedman2

    X, y = make_friedman2(m, noise=0.0, random_state=int(rng.integers(2**31)))
    return X, y / y.std() + rng.standard_normal(m) / 3


def sines(rng: np.random.Generator, m: int) -> Rows:
    """Whether the sum of the sines of four of eight inputs exceeds its median."""
    X = rng.uniform(-2, 2, (m, 8))
    score = np.sin(2 * X[:, :4]).sum(axis=1)
    return X, (score > np.median(score)).astype(int)


def shells(rng: np.random.Generator, m: int) -> Rows:
    """Three shells of equal probability around the origin of six inputs (scikit-learn's Gaussian quantiles)."""
    from sklearn.datasets import make_gaussian_quantiles

    X, y = make_gaussian_quantiles(n_samples=m, n_features=6, n_classes=3, random_state=int(rng.integers(2**31)))
    order = rng.permutation(m)
    return X[order], y[order]


def logits(rng: np.random.Generator, m: int) -> Rows:
    """A logistic model of eight inputs with two products and a square: the classes overlap."""
    X = rng.standard_normal((m, 8))
    score = 4 * (X[:, 0] * X[:, 1] + X[:, 2] - 0.7 * X[:, 3] + X[:, 4] ** 2 - 1 - X[:, 5] * X[:, 2])
    return X, (rng.random(m) < 1 / (1 + np.exp(-score))).astype(int)


def bumps(rng: np.random.Generator, m: int) -> Rows:
    """Four classes, each of three normal bumps in five inputs."""
    centres, bump = 2.2 * rng.standard_normal((12, 5)), rng.integers(12, size=m)
    return centres[bump] + 0.7 * rng.standard_normal((m, 5)), bump % 4


def products(rng: np.random.Generator, m: int) -> Rows:
    """Whether a product of two of nine inputs exceeds a third less a fourth."""
    X = rng.standard_normal((m, 9))
    return X, (1.5 * X[:, 0] * X[:, 1] > X[:, 2] - X[:, 3]).astype(int)


def surface(rng: np.random.Generator, m: int) -> Rows:
    """A smooth function of seven inputs with a tenth of noise; a regression."""
    X = rng.uniform(-1, 1, (m, 7))
    value = np.sin(3 * X[:, 0]) + 2 * X[:, 1] * X[:, 2] + np.exp(X[:, 3]) - X[:, 4] ** 2
    return X, value / value.std() + 0.1**0.5 * rng.standard_normal(m)


def islands(rng: np.random.Generator, m: int) -> Rows:
    """Three classes far apart in six inputs: separable by nature."""
    y = rng.integers(3, size=m)
    return 5 * np.eye(3, 6)[y] + 0.6 * rng.standard_normal((m, 6)), y


def table(name: str, label: Callable[[list[str]], int], first: int = 0) -> Callable[..., Rows]:
    """A table of TABLES_FOLDER less its first row (maybe a header) and rows with gaps; numeric columns from `first`."""

    def make(rng: np.random.Generator, m: int) -> Rows:
        lines = (Path(os.environ[TABLES_FOLDER]) / name).read_text().splitlines()[1:]
        rows = [row for line in lines if all(row := line.split(","))]
        rows = [rows[number] for number in rng.permutation(len(rows))[:m]]
        columns = [column for column in range(first, len(rows[0]) - 1) if is_number(rows[0][column])]
        return np.array([[float(row[column]) for column in columns] for row in rows]), np.array(list(map(label, rows)))

    return make


KNOWN = {
    "digits": Task(bundled("digits"), (600, 300, 897)),
    "breast_cancer": Task(bundled("breast_cancer"), (300, 130, 139)),
    "xor8": Task(xor8, (400, 300, 4300), 0.0),
    "teacher12": Task(teacher12, (600, 300, 4100), 0.0),
    # Phi(-1.0364) is 0.15, Phi(-1.6449) is 0.05.
    "gauss10": Task(gaussians(2 * 1.64485, 10), (600, 300, 4100), 0.05),
    "gauss2": Task(gaussians(2 * 1.03643, 2), (600, 300, 4100), 0.15),
    "rare": Task(rare, (600, 300, 4100)),
    # The noise's variance is 1, that of the function 23.8 (measured on a million rows).
    "friedman": Task(friedman, (600, 300, 4100), 1 / 24.8, regression=True),
    # Fresh when the causes and the first recipe were measured, and seen since.
    "hastie": Task(hastie, (800, 300, 3900), 0.0),
    "rings": Task(rings, (600, 300, 4100)),
    "clusters": Task(clusters, (800, 300, 3900)),
    "waves": Task(waves, (600, 300, 4100)),
}
FRESH = {
    "moons": Task(moons, (600, 300, 4100)),
    "spirals": Task(spirals, (600, 300, 4100)),
    "checkerboard": Task(checkerboard, (600, 300, 4100), 0.0),
    "corners": Task(corners, (800, 300, 3900)),
    "polynomial": Task(polynomial, (800, 300, 3900), 0.0),
    "roll": Task(roll, (600, 300, 4100)),
    "words": Task(words, (600, 300, 4100)),
    # The noise is a ninth of the function's variance.
    "impedance": Task(impedance, (400, 300, 4300), 1 / 10, regression=True),
}

# Made for the states of tables as people bring them (`states`), and seen by nothing that was chosen.
HELD = {
    "sines": Task(sines, (960, 320, 3920), 0.0),
    "shells": Task(shells, (960, 320, 3920), 0.0),
    "logits": Task(logits, (960, 320, 3920)),
    "bumps": Task(bumps, (960, 320, 3920)),
    "products": Task(products, (960, 320, 3920), 0.0),
    # The noise is a tenth of the function's variance.
    "surface": Task(surface, (960, 320, 3920), 1 / 11, regression=True),
    "islands": Task(islands, (960, 320, 3920), 0.0),
}

# Real tables, fresh as well, for whoever has them in the folder that this environment variable names.
TABLES_FOLDER = "DLRUN_BENCHMARK_TABLES"
TABLES = {
    "phoneme": Task(table("phoneme.csv", lambda row: int(row[-1])), (600, 300, 4100)),
    "churn": Task(table("churn.csv", lambda row: int(row[-1]), first=3), (800, 300, 4000)),
    "adult": Task(table("adult.csv", lambda row: int(">50K" in row[-1])), (800, 300, 4000)),
    "wine": Task(table("winequality-white.csv", lambda row: int(int(row[-1]) > 5)), (800, 300, 3700)),
}
TASKS = {**KNOWN, **FRESH, **HELD, **TABLES}


def arrays_of(name: str, seed: int) -> dict[str, np.ndarray]:
    """x_train, y_train, x_dev and so on: one draw of a task, split."""
    task = TASKS[name]
    rng = np.random.default_rng([seed, *name.encode()])
    X, y = task.make(rng, sum(task.rows))
    ends = np.cumsum(task.rows)
    parts = zip(("train", "dev", "test"), np.split(np.arange(len(X)), ends[:-1]), strict=True)
    return {f"{letter}_{part}": array[rows] for part, rows in parts for letter, array in (("x", X), ("y", y))}


def write_task(folder: Path, name: str, arrays: dict[str, np.ndarray]) -> Path:
    """The task as a file that a config can name."""
    path = folder / f"{name}.npz"
    np.savez(path, **arrays)
    return path
