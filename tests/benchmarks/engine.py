"""`python -m tests.benchmarks.engine`: dlrun's training loop beside its peers, a step at a time.

Run from the project's root, with the extra `bench` installed for the peers; `--quick` needs nothing but dlrun.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from . import contest, machine
from .contestants import CONTESTANTS, QUICK, installed, make
from .printed import mebibytes, milliseconds, table
from .shapes import SHAPES, Shape
from .workers import Worker

# Blocks long enough that reading the clock and waking a process are nothing beside them.
ROUNDS, SECONDS = 7, 0.4
QUICK_ROUNDS, QUICK_SECONDS = 3, 0.2


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    core = machine.pin(options.core)
    found = machine.facts(core)
    names = chosen(options)
    results = []
    for shape in (SHAPES[name] for name in options.shapes):
        print(f"{shape.title()} ...", file=sys.stderr, flush=True)
        workers = {name: Worker(make, name, shape) for name in names}
        steps = dict.fromkeys(names, shape.steps_an_epoch)
        results.append((shape, contest.hold(workers, steps, options.rounds, options.seconds)))
    print(report(results, options.clock, found))
    if options.json:
        options.json.write_text(json.dumps(as_json(results, options, found), indent=1) + "\n", encoding="utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engine", description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="no peers and fewer rounds: under a minute")
    parser.add_argument("--shapes", type=words(SHAPES), default=list(SHAPES), help="for example T1,T2; all by default")
    parser.add_argument("--against", type=words(CONTESTANTS), help="contestants beside dlrun, for example torch,jax")
    parser.add_argument("--rounds", type=int, help=f"blocks of each contestant ({ROUNDS})")
    parser.add_argument("--seconds", type=float, help=f"the length of a block ({SECONDS})")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="cpu: on a machine that is busy")
    parser.add_argument("--core", type=int, help="the core that everything runs on; the last by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    options.seconds = options.seconds or (QUICK_SECONDS if options.quick else SECONDS)
    return options


def words(known):
    """An argparse type: words of a table, separated by commas."""

    def split(text: str) -> list[str]:
        given = text.split(",")
        if unknown := [word for word in given if word not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return given

    return split


def chosen(options: argparse.Namespace) -> list[str]:
    """The contestants that take part, dlrun first; says which ones are not installed."""
    against = options.against or list(QUICK if options.quick else CONTESTANTS)
    names = list(dict.fromkeys(["dlrun", *against]))
    for name in (name for name in names if not installed(name)):
        needs = CONTESTANTS[name].needs
        print(f"{name}: {needs} is not installed, so it sits out; pip install -e '.[bench]' brings it", file=sys.stderr)
    return [name for name in names if installed(name)]


def report(results: list[tuple[Shape, dict]], clock: str, found: dict) -> str:
    """The two tables and their footnotes."""
    names = list(results[0][1])
    header = ["shape (layers, batch)", "dlrun, ms a step", *(f"{name} / dlrun" for name in names[1:])]
    time_rows, memory_rows = [], []
    for shape, times in results:
        ratio = contest.ratios(times, "dlrun", clock)
        dlrun = contest.spread(times["dlrun"].on(clock)).median
        time_rows.append([shape.title(), milliseconds(dlrun), *(str(ratio[name]) for name in names[1:])])
        memory_rows.append([shape.title(), *(mebibytes(times[name].memory["peak_bytes"]) for name in names)])
    notes = [f"{name}: {CONTESTANTS[name].about}" for name in names]
    if any(t.disturbed() for _, times in results for t in times.values()):
        notes.append("Other work shared the core, so these times are not to be quoted.")
    return "\n\n".join(
        [
            table("Time a step: medians of ratios (least-most); above 1, dlrun is faster", header, time_rows),
            table("Peak memory of the process, MiB", ["shape (layers, batch)", *names], memory_rows),
            "\n".join([*notes, machine.sentence(found)]),
        ]
    )


def as_json(results: list[tuple[Shape, dict]], options: argparse.Namespace, found: dict) -> dict:
    """Everything measured: seconds a step, round by round, and what the table shows of them."""
    shapes = []
    for shape, times in results:
        ratio = contest.ratios(times, "dlrun", options.clock)
        entries = {
            name: {
                "seconds_a_step": t.wall,
                "cpu_seconds_a_step": t.cpu,
                "ratio_to_dlrun": asdict(ratio[name]),
                "disturbed": t.disturbed(),
                **t.memory,
            }
            for name, t in times.items()
        }
        shapes.append(asdict(shape) | {"contestants": entries})
    settings = {"rounds": options.rounds, "block_seconds": options.seconds, "clock": options.clock}
    return {"machine": found, "settings": settings, "shapes": shapes}


if __name__ == "__main__":
    main()
