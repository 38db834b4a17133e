"""What is suspicious about the data, as plain sentences: leaks, identity columns, rows in two splits, constants.

Nothing here stops a run, and nothing loops over rows; the sentences are recorded with the dataset.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .examples import SPLITS, Examples, Table
from .facts import class_counts
from .files import listed

# One-hot coding a text column makes a feature of each level. Names of countries (adult has 42) fit below this; surnames
# and free text do not.
MOST_LEVELS = 100

# Among fewer rows than this, values that all differ say nothing.
FEWEST_ROWS_TO_JUDGE = 20

# Column names that announce an identity: id, PassengerId, row_number. A word that merely ends in "id" does not.
ID_NAME = re.compile(r"(?i:(^|.*[\W_])(id|idx|index|no|nr|key|number|uuid))|.*[a-z](Id|ID|Index|No|Nr|Key|Number)")

# So many leading rows are looked at before a column is compared with the target in full.
FIRST_LOOK = 1000

# Correlation above which a feature is the target in other units; real measurements of one thing reach 0.9999.
SAME_UP_TO_UNITS = 1 - 1e-9

# Rows are hashed up to this many cells, which takes about a second; above it the check is left out and says so.
MOST_CELLS_TO_HASH = 10**8

# Cells hashed at a time, so that the copies stay in tens of megabytes.
CELLS_AT_A_TIME = 2**21


def kept_codes(table: Table, features: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The categorical features worth a one-hot code, and a sentence for each that was left out."""
    kept, said = [], []
    for at, name in enumerate(table.code_names):
        if name not in features:
            continue
        filled, levels = int((table.codes[:, at] >= 0).sum()), len(table.levels[at])
        if not levels:
            said.append(f"column {name!r} holds no value and was left out")
        elif name in table.forced or not _is_identity(filled, levels):
            kept.append(name)
        else:
            said.append(
                f"column {name!r} holds {levels} different texts in {filled} rows and was left out: a feature for each"
                " could only learn rows by heart; name it in data.categorical to keep it, in data.drop to silence this"
            )
    return tuple(kept), tuple(said)


def _is_identity(filled: int, levels: int) -> bool:
    return levels > MOST_LEVELS or (filled >= FEWEST_ROWS_TO_JUDGE and levels == filled)


