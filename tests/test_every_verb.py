"""Every verb works as a person would type it: what follows from what, in one runs folder."""

import pytest

from tests.commands import ROOT, typed

# In the order of a day's work: later lines use the runs of earlier ones.
COMMANDS = (ROOT / "tests" / "every_verb.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works(command, clone):
    done = typed(command, clone)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_verb_is_among_them():
    from dlrun.cli.app import VERBS

    assert set(VERBS) <= {command.split()[1] for command in COMMANDS}
