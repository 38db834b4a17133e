"""What a terminal shows of a sweep, letter for letter: its plan, its table, its winner, how it goes while it runs."""

import csv
import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from sweeps import KEEP, LAMBDA, WIDTH, four_keys, hostile_sweep, lambda_sweep, outcome, setting, two_keys

from dlrun.records import BySplit
from dlrun.report import PlanShown, panel, show_plan, show_sweep, sweep_csv, sweep_display, sweep_markdown
from dlrun.report.sweep_live import SweepPanel
from dlrun.sweep.records import Counts, SweptKey, TrainingLine


def screen(show, record, width=80, **options):
    """What `show` prints, without the spaces that fill table rows up."""
    console = Console(file=io.StringIO(), width=width, color_system=None, **options)
    show(record, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


# --- the plan -------------------------------------------------------------------------------------------------------

PLAN = PlanShown(
    name="digits",
    keys=(("network.width", "16 to 512, logarithmic"), ("regularization.keep_prob", "0.5, 0.75, 1")),
    settings=60,
    seeds=5,
    trainings=300,
    where="on 2 processes of this machine",
    seconds=24.3,
)


def test_a_plan_says_how_many_trainings_of_what_where_and_for_how_long():
    assert screen(show_plan, PLAN) == (
        "digits  60 settings x 5 seeds = 300 trainings\n"
        "  network.width             16 to 512, logarithmic\n"
        "  regularization.keep_prob  0.5, 0.75, 1\n"
        "  on 2 processes of this machine, about 24.3 s"
    )


def test_a_plan_of_one_says_so_and_what_is_not_known_is_not_told():
    one = replace(PLAN, keys=(), settings=1, seeds=1, trainings=1, seconds=None, done=1)
    assert screen(show_plan, one) == (
        "digits  1 setting x 1 seed = 1 training, 1 of them done\n  on 2 processes of this machine"
    )


# --- the table ------------------------------------------------------------------------------------------------------


def test_a_sweep_is_a_table_best_first_then_the_winner_its_worth_and_the_command():
    assert screen(show_sweep, lambda_sweep(), width=100) == (
        "demo  6 settings x 5 seeds: 30 finished in 7.5 s of training\n"
        "       lambda  train                 dev   sd           difference  seeds  seconds\n"
        "best        3  12.0%  15.7% [13.7, 17.7]  1.0                    -      5     0.25\n"
        "equal       1   6.0%  16.5% [14.5, 18.5]  1.0  +0.80 [-0.20, +1.8]      5     0.25\n"
        "           10  15.0%  17.0% [15.0, 19.0]  1.0   +1.3 [+0.30, +2.3]      5     0.25\n"
        "          0.3   1.0%  19.0% [17.0, 21.0]  1.0    +3.3 [+2.3, +4.3]      5     0.25\n"
        "          0.1   0.0%  20.0% [18.0, 22.0]  1.0    +4.3 [+3.3, +5.3]      5     0.25\n"
        "            0   0.0%  22.0% [20.0, 24.0]  1.0    +6.3 [+5.3, +7.3]      5     0.25\n"
        "difference: points of dev error above the best, over the same seeds and dev rows, [90% interval];\n"
        "equal: cannot be told from the best; sd: standard deviation over seeds, in points\n"
        "winner: it has the lowest dev error; it may flatter itself by up to 1.8 points\n"
        "of the test errors only that of the winner was looked at\n"
        "train it: dlrun train configs/demo.yaml regularization.lambda=3"
    )


def test_an_equal_whose_interval_is_above_zero_is_explained_where_there_is_one():
    usual = lambda_sweep()
    second = usual.settings[1]
    difference = replace(second.difference, interval=(0.002, 0.014))
    changed = replace(usual, settings=(usual.settings[0], replace(second, difference=difference), *usual.settings[2:]))
    words = "even where its interval is above 0: the best was chosen by the same rows"
    assert words in " ".join(screen(show_sweep, changed, width=100).split())
    assert words not in " ".join(screen(show_sweep, usual, width=100).split())


def test_what_failed_is_told_apart_from_what_diverged():
    shown = screen(show_sweep, two_keys(notes=("two machines have other versions",)), width=110)
    lines = shown.splitlines()
    assert lines[0] == "demo  9 settings x 5 seeds: 35 finished, 5 diverged, 5 failed in 7.5 s of training"
    assert lines[9].split() == ["16", "0.75", "-", "-", "-", "-", "0", "0.25", "5", "failed"]
    assert lines[10].split() == ["16", "0.5", "-", "-", "-", "-", "0", "0.25", "5", "diverged"]
    assert "failed: 5 trainings, such as width 16, keep_prob 0.75: the process was killed" in lines
    assert "diverged: 5 trainings, such as width 16, keep_prob 0.5: the cost is nan" in lines
    assert "once mended: dlrun sweep --resume 20261128-070000-demo-ab12 --retry" in lines
    assert "note: two machines have other versions" in lines


def test_the_message_of_a_setting_with_both_is_told_with_what_failed():
    lost = [
        setting(0, {LAMBDA: 1}, None, counts=Counts(failed=1, diverged=4), message="no memory"),
        setting(1, {LAMBDA: 3}, None, counts=Counts(diverged=5), message="the cost is nan"),
    ]
    lines = screen(show_sweep, outcome((SweptKey(LAMBDA, (1, 3), "log"),), lost), width=100).splitlines()
    assert lines[-3:] == [
        "failed: 1 training, such as lambda 1: no memory",
        "diverged: 9 trainings, such as lambda 3: the cost is nan",
        "once mended: dlrun sweep --resume 20261128-070000-demo-ab12 --retry",
    ]


def test_on_a_narrow_terminal_the_least_needed_columns_go_first_then_intervals():
    assert screen(show_sweep, lambda_sweep(), width=60).splitlines()[1:3] == [
        "       lambda                 dev           difference",
        "best        3  15.7% [13.7, 17.7]                    -",
    ]
    assert screen(show_sweep, lambda_sweep(), width=50).splitlines()[2:5] == [
        "       lambda    dev  difference",
        "best        3  15.7%           -",
        "equal       1  16.5%       +0.80",
    ]
    assert "interval" not in screen(show_sweep, lambda_sweep(), width=50)
    assert "sd:" not in screen(show_sweep, lambda_sweep(), width=60)


def test_where_no_table_fits_each_setting_has_its_own_lines():
    lines = screen(show_sweep, lambda_sweep(), width=30).splitlines()
    assert lines[2:8] == [
        "best: lambda 3",
        "  train 12.0%  dev 15.7%",
        "[13.7, 17.7]",
        "equal: lambda 1",
        "  train 6.0%  dev 16.5% [14.5,",
        "18.5]",
    ]


def test_a_table_is_cut_at_a_number_and_the_rest_is_counted():
    many = four_keys(60)
    shown = screen(show_sweep, many, width=140).splitlines()
    last = many.settings[-1].dev.mean
    assert len([line for line in shown if line.endswith("0.25")]) == 20
    assert f"and 40 more settings: dev {100 * many.settings[20].dev.mean:.1f}% to {100 * last:.1f}%" in shown


def test_the_rest_says_how_many_have_no_error():
    lost = [setting(9, {LAMBDA: 9}, None, counts=Counts(to_come=5))] * 3
    sweep = outcome((SweptKey(LAMBDA, (1,), "log"),), [*([setting(0, {LAMBDA: 1}, (0.1, 0.2))] * 20), *lost])
    shown = screen(show_sweep, sweep, width=100)
    assert "and 3 more settings: 3 without an error" in shown
    assert shown.splitlines()[-1] == "go on: dlrun sweep --resume 20261128-070000-demo-ab12"
    elsewhere = screen(lambda sweep, console: show_sweep(sweep, console, Path("my runs")), sweep, width=100)
    assert elsewhere.splitlines()[-1] == "go on: dlrun sweep --resume 20261128-070000-demo-ab12 --runs-dir 'my runs'"


def test_a_sweep_without_a_winner_says_what_there_is():
    lost = [setting(0, {LAMBDA: 1}, None, counts=Counts(failed=1, to_come=4), seconds=None, message="no memory")]
    assert screen(show_sweep, outcome((SweptKey(LAMBDA, (1,), "log"),), lost), width=100) == (
        "demo  1 setting x 5 seeds: 1 failed, 4 to come in 7.5 s of training\n"
        "  lambda  train  dev  sd  difference  seeds  seconds  ended\n"
        "       1      -    -   -           -      0        -  1 failed, 4 to come\n"
        "failed: 1 training, such as lambda 1: no memory\n"
        "once mended: dlrun sweep --resume 20261128-070000-demo-ab12 --retry\n"
        "go on: dlrun sweep --resume 20261128-070000-demo-ab12"
    )


def test_a_regression_has_its_own_word_and_a_command_is_quoted():
    sweep = lambda_sweep(task="regression", config="my config.yaml", saved_seconds=600.0)
    shown = screen(show_sweep, sweep, width=200)
    assert "points of dev 1 - R² above the best" in shown
    assert shown.endswith("train it: dlrun train 'my config.yaml' regularization.lambda=3")
    assert "in 7.5 s of training, 10 min saved by stopping early" in shown


def test_a_key_that_does_not_apply_to_a_setting_is_a_dash():
    keys = (SweptKey(WIDTH, (16,), "log"), SweptKey(KEEP, (0.5,), "linear"))
    sweep = outcome(
        keys, [setting(0, {WIDTH: 16}, (0.1, 0.2)), setting(1, {WIDTH: 16, KEEP: 0.5}, (0.1, 0.3), above=0.1)]
    )
    assert screen(show_sweep, sweep, width=100).splitlines()[2].split()[:3] == ["best", "16", "-"]


def test_no_text_from_outside_reaches_the_terminal_as_anything_else():
    sweep, _ = hostile_sweep()
    shown = screen(show_sweep, sweep, width=300)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold red]x[/]" in shown


