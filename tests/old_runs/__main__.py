"""`python -m tests.old_runs [CASE]...` writes the golden files anew, all or those named: what dlrun prints today.

Only for when a change of what scripts read is intended; `git diff tests/old_runs/golden` then shows that change, and
it belongs into the commit that makes it. The run folders are never made anew: they are of the version that wrote them.
"""

import sys
import tempfile
from pathlib import Path

from .printed import CASES, GOLDEN, answer, pretty


def main(names: list[str]) -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name in names or CASES:
        with tempfile.TemporaryDirectory() as there:
            found = answer(CASES[name], Path(there).resolve())
        (GOLDEN / f"{name}.json").write_text(pretty(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
