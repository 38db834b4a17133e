"""What every contestant trains: the shapes, their data, their initial weights and the settings all of them share.

The data are random but learnable, so that the costs fall and stay finite however long a contest lasts. (T7 starts at
enormous costs: dropout after He's weights lets the activations of 150 layers grow. Its numbers stay ordinary floats.)
"""

import itertools
from dataclasses import dataclass

import numpy as np

L2_LAMBDA = 0.1
KEEP_PROB = 0.8  # of hidden units
LEARNING_RATE = 0.001
SEED = 20261122


@dataclass(frozen=True)
class Shape:
    """sizes : widths from inputs to outputs; one output means sigmoid cross-entropy, more mean softmax.

    batch : rows a step. rows : training rows; in SHAPES a multiple of batch, so that every step costs the same.
    """

    name: str
    sizes: tuple[int, ...]
    batch: int
    rows: int

    @property
    def steps_an_epoch(self) -> int:
        return self.rows // self.batch

    @property
    def hidden(self) -> tuple[int, ...]:
        return self.sizes[1:-1]

    @property
    def binary(self) -> bool:
        """Whether the loss is sigmoid cross-entropy, its targets being (m, 1) floats."""
        return self.sizes[-1] == 1

    def title(self) -> str:
        """The layers and the batch, short: 64-[64]x149-10, 64."""
        inner = "-".join(map(str, self.hidden))
        if len(set(self.hidden)) == 1 and len(self.hidden) > 4:
            inner = f"[{self.hidden[0]}]x{len(self.hidden)}"
        full = " (full batch)" if self.batch == self.rows else ""
        return f"{self.name} {self.sizes[0]}-{inner}-{self.sizes[-1]}, {self.batch}{full}"


# Few rows where a step is long, so that blocks of whole epochs stay short.
SHAPES = {
    shape.name: shape
    for shape in (
        Shape("T1", (2, 20, 3, 1), 300, 300),
        Shape("T2", (64, 64, 64, 10), 64, 1280),
        Shape("T3", (30, 128, 128, 2), 128, 1280),
        Shape("T4", (784, 256, 128, 10), 128, 6400),
        Shape("T5", (784, 1024, 1024, 1024, 10), 128, 512),
        Shape("T6", (784, 1024, 1024, 1024, 10), 1024, 2048),
        Shape("T7", (64, *[64] * 149, 10), 64, 640),
    )
}


def examples(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """X (rows, n_in) float32, and class indices (rows,) int64: the largest of a few noisy linear scores of X."""
    rng = np.random.default_rng(SEED)
    n_classes = max(shape.sizes[-1], 2)
    X = rng.standard_normal((shape.rows, shape.sizes[0]), np.float32)
    teacher = rng.standard_normal((shape.sizes[0], n_classes), np.float32)
    scores = X @ teacher
    scores += scores.std() * rng.standard_normal(scores.shape, np.float32)
    return X, scores.argmax(axis=1)


def targets(shape: Shape, classes: np.ndarray) -> np.ndarray:
    """Targets in the loss's own form: (rows, 1) float32 for one output, else the indices (rows,)."""
    return classes.astype(np.float32)[:, None] if shape.binary else classes


def initial_weights(shape: Shape) -> list[np.ndarray]:
    """He's weights (n_in, n_out) float32 for each layer, the same for every contestant; biases start at zero."""
    rng = np.random.default_rng(SEED + 1)
    return [
        (rng.standard_normal(pair) * np.sqrt(2 / pair[0])).astype(np.float32)
        for pair in itertools.pairwise(shape.sizes)
    ]
