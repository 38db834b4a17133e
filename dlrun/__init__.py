"""dlrun: train a dense network from a YAML file and learn the truth about it.

The names here are all of the public API; docs/python.md says what each does and what may change. Everything below this
package may change in any version.
"""

from typing import TYPE_CHECKING

try:
    from ._version import __version__
except ModuleNotFoundError:  # a clone that was never installed
    __version__ = "0.2.0.dev0"

# Each name of the API with the module that has it.
_HOMES = {
    "DenseClassifier": "estimators",
    "DenseRegressor": "estimators",
    "DlrunError": "errors",
    "check_gradients": "gradcheck",
    "diagnose": "api",
    "load": "estimators",
    "train": "api",
}

if TYPE_CHECKING:
    from .api import diagnose, train
    from .errors import DlrunError
    from .estimators import DenseClassifier, DenseRegressor, load
    from .gradcheck import check_gradients

__all__ = [
    "DenseClassifier",
    "DenseRegressor",
    "DlrunError",
    "__version__",
    "check_gradients",
    "diagnose",
    "load",
    "train",
]

if not TYPE_CHECKING:  # a type checker would take any name at all for one of the package's

    def __getattr__(name: str) -> object:
        """Names that need NumPy come when they are asked for, so that `dlrun --help` need not wait for it."""
        if name in _HOMES:
            from importlib import import_module

            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
