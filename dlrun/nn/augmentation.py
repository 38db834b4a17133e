"""Data augmentation: changes training rows a little, differently at each step, in ways that keep their label.

It makes more of few rows; the training loop calls it on each batch. Noise suits any input. Shift, rotation, zoom and
flip treat a row as a square image and resample it in one affine map. They work on the raw pixels: a normalised batch
is turned back into pixels first, because a shifted pixel needs the scale of the place that it moves to.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array


@dataclass(frozen=True)
class Augmentation:
    """How far rows may be changed. Every amount is drawn uniformly up to its bound, separately for each row.

    noise : standard deviation of Gaussian noise, in units of the network's inputs. shift_pixels : the most pixels along
    each axis. rotate_degrees : the most to either side. zoom_fraction : 0.1 draws factors from 0.9 to 1.1. flip :
    mirror left to right, one row in two.
    """

    noise: float = 0.0
    shift_pixels: int = 0
    rotate_degrees: float = 0.0
    zoom_fraction: float = 0.0
    flip: bool = False

    @property
    def moves_pixels(self) -> bool:
        return bool(self.shift_pixels or self.rotate_degrees or self.zoom_fraction or self.flip)

    def changes_anything(self) -> bool:
        return self.moves_pixels or self.noise > 0


class Augmenter:
    """Applies an `Augmentation` to batches X (m, n), in place.

    side : height and width of the images; None where rows are not images: then only noise is possible.
    channels : numbers of a pixel, which stand side by side, n = side^2 channels; they move together.
    mean, scale (n,) : what the inputs were normalised by, X = (pixels - mean) / scale; None if they were not.
    """

    def __init__(
        self,
        augmentation: Augmentation,
        *,
        rng: np.random.Generator,
        side: int | None,
        channels: int = 1,
        mean: Array | None = None,
        scale: Array | None = None,
    ):
        self.augmentation, self.rng = augmentation, rng
        self.shape = (side or 0, side or 0) if channels == 1 else (side or 0, side or 0, channels)
        self.mean = 0.0 if mean is None else mean
        self.scale = 1.0 if scale is None else scale

    def __call__(self, X: Array) -> None:
        if self.augmentation.moves_pixels:
            pixels = X * self.scale + self.mean
            images = pixels.reshape(len(X), *self.shape)
            moved = resample(images, *self.draw_maps(len(X)))
            X[:] = (moved.reshape(X.shape) - self.mean) / self.scale
        if self.augmentation.noise > 0:
            X += self.rng.standard_normal(X.shape, dtype=np.float32) * np.float32(self.augmentation.noise)

    def draw_maps(self, m: int) -> tuple[Array, Array]:
        """Matrices (m, 2, 2) and offsets (m, 2) that take a target pixel, from the centre, to its source (y, x)."""
        a = self.augmentation
        angle = np.deg2rad(self.rng.uniform(-a.rotate_degrees, a.rotate_degrees, m))
        zoom = self.rng.uniform(1 - a.zoom_fraction, 1 + a.zoom_fraction, m)
        mirror = np.where(self.rng.random(m) < 0.5, -1.0, 1.0) if a.flip else np.ones(m)
        shift = self.rng.integers(-a.shift_pixels, a.shift_pixels, (m, 2), endpoint=True)
        cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
        matrices = np.stack([np.stack([cos, -sin * mirror], -1), np.stack([sin, cos * mirror], -1)], -2)
        return matrices, shift.astype(float)


def resample(images: Array, matrices: Array, offsets: Array) -> Array:
    """Images (m, h, w), or (m, h, w, c) in colour, moved by one affine map each, bilinear, zero outside.

    The target pixel at c + p shows the source at c + M (p - offset), where c is the centre of the image.
    """
    m, h, w, *channels = images.shape
    centre = np.array([(h - 1) / 2, (w - 1) / 2])
    grid = np.stack(np.meshgrid(np.arange(h), np.arange(w), indexing="ij"), -1).reshape(1, h * w, 2) - centre
    source = np.einsum("mij,mpj->mpi", matrices, grid - offsets[:, None, :]) + centre
    corner = np.floor(source).astype(np.int64)
    fraction = source - corner
    # A border of one zero pixel stands for everything outside: indices beyond it are clipped to it.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), *((0, 0) for _ in channels)))
    rows = np.arange(m)[:, None]
    moved = np.zeros((m, h * w, *channels), images.dtype)
    for dy in (0, 1):
        for dx in (0, 1):
            y = np.clip(corner[..., 0] + dy + 1, 0, h + 1)
            x = np.clip(corner[..., 1] + dx + 1, 0, w + 1)
            weight = np.abs(1 - dy - fraction[..., 0]) * np.abs(1 - dx - fraction[..., 1])
            weight = weight.astype(images.dtype).reshape(m, h * w, *(1 for _ in channels))
            moved += weight * padded[rows, y, x]
    return moved.reshape(images.shape)
