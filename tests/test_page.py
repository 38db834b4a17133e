"""The page of a run: what it says is what the run folder holds, and nothing that it shows can be more than text."""

import base64
import json
import math
import re
import struct
import time
import unicodedata
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import HOSTILE, train_all
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix

from dlrun.cli.report import write_report
from dlrun.errors import StoreError
from dlrun.experiment import read_config, run
from dlrun.inspection import contents
from dlrun.inspection.contents import logits_of, margins_of, network_of
from dlrun.model import trust_of
from dlrun.report.page import answers, making, ruler, run_page, trust
from dlrun.report.page.drawing import (
    Scale,
    Series,
    YAxis,
    apart,
    even_ticks,
    line_chart,
    linear_scale,
    log_scale,
    log_ticks,
)
from dlrun.store import RunFolder, verify
from tests.commands import dlrun


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return train_all(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def held(pages):
    """What the folders of some runs hold."""
    return {name: contents(RunFolder(pages[name].parent)) for name in ("digits", "moons_overfit", "hostile")}


@pytest.mark.parametrize("size", [0.0, 5e-324, 1e-310, 1e-38, 1.0, 1e15, 1e38, 1e300, 1.7e308])
@pytest.mark.parametrize("spread", [0.0, 1e-16, 1e-3])
@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_of_any_size_have_a_scale(size, spread, sign):
    values = [sign * size, sign * size * (1 + spread)]
    for scale in (linear_scale(values, 0, 100), log_scale(values, 0, 100), Scale(values[0], values[0], 0, 100)):
        assert len(scale.ticks()) < 30
        assert all(math.isfinite(scale(value)) for value in values if not scale.is_log or value > 0)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_evenly_spaced_round_numbers_inside(low, width):
    ticks = even_ticks(low, low + width)
    steps = np.diff(ticks)
    assert 2 <= len(ticks) <= 11
    assert np.allclose(steps, steps[0])
    assert float(f"{steps[0]:.6g}") / 10.0 ** math.floor(math.log10(steps[0] * 1.0000001)) == pytest.approx(
        round(steps[0] / 10.0 ** math.floor(math.log10(steps[0] * 1.0000001)))
    )
    assert all(low - 1e-6 * width <= tick <= low + 1.000001 * width for tick in ticks)


def test_scales_hold_their_values_and_land_on_their_pixels():
    scale = linear_scale([3.0, 17.0], 100, 0)
    assert (scale.low, scale.high) == (0.0, 20.0)
    assert (scale(0.0), scale(20.0), scale(10.0)) == (100, 0, 50)
    assert log_ticks(1e-4, 10.0) == [1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0]
    assert log_ticks(0.5, 3.0) == [0.5, 1.0, 2.0]
    assert log_ticks(0.08, 0.15) == [0.08, 0.1, 0.12, 0.14]


def test_a_line_goes_through_its_points_and_leaves_out_what_is_not_known():
    drawn = line_chart("x", [Series("a", "train", [0, 1, 2, 4], [0.0, None, 1.0, 4.0])], x_label="", y_axis=YAxis(""))
    path = re.search(r'class="line train" d="([^"]*)"', drawn)[1]
    points = [tuple(map(float, pair.split())) for pair in path[1:].split("L")]
    assert len(points) == 3
    (x0, y0), (x1, y1), (x2, y2) = points
    assert (x1 - x0) / (x2 - x0) == pytest.approx(2 / 4, abs=1e-3)
    assert (y0 - y1) / (y0 - y2) == pytest.approx(1 / 4, abs=1e-3)


def test_labels_at_the_ends_of_lines_never_lie_on_each_other():
    placed = [at for at, _ in apart([(90.0, "a"), (91.0, "b"), (99.0, "c"), (20.0, "d")], 0.0, 100.0)]
    assert placed == sorted(placed)
    assert np.diff(placed).min() >= 15
    assert placed[-1] <= 100


def test_every_picture_is_well_formed_and_says_what_it_shows(pages):
    for name in ("digits", "moons_overfit", "diabetes", "vanishing_150", "hostile", "wild"):
        pictures = re.findall(r"<svg.*?</svg>", pages[name].read_text(encoding="utf-8"), re.S)
        assert len(pictures) > 4
        for picture in pictures:
            root = ElementTree.fromstring(picture)
            assert root.get("role") == "img"
            assert len(root.get("aria-label")) > 20


def test_the_reliability_curve_has_a_dot_for_each_bin_and_says_how_far_off_probabilities_are(held, pages):
    run = held["moons_overfit"].run
    section = trust.reliability(held["moons_overfit"])
    calibration = trust_of(run.predictions, "binary").calibration
    curves = 2 if calibration.temperature != 1 else 1
    assert section.picture.count("<circle") == curves * len(calibration.before)
    assert f"{100 * calibration.error_before:.1f}% off on average" in section.before
    assert (section.after is None) == (curves == 1)
    assert (section.rows, section.split) == (len(run.predictions["test_rows"]), "test")
    assert "Do probabilities mean what they say?" in pages["digits"].read_text()
    assert "Do probabilities mean what they say?" not in pages["diabetes"].read_text()


def test_a_temperature_adds_a_second_curve(held):
    rng = np.random.default_rng(0)
    p = rng.uniform(size=600)
    y = (rng.random(600) < p).astype(int)
    sure = (p**4 / (p**4 + (1 - p) ** 4))[:, None].astype(np.float32)
    predictions = {
        "dev_outputs": sure[:300],
        "dev_targets": y[:300],
        "test_outputs": sure[300:],
        "test_targets": y[300:],
    }
    run = replace(held["moons_overfit"].run, predictions=predictions)
    section = trust.reliability(replace(held["moons_overfit"], run=run))
    assert section.after is not None
    assert section.picture.count("<circle") == 2 * 15
    assert ">before<" in section.picture


def test_the_confusion_matrix_and_class_errors_are_those_of_scikit_learn(held):
    run = held["digits"].run
    mistakes, predictions = answers.mistakes(held["digits"]), run.predictions
    outputs = predictions["dev_outputs"].argmax(axis=1)
    expected = confusion_matrix(predictions["dev_targets"], outputs)
    assert [[cell.count for cell in row] for row in mistakes.matrix] == expected.tolist()
    errors = {item.name: item.error for item in mistakes.of_class}
    recall = np.diag(expected) / expected.sum(axis=1)
    assert [errors[str(k)] for k in range(10)] == pytest.approx((1 - recall).tolist())
    assert sum(item.wrong for item in mistakes.of_class) / mistakes.rows == pytest.approx(run.result.errors.dev)


def test_the_costliest_examples_are_the_sources_own_rows_with_the_greatest_losses(held):
    predictions, examples = held["digits"].run.predictions, held["digits"].run.examples
    places = np.argsort(-predictions["dev_losses"], kind="stable")[:24]
    assert examples["worst_places"].tolist() == places.tolist()
    rows = predictions["dev_rows"][places]
    assert [example.row for example in answers.worst(held["digits"]).examples] == rows.tolist()
    assert np.allclose(examples["worst_inputs"], load_digits().data[rows], atol=1e-4)


def pixels_of(image):
    """The pixels (h, w) or (h, w, 3) of a PNG in a data URL whose rows are not filtered."""
    raw = base64.b64decode(image.partition(",")[2])
    width, height, _, colours = struct.unpack(">IIBB", raw[16:26])
    packed = raw[raw.index(b"IDAT") + 4 : raw.index(b"IEND") - 8]
    shape = (width, 3) if colours == 2 else (width,)
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, *shape)


