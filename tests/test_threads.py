"""How many threads multiply matrices: what auto comes to, and that a run keeps its number."""

import json
import os
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from dlrun.executor import Here
from dlrun.experiment import prepare, read_config, threads
from dlrun.experiment.train import trainer_of
from dlrun.nn.training import Trainer
from tests.trainings import run

WIDE = (784, 1024, 1024, 10)


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def write(folder: Path, **training) -> Path:
    text = {"data": {"source": "iris"}, "network": {"width": 8}, "training": {"epochs": 3, **training}}
    (folder / "c.yaml").write_text(json.dumps(text))
    return folder / "c.yaml"


@pytest.fixture
def cores(monkeypatch):
    """A machine of four cores with this load; returns the function that sets the load."""
    monkeypatch.delenv(threads.MOST_THREADS, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    return lambda load: monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))


@pytest.mark.parametrize(("load", "expected"), [(0.0, 4), (0.4, 4), (1.5, 3), (3.4, 1), (9.0, 1)])
def test_wide_layers_get_the_cores_that_are_idle(cores, load, expected):
    cores(load)
    assert threads.auto_threads(WIDE, 128, 5000) == expected


def test_small_products_get_one_thread_and_few_rows_make_small_ones(cores):
    cores(0.0)
    assert threads.auto_threads((784, 256, 128, 10), 128, 5000) == 1
    assert threads.auto_threads(WIDE, 128, 20) == 1
    assert threads.auto_threads(WIDE, "full", 5000) == 4


def test_a_process_beside_others_gets_one_thread(cores, monkeypatch):
    cores(0.0)
    monkeypatch.setenv(threads.MOST_THREADS, "1")
    assert threads.auto_threads(WIDE, 128, 5000) == 1
    with Here(1) as executor:
        [done] = executor.each(os.getenv, [(threads.MOST_THREADS,)])
    assert done.value == "1"


def test_the_products_of_a_training_have_the_declared_threads_and_those_after_it_the_ones_before(tmp_path, monkeypatch):
    seen, before, epochs = [], blas_threads(), Trainer.epochs

    def watched(trainer):
        seen.append(blas_threads())
        return epochs(trainer)

    monkeypatch.setattr(Trainer, "epochs", watched)
    run(read_config(write(tmp_path, threads=3)), tmp_path / "runs")
    run(read_config(write(tmp_path)), tmp_path / "runs")
    assert seen == [{3}, before]
    assert blas_threads() == before


def test_a_run_keeps_what_auto_came_to(tmp_path, cores, monkeypatch):
    cores(0.0)
    monkeypatch.setattr(threads, "LEAST_MULTIPLICATIONS", 1)
    result = run(read_config(write(tmp_path, threads="auto")), tmp_path / "runs")
    folder = Path(result.run_dir)
    [line] = [line for line in (folder / "resolved.yaml").read_text().splitlines() if "threads:" in line]
    assert line.split(maxsplit=2) == ["threads:", "4", "# file, auto by the cores that are idle"]
    cores(9.0)
    again = prepare(read_config(folder / "resolved.yaml"))
    assert again.config.training.threads == 4
    assert trainer_of(again).plan.epochs == 3
