"""The page of a sweep: what it shows is what the outcome holds, within a few megabytes however large the sweep was."""

import itertools
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from pages import HOSTILE
from sweeps import (
    ACTIVATION,
    KEEP,
    LAMBDA,
    WIDTH,
    drawn_of,
    four_keys,
    hostile_sweep,
    lambda_sweep,
    outcome,
    ranked,
    setting,
    two_keys,
)

from dlrun.report.page import sweep_maps, sweep_paths, sweep_planes, validation
from dlrun.report.page.key_axis import key_axis
from dlrun.report.page.sweep import rows_of, sweep_page
from dlrun.sweep.records import Boundary, Counts, Drawn, SweptKey, TrainingPath

NOTHING = Drawn((), {})


def marks(picture, kind):
    """The elements of a picture that have this class."""
    root = ElementTree.fromstring(str(picture))
    return [each for each in root.iter() if kind in (each.get("class") or "").split()]


def points_of(path):
    """The points of an element's path."""
    return [tuple(map(float, pair.split())) for pair in re.findall(r"[\d.]+ [\d.]+", path.get("d"))]


def pages():
    first, second, third = lambda_sweep(), two_keys(), four_keys()
    return {
        "one": sweep_page(first, drawn_of(first, inputs=True)),
        "two": sweep_page(second, drawn_of(second)),
        "four": sweep_page(third, drawn_of(third)),
        "hostile": sweep_page(*hostile_sweep()),
        "none": sweep_page(outcome((SweptKey(LAMBDA, (1,), "log"),), [setting(0, {LAMBDA: 1}, None)]), NOTHING),
    }


@pytest.fixture(scope="module")
def made():
    return pages()


def test_every_picture_is_well_formed_and_says_what_it_shows(made):
    for name, count in (("one", 22), ("two", 7), ("four", 11), ("hostile", 16)):
        pictures = re.findall(r"<svg.*?</svg>", made[name], re.S)
        assert len(pictures) == count
        for picture in pictures:
            root = ElementTree.fromstring(picture)
            assert root.get("role") == "img"
            assert len(root.get("aria-label")) > 20


