"""What a gradient check says of one tensor: the record, where and what a fault seems to be, and their lines of text.

The fields of a record are the keys of its JSON, in this order. All that judges, hints and reports imports this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .tables import place, table

Verdict = Literal["pass", "fail", "vacuous", "unverifiable"]
PASS: Verdict = "pass"
FAIL: Verdict = "fail"
VACUOUS: Verdict = "vacuous"
UNVERIFIABLE: Verdict = "unverifiable"


@dataclass(frozen=True)
class Worst:
    """The entry of a tensor where the two gradients differ most; None for a slope that is not finite."""

    index: tuple[int, ...]
    analytic: float | None
    numeric: float | None


@dataclass(frozen=True)
class TensorCheck:
    """One tensor: its verdict, its relative difference, the course's word for it, and its worst entry.

    n_checked : entries compared (fewer than all if sampled). n_kinks : entries at a kink, not in the relative
    difference. n_kinks_off : those whose slope neither side explains. n_off : entries that are off by themselves.
    floor : the norm of the changes that rounding alone may make to its slopes.
    """

    name: str
    shape: tuple[int, ...]
    relative_difference: float
    judgement: str
    worst: Worst
    verdict: Verdict
    n_checked: int
    n_kinks: int
    n_kinks_off: int
    n_off: int
    floor: float


@dataclass(frozen=True)
class Where:
    """The place of a fault: its worst entry, and the tensors that failed. scope : which tensors fail together.

    layer : counted from 1, the topmost that fails; None for a person's own arrays. tensors : those of the layer.
    unit, row, column : those of the worst entry; None where it has none.
    """

    layer: int | None
    tensors: tuple[str, ...]
    tensor: str
    index: tuple[int, ...]
    unit: int | None
    row: int | None
    column: int | None
    analytic: float | None
    numeric: float | None
    failed: tuple[str, ...]
    scope: str
    words: str


@dataclass(frozen=True)
class Hint:
    """A possible cause, never certain. misfit : the relative difference that this cause leaves unexplained."""

    cause: str
    tensor: str
    words: str
    evidence: str
    misfit: float


def tensor_lines(tensors: Sequence[TensorCheck]) -> list[str]:
    """A row for each tensor: shape, relative difference on the course's scale, verdict, and where it is furthest off.

    The two slopes there are shown only if a tensor fails: otherwise they are equal in every digit.
    """
    header = ["tensor", "shape", "difference", "scale", "verdict", "kinks", "furthest off"]
    failing = any(tensor.verdict == FAIL for tensor in tensors)
    rows = [tensor_row(tensor, failing) for tensor in tensors]
    return table([*header, "analytic", "numeric"] if failing else header, rows, frozenset({2, 5, 7, 8}))


def tensor_row(tensor: TensorCheck, failing: bool) -> list[str]:
    worst = tensor.worst
    return [
        tensor.name,
        " x ".join(str(n) for n in tensor.shape),
        f"{tensor.relative_difference:.1e}",
        tensor.judgement,
        tensor.verdict,
        str(tensor.n_kinks) if tensor.n_kinks else "",
        place(tensor.name, worst.index),
        *([number(worst.analytic), number(worst.numeric)] if failing else []),
    ]


def decided(tensors: Sequence[TensorCheck]) -> Sequence[TensorCheck]:
    """The tensors that passed or failed; all, if none did. Below the floor a relative difference says nothing."""
    return [tensor for tensor in tensors if tensor.verdict in (PASS, FAIL)] or tensors


def number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.6e}"
