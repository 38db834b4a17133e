"""docs/tables.md says how cells are read: each row of its tables is made, read, and found to be told so."""

import re
from pathlib import Path

import numpy as np
import pytest

from dlrun.config.keys import field_at
from dlrun.data import FILE_SUFFIXES, Reading, read_examples

PAGE = (Path(__file__).parents[1] / "docs" / "tables.md").read_text(encoding="utf-8")
ROWS = 60


def rows_below(heading):
    """The rows of the table below a heading, each a list of its cells."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def in_code(text):
    return re.findall(r"`([^`]+)`", text)


CELLS = rows_below("Cells")


@pytest.mark.parametrize(("cells", "kind", "told", "keys"), CELLS, ids=[row[0].replace("`", "") for row in CELLS])
def test_cells_are_read_and_told_as_the_page_says(tmp_path, cells, kind, told, keys):
    texts = in_code(cells)
    rng = np.random.default_rng(0)
    lines = [f"{texts[row % len(texts)]};{rng.integers(100)};{'pq'[row % 7 % 2]}" for row in range(ROWS)]
    (tmp_path / "t.csv").write_text("\n".join(["it;b;y", *lines]), encoding="utf-8")
    examples = read_examples(Reading("t.csv"), folder=tmp_path, rng=np.random.default_rng(0))
    column = next(column for column in examples.source_columns if column.name == "it")
    assert column.kind == kind
    sentences = "\n".join([*examples.notes, *examples.warnings, *map(str, examples.suspicions)])
    assert told in sentences
    assert "'it'" in sentences or not told
    assert all(field_at(tuple(key.split("."))) for key in in_code(keys))


def test_every_key_on_the_page_is_one_of_the_config():
    keys = {key.split(":")[0] for key in in_code(PAGE) if key.startswith("data.")}
    assert keys
    assert [key for key in keys if field_at(tuple(key.split("."))) is None] == []


def test_every_ending_that_is_read_is_on_the_page_and_no_other():
    listed = {ending for row in rows_below("Files") for ending in in_code(row[0])}
    packed = {".gz", ".bz2", ".xz", ".zip", ".zst"}
    assert listed | packed == set(FILE_SUFFIXES)
