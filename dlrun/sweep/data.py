"""Decides how the trainings of a sweep get their data: read once, prepared once a machine, or each for itself."""

from pathlib import Path

from ..config import LoadedConfig, yaml_value
from ..data import SOURCE_SETTINGS, Examples, is_named_source, read_examples
from ..errors import StoreError
from ..experiment.identity import with_absolute_paths
from ..experiment.prepare import DATA_KEYS, ReadRows, declared_optimal, random_streams, reading_of
from ..records import Change
from .plan import Plan
from .records import TrainingLine

# Keys of `data` that say what becomes of rows once they are read.
AFTER_READING = ("data.split", "data.stratify", "data.duplicates", "data.normalize", "data.encoding")

# So many trainings in each process make it worth that the process of the sweep prepares their data. It does the first
# while the others start, and these need not import scikit-learn, which takes as long as their own start.
TRAININGS_EACH = 4

# Keys that name files, which other machines cannot find beside the config.
FILE_KEYS = ("source", "dev_source", "test_source")


def is_below(key: str, above: tuple[str, ...]) -> bool:
    """Whether a dotted key is one of `above`, or a key of such a section."""
    return any(key == part or key.startswith(f"{part}.") for part in above)


def data_is_shared(plan: Plan) -> bool:
    """Whether several trainings of a plan have the same rows, divided and scaled alike."""
    keys = [key.key for key in plan.keys]
    varied_data = [key for key in keys if is_below(key, DATA_KEYS)]
    return plan.settings_count > 1 and (not varied_data or (plan.trials is None and len(varied_data) < len(keys)))


def is_prepared_first(base: LoadedConfig, plan: Plan, processes: int) -> bool:
    """Whether the data of each seed are worth being prepared in this process, before its trainings are handed out."""
    varied_data = any(is_below(key.key, DATA_KEYS) for key in plan.keys)
    is_shared = data_is_shared(plan) and not varied_data and not base.config.data.memory_map
    return is_shared and processes > 1 and plan.settings_count >= TRAININGS_EACH * processes


def rows_read_once(base: LoadedConfig, plan: Plan) -> ReadRows | None:
    """The rows of a sweep whose trainings all read the same; None where seeds or settings change what is read.

    Raises DataError.
    """
    data, reading_keys = base.config.data, ("data", "diagnosis.optimal_error")
    changed = [key.key for key in plan.keys if is_below(key.key, reading_keys) and not is_below(key.key, AFTER_READING)]
    is_generated = bool(SOURCE_SETTINGS.get(str(data.source)))  # only generators take settings, and draw from the seed
    if changed or is_generated or data.memory_map:
        return None
    folder = Path(base.file).parent
    examples = read_examples(reading_of(data), folder=folder, rng=random_streams(base.config.seed)["source"])
    return ReadRows(examples, declared_optimal(base.config, folder)) if isinstance(examples, Examples) else None


def split_key(seed: int, settings: Change) -> str:
    """The same text for trainings that have the same rows, divided alike."""
    return repr((seed, *((key, value) for key, value in settings.items() if is_below(key, DATA_KEYS))))


class KnownData:
    """The hashes of the data that trainings of a sweep were on, so that others on changed data are not mixed in."""

    def __init__(self, base: LoadedConfig):
        self.source = base.config.data.source
        self.draws = bool(SOURCE_SETTINGS.get(str(base.config.data.source)))
        self.hashes: dict[str, str | None] = {}

    def note(self, line: TrainingLine) -> None:
        """Notes the data of a training that is done. Raises StoreError where another one had other data."""
        if line.data_sha256 is None:
            return
        read = {key: value for key, value in line.settings.items() if is_below(key, ("data",))}
        rows = repr(("rows", line.seed if self.draws or "data.source" in read else None, *sorted(read.items())))
        found = {rows: line.data_sha256, split_key(line.seed, line.settings): line.split_sha256}
        for key, sha256 in found.items():
            if (before := self.hashes.setdefault(key, sha256)) != sha256:
                changed = f"the data of {self.source} changed since the sweep began"
                hashes = f"their sha256 was {str(before)[:12]}, is {str(sha256)[:12]}"
                raise StoreError(f"{changed}: {hashes}; put them back, or begin another sweep on the new data")


def absolute_overrides(base: LoadedConfig) -> tuple[str, ...]:
    """Overrides that give the files of a config by their absolute paths."""
    data = with_absolute_paths(base).config.data
    named = {key: getattr(data, key) for key in FILE_KEYS}
    files = {key: value for key, value in named.items() if value is not None and not is_named_source(value)}
    return tuple(f"data.{key}={yaml_value(str(value))}" for key, value in files.items())
