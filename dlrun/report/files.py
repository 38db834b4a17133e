"""Export a run to files of its own: an ONNX graph, a Python file with its weights, a model card.

All contents are made before anything is written, so that what cannot go leaves no files behind.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StoreError, UsageError
from ..store import write_whole
from .exports import Exported, optional

if TYPE_CHECKING:
    from ..model import Model

# Columns whose way of being given is told.
MOST_TOLD = 12


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


def told_of_inputs(model: "Model") -> list[str]:
    """A sentence for each column that a program gives in another way than as it stands in the source."""
    from ..model.inputs import inputs_of

    odd = [column for column in inputs_of(model) if not column.is_plain]
    told = [f"--onnx: column {column.name!r} is given as {column.given}" for column in odd[:MOST_TOLD]]
    if (more := len(odd) - MOST_TOLD) > 0:
        told.append(f"--onnx: and {more} more such columns; the graph's metadata have all")
    return told


def write_files(run_id: str, contents: Mapping[Path, bytes]) -> list[Exported]:
    """Writes each file whole, or none if one of them exists already. Raises StoreError."""
    for path in contents:
        if path.exists():
            raise StoreError(f"{path}: exists already; remove it or name another file")
    for path, data in contents.items():
        _write(path, data)
    return [Exported(str(path), run_id) for path in contents]


def _write(path: Path, data: bytes) -> None:
    write_whole(path, lambda file: file.write(data))
