"""Runs survive what disks, kernels and people do to them: the quick form of `python -m tests.reliability`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from reliability.__main__ import HARMS

ROOT = Path(__file__).resolve().parent.parent
DEADLINE_SECONDS = 300


class Reports:
    """What the harm came to, told by a process of its own: a process of pytest's has threads, and must not fork."""

    def __init__(self, folder: Path, *options: str):
        self.told, self.complaints = folder / "told", folder / "complaints"
        command = [sys.executable, "-m", "tests.reliability", "--quick", "--json", *options]
        # Files, not pipes: a child that hangs would keep a pipe open, and whoever reads it waiting.
        with self.told.open("wb") as told, self.complaints.open("wb") as complaints:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=told, stderr=complaints, start_new_session=True
            )

    def of(self, what: str) -> dict:
        """The report of one kind of harm, waited for."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            reports = {report["harm"]: report for report in map(json.loads, self.told.read_text().splitlines())}
            if what in reports or ended:
                break
            time.sleep(0.05)
        assert what in reports, self.complaints.read_text()[-2000:]
        return reports[what]

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    begun = Reports(tmp_path_factory.mktemp("reliability"), "--only", "runs")
    yield begun
    begun.end()


@pytest.mark.parametrize("what", [what for what, (quick, _) in HARMS.items() if quick is not None])
def test_nothing_is_lost_when_a_run_is(what, reports):
    report = reports.of(what)
    assert report["found"]["losses"] == [], report["sentence"]
    assert any(figure for key, figure in report["found"].items() if key != "losses")
