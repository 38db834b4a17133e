"""Finds the file or column that the user typed, or raises a sentence that names the closest one.

Every reader of the room uses it, so that all messages about names are alike.
"""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import DataError
from ..machine import require_memory

# More names than this in one message are hard to read.
NAMES_SHOWN = 20

# And more letters of one.
NAME_SHOWN = 60

# The files of a source by split (train, and dev and test if given): (name as shown, path) for each.
Files = Mapping[str, tuple[str, Path]]


def find_file(name: str, folder: Path, endings: tuple[str, ...] = ()) -> Path:
    """The file called `name`: in `folder` (the config's own) first, then in the working directory.

    `endings` are those of the files that would do in its place, in small letters; without them, its own.
    Raises DataError for a folder, and for a missing file; the message names both places and a close name.
    """
    wanted = Path(name).expanduser()
    places = [wanted] if wanted.is_absolute() else [folder / wanted, Path.cwd() / wanted]
    for path in places:
        if path.is_file():
            return path
    if any(path.is_dir() for path in places):
        raise DataError(f"{name}: is a folder; name a file in it")
    looked = " nor in ".join(dict.fromkeys(str(path.parent) for path in places))
    near = _close_name(wanted, places, endings or (wanted.suffix.lower(),))
    advice = f"did you mean {near}?" if near else "check the path, relative to the config or the working directory"
    raise DataError(f"{name}: no such file in {looked}; {advice}")


def _close_name(wanted: Path, places: Sequence[Path], endings: tuple[str, ...]) -> str:
    """The closest name of a regular file with one of these endings, as the user would type it; "" if none is close."""
    names = {
        file.name
        for place in places
        if place.parent.is_dir()
        for file in place.parent.iterdir()
        if file.name.lower().endswith(endings) and file.is_file()
    }
    close = difflib.get_close_matches(wanted.name, sorted(names), n=1)
    return str(wanted.with_name(close[0])) if close else ""


def read_bytes(path: Path, shown: str) -> bytes:
    """The file's bytes; raises DataError if the system refuses."""
    try:
        require_memory(path.stat().st_size, f"{shown}: a file", "take fewer rows")
        return path.read_bytes()
    except OSError as problem:
        raise DataError(f"{shown}: could not be read ({problem.strerror}); check its permissions") from None


def find_column(wanted: str | int, names: Sequence[str], *, setting: str, shown: str) -> str:
    """The column that a name or an index (negative: from the end) stands for; a name wins over an index.

    Raises DataError naming the setting, and the closest column or all of them.
    """
    if str(wanted) in names:
        return str(wanted)
    if isinstance(wanted, int):
        if -len(names) <= wanted < len(names):
            return names[wanted]
        last = len(names) - 1
        raise DataError(f"{setting}: {shown} has no column number {wanted}; they are numbered 0 to {last}")
    close = difflib.get_close_matches(wanted, names, n=1)
    folded = [name for name in names if name.casefold() == wanted.casefold()]
    near = [*folded, *close]
    advice = f"did you mean {near[0]}?" if near else f"its columns are {listed(names)}"
    raise DataError(f"{setting}: {shown} has no column {wanted!r}; {advice}")


def find_columns(wanted: Sequence[str | int], names: Sequence[str], *, setting: str, shown: str) -> tuple[str, ...]:
    """`find_column` for several, each once."""
    return tuple(dict.fromkeys(find_column(w, names, setting=setting, shown=shown) for w in wanted))


def listed(names: Sequence[str], shown: int = NAMES_SHOWN) -> str:
    """Names joined by commas, the first `shown` of them, and of a very long one its beginning."""
    more = len(names) - shown
    told = [name if len(name) <= NAME_SHOWN else name[: NAME_SHOWN - 3] + "..." for name in map(str, names[:shown])]
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def short(value: object, width: int = NAME_SHOWN) -> str:
    """A value's repr, cut to `width` characters."""
    text = repr(value)
    return text if len(text) <= width else text[: width - 3] + "..."
