"""`dlrun gradcheck FILE.py`: run a user's own file, get its three functions, and check its gradient."""

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
    except BaseException as fault:  # anything that a user's own file may raise, sys.exit() included
        raise UsageError(
            f"{line_of(fault, path)}: {type(fault).__name__}: {fault}; fix it, then check again"
        ) from fault


def run_file(path: Path) -> ModuleType:
    """The file as a module; it may import modules from its own folder."""
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
    function: object = getattr(module, name, None)
    if not callable(function):
        arguments = "" if name == "parameters" else "parameters"
        raise UsageError(f"{path}: defines no function {name}; add def {name}({arguments}): ...")
    return function


def line_of(fault: BaseException, path: Path) -> str:
    """`file:line` of the last line of the user's own file in the traceback."""
    if isinstance(fault, SyntaxError):
        return f"{path}:{fault.lineno}"
    lines = [f.lineno for f in traceback.extract_tb(fault.__traceback__) if Path(f.filename) == path.resolve()]
    lines += [f.lineno for f in traceback.extract_tb(fault.__traceback__) if Path(f.filename) == path]
    return f"{path}:{lines[-1]}" if lines else str(path)
