"""The trial of the wheel sees what it is for. The trial itself takes a minute: `python -m tests.installed`."""

import pytest

pytest.importorskip("sphinx")

from tests import installed, test_readme


@pytest.fixture
def place(tmp_path):
    """A folder to type in, where `dlrun` is a program that a test writes."""
    for name in ("programs", "work"):
        (tmp_path / name).mkdir()
    place = installed.Place(tmp_path / "work", tmp_path / "programs")
    program(place, "echo all is well")
    return place


def program(place, line, name="dlrun"):
    (place.programs / name).write_text(f"#!/bin/sh\n{line}\n")
    (place.programs / name).chmod(0o755)


def test_a_command_that_fails_or_is_silent_is_lost(place):
    assert place.fault_of("dlrun runs") == []
    assert place.fault_of("dlrun runs", 4) == ["dlrun runs: ends with 0 and not 4: all is well"]
    program(place, "echo no such file >&2; exit 3")
    assert place.fault_of("dlrun runs") == ["dlrun runs: ends with 3 and not 0: no such file"]
    program(place, "exit 0")
    assert place.fault_of("dlrun runs") == ["dlrun runs: says nothing"]
    assert place.fault_of("dlrun schema > schema.json") == []


def test_an_output_that_differs_from_the_page_is_lost(place):
    program(place, 'exec python3 -S "$@"', "python")
    losses = list(installed.tutorial(place))
    assert len(losses) >= 5
    assert any("and here is printed\nall is well" in loss for loss in losses)


def test_every_command_of_the_readme_and_of_the_help_is_typed(place, monkeypatch):
    typed = []
    monkeypatch.setattr(installed.Place, "fault_of", lambda self, line, status=0: typed.append(line) or [])
    assert list(installed.readme(place)) == list(installed.examples_of_help(place)) == []
    assert set(test_readme.COMMANDS) <= set(typed)
    assert {f"dlrun {verb}" for verb in installed.manual.verbs()} <= {" ".join(line.split()[:2]) for line in typed}
    # None stands there without a purpose.
    assert set(installed.STATUSES) <= set(typed)
    assert set(installed.LAST_VERBS) <= set(installed.manual.verbs())


def test_an_extra_that_is_not_named_is_lost(place):
    program(place, "echo Traceback >&2; exit 1")
    assert len(list(installed.extras(place))) == 1 + len(installed.EXTRAS)
    program(place, """echo "pip install 'dlrun[onnx]'" >&2; exit 2""")
    assert not [loss for loss in installed.extras(place) if "onnx" in loss.split(":")[0]]


def test_every_extra_that_a_message_names_is_tried():
    """But `fast`, which changes no answer and is asked of nobody."""
    from tests.test_contributing import PROJECT

    own = set(PROJECT["project"]["optional-dependencies"]) - {"fast", "export", "docs", "bench", "test"}
    assert set(installed.EXTRAS.values()) == own