def test_hostile_text_stands_on_the_page_as_text(made):
    text = made["hostile"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not any(name in text for name in HOSTILE[:2])
    assert text.count("<script") == 1
    assert not [letter for letter in text if unicodedata.category(letter) == "Cc" and letter != "\n"]
    assert "\u202e" not in text


def test_the_head_says_who_won_what_that_is_worth_its_equals_and_the_command(made):
    text = re.sub(r"<[^>]*>", "", made["one"])
    assert (
        "It has the lowest dev error.\nIt may flatter itself by up to 1.8 points.\nOf the test errors only that" in text
    )
    assert "dlrun train configs/demo.yaml regularization.lambda=3" in text
    assert "lambda 1: dev 16.5% [14.5, 18.5]" in text
    assert "6 settings x 5 seeds: 30 finished in 7.5 s of training" in text


def test_what_failed_and_what_diverged_are_told_apart(made):
    text = re.sub(r"<[^>]*>", "", made["two"])
    assert "Failed: 5 trainings, such as width 16, keep_prob 0.75: the process was killed." in text
    assert "Diverged: 5 trainings, such as width 16, keep_prob 0.5: the cost is nan." in text
    assert "dlrun sweep --resume 20261128-070000-demo-ab12 --retry" in text
    assert "--retry" not in made["one"]
    assert re.findall(r'<td class="number"[^>]*>(5 \w+)</td>', made["two"]) == ["5 failed", "5 diverged"]  # as dev


def test_a_sweep_that_was_interrupted_says_how_to_go_on():
    lost = setting(1, {LAMBDA: 3}, None, counts=Counts(to_come=5))
    sweep = outcome((SweptKey(LAMBDA, (1, 3), "log"),), [setting(0, {LAMBDA: 1}, (0.1, 0.2)), lost])
    text = sweep_page(sweep, NOTHING)
    assert "This sweep was interrupted: 5 of 10 trainings are to come." in text
    assert "<code>dlrun sweep --resume 20261128-070000-demo-ab12</code>" in text


def test_before_there_is_a_winner_the_page_says_so(made):
    assert "No setting has a dev error yet." in made["none"]
    assert "The winner" not in made["none"]
    assert "<svg" not in made["none"]


# --- validation curves ----------------------------------------------------------------------------------------------


def test_the_curve_of_one_key_goes_through_the_errors_of_its_values_with_their_intervals():
    sweep = lambda_sweep()
    curve = validation.validation_curve(sweep.keys[0], sweep)
    dots = {split: marks(curve.even, split) for split in ("train", "dev")}
    circles = [each for each in dots["dev"] if each.tag.endswith("circle")]
    errors = {s.settings[LAMBDA]: s.dev.mean for s in sweep.settings}
    heights = {float(each.get("cx")): float(each.get("cy")) for each in circles}
    found = [heights[x] for x in sorted(heights)]
    expected = [errors[value] for value in sorted(errors)]
    slope = (found[1] - found[0]) / (expected[1] - expected[0])
    assert found == pytest.approx([found[0] + slope * (error - expected[0]) for error in expected], abs=0.2)
    (band,) = [each for each in dots["dev"] if "band" in each.get("class")]
    edges = points_of(band)
    assert len(edges) == 10  # five values above 0, each with two ends
    middle = [(low + high) / 2 for (_, low), (_, high) in zip(edges[:5], edges[:4:-1], strict=True)]
    assert middle == pytest.approx(found[1:], abs=0.2)


def test_a_0_among_logarithmic_values_stands_apart_beyond_a_break():
    sweep = lambda_sweep()
    curve = validation.validation_curve(sweep.keys[0], sweep)
    xs = sorted({float(each.get("cx")) for each in marks(curve.even, "dot")})
    steps = [right - left for left, right in itertools.pairwise(xs)]
    assert len(xs) == 6
    assert steps[1:] == pytest.approx(
        [np.log10(b / a) * 2 * steps[2] / (2 * np.log10(1 / 0.3)) for a, b in ((0.1, 0.3), (0.3, 1), (1, 3), (3, 10))],
        abs=0.3,
    )
    (stroke,) = marks(curve.even, "break")
    assert xs[0] < points_of(stroke)[0][0] < xs[1]
    assert len(marks(curve.even, "across")) == 2
    assert marks(curve.even, "line")[0].get("d").count("L") == 4  # the line itself does not cross the break


def test_of_several_keys_the_line_goes_through_the_best_of_each_value_and_dots_are_the_others():
    sweep = two_keys()
    curve = validation.validation_curve(sweep.keys[0], sweep)
    assert curve.even.count('class="dot dev faint"') + curve.above == 7 - 3
    assert curve.log.count('class="dot dev faint"') == 7 - 3
    best = {
        width: min(s.dev.mean for s in sweep.settings if s.dev and s.settings[WIDTH] == width)
        for width in (16, 64, 256)
    }
    words = ElementTree.fromstring(str(curve.even)).get("aria-label")
    assert all(f"{width}: train" in words and f"dev {100 * error:.1f}%" in words for width, error in best.items())


def test_a_key_drawn_from_a_range_has_one_point_on_the_line_in_each_part_of_its_axis():
    sweep = four_keys()
    curve = validation.validation_curve(sweep.keys[0], sweep)
    on_line = [each for each in marks(curve.log, "dev") if each.get("r") == "3.5"]
    assert len(on_line) == validation.PARTS
    places = sorted(float(each.get("cx")) for each in on_line)
    parts = [int((x - 62) / ((322 - 62) / 8)) for x in places]
    assert parts == list(range(8))


def test_words_stand_side_by_side_without_a_line_in_the_order_of_the_sweep():
    keys = (SweptKey(ACTIVATION, ("tanh", "relu", "sigmoid"), "words"),)
    errors = {"tanh": (0.1, 0.3), "relu": (0.1, 0.2), "sigmoid": (0.1, 0.4)}
    sweep = ranked(keys, [{ACTIVATION: word} for word in errors], lambda s: errors[s[ACTIVATION]])
    curve = validation.validation_curve(keys[0], sweep)
    assert "line" not in {
        kind for each in ElementTree.fromstring(str(curve.even)).iter() for kind in (each.get("class") or "").split()
    }
    ticks = [(float(each.get("x")), each.text) for each in marks(curve.even, "tick") if each.text in errors]
    assert [text for _, text in sorted(ticks)] == ["tanh", "relu", "sigmoid"]
    assert len(marks(curve.even, "bound")) == 6


def test_a_dot_far_above_the_lines_is_left_out_of_the_linear_picture_and_counted():
    keys = (SweptKey(WIDTH, (16, 64), "log"), SweptKey(KEEP, (0.5, 1.0), "linear"))
    grid = [{WIDTH: width, KEEP: keep} for width in (16, 64) for keep in (0.5, 1.0)]
    sweep = ranked(keys, grid, lambda s: (0.01, 0.9 if s[WIDTH] == 16 and s[KEEP] == 0.5 else 0.03 + s[KEEP] / 100))
    curve = validation.validation_curve(keys[0], sweep)
    assert (curve.above, curve.even.count("faint"), curve.log.count("faint")) == (1, 1, 2)
    assert "1 setting lies above this picture." in sweep_page(sweep, NOTHING)


def test_the_axis_of_a_key_obeys_its_scale_and_ticks_are_its_values_where_they_fit():
    assert key_axis([1, 2, 4, 8], "log").place(4) == pytest.approx(
        sum(map(key_axis([1, 2, 4, 8], "log").place, (2, 8))) / 2, abs=0.1
    )
    assert [text for _, text in key_axis([1, 2, 4, 8], "log").ticks] == ["1", "2", "4", "8"]
    linear = key_axis([1, 2, 400], "linear")
    assert linear.place(2) - linear.place(1) < 2
    assert "2" not in [text for _, text in linear.ticks]
    assert key_axis([0, 1, 100], "log").break_at is not None
    assert key_axis([1, 100], "log").break_at is None


# --- two keys and more ----------------------------------------------------------------------------------------------


def test_the_heat_map_has_a_cell_for_each_setting_with_its_error_and_frames_the_winner_and_its_equals():
    sweep = two_keys()
    drawing = sweep_maps.of_two_keys(sweep)
    cells = marks(drawing.picture, "heat")
    assert len(cells) == 7
    assert drawing.has_troubles
    numbers = sorted(each.text for each in marks(drawing.picture, "label") if re.fullmatch(r"[\d.×]+", each.text))
    assert numbers == sorted([*(f"{100 * s.dev.mean:.1f}" for s in sweep.settings if s.dev), "×", "×"])
    shades = [float(each.get("style").partition(":")[2]) for each in cells]
    assert (shades[0], min(shades)) == (1.0, 0.0)
    assert shades == sorted(shades, reverse=True)  # settings are best first
    (winner,) = marks(drawing.picture, "winner")
    assert float(winner.get("x")) - 2 == pytest.approx(float(cells[0].get("x")), abs=0.2)
    assert len(marks(drawing.picture, "equal")) == len(sweep.winner.equals) > 0


def test_numbers_are_left_out_of_cells_that_are_too_small_for_them():
    keys = (SweptKey(WIDTH, tuple(range(1, 17)), "linear"), SweptKey(KEEP, (0.5, 1.0), "linear"))
    grid = [{WIDTH: width, KEEP: keep} for width in range(1, 17) for keep in (0.5, 1.0)]
    sweep = ranked(keys, grid, lambda s: (0.1, 0.1 + s[WIDTH] / 100))
    picture = sweep_maps.of_two_keys(sweep).picture
    assert len(marks(picture, "heat")) == 32
    assert not [each for each in marks(picture, "label") if re.fullmatch(r"[\d.]+", each.text)]


def test_two_keys_drawn_from_ranges_are_dots():
    rng = np.random.default_rng(0)
    rows = [
        {WIDTH: int(w), KEEP: float(k)} for w, k in zip(rng.integers(8, 512, 40), rng.uniform(0.5, 1, 40), strict=True)
    ]
    keys = tuple(
        SweptKey(key, tuple(sorted({row[key] for row in rows})), scale)
        for key, scale in ((WIDTH, "log"), (KEEP, "linear"))
    )
    sweep = ranked(keys, rows, lambda s: (0.1, 0.1 + 1 / s[WIDTH]))
    picture = sweep_maps.of_two_keys(sweep).picture
    assert len([each for each in marks(picture, "heat") if each.tag.endswith("circle")]) == 40
    assert len(marks(picture, "winner")) == 1


def test_a_line_of_the_parallel_coordinates_goes_through_each_key_to_the_dev_error():
    sweep = four_keys(20)
    drawing = sweep_maps.parallel_coordinates(sweep)
    lines = marks(drawing.picture, "setting")
    assert len(lines) == 20
    assert all(len(points_of(each)) == 5 for each in lines)
    assert "winner" in lines[-1].get("class")  # the best is drawn last, in front
    ends = [points_of(each)[-1][1] for each in lines]
    assert ends == sorted(ends)  # the worst first; below is better
    assert sweep_maps.parallel_coordinates(two_keys()) is None
    assert sweep_maps.of_two_keys(sweep) is None


@pytest.mark.parametrize("least", [0.0, 0.004, 0.44])
def test_the_errors_have_most_of_their_axis_whether_they_differ_much_or_little(least):
    keys = tuple(SweptKey(key, (1, 2, 3), "linear") for key in ("a", "b", "c"))
    sweep = ranked(keys, [dict.fromkeys("abc", n) for n in (1, 2, 3)], lambda s: (0.1, least + 0.015 * (s["a"] - 1)))
    lines = marks(sweep_maps.parallel_coordinates(sweep).picture, "setting")
    heights = [points_of(each)[-1][1] for each in lines]
    assert max(heights) - min(heights) > 0.6 * (sweep_maps.AXES_HEIGHT - sweep_maps.AXES_TOP - sweep_maps.AXES_BOTTOM)


def test_the_names_of_the_axes_stand_above_them():
    picture = sweep_maps.parallel_coordinates(four_keys(20)).picture
    axes, names = (list(marks(picture, kind)) for kind in ("upright", "label"))
    at = [float(re.match(r"M([\d.]+)", each.get("d"))[1]) for each in axes]
    assert [float(each.get("x")) for each in names[1:]] == at[1:]
    assert {each.get("text-anchor") for each in names} == {"middle"}
    assert at[0] <= float(names[0].get("x")) < at[0] + 20  # the first is "learning_rate"


def test_a_key_that_does_not_apply_is_passed_over():
    keys = tuple(SweptKey(key, (1, 2), "linear") for key in ("a", "b", "c"))
    sweep = ranked(keys, [{"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 2}], lambda s: (0.1, 0.1 * s["a"]))
    lines = marks(sweep_maps.parallel_coordinates(sweep).picture, "setting")
    assert [len(points_of(each)) for each in lines] == [3, 4]


def test_an_error_of_0_has_the_strongest_colour_and_is_drawn():
    sweep = ranked(
        (SweptKey(WIDTH, (1, 2), "linear"), SweptKey(KEEP, (1,), "linear")),
        [{WIDTH: 1, KEEP: 1}, {WIDTH: 2, KEEP: 1}],
        lambda s: (0.0, 0.1 * (s[WIDTH] - 1)),
    )
    shade = sweep_maps.shade_of(sweep)
    assert (shade(0.0), shade(0.1)) == (1.0, 0.0)


# --- paths and frames -----------------------------------------------------------------------------------------------


def test_all_paths_are_drawn_the_winners_bold_and_those_that_end_early_with_a_dot():
    sweep = lambda_sweep()
    drawn = drawn_of(sweep)
    paths = sweep_paths.paths_of(sweep, drawn)
    assert len(marks(paths.even, "path")) == 10
    assert len(marks(paths.even, "line")) == 2
    assert len(marks(paths.even, "dot")) == 6
    assert paths.drawn == 12
    assert paths.left_out == 30 - 12


def test_errors_that_are_not_numbers_are_left_out_of_paths():
    broken = TrainingPath(0, 0, np.arange(3), np.full(3, np.nan), np.array([0.3, np.nan, np.inf]))
    lost = TrainingPath(1, 0, np.arange(3), np.full(3, np.nan), np.full(3, np.nan))
    paths = sweep_paths.paths_of(lambda_sweep(), Drawn((broken, lost), {}))
    assert paths.drawn == 1
    assert "nan" not in str(paths.even) + str(paths.log)


def test_one_keys_values_share_their_axes_and_start_at_the_winner():
    sweep = lambda_sweep()
    frames = sweep_paths.frames_of(sweep, drawn_of(sweep, inputs=True))
    assert [frame.value for frame in frames.frames] == ["0", "0.1", "0.3", "1", "3", "10"]
    assert frames.start == 4
    assert frames.frames[4].told == "lambda 3: train error 12.0%, dev error 15.7% [13.7, 17.7], means of 5 seeds"
    ticks = [[(each.get("y"), each.text) for each in marks(frame.curves, "tick")] for frame in frames.frames]
    assert all(each == ticks[0] for each in ticks)
    assert all(
        len(marks(frame.curves, "seed")) == 4 and len(marks(frame.curves, "line")) == 2 for frame in frames.frames
    )
    lines = [each for frame in frames.frames for kind in ("seed", "line") for each in marks(frame.curves, kind)]
    heights = [y for each in lines for _, y in points_of(each)]
    assert 22 <= min(heights) < max(heights) <= 220
    assert all(frame.plane for frame in frames.frames)
    assert frames.planes.classes == ("no", "yes")
    assert (frames.planes.points, frames.planes.all_points) == (250, 300)
    assert sweep_paths.frames_of(two_keys(), drawn_of(two_keys())) is None


def test_the_mean_of_seeds_ends_where_the_shortest_ends():
    long, short = (np.array([1, 2, 3, 4]), np.array([0.4, 0.3, 0.2, 0.1])), (np.array([1, 3]), np.array([0.6, 0.4]))
    epochs, errors = sweep_paths.mean_line([long, short])
    assert epochs.tolist() == [1, 2, 3]
    assert errors.tolist() == pytest.approx([0.5, 0.4, 0.3])


def test_the_boundary_lies_where_the_answers_change():
    grid = np.linspace(-1.0, 1.0, 21)
    answers = np.tile((grid > 0.25).astype(float), (21, 1))
    drawn = Drawn((), {4: Boundary(4, 0, grid, grid, answers)}, np.array([[0.0, 0.0], [0.9, 0.5]]), np.array([0, 1]))
    planes = sweep_planes.planes_of("binary", drawn, [4])
    for k, (low, high) in enumerate(((-1.0, 0.25), (0.25, 1.0))):
        (region,) = [each for each in marks(planes.pictures[4], "region") if f"class{k}" in each.get("class")]
        xs = [x for x, _ in points_of(region)]
        assert (min(xs), max(xs)) == pytest.approx((44 + (low + 1) * 174, 44 + (high + 1) * 174), abs=9)
    assert len([each for each in marks(planes.pictures[4], "point") if each.get("d")]) == 2
    multi = sweep_planes.planes_of(
        "multiclass", replace(drawn, boundaries={4: Boundary(4, 0, grid, grid, answers * 2)}), [4]
    )
    assert multi.classes == ("0", "1", "2")
    assert [bool(each.get("d")) for each in marks(multi.pictures[4], "region")] == [True, False, True]


def test_a_regressions_answers_are_steps_of_colour_the_same_in_all_pictures():
    grid = np.linspace(0.0, 1.0, 11)
    slope = np.tile(grid, (11, 1))
    drawn = Drawn(
        (),
        {0: Boundary(0, 0, grid, grid, slope), 1: Boundary(1, 0, grid, grid, slope / 2)},
        np.array([[0.5, 0.5]]),
        np.array([0.5]),
    )
    planes = sweep_planes.planes_of("regression", drawn, [0, 1])
    filled = [sum(bool(each.get("d")) for each in marks(planes.pictures[n], "step")) for n in (0, 1)]
    assert filled == [6, 3]
    assert len(marks(planes.pictures[0], "target")) == 1


# --- the table and the size -----------------------------------------------------------------------------------------


def test_the_table_sorts_by_unrounded_numbers(made):
    row = rows_of(two_keys())[0]
    assert [cell.text for cell in row.cells[:3]] == ["best", "256", "1.0"]
    assert row.cells[3].value == two_keys().settings[0].dev.mean
    assert 'data-value="0.02390625"' in made["two"]
    assert made["two"].count('<th scope="col"') == len(row.cells)


def test_100_000_trainings_fit_in_a_page_of_a_few_megabytes_that_says_what_is_left_out():
    sweep = four_keys(20_000)
    path = drawn_of(four_keys(1), seeds=1).paths[0]
    drawn = Drawn(tuple(replace(path, number=s.number, seed=seed) for s in sweep.settings for seed in range(2)), {})
    text = sweep_page(sweep, drawn)
    assert len(text) < 2e6
    assert "and 19,800 more settings" in text.lower()
    assert "19,700 more settings are not drawn" in text
    assert "19,692 more settings have no dot" in text
    assert "150 trainings are drawn, 99,850 are not." in text


def test_a_key_of_many_values_has_a_bounded_number_of_frames_with_the_winner_among_them():
    values = tuple(range(1, 2001))
    sweep = ranked(
        (SweptKey(WIDTH, values, "linear"),),
        [{WIDTH: v} for v in values],
        lambda s: (0.1, abs(s[WIDTH] - 777.2) / 2e3 + 0.1),
    )
    drawn = drawn_of(sweep, inputs=True)
    text = sweep_page(sweep, drawn)
    assert len(text) < 4e6
    frames = sweep_paths.frames_of(sweep, drawn)
    assert frames.frames[frames.start].value == "777"
    assert len(frames.frames) <= sweep_paths.MOST_FRAMES + 1
    assert f"{2000 - len(frames.frames):,} more values are not drawn" in text


def test_a_sweep_of_seeds_alone_has_a_page():
    sweep = outcome((), [setting(0, {}, (0.1, 0.2))])
    text = re.sub(r"<[^>]*>", "", sweep_page(sweep, drawn_of(sweep)))
    assert "Sweep of seeds; 1 setting x 5 seeds" in text
    assert "All trainings" in text
    assert "against" not in text.partition("Settings")[0].partition("All trainings")[0]


def test_a_key_of_numbers_and_words_is_sorted_as_words():
    keys = (SweptKey(KEEP, (0.5, "auto"), "linear"),)
    sweep = ranked(keys, [{KEEP: 0.5}, {KEEP: "auto"}], lambda s: (0.1, 0.2 if s[KEEP] == 0.5 else 0.3))
    row = rows_of(sweep)[1]
    assert (row.cells[1].text, row.cells[1].is_number) == ("auto", False)
    assert "auto" in [each.text for each in marks(validation.validation_curve(keys[0], sweep).even, "tick")]


def test_dev_points_outside_a_picture_are_not_drawn_and_not_counted_as_drawn():
    grid = np.linspace(-1.0, 1.0, 5)
    at = Boundary(0, 0, grid, grid, np.tile(grid, (5, 1)))
    planes = sweep_planes.planes_of(
        "binary", Drawn((), {0: at}, np.array([[0.0, 0.5], [0.0, 3.0]]), np.array([0, 0])), [0]
    )
    assert (planes.points, planes.all_points) == (1, 2)
    (first, _) = marks(planes.pictures[0], "point")
    assert first.get("d").count("M") == 1


def test_the_words_of_a_map_name_the_lowest_and_the_highest_error_in_whatever_order_settings_come():
    sweep = two_keys()
    first, *rest = [s for s in sweep.settings if s.dev]
    words = sweep_maps.map_in_words(*sweep.keys, outcome(sweep.keys, [rest[0], first, *rest[:0:-1]]))
    assert "lowest at width 256, keep_prob 1.0, 2.4%; highest at width 16, keep_prob 1.0, 8.2%" in words
