"""Damaged files of every format: examples or a sentence, and nothing else; memory in proportion to the file."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from dlrun.data import FILE_SUFFIXES, Reading, read_examples
from dlrun.errors import DataError
from tests import fuzz_files, reading_memory
from tests.dialect_tables import random_table


def test_a_few_hundred_damaged_files_are_answered_with_examples_or_a_sentence():
    told = list(fuzz_files.faults(seed=1, files=8 * len(FILE_SUFFIXES)))
    assert len(told) == 8 * len(FILE_SUFFIXES)
    assert [fault for fault in told if fault[2]] == []


@pytest.mark.parametrize("ending", fuzz_files.VALID)
def test_the_files_that_are_damaged_are_whole_before(tmp_path, ending):
    (tmp_path / f"t{ending}").write_bytes(fuzz_files.VALID[ending](random_table(2)))
    assert read_examples(Reading(f"t{ending}"), folder=tmp_path, rng=np.random.default_rng(0)).m >= 30


def test_damage_leaves_some_files_to_be_read_and_not_others(tmp_path):
    read = {True: 0, False: 0}
    for number in range(0, 60 * len(FILE_SUFFIXES), len(FILE_SUFFIXES)):
        ending, raw = fuzz_files.damaged_file(0, number)
        (tmp_path / f"t{ending}").write_bytes(raw)
        try:
            read_examples(Reading(f"t{ending}"), folder=tmp_path, rng=np.random.default_rng(0))
            read[True] += 1
        except DataError:
            read[False] += 1
    assert min(read.values()) > 5


def _loud(*args, **kwargs):
    sys.stderr.write("a library speaks")
    raise DataError("t.csv: told")


def _warns(*args, **kwargs):
    warnings.warn("a library warns", DeprecationWarning, stacklevel=1)


def _raises(*args, **kwargs):
    raise KeyError("a")


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        (_loud, "on standard error: b'a library speaks'"),
        (_warns, "DeprecationWarning: a library warns"),
        (_raises, "KeyError: 'a'"),
    ],
)
def test_other_answers_are_faults(tmp_path, monkeypatch, planted, what):
    noise = tmp_path / "noise"
    (tmp_path / "t.csv").write_text("a,y\n")
    monkeypatch.setattr(fuzz_files, "read_examples", planted)
    with open(noise, "a") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        assert fuzz_files.fault_of(tmp_path / "t.csv", noise) == what


def test_a_process_that_ends_is_a_fault_of_the_file_it_was_at(monkeypatch):
    program = 'import os; print("[0]\\\\n[0, \\".csv\\", \\"\\"]\\\\n[1]", flush=True); os.abort()'
    run = fuzz_files.subprocess.run
    calls = []

    def ends_once(arguments, **options):
        calls.append(arguments)
        return run([sys.executable, "-c", program.replace("\\\\n", "\\n")] if len(calls) == 1 else arguments, **options)

    monkeypatch.setattr(fuzz_files.subprocess, "run", ends_once)
    told = list(fuzz_files.faults(seed=0, files=3))
    assert [number for number, _, _ in told] == [0, 1, 2]
    assert told[1][2].startswith("the process ended with -6")
    assert told[2][2] == ""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell a process's memory")
@pytest.mark.parametrize("ending", [".csv", ".json"])
def test_a_file_takes_memory_in_proportion_to_its_size(tmp_path, ending):
    size, memory = reading_memory.taken(ending, tmp_path, rows=60_000)
    assert memory < reading_memory.TIMES * size + reading_memory.FLOOR
