"""How the columns of a config's or a file's data are read, before anything is trained: what `dlrun data` shows.

A file without a config is looked at with the choices that `dlrun init` would make.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ..config import LoadedConfig
from ..config.overrides import parse_override
from ..config.schema import Config
from ..data.proposal import Named, Proposal, candidates, plain_target
from ..data.records import DataFacts, SourceColumn
from ..diagnosis.label_noise import Suspects
from ..diagnosis.row_order import Gap
from ..errors import DataError
from ..experiment.prepare import prepare_data, random_streams, read_config, read_config_text
from ..records import omitted
from .apart import gap_of_config
from .first_config import config_path, first_config
from .first_look import READING_KEYS, FirstLook, is_data_file, look_at_file, proposal_for
from .suspects import suspects_of_config

Asked = Literal["suspects", "gap"]


@dataclass(frozen=True)
class DataLook:
    """The columns of a source, and, where the target is known, how the rows are split and what was found.

    source : as messages name it. rows : of it. columns : as they were read. notes : how its files were read.
    facts : of the data as they would be trained on; None where no target is known, or the rows cannot be split.
    lacking : a sentence on why there are no facts. proposed : the choices for a file without a config.
    suspects : the rows whose labels may be wrong, gap : what a random split hides, where they were asked for.
    """

    source: str
    rows: int
    columns: tuple[SourceColumn, ...]
    notes: tuple[str, ...]
    facts: DataFacts | None
    lacking: str | None = omitted()
    proposed: Proposal | None = omitted()
    suspects: Suspects | None = omitted()
    gap: Gap | None = omitted()


def look_at_data(file: Path, overrides: Iterable[str] = (), *, asked: Sequence[Asked] = ()) -> DataLook:
    """What a config's data or a file of data hold; `overrides` replace values of the config or of the proposal.

    asked : what takes a while: to look for labels that may be wrong, to measure what a random split hides.
    Raises ConfigError, DataError, UsageError.
    """
    if is_data_file(file) and not _is_config(file):
        overrides = tuple(overrides)
        look = look_at_file(file, [text for text in overrides if says_how_to_read(text)])
        return _of_file(look, overrides, asked)
    config = read_config(file, overrides).config
    facts = facts_of_config(config, file.parent)
    shown = DataLook(facts.source, facts.rows, facts.source_columns or (), facts.notes or (), facts)
    return with_asked(shown, config, file.parent, asked)


def with_asked(look: DataLook, config: Config, folder: Path, asked: Sequence[Asked]) -> DataLook:
    """The same with what was asked for. Raises DataError."""
    if "suspects" in asked:
        look = replace(look, suspects=suspects_of_config(config, folder))
    return replace(look, gap=gap_of_config(config, folder)) if "gap" in asked else look


def says_how_to_read(override: str) -> bool:
    """Whether a `key=value` says how a file is read; the others come into play once it has been."""
    section, *key = parse_override(override)[0]
    return section == "data" and key[:1] in [[name] for name in READING_KEYS]


def _is_config(file: Path) -> bool:
    """Whether a file of text is a config although its ending is one of data, such as .txt."""
    from ..errors import ConfigError

    try:
        read_config(file)
    except ConfigError:
        return False
    return True


def facts_of_config(config: Config, folder: Path) -> DataFacts:
    """The facts of a config's data. Raises DataError."""
    return prepare_data(config, folder, random_streams(config.seed)).facts


def _of_file(look: FirstLook, overrides: tuple[str, ...], asked: Sequence[Asked]) -> DataLook:
    target = _target_of(look)
    rows = len(look.table.numbers)
    plain = DataLook(str(look.file), rows, look.columns, look.notes, None)
    if target is None:
        among = ", ".join(candidates(look.columns)) or "none of them"
        lacking = f"which column is to be predicted is not plain; say data.target=COLUMN, it may be {among}"
        return replace(plain, lacking=lacking)
    try:
        proposal = proposal_for(look, target)
        config = _proposed_config(look, proposal, overrides).config
        facts = facts_of_config(config, Path())
    except DataError as problem:
        return replace(plain, lacking=str(problem))
    columns, notes = facts.source_columns or (), facts.notes or ()
    shown = DataLook(str(look.file), facts.rows, columns, notes, facts, proposed=proposal)
    return with_asked(shown, config, Path(), asked)


def _target_of(look: FirstLook) -> Named | None:
    """The target by the command line, by the file itself, or where it is plain."""
    if look.has_own_target:
        return look.own_target()
    return plain_target(look.columns) if look.wanted is None else look.find_target(look.wanted)


def _proposed_config(look: FirstLook, proposal: Proposal, overrides: tuple[str, ...]) -> LoadedConfig:
    """The config that `dlrun init` would write into the working directory."""
    path = config_path(look.file)
    return read_config_text(first_config(look, proposal, path), path, overrides)
