"""Keeps the compiled templates beside the compiled modules of Python: to compile them takes a tenth of a second."""

import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

from ... import __version__


class Compiled(FileSystemBytecodeCache):
    """Jinja's cache in the folder where Python has the bytecode of what lies in `templates`.

    As with Python's, a folder that cannot be written costs time and no more, and `sys.dont_write_bytecode` is obeyed.
    """

    def __init__(self, templates: Path):
        super().__init__(str(Path(cache_from_source(str(templates / "any.py"))).parent), f"{__version__}-%s.jinja")

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
