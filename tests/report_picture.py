"""The README's picture of a report: `python -m tests.report_picture` writes docs/report.png in Chromium."""

import shutil
import tempfile
from pathlib import Path

from dlrun.cli.report import write_report
from dlrun.experiment import read_config, run
from dlrun.inspection import contents

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "report.png"
SIZE = {"width": 860, "height": 560}


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        done = run(read_config(ROOT / "configs" / "moons_overfit.yaml"), Path(folder))
        page = write_report(contents(done.folder))
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE, color_scheme="light")
        tab.goto(page.as_uri())
        PICTURE.parent.mkdir(exist_ok=True)
        tab.screenshot(path=PICTURE, clip={"x": 0, "y": 0, **SIZE})
        browser.close()
    print(PICTURE)


if __name__ == "__main__":
    main()