# --- forms ----------------------------------------------------------------------------------------------------------


def test_the_csv_has_a_line_for_each_setting_with_unrounded_numbers():
    sweep = two_keys()
    rows = list(csv.DictReader(io.StringIO(sweep_csv(sweep))))
    assert len(rows) == 9
    first, last = rows[0], rows[-1]
    best = sweep.settings[0]
    assert (first[WIDTH], first[KEEP], first["is_winner"], first["is_equal"]) == ("256", "1.0", "true", "true")
    assert float(first["dev_error"]) == best.dev.mean
    assert (float(first["dev_lower"]), float(first["dev_upper"])) == best.dev.interval
    assert float(first["test_error"]) == sweep.winner.test.mean
    assert [row["test_error"] for row in rows[1:]] == [""] * 8
    assert float(rows[1]["difference"]) == sweep.settings[1].difference.difference
    assert rows[1]["method"] == "paired by seeds and rows"
    assert (last["diverged"], last["finished"], last["dev_error"], last["message"]) == ("5", "0", "", "the cost is nan")


def test_the_markdown_has_the_table_and_the_winner_and_nothing_that_is_read_as_markup():
    text = sweep_markdown(lambda_sweep())
    assert text.splitlines()[:4] == [
        "|  | lambda | train | dev | sd | difference | seeds | seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| best | 3 | 12.0% | 15.7% [13.7, 17.7] | 1.0 | - | 5 | 0.25 |",
        "| equal | 1 | 6.0% | 16.5% [14.5, 18.5] | 1.0 | +0.80 [-0.20, +1.8] | 5 | 0.25 |",
    ]
    assert text.endswith("\n\ntrain it: dlrun train configs/demo.yaml regularization.lambda=3\n")
    hostile = sweep_markdown(hostile_sweep()[0])
    assert "\\<script\\>" in hostile
    assert not re.search(r"(?<!\\)<", hostile)


