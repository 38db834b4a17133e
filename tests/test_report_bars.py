"""Errors as bars, letter for letter: wide, narrow, in ASCII, without intervals, and with distances below nothing."""

import math
from dataclasses import replace

import pytest

from dlrun.diagnosis import diagnose
from dlrun.diagnosis.ills import Verdict
from dlrun.diagnosis.records import Intervals
from dlrun.records import BySplit
from dlrun.report.bars import axis, error_bars

NO_INTERVALS = Intervals(*[None] * 6)


def diagnosis(train=0.05, dev=0.11, test=0.105, **changes):
    """A diagnosis with these errors and without intervals; whatever they are, its verdict is what a test says."""
    usual = {"optimal_error": 0.02, "intervals": NO_INTERVALS, "verdict": Verdict("low", "high")}
    return replace(diagnose(BySplit(0.1, 0.2)), errors=BySplit(train, dev, test), **usual | changes)


KNOWN = replace(NO_INTERVALS, train=(0.04, 0.063), dev=(0.078, 0.149), test=(0.073, 0.144))
DIAGNOSIS = diagnosis(intervals=KNOWN)


def drawn(judged, width, **options):
    lines = ["".join(text for text, _ in line) for line in error_bars(judged, width, **options)]
    assert all(len(line) <= width for line in lines)
    return "\n".join(line.rstrip() for line in lines)


def test_at_80_columns_each_distance_is_solid_and_named_beside_its_bar():
    assert drawn(DIAGNOSIS, 80) == (
        "optimal  2.0%  ░░░░░\n"
        "train    5.0%  ░░░░░█████├──┼──┤  3.0 avoidable bias, low\n"
        "dev     11.0%  ░░░░░░░░░░░░░███████├───────┼──────────┤  6.0 variance, high\n"
        "test    10.5%  ░░░░░░░░░░░░░░░░░░░├───────┼─────────┤\n"
        "               0%           5%           10%"
    )


def test_at_40_columns_the_names_stand_below():
    assert drawn(DIAGNOSIS, 40) == (
        "optimal  2.0%  ░░░\n"
        "train    5.0%  ░░░███├─┼─┤\n"
        "        3.0 avoidable bias, low\n"
        "dev     11.0%  ░░░░░░░░████├────┼──────┤\n"
        "        6.0 variance, high\n"
        "test    10.5%  ░░░░░░░░░░░├────┼──────┤\n"
        "               0%              10%"
    )


def test_in_ascii_the_same_picture():
    assert drawn(DIAGNOSIS, 40, ascii_only=True) == (
        "optimal  2.0%  :::\n"
        "train    5.0%  :::###[-+-]\n"
        "        3.0 avoidable bias, low\n"
        "dev     11.0%  ::::::::####[----+------]\n"
        "        6.0 variance, high\n"
        "test    10.5%  :::::::::::[----+------]\n"
        "               0%              10%"
    )


def test_a_diagnosis_of_an_older_run_has_bars_without_intervals_to_the_eighth_of_a_cell():
    assert drawn(diagnosis(test=None), 60) == (
        "optimal  2.0%  ░░░\n"
        "train    5.0%  ░░░█████▋  3.0 avoidable bias, low\n"
        "dev     11.0%  ░░░░░░░░░██████████  6.0 variance, high\n"
        "               0%       5%      10%"
    )


def test_a_train_error_below_the_optimal_one_shows_the_distance_as_missing():
    assert drawn(diagnosis(0.03, 0.12, None, optimal_error=0.09), 80).splitlines()[:2] == [
        "optimal  9.0%  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░",
        "train    3.0%  ░░░░░░░░░░··················  -6.0 avoidable bias, low",
    ]


@pytest.mark.parametrize("scale", [1e-9, 0.001, 0.05, 1.0, 1e6])
@pytest.mark.parametrize("width", [40, 59, 60, 200])
def test_every_scale_fits_and_bars_stand_in_proportion(width, scale):
    found = diagnosis(scale / 4, scale, scale / 2, optimal_error=0.0, verdict=Verdict("high", "high"))
    bars = dict(line.split(maxsplit=1) for line in drawn(found, width).splitlines() if line[0] in "td")
    lengths = {name: sum(bar.count(sign) for sign in "░█·") for name, bar in bars.items()}
    assert lengths["test"] == pytest.approx(lengths["dev"] / 2, abs=1)
    assert lengths["train"] == pytest.approx(lengths["dev"] / 4, abs=1)


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_without_a_train_or_dev_error_there_is_no_picture(unknown):
    assert error_bars(diagnosis(unknown, 0.1, None, intervals=KNOWN), 80) == []


def test_errors_of_nothing_at_all_are_drawn_too():
    assert "0.0 variance, high" in drawn(diagnosis(0.0, 0.0, 0.0, optimal_error=0.0), 40)


@pytest.mark.parametrize("largest", [1e-7, 0.003, 0.149, 0.5, 1.0, 30.0])
def test_ticks_are_apart_round_and_in_their_place(largest):
    text = axis(largest, 60)
    labels = text.split()
    assert 3 <= len(labels) <= 7
    for label in labels:
        assert text.index(label) == pytest.approx(float(label[:-1]) / (100 * largest) * 59, abs=0.51)


@pytest.mark.parametrize("width", [0, 1, 2, 10, 18, 19, 30])
def test_a_terminal_of_any_width_has_bars_or_none(width):
    lines = error_bars(diagnosis(0.1, 0.2, 0.3, intervals=KNOWN), width)
    assert all(sum(len(text) for text, _ in line) <= max(width, 40) for line in lines)
