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