# --- while it runs --------------------------------------------------------------------------------------------------


def line(number, *, dev=0.05, status="finished", seconds=0.5, message=None, settings=None):
    settings = {WIDTH: 16 + number} if settings is None else settings
    return TrainingLine(
        key=str(number),
        number=number,
        settings=settings,
        seed=number % 5,
        status=status,
        message=message,
        errors=BySplit(0.01, dev, None),
        losses=BySplit(0.1, 0.1, None),
        seconds=seconds,
    )


@pytest.fixture
def clock(monkeypatch):
    """The time as the display sees it, for a test to set."""
    now = {"now": 100.0}
    monkeypatch.setattr(panel.time, "monotonic", lambda: now["now"])
    return now


def piped(total, lines, clock=None, **options):
    console = Console(file=io.StringIO(), width=80)
    with sweep_display(total, console, **options) as display:
        for each in lines:
            display.begun(each.number, each.settings, each.seed)
            if clock:
                clock["now"] += 1
            display.update(each)
    return console.file.getvalue().splitlines()


def test_in_a_pipe_a_sweep_is_twelve_lines_with_the_best_so_far_and_the_time_left(clock):
    ends = {3: "diverged", 7: "failed", 8: "stopped"}
    lines = [line(n, dev=0.2 - 0.001 * n if n < 50 else 0.5, status=ends.get(n, "finished")) for n in range(60)]
    shown = piped(60, lines, clock)
    assert shown[0] == "5/60 trainings  1 diverged  lowest dev 19.6%: width 20, seed 4  0:00:55 left"
    assert (
        shown[1] == "10/60 trainings  1 stopped  1 diverged  1 failed  lowest dev 19.1%: width 25, seed 4  0:00:50 left"
    )
    assert shown[-1].endswith("lowest dev 15.1%: width 65, seed 4  0:00:00 left")
    assert len(shown) == 12


