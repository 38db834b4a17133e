"""Every verb works as a person would type it: what follows from what, in one runs folder."""

import shlex

import pytest

from tests.commands import ROOT, dlrun

# In the order of a day's work: later lines use the runs of earlier ones.
COMMANDS = (ROOT / "tests" / "every_verb.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A folder with the shipped configs, in which commands may write."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "configs").symlink_to(ROOT / "configs")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works(command, clone, runs_dir):
    program, *words = shlex.split(command)
    assert program == "dlrun"
    done = dlrun(*words, cwd=clone, DLRUN_RUNS=str(runs_dir), COLUMNS="80")
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_verb_is_among_them():
    from dlrun.cli.app import app

    assert {command.name for command in app.registered_commands} <= {command.split()[1] for command in COMMANDS}
