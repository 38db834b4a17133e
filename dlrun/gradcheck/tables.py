"""Plain text for the reports of a gradient check: a table, the place of an entry, and a list of names."""

from collections.abc import Sequence

NAMES_SHOWN = 8  # more of them in one line is a wall of text


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Columns as wide as their widest cell, two spaces between; `right` holds those aligned right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    cells = [
        [
            cell.rjust(w) if column in right else cell.ljust(w)
            for column, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    return ["  ".join(line).rstrip() for line in cells]


def place(name: str, index: Sequence[int]) -> str:
    return f"{name}[{', '.join(str(i) for i in index)}]"


def listed(names: Sequence[str]) -> str:
    """Names with commas; if they are many, the first ones, the last one, and the count."""
    if len(names) <= NAMES_SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[: NAMES_SHOWN - 1])} ... {names[-1]} ({len(names)} tensors)"
