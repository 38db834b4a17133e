"""Keeps the troubles of libraries from the user: what they raise becomes a sentence, what they print is not seen.

Libraries written in Rust print a panic to standard error before Python hears of it, and raise it as a BaseException.
Readers of formats whose files may be damaged in many ways use `told`.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ...damages import DAMAGES, is_panic
from ...errors import DataError

# The file descriptor of standard error.
STANDARD_ERROR = 2


@contextmanager
def needs(package: str, what: str) -> Iterator[None]:
    """Imports of an optional package happen within. Raises DataError that says how to install it."""
    try:
        yield
    except ImportError:
        raise DataError(f'{what} needs {package}; pip install "dlrun[files]"') from None


@contextmanager
def told(sentence: str, *errors: type[BaseException]) -> Iterator[None]:
    """Raise DataError with the sentence for a panic within, the usual errors of damaged files, and `errors`."""
    expected: tuple[type[BaseException], ...] = (*DAMAGES, *errors, ValueError)
    try:
        with _silenced(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except DataError:
        raise
    except expected:
        raise DataError(sentence) from None
    except BaseException as problem:
        if not is_panic(problem):
            raise
        raise DataError(sentence) from None


@contextmanager
def _silenced() -> Iterator[None]:
    """Nothing that is written to standard error within is seen."""
    try:
        kept = os.dup(STANDARD_ERROR)
    except OSError:  # it is closed already
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), STANDARD_ERROR)
        yield
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(kept)