@pytest.mark.parametrize("most", [255, 1.0])
def test_the_costliest_pictures_in_colour_are_shown_in_their_own_colours(tmp_path, most):
    rng = np.random.default_rng(0)
    bytes_, y = rng.integers(0, 200, (60, 6, 6, 3)), rng.integers(0, 2, 60)
    np.savez(tmp_path / "a.npz", X=bytes_.astype(np.uint8) if most == 255 else bytes_ / 255, y=y)
    (tmp_path / "a.yaml").write_text("data: {source: a.npz}\nnetwork: {hidden: [4]}\ntraining: {epochs: 2}\n")
    folder = run(read_config(tmp_path / "a.yaml"), tmp_path / "runs").folder
    shown = answers.worst(contents(folder)).examples
    assert len(shown) == 12
    for example in shown:
        np.testing.assert_allclose(pixels_of(example.image), bytes_[example.row], atol=1)


def test_the_plane_is_answered_as_the_network_answers(held):
    run = held["moons_overfit"].run
    examples, model, predictions = run.examples, run.model, run.predictions
    assert len(examples["dev_inputs"]) == len(predictions["dev_outputs"])
    scaled = (examples["dev_inputs"] - model["preparation_means"]) / model["preparation_scales"]
    margins = margins_of(logits_of(*network_of(run), scaled))
    sure = np.abs(predictions["dev_outputs"][:, 0] - 0.5) > 1e-3
    assert sure.sum() > 250
    assert ((margins[:, 1] > 0) == (predictions["dev_outputs"][:, 0] > 0.5))[sure].all()
    assert margins_of(np.array([[1.0, 3.0, 2.0]])).tolist() == [[-2.0, 1.0, -1.0]]


def test_the_bars_have_the_errors_as_lengths_and_the_distances_between_them(held):
    errors = held["moons_overfit"].run.result.errors
    rows = {row.name: row for row in ruler.errors(held["moons_overfit"]).rows}
    assert list(rows) == ["optimal", "avoidable bias", "train", "variance", "dev", "test"][: len(rows)]
    scale = rows["dev"].share / errors.dev
    assert rows["train"].share == pytest.approx(scale * errors.train)
    assert rows["variance"].span.start == pytest.approx(scale * min(errors.train, errors.dev))
    assert rows["variance"].span.width == pytest.approx(scale * abs(errors.dev - errors.train))
    assert all(0 <= row.share <= 100 for row in rows.values() if row.kind != "gap")


