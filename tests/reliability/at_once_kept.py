"""What many commands at once have acknowledged, and whether the store holds all of it when they have ended."""

import json
from collections import Counter
from pathlib import Path

from dlrun.diagnosis.looks import Looked, Scored
from dlrun.search.ledger import LEDGER
from dlrun.store import RunFolder, kept_refit, lines, list_runs, looks, read_tags, status_of, verify
from dlrun.store.trash import TRASH
from dlrun.sweep.folder import SweepFolder
from dlrun.sweep.references import sweep_ids

from .commands import Said, faults_of, said

# How a run may stand before those that were killed are gone on with.
STANDINGS = {"finished", "crashed", "failed", "interrupted", "diverged", "running"}
ROWS_ANSWERED = 3


class Told:
    """What commands have told by ending with 0, and which were begun that take runs away.

    finished : ids of runs. trainings : of each sweep, how many have ended. tags : by run. advised, refitted : runs.
    answered : files. looks : how many. taken : runs and sweeps that a command was begun to remove, with its runs.
    emptied : whether the trash was, perhaps by a command that was killed. of_sweep : the runs of each.
    """

    def __init__(self) -> None:
        self.finished: set[str] = set()
        self.trainings: dict[str, int] = {}
        self.tags: dict[str, set[str]] = {}
        self.advised: set[str] = set()
        self.refitted: set[str] = set()
        self.answered: set[str] = set()
        self.looks = 0
        self.taken: set[str] = set()
        self.of_sweep: dict[str, set[str]] = {}
        self.emptied = False
        self.odd: list[str] = []

    def begun(self, words: tuple[str, ...], runs_dir: Path) -> None:
        """Takes note of a command before it is begun."""
        if words[0] == "rm":
            there = at(runs_dir, words[1]) if words[1].startswith("sweep-") else None
            self.taken |= {
                words[1],
                *self.of_sweep.get(words[1], ()),
                *(SweepFolder(there.path).begun().values() if there else ()),
            }
        self.emptied |= words[0] == "gc"

    def take(self, words: tuple[str, ...], done: Said, folder: Path) -> None:
        """Keeps what a command told."""
        if done.status != 0 or "--json" not in words:
            return
        verb, found = words[0], json.loads(done.out)
        self.looks += found.get("test_look") is not None
        if verb in ("train", "resume"):
            self.finished.add(found["run_id"])
        elif verb == "sweep":
            self.trainings[found["sweep_id"]] = found["counts"]["finished"]
            runs = {run_id for setting in found["settings"] for run_id in setting["run_ids"]}
            self.of_sweep[found["sweep_id"]] = runs
            self.finished |= runs
        elif verb == "recipe":
            self.finished |= {step["run_id"] for step in found["steps"] if step["run_id"]}
        elif verb == "diagnose" and "--apply" in words:
            self.advised.add(found["line"]["child"])
            self.finished.add(found["line"]["child"])
        elif verb == "refit":
            self.refitted.add(found["run_id"])
        elif verb == "predict":
            self.answered.add(words[words.index("--out") + 1])
        elif verb == "tag":
            self.tags.setdefault(found["run_id"], set()).update(found["tags"])
        elif verb == "runs":
            self.odd += [f"listed as {row['status']}: {row}" for row in found["runs"] if row["status"] not in STANDINGS]
        elif verb == "verify":
            self.odd += [f"{words[1]} is damaged: {file}" for file in found["files"] if file["problem"]]


def kept(folder: Path, told: Told) -> tuple[dict, list[str]]:
    """How much was acknowledged, and what of it is not there, or says what it is not."""
    runs_dir = folder / "runs"
    losses = told.odd + unsound(runs_dir) + gone_on_with(folder)
    losses += lost_runs(runs_dir, told) + lost_lines(runs_dir, told) + lost_files(folder, told)
    figures = {
        "runs told": len(told.finished),
        "sweeps told": len(told.trainings),
        "tags told": sum(map(len, told.tags.values())),
        "looks told": told.looks,
        "advice told": len(told.advised),
        "refits told": len(told.refitted),
        "answers told": len(told.answered),
        "runs": len(list_runs(runs_dir)),
    }
    return figures, losses


def at(runs_dir: Path, run_id: str) -> RunFolder | None:
    """A run, or a sweep, where it is: among the runs or in the trash."""
    there = [place / run_id for place in (runs_dir, runs_dir / TRASH) if (place / run_id).is_dir()]
    return RunFolder(there[0]) if there else None


