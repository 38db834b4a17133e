"""Kinds of harm that were found by `python -m tests.reliability` and mended, one named test for each."""

import json
import os
import re

import numpy as np
import pytest

from dlrun.cli.output import print_json
from dlrun.errors import StoreError
from dlrun.experiment import read_config
from dlrun.experiment.prepare import ready_data
from dlrun.gradcheck.judging import norm, relative_difference
from dlrun.model import predicting
from dlrun.nn.training import Trainer
from dlrun.report.text import harmless
from dlrun.statistics.intervals import effective_rows
from dlrun.sweep.prepared import data_key, shared_data
from tests.commands import ROOT, dlrun, process

CONFIG = "data: {source: moons, samples: 60, noise: 0.3}\nnetwork: {width: 4}\ntraining: {epochs: 2, batch_size: 16}\n"


@pytest.fixture
def place(tmp_path):
    """A folder with a small config."""
    (tmp_path / "t.yaml").write_text(CONFIG)
    return tmp_path


def test_a_norm_is_right_where_its_squares_overflow():
    assert norm(np.array([3e300, 4e300])) == pytest.approx(5e300)
    assert norm(np.array([3.0, 4.0])) == 5.0
    assert norm(np.array([])) == 0.0
    assert np.isinf(norm(np.array([np.inf, 1.0])))
    assert relative_difference(np.array([1e300]), np.array([1e300])) == 0.0


def test_a_gradient_check_with_a_huge_penalty_says_no_bug(place):
    done = dlrun("gradcheck", "t.yaml", "regularization.lambda=1e300", cwd=place)
    assert done.returncode == 0
    assert "probably a bug" not in done.stdout


