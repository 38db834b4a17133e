"""The page of `man dlrun` is that of today's command line, and readers of man pages find no fault in it."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.commands import ROOT

sys.path.insert(0, str(ROOT / "docs" / "_ext"))

import manual

PAGE = (ROOT / "docs" / "dlrun.1").read_text(encoding="utf-8")


def shown(page):
    """The words of a page without roff's own signs."""
    text = re.sub(r"\\f[BIR]|\\&", "", page).replace("\\-", "-").replace("\\e", "\\")
    return " ".join(text.split())


def test_the_page_is_that_of_the_command_line():
    assert manual.page() == PAGE, "python docs/_ext/manual.py > docs/dlrun.1"


def test_every_verb_with_its_options_and_examples_is_on_the_page():
    from dlrun.cli.app import VERBS

    words = shown(PAGE)
    assert list(manual.verbs()) == list(VERBS)
    for name, command in manual.verbs().items():
        section = words[words.index(f".SS dlrun {name} ") :]
        section = section[: re.search(r"\.RE \.fi", section).end()]
        named = [option for one in command.params for option in one.opts if option.startswith("-")]
        assert [option for option in named if option not in (*re.split("[ ,]+", section), "--help")] == []
        for example in manual.text_and_examples(command)[1]:
            assert example in section


def test_a_line_that_roff_would_read_as_a_request_is_none():
    assert manual.filled("... and `so` on, C:\\x -1") == ["\\&... and \\fBso\\fR on, C:\\ex \\-1"]


@pytest.mark.skipif(not shutil.which("man"), reason="no man")
def test_man_reads_it_without_a_warning(tmp_path):
    done = read(["man", "--warnings", "-l"], PAGE, tmp_path)
    assert done.stderr == ""
    assert "dlrun train CONFIG [KEY=VALUE]... [OPTIONS]" in done.stdout
    assert re.search(r"143 +the same after SIGTERM", done.stdout)
    assert read(["man", "--warnings", "-l"], PAGE + ".SHH x\n", tmp_path).stderr != ""


@pytest.mark.skipif(not shutil.which("mandoc"), reason="no mandoc")
def test_mandoc_finds_nothing_but_that_there_is_no_date(tmp_path):
    """A date would be that of a build, and two builds of one source are to be equal."""
    told = read(["mandoc", "-Tlint"], PAGE, tmp_path).stdout.splitlines()
    assert [line for line in told if "missing date" not in line] == []
    assert len(told) == 1


def read(command, page, folder):
    path = folder / "dlrun.1"
    path.write_text(page, encoding="utf-8")
    variables = {"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    return subprocess.run([*command, str(path)], capture_output=True, text=True, check=False, env=variables)
