"""Boundary and weights epoch by epoch: what is drawn is what the network was then, and nothing else needs it."""

import re

import numpy as np
import pytest
from pages import CONFIGS

from dlrun.errors import StoreError
from dlrun.experiment import read_config, run
from dlrun.inspection import contents
from dlrun.inspection.contents import SMALL_PLANE_POINTS, plane_of
from dlrun.nn.snapshots import LayerWeights, evenly
from dlrun.report.page import course, heaps, run_page
from dlrun.report.page.drawing import LEFT, WIDTH
from dlrun.store import SNAPSHOTS, RunFolder

SHORT = ("training.epochs=12", "training.evaluate_every=1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of two inputs."""
    return trained(tmp_path_factory.mktemp("course"), *SHORT)


def trained(there, *overrides, name="moons_overfit"):
    return run(read_config(CONFIGS / f"{name}.yaml", overrides), there / "runs").folder


def column(picture, x):
    """The texts that stand at this x."""
    return re.findall(rf'<text x="{x}"[^>]*>([^<]*)</text>', picture)


def test_a_boundary_is_that_of_a_run_that_ended_then(folder, tmp_path):
    shown = contents(folder)
    assert list(shown.course) == [1, 10, 12]
    for epoch, plane in shown.course.items():
        ended = contents(trained(tmp_path, *SHORT, f"training.epochs={epoch}"))
        own = ended.course[epoch]
        assert np.array_equal(own.x, plane.x)
        assert ((own.margins > 0) == (plane.margins > 0)).mean() > 0.999  # parameters are kept in 16 bits
    assert np.mean((shown.course[1].margins > 0) != (shown.course[12].margins > 0)) > 0.01


def test_the_kept_boundary_is_the_large_one_with_fewer_points(folder):
    shown = contents(folder)
    kept, large = shown.course[12], plane_of(shown.run)
    assert kept.margins.shape == (SMALL_PLANE_POINTS, SMALL_PLANE_POINTS, 2)
    near = [np.abs(side[:, None] - small).argmin(axis=0) for side, small in ((large.x, kept.x), (large.y, kept.y))]
    of_large = large.margins[near[1][:, None], near[0]]
    assert np.corrcoef(of_large[..., 1].ravel(), kept.margins[..., 1].ravel())[0, 1] > 0.999


def test_the_pictures_say_which_epochs_and_what_was_measured_then(folder):
    shown = contents(folder)
    drawn = course.boundaries(shown)
    assert [(one.epoch, one.is_kept) for one in drawn] == [(1, False), (10, False), (12, True)]
    measured = {line.epoch: line for line in shown.run.metrics}
    for one in drawn:
        train, dev = (float(part) for part in re.findall(r"([\d.]+)%", one.errors))
        assert train == pytest.approx(100 * measured[one.epoch].train_error, rel=0.01)
        assert dev == pytest.approx(100 * measured[one.epoch].dev_error, rel=0.01)
        assert f"after epoch {one.epoch}" in one.picture
        assert one.picture.count('class="region') == 2
    assert "Epoch 12, kept" in run_page(shown)


def test_the_histograms_stand_at_their_epochs_with_their_deviations_and_the_kept_ones_last(folder):
    shown = contents(folder)
    found = course.heaps(shown)
    assert [layer.title for layer in found.layers][:2] == ["Layer 1, 2 × 128", "Layer 2, 128 × 128"]
    for number, layer in enumerate(found.layers, start=1):
        kept = evenly(shown.run.model[f"W{number}"]).astype(np.float64)
        looks = [one.layers[number - 1].deviation for one in shown.run.snapshots]
        assert column(layer.picture, LEFT - 6) == ["0", "1", "3", "10", "12"]
        assert column(layer.picture, WIDTH)[1:] == [f"{deviation:.3g}" for deviation in (*looks, kept.std())]
        assert re.findall(r'class="name"[^>]*>([^<]*)<', layer.picture) == ["12", f"{kept.std():.3g}"]
        assert layer.picture.count('class="heap"') == 5
    assert found.strength == "0"
    assert found.has_kept


def test_where_a_snapshot_is_of_the_kept_epoch_it_stands_once(tmp_path):
    shown = contents(trained(tmp_path, *SHORT, "training.epochs=10"))
    for layer in course.heaps(shown).layers:
        assert column(layer.picture, LEFT - 6) == ["0", "1", "3", "10"]
        assert re.findall(r'class="name"[^>]*>([^<]*)<', layer.picture)[0] == "10"


def test_a_large_lambda_pulls_the_weights_together_in_the_picture(tmp_path):
    def ends(strength):
        shown = contents(trained(tmp_path, "training.epochs=100", f"regularization.lambda={strength}"))
        deviations = [re.findall(r'class="name"[^>]*>([^<]*)<', one.picture)[1] for one in course.heaps(shown).layers]
        return np.array(deviations, float)

    assert (ends(0)[1:3] > 3 * ends(10)[1:3]).all()


def test_many_inputs_have_histograms_and_no_boundary(tmp_path):
    shown = contents(trained(tmp_path, "training.epochs=1", name="digits"))
    assert shown.course == {}
    assert course.boundaries(shown) == []
    assert [layer.title for layer in course.heaps(shown).layers] == [
        "Layer 1, 64 × 128",
        "Layer 2, 128 × 128",
        "Layer 3, 128 × 10",
    ]
    assert not (RunFolder(shown.run.folder.path).read_arrays(SNAPSHOTS).keys() & {"parameters", "drawn_epochs"})


@pytest.mark.parametrize("harm", ["cut", "missing", "of another network"])
def test_without_sound_snapshots_the_page_is_as_before(harm, folder, tmp_path):
    copy = trained(tmp_path, *SHORT)
    whole = copy.read_bytes(SNAPSHOTS)
    (copy.path / SNAPSHOTS).write_bytes(whole[:-9] if harm == "cut" else whole)
    if harm == "missing":
        (copy.path / SNAPSHOTS).unlink()
    if harm == "of another network":
        other = trained(tmp_path, *SHORT, "network.width=3")
        (copy.path / SNAPSHOTS).write_bytes(other.read_bytes(SNAPSHOTS))
    shown = contents(copy)
    page = run_page(shown)
    assert shown.course == {}
    assert "Epoch by epoch" not in page
    assert "Decision boundary" in page
    assert ("Weights, epoch by epoch" in page) == (harm == "of another network")
    assert ("<h3>Weights</h3>" in page) == (harm != "of another network")
    assert "Epoch by epoch" in run_page(contents(folder))
    (copy.path / "model.npz").write_bytes(b"")
    with pytest.raises(StoreError):
        contents(copy)


def heap(low, high, counts, deviation=0.1):
    return course.Heap(1, LayerWeights(1, (low + high) / 2, deviation, low, high, np.array(counts, np.int32)))


def test_an_outline_has_the_bars_as_high_as_their_counts_and_as_wide_as_their_range():
    counts = [0] * 40
    counts[10], counts[30] = 400, 100
    one = heap(-1.0, 1.0, counts, deviation=1.0)
    x = heaps.weight_scale([one.weights], 50, 330)
    points = [
        tuple(map(float, pair.split()))
        for pair in re.findall(r"[ML](\S+ [^LHZ]+)H", heaps.outline(one.weights, x, 100, 40))
    ]
    heights = [100 - y for _, y in points]
    assert len(points) == 40
    assert heights[10] == pytest.approx(40, abs=0.1)
    assert heights[30] == pytest.approx(heights[10] / 4, abs=0.1)
    assert points[10][0] == pytest.approx(x(-0.5), abs=0.2)
    assert sum(heights) == pytest.approx(heights[10] + heights[30], abs=0.1)


@pytest.mark.parametrize("reach", [0.0, 1e-30, 1e30, 1e308])
def test_weights_of_any_size_are_drawn_with_finite_numbers(reach):
    counts = [0] * 20 + [9] + [0] * 19
    picture = course.picture_of(1, [heap(-reach, reach, counts, deviation=reach / 2), heap(0.0, 0.0, counts, 0.0)])
    numbers = re.findall(r"-?[\d.]+(?:e[+-]?\d+)?", " ".join(re.findall(r' d="([^"]*)"', picture)))
    assert numbers
    assert np.isfinite(np.array(numbers, float)).all()
    assert "nan" not in picture


def test_few_weights_have_few_bars():
    assert len(heaps.merged(np.ones(40, np.int32))) == 5
    assert len(heaps.merged(np.full(40, 6, np.int32))) == 40
    assert sum(heaps.merged(np.arange(40))) == sum(range(40))
