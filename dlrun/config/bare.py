"""What a config that names nothing but its data is trained with; `dlrun init` writes the same.

A config that names anything of its network, regularization or training has the schema's defaults for the rest.
"""

from collections.abc import Mapping

from .overrides import Given
from .problems import KeyPath
from .words import AUTO, LINEAR

# Chosen on 23 public tables (KEEL's and R's, up to 3,000 rows of each), none of which is in the figures that the README
# shows. Of the widths tried, 128, 256 and 512, none was better; three hidden layers instead of two were 0.5 points
# worse; without dropout, overfitting begins before the steps are done. With init he the error was 0.4 to 0.8 points
# higher on up to 1,000 rows (2 and 3 seeds; standard errors 0.4 and 0.3). At a constant rate it was 0.3 and 0.5 points
# higher on up to 1,000 and 3,000 rows (0.2 and 0.4), and 0.2 (0.3) after a refit.
CHOSEN: Mapping[tuple[str, str], object] = {
    ("data", "encoding"): AUTO,
    ("network", "depth"): 3,
    ("network", "width"): 256,
    ("network", "init"): LINEAR,
    ("regularization", "keep_prob"): 0.8,
    ("training", "batch_size"): AUTO,
    ("training", "epochs"): AUTO,
    ("training", "schedule"): "cosine",
}

# With one of these named, a config is not bare.
OF_THE_NETWORK = ("network", "regularization", "training", "ensemble")


def is_bare(given: Given) -> bool:
    """Whether a config has a source, and nothing is said of what is trained on it."""
    data = given.data.get("data")
    return isinstance(data, dict) and "source" in data and all(given.data.get(key) is None for key in OF_THE_NETWORK)


def choose(given: Given) -> frozenset[KeyPath]:
    """Gives a bare config what is chosen for it beside what the command line names; returns the paths of that.

    An encoding that is named stays, and numbers that are not to be normalised have none.
    """
    named = {("network", "depth"), ("network", "width")} if given.holds(("network", "hidden")) else set()
    data = given.data["data"]
    if isinstance(data, dict) and data.get("normalize", True) is not True:
        named.add(("data", "encoding"))
    chosen = set()
    for section, key in CHOSEN.keys() - named:
        if given.data.get(section) is None:
            given.data[section] = {}
        if isinstance(given.data[section], dict) and not given.holds((section, key)):  # another kind is told as a fault
            given.data[section][key] = CHOSEN[section, key]
            chosen.add((section, key))
    return frozenset(chosen)
