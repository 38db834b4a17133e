"""Advice, what came of it, curves and decompositions as a person sees them."""

import io

import pytest
from rich.console import Console

from dlrun.report import show_curve, show_decomposition, show_ledger, show_outcome, show_path
from dlrun.report.advice import show_advice
from dlrun.report.evidence import plotted

HOSTILE = "[bold]x[/bold]\x1b[31m\u202e\x07"


def screen(show, record, width=80):
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False, color_system=None)
    show(record, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def item(action, change, why, **more):
    key = next(iter(change)) if change else None
    known = {"command": None, "seconds": 3.0, "confidence": "likely", "expected": "less", "about": "dev"}
    return {"action": action, "key": key, "change": change, "why": why, **known, **more}


REASON = "dev error 20.0% is 20.0 points above train error 0.0%"
ADVICE = [
    item("regularize: penalize large weights", {"regularization.lambda": 0.3}, f"{REASON}; lambda is 0"),
    item("train to the end", {"regularization.patience_epochs": None, "data.normalize": True}, f"{REASON}; it stopped"),
    item("more data", None, f"{REASON}; how much is not known", command="dlrun curve r", seconds=None),
    item("split anew", None, "mismatch; the features moved", seconds=None, confidence=None),
]


def test_advice_stands_under_its_reason_with_change_certainty_and_cost():
    assert screen(show_advice, {"run_id": "r", "run_dir": "runs/r", "advice": ADVICE}, width=100) == (
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
        "carry one out: dlrun diagnose r --apply 1"
    )


def test_advice_for_a_run_elsewhere_says_where_it_is():
    shown = screen(show_advice, {"run_id": "r", "run_dir": "else where/r", "advice": ADVICE}, width=100)
    assert shown.endswith("carry one out: dlrun diagnose r --runs-dir 'else where' --apply 1")


def test_narrow_advice_puts_what_is_typed_on_lines_of_its_own():
    assert screen(show_advice, {"run_id": None, "advice": ADVICE[:1]}, width=50) == (
        "because dev error 20.0% is 20.0 points above train\n"
        "error 0.0%:\n"
        "  1. regularize: penalize large weights\n"
        "     regularization.lambda=0.3  (likely, 3.0 s)\n"
        "     lambda is 0"
    )


STEP = {
    "errors": {"train": 0.1, "dev": 0.2},
    "verdict": {},
    "why": "because",
    "expected": "less",
    "confidence": "unsure",
    "seconds": 3.0,
    "run_id": "r1",
    "from": 1,
}
PATH = {
    "steps": [
        STEP | {"number": 1, "from": None, "why": None, "action": None, "change": None, "kept": True},
        STEP
        | {"number": 2, "action": "wider", "change": {"network.width": 8}, "kept": False}
        | {"error_z": 0.1, "loss_z": -1, "miss_z": 0.2},
        STEP
        | {"number": 3, "action": "longer", "change": {"a": 1}, "kept": True}
        | {"error_z": None, "loss_z": 2.0, "miss_z": 2.0},
    ],
    "ended": "the budget of 3 trainings is used",
    "kept": 3,
    "run_id": "r3",
    "test_error": 0.25,
}


def test_a_path_tells_what_was_tried_kept_and_dropped_and_why():
    assert screen(show_path, PATH) == (
        "  1  the config as it is: train 10.0%, dev 20.0%\n"
        "  2  wider: network.width=8: train 10.0%, dev 20.0%: dropped\n"
        "     because because\n"
        "     expected less (unsure, 3.0 s)\n"
        "     beside training 1 on the same dev rows: errors z 0.1, losses z -1.0, misses\n"
        "z 0.2\n"
        "  3  longer: a=1: train 10.0%, dev 20.0%: kept\n"
        "     because because\n"
        "     expected less (unsure, 3.0 s)\n"
        "     beside training 1 on the same dev rows: losses z 2.0, misses z 2.0\n"
        "ended: the budget of 3 trainings is used\n"
        "use: r3, training 3 of 3\n"
        "test error 25.0%: looked at once, now that all is decided"
    )


@pytest.mark.parametrize(("kept", "error_z", "told"), [(False, 2.0, True), (False, 1.0, False), (True, 2.0, False)])
def test_a_path_says_why_a_change_with_fewer_errors_was_dropped(kept, error_z, told):
    step = PATH["steps"][1] | {"kept": kept, "error_z": error_z}
    phrase = "fewer errors, yet no more sure of the right answers"
    assert (phrase in " ".join(screen(show_path, PATH | {"steps": [step]}).split())) is told


LINE = {"child": "r2", "action": "wider", "outcome": "held", "sentence": "it fell"}


def test_an_outcome_and_the_ledger_say_what_was_expected_and_what_came_of_it():
    assert (
        screen(show_outcome, {"item": ADVICE[0], "line": LINE}) == "expected: less (likely)\ncame of it: held; it fell"
    )
    actions = [{"action": "wider", "tried": 3, "held": 1, "reversed": 0}]
    assert screen(show_ledger, {"entries": [LINE], "actions": actions}) == (
        "advice  tried  held  reversed  not shown\nwider       3     1         0          2\nr2: wider: it fell"
    )
    assert screen(show_ledger, {"entries": [], "actions": []}).startswith("no advice was applied here yet")


CURVE = {
    "task": "binary",
    "answer": "yes",
    "sentence": "twice the data would help",
    "points": [
        {"rows": 100, "trainings": 3, "error": 0.4, "lowest": 0.3, "highest": 0.5},
        {"rows": 200, "trainings": 1, "error": 0.2, "lowest": 0.2, "highest": 0.2},
    ],
    "forecasts": [{"rows": 400, "error": 0.1, "lower": 0.0, "upper": 0.2}],
}


def test_a_curve_is_drawn_to_scale():
    assert screen(show_curve, CURVE, width=53) == (
        "would twice the data help? yes\n"
        "twice the data would help\n"
        "rows  dev error  0.0%            50.0%\n"
        " 100      40.0%              ----o----\n"
        " 200      20.0%          o\n"
        " 400      10.0%  ----?----\n"
        "o measured, lowest to highest of its trainings; ?\n"
        "forecast, with its 90% interval"
    )
    assert plotted({"lower": 0.1, "upper": 0.1, "error": 0.1, "mark": "o"}, 0.1, 0.1, 9) == "o"


DECOMPOSITION = {
    "run_id": "r",
    "dev_rows": 300,
    "halves": {"variance": 0.1, "pairs": 5},
    "seeds": {"variance": 0.04, "networks": 5},
    "sampling": 0.06,
    "sentence": "the training rows matter most",
    "bootstrap": {
        "networks": 25,
        "whole_loss": 0.11,
        "note": "note",
        "kohavi_wolpert": {"bias": 0.05, "variance": 0.07, "loss": 0.12},
        "domingos": {"bias": 0.09, "net_variance": 0.03, "loss": 0.12},
    },
}


def test_a_decomposition_adds_up_on_screen():
    assert screen(show_decomposition, DECOMPOSITION) == (
        "variance of r, on 300 dev rows\n"
        "          variance\n"
        "halves       10.0%  other rows and seeds, 5 pairs of half the data\n"
        "seeds         4.0%  the same rows, 5 seeds\n"
        "sampling      6.0%  the first less the second: other rows alone\n"
        "the training rows matter most\n"
        "bootstrap, 25 networks\n"
        "  bias² 5.0% + variance 7.0% = loss 12.0% (Kohavi and Wolpert, corrected)\n"
        "  bias 9.0% + net variance 3.0% = loss 12.0% (Domingos)\n"
        "  trained on all rows: loss 11.0%\n"
        "  note"
    )


def test_text_from_outside_controls_nothing():
    hostile = item(HOSTILE, {HOSTILE: HOSTILE}, f"{HOSTILE}; {HOSTILE}", confidence=HOSTILE)
    step = PATH["steps"][1] | {"action": HOSTILE, "change": {HOSTILE: HOSTILE}, "why": HOSTILE}
    shows = screen(show_advice, {"run_id": HOSTILE, "run_dir": f"runs/{HOSTILE}", "advice": [hostile]})
    shows += screen(show_path, PATH | {"steps": [step], "ended": HOSTILE, "run_id": HOSTILE})
    shows += screen(show_curve, CURVE | {"answer": HOSTILE, "sentence": HOSTILE})
    shows += screen(show_ledger, {"entries": [dict.fromkeys(LINE, HOSTILE)], "actions": []})
    assert not set(shows) & {"\x1b", "\x07", "\u202e"}
    assert "[bold]x[/bold]" in shows
