"""The verbs as functions of Python: `dlrun.train` and `dlrun.diagnose` do what the commands do and return the records.

Nothing is printed. What a command says on standard error is a warning here, and an error is raised as a DlrunError.
"""

import signal
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, overload

from .advice import RunDiagnosis, diagnosis_of_figures
from .config import yaml_value
from .config.loading import LoadedConfig
from .diagnosis import Judgements
from .errors import TERMINATED_STATUS, ConfigError, StoreError, UsageError
from .estimators import folder_of
from .estimators.settings import plain
from .experiment import read_config, run
from .experiment.prepare import read_config_text
from .inspection import AskedDiagnosis, diagnosis_of_run, look_at_test, page_contents
from .places import command_for, default_runs_dir
from .records import SPLITS, BySplit, Sizes
from .report.page import run_page
from .store import Result, RunContents, write_whole

# What a config without a file is called in messages, and its runs where it has no name.
NO_FILE = "config"

# The name of the page in the run's folder.
REPORT = "report.html"


def train(
    config: str | Path | Mapping[str, Any],
    overrides: Sequence[str] = (),
    *,
    runs_dir: str | Path | None = None,
    needed: bool = False,
) -> Result:
    """Train a config and write a run folder, as `dlrun train` does; returns what `dlrun train --json` prints.

    config : the path of a YAML file, or the same as a dict; its files are then looked for in the working directory.
    overrides : such as ["network.depth=5"]. runs_dir : where runs are kept, unless in DLRUN_RUNS or `runs`.
    needed : a finished run of the same config, data and version is returned instead.

    A training that diverged is a `status` of the result. After Ctrl-C the run is saved, then KeyboardInterrupt is
    raised. Raises ConfigError with every problem, DataError, StoreError.
    """
    loaded = loaded_of(config, overrides)
    contents = run(loaded, Path(runs_dir or default_runs_dir()), needed=needed)
    result = contents.result_required()
    look_at_test(contents.folder, contents.manifest.identity.hashes, result.errors.test, "train")
    if loaded.config.report and not result.reused:
        write_report(contents, loaded.origins)
    if result.status == "interrupted":
        if result.signal == signal.SIGTERM.name:
            raise SystemExit(TERMINATED_STATUS)
        raise KeyboardInterrupt(f"interrupted; resume: {command_for('resume', result.run_dir)}")
    return result


def loaded_of(config: str | Path | Mapping[str, Any], overrides: Sequence[str]) -> LoadedConfig:
    """The config of a file, or of plain data by way of its YAML, which the run keeps. Raises as `train`."""
    if isinstance(overrides, str):
        raise UsageError(f"overrides: got {overrides!r}; expected a list such as ['network.depth=5']")
    if isinstance(config, str | Path):
        return read_config(Path(config), overrides)
    if not isinstance(config, Mapping):
        raise ConfigError([f"config: got {type(config).__name__}; expected the path of a YAML file, or a dict"])
    text = "".join(f"{key}: {yaml_value(plain(value))}\n" for key, value in config.items())
    return read_config_text(text, Path(NO_FILE), overrides)


def write_report(contents: RunContents, origins: Mapping[str, str]) -> None:
    """Write the run's page; where that fails, warn, since it can be written later."""
    page = run_page(page_contents(contents, origins))
    try:
        write_whole(contents.folder.path / REPORT, lambda file: file.write(page.encode()))
    except StoreError as problem:
        warnings.warn(
            f"no report: {problem}; later: {command_for('report', contents.folder.path)}", UserWarning, stacklevel=3
        )


Optimal = float | Mapping[str, int]


@overload
def diagnose(
    run: str | Path = ...,
    *,
    errors: None = ...,
    sizes: None = ...,
    optimal: Optimal | None = ...,
    baseline: None = ...,
    reference: bool = ...,
    runs_dir: str | Path | None = ...,
) -> AskedDiagnosis: ...


@overload
def diagnose(
    run: Literal["latest"] = ...,
    *,
    errors: Mapping[str, float],
    sizes: Mapping[str, int] | None = ...,
    optimal: Optimal | None = ...,
    baseline: float | None = ...,
    reference: Literal[False] = ...,
    runs_dir: None = ...,
) -> RunDiagnosis: ...


def diagnose(
    run: str | Path = "latest",
    *,
    errors: Mapping[str, float] | None = None,
    sizes: Mapping[str, int] | None = None,
    optimal: Optimal | None = None,
    baseline: float | None = None,
    reference: bool = False,
    runs_dir: str | Path | None = None,
) -> AskedDiagnosis | RunDiagnosis:
    """Say whether bias or variance is high, and what to try; returns what `dlrun diagnose --json` prints.

    run : an id, the beginning of one, a name, `latest` or `best`, or the path of a run's folder. errors : fractions to
    judge instead of a run, {"train": 0.15, "dev": 0.16}; sizes : the rows of each, without which they are taken as
    exact; baseline : the error of always answering the commonest class. optimal : the optimal error, or
    {"errors": 30, "n": 200} of judgements; default: that of the run's config. reference : bound it by what ordinary
    learners reach on the run's rows.

    A notebook shows the diagnosis as a table, `print` as text. Raises StoreError without such a run, UsageError.
    """
    judgements = optimal_given(optimal)
    if errors is None:
        if sizes is not None or baseline is not None:
            raise UsageError("sizes and baseline belong to errors; a run has its own")
        return diagnosis_of_run(folder_of(run, runs_dir), judgements, with_reference=reference)
    if reference:
        raise UsageError("reference: needs the rows of a run; leave errors out")
    counted = None if sizes is None else Sizes(**{name: int(n) for name, n in splits_of("sizes", sizes).items()})
    return diagnosis_of_figures(BySplit(**splits_of("errors", errors)), counted, judgements, baseline)


def optimal_given(optimal: Optimal | None) -> float | Judgements | None:
    """The optimal error as a number, or as judgements that were counted. Raises UsageError."""
    if not isinstance(optimal, Mapping):
        return optimal
    if set(optimal) != {"errors", "n"} or not 0 <= optimal["errors"] <= optimal["n"] or optimal["n"] < 1:
        raise UsageError(f"optimal: got {dict(optimal)}; expected {{'errors': 30, 'n': 200}} with errors <= n")
    return Judgements(int(optimal["errors"]), int(optimal["n"]))


def splits_of(word: str, figures: Mapping[str, float]) -> dict[str, float]:
    """The figures of train, dev and perhaps test, as numbers of Python. Raises UsageError for other names."""
    if not {"train", "dev"} <= set(figures) <= set(SPLITS):
        raise UsageError(f"{word}: got {', '.join(map(str, figures))}; expected train, dev and perhaps test")
    return {name: plain(figure) for name, figure in figures.items()}
