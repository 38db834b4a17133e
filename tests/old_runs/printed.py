"""What scripts read: each case a few commands, what the last of them printed as JSON, and how two answers differ.

Stands between the golden files, which hold what dlrun 0.1.0 printed, and the test that asks the same again.
"""

import itertools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.commands import CONFIGS, ROOT, dlrun

from . import DATA, HERE, RUNS, copied

GOLDEN = HERE / "golden"

# What a run that is trained while a case runs leaves in its folder, and how many lines of it are compared.
WRITTEN = {
    "result.json": None,
    "diagnosis.json": None,
    "run.json": None,
    "data.json": None,
    "metrics.jsonl": 1,
    "trace.jsonl": 2,
}

# Of the clock or of the machine: what is made while a case runs is compared by these keys' types alone. What comes from
# the old folders is compared whole, but for the size of files, into which `copied` puts a path of some length.
VOLATILE = {
    "crc32",
    "data_sha256",  # the last bits of a generator's rows are those of the machine's cosine
    "dlrun",
    "environment",
    "relative_difference",  # of two gradients that agree to 1e-11: the rounding of the machine
    "seconds",
    "sha256",
    "worst",
}
OF_THE_COPY = {"bytes"}

# Of the clock also where an old folder is read: measured anew each time.
TIMED = {"learning_seconds"}

# Of an environment, what may be there or not.
OF_THE_MACHINE = {"blas", "git"}

# Keys of an environment that only one with an extra has.
OF_AN_EXTRA = {"numba"}

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
RUN_ID = re.compile(r"\d{8}-\d{6}-([A-Za-z0-9][A-Za-z0-9._-]*)-[0-9a-f]{4}(?![0-9a-f])")

# BLAS libraries add in different orders, and differ in the last bits of float64 (1e-16), which a short training makes
# larger; all else that this tolerance could hide would have to be a change of less than a millionth.
RELATIVE = 1e-6
# A difference of equal numbers is 0 on one machine and 1e-17 on another.
ABSOLUTE = 1e-12

LINE = 110

# Verbs that read no run, and need no copies.
OF_NO_RUN = {"config", "explain", "gradcheck", "probe", "recipe", "schema", "train"}

JSON = ("--json",)
FIGURES = ("diagnose", "--errors")


class Case(NamedTuple):
    """commands : the last one counts. makes : trains or measures anew. writes : a run, whose files count, too."""

    commands: tuple[tuple[str, ...], ...]
    makes: bool = False
    writes: bool = False


def reads(*words: str) -> Case:
    return Case(((*words, *JSON),))


def makes(*words: str) -> Case:
    return Case(((*words, *JSON),), makes=True)


def trains(name: str, *overrides: str) -> Case:
    return Case((("train", str(HERE / "configs" / f"{name}.yaml"), *overrides, *JSON),), makes=True, writes=True)


def after(*commands: tuple[str, ...]) -> Case:
    return Case((*commands[:-1], (*commands[-1], *JSON)))


def config_at(name: str) -> str:
    return str(ROOT / "configs" / f"{name}.yaml")


CASES = {
    "runs": reads("runs"),
    "runs_sorted": reads("runs", "--status", "finished", "--sort", "dev"),
    **{f"show_{name}": reads("show", run_id) for name, run_id in RUNS.items()},
    "show_metrics": reads("show", RUNS["regression"], "--metrics"),
    "show_nothing": reads("show", "no-such-run"),
    **{f"diagnose_{name}": reads("diagnose", run_id) for name, run_id in RUNS.items()},
    "diagnose_optimal": reads("diagnose", RUNS["moons"], "--optimal", "30/200"),
    "diagnose_reference": reads("diagnose", RUNS["moons_l2"], "--reference"),
    "diagnose_ledger": reads("diagnose", "--ledger"),
    "figures": reads(*FIGURES, "train=0.01,dev=0.11"),
    "figures_sized": reads(*FIGURES, "train=0.15,dev=0.16", "--sizes", "train=10000,dev=1000", "--optimal", "0.15"),
    "figures_percent": reads(*FIGURES, "train=15%,dev=30%,test=31%", "--optimal", "1%"),
    "figures_judged": reads(*FIGURES, "train=0.2,dev=0.22", "--sizes", "train=500,dev=200", "--optimal", "30/200"),
    "figures_baseline": reads(*FIGURES, "train=0.4,dev=0.41", "--baseline", "0.42"),
    "figures_wrong": reads(*FIGURES, "train=2,dev=0.1"),
    "compare": reads("compare", RUNS["moons"], RUNS["moons_l2"], RUNS["child"]),
    "compare_one_alone": reads("compare", RUNS["regression"]),
    "compare_other_data": reads("compare", RUNS["regression"], RUNS["moons"]),
    "diff": reads("diff", RUNS["moons"], RUNS["moons_l2"]),
    "diff_longer": reads("diff", RUNS["iris"], RUNS["longer"]),
    "verify": reads("verify", RUNS["moons"]),
    "verify_interrupted": reads("verify", RUNS["interrupted"]),
    "verify_crashed": reads("verify", RUNS["crashed"]),
    "explain": reads("explain"),
    "explain_code": reads("explain", "vanishing-gradients"),
    "schema": Case((("schema",),)),
    **{f"config_{path.stem}": reads("config", str(path)) for path in CONFIGS},
    "config_overridden": reads("config", config_at("digits"), "training.epochs=5", "regularization.lambda=1"),
    "config_wrong": reads("config", config_at("digits"), "training.epoch=5", "network.depth=0"),
    "probe": reads("probe", config_at("moons_overfit")),
    "probe_overfit_twenty": reads("probe", config_at("moons_overfit"), "--overfit-twenty"),
    "gradcheck": makes("gradcheck", config_at("wine"), "network.width=16"),
    "curve": makes("curve", RUNS["iris"], "--processes", "1"),
    "decompose": makes("decompose", RUNS["iris"], "--processes", "1"),
    "tag": reads("tag", RUNS["moons"], "kept", "--remove", "small"),
    "rm": reads("rm", RUNS["table"]),
    "restore": after(("rm", RUNS["table"]), ("restore", RUNS["table"])),
    "gc_dry_run": after(("rm", RUNS["table"]), ("gc", "--dry-run")),
    "report": reads("report", RUNS["moons"]),
    "resume_finished": reads("resume", RUNS["moons"]),
    "resume_diverged": reads("resume", RUNS["diverged"]),
    "train_binary": trains("binary"),
    "train_multiclass": trains("multiclass"),
    "train_regression": trains("regression"),
    "train_diverged": trains(
        "regression", "training.optimizer=gd", "training.learning_rate=50", "network.activation=identity"
    ),
    "recipe": makes("recipe", str(HERE / "configs" / "binary.yaml"), "--trainings", "2"),
}


