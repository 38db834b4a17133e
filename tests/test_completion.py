"""Tab completes in the shells themselves: typed into a terminal, and read from its screen."""

import os
import shutil
import subprocess
import sys
import time
from uuid import uuid4

import pytest

from tests.commands import ROOT

# How each shell is started, and a start file that makes its prompt `> ` and shows nothing that was not typed.
PROMPTS = {
    "bash": (".bashrc", ["PS1='> '"]),
    "zsh": (".zshrc", ["PS1='> '"]),
    "fish": (
        ".config/fish/config.fish",
        ["function fish_prompt; echo -n '> '; end", "set -g fish_autosuggestion_enabled 0"],
    ),
    "nu": (
        ".config/nushell/config.nu",
        [
            "$env.config.show_banner = false",
            '$env.PROMPT_COMMAND = ""',
            '$env.PROMPT_COMMAND_RIGHT = ""',
            '$env.PROMPT_INDICATOR = "> "',
        ],
    ),
}
# Typer does not install for Nushell; the documentation shows these lines.
INSTALL = {
    "nu": "mkdir $nu.user-autoload-dirs.0; "
    "dlrun --show-completion | save ($nu.user-autoload-dirs.0 | path join dlrun.nu)"
}

RUN = "20261128-195332-wine-4725"

# What is typed before Tab, and what stands there afterwards.
TYPED = {
    "dlrun tr": "dlrun train",
    "dlrun train dig": "dlrun train digits",
    "dlrun train con": "dlrun train configs/",
    "dlrun train wine network.dep": "dlrun train wine network.depth=",
    "dlrun show 2026": f"dlrun show {RUN}",
    "dlrun show --me": "dlrun show --metrics",
}

# A command starts in half a second, and fish asks several times; a machine may be busy.
SECONDS = 30


class Terminal:
    """A shell in a window of tmux."""

    def __init__(self, shell, home, folder):
        self.name = f"dlrun-{uuid4()}"
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
        path = f"{home / 'programs'}:{os.environ['PATH']}"
        environment = {**kept, "HOME": str(home), "PATH": path, "TERM": "xterm", "SHELL": "/bin/sh"}
        words = ["new-session", "-d", "-x", "120", "-y", "30", "-c", str(folder), shutil.which(shell)]
        subprocess.run([*self.tmux(), *words], env=environment, check=True)

    def tmux(self):
        return ["tmux", "-L", self.name, "-f", os.devnull]

    def keys(self, *keys):
        subprocess.run([*self.tmux(), "send-keys", *keys], check=True)

    def lines(self):
        shown = subprocess.run([*self.tmux(), "capture-pane", "-p"], capture_output=True, text=True, check=True)
        return [line.rstrip() for line in shown.stdout.splitlines()]

    def waits_for(self, wanted):
        """Whether these words come up in a line of their own, perhaps after a prompt; they are waited for.

        Nushell's prompt is another one while it shows a menu.
        """
        ends = time.monotonic() + SECONDS
        while not (there := any(line in (wanted, f"> {wanted}", f"| {wanted}") for line in self.lines())):
            if time.monotonic() > ends:
                break
            time.sleep(0.1)
        return there

    def close(self):
        subprocess.run([*self.tmux(), "kill-server"], check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def home(tmp_path):
    """A person's folder with `dlrun` on the path, as pip writes it."""
    (tmp_path / "programs").mkdir()
    program = tmp_path / "programs" / "dlrun"
    lines = [f"#!{sys.executable}", "import sys", f"sys.path.insert(0, {str(ROOT)!r})", "from dlrun.cli import main"]
    program.write_text("\n".join([*lines, "main()", ""]))
    program.chmod(0o755)
    return tmp_path


@pytest.fixture
def folder(home):
    """Where a person works: configs of their own, a table and a run."""
    folder = home / "work"
    (folder / "runs" / RUN).mkdir(parents=True)
    (folder / "configs").mkdir()
    for name in ("configs/mine.yaml", "configs/other.yaml", "new.csv"):
        (folder / name).touch()
    return folder


@pytest.mark.skipif(not shutil.which("tmux"), reason="no tmux")
@pytest.mark.parametrize("shell", PROMPTS)
def test_tab_completes(shell, home, folder):
    if not shutil.which(shell):
        pytest.skip(f"no {shell}")
    name, lines = PROMPTS[shell]
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    (home / name).write_text("\n".join([*lines, ""]))
    first = Terminal(shell, home, folder)
    try:
        assert first.waits_for(">")
        first.keys("-l", f"{INSTALL.get(shell, 'dlrun --install-completion')}; echo done")
        first.keys("Enter")
        assert first.waits_for("done"), first.lines()
    finally:
        first.close()
    terminal = Terminal(shell, home, folder)
    try:
        assert terminal.waits_for(">")
        for typed, completed in TYPED.items():
            terminal.keys("-l", typed)
            assert terminal.waits_for(typed), terminal.lines()
            terminal.keys("Tab")
            assert terminal.waits_for(completed), terminal.lines()
            terminal.keys("C-u")
            assert terminal.waits_for(">"), terminal.lines()
    finally:
        terminal.close()


def test_configs_are_those_of_the_folder_and_those_that_come_with_dlrun(folder, monkeypatch):
    from dlrun.cli.options import complete_configs

    monkeypatch.chdir(folder)
    (folder / "digits_deep.yaml").touch()
    assert complete_configs("dig") == ["digits_deep.yaml", "digits"]
    assert complete_configs("")[:2] == ["digits_deep.yaml", "breast_cancer"]
    # What may be a path is the shell's.
    assert complete_configs("con") == complete_configs("configs/m") == complete_configs("new") == []


def test_keys_of_a_config_come_with_their_words():
    from dlrun.cli.options import complete_overrides
    from dlrun.config.keys import leaf_paths

    assert complete_overrides("network.")[:2] == ["network.depth=", "network.width="]
    assert complete_overrides("network.dep") == ["network.depth=", "network.depth=3"]
    assert complete_overrides("training.keep") == [f"training.keep={word}" for word in ("", "auto", "best", "last")]
    assert complete_overrides("training.keep=b") == ["training.keep=best"]
    assert complete_overrides("data.sou") == ["data.source="]
    assert complete_overrides("nothing") == []
    assert all(complete_overrides(".".join(path)) for path in leaf_paths())


@pytest.mark.parametrize("shell", ["zsh", "nu"])
def test_a_script_that_typer_lacks_is_printed(shell, tmp_path, monkeypatch):
    from typer import _completion_shared

    from dlrun.cli.completion import add_scripts

    monkeypatch.setattr(_completion_shared, "_completion_scripts", dict(_completion_shared._completion_scripts))
    add_scripts()
    script = _completion_shared.get_completion_script(prog_name="dlrun", complete_var="_DLRUN_COMPLETE", shell=shell)
    assert {"zsh": '\n  _dlrun_completion "$@"\n', "nu": "\nextern dlrun []"}[shell] in script
    assert "%" not in script
