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


@pytest.fixture(scope="module")
def browser():
    """Chromium, started once a module."""
    from browsing import CHROMIUM

    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def tab(browser):
    """A tab of a desk's size that knows nothing of others."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """A scheduler and three workers, each in a folder of its own."""
    from machines import WORKER, Machines

    started = Machines(tmp_path_factory.mktemp("machines"))
    for number in (1, 2, 3):
        started.start(f"worker{number}", WORKER)
    yield started
    started.close()


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with the shipped configs, in which commands may write."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "configs").symlink_to(Path(__file__).parents[1] / "configs")
    return folder
