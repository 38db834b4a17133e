"""Advice, what came of it, curves and decompositions as a person sees them."""

import io
from dataclasses import replace
from functools import partial

import pytest
from rich.console import Console

from dlrun.advice import Advice
from dlrun.advice.records import Rate
from dlrun.diagnosis.ills import Verdict
from dlrun.diagnosis.learning_curve import Curve, CurvePoint, Forecast
from dlrun.report import show_curve, show_decomposition, show_ledger, show_outcome, show_path
from dlrun.report.advice import show_advice
from dlrun.report.evidence import PlotLine, plotted
from dlrun.search.curve import RunCurve
from dlrun.search.decompose import BootstrapParts, Decomposition, HalvesVariance, SeedsVariance, Sources
from dlrun.search.follow import Path, Step, TrainAndDev
from dlrun.search.ledger import ActionCount, LedgerLine, Tally, rates, tally
from dlrun.search.recipe import Applied, Recipe
from dlrun.statistics.decomposition import Domingos, Parts

HOSTILE = "[bold]x[/bold]\x1b[31m\u202e\x07"


def screen(show, record, width=80):
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False, color_system=None)
    show(record, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def item(action, change, why, **more):
    key = next(iter(change)) if change else None
    known = {"command": None, "seconds": 3.0, "confidence": "likely", "expected": "less", "about": "dev", "code": None}
    return Advice(action, key, why, change, **known | more)


REASON = "dev error 20.0% is 20.0 points above train error 0.0%"
ADVICE = [
    item("regularize: penalize large weights", {"regularization.lambda": 0.3}, f"{REASON}; lambda is 0"),
    item("train to the end", {"regularization.patience_epochs": None, "data.normalize": True}, f"{REASON}; it stopped"),
    item("more data", None, f"{REASON}; how much is not known", command="dlrun curve r", seconds=None),
    item("split anew", None, "mismatch; the features moved", seconds=None, confidence=None),
]


def advice_of(run_dir, **more):
    """Shows advice for a run that is kept there."""
    return lambda advice, console: show_advice(advice, console, run_dir, **more)


def test_advice_stands_under_its_reason_with_change_certainty_and_cost():
    assert screen(advice_of("runs/r", show_all=True), ADVICE, width=100) == (
        f"because {REASON}:\n"
        "  1. regularize: penalize large weights  regularization.lambda=0.3  (likely, 3.0 s)\n"
        "     lambda is 0\n"
        "  2. train to the end  regularization.patience_epochs=null data.normalize=true  (likely, 3.0 s)\n"
        "     it stopped\n"
        "  3. more data  dlrun curve r  (likely)\n"
        "     how much is not known\n"
        "because mismatch:\n"
        "  4. split anew\n"
        "     the features moved\n"
        "apply one: dlrun diagnose r --apply 1"
    )


def test_three_items_are_shown_and_what_shows_the_others():
    lines = screen(advice_of("runs/r"), ADVICE, width=100).splitlines()
    assert lines[-2:] == ["and 1 more: dlrun diagnose r --all", "apply one: dlrun diagnose r --apply 1"]
    assert "  3. more data  dlrun curve r  (likely)" in lines
    assert not any("split anew" in line for line in lines)
    assert "more: " not in screen(advice_of("runs/r"), ADVICE[:3])
    assert screen(show_advice, ADVICE).endswith("and 1 more: dlrun diagnose --errors ... --all")


def test_an_item_says_what_it_brought_where_it_was_tried():
    tried = {"train to the end": Rate(60, 41, 0.021)}
    lines = screen(advice_of("runs/r", tried=tried), ADVICE, width=100).splitlines()
    at = lines.index("     it stopped")
    assert lines[at + 1] == "     helped in 41 of 60 such runs, 2.1 points in the median"
    assert sum("such runs" in line for line in lines) == 1


def test_advice_for_a_run_elsewhere_says_where_it_is():
    shown = screen(advice_of("else where/r"), ADVICE, width=100)
    assert shown.endswith("apply one: dlrun diagnose r --runs-dir 'else where' --apply 1")


def test_narrow_advice_puts_what_is_typed_on_lines_of_its_own():
    assert screen(show_advice, ADVICE[:1], width=50) == (
        "because dev error 20.0% is 20.0 points above train\n"
        "error 0.0%:\n"
        "  1. regularize: penalize large weights\n"
        "     regularization.lambda=0.3  (likely, 3.0 s)\n"
        "     lambda is 0"
    )


FIRST = Step(
    number=1,
    run_id="r1",
    from_=None,
    action=None,
    change=None,
    why=None,
    seconds=3.0,
    expected="less",
    confidence="unsure",
    errors=TrainAndDev(0.1, 0.2),
    verdict=Verdict("low", "high"),
)
CHANGED = replace(FIRST, from_=1, why="because")
DROPPED = replace(
    CHANGED,
    number=2,
    action="wider",
    change={"network.width": 8},
    kept=False,
    change_of_error=0.01,
    change_interval=(-0.02, 0.04),
    error_z=0.1,
    loss_z=-1,
    miss_z=0.2,
)
LOWER = {"change_of_error": -0.03, "change_interval": (-0.04, -0.02), "loss_z": 2.0, "miss_z": 2.0}
KEPT = replace(CHANGED, number=3, action="longer", change={"a": 1}, **LOWER)


def recipe(*steps, **changes):
    """The recipe, followed in these steps."""
    path = Path(steps, kept=3, ended=changes.pop("ended", "the budget of 3 trainings is used"))
    known = {"config": "c.yaml", "interrupted": None, "test_error": 0.25, "finish": None, "run_id": "r3"}
    return Recipe(path=path, **known | changes)


PATH = recipe(FIRST, DROPPED, KEPT)


def test_a_path_is_a_table_of_what_was_tried_kept_and_dropped():
    assert screen(show_path, PATH) == (
        "   change               train    dev  its change [90%]\n"
        "1  the config as it is  10.0%  20.0%\n"
        "2  wider                10.0%  20.0%  +1.0 [-2.0, 4.0]  dropped\n"
        "   network.width=8\n"
        "3  longer               10.0%  20.0%  -3.0 [-4.0, -2.0]  kept\n"
        "   a=1\n"
        "ended: the budget of 3 trainings is used\n"
        "use: r3, training 3 of 3\n"
        "test error 25.0%: looked at once, after the last decision"
    )


def test_a_verbose_path_has_the_reason_the_expectation_and_the_test_of_each_step():
    told = screen(partial(show_path, verbose=True), PATH, width=100)
    assert (
        "2  because because\n"
        "   expected less (unsure, 3.0 s)\n"
        "   against training 1 on the same dev rows: errors z 0.1, losses z -1.0, misses z 0.2\n"
        "3  because because\n"
        "   expected less (unsure, 3.0 s)\n"
        "   against training 1 on the same dev rows: losses z 2.0, misses z 2.0\n"
        "ended: the budget"
    ) in told
    assert told.startswith(screen(show_path, PATH, width=100).partition("ended")[0])


@pytest.mark.parametrize(
    ("kept", "error_z", "change", "told"),
    [
        (False, 2.0, -0.03, "fewer errors, but no surer of the right answers"),
        (False, 1.0, -0.01, "so small a gain may be chance"),
        (False, -2.0, 0.03, ""),
        (True, 2.0, -0.03, ""),
        (True, -0.2, 0.01, "no fewer errors, but surer of the right answers"),
    ],
)
def test_a_path_says_why_the_error_alone_did_not_decide(kept, error_z, change, told):
    step = replace(DROPPED, kept=kept, error_z=error_z, change_of_error=change)
    shown = " ".join(screen(show_path, recipe(step), width=160).split())
    assert told in shown
    assert any(reason in shown for reason in ("errors", "chance")) is bool(told)


def test_long_keys_of_a_change_are_shown_whole():
    step = replace(KEPT, change={"training.learning_rate": 0.006, "training.learning_rate_decay": 0.1})
    shown = screen(show_path, recipe(step)).splitlines()
    assert [line.strip() for line in shown[2:4]] == ["training.learning_rate=0.006", "training.learning_rate_decay=0.1"]


LINE = LedgerLine(
    time="2026-03-01T12:00:00+00:00",
    parent="r1",
    child="r2",
    action="wider",
    change={"network.width": 8},
    expected="less",
    about="dev",
    confidence="likely",
    before=TrainAndDev(0.1, 0.2),
    after=TrainAndDev(0.1, 0.1),
    train=None,
    dev=None,
    outcome="held",
    sentence="it fell",
)


def test_an_outcome_and_the_ledger_say_what_was_expected_and_what_came_of_it():
    applied = Applied(None, ADVICE[0], LINE)
    assert screen(show_outcome, applied) == "expected: less (likely)\noutcome: held; it fell"
    assert screen(show_ledger, Tally((LINE,), (ActionCount("wider", 3, 1, 0),))) == (
        "advice  tried  held  reversed  not shown\nwider       3     1         0          2\nr2: wider: it fell"
    )
    assert screen(show_ledger, Tally((), ())).startswith("no advice was applied here yet")


def fallen(before, after, outcome="held", about="dev", action="wider"):
    sides = {"before": TrainAndDev(before, 0.5), "after": TrainAndDev(after, 0.5)}
    if about == "dev":
        sides = {"before": TrainAndDev(0.5, before), "after": TrainAndDev(0.5, after)}
    return replace(LINE, action=action, outcome=outcome, about=about, **sides)


def test_the_ledger_has_a_rate_from_five_trials_on_with_the_median_fall_of_the_error_it_is_about():
    four = [fallen(0.2, 0.1), fallen(0.2, 0.17), fallen(0.2, 0.3, "reversed"), fallen(0.2, 0.19, "not shown")]
    of_train = [fallen(0.9, 0.1, about="train", action="longer")] * 5
    assert rates(four) == {}
    assert rates([*four, *of_train, fallen(0.2, 0.18)]) == {
        "wider": Rate(5, 2 + 1, pytest.approx(0.02)),  # falls of 10, 3, -10, 1 and 2 points
        "longer": Rate(5, 5, pytest.approx(0.8)),
    }
    shown = screen(show_ledger, tally(of_train), width=100).splitlines()
    assert shown[0].split() == ["advice", "tried", "held", "reversed", "not", "shown", "median", "fall"]
    assert shown[1].split() == ["longer", "5", "5", "0", "0", "80.0"]


def curve(**changes):
    """The curve of a run, with one forecast."""
    known = {
        "points": (CurvePoint(100, 3, 0.4, 0.3, 0.5), CurvePoint(200, 1, 0.2, 0.2, 0.2)),
        "gain": None,
        "forecasts": (Forecast(2, 400, 0.1, 0.0, 0.2, error=0.1, upper=0.2, lower=0.0),),
        "power_law": None,
        "answer": "yes",
        "sentence": "twice the data would help",
    }
    return RunCurve(run_id="r", task="binary", made="2026-03-01T12:00:00+00:00", curve=Curve(**known | changes))


def test_a_curve_is_drawn_to_scale():
    assert screen(show_curve, curve(), width=53) == (
        "would twice the data help? yes\n"
        "twice the data would help\n"
        "rows  dev error  0.0%            50.0%\n"
        " 100      40.0%              ----o----\n"
        " 200      20.0%          o\n"
        " 400      10.0%  ----?----\n"
        "o measured, lowest to highest of its trainings; ?\n"
        "forecast, with its 90% interval"
    )
    assert plotted(PlotLine(100, 0.1, 0.1, 0.1, "o"), 0.1, 0.1, 9) == "o"


DECOMPOSITION = Decomposition(
    run_id="r",
    task="binary",
    made="2026-03-01T12:00:00+00:00",
    dev_rows=300,
    sources=Sources(HalvesVariance(0.1, 0.01, 5), SeedsVariance(0.04, 5), 0.06, "the training rows matter most"),
    bootstrap=BootstrapParts(
        networks=25,
        whole_loss=0.11,
        note="note",
        kohavi_wolpert=Parts(loss=0.12, bias=0.05, variance=0.07),
        domingos=Domingos(0.12, 0.09, 0.05, 0.03, 0.04, 0.01),
    ),
)


def test_a_decomposition_adds_up_on_screen():
    assert screen(show_decomposition, DECOMPOSITION) == (
        "variance of r, on 300 dev rows\n"
        "          variance\n"
        "halves       10.0%  other rows and seeds, 5 pairs of half the data\n"
        "seeds         4.0%  the same rows, 5 seeds\n"
        "sampling      6.0%  the first minus the second: other rows alone\n"
        "the training rows matter most\n"
        "bootstrap, 25 networks\n"
        "  bias² 5.0% + variance 7.0% = loss 12.0% (Kohavi and Wolpert, corrected)\n"
        "  bias 9.0% + net variance 3.0% = loss 12.0% (Domingos)\n"
        "  trained on all rows: loss 11.0%\n"
        "  note"
    )


def test_text_from_outside_controls_nothing():
    hostile = item(HOSTILE, {HOSTILE: HOSTILE}, f"{HOSTILE}; {HOSTILE}", confidence=HOSTILE)
    step = replace(DROPPED, action=HOSTILE, change={HOSTILE: HOSTILE}, why=HOSTILE)
    line = replace(LINE, child=HOSTILE, action=HOSTILE, outcome=HOSTILE, sentence=HOSTILE)
    shows = screen(advice_of(f"runs/{HOSTILE}"), [hostile])
    shows += screen(show_path, recipe(step, ended=HOSTILE, run_id=HOSTILE))
    shows += screen(show_curve, curve(answer=HOSTILE, sentence=HOSTILE))
    shows += screen(show_ledger, Tally((line,), ()))
    assert not set(shows) & {"\x1b", "\x07", "\u202e"}
    assert "[bold]x[/bold]" in shows