def test_weights_scaled_beyond_a_float_are_probed(place):
    done = dlrun("probe", "t.yaml", "network.init=normal", "network.init_scale=1e300", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")


def test_class_weights_whose_squares_overflow_are_counted(place):
    weights = np.array([1e300, 1e300, 1e-300])
    assert effective_rows(weights) == 2
    assert effective_rows(weights * 1e-300) == 2
    done = dlrun("train", "t.yaml", "training.class_weight={0: 1e300, 1: 1e-300}", "-q", cwd=place)
    assert done.returncode in (0, 5)


def test_answers_never_take_the_place_of_the_rows(place):
    assert dlrun("train", "t.yaml", "-q", cwd=place).returncode == 0
    rows = "x0,x1\n0.5,0.25\n"
    (place / "rows.csv").write_text(rows)
    os.link(place / "rows.csv", place / "same.csv")
    for out in ("rows.csv", "./rows.csv", "same.csv"):
        done = dlrun("predict", "latest", "rows.csv", "-o", out, cwd=place)
        assert done.returncode == 2
        assert "is the file of the rows itself" in done.stderr
        assert (place / "rows.csv").read_text() == rows
    assert dlrun("predict", "latest", "rows.csv", "-o", "ROWS.csv", cwd=place).returncode == 0


def test_two_spellings_are_one_file_where_the_disk_lists_one(tmp_path, monkeypatch):
    """As exFAT by FUSE does it, with an inode for each spelling; a folder with both files has both in its list."""
    for name in ("rows.csv", "ROWS.csv"):
        (tmp_path / name).write_text("a\n")
    pair = str(tmp_path / "rows.csv"), str(tmp_path / "ROWS.csv")
    assert not predicting.is_one_file(*pair)
    monkeypatch.setattr(os, "listdir", lambda folder: ["rows.csv"])
    assert predicting.is_one_file(*pair)


def test_a_page_never_takes_the_place_of_a_table(place):
    (place / "t.csv").write_text("a,y\n" + "1,u\n2,v\n" * 20)
    before = (place / "t.csv").read_text()
    done = dlrun("data", "t.csv", "--html", "t.csv", cwd=place)
    assert done.returncode == 2
    assert "no page by its name" in done.stderr
    assert (place / "t.csv").read_text() == before
    for _ in range(2):  # a page takes the place of a page
        assert dlrun("data", "t.csv", "--html", "t.html", cwd=place).returncode == 0


def test_what_mlflow_says_to_programmers_reaches_no_person(place):
    pytest.importorskip("mlflow")
    assert dlrun("train", "t.yaml", "-q", cwd=place).returncode == 0
    done = dlrun("export", "latest", "--mlflow", "store", cwd=place, MLFLOW_ALLOW_FILE_STORE="true")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("start", "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")
def test_a_formula_in_full_width_is_text_as_well(start):
    assert harmless(f"{start}SUM(1)") == f"'{start}SUM(1)"


def test_advice_for_a_run_that_failed_is_asked_in_vain_and_told(place, monkeypatch):
    def failing(trainer):
        raise StoreError("planted")

    with monkeypatch.context() as planted:
        planted.setattr(Trainer, "run_epoch", failing)
        assert dlrun("train", "t.yaml", "-q", cwd=place).returncode == 6
    done = dlrun("diagnose", "latest", "--apply", "1", "-q", cwd=place)
    assert done.returncode not in (0, 1)
    assert done.stderr.startswith("dlrun: ")
    assert "failed" in done.stderr


def test_neither_a_pipe_nor_a_config_nor_a_folder_is_proposed_for_a_missing_source(place):
    os.mkfifo(place / "rows1.csv")
    (place / "rows2.csv").mkdir()
    (place / "rows.yaml").write_text(CONFIG)
    (place / "t.yaml").write_text("data: {source: rows.csv}\n")
    done = dlrun("train", "t.yaml", cwd=place)
    assert done.returncode == 3
    assert "rows.csv: no such file" in done.stderr
    assert "did you mean" not in done.stderr
    (place / "rows3.csv").write_text("a,y\n")
    assert "did you mean rows3.csv?" in dlrun("train", "t.yaml", cwd=place).stderr


WARNING = """
import sys, warnings
import numpy as np
from dlrun.cli import main
from dlrun.nn.training import Trainer

run_epoch = Trainer.run_epoch

def warned(trainer):
    warnings.warn("planted", RuntimeWarning, stacklevel=1)
    np.float64(1e300) * np.float64(1e300)
    return run_epoch(trainer)

Trainer.run_epoch = warned
sys.argv = ["dlrun", "train", "t.yaml", "-q"]
main()
"""


def test_what_a_library_warns_of_reaches_no_person(place):
    """In a process of its own: within pytest, warnings go where pytest wants them."""
    done = process(cwd=place, code=WARNING)
    assert (done.returncode, done.stderr) == (0, "")


def test_json_on_a_terminal_has_no_controls_and_a_script_reads_the_same(capsys):
    label = "a\x9b31m\x85b\u202ec\u2028d\u200be\U000e0001 实验 é \U0001f9ea"
    print_json({"label": label})
    told = capsys.readouterr().out
    assert json.loads(told) == {"label": label}
    assert all(letter.isprintable() or letter == "\n" for letter in told)
    assert "实验 é \U0001f9ea" in told


def test_what_a_process_of_the_same_id_left_is_in_nobodys_way(place, tmp_path):
    """A container that shares the folder has processes with the same ids, and one of them may have been killed."""
    loaded, cache = read_config(place / "t.yaml"), tmp_path / "cache"
    cache.mkdir()
    (cache / f"{data_key(loaded)}.{os.getpid()}").write_bytes(b"half")
    ready = shared_data(loaded, cache, ready_data)
    assert ready.dataset.train.X.shape == (36, 2)
    assert (cache / f"{data_key(loaded)}.data").exists()


def test_the_page_of_harms_names_tests_that_are_there():
    page = (ROOT / "docs/explanation/reliability.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page)) - {"test_reliability"}
    there = {
        name for path in ROOT.glob("tests/test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    }
    assert len(named) > 25
    assert named <= there
