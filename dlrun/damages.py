"""The exceptions that reading a damaged archive of arrays may raise.

They are at the bottom, since data and the files of a run are read by the same libraries.
"""

import struct
import zipfile
import zlib
from collections.abc import Sequence

# What zipfile and NumPy raise for a damaged archive.
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
)


def refuse_shared_places(members: Sequence[zipfile.ZipInfo]) -> None:
    """Raises BadZipFile where two members of an archive begin at one place.

    No writer does that, and the zipfile of newer Pythons (seen in 3.14) warns of it when such a member is opened.
    """
    if len({member.header_offset for member in members}) < len(members):
        raise zipfile.BadZipFile("two members begin at one place")


def is_panic(problem: BaseException) -> bool:
    """Whether a library in Rust gave up. It raises no `Exception`, and each library has a class of its own for it."""
    return type(problem).__name__ == "PanicException"
