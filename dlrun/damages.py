"""The exceptions that reading a damaged archive of arrays may raise.

They are at the bottom, since data and the files of a run are read by the same libraries.
"""

import struct
import zipfile
import zlib

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


def is_panic(problem: BaseException) -> bool:
    """Whether a library in Rust gave up. It raises no `Exception`, and each library has a class of its own for it."""
    return type(problem).__name__ == "PanicException"
