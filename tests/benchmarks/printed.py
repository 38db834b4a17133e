"""Plain text tables: right-aligned columns that survive a pipe, a log file and a README."""

from collections.abc import Sequence


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The title, the header, a rule and the rows; the first column is aligned left, the others right."""
    lines = [list(header), *map(list, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = [
        "  ".join(aligned(cell, width, i) for i, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip()
        for line in lines
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([title, text[0], rule, *text[1:]])


def aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def milliseconds(seconds: float) -> str:
    """Three significant digits: 0.102, 2.48, 38.1, 260."""
    ms = seconds * 1000
    digits = 3 if ms < 1 else 2 if ms < 10 else 1 if ms < 100 else 0
    return f"{ms:.{digits}f}"


def mebibytes(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:.0f}"