def warnings_of(examples: Examples, parts: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """Every warning about these examples, split like this."""
    found = [*examples.warnings, *_leaks(examples), *_identities(examples), *_constants(examples, parts["train"])]
    found += absent_classes(examples.classes, class_counts(examples, parts))
    return (*found, *_rows_in_two_splits(examples, parts))


def _columns(examples: Examples) -> Iterator[tuple[str, np.ndarray]]:
    yield from zip(examples.number_names, examples.numbers.T, strict=True)
    yield from zip(examples.code_names, examples.codes.T, strict=True)


def _leaks(examples: Examples) -> Iterator[str]:
    """Features that are the target itself: a one-to-one recoding of the classes, or the number in other units."""
    y = examples.y
    for name, values in _columns(examples):
        if examples.classes:
            told = _recodes(values[:FIRST_LOOK], y[:FIRST_LOOK]) and _recodes(values, y)
        else:
            told = name in examples.number_names and _same_up_to_units(values, y)
        if told:
            yield (
                f"column {name!r} gives the target {examples.target_name!r} away, each value standing for one of its"
                " values; unless it is known before the target is, name it in data.drop"
            )


def _recodes(values: np.ndarray, y: np.ndarray) -> bool:
    """Whether values and classes stand for each other one to one; a missing value stands for nothing."""
    classes, first = np.unique(y, return_index=True)
    stands_for = values[first]
    if len(np.unique(stands_for)) < len(classes):
        return False
    return bool((values == stands_for[np.searchsorted(classes, y)]).all())


def _same_up_to_units(values: np.ndarray, y: np.ndarray) -> bool:
    head, head_y = values[:FIRST_LOOK].astype(np.float64), y[:FIRST_LOOK]
    return _correlates(head, head_y) and _correlates(values.astype(np.float64), y)


def _correlates(values: np.ndarray, y: np.ndarray) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = values - values.mean(), y - y.mean()
        scale = np.sqrt((a @ a) * (b @ b))
        return bool(scale > 0 and abs(a @ b) > SAME_UP_TO_UNITS * scale)


def _identities(examples: Examples) -> Iterator[str]:
    if examples.m < FEWEST_ROWS_TO_JUDGE:
        return
    for name, values in zip(examples.number_names, examples.numbers.T, strict=True):
        if ID_NAME.fullmatch(name) and (values == np.round(values)).all() and len(np.unique(values)) == len(values):
            yield f"column {name!r} numbers the rows, all different whole numbers; name it in data.drop if it is an id"


def _constants(examples: Examples, train: np.ndarray) -> Iterator[str]:
    """Columns with one value in the training rows: harmless, for a centred constant is 0, but they teach nothing."""
    if examples.image_side is not None:
        # The corners of pictures are constant as a rule, and no fault of anyone's.
        return
    names = [name for name, values in _columns(examples) if _is_constant(values, train)]
    constant_target = not examples.classes and _is_constant(examples.y, train)
    yield from constants_told(names, examples.target_name if constant_target else None)


def constants_told(names: Sequence[str], target: str | None) -> Iterator[str]:
    """A sentence for the features that are constant in training, and one for the target, named if it is constant."""
    if names:
        word = "column is" if len(names) == 1 else "columns are"
        yield f"{len(names)} {word} constant in the training rows and can teach nothing: {listed(names)}"
    if target is not None:
        yield f"the target {target!r} is constant in the training rows; there is nothing to learn"


def _is_constant(values: np.ndarray, train: np.ndarray) -> bool:
    first = values[train[0]]
    # The first few differ as a rule, which spares the rest; NaN differs from itself and so is never constant.
    return bool((values[train[:FIRST_LOOK]] == first).all() and (values[train] == first).all())


def absent_classes(classes: Sequence[str], counts: Mapping[str, np.ndarray]) -> Iterator[str]:
    """A sentence for dev and test each, if a class has no rows there; counts (K,) for each split."""
    for split in SPLITS[1:]:
        names = [repr(classes[at]) for at in np.flatnonzero(counts[split] == 0)] if split in counts else []
        if names:
            subject = f"class {names[0]} has" if len(names) == 1 else f"classes {listed(names)} have"
            yield f"{subject} no rows in {split}, so the {split} error says nothing of that"


def _rows_in_two_splits(examples: Examples, parts: Mapping[str, np.ndarray]) -> Iterator[str]:
    cells = examples.m * (examples.numbers.shape[1] + examples.codes.shape[1])
    if cells > MOST_CELLS_TO_HASH:
        yield f"rows that stand in two splits were not looked for: {cells} cells are more than {MOST_CELLS_TO_HASH}"
        return
    hashes = row_hashes(examples.numbers, examples.codes, examples.y[:, None])
    hashes = {name: np.sort(hashes[rows]) for name, rows in parts.items()}
    for later, earlier in (("dev", "train"), ("test", "train"), ("test", "dev")):
        if later in parts:
            again = _how_many_are_among(hashes[later], hashes[earlier])
            if again:
                yield (
                    f"{again} of {len(parts[later])} {later} rows also stand in {earlier}, equal in every feature"
                    f" and the target, which flatters the {later} error; remove duplicate rows, or split by data.group"
                )


def _how_many_are_among(some: np.ndarray, others: np.ndarray) -> int:
    """Both sorted, which makes this many times as quick as np.isin on a million."""
    at = np.searchsorted(others, some)
    return int((others[np.minimum(at, len(others) - 1)] == some).sum())


def row_hashes(*blocks: np.ndarray) -> np.ndarray:
    """(m,) uint64, equal for equal rows of all blocks (m, any width, any type), else different but for 1 in 2^64."""
    m = len(blocks[0])
    total = np.zeros(m, dtype=np.uint64)
    # A fixed seed: the hash is no random draw of the experiment.
    rng = np.random.default_rng(0)
    for block in blocks:
        width = -(-block.shape[1] * block.dtype.itemsize // 8)
        odd = rng.integers(0, 2**63, size=width, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        step = max(1, CELLS_AT_A_TIME // max(1, width))
        for start in range(0, m, step):
            rows = np.ascontiguousarray(block[start : start + step])
            padded = np.zeros((len(rows), width * 8), dtype=np.uint8)
            padded[:, : block.shape[1] * block.dtype.itemsize] = rows.view(np.uint8).reshape(len(rows), -1)
            total[start : start + step] += (_mixed(padded.view(np.uint64)) * odd).sum(axis=1, dtype=np.uint64)
    return total


def _mixed(words: np.ndarray) -> np.ndarray:
    """Spread the bits, for those of small whole numbers all stand at the top of a float64 (murmur3's finalizer)."""
    words = (words ^ (words >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    return words ^ (words >> np.uint64(29))
