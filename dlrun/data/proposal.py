"""What to propose for a table that has no config yet: its target, columns to leave out, roles, a split, settings.

`dlrun init` writes it as a config, and `dlrun data` shows it. Nothing here reads a file or knows YAML: the columns as
they were read come in, and a `Proposal` with a reason for each choice comes out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from .examples import DEFAULT_SPLIT
from .features import FEWEST_ROWS_A_WORD
from .hints import FEWEST_GROUPS, FEWEST_ROWS_A_GROUP, GROUP_NAME
from .reader import SPLIT_WORDS
from .reading import DEFAULT_MAX_LEVELS, Task
from .records import SourceColumn
from .targets import MOST_INTEGER_CLASSES

# Names of targets, by which a column is one wherever it stands. They are the words of the libraries and of competitions
# for "what is to be predicted", and no feature is called so.
SURE_TARGET = re.compile(r"(?i)target|label|labels|y|y_true|outcome|ground_?truth|dependent|to_?predict")

# Names that targets often have on OpenML, UCI and Kaggle, but features have them too (titanic has a feature `class`).
# So they count only in the first or the last column, where people put a target.
LIKELY_TARGET = re.compile(
    r"(?i)(binary_?)?class(es)?|survived|species|exited|churn(ed)?|default(ed)?|response|diagnosis|quality"
    r"|price|sale_?price|income|salary|fraud|is_?fraud|approved|loan_?status|attrition|cancell?ed|subscribed|purchased|rings"
    r"|strength|medv|mpg|charges|rating"
)

# Dev and test each get a fifth of the rows, as the course advises for up to some ten thousand, but no more than this
# many: then an error of 20% is known to 0.9 points (half of a 90% interval, 1.645 sqrt(0.2 * 0.8 / 5000)), and more
# rows are of more use in training.
USUAL_SHARE, ENOUGH_TO_JUDGE = 0.2, 5000

# The course's share for a million rows; beyond half of that, ENOUGH_TO_JUDGE would be less.
LEAST_SHARE = 0.01

# More candidates than this are not listed where a person is to choose one.
MOST_CANDIDATES = 20

# Two columns with more levels than this are not compared for saying the same.
MOST_LEVELS_TO_COMPARE = 50

# A table without a header has these names.
NO_HEADER_NAME = re.compile(r"x\d+")


class Named(NamedTuple):
    """A column, and why it has its role, as a clause."""

    name: str
    why: str


@dataclass(frozen=True)
class Proposal:
    """A config's choices about the data, each with its reason.

    target : what to predict. task : what that asks for; asked_task : the same where auto would decide otherwise.
    counts : rows of each class by its label; empty for a regression. rows : with a target.
    drop : columns to leave out. split_column, group, order : the column that decides the split, at most one of the
    three. possible_order : a column of times that could decide it. split : shares of the rows.
    rare : what becomes of classes with too few rows, and why. remarks : sentences on what is odd, and what would do.
    """

    target: Named
    task: Task
    counts: Mapping[str, int]
    rows: int
    asked_task: Named | None = None
    drop: tuple[Named, ...] = ()
    split_column: Named | None = None
    group: Named | None = None
    order: Named | None = None
    possible_order: Named | None = None
    split: Mapping[str, float] = field(default_factory=lambda: DEFAULT_SPLIT)
    rare: Named | None = None
    remarks: tuple[str, ...] = ()


def can_be_target(column: SourceColumn) -> bool:
    """Whether a column may hold what is to be predicted: classes or numbers that differ, no identity, no text."""
    return column.kind in ("number", "category", "flag") and column.distinct > 1 and not numbers_rows(column)


def plain_target(columns: Sequence[SourceColumn]) -> Named | None:
    """The target where it is plain, with the reason; None where a person has to say.

    Plain are, in this order: one column with a name of SURE_TARGET; one of the first and the last with a name of
    LIKELY_TARGET; and, in a table without a header, the last column, as in the files of UCI, unless only the first
    one can be classes. A header names the columns for people, so there the last one alone says nothing.
    """
    fit = [column for column in columns if can_be_target(column)]
    if len(fit) == 1 and len(columns) > 1:
        return Named(fit[0].name, "the only column that can be predicted")
    sure = [column.name for column in fit if SURE_TARGET.fullmatch(column.name.strip())]
    if sure:
        return Named(sure[0], "its name says so") if len(sure) == 1 else None
    ends = list(dict.fromkeys([columns[0].name, columns[-1].name])) if columns else []
    likely = [column.name for column in fit if column.name in ends and LIKELY_TARGET.fullmatch(column.name.strip())]
    if likely:
        return Named(likely[0], "its name and its place say so") if len(likely) == 1 else None
    first, last = columns[0], columns[-1]
    if has_header(columns) or last not in fit or (are_classes(first) and not are_classes(last)):
        return None
    return Named(last.name, "the last column, where files without a header have it")


def has_header(columns: Sequence[SourceColumn]) -> bool:
    """Whether the columns have names of their own."""
    return not all(NO_HEADER_NAME.fullmatch(column.name) for column in columns)


def are_classes(column: SourceColumn) -> bool:
    """Whether a column's values look like classes rather than amounts."""
    return column.kind in ("category", "flag") or (column.kind == "number" and column.distinct <= MOST_INTEGER_CLASSES)


