"""The man page is installed with the version of this build in it; all else is in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build import build

PAGE = Path("docs/dlrun.1")


class BuildWithPage(build):
    """What a build makes, and the page of `man dlrun`."""

    def run(self) -> None:
        super().run()
        made = Path(self.build_base) / PAGE.name
        made.write_text(PAGE.read_text(encoding="utf-8").replace("VERSION", self.distribution.get_version(), 1))
        self.distribution.data_files = [("share/man/man1", [str(made)])]


setup(cmdclass={"build": BuildWithPage})
