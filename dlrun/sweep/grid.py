"""The settings of a grid: counted and found by their number, without a list of them.

A condition makes a tree of the keys: below each value of a key stand those keys whose condition it meets. The settings
below a value are the product over these keys, and those below a key the sum over its values.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from ..config.varied import Condition, Range
from ..records import Change


@dataclass(frozen=True)
class PlannedKey:
    """A key that is varied. values : those of a grid. drawn_from : what drawing takes instead, None for the values.

    only_if : a condition on another planned key; without one the key has a value in every setting.
    """

    key: str
    values: tuple[object, ...]
    drawn_from: Range | None = None
    only_if: Condition | None = None


@dataclass(frozen=True)
class Grid:
    """A product of values. values : of each planned key, in their order. required : a key that is always set, or None.

    The first grid of a plan has no such key. Each further one holds the settings with some new value of its key.
    """

    values: tuple[tuple[object, ...], ...]
    required: str | None = None


def canonical(value: object) -> str:
    """One text for equal values, and different texts for a 1, a 1.0 and a true."""
    return json.dumps(value, sort_keys=True, allow_nan=False)


def assigned(keys: Sequence[PlannedKey], chosen: Callable[[PlannedKey], object]) -> Change:
    """The setting in which each key that is set has its chosen value; a key is asked for after that of its condition.

    A condition on a key that is itself not set is met where the config has one of its values.
    """
    by_name = {key.key: key for key in keys}
    values: dict[str, object] = {}
    unset: set[str] = set()

    def visit(key: PlannedKey) -> None:
        if key.key in values or key.key in unset:
            return
        if key.only_if is not None:
            visit(by_name[key.only_if.key])
            if not is_met(key.only_if, values):
                unset.add(key.key)
                return
        values[key.key] = chosen(key)

    for key in keys:
        visit(key)
    return {key.key: values[key.key] for key in keys if key.key in values}


def is_met(condition: Condition, values: Mapping[str, object]) -> bool:
    """Whether a condition is met by the values of the keys that are set."""
    if condition.key not in values:
        return condition.holds_in_base
    return canonical(values[condition.key]) in {canonical(value) for value in condition.among}


# A key's place among the planned keys, and whether the key is set.
Node = tuple[int, bool]


class Settings:
    """The settings of a grid by number; the last key changes fastest. One takes O(keys) time.

    A node is a key's place and whether the key is set there. Below it are the keys with a condition on this one.
    """

    def __init__(self, keys: Sequence[PlannedKey], grid: Grid):
        self._keys, self._grid = keys, grid
        places = {key.key: place for place, key in enumerate(keys)}
        self._below: list[list[int]] = [[] for _ in keys]
        self._roots: list[Node] = []
        self._among = [{canonical(value) for value in key.only_if.among} if key.only_if else set() for key in keys]
        for place, key in enumerate(keys):
            if key.only_if:
                self._below[places[key.only_if.key]].append(place)
            else:
                self._roots.append((place, True))
        # For each key with others below it, how many settings there are up to and with each of its values.
        self._up_to: dict[int, list[int]] = {}
        self._counts: dict[Node, int] = {}
        self.count = self._product(self._roots)

    def setting(self, number: int) -> Change:
        """The setting of a number from 0, by dotted key."""
        values: dict[int, object] = {}
        self._read_off(self._roots, number, values)
        return {key.key: values[place] for place, key in enumerate(self._keys) if place in values}

    def _product(self, nodes: Sequence[Node]) -> int:
        return math.prod(map(self._count, nodes))

    def _count(self, node: Node) -> int:
        """The settings of a node and all that is below it."""
        if node not in self._counts:
            place, is_set = node
            if is_set:
                self._counts[node] = self._count_set(place)
            else:
                is_missed = self._keys[place].key == self._grid.required
                self._counts[node] = 0 if is_missed else self._product(self._nodes_without(place))
        return self._counts[node]

    def _count_set(self, place: int) -> int:
        values = self._grid.values[place]
        if not self._below[place]:
            return len(values)
        self._up_to[place] = list(accumulate(self._product(self._nodes_below(place, value)) for value in values))
        return self._up_to[place][-1] if values else 0

    def _nodes_below(self, place: int, value: object) -> list[Node]:
        text = canonical(value)
        return [(child, text in self._among[child]) for child in self._below[place]]

    def _nodes_without(self, place: int) -> list[Node]:
        """The nodes below a key that is not set, where the config's own value decides."""
        conditions = [(child, self._keys[child].only_if) for child in self._below[place]]
        return [(child, condition is not None and condition.holds_in_base) for child, condition in conditions]

    def _read_off(self, nodes: Sequence[Node], number: int, values: dict[int, object]) -> None:
        """Note the values of the keys of these nodes and below, in the setting of this number among theirs."""
        for place, is_set in reversed(nodes):
            number, within = divmod(number, self._count((place, is_set)))
            if not is_set:
                self._read_off(self._nodes_without(place), within, values)
            elif not self._below[place]:
                values[place] = self._grid.values[place][within]
            else:
                at = bisect_right(self._up_to[place], within)
                values[place] = value = self._grid.values[place][at]
                before = self._up_to[place][at - 1] if at else 0
                self._read_off(self._nodes_below(place, value), within - before, values)