def test_hostile_names_stand_on_the_page_as_text(pages, held):
    text = pages["hostile"].read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not any(name in text for name in HOSTILE[:2])
    assert "<script" not in text
    assert not [letter for letter in text if unicodedata.category(letter) == "Cc" and letter != "\n"]
    assert "\u202e" not in text
    assert HOSTILE[0] in held["hostile"].run.data.classes


def test_what_was_set_by_hand_is_told_apart_from_defaults(held):
    settings = making.settings(held["digits"])
    by_hand = {row.key: row.origin for row in settings.by_hand}
    assert by_hand["training.epochs"] == "command line"
    assert by_hand["network.width"] == "file"
    assert "training.momentum" in {row.key for row in settings.defaults}


def overviewed(shown, **changes):
    """The same run with another overview."""
    return replace(shown, overview=replace(shown.overview, **changes))


def test_commands_for_a_run_elsewhere_say_where_it_is(held):
    elsewhere = overviewed(held["digits"], run_dir="else where/r")
    assert making.making(elsewhere).check == "dlrun verify r --runs-dir 'else where' --rerun"
    begun = overviewed(elsewhere, status="interrupted")
    assert making.making(begun).resume == "dlrun resume r --runs-dir 'else where'"


def test_a_run_says_what_it_was_made_with_in_the_order_of_who_would_make_it_again(held):
    facts = making.making(held["digits"]).facts
    order = ["dlrun", "commit", "seed", "Python", "machine", "BLAS", "packages", "typed by hand"]
    assert list(facts) == [name for name in order if name in facts]
    assert {"dlrun", "seed", "packages", "typed by hand"} <= set(facts)
    assert list(making.making(overviewed(held["digits"], environment=None)).facts) == ["seed", "typed by hand"]


def test_a_run_without_trace_and_predictions_has_a_page_that_says_so(held):
    shown = held["digits"]
    bare = replace(shown.run, trace=(), predictions=None, examples=None, model=None)
    page = run_page(replace(shown, run=bare, plane=None, course={}))
    assert "This run has no trace of its layers" in page
    assert "Learning curves" in page
    begun = replace(bare, ending=None, diagnosis=None, data=None, metrics=(), resolved=None)
    crashed = overviewed(
        replace(shown, run=begun, plane=None, course={}), status="crashed", result=None, diagnosis=None
    )
    assert "This run has crashed" in run_page(crashed)


def test_a_page_is_written_well_within_two_seconds(pages):
    began = time.process_time()
    write_report(contents(RunFolder(pages["digits"].parent)))
    assert time.process_time() - began < 1


def test_a_file_that_is_not_the_one_written_is_no_source_for_a_page(pages, tmp_path):
    import shutil

    folder = tmp_path / pages["diabetes"].parent.name
    shutil.copytree(pages["diabetes"].parent, folder)
    (folder / "diagnosis.json").write_text('{"errors": []}')
    with pytest.raises(StoreError, match=r"diagnosis.json: corrupt \(its SHA-256 is not"):
        contents(RunFolder(folder))


def test_a_report_does_not_count_as_damage(pages):
    folder = RunFolder(pages["digits"].parent)
    write_report(contents(folder))
    assert not [row for row in verify(folder) if row.problem or row.file == "report.html"]


def test_train_leaves_a_report_unless_told_not_to_and_report_and_runs_write_pages(tmp_path):
    (tmp_path / "c.yaml").write_text("data: {source: iris}\ntraining: {epochs: 2}\n")
    done = dlrun("train", "c.yaml", "-q", cwd=tmp_path)
    (run_dir,) = (tmp_path / "runs").glob("*-c-*")
    assert f"report: runs/{run_dir.name}/report.html" in done.stdout
    assert (run_dir / "report.html").stat().st_size > 10_000
    assert "report" not in json.loads(dlrun("train", "c.yaml", "report=false", "--json", "-q", cwd=tmp_path).stdout)
    assert dlrun("report", run_dir.name, "-o", "mine.html", cwd=tmp_path).stdout == "mine.html\n"
    assert (tmp_path / "mine.html").read_text().count("<h1>") == 1
    assert json.loads(dlrun("runs", "--html", "-o", "all.html", "--json", cwd=tmp_path).stdout)["page"] == "all.html"
    index = (tmp_path / "all.html").read_text()
    assert re.findall(r'href="(runs[^"]*)"', index) == [f"runs/{run_dir.name}/report.html"]
    assert index.count('<th scope="row">') == 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("report", "digits", "-o", "absent/x.html"), 6, "absent/x.html"),
        (("report", "nobody"), 6, "nobody"),
        (("runs", "-o", "x.html"), 2, "add --html"),
    ],
)
def test_a_page_that_cannot_be_written_is_told_in_a_sentence(arguments, status, words, pages):
    runs_dir = pages["index"].parent
    done = dlrun(*arguments, cwd=runs_dir.parent, DLRUN_RUNS=str(runs_dir))
    assert done.returncode == status
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
