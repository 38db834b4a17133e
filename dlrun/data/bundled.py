"""The small sets that come with scikit-learn, read from its own files.

Importing scikit-learn takes about as long as training one of them; its files are all that is needed of it here.
"""

import itertools
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError
from .columns import plain_table
from .examples import Table

MEASURES = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points")
MEASURED = (*MEASURES, "symmetry", "fractal dimension")


class Bundled(NamedTuple):
    """A set of scikit-learn's: its file, the names of its columns, and those of its classes (none for a regression).

    target_file : of the target where it is not the last column. header_lines : before the numbers.
    """

    file: str
    names: tuple[str, ...]
    labels: tuple[str, ...] | None
    target_file: str | None = None
    delimiter: str | None = ","
    header_lines: int = 0


BUNDLED = {
    "digits": Bundled(
        "digits.csv.gz",
        names=tuple(f"pixel_{row}_{column}" for row, column in itertools.product(range(8), repeat=2)),
        labels=tuple("0123456789"),
    ),
    "iris": Bundled(
        "iris.csv",
        names=("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        labels=("setosa", "versicolor", "virginica"),
        header_lines=1,
    ),
    "wine": Bundled(
        "wine_data.csv",
        names=(
            *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
            *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines"),
            "proline",
        ),
        labels=("class_0", "class_1", "class_2"),
        header_lines=1,
    ),
    "breast_cancer": Bundled(
        "breast_cancer.csv",
        names=(
            *(f"mean {measure}" for measure in MEASURED),
            *(f"{measure} error" for measure in MEASURED),
            *(f"worst {measure}" for measure in MEASURED),
        ),
        labels=("malignant", "benign"),
        header_lines=1,
    ),
    # Not what `load_diabetes` gives: that is scaled by statistics of all rows, test rows too, which is a leak.
    "diabetes": Bundled(
        "diabetes_data_raw.csv.gz",
        names=("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
        labels=None,
        target_file="diabetes_target.csv.gz",
        delimiter=None,
    ),
}


def read_bundled(word: str) -> Table:
    """The set called `word`. Raises DataError where its file is missing."""
    bundled, folder = BUNDLED[word], data_folder()
    X = numbers(folder / bundled.file, bundled)
    if bundled.target_file is not None:
        y = numbers(folder / bundled.target_file, bundled)
    else:
        X, y = X[:, :-1], X[:, -1].astype(np.int64)
    return plain_table(word, X, y, names=bundled.names, labels=bundled.labels, pixels=word == "digits")


def data_folder() -> Path:
    """Where scikit-learn keeps its sets. Raises DataError without scikit-learn."""
    found = find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise DataError("the bundled sets are part of scikit-learn, which is not installed: pip install scikit-learn")
    return Path(found.submodule_search_locations[0]) / "datasets" / "data"


def numbers(path: Path, bundled: Bundled) -> Array:
    """The numbers of a file, a row each line, or (m,) of a file of one column."""
    try:
        values: Array = np.loadtxt(path, delimiter=bundled.delimiter, skiprows=bundled.header_lines)
        return values
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); install scikit-learn again") from error
