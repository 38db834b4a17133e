"""From cells to tables: shares with their counts, means with intervals by resampling tasks and seeds."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ..printed import table
from . import arms
from .judging import HEADLINES, LEAST_HARM
from .states import RARE, STATES
from .tasks import TASKS

RESAMPLES = 2000
CONFIDENCE = 0.95
Cells = Sequence[tuple[list, dict]]

# After how many trainings of the recipe, beside how many of a search.
PAIRS = ((4, 16), (16, 16))

# The healthy config after its one training is where this search begins; whatever trains more must beat it.
DEFAULT, FROM_DEFAULT = "default", "default and local search"

# What a better test error must gain to count as better, a tenth of a point.
GAIN = 0.001


def all_tables(cells: Cells) -> list[str]:
    """Every table that the cells have something for."""
    problems = [f"{job}: {cell['problem']}" for job, cell in cells if "problem" in cell]
    sound = [(job, cell) for job, cell in cells if "problem" not in cell]
    causes = [cell for job, cell in sound if job[0] == "causes"]
    states = [cell for job, cell in sound if job[0] == "states"]
    paths = [cell for job, cell in sound if job[0] in ("arms", "recipe")]
    found = []
    if causes:
        found += [causes_table(causes), healthy_table(causes), verdict_table(causes), advice_table(causes)]
    if states:
        found += [states_table(states), untouched_table(states), first_advice_table(states)]
    if paths:
        found += [paths_table(paths), contrasts_table(paths), gaps_table(paths)]
    return [*found, *([f"{len(problems)} cells failed:", *problems[:10]] if problems else [])]


def valid(causes: list[dict]) -> list[dict]:
    """The sick cells in which something is wrong: a test error clearly above the healthy one's, or faulty data."""
    healthy = {(c["task"], c["seed"]): c["test"] for c in causes if c["fault"] is None}
    return [
        cell
        for cell in causes
        if cell["fault"]
        and (
            cell["fault"] in ALWAYS_VALID
            or not np.isfinite(cell["test"])
            or cell["test"] - healthy[cell["task"], cell["seed"]] >= LEAST_HARM
        )
    ]


# Faults of the data that need not raise the test error to be worth telling.
ALWAYS_VALID = ("mismatch", "random_labels", "repeated_rows")
# A dev set that is too small makes nothing worse; it counts as told where the verdict stays open.
NOT_A_CAUSE = ("tiny_dev",)


def causes_table(causes: list[dict]) -> str:
    rows, pooled = [], []
    sick = [cell for cell in valid(causes) if cell["fault"] not in NOT_A_CAUSE]
    for fault in dict.fromkeys(cell["fault"] for cell in sick):
        of_fault = [cell for cell in sick if cell["fault"] == fault]
        pooled += of_fault
        rows.append(cause_row(fault, of_fault))
    rows.append(cause_row("all", pooled))
    return table("Planted cause named", ["fault", "valid", "first", "first three"], rows)


def cause_row(name: str, cells: list[dict]) -> list[str]:
    ranks = [cell["rank"] for cell in cells]
    first = sum(rank == 1 for rank in ranks)
    three = sum(rank is not None and rank <= 3 for rank in ranks)
    return [name, str(len(cells)), share(first, len(cells)), share(three, len(cells))]


def share(count: int, n: int) -> str:
    return f"{100 * count / n:.0f}% ({count})" if n else "-"


def healthy_table(causes: list[dict]) -> str:
    """Alarms on runs in which nothing was planted, and on finished ones: every verdict low."""
    healthy = [cell for cell in causes if cell["fault"] is None]
    done = [cell for cell in healthy if set(cell["verdict"].values()) == {"low"}]
    rows = []
    for name, cells in (("healthy", healthy), ("of them finished", done)):
        failing = [c for c in cells if any(s == "fail" for code, s in c["findings"] if code not in HEADLINES)]
        noticing = [c for c in cells if c["findings"]]
        rows.append([name, str(len(cells)), share(len(failing), len(cells)), share(len(noticing), len(cells))])
    return table("False alarms", ["runs", "n", "a finding fails", "any finding"], rows)


