"""What the terminal shows, letter for letter: wide, narrow, piped, with hostile names; and how often it is redrawn."""

import io
import math
import re
import time
from dataclasses import replace

import pytest
from rich.console import Console

from dlrun.advice import Advice, Case, RunDiagnosis, advise
from dlrun.diagnosis import Finding, diagnose
from dlrun.diagnosis.ills import Verdict
from dlrun.diagnosis.records import ClassErrors, Recall
from dlrun.diagnosis.row_summary import ClassCount, RowSummary
from dlrun.gradcheck import OwnReport, TensorCheck
from dlrun.gradcheck.tensor_checks import Worst
from dlrun.nn.training import EpochRecord
from dlrun.records import BySplit, Sizes
from dlrun.report import ended, panel, terminal
from dlrun.report.progress import training_display
from dlrun.report.text import clean, shown, shown_cost
from dlrun.store import Result, RunSummary

RUN = "20260301-120000-demo-00aa"
NO_ERRORS = BySplit(None, None)


def result(**changes):
    known = {
        "run_id": RUN,
        "run_dir": f"runs/{RUN}",
        "name": "demo",
        "status": "finished",
        "message": None,
        "task": "multiclass",
        "errors": BySplit(0.014, 0.11, 0.105),
        "sizes": Sizes(1000, 200, 200),
        "baseline_error": 0.5,
        "optimal_error": 0.0,
        "costs": BySplit(0.05, 0.4, 0.4),
        "losses": BySplit(0.04, 0.4, 0.4),
        "epochs": 60,
        "best_epoch": 41,
        "seconds": 3.21,
        "verdict": Verdict("low", "high"),
    }
    return Result(**known | changes)


def run_row(run_id=RUN, **changes):
    known = {"status": "finished", "errors": BySplit(0.15, 0.3), "verdict": Verdict("high", "high")}
    return RunSummary(run_id, "demo", **known | changes)


def advice(action, key=None, **changes):
    known = {"why": "", "change": None, "command": None, "seconds": None, "expected": "less", "about": "dev"}
    return Advice(action, key, **known | {"confidence": None, "code": None} | changes)


