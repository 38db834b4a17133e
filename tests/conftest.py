"""What the tests share."""

import os

# Before NumPy loads: products on one thread, so that the same seed gives the same bits whatever else runs.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.Generator(np.random.SFC64(20261122))