@pytest.mark.parametrize("total", [1, 11, 13, 1000, 1001])
def test_in_a_pipe_a_sweep_is_short_and_ends_with_the_last_training(total):
    shown = piped(total, [line(n) for n in range(total)])
    assert min(total, 6) <= len(shown) <= 13
    assert shown[-1].startswith(f"{total:,}/{total:,} ")


def test_what_was_done_before_counts_and_does_not_make_the_rest_look_quick(clock):
    shown = piped(20, [line(n) for n in range(2)], clock, done=10)
    assert shown[-1].startswith("12/20 trainings")
    assert shown[-1].endswith("0:00:08 left")


def test_what_ends_again_since_its_files_were_damaged_is_not_more_than_all(clock):
    shown = piped(20, [line(n) for n in range(3)], clock, done=18)
    assert shown[-1].startswith("20/20 trainings")
    assert shown[-1].endswith("0:00:00 left")


def test_an_interrupted_sweep_shows_its_last_training():
    console = Console(file=io.StringIO(), width=80)

    def interrupted():
        with sweep_display(60, console) as display:
            display.update(line(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert console.file.getvalue().startswith("1/60 trainings")


def test_quiet_shows_nothing_on_any_console():
    assert piped(3, [line(0)], quiet=True) == []
    console = Console(file=io.StringIO(), force_terminal=True)
    with sweep_display(3, console, quiet=True) as display:
        display.update(line(0))
    assert console.file.getvalue() == ""


def last_frame(clock, width, encoding="utf-8"):
    """The panel of 16 trainings after six, with two running; without what moves the cursor."""
    file = io.TextIOWrapper(io.BytesIO(), encoding)
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    ends = {1: "diverged", 3: "failed", 4: "stopped"}
    with sweep_display(16, console, name="demo", processes=2) as display:
        for number in range(6):
            display.begun(number, {}, number % 5)
            clock["now"] += 1
            message = "killed for memory" if number == 3 else None
            display.update(line(number, dev=0.1 - 0.01 * number, status=ends.get(number, "finished"), message=message))
        for number in (6, 7):
            display.begun(number, {}, number % 5)
    frame = file.buffer.getvalue().decode(encoding).rsplit("\x1b[2K", 1)[-1]
    return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", frame).splitlines()


def test_a_terminal_shows_one_panel_with_counts_speed_the_best_and_the_last_ended(clock):
    assert last_frame(clock, 80) == [
        "╭─ demo ───────────────────────────────────────────────────────────────────────╮",
        "│  6/16  ━━━━━━━━━━━━━━━━━━━━━──────────────────────────────────  0:00:10 left │",
        "│ 3 finished, 1 stopped, 1 diverged, 1 failed, 2 running, 8 to come            │",
        "│ 0.5 s a training, 2 processes                                                │",
        "│ lowest dev 5.0%: width 21, seed 0                                            │",
        "│   width 18, seed 2  dev 8.0%                                                 │",
        "│   width 19, seed 3  failed: killed for memory                                │",
        "│   width 20, seed 4  stopped                                                  │",
        "│   width 21, seed 0  dev 5.0%                                                 │",
        "╰──────────────────────────────────────────────────────────────────────────────╯",
    ]


def test_the_panel_fits_forty_columns_and_a_terminal_that_knows_ascii_alone(clock):
    assert last_frame(clock, 40, encoding="ascii") == [
        "+- demo -------------------------------+",
        "|  6/16  ######---------  0:00:10 left |",
        "| 3 finished, 1 stopped, 1 diverged, 1 |",
        "| 0.5 s a training, 2 processes        |",
        "| lowest dev 5.0%: width 21, seed 0    |",
        "|   width 18, seed 2  dev 8.0%         |",
        "|   width 19, seed 3  failed: killed f |",
        "|   width 20, seed 4  stopped          |",
        "|   width 21, seed 0  dev 5.0%         |",
        "+--------------------------------------+",
    ]


def test_only_what_finished_can_be_the_best():
    console = Console(file=io.StringIO(), width=80)
    with sweep_display(4, console, quiet=True) as display:
        display.update(line(0, dev=0.01, status="stopped"))
        display.update(line(1, dev=float("nan"), status="diverged"))
        display.update(line(2, dev=None, status="failed"))
        assert display.best_text() == "no dev error yet"
        display.update(line(3, dev=0.3))
    assert display.best.number == 3


def test_a_training_that_is_begun_again_is_running_once():
    with sweep_display(4, Console(file=io.StringIO()), quiet=True) as display:
        for _ in range(3):
            display.begun(0, {}, 0)
        display.begun(0, {}, 1)  # another seed of the same setting
        assert len(display.running) == 2
        display.update(replace(line(0), seed=0))
        assert display.running == {(0, 1)}


def test_the_display_of_100_000_trainings_keeps_no_more_than_that_of_ten(clock):
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with sweep_display(100_000, console) as display:
        display.next_refresh = float("inf")
        for number in range(100_000):
            display.begun(number, {}, 0)
            display.update(replace(line(number), seed=0))
        assert display.ended["finished"] == 100_000
        held = sum(sys.getsizeof(value) for value in vars(display).values())
        assert held < 4000
        assert len(display.running) == 0
        assert len(display.last) == 4


def test_the_panel_is_redrawn_by_the_clock(clock):
    drawn = []

    class Slow(SweepPanel):
        def refresh(self):
            drawn.append(clock["now"])
            clock["now"] += 0.005

    display, end = Slow(10_000, Console(file=io.StringIO(), force_terminal=True)), clock["now"] + 10
    while clock["now"] < end:
        display.update(line(1))
        clock["now"] += 0.001
    assert len(drawn) in (20, 21)  # one percent of the time


def test_without_colour_the_panel_has_none(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with sweep_display(2, console) as display:
        display.update(line(0, status="failed", message="\x1b[31mred"))
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", console.file.getvalue())
    assert "[31mred" in console.file.getvalue()


def test_a_dumb_terminal_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with sweep_display(1, console) as display:
        display.update(line(0))
    assert console.file.getvalue() == "1/1 trainings  lowest dev 5.0%: width 16, seed 0  0:00:00 left\n"


def test_a_sweep_of_seeds_alone_says_that_its_setting_is_the_config():
    lines = screen(show_sweep, outcome((), [setting(0, {}, (0.1, 0.2))]), width=20).splitlines()
    assert "best: the config as" in lines
    assert lines[-1] == "train it: dlrun train configs/demo.yaml"
