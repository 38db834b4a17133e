"""From cells to what is printed: errors table by table, ranks, paired differences with intervals, and seconds.

All figures but those of a single table are of the cells (table, seed) that every contestant told has.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import rankdata

from dlrun.config.problems import counted

from ..diagnosis.tables import clustered, points
from ..printed import table
from .cells import Cell
from .contestants import CONTESTANTS, OWN

# The simple ones: a default is to be no worse than the better of them, table by table.
SIMPLE = ("linear", "mlp")

# Differences below a hundredth of a point are no difference.
TIE = 1e-4


class Results:
    """The cells of contestants, by table and seed. names : the contestants that have any, in the order of all."""

    def __init__(self, cells: Sequence[Cell]):
        self.by_place: dict[tuple[str, int], dict[str, Cell]] = defaultdict(dict)
        for cell in cells:
            self.by_place[cell.table, cell.seed][cell.contestant] = cell
        present = {cell.contestant for cell in cells}
        self.names = [name for name in CONTESTANTS if name in present]
        self.tables = list(dict.fromkeys(cell.table for cell in cells))
        self.whole = {place: of for place, of in self.by_place.items() if len(of) == len(self.names)}

    def mean_by_table(self, name: str, value: Callable[[Cell], float]) -> dict[str, float]:
        """A contestant's mean over the seeds of each table."""
        found = defaultdict(list)
        for (table_name, _), cells in self.by_place.items():
            if name in cells:
                found[table_name].append(value(cells[name]))
        return {table_name: float(np.mean(values)) for table_name, values in found.items()}

    def mean_over_tables(self, values: dict[tuple[str, int], float]) -> float:
        """The mean over tables of the means over seeds, so that all tables count alike."""
        found = defaultdict(list)
        for (table_name, _), value in values.items():
            found[table_name].append(value)
        return float(np.mean([np.mean(of_table) for of_table in found.values()])) if found else float("nan")

    def errors(self, name: str) -> dict[tuple[str, int], float]:
        return {place: cells[name].error for place, cells in self.whole.items()}

    def mean_error(self, name: str) -> float:
        return self.mean_over_tables(self.errors(name))

    def mean_rank(self, name: str) -> float:
        """1 is the best; equal errors share their ranks."""
        return self.mean_over_tables(
            {
                place: float(rankdata([cells[other].error for other in self.names])[self.names.index(name)])
                for place, cells in self.whole.items()
            }
        )

    def differences(self, name: str, other: str) -> list[tuple[str, int, float]]:
        """(table, seed, error of `name` less that of `other`) of all cells that both have."""
        return [
            (*place, cells[name].error - cells[other].error)
            for place, cells in self.by_place.items()
            if name in cells and other in cells
        ]

    def beside_better(self, name: str, others: Sequence[str]) -> list[tuple[str, int, float]]:
        """The same less the one of `others` that has the lower mean error on the table."""
        means = {other: self.mean_by_table(other, lambda cell: cell.error) for other in others}
        better = {
            table_name: min(others, key=lambda other: means[other].get(table_name, float("inf")))
            for table_name in self.tables
        }
        return [gap for other in others for gap in self.differences(name, other) if better[gap[0]] == other]


def all_tables(cells: Sequence[Cell], skipped: dict[str, str]) -> list[str]:
    """What is printed. skipped : what could not be measured, and why."""
    results = Results(cells)
    if not cells:
        return ["No cell was measured.", *notes(results, skipped)]
    own = [name for name in results.names if name in OWN]
    return [
        errors_table(results),
        *(paired_table(results, name) for name in own if len(results.names) > 1),
        seconds_table(results),
        "\n".join([*(f"{name:12}{CONTESTANTS[name].about}" for name in results.names), *notes(results, skipped)]),
    ]


