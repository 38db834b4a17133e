"""docs/predicting.md says what the program does: every mark, every meaning, every column that is written."""

import re
from typing import get_args

from dlrun.data.new_rows import ODDITIES
from dlrun.data.writers import ENDINGS
from dlrun.inspection.evaluation import MEANINGS, Meaning
from dlrun.statistics.selective import RISK
from tests.commands import ROOT

PAGE = (ROOT / "docs/predicting.md").read_text(encoding="utf-8")


def first_cells(heading):
    """The code words in the first column of the table below a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, re.M)


def test_every_mark_and_every_meaning_has_its_row():
    assert first_cells("What the network cannot know") == [kind.mark for kind in ODDITIES.values()]
    assert set(first_cells("What `evaluate` says of the distance to dev")) == set(MEANINGS) == set(get_args(Meaning))


def test_every_kind_of_file_that_is_written_is_named():
    assert all(f"`{ending}`" in PAGE for ending in ENDINGS)


def test_the_promise_of_abstention_has_the_figure_of_the_program():
    assert f"in {100 * (1 - RISK):.0f} of 100 draws" in PAGE.replace("\n  ", " ")


def test_the_how_to_pages_lead_to_the_page():
    assert "(../predicting.md)" in (ROOT / "docs" / "how-to" / "index.md").read_text(encoding="utf-8")
