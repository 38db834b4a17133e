"""Export a run to files of its own: an ONNX graph, a Python file with its weights, a model card.

All contents are made before anything is written, so that what cannot go leaves no files behind.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import StoreError, UsageError
from ..store import read_contents, write_whole
from .card import facts_for_card, model_card
from .exports import Exported, optional

if TYPE_CHECKING:
    from ..model import Model
    from ..store import RunFolder

# Columns whose way of being given is told.
MOST_TOLD = 12


class Made(NamedTuple):
    """The contents of files that are to be written, and what is to be said before."""

    contents: Mapping[Path, bytes]
    notes: Sequence[str]


def make_files(folder: "RunFolder", *, onnx: Path | None, python: Path | None, card: Path | None) -> Made:
    """The files that are asked for. Raises UsageError, StoreError where one of them cannot be made."""
    for path in (onnx, python, card):
        if path is not None:
            refuse_to_overwrite(path)
    contents, notes = dict[Path, bytes](), list[str]()
    if onnx is not None or python is not None:
        from ..model import load_model

        model = load_model(folder)
        if onnx is not None:
            contents |= onnx_files(model, onnx)
            notes += told_of_inputs(model)
        if python is not None:
            contents |= python_files(model, python)
            notes += told_of_cells(model)
    if card is not None:
        contents |= card_files(folder, card)
    return Made(contents, notes)


def onnx_files(model: "Model", path: Path) -> dict[Path, bytes]:
    """The ONNX graph of a run. Raises UsageError without the package, or for a network that ONNX cannot hold."""
    optional("onnx", "onnx")
    from ..model.onnx_graph import onnx_bytes

    return {path: onnx_bytes(model)}


def python_files(model: "Model", path: Path) -> dict[Path, bytes]:
    """The Python file of a run, and the .npz beside it. Raises UsageError where they cannot be made."""
    from ..model.numpy_file import numpy_file, numpy_weights

    if path.suffix != ".py":
        raise UsageError(f"--python {path}: name it FILE.py; the weights are written to FILE.npz beside it")
    return {path: numpy_file(model, path.name).encode(), path.with_suffix(".npz"): numpy_weights(model)}


def card_files(folder: "RunFolder", path: Path) -> dict[Path, bytes]:
    """The model card of a run, which counts as a look at its test set. Raises UsageError, StoreError."""
    from ..inspection import hashes_of, look_at_test
    from ..inspection.groups import weak_groups

    run = read_contents(folder)
    judged, _ = facts_for_card(run)
    groups = weak_groups(folder)
    test_look = look_at_test(folder, hashes_of(folder), judged.errors.test, "export")
    return {path: model_card(run, groups, test_look).encode()}


def told_of_inputs(model: "Model") -> list[str]:
    """A sentence for each column that a program gives in another way than as it stands in the source."""
    from ..model.inputs import inputs_of

    odd = [column for column in inputs_of(model) if not column.is_plain]
    told = [f"--onnx: column {column.name!r} is given as {column.given}" for column in odd[:MOST_TOLD]]
    if (more := len(odd) - MOST_TOLD) > 0:
        told.append(f"--onnx: and {more} more such columns; the graph's metadata have all")
    return told


def told_of_cells(model: "Model") -> list[str]:
    """A sentence for each column whose cells the Python file does not read as they stand in the source."""
    from ..model.numpy_file import columns_unread

    return [
        f"--python: column {column.name!r} is read as ISO dates or as {column.given}, not as in training"
        for column in columns_unread(model)
    ]


def write_files(run_id: str, contents: Mapping[Path, bytes]) -> list[Exported]:
    """Writes each file whole, or none if one of them exists already. Raises StoreError."""
    for path in contents:
        refuse_to_overwrite(path)
    for path, data in contents.items():
        _write(path, data)
    return [Exported(str(path), run_id) for path in contents]


def refuse_to_overwrite(path: Path) -> None:
    """Raises StoreError if the file is there."""
    if path.exists():
        raise StoreError(f"{path}: exists already; remove it or name another file")


def _write(path: Path, data: bytes) -> None:
    write_whole(path, lambda file: file.write(data))