def verdict_table(causes: list[dict]) -> str:
    """How often a definite verdict is wrong, by the test set's thousands of rows and the known optimal error."""
    rows = []
    large = [cell for cell in causes if TASKS[cell["task"]].rows[2] >= 3000 and cell["fault"] not in ALWAYS_VALID]
    for part in ("bias", "variance"):
        judged = [cell["wrong"][part] for cell in large]
        wrong, definite = sum(w is True for w in judged), sum(w is not None for w in judged)
        open_ = sum(cell["verdict"][part] == "inconclusive" for cell in large)
        rows.append([part, str(len(judged)), str(definite), share(wrong, definite), share(open_, len(judged))])
    return table("Verdicts", ["part", "runs", "definite", "wrong", "inconclusive"], rows)


def advice_table(causes: list[dict]) -> str:
    """What the first advice with a change does to the test error, beside a training that differs in its seed alone."""
    sick = [cell for cell in valid(causes) if cell.get("advised") is not None and cell.get("placebo") is not None]
    rows = []
    for name, key in (("first advice", "advised"), ("another seed", "placebo")):
        gains = [capped(cell["test"]) - capped(cell[key]) for cell in sick]
        better = sum(gain > GAIN for gain in gains)
        mean, interval = clustered([(c["task"], c["seed"], g) for c, g in zip(sick, gains, strict=True)])
        rows.append([name, str(len(sick)), share(better, len(sick)), points(mean, interval)])
    return table("Test error after", ["what", "n", "lower", "points gained [95%]"], rows)


def sick_states(states: list[dict]) -> list[dict]:
    """The cells in which something is wrong: always, or where the test error is clearly above the healthy one's."""
    healthy = {(c["task"], c["seed"], c["state"]): c["test"] for c in states if STATES[c["state"]].is_healthy}
    return [
        cell
        for cell in states
        if not (state := STATES[cell["state"]]).is_healthy
        and (
            state.always_valid
            or cell["test"] - healthy[cell["task"], cell["seed"], healthy_of(cell["state"])]
            >= least_harm(cell["state"])
        )
    ]


def healthy_of(state: str) -> str:
    """The healthy state that a sick one is held against."""
    return "unequal" if state.startswith("unequal") else "healthy"


def least_harm(state: str) -> float:
    """Of 4% of the rows a third is what LEAST_HARM is of all."""
    return LEAST_HARM / 3 if state.startswith("unequal") else LEAST_HARM


def states_table(states: list[dict]) -> str:
    """By state, how often the planted cause is named first, and among the first three."""
    sick = sick_states(states)
    rows = [cause_row(name, [c for c in sick if c["state"] == name]) for name in STATES if not STATES[name].is_healthy]
    return table("Planted states named", ["state", "valid", "first", "first three"], [*rows, cause_row("all", sick)])


def untouched_table(states: list[dict]) -> str:
    """Findings on runs of tables in which nothing was planted, by state and `kind_of`."""
    rows = []
    healthy = [cell for cell in states if STATES[cell["state"]].is_healthy]
    for name in dict.fromkeys((c["state"], kind_of(c)) for c in healthy):
        cells = [c for c in healthy if (c["state"], kind_of(c)) == name]
        failing = [c for c in cells if any(s == "fail" for _, s in c["findings"])]
        codes = sorted({code for c in cells for code, _ in c["findings"]})
        told = share(sum(bool(c["findings"]) for c in cells), len(cells))
        rows.append([", ".join(name), str(len(cells)), share(len(failing), len(cells)), told, " ".join(codes)])
    large = [cell for cell in states if not STATES[cell["state"]].as_short]  # whose test has thousands of rows
    judged = [wrong for c in large for wrong in c["wrong"].values() if wrong is not None]
    rows.append(["definite verdicts refuted", str(len(judged)), share(sum(judged), len(judged)), "", ""])
    return table("Nothing planted", ["state, task", "n", "a finding fails", "any finding", "codes"], rows)


def kind_of(cell: dict) -> str:
    """A task that is separable by nature stands alone, and so does a network that is no better than a guess on test.

    Of a rare class, by the test loss beside that of its share as the one answer.
    """
    if cell["task"] == "islands":
        return "islands"
    of_guess = -(RARE * np.log(RARE) + (1 - RARE) * np.log(1 - RARE))
    return "no better on test" if cell["state"] == "unequal" and cell["test_loss"] >= of_guess else "others"


