"""Errors as bars, letter for letter: wide, narrow, in ASCII, without intervals, and with distances below nothing."""

import math

import pytest

from dlrun.report.bars import axis, error_bars

DIAGNOSIS = {
    "optimal_error": 0.02,
    "errors": {"train": 0.05, "dev": 0.11, "test": 0.105},
    "intervals": {"train": [0.04, 0.063], "dev": [0.078, 0.149], "test": [0.073, 0.144], "optimal": None},
    "verdict": {"bias": "low", "variance": "high"},
}


def drawn(diagnosis, width, **options):
    lines = ["".join(text for text, _ in line) for line in error_bars(diagnosis, width, **options)]
    assert all(len(line) <= width for line in lines)
    return "\n".join(line.rstrip() for line in lines)


def test_at_80_columns_each_distance_is_solid_and_named_beside_its_bar():
    assert drawn(DIAGNOSIS, 80) == (
        "optimal  ░░░░░░\n"
        "train    ░░░░░░██████├──┼───┤  3.0 avoidable bias, low\n"
        "dev      ░░░░░░░░░░░░░░░████████├─────────┼───────────┤  6.0 variance, high\n"
        "test     ░░░░░░░░░░░░░░░░░░░░░░├────────┼───────────┤\n"
        "         0%             5%             10%"
    )


def test_at_40_columns_the_names_stand_below():
    assert drawn(DIAGNOSIS, 40) == (
        "optimal  ░░░░\n"
        "train    ░░░░████├─┼─┤\n"
        "         3.0 avoidable bias, low\n"
        "dev      ░░░░░░░░░░█████├──────┼───────┤\n"
        "         6.0 variance, high\n"
        "test     ░░░░░░░░░░░░░░├──────┼──────┤\n"
        "         0%        5%        10%"
    )


def test_in_ascii_the_same_picture():
    assert drawn(DIAGNOSIS, 40, ascii_only=True) == (
        "optimal  ::::\n"
        "train    ::::####[-+-]\n"
        "         3.0 avoidable bias, low\n"
        "dev      ::::::::::#####[------+-------]\n"
        "         6.0 variance, high\n"
        "test     ::::::::::::::[------+------]\n"
        "         0%        5%        10%"
    )


def test_a_diagnosis_of_an_older_run_has_bars_without_intervals_to_the_eighth_of_a_cell():
    older = {key: value for key, value in DIAGNOSIS.items() if key != "intervals"}
    older["errors"] = {"train": 0.05, "dev": 0.11, "test": None}
    assert drawn(older, 60) == (
        "optimal  ░░░░░\n"
        "train    ░░░░░██████▍  3.0 avoidable bias, low\n"
        "dev      ░░░░░░░░░░░██████████████  6.0 variance, high\n"
        "         0%         5%          10%"
    )


def test_a_train_error_below_the_optimal_one_shows_the_distance_as_missing():
    refuted = DIAGNOSIS | {"optimal_error": 0.09, "intervals": {}, "errors": {"train": 0.03, "dev": 0.12, "test": None}}
    assert drawn(refuted, 80).splitlines()[:2] == [
        "optimal  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░",
        "train    ░░░░░░░░░░░······················  -6.0 avoidable bias, low",
    ]


@pytest.mark.parametrize("scale", [1e-9, 0.001, 0.05, 1.0, 1e6])
@pytest.mark.parametrize("width", [40, 59, 60, 200])
def test_every_scale_fits_and_bars_stand_in_proportion(width, scale):
    errors = {"train": scale / 4, "dev": scale, "test": scale / 2}
    found = {"optimal_error": 0.0, "errors": errors, "verdict": {"bias": "high", "variance": "high"}}
    bars = dict(line.split(maxsplit=1) for line in drawn(found, width).splitlines() if line[0] in "td")
    lengths = {name: sum(bar.count(sign) for sign in "░█·") for name, bar in bars.items()}
    assert lengths["test"] == pytest.approx(lengths["dev"] / 2, abs=1)
    assert lengths["train"] == pytest.approx(lengths["dev"] / 4, abs=1)


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_without_a_train_or_dev_error_there_is_no_picture(unknown):
    assert error_bars(DIAGNOSIS | {"errors": {"train": unknown, "dev": 0.1, "test": None}}, 80) == []


def test_errors_of_nothing_at_all_are_drawn_too():
    perfect = DIAGNOSIS | {"optimal_error": 0.0, "errors": {"train": 0.0, "dev": 0.0, "test": 0.0}, "intervals": None}
    assert "0.0 variance, high" in drawn(perfect, 40)


@pytest.mark.parametrize("largest", [1e-7, 0.003, 0.149, 0.5, 1.0, 30.0])
def test_ticks_are_apart_round_and_in_their_place(largest):
    text = axis(largest, 60)
    labels = text.split()
    assert 3 <= len(labels) <= 7
    for label in labels:
        assert text.index(label) == pytest.approx(float(label[:-1]) / (100 * largest) * 59, abs=0.51)