def screen(show, record, width=80, **options):
    """What `show` prints, without the spaces that fill table rows up."""
    console = Console(file=io.StringIO(), width=width, color_system=None, **options)
    show(record, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


# --- a result -------------------------------------------------------------------------------------------------------


def test_a_result_of_an_older_run_shows_what_it_knows():
    assert screen(ended.show_result, result(warnings=("column 'x' is constant",))) == (
        "demo  60 epochs in 3.2 s, the best 41\n"
        "          rows  error\n"
        "optimal          0.0%\n"
        "train     1000   1.4%\n"
        "dev        200  11.0%\n"
        "test       200  10.5%\n"
        "baseline        50.0%  always answering the majority class\n"
        "low bias, high variance\n"
        "warning: column 'x' is constant\n"
        "kept in runs/20260301-120000-demo-00aa\n"
        "more: dlrun diagnose 20260301-120000-demo-00aa"
    )


@pytest.mark.parametrize(
    ("kept", "best", "told"),
    [(60, 41, "the best 41"), (41, 41, "the best 41 is kept"), (60, 60, "the best 60"), (None, 41, "the best 41")],
)
def test_a_result_says_that_the_best_epoch_is_kept_where_that_is_not_the_last(kept, best, told):
    first = screen(ended.show_result, result(kept_epoch=kept, best_epoch=best)).splitlines()[0]
    assert first == f"demo  60 epochs in 3.2 s, {told}"


def test_a_result_shows_errors_with_intervals_distances_what_outranks_the_verdict_place_and_next_step():
    known = diagnosis(0.014, 0.11, 0.105, sizes=result().sizes, optimal_error=0.05, baseline_error=0.5).diagnosis
    repeated = ("verdict", "sentence", "intervals", "findings", "optimal_error")
    record = result(**{name: getattr(known, name) for name in repeated})
    assert screen(ended.show_result, record) == (
        "demo  60 epochs in 3.2 s, the best 41\n"
        "          rows  error  90% interval\n"
        "optimal          5.0%\n"
        "train     1000   1.4%  [0.85, 2.2]\n"
        "dev        200  11.0%  [7.6, 15.3]\n"
        "test       200  10.5%  [7.1, 14.8]\n"
        "baseline        50.0%                always answering the majority class\n"
        "low bias: train error is 3.6 points [2.8, 4.2] below the optimal error; high\n"
        "variance: dev error is 9.6 points [6.1, 14.0] above train error\n"
        "kept in runs/20260301-120000-demo-00aa\n"
        "more: dlrun diagnose 20260301-120000-demo-00aa"
    )


def test_with_its_diagnosis_a_result_has_bars_and_the_command_of_the_first_advice():
    more_data = advice("more data", "data.source", command="dlrun train x.yaml a=1")
    found = replace(diagnosis(0.014, 0.11), advice=(more_data,))
    lines = screen(lambda record, console: ended.show_result(record, console, found), result()).splitlines()
    assert lines[3].startswith("dev     11.0%  ░░░")
    assert lines[3].endswith("  9.6 variance, high")
    assert not any(line.startswith("baseline") for line in lines)
    assert "try: more data: dlrun train x.yaml a=1" in lines
    nothing_to_do = replace(found, advice=(advice("done"),))
    assert "try:" not in screen(lambda record, console: ended.show_result(record, console, nothing_to_do), result())


def test_a_regression_shows_unexplained_variance_and_rmse():
    record = result(
        task="regression",
        rmse=BySplit(1.2345, 2),
        errors=BySplit(0.9, 1.2),
        verdict=Verdict("high", "high"),
        baseline_error=1.0,
        epochs=1,
        best_epoch=None,
    )
    assert screen(ended.show_result, record) == (
        "demo  1 epoch in 3.2 s\n"
        "          rows  1 - R²    rmse\n"
        "optimal           0.0%\n"
        "train     1000   90.0%  1.2345\n"
        "dev        200  120.0%  2.0000\n"
        "baseline        100.0%          predicting the mean\n"
        "high bias, high variance\n"
        "kept in runs/20260301-120000-demo-00aa\n"
        "more: dlrun diagnose 20260301-120000-demo-00aa"
    )


def test_of_many_notes_the_first_are_shown_and_the_others_counted():
    told = screen(
        lambda record, console: ended.show_result(record, console, None, ended.Beside(read=("c", "d", "e"))),
        result(warnings=("a",), notes=("b",)),
    )
    assert "warning: a\nnote: b\nread: c\nand 2 more, which the report shows\n" in told


def test_the_first_run_of_a_folder_says_what_a_bar_is():
    def first(record, console):
        ended.show_result(record, console, None, ended.Beside(is_first=True))

    assert screen(first, result()).splitlines()[-3:] == [
        "first run: a bar is an error with its 90% interval; train above optimal is bias",
        "(a bigger network, longer), dev above train is variance (more data,",
        "regularization)",
    ]
    assert "first run" not in screen(ended.show_result, result())


def test_a_finding_that_fails_stands_above_the_verdict_and_a_notice_waits_for_diagnose():
    found = (Finding("x", "notice", "a trifle", "seen", "do"), Finding("leak", "fail", "a leak", "column y", "drop it"))
    told = screen(ended.show_result, result(findings=found))
    assert "a leak: column y\nlow bias, high variance\n" in told
    assert "trifle" not in told


@pytest.mark.parametrize("unknown", [NO_ERRORS, BySplit(math.nan, math.inf)])
def test_a_diverged_run_says_so_and_offers_no_diagnosis(unknown):
    record = result(
        status="diverged", message="cost is nan at epoch 3", errors=unknown, verdict=None, baseline_error=None
    )
    assert screen(ended.show_result, record) == (
        "demo  60 epochs in 3.2 s, the best 41\n"
        "diverged: cost is nan at epoch 3\n"
        "         rows  error\n"
        "optimal         0.0%\n"
        "train    1000      -\n"
        "dev       200      -\n"
        "kept in runs/20260301-120000-demo-00aa"
    )


def test_a_narrow_result_keeps_its_numbers_and_breaks_neither_path_nor_command():
    found = screen(ended.show_result, result(run_dir="runs/" + "x" * 90), width=60)
    lines = found.splitlines()
    assert "dev        200  11.0%" in lines
    assert "kept in runs/" + "x" * 90 in lines
    assert max(len(line) for line in lines if not line.startswith(("kept", "more"))) <= 60


HOSTILE = "[bold]x[/bold] [link=https://e.org]\x1b[31mred\x1b]0;title\x07\x9b2J\r\nnext\u202etxt :smile:"
HARMLESS = "[bold]x[/bold] [link=https://e.org][31mred]0;title2J  nexttxt :smile:"


def test_text_from_outside_is_shown_as_it_stands_and_controls_nothing():
    assert clean(HOSTILE) == HARMLESS
    long = {"width": 200}
    record = result(name=HOSTILE, status="failed", message=HOSTILE, warnings=(HOSTILE,), run_dir=HOSTILE)
    shows = screen(ended.show_result, record, **long)
    assert shows.count(HARMLESS) == 4
    item = advice(HOSTILE, HOSTILE, why=HOSTILE)
    shows += screen(terminal.show_diagnosis, replace(diagnosis(0.1, 0.2), advice=(item,)), **long)
    shows += screen(terminal.show_runs, [run_row(status=HOSTILE, problem=HOSTILE)], **long)
    shows += screen(terminal.show_gradcheck, gradcheck(False, name=HOSTILE), **long)
    assert shows.count(HARMLESS) == 4 + 3 + 2 + 2
    finding = Finding(HOSTILE, "fail", HOSTILE, HOSTILE, HOSTILE)
    classes = ClassErrors(0.1, (Recall(HOSTILE, 5, 0.2, (0, 1)),))
    found = diagnosis(0.1, 0.2)
    told = {"findings": (finding,), "sentence": HOSTILE}
    hostile = replace(found, diagnosis=replace(found.diagnosis, classes=classes, **told))
    more = screen(terminal.show_diagnosis, hostile, width=300) + screen(ended.show_result, result(**told), **long)
    assert more.count(HARMLESS) == 6 + 3
    shows += more
    assert not set(shows) & {"\x1b", "\x07", "\x9b", "\r", "\u202e"}


# --- a diagnosis ----------------------------------------------------------------------------------------------------


def diagnosis(train, dev, test=None, **options):
    judged = diagnose(BySplit(train, dev, test), **options)
    return RunDiagnosis(run_id=RUN, diagnosis=judged, advice=tuple(advise(Case(judged))))


def test_a_diagnosis_shows_errors_sums_the_rule_the_verdict_and_advice_under_its_reasons():
    sizes = Sizes(1000, 200, 200)
    assert screen(terminal.show_diagnosis, diagnosis(0.15, 0.16, 0.17, sizes=sizes, baseline_error=0.5)) == (
        "diagnosis of 20260301-120000-demo-00aa\n"
        "          rows  error  90% interval\n"
        "optimal          0.0%\n"
        "train     1000  15.0%  [13.2, 17.0]\n"
        "dev        200  16.0%  [11.9, 20.9]\n"
        "test       200  17.0%  [12.8, 22.0]\n"
        "baseline        50.0%                always answering the majority class\n"
        "the test set is for the final check only: it takes no part in the verdict\n"
        "  train - optimal: avoidable bias 15.0 [13.2, 17.0], 94% of the excess: high\n"
        "  dev - train: variance 1.0 [-3.6, 6.2], 6% of the excess: inconclusive\n"
        "  surely > 2.0 high, surely < 5.0 low, both moderate, neither inconclusive\n"
        "  no optimal error is declared, so 0% is assumed: bias is high unless the\n"
        "optimal error exceeds 11.6%\n"
        "verdict: high bias: train error is 15.0 points [13.2, 17.0] above the optimal\n"
        "error; inconclusive variance: dev error is 1.0 points [-3.6, 6.2] above train\n"
        "error\n"
        "about 1100 more dev rows would settle the variance (could be 180, or that no\n"
        "number does)\n"
        "because train error 15.0% is 15.0 points above the optimal 0.0%:\n"
        "  1. bigger network: more units a layer  network.width\n"
        "  2. bigger network: more layers  network.depth\n"
        "  3. train longer  training.epochs\n"
        "and 2 more: dlrun diagnose --errors ... --all"
    )


def test_all_advice_of_a_diagnosis_is_shown_on_request():
    sizes = Sizes(1000, 200, 200)
    lines = screen(all_advice, diagnosis(0.15, 0.16, 0.17, sizes=sizes, baseline_error=0.5)).splitlines()
    assert lines[-4:] == [
        "  4. another architecture  network.activation",
        "because about 1100 more dev rows would settle the variance (could be 180, or",
        "that no number does):",
        "  5. more dev rows  data.split",
    ]


def all_advice(record, console):
    terminal.show_diagnosis(record, console, show_all=True)


def test_narrow_advice_puts_its_keys_below_and_cuts_none():
    lines = screen(all_advice, diagnosis(0.01, 0.11), width=60).splitlines()
    assert lines[lines.index("because dev error 11.0% is 10.0 points above train error") :] == [
        "because dev error 11.0% is 10.0 points above train error",
        "1.0%:",
        "  1. regularize: penalize large weights",
        "     regularization.lambda",
        "  2. regularize: dropout  regularization.keep_prob",
        "  3. regularize: stop early  regularization.patience_epochs",
        "  4. regularize: augment the data",
        "     regularization.augment.noise",
        "  5. more data  data.source",
        "  6. smaller network  network.width",
    ]


def test_done_has_a_reason_and_no_key_and_a_typed_diagnosis_no_run():
    lines = screen(terminal.show_diagnosis, replace(diagnosis(0.005, 0.01), run_id=None)).splitlines()
    assert lines[0] == "diagnosis"
    assert "  dev - train: variance 0.50, 50% of the excess: low" in lines
    assert lines[-3:] == [
        "because train error 0.50% is 0.50 points above the optimal 0.0%, and dev error",
        "1.0% is 0.50 points above train error 0.50%: both distances are low:",
        "  1. done",
    ]


def test_a_regression_diagnosis_names_its_unit_and_what_outranks_the_verdict_comes_before_it():
    lines = screen(terminal.show_diagnosis, diagnosis(0.9, 1.2, baseline_error=1.0, regression=True)).splitlines()
    assert lines[0] == "diagnosis of 20260301-120000-demo-00aa, in 1 - R²"
    assert "baseline        100.0%  predicting the mean" in lines
    starts = [line.split(":")[0] for line in lines]
    finding = starts.index("not shown to be better than predicting the mean (no-better-than-baseline)")
    assert finding < starts.index("verdict")
    assert "  1. check the learning rate, the inputs and the labels before all else" in lines


def test_unequal_classes_are_shown_by_their_recalls():
    counts = (ClassCount("yes", 150, 140), ClassCount("no", 50, 28))
    lines = screen(terminal.show_diagnosis, diagnosis(0.1, 0.16, rows=RowSummary(classes=counts))).splitlines()
    start = lines.index("balanced error 25.3%, the classes being unequal:")
    assert lines[start + 1 : start + 4] == [
        "class  dev rows  recall  90% interval",
        "yes         150   93.3%  [89.0, 96.3]",
        "no           50   56.0%  [43.4, 68.0]",
    ]


def test_a_list_of_runs_marks_what_is_inconclusive():
    verdicts = [("high", "inconclusive"), ("moderate", "low"), ("low", "low")]
    phrases = [terminal.verdict_phrase(Verdict(*levels)) for levels in verdicts]
    assert phrases == ["bias, variance?", "bias (moderate)", "neither"]


# --- a gradient check -----------------------------------------------------------------------------------------------


def gradcheck(passed, name="W1"):
    counts = {"worst": Worst((3, 4), 0.1234, -0.5), "n_kinks": 0, "n_kinks_off": 0, "n_off": 0, "floor": 0.0}
    good = TensorCheck("b1", (50,), 6e-10, "great", verdict="pass", n_checked=50, **counts)
    bad = TensorCheck(name, (20, 50), 0.28, "probably a bug", verdict="fail", n_checked=1000, **counts)
    return OwnReport(
        passed=passed,
        verdict="pass" if passed else "fail",
        relative_difference=6.5e-10 if passed else 0.28,
        judgement="great" if passed else "probably a bug",
        epsilon=1e-5,
        n_examples=None,
        cost=0.5,
        n_parameters=1050,
        n_checked=1050,
        sampled=False,
        n_kinks=0,
        tensors=(good,) if passed else (good, bad),
        where=None,
        hints=(),
    )


SCALE = "the course's scale: below 1e-07 great, below 1e-05 fine, below 0.001 look closer"


def test_a_passed_gradient_check_shows_each_tensor():
    assert screen(terminal.show_gradcheck, gradcheck(True)) == (
        "gradient check passed\n"
        "relative difference 6.5e-10 (1050 of 1050 parameters, epsilon 1e-05)\n"
        "\n"
        "tensor  shape  difference  scale  verdict  kinks  furthest off\n"
        "b1      50        6.0e-10  great  pass            b1[3, 4]\n"
        f"{SCALE}"
    )


def test_a_failed_gradient_check_shows_the_tensor_that_failed():
    lines = screen(terminal.show_gradcheck, gradcheck(False)).splitlines()
    assert lines[0] == "gradient check failed"
    row = " ".join(lines[5].split())
    assert row == "W1 20 x 50 2.8e-01 probably a bug fail W1[3, 4] 1.234000e-01 -5.000000e-01"


# --- the runs -------------------------------------------------------------------------------------------------------

BROKEN = run_row(
    "20260228-120000-demo-00ab", status="broken", errors=NO_ERRORS, verdict=None, problem="result.json: corrupt"
)


def test_runs_are_a_table_where_it_fits():
    calm = run_row("20260227-120000-demo-00ac", verdict=Verdict("low", "low"))
    assert screen(terminal.show_runs, [run_row(), BROKEN, calm]) == (
        "run                        status    train    dev  test  high\n"
        "20260301-120000-demo-00aa  finished  15.0%  30.0%     -  bias, variance\n"
        "20260228-120000-demo-00ab  BROKEN        -      -     -\n"
        "20260227-120000-demo-00ac  finished  15.0%  30.0%     -  neither\n"
        "20260228-120000-demo-00ab: result.json: corrupt"
    )


def test_where_the_table_does_not_fit_no_id_is_cut():
    long = f"20260301-120000-{'n' * 64}-00ad"
    assert screen(terminal.show_runs, [run_row(long), BROKEN], width=60) == (
        f"{long}\n"
        "  finished  train 15.0%  dev 30.0%  test -  bias, variance\n"
        "20260228-120000-demo-00ab\n"
        "  BROKEN  train -  dev -  test -\n"
        "20260228-120000-demo-00ab: result.json: corrupt"
    )


def test_no_runs_are_told():
    assert screen(terminal.show_runs, []) == "no runs here yet"


# --- the console ----------------------------------------------------------------------------------------------------


def test_no_color_is_respected(monkeypatch):
    def shown_on_terminal():
        console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard")
        ended.show_result(result(), console)
        return console.file.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;33m" in shown_on_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "33m" not in shown_on_terminal()


@pytest.mark.parametrize("stderr", [False, True])
def test_the_console_writes_to_the_stream_asked_for_and_survives_ascii(monkeypatch, stderr):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    monkeypatch.setattr("sys.stderr" if stderr else "sys.stdout", stream)
    terminal.make_console(stderr).print("1 - R² [bold] :smile:")
    assert raw.getvalue() == b"1 - R? [bold] :smile:\n"


def test_numbers_on_screen():
    assert [shown(x) for x in (None, math.nan, 0.0, 0.004, 0.11)] == ["-", "-", "0.0%", "0.40%", "11.0%"]
    costs = (None, 0.12345, 9999.9, 12345.0, 0.0001, math.nan)
    assert [shown_cost(cost) for cost in costs] == ["-", "0.1235", "9999.9000", "1.23e+04", "1.00e-04", "nan"]


# --- progress -------------------------------------------------------------------------------------------------------


def epoch_record(epoch, train=0.012, dev=0.03, cost=0.1234):
    return EpochRecord(epoch, cost, 0.12, 0.0034, 0.01, train_error=train, dev_error=dev, seconds=0.001)


def piped(epochs, records, **options):
    console = Console(file=io.StringIO(), width=80)
    with training_display(epochs, console, **options) as display:
        for record in records:
            display.update(record)
    return console.file.getvalue().splitlines()


def test_piped_progress_is_twelve_lines_evenly_spread():
    lines = piped(60, [epoch_record(epoch) for epoch in range(1, 61)])
    assert lines[0] == "epoch  5/60  cost 0.1234  train 1.2%  dev 3.0%"
    assert [line.split("/")[0] for line in lines] == [f"epoch {epoch:2}" for epoch in range(5, 61, 5)]


@pytest.mark.parametrize("epochs", [1, 2, 11, 12, 13, 100, 1000, 1001])
def test_piped_progress_is_short_and_ends_with_the_last_epoch(epochs):
    lines = piped(epochs, [epoch_record(epoch) for epoch in range(1, epochs + 1)])
    assert min(epochs, 6) <= len(lines) <= 13
    assert lines[-1].startswith(f"epoch {epochs}/{epochs} ")


def test_a_run_that_stops_early_still_shows_its_last_epoch():
    assert piped(60, [epoch_record(1), epoch_record(2)]) == ["epoch  2/60  cost 0.1234  train 1.2%  dev 3.0%"]
    console = Console(file=io.StringIO(), width=80)

    def interrupted():
        with training_display(60, console) as display:
            display.update(epoch_record(7))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert console.file.getvalue() == "epoch  7/60  cost 0.1234  train 1.2%  dev 3.0%\n"


def test_between_evaluations_the_last_known_errors_are_shown():
    records = [epoch_record(1, None, None), epoch_record(2), epoch_record(3, None, None)]
    assert piped(3, records) == [
        "epoch 1/3  cost 0.1234",
        "epoch 2/3  cost 0.1234  train 1.2%  dev 3.0%",
        "epoch 3/3  cost 0.1234  train 1.2%  dev 3.0%",
    ]


def test_quiet_progress_shows_nothing_on_any_console():
    assert piped(3, [epoch_record(1)], quiet=True) == []
    console = Console(file=io.StringIO(), force_terminal=True)
    with training_display(3, console, quiet=True) as display:
        display.update(epoch_record(1))
    assert console.file.getvalue() == ""


def on_terminal(records, epochs, width=80):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with training_display(epochs, console) as display:
        for record in records:
            display.update(record)
    return console.file.getvalue()


@pytest.fixture
def clock(monkeypatch):
    """The time as the panel sees it, for a test to set."""
    now = {"now": 100.0}
    monkeypatch.setattr(panel.time, "monotonic", lambda: now["now"])
    return now


def halving_record(epoch):
    """Cost and errors of epoch 1 to 8, halved with every other one, the dev error in the beginning alone."""
    halved = (epoch - 1) // 2
    return epoch_record(epoch, 0.4 / 2**halved, 0.4 / 2 ** min(halved, 2), cost=4 / 2**halved)


def last_frame(clock, width, encoding="utf-8"):
    """The panel of 16 epochs, one a second, after eight; without what moves the cursor."""
    file = io.TextIOWrapper(io.BytesIO(), encoding)
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    with training_display(16, console, name="demo", optimal_error=0.04) as display:
        for epoch in range(1, 9):
            display.update(halving_record(epoch))
            clock["now"] += 1
    frame = file.buffer.getvalue().decode(encoding).rsplit("\x1b[2K", 1)[-1]
    return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", frame).splitlines()


def test_a_terminal_shows_one_panel_with_progress_curves_and_the_verdict_so_far(clock):
    assert last_frame(clock, 60) == [
        "╭─ demo ───────────────────────────────────────────────────╮",
        "│ epoch  8/16  ━━━━━━━━━━━━━━───────────────  0:00:08 left │",
        "│ cost   0.5000  ██▆▆▃▃▁▁                                  │",
        "│ train    5.0%  ██▆▆▃▃▁▁                                  │",
        "│ dev     10.0%  ██▆▆▃▃▃▃                                  │",
        "│ so far: low bias, moderate variance                      │",
        "╰──────────────────────────────────────────────────────────╯",
    ]


def test_the_panel_fits_forty_columns_and_a_terminal_that_knows_ascii_alone(clock):
    assert last_frame(clock, 40, encoding="ascii") == [
        "+- demo -------------------------------+",
        "| epoch  8/16  ####-----  0:00:08 left |",
        "| cost   0.5000  @@**--__              |",
        "| train    5.0%  @@**--__              |",
        "| dev     10.0%  @@**----              |",
        "| so far: low bias, moderate variance  |",
        "+--------------------------------------+",
    ]


def test_before_the_first_measurement_the_panel_says_so():
    shown = on_terminal([epoch_record(1, None, None)], 3)
    assert "so far: not measured yet" in shown
    assert "verdict" not in shown


def test_of_a_long_training_the_panel_forgets_epochs_and_no_measurement(clock):
    display = panel.LivePanel(10_000, Console(file=io.StringIO(), force_terminal=True))
    for epoch in range(1, 5001):
        error = 1 / epoch if epoch % 2 == 0 else None
        display.update(epoch_record(epoch, error, error))
    assert len(display.history) <= panel.REMEMBERED
    drawn = panel.curve([past.dev for past in display.history], [past.dev for past in display.history], 80)
    assert drawn.strip()[-1] == "▁"
    assert len(drawn.strip()) >= 79


def test_a_curve_is_logarithmic_shows_the_last_value_and_survives_what_is_not_above_nothing():
    values = [8.0, 4.0, 2.0, 1.0]
    assert panel.curve(values, values, 9) == "█▆▃▁"
    assert panel.curve(values * 50, values, 2) == "▁▁"
    assert panel.curve([0.0, 1.0, 0.0], [0.0, 1.0], 3) == "▁▁▁"
    assert panel.curve([None, 1.0, 8.0], values, 9) == " ▁█"
    assert panel.curve([], [], 9) == panel.curve(values, values, -1) == ""


def test_what_is_printed_beside_the_panel_stays_on_standard_output(capsys):
    console = Console(file=io.StringIO(), force_terminal=True)
    with training_display(3, console):
        print('{"run_id": "a"}')
    assert capsys.readouterr().out == '{"run_id": "a"}\n'
    assert "run_id" not in console.file.getvalue()


def test_a_dumb_terminal_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert on_terminal([epoch_record(1)], 1) == "epoch 1/1  cost 0.1234  train 1.2%  dev 3.0%\n"


def frames_in(seconds, clock, drawing_seconds):
    """How often the panel is drawn in so many seconds of epochs of a millisecond."""
    drawn = []

    class Slow(panel.LivePanel):
        def refresh(self):
            drawn.append(clock["now"])
            clock["now"] += drawing_seconds

    display, end = Slow(10_000, Console(file=io.StringIO(), force_terminal=True)), clock["now"] + seconds
    while clock["now"] < end:
        display.update(epoch_record(1))
        clock["now"] += 0.001
    return len(drawn)


def test_the_panel_is_redrawn_by_the_clock_and_a_slow_terminal_seldom(clock):
    assert frames_in(10, clock, drawing_seconds=0.001) in (49, 50)  # five a second
    assert frames_in(10, clock, drawing_seconds=0.005) in (20, 21)  # one percent of the time
    assert frames_in(10, clock, drawing_seconds=1.0) in (5, 6)  # never longer than a second without a look


def test_an_update_that_draws_nothing_costs_next_to_nothing():
    console = Console(file=io.StringIO(), force_terminal=True)
    record = epoch_record(2)
    with training_display(1000, console) as display:
        display.update(epoch_record(1))
        display.next_refresh = math.inf
        start = time.perf_counter()
        for _ in range(2000):
            display.update(record)
        spent = time.perf_counter() - start
    assert spent / 2000 < 20e-6  # measured: about one microsecond
