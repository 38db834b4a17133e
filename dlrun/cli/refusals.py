"""What the machine refuses while a command works: memory, threads, file handles, room on the disk. None is a bug."""

import errno

from ..damages import is_panic
from ..errors import DlrunError, StoreError, TooLittle

MEMORY = "more memory is needed than there is"
THREADS = "more threads or processes are needed than the system begins"
HANDLES = "more files are needed at once than this process may open"

# What would do, for each.
ADVICE = {
    MEMORY: "take fewer rows, a smaller network or a smaller batch",
    THREADS: "raise the limit (ulimit -u), or train in one process: --processes 1",
    HANDLES: "raise the limit (ulimit -n), or train in fewer processes: --processes 1",
}

# The numbers by which the system says so.
REFUSED = {
    errno.ENOMEM: MEMORY,
    errno.EAGAIN: THREADS,
    errno.EMFILE: HANDLES,
    errno.ENFILE: HANDLES,
}

# Numbers that are of the disk, and no fault of the code.
OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG, errno.EACCES, errno.EPERM)

# What libraries have in their sentences where they keep no number, in small letters.
IN_WORDS = {
    "failed to map segment": MEMORY,
    "allocate memory": MEMORY,
    "memory allocation": MEMORY,
    "out of memory": MEMORY,
    "capacity overflow": MEMORY,
    "start new thread": THREADS,
    "resource temporarily unavailable": THREADS,
    "threadpoolbuild": THREADS,
    "spawn thread": THREADS,
    "too many open files": HANDLES,
}


def refusal(failure: BaseException) -> DlrunError | None:
    """The error that says what the machine refused; None where it refused nothing."""
    if isinstance(failure, MemoryError):
        # NumPy says how large an array was to be, of what shape and type.
        return TooLittle([_sentence(MEMORY, str(failure))])
    if isinstance(failure, OSError) and failure.errno in OF_THE_DISK:
        where = f"{failure.filename}: " if failure.filename else ""
        return StoreError(f"{where}{failure.strerror}; check the disk and its permissions, or choose another folder")
    number = failure.errno if isinstance(failure, OSError) else None
    what = REFUSED.get(number) if number is not None else None
    if what is None and (is_panic(failure) or isinstance(failure, ImportError | OSError | RuntimeError)):
        text = str(failure).lower()
        what = next((what for words, what in IN_WORDS.items() if words in text), None)
    if what is None:
        return None
    named = str(failure.filename) if isinstance(failure, OSError) and failure.filename else ""
    return StoreError(_sentence(what, named)) if what == HANDLES else TooLittle([_sentence(what, named)])


def _sentence(what: str, detail: str) -> str:
    return f"{what}{f' ({detail})' if detail else ''}; {ADVICE[what]}"
