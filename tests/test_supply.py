"""What is asked of others: packages, whose vulnerabilities fail CI, and no network."""

import json
import signal
import subprocess
import sys

import pytest

from tests.audit import audited
from tests.commands import ROOT
from tests.reliability.supply import VERBS

CLEAN = {"name": "numpy", "version": "2.4.6", "vulns": []}
FAULTY = {"name": "jinja2", "version": "3.1.0", "vulns": [{"id": "CVE-2024-22195", "fix_versions": ["3.1.3"]}]}
UNKNOWN = {"name": "dlrun", "skip_reason": "Dependency not found"}


def saying(text, status, seconds=0.0):
    """A program that says this and ends so, in place of pip-audit."""
    return [sys.executable, "-c", f"import sys, time; time.sleep({seconds}); print({text!r}); sys.exit({status})"]


def reporting(packages, status):
    return saying(json.dumps({"dependencies": packages, "fixes": []}), status)


@pytest.mark.parametrize(
    ("program", "status", "words"),
    [
        (reporting([CLEAN, UNKNOWN], 0), 0, "1 of 2 packages are audited, and no vulnerability of them is known"),
        (reporting([CLEAN, FAULTY, UNKNOWN], 1), 1, "known vulnerabilities:\njinja2 3.1.0: CVE-2024-22195"),
        (reporting([UNKNOWN], 0), 0, "nothing is audited: the service of vulnerabilities knows none of 1 packages"),
        (saying("no JSON", 1), 0, "nothing is audited: the service of vulnerabilities does not answer"),
        (saying("", 2), 2, "pip-audit ended with 2: "),
    ],
    ids=["clean", "vulnerable", "unknown", "no answer", "wrong call"],
)
def test_an_answer_is_judged(program, status, words):
    assert audited("anywhere", program, seconds=60) == (status, words)


def test_a_service_that_hangs_is_left():
    assert audited("anywhere", saying("", 0, seconds=60), seconds=0.2) == (
        0,
        "nothing is audited: the service of vulnerabilities took longer than 0.2 s",
    )


def test_a_missing_pip_audit_is_a_fault():
    with pytest.raises(FileNotFoundError):
        audited("anywhere", ["no-such-program"])


def test_every_verb_is_tried_without_a_network():
    from dlrun.cli.app import VERBS as ALL

    assert set(ALL) <= {words[0] for words in VERBS}


REFUSED = "from tests.reliability.supply import refuse_the_network; refuse_the_network(); "


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("import socket; socket.socket(socket.AF_UNIX); socket.socketpair()", 0),
        ("import socket; socket.socket()", -signal.SIGSYS),
        ("import _socket; _socket.socket(_socket.AF_INET6, _socket.SOCK_DGRAM)", -signal.SIGSYS),
        (
            "import subprocess, sys; words = 'import socket; socket.socket()';"
            "sys.exit(subprocess.run([sys.executable, '-c', words]).returncode)",
            -signal.SIGSYS % 256,
        ),
    ],
    ids=["of this machine", "internet", "past Python's socket module", "a process of its own"],
)
def test_a_socket_of_the_internet_is_the_end_of_who_asks(program, status):
    assert subprocess.run([sys.executable, "-c", REFUSED + program], cwd=ROOT).returncode == status
