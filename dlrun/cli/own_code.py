"""A person's own file for `dlrun gradcheck`: it is run, asked for its three functions, and checked."""

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..errors import DlrunError, UsageError

if TYPE_CHECKING:
    from ..gradcheck import OwnReport

FUNCTIONS = ("parameters", "cost", "gradient")


def check_file(
    path: Path, *, epsilon: float, max_seconds: float | None, progress: Callable[[int, int], None]
) -> "OwnReport":
    """The report on a file's gradient. Raises UsageError where the file cannot be run or lacks a function."""
    from ..gradcheck import check_gradients

    try:
        module = run_file(path)
        parameters, cost, gradient = (function_of(module, path, name) for name in FUNCTIONS)
        return check_gradients(
            cost, gradient, parameters(), epsilon=epsilon, max_seconds=max_seconds, progress=progress
        )
    except (DlrunError, KeyboardInterrupt):
        raise
    except BaseException as fault:  # whatever a person's own file does, sys.exit() included
        raise UsageError(
            f"{place_of(fault, path)}: {type(fault).__name__}: {fault}; correct it, then check again"
        ) from fault


def run_file(path: Path) -> ModuleType:
    """The file as a module; what it imports may lie beside it."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give a config, or a file with {', '.join(FUNCTIONS)}")
    spec = importlib.util.spec_from_file_location("own_code", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path}: not a Python file; give one whose name ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module


def function_of(module: ModuleType, path: Path, name: str) -> Callable[..., Any]:
    found: object = getattr(module, name, None)
    if not callable(found):
        arguments = "" if name == "parameters" else "parameters"
        raise UsageError(f"{path}: defines no function {name}; add def {name}({arguments}): ...")
    return found


def place_of(fault: BaseException, path: Path) -> str:
    """`file:line` of the last line of the person's own file that the fault went through."""
    if isinstance(fault, SyntaxError):
        return f"{path}:{fault.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(fault.__traceback__) if Path(f.filename) == path.resolve()]
    lines += [f.lineno for f in traceback.extract_tb(fault.__traceback__) if Path(f.filename) == path]
    return f"{path}:{lines[-1]}" if lines else str(path)
