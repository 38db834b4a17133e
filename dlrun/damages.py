"""What reading a damaged archive of arrays may raise, by whichever rung reads it.

At the bottom, since data from anywhere and a run's own files are read by the same libraries.
"""

import struct
import zipfile
import zlib

# What a damaged archive trips zipfile and NumPy into.
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