def unsound(runs_dir: Path) -> list[str]:
    """Runs that say what they are not, or are damaged."""
    found = [
        f"{row.run_id} is {row.status}: {row.problem}" for row in list_runs(runs_dir) if row.status not in STANDINGS
    ]
    trashed = (runs_dir / TRASH).glob("[0-9]*-*-*") if (runs_dir / TRASH).exists() else ()
    for run in (*map(RunFolder, trashed), *(RunFolder(runs_dir / row.run_id) for row in list_runs(runs_dir))):
        if (run.path / "run.json").exists():
            found += [f"{run.id} is damaged: {check}" for check in verify(run) if check.problem]
    return found


def gone_on_with(folder: Path) -> list[str]:
    """What is wrong with runs and sweeps that were cut short once they are resumed; a run may not have begun."""
    runs_dir, found = folder / "runs", []
    for row in list_runs(runs_dir):
        if row.status in ("crashed", "interrupted"):
            has_begun = (runs_dir / row.run_id / "run.json").exists()
            faults = faults_of(said(folder, "resume", row.run_id, "-q"), (0,) if has_begun else (6,))
            found += [f"{row.run_id}, resumed: {fault}" for fault in faults]
        elif row.status == "failed":
            found.append(f"{row.run_id} failed")
    for sweep_id in sweep_ids(runs_dir):
        has_begun = (runs_dir / sweep_id / "plan.json").exists()
        done = said(folder, "sweep", "--resume", sweep_id, "-q", "--processes", "1")
        found += [f"{sweep_id}, resumed: {fault}" for fault in faults_of(done, (0,) if has_begun else (6,))]
    return found


def lost_runs(runs_dir: Path, told: Told) -> list[str]:
    """Runs and sweeps that were told, and are gone though nobody has taken them, or are not what they were."""
    found = []
    for run_id in told.finished | set(told.trainings):
        run, is_taken = at(runs_dir, run_id), run_id in told.taken
        if run is None and not (is_taken and told.emptied):
            found.append(f"{run_id} is gone, and nobody has removed it")
        elif run is not None and run.path.parent != runs_dir and not is_taken:
            found.append(f"{run_id} is in the trash, and nobody has put it there")
        elif run is not None and run_id in told.finished and status_of(run) != "finished":
            found.append(f"{run_id} was finished, and is {status_of(run)}")
    for sweep_id, count in told.trainings.items():
        if (run := at(runs_dir, sweep_id)) and len(list(SweepFolder(run.path).lines())) < count:
            found.append(f"{sweep_id} has lost trainings")
    return found


def lost_lines(runs_dir: Path, told: Told) -> list[str]:
    """Lines of the ledgers that were told, and damaged ones."""
    events, found = [], []
    for line in (runs_dir / looks.FILE).read_bytes().split(b"\n")[:-1]:
        try:
            events.append(looks.event_of(lines.unsealed(line)))
        except ValueError:
            found.append(f"a damaged line of the ledger: {line[:200]!r}")
    scored = {event.run_id for event in events if isinstance(event, Scored)}
    found += [f"{run_id}: not in the ledger" for run_id in told.finished - scored]
    looked = sum(isinstance(event, Looked) for event in events)
    found += [f"{told.looks} looks were told, and the ledger has {looked}"] if looked < told.looks else []
    advice, problem = RunFolder(runs_dir).sound_lines(LEDGER) if (runs_dir / LEDGER).exists() else ([], None)
    children = Counter(line["child"] for line in advice)
    found += [f"the ledger of advice: {problem}"] if problem else []
    found += [f"{run_id}: its advice is not in the ledger" for run_id in told.advised - set(children)]
    return found + [f"{run_id}: {count} lines of advice" for run_id, count in children.items() if count > 1]


def lost_files(folder: Path, told: Told) -> list[str]:
    """Tags, refits and answers that were told, and pages that are not whole."""
    runs_dir, found = folder / "runs", []
    for run_id, tags in told.tags.items():
        if (run := at(runs_dir, run_id)) and not tags <= set(read_tags(run)):
            found.append(f"{run_id} has lost tags: {sorted(tags)} were told, {read_tags(run)} are there")
    for run_id in told.refitted:
        if (run := at(runs_dir, run_id)) and kept_refit(run) is None:
            found.append(f"{run_id} has lost its refit")
    for name in told.answered:
        if len((folder / name).read_text().splitlines()) != 1 + ROWS_ANSWERED:
            found.append(f"{name} is not whole")
    pages = [*runs_dir.glob("*.html"), *runs_dir.glob("*/report.html")]
    return found + [f"{page} is not whole" for page in pages if not page.read_text().rstrip().endswith("</html>")]
