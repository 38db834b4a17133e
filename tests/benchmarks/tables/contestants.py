"""The contestants, one row each: a function from the rows of a table to a test error, and what it is."""

import hashlib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from . import networks, ours, peers
from .rows import Rows

HERE = Path(__file__).parent
DLRUN = Path(ours.dlrun.__file__).parent


def always() -> None:
    """Nothing is missing."""


class Contestant(NamedTuple):
    """measure : the test error. about : for the foot of the tables. missing : why it cannot be measured, or None.

    sources : files and folders of code, and packages whose versions count: with another of them, it is another one.
    """

    measure: Callable[[Rows], float]
    about: str
    sources: tuple[Path | str, ...]
    missing: Callable[[], str | None] = always

    def digest(self) -> str:
        """Changes with whatever may change what it reaches."""
        found = hashlib.sha256()
        for source in (*self.sources, HERE / "rows.py"):
            if isinstance(source, str):
                found.update(f"{source} {version_of(source)}".encode())
            else:
                for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
                    found.update(path.read_bytes())
        return found.hexdigest()[:12]


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


OURS = (DLRUN, HERE / "ours.py")
SKLEARN = ("scikit-learn", HERE / "peers.py")
PYTABKIT = ("pytabkit", "torch", HERE / "networks.py")

CONTESTANTS = {
    "default": Contestant(ours.default, "dlrun, a config with nothing but its data", OURS),
    "default_refit": Contestant(ours.default_refit, "the same after dlrun refit, on train and dev", OURS),
    "init": Contestant(ours.init, "dlrun, the config that dlrun init writes", OURS),
    "recipe8": Contestant(ours.recipe_of(8), "dlrun recipe from that config, 8 trainings and its finish", OURS),
    "recipe16": Contestant(ours.recipe_of(16), "dlrun recipe from that config, 16 trainings and its finish", OURS),
    "ensemble5": Contestant(ours.ensemble, "dlrun init's config with ensemble: 5, then dlrun refit", OURS),
    "linear": Contestant(peers.linear, "LogisticRegression, Ridge", SKLEARN),
    "mlp": Contestant(peers.mlp, "MLPClassifier, MLPRegressor", SKLEARN),
    "forest": Contestant(peers.forest, "RandomForest, as shipped", SKLEARN),
    "boosting": Contestant(peers.boosting, "HistGradientBoosting, as shipped", SKLEARN),
    "boosting16": Contestant(peers.boosting_tuned, "HistGradientBoosting, best of 16 random trials", SKLEARN),
    "realmlp": Contestant(networks.real_mlp, "RealMLP-TD of pytabkit", PYTABKIT, networks.without_pytabkit),
    "tabm": Contestant(networks.tabm, "TabM-mini-D of pytabkit", PYTABKIT, networks.without_pytabkit),
}
OWN = ("default", "default_refit", "init", "recipe8", "recipe16", "ensemble5")
