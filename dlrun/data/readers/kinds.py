"""The kinds of files, each with its reader: a module of this folder and its function, imported when a file needs it."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..examples import Table
    from ..files import Files
    from ..reading import Reading
    from .sheets import Sheet
    from .unpacking import Contents

# The reader of one file of a table, by the ending of its name. Messages show the first ones.
SHEETS = {
    ".csv": "separated.read_text",
    ".tsv": "separated.read_text",
    ".xlsx": "workbooks.read_workbook",
    ".parquet": "columnar.read_parquet",
    ".json": "json_rows.read_json",
    ".arff": "arff.read_arff",
    ".txt": "separated.read_text",
    ".data": "separated.read_text",
    ".xls": "workbooks.read_workbook",
    ".xlsb": "workbooks.read_workbook",
    ".ods": "workbooks.read_workbook",
    ".feather": "columnar.read_arrow",
    ".arrow": "columnar.read_arrow",
    ".ipc": "columnar.read_arrow",
    ".jsonl": "json_rows.read_json",
    ".ndjson": "json_rows.read_json",
}

# The reader of all files of a source, by the ending of their names.
TABLES = "tables.read_tables"
FORMATS = {
    **dict.fromkeys(SHEETS, TABLES),
    ".npz": "arrays.read_arrays",
    ".npy": "npy.read_npy",
    ".h5": "hdf5.read_hdf5",
    ".hdf5": "hdf5.read_hdf5",
    ".mat": "matlab.read_matlab",
}

# The endings of packed files, which hold one of SHEETS.
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")


def read_sheet(contents: "Contents", reading: "Reading") -> "Sheet":
    """The table in one file whose ending is in SHEETS. Raises DataError."""
    read: Callable[[Contents, Reading], Sheet] = _function(SHEETS[contents.ending])
    return read(contents, reading)


def read_files(reader: str, files: "Files", reading: "Reading") -> "Table":
    """The table in all files of a source, by a reader of FORMATS. Raises DataError."""
    read: Callable[[Files, Reading], Table] = _function(reader)
    return read(files, reading)


def _function(reader: str) -> Any:
    module, name = reader.split(".")
    return getattr(import_module(f"{__package__}.{module}"), name)
