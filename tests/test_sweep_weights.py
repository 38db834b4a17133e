"""The weights of a sweep's settings: kept as they were, drawn on one scale, narrower where lambda is large."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sweeps import drawn_of, lambda_sweep

from dlrun.experiment import read_config
from dlrun.experiment.prepare import prepare
from dlrun.nn.parameters import Parameters, initial_parameters
from dlrun.nn.snapshots import BINS, LayerWeights
from dlrun.report.page import sweep_paths, sweep_weights
from dlrun.report.page.sweep import sweep_page
from dlrun.sweep.arrays import packed, training_arrays, unpacked, weights_arrays
from dlrun.sweep.reading import weights_of
from dlrun.sweep.records import Drawn


def test_what_is_kept_of_a_training_is_what_numpy_finds_in_its_weights(tmp_path):
    (tmp_path / "c.yaml").write_text("data: {source: iris}\nnetwork: {hidden: [20, 10]}\n")
    experiment = prepare(read_config(tmp_path / "c.yaml"))
    looks = weights_of(unpacked(packed(training_arrays(experiment, experiment.parameters, []))))
    assert [look.layer for look in looks] == [1, 2, 3]
    for layer, look in zip(experiment.parameters.layers, looks, strict=True):
        assert look.counts.tolist() == np.histogram(layer.W.astype(np.float64), bins=BINS)[0].tolist()
        assert look.deviation == pytest.approx(layer.W.std(), rel=1e-5)  # kept in float32
        assert look.high == layer.W.max()


def test_of_weights_that_are_not_finite_nothing_is_kept():
    parameters = initial_parameters((4, 3, 2), "he", rng=np.random.default_rng(0))
    assert set(weights_arrays(parameters)) == {"weights", "weight_counts"}
    parameters.flat[0] = np.nan
    assert weights_arrays(parameters) == {}


def test_they_are_small_beside_what_else_is_kept():
    parameters = Parameters((784, 300, 300, 300, 300, 300, 300, 10))
    assert len(packed(weights_arrays(parameters))) < 1500  # a plane has 5 kB


def look(spread, layer=1):
    counts = np.bincount(np.arange(400) % BINS, minlength=BINS)
    return LayerWeights(layer, 0.0, spread / 3, -spread, spread, counts)


def width_of(picture, row=0):
    """How wide the histogram of a layer is drawn, in pixels."""
    path = re.findall(r'class="heap" d="([^"]*)"', picture)[row]
    places = [float(x) for x in re.findall(r"(?:[ML]|H)(-?[\d.]+)", path)]
    return max(places) - min(places)


def test_a_layer_has_the_same_scale_at_all_values_and_layers_have_their_own():
    drawn = Drawn((), {}, weights={0: (look(3.0), look(0.3, 2)), 1: (look(1.5), look(0.1, 2)), 7: (look(30.0),)})
    pictures = sweep_weights.weights_of(drawn, [0, 1, 5])
    assert list(pictures) == [0, 1]
    assert width_of(pictures[1]) == pytest.approx(width_of(pictures[0]) / 2, rel=0.02)
    assert width_of(pictures[1], 1) == pytest.approx(width_of(pictures[0], 1) / 3, rel=0.02)
    assert width_of(pictures[0]) == pytest.approx(width_of(pictures[0], 1), rel=0.02)
    assert "layer 1 0.5, layer 2 0.0333" in pictures[1]


def test_each_value_of_the_slider_has_its_weights_and_older_sweeps_have_none():
    sweep = lambda_sweep()
    frames = sweep_paths.frames_of(sweep, drawn_of(sweep, inputs=True))
    assert all(frame.weights for frame in frames.frames)
    page = sweep_page(sweep, drawn_of(sweep, inputs=True))
    assert page.count("std. deviation") == len(frames.frames)
    assert "on a scale of its own" in page
    older = replace(drawn_of(sweep, inputs=True), weights={})
    assert not sweep_paths.frames_of(sweep, older).has_weights
    assert "std. deviation" not in sweep_page(sweep, older)
