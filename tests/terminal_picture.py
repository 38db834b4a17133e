"""The README's picture of the terminal: `python -m tests.terminal_picture` writes docs/terminal.svg.

A config is trained by the real command on a pseudo-terminal; what stands there in the end is the picture.
"""

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
COMMAND = ("dlrun", "train", "configs/moons_overfit.yaml")
WIDTH = 88


def on_terminal(command: tuple[str, ...], folder: Path) -> str:
    """What a command of dlrun writes to a terminal, colours and all."""
    ours, its = pty.openpty()
    more = {"PYTHONPATH": str(ROOT), "COLUMNS": str(WIDTH), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "DLRUN_RUNS")} | more
    line = [sys.executable, "-m", *command]
    written = b""
    with subprocess.Popen(line, cwd=folder, stdout=its, stderr=its, stdin=its, env=environment):
        os.close(its)
        with suppress(OSError):  # a terminal whose last process has ended
            while piece := os.read(ours, 65536):
                written += piece
    os.close(ours)
    return written.decode()


def last_state(written: str) -> str:
    """What is left on the screen once the live panel has been drawn for the last time."""
    kept = written.replace("\r\n", "\n").rsplit("\x1b[2K", 1)[-1]
    return re.sub(r"\x1b\[[?0-9;]*[A-Zhl]", "", kept)


def picture(command: tuple[str, ...] = COMMAND) -> str:
    """The end of a training, as SVG that asks for nothing on the network."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "configs").symlink_to(ROOT / "configs")
        text = last_state(on_terminal(command, Path(folder)))
    console = Console(file=io.StringIO(), width=WIDTH, record=True, force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {' '.join(command)}", style="bold"))
    console.print(Text.from_ansi(text.rstrip()))
    return re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="dlrun"), flags=re.S)


if __name__ == "__main__":
    target = ROOT / "docs" / "terminal.svg"
    target.parent.mkdir(exist_ok=True)
    target.write_text(picture(), encoding="utf-8")
