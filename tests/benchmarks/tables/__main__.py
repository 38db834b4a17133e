"""`python -m tests.benchmarks.tables --tables FOLDER`: how well does dlrun predict tables, beside trees and others?

Every .csv of a folder and scikit-learn's own sets, the same test rows for all contestants: train 60, dev 20, test 20.
A README.md in the folder says what is to be predicted, in the form that tests/benchmarks/tables/folder.py tells.
Cells are kept in --results, so that an interrupted benchmark goes on. What chose a default is never published:
`--half choose` and `--half publish` part the tables by the hash of their names.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from .. import machine

os.environ.update(machine.ONE_THREAD)  # before NumPy comes, so that a second is the same for all

from .cells import cells_of, jobs_of
from .contestants import CONTESTANTS
from .folder import HALVES, Measured, tables_of
from .telling import all_tables, summary


def main(arguments: Sequence[str] | None = None) -> None:
    chosen, facts = parse(arguments), machine.facts(None)
    missing = {name: CONTESTANTS[name].missing() for name in chosen.only}
    skipped = {name: why for name, why in missing.items() if why}
    ready = [name for name in chosen.only if name not in skipped]
    jobs = list(jobs_of(chosen.measured, chosen.seeds, ready, chosen.most_rows))
    cells, lost = cells_of(jobs, chosen.results, chosen.processes)
    print("\n\n".join(all_tables(cells, skipped | lost)))
    print(f"\n{machine.sentence(facts)}")
    if chosen.json:
        found = {"machine": facts, "summary": summary(cells), "cells": [cell._asdict() for cell in cells]}
        chosen.json.write_text(json.dumps(found, indent=1))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.tables", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--tables", type=Path, help="a folder of .csv files; without it, scikit-learn's own alone")
    parser.add_argument("--names", type=names, help="of these tables alone, parted by commas")
    parser.add_argument("--half", choices=HALVES, help="of one half of the tables, parted by the hash of their names")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--most-rows", type=int, help="of longer tables so many rows, drawn anew for each seed")
    parser.add_argument("--only", type=names, default=list(CONTESTANTS), help=f"of {', '.join(CONTESTANTS)}")
    parser.add_argument("--results", type=Path, default=Path("tables-cells.jsonl"), help="where cells are kept")
    parser.add_argument("--processes", type=int, default=1, help="so many cells at a time")
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    chosen = parser.parse_args(arguments)
    if unknown := [name for name in chosen.only if name not in CONTESTANTS]:
        parser.error(f"--only: {', '.join(unknown)}: not among {', '.join(CONTESTANTS)}")
    try:
        chosen.measured = tables_of(chosen.tables, chosen.half)
    except ValueError as problem:
        parser.error(str(problem))
    if chosen.names is not None:
        chosen.measured = named(chosen.measured, chosen.names, parser)
    return chosen


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def named(tables: list[Measured], wanted: list[str], parser: argparse.ArgumentParser) -> list[Measured]:
    there = {table.name: table for table in tables}
    if unknown := [name for name in wanted if name not in there]:
        parser.error(f"--names: {', '.join(unknown)}: not among {', '.join(there)}")
    return [table for name, table in there.items() if name in wanted]


if __name__ == "__main__":
    main()
