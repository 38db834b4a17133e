"""A contest: workers asked in turn, A B A B ..., so that a slow minute of the machine falls on all of them alike.

Ratios are taken within a round and their median over the rounds, with the smallest and largest beside it.
"""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from .workers import Worker

# A contestant on a core of its own has nearly all of its time; less says that something else ran there.
UNDISTURBED = 0.9


@dataclass
class Times:
    """One contestant's blocks: seconds a step on each clock, one number a round; and the memory of its process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)

    def on(self, clock: str) -> list[float]:
        return {"wall": self.wall, "cpu": self.cpu}[clock]

    def disturbed(self) -> bool:
        """Whether other work took a share of the core's time."""
        return sum(self.cpu) < UNDISTURBED * sum(self.wall)


@dataclass(frozen=True)
class Spread:
    """The median of some numbers, and the smallest and largest of them."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f}-{self.most:.2f})"


def spread(numbers: list[float]) -> Spread:
    return Spread(statistics.median(numbers), min(numbers), max(numbers))


def hold(workers: Mapping[str, Worker], steps_an_epoch: Mapping[str, int], rounds: int, seconds: float) -> dict:
    """{name: Times} of `rounds` rounds, each block about `seconds` long; closes the workers."""
    epochs = {name: worker.epochs_lasting(seconds) for name, worker in workers.items()}
    times = {name: Times() for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            taken = worker.time(epochs[name])
            steps = epochs[name] * steps_an_epoch[name]
            times[name].wall.append(taken["wall"] / steps)
            times[name].cpu.append(taken["cpu"] / steps)
    for name, worker in workers.items():
        times[name].memory = worker.close()
    return times


def ratios(times: Mapping[str, Times], base: str, clock: str) -> dict[str, Spread]:
    """How many times as long as `base` each contestant took, round by round; larger is slower."""
    return {
        name: spread([own / its for own, its in zip(t.on(clock), times[base].on(clock), strict=True)])
        for name, t in times.items()
    }