def in_json(*words: str, there: Path) -> dict:
    """What the command prints with --json."""
    return json.loads(dlrun(*words, *JSON, cwd=there).stdout)


def answer(case: Case, there: Path) -> dict:
    """{status, printed, files} of a case, played in the empty folder `there`, as golden files hold it."""
    *before, last = case.commands
    named = [name for name, run_id in RUNS.items() if run_id in itertools.chain(*case.commands)]
    if last[0] not in OF_NO_RUN:
        copied(there, *named)
    for command in before:
        dlrun(*command, cwd=there)
    said = dlrun(*last, cwd=there)
    printed = json.loads(said.stdout)
    files = dict(written(there / printed["run_dir"])) if case.writes else {}
    volatile = OF_THE_COPY | TIMED | (VOLATILE if case.makes else set())
    return normalised({"status": said.returncode, "printed": printed, "files": files}, there, volatile)


def written(run: Path) -> Iterator[tuple[str, object]]:
    """What a run left in its folder, by the names of the files."""
    for name, lines in WRITTEN.items():
        if not (run / name).exists():
            yield name, None
            continue
        text = (run / name).read_text()
        yield name, json.loads(text) if lines is None else [json.loads(line) for line in text.splitlines()[:lines]]


def normalised(value: object, there: Path, volatile: set[str], key: str = "") -> object:
    """The value, less what another hour or another machine may change, but for the type of it."""
    if key in volatile and key in OF_THE_MACHINE:
        return "of the machine"
    if isinstance(value, dict):
        below = volatile | value.keys() if key in volatile else volatile
        found = {name: item for name, item in value.items() if key not in volatile or name not in OF_AN_EXTRA}
        return {name: normalised(item, there, below, name) for name, item in found.items()}
    if isinstance(value, list):
        return [normalised(item, there, volatile, key) for item in value]
    if key in volatile:
        return type(value).__name__
    if isinstance(value, str):
        neutral = value.replace(str(HERE / "data"), DATA).replace(str(there), "HERE").replace(str(ROOT), "ROOT")
        neutral = TIME.sub("TIME", neutral)
        return RUN_ID.sub(lambda found: found[0] if found[0] in RUNS.values() else f"RUN-{found[1]}", neutral)
    return value


def difference(golden: object, found: object, where: str = "") -> str | None:
    """Where two answers first differ, and how: in keys, their order, types or values; None where they are the same."""
    if type(golden) is not type(found):
        return f"{where}: was {golden!r}, is {found!r}"
    if isinstance(golden, dict):
        if list(golden) != list(found):
            return f"{where}: the keys were {list(golden)}, are {list(found)}"
        inside = (difference(golden[key], found[key], f"{where}.{key}") for key in golden)
    elif isinstance(golden, list):
        if len(golden) != len(found):
            return f"{where}: were {len(golden)}, are {len(found)}"
        pairs = enumerate(zip(golden, found, strict=True))
        inside = (difference(*pair, f"{where}[{at}]") for at, pair in pairs)
    elif isinstance(golden, float):
        same = math.isclose(golden, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        return None if same else f"{where}: was {golden!r}, is {found!r}"
    else:
        return None if golden == found else f"{where}: was {golden!r}, is {found!r}"
    return next((told for told in inside if told), None)


def pretty(value: object, indent: str = "") -> str:
    """The value as JSON, one line for what fits into one, so that golden files are short and their changes readable."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(indent) + len(line) <= LINE:
        return line
    deeper = indent + " "
    if isinstance(value, list):
        items = [pretty(item, deeper) for item in value]
        first, last = "[]"
    else:
        items = [f"{json.dumps(key, ensure_ascii=False)}: {pretty(item, deeper)}" for key, item in value.items()]
        first, last = "{}"
    return f"{first}\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}{last}"