def first_advice_table(states: list[dict]) -> str:
    """Whether the first advice lowers what is judged by: the test error; of unequal classes the test loss."""
    rows = []
    for name in STATES:
        cells = [c for c in sick_states(states) if c["state"] == name and c.get("advised") is not None]
        error = "test_loss" if name.startswith("unequal") else "test"
        after = "advised_loss" if name.startswith("unequal") else "advised"
        better = sum(capped(c[error]) - capped(c[after]) > GAIN for c in cells)
        if cells:
            rows.append([name, str(len(cells)), share(better, len(cells))])
    return table("After the first advice", ["state", "n", "lower"], rows)


def capped(error: float) -> float:
    """An error that is missing or beyond that of guessing counts as 1."""
    return min(error, 1.0)


def by_stage(cell: dict) -> list[float]:
    """The test error of the chosen run after each of STAGES trainings; a path that ended early stays where it is."""
    return [capped(cell["path"][min(stage, len(cell["path"])) - 1]) for stage in arms.STAGES]


def paths_table(paths: list[dict]) -> str:
    """The arms beside the recipe, those that share their data next to one another."""
    rows = []
    for data, arm in sorted({(cell["data"] or "", cell["arm"]): None for cell in paths}, key=lambda pair: pair[0]):
        of_arm = [cell for cell in paths if (cell["data"] or "", cell["arm"]) == (data, arm)]
        means = 100 * np.mean([by_stage(cell) for cell in of_arm], axis=0)
        used = np.mean([cell["used"] for cell in of_arm])
        name = f"{arm}, data of {data}" if data else arm
        rows.append([name, str(len(of_arm)), *(f"{mean:.1f}" for mean in means), f"{used:.1f}"])
    header = ["mean test error, points, after", "paths", *map(str, arms.STAGES), "trainings used"]
    return table("Paths", header, rows)


def contrasts_table(paths: list[dict]) -> str:
    """Each path of the recipe less each search on the same task, seed and rows; negative: the recipe is better."""
    rivals = {(c["arm"], c["task"], c["seed"], c["data"]): by_stage(c) for c in paths if c["arm"] in arms.ARMS}
    rows = []
    for recipe in ("recipe", "recipe from the default"):
        own = [cell for cell in paths if cell["arm"] == recipe]
        for arm in (*arms.ARMS, DEFAULT):
            row = [f"{recipe} - {arm}"]
            for mine, its in PAIRS:
                search, its = (FROM_DEFAULT, 1) if arm == DEFAULT else (arm, its)
                differences = [
                    (cell["task"], cell["seed"], at(by_stage(cell), mine) - at(rivals[key], its))
                    for cell in own
                    if (key := (search, cell["task"], cell["seed"], cell["data"])) in rivals
                ]
                row.append(points(*clustered(differences)) if differences else "-")
            rows.append(row)
    header = ["", *(f"{mine} against {its}" for mine, its in PAIRS)]
    return table("Points of test error, paired [95%]", header, rows)


def at(stages: list[float], trainings: int) -> float:
    return stages[arms.STAGES.index(trainings)]


def gaps_table(paths: list[dict]) -> str:
    """By how much the chosen run's test error exceeds its dev error."""
    rows = []
    for arm in dict.fromkeys(cell["arm"] for cell in paths):
        gaps = [(c["task"], c["seed"], c["gap"]) for c in paths if c["arm"] == arm and np.isfinite(c["gap"])]
        rows.append([arm, points(*clustered(gaps))])
    return table("Test less dev error of the chosen run", ["arm", "points [95%]"], rows)


def clustered(values: list[tuple[str, int, float]]) -> tuple[float, tuple[float, float]]:
    """The mean, and its interval by resampling (task, seed) pairs with all that belongs to them; NaN of nothing."""
    if not values:
        return float("nan"), (float("nan"), float("nan"))
    groups = defaultdict(list)
    for task, seed, value in values:
        groups[task, seed].append(value)
    sums = np.array([(sum(group), len(group)) for group in groups.values()], float)
    rng = np.random.default_rng(0)
    drawn = sums[rng.integers(len(sums), size=(RESAMPLES, len(sums)))].sum(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [tail, 1 - tail])
    return float(sums[:, 0].sum() / sums[:, 1].sum()), (float(low), float(high))


def points(mean: float, interval: tuple[float, float]) -> str:
    return f"{100 * mean:+.1f} [{100 * interval[0]:+.1f}, {100 * interval[1]:+.1f}]"
