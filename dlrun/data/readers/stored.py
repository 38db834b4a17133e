"""Arrays in a file before they are read: what each is, so that unwanted ones stay there and no huge one is allocated.

The readers of files of arrays return these; `arrays` chooses those that it needs.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...damages import DAMAGES
from ...errors import DataError
from ..files import NAMES_SHOWN

# What the arrays of a file may take in memory: this many bytes, or this many times the file if that is more. Deflate
# compresses up to 1032 times; real pictures and numbers, and even sparse tables, are far below 100.
LARGEST_BYTES, LARGEST_RATIO = 256 * 2**20, 100

# Unicode's last letter, and the numbers before it that are none.
LAST_LETTER, SURROGATES = 0x10FFFF, (0xD800, 0xDFFF)


class Stored(NamedTuple):
    """An array in a file: its shape, what it holds as messages name it, its bytes in memory, and how to read it.

    read() raises DataError if the file is damaged, or holds nothing there that an array of numbers or text could be.
    """

    shape: tuple[int, ...]
    kind: str
    size: int
    read: Callable[[], Array]

    def __str__(self) -> str:
        return f"{self.shape} {self.kind}"


# The arrays of a file under their names; and the function that opens a file, whose arrays are read before it is closed.
Opened = Mapping[str, Stored]
Opener = Callable[[str, Path], AbstractContextManager[Opened]]


def described(arrays: Opened) -> str:
    """Names and shapes of the arrays, as many as a message holds."""
    words = [f"{key} {stored}" for key, stored in list(arrays.items())[:NAMES_SHOWN]]
    more = len(arrays) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "") if words else "no arrays"


def refuse_inflated(shown: str, path: Path, wanted: Iterable[Stored]) -> None:
    """Raise DataError if arrays would take far more memory than their file: it comes before memory is allocated."""
    refuse_larger(shown, path.stat().st_size, sum(stored.size for stored in wanted))


def refuse_larger(shown: str, file_bytes: int, array_bytes: int) -> None:
    """The same for numbers of bytes."""
    most = max(LARGEST_BYTES, LARGEST_RATIO * file_bytes)
    if array_bytes > most:
        raise DataError(
            f"{shown}: its arrays would take {in_mib(array_bytes)} where the file has {in_mib(file_bytes)}; more than"
            f" {in_mib(LARGEST_BYTES)} and {LARGEST_RATIO} times the file is refused as damaged or a trap: write it"
            " without compression if it is sound"
        )


def in_mib(count: int) -> str:
    """A number of bytes in MiB, rounded up."""
    return f"{math.ceil(count / 2**20)} MiB"


@contextmanager
def damage_told(shown: str, sentence: str, *others: type[Exception]) -> Iterator[None]:
    """Raises what a damaged file raises, `others` among it, as one DataError, `shown: sentence`."""
    expected: tuple[type[Exception], ...] = (*DAMAGES, *others, AttributeError, SyntaxError, TokenError, ValueError)
    try:
        yield
    except (DataError, PermissionError):
        raise
    except MemoryError:
        raise too_large(shown) from None
    except expected:
        raise DataError(f"{shown}: {sentence}") from None


def refuse_impossible_letters(array: Array) -> None:
    """Raise ValueError if an array of text holds numbers that stand for no letter, as a damaged one may.

    NumPy does not look at them; whoever reads them later fails, some without an exception.
    """
    letters = np.ascontiguousarray(array).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
    if ((letters > LAST_LETTER) | ((letters >= SURROGATES[0]) & (letters <= SURROGATES[1]))).any():
        raise ValueError("text with impossible letters")


def too_large(shown: str) -> DataError:
    """The error for a sound array that is too large for this machine."""
    advice = "write it as one .npy, rows and target, and set data.memory_map: true"
    return DataError(f"{shown}: does not fit into memory; take fewer rows, or {advice}")