def errors_table(results: Results) -> str:
    """Mean test error over the seeds in points, * the least of each table; then the means over tables."""
    by_table = {name: results.mean_by_table(name, lambda cell: cell.error) for name in results.names}
    first = {cell.table: cell for cells in results.by_place.values() for cell in cells.values()}
    rows = []
    for name in results.tables:
        least = min(of[name] for of in by_table.values() if name in of)
        cells = [starred(of.get(name), least) for of in by_table.values()]
        about = f"{name} ({first[name].m:,}{', R^2' if first[name].task == 'regression' else ''})"
        rows.append([about, *cells])
    rows.append(["mean error", *(f"{100 * results.mean_error(name):.2f} " for name in results.names)])
    rows.append([f"mean rank of {len(results.names)}", *(f"{results.mean_rank(name):.2f} " for name in results.names)])
    seeds = len({seed for _, seed in results.by_place})
    places, tables = len(results.whole), len({name for name, _ in results.whole})
    means = f"means of {counted(tables, 'table')}, {counted(places, 'cell')}"
    title = f"Test error in points (1 - accuracy or 1 - R^2), {counted(seeds, 'seed')}; {means}"
    return table(title, ["table (rows)", *results.names], rows)


def starred(value: float | None, least: float) -> str:
    return "- " if value is None else f"{100 * value:.2f}{'*' if value <= least + TIE else ' '}"


def paired_table(results: Results, name: str) -> str:
    """A contestant of dlrun less each other one, on the same test rows; negative is better."""
    rows, rivals = [], {other: results.differences(name, other) for other in results.names if other != name}
    if set(SIMPLE) <= rivals.keys():
        rivals["better of " + ", ".join(SIMPLE)] = results.beside_better(name, SIMPLE)
    for other, found in rivals.items():
        # Whole tables are resampled: the seeds of one table tell much the same.
        mean, interval = clustered([(table_name, 0, gap) for table_name, _, gap in found])
        by_table = defaultdict(list)
        for table_name, _, gap in found:
            by_table[table_name].append(gap)
        worst = max(by_table, key=lambda key: np.mean(by_table[key]), default="-")
        told = f"{worst} {100 * np.mean(by_table[worst]):+.1f}" if by_table else "-"
        rows.append([f"{name} - {other}", points(mean, interval), wins([gap for *_, gap in found]), told])
    header = ["", "points [95%]", "better-equal-worse", "worst table"]
    return table(f"{name} beside the others, paired by table and seed, intervals over tables", header, rows)


def wins(gaps: Sequence[float]) -> str:
    better, worse = sum(gap < -TIE for gap in gaps), sum(gap > TIE for gap in gaps)
    return f"{better}-{len(gaps) - better - worse}-{worse}"


def seconds_table(results: Results) -> str:
    means = {name: results.mean_by_table(name, lambda cell: cell.seconds) for name in results.names}
    rows = [[name, *(f"{of[name]:.2f}" if name in of else "-" for of in means.values())] for name in results.tables]
    rows.append(["all", *(f"{sum(of.values()):.1f}" for of in means.values())])
    title = "Seconds of processor time a seed, one thread: preparing, training and answering"
    return table(title, ["table", *results.names], rows)


def notes(results: Results, skipped: dict[str, str]) -> list[str]:
    """What a reader must know beside the figures."""
    found = [f"{name}: left out, {why}" for name, why in skipped.items()]
    for (name, seed), cells in results.by_place.items():
        for cell in cells.values():
            if cell.problem:
                found.append(f"{name}, seed {seed}: {cell.contestant} counts as guessing: {cell.problem}")
        if len({cell.rows for cell in cells.values()}) > 1:
            found.append(f"{name}, seed {seed}: not all were asked the same rows; measure anew with another --results")
    return found


def summary(cells: Sequence[Cell]) -> dict[str, dict[str, object]]:
    """The means of the printed tables, as JSON has them."""
    results = Results(cells)
    return {
        name: {
            "mean_error": results.mean_error(name),
            "mean_rank": results.mean_rank(name),
            "seconds": sum(results.mean_by_table(name, lambda cell: cell.seconds).values()),
            "less": {
                other: dict(zip(("mean", "interval"), clustered(by_tables), strict=True))
                for other in results.names
                if other != name and (by_tables := [(t, 0, gap) for t, _, gap in results.differences(name, other)])
            },
        }
        for name in results.names
    }
