"""Which column of a log is what: the names that packages give to losses, accuracies and errors."""

import re
from collections.abc import Iterable, Mapping

from ...errors import UsageError

ROLES = ("train_loss", "dev_loss", "train_accuracy", "dev_accuracy", "train_error", "dev_error")
OTHERS = ("epoch",)
EXAMPLE = "train_loss=COLUMN,dev_loss=COLUMN,train_accuracy=COLUMN,dev_accuracy=COLUMN"

# Words of a name that say which rows it is of; what is of the test rows takes no part.
SPLIT_WORDS = {
    "train": ("train", "training", "tr"),
    "dev": ("val", "valid", "validation", "dev", "eval", "evaluation"),
    "test": ("test", "testing"),
}

# What the rest of a name may be: as Keras, Lightning, the Trainer, scikit-learn and PyTorch's tutorials have it.
KIND_WORDS = {
    "loss": ("loss", "loss_curve"),
    "accuracy": (
        "accuracy",
        "acc",
        "binary_accuracy",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
        "multiclass_accuracy",
    ),
    "error": ("error", "err", "error_rate"),
}

# Words that say how often it was logged.
PACE_WORDS = ("epoch", "step")


def role_of(column: str) -> str | None:
    """The role that a column's name tells, None where it tells none; without a word for the rows it is of train."""
    words = re.findall(r"[a-z]+|[0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower())
    splits = {split for split, names in SPLIT_WORDS.items() for word in words if word in names}
    rest = [word for word in words if word not in PACE_WORDS and not any(word in n for n in SPLIT_WORDS.values())]
    kinds = [kind for kind, names in KIND_WORDS.items() if "_".join(rest) in names]
    if not kinds or len(splits) > 1 or "test" in splits:
        return None
    return f"{next(iter(splits), 'train')}_{kinds[0]}"


def roles_of(columns: Iterable[str], named: Mapping[str, str], file: str) -> dict[str, str]:
    """The column of each role that there is: those that are named, then those that tell by their names.

    Raises UsageError where several would do, where a named one is not there, and where none is known.
    """
    columns = list(columns)
    for role, column in named.items():
        if column not in columns and not (column.endswith("%") and column[:-1] in columns):
            raise UsageError(f"--columns: {role}={column}: {file} has no such column; it has {', '.join(columns)}")
    found = dict(named)
    taken = set(named.values())
    for role in (*ROLES, *OTHERS):
        if role in found:
            continue
        fitting = [name for name in columns if name not in taken and (role_of(name) or name.lower()) == role]
        if len(fitting) > 1:
            fitting = chosen_by_pace(fitting)
        if len(fitting) > 1:
            raise UsageError(
                f"{file}: {' and '.join(fitting)} may each be the {role.replace('_', ' ')}; say which:"
                f" --columns {role}={fitting[0]}"
            )
        if fitting:
            found[role] = fitting[0]
    if not set(found) & set(ROLES):
        raise UsageError(
            f"{file}: no column is known as a loss, an accuracy or an error; it has {', '.join(columns) or 'none'};"
            f" say which is which: --columns {EXAMPLE}"
        )
    return found


def chosen_by_pace(columns: list[str]) -> list[str]:
    """Of a figure logged an epoch and a step, that of the epoch, as Lightning logs both."""
    by_epoch = [name for name in columns if "epoch" in name.lower()]
    return by_epoch or [name for name in columns if "step" not in name.lower()] or columns


def parse_columns(text: str) -> dict[str, str]:
    """The columns by role of `role=column` pairs separated by commas. Raises UsageError."""
    named: dict[str, str] = {}
    for part in text.split(","):
        role, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or not column:
            raise UsageError(f"--columns: got {part.strip()!r}; expected role=column pairs, such as {EXAMPLE}")
        if role not in (*ROLES, *OTHERS):
            raise UsageError(f"--columns: unknown role {role!r}; expected some of {', '.join((*ROLES, *OTHERS))}")
        if role in named:
            raise UsageError(f"--columns: {role} is given twice; expected each role once")
        named[role] = column
    return named
