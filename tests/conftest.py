"""What the tests share."""

import os
import shutil
from pathlib import Path

# Before NumPy loads: products on one thread, so that the same seed gives the same bits whatever else runs.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

# A run syncs what it writes, for which a disk makes thousands of tests wait; a file system in memory does not.
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2**30  # far more than the 20 MiB that the tests leave

if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture
def rng():
    return np.random.Generator(np.random.SFC64(20261122))
