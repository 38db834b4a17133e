"""Known vulnerabilities of the packages that a person gets: `python -m tests.audit FOLDER`, where they are installed.

Asks pip-audit, and pip-audit a service. A vulnerability that is found ends in 1; a service that does not answer is told
and ends in 0, for it says nothing of the packages."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# Of 100 packages, pip-audit asks in 17 s where the service answers at once.
SERVICE_SECONDS = 120


def audited(folder: str, program: Sequence[str], seconds: float = SERVICE_SECONDS) -> tuple[int, str]:
    """The exit status and the sentence for what this program, pip-audit, says of the packages in a folder."""
    command = [*program, "--progress-spinner", "off", "--format", "json", "--path", folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return 0, f"nothing is audited: the service of vulnerabilities took longer than {seconds:g} s"
    if done.returncode not in (0, 1):
        return done.returncode, f"pip-audit ended with {done.returncode}: {done.stderr.strip()}"
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return 0, "nothing is audited: the service of vulnerabilities does not answer"
    known = [package for package in packages if "skip_reason" not in package]
    faults = [f"{one['name']} {one['version']}: {fault['id']}" for one in known for fault in one["vulns"]]
    if faults:
        return 1, "\n".join(["known vulnerabilities:", *faults])
    if not known:
        return 0, f"nothing is audited: the service of vulnerabilities knows none of {len(packages)} packages"
    return 0, f"{len(known)} of {len(packages)} packages are audited, and no vulnerability of them is known"


if __name__ == "__main__":
    status, said = audited(sys.argv[1], [str(Path(sys.executable).with_name("pip-audit"))])
    print(said)
    sys.exit(status)