def candidates(columns: Sequence[SourceColumn]) -> tuple[str, ...]:
    """The columns that a person may mean, the likeliest first, at most MOST_CANDIDATES."""
    fit = [column for column in columns if can_be_target(column)]
    ends = {columns[0].name, columns[-1].name} if columns else set()

    def rank(column: SourceColumn) -> tuple[bool, bool, bool]:
        name = column.name.strip()
        named = SURE_TARGET.fullmatch(name) or LIKELY_TARGET.fullmatch(name)
        return not named, column.name not in ends, not are_classes(column)

    return tuple(column.name for column in sorted(fit, key=rank)[:MOST_CANDIDATES])


def numbers_rows(column: SourceColumn) -> bool:
    """Whether a column names each row instead of saying something about it."""
    return column.kind == "id"


def left_out(columns: Sequence[SourceColumn], target: str, keep: Sequence[str] = ()) -> tuple[Named, ...]:
    """The columns that teach nothing, each with the reason; `keep` are those with another role."""
    reasons = ((column.name, why_useless(column)) for column in columns if column.name not in (target, *keep))
    return tuple(Named(name, why) for name, why in reasons if why)


def why_useless(column: SourceColumn) -> str:
    """Why a column teaches nothing, as a clause; empty if it may."""
    if column.kind == "empty":
        return "holds no value"
    if column.kind == "id":
        return "names the rows, and says nothing about them"
    if column.kind == "text":
        return f"{column.distinct} different texts: a network would learn them by heart"
    cells = column.rows - column.missing
    if column.kind == "category" and DEFAULT_MAX_LEVELS < column.distinct > cells / FEWEST_ROWS_A_WORD:
        return f"{column.distinct} words in {cells} rows: hardly one is seen often enough to learn from it"
    if column.distinct == 1 and not column.missing:
        return "the same value in every row"
    return ""


def group_of(columns: Sequence[SourceColumn], target: str) -> Named | None:
    """The first column that names a subject of several rows, as the finding groups-in-two-splits has it."""
    for column in columns:
        enough = column.distinct >= FEWEST_GROUPS and column.rows >= FEWEST_ROWS_A_GROUP * column.distinct
        if column.name != target and not column.missing and enough and GROUP_NAME.fullmatch(column.name):
            return Named(column.name, f"{column.distinct} of them with several rows each, which are alike")
    return None


def split_column_of(columns: Sequence[SourceColumn], target: str) -> tuple[Named | None, Named | None]:
    """A ready-made split as (column to split by, column that has no dev rows and so cannot); at most one is given."""
    for column in columns:
        words = {SPLIT_WORDS.get(level.casefold()) for level in column.levels}
        if column.name == target or column.missing or "train" not in words or None in words or len(words) == 1:
            continue
        if "dev" in words:
            return Named(column.name, f"it says {', '.join(column.levels)} for every row"), None
        return None, Named(column.name, f"it says {' or '.join(column.levels)}, so no row is left to choose by")
    return None, None


def shares_for(rows: int) -> dict[str, float]:
    """The shares of train, dev and test for a table of this many rows: 0.6, 0.2, 0.2; 0.98, 0.01, 0.01 for millions.

    Shares and not counts, so that the config stays right when rows are added.
    """
    share = min(USUAL_SHARE, max(LEAST_SHARE, round(ENOUGH_TO_JUDGE / rows, 2)))
    return {"train": round(1 - 2 * share, 2), "dev": share, "test": share}


def date_of(columns: Sequence[SourceColumn], target: str) -> SourceColumn | None:
    """The first column of dates that every row has."""
    return next((c for c in columns if c.kind == "date" and c.name != target and not c.missing), None)
