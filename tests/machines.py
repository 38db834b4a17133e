"""A cluster of Dask on this machine, started with the lines of docs/how-to/cluster.md, a process in a folder each."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to" / "cluster.md").read_text(encoding="utf-8")
[SCHEDULER] = re.findall(r"^(dask scheduler .*?)(?:  .*)?$", PAGE, re.M)
[WORKER] = re.findall(r"^(dask worker .*?)(?:  .*)?$", PAGE, re.M)


class Machines:
    """A scheduler and workers, each a process in a folder of its own, as if each were on a machine of its own."""

    def __init__(self, folder):
        self.folder, self.processes = folder, {}
        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            self.port = any_port.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.start("scheduler", SCHEDULER)

    def start(self, name, line):
        line = line.replace("tcp://HOST:8786", self.address).replace("8786", str(self.port))
        dask, *words = line.split()
        (self.folder / name).mkdir()
        with open(self.folder / name / "log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", dask, *words],
                cwd=self.folder / name,
                env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name):
        """The process and those that it has started, as the end of a machine would."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def close(self):
        for name in list(self.processes):
            self.kill(name)
