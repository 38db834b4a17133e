"""Networks for tables of pytabkit, which needs PyTorch: RealMLP-TD and TabM-mini-D, with the settings it ships.

They learn the train rows and take the epoch with the best dev score, as dlrun does. Gaps of numbers are filled with
medians, which they ask for; all other preparation is their own.
"""

import importlib.util
from typing import Any

import numpy as np

from .rows import Rows


def real_mlp(rows: Rows) -> float:
    """RealMLP-TD (Holzmüller, Grinsztajn and Steinwart, 2024)."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    return fitted(rows, RealMLP_TD_Regressor if rows.is_regression else RealMLP_TD_Classifier)


def tabm(rows: Rows) -> float:
    """TabM-mini with default settings (Gorishniy, Kotelnikov and Babenko, 2025)."""
    from pytabkit import TabM_D_Classifier, TabM_D_Regressor

    return fitted(rows, TabM_D_Regressor if rows.is_regression else TabM_D_Classifier, arch_type="tabm-mini")


def fitted(rows: Rows, kind: Any, **settings: Any) -> float:
    X = frame_of(rows)
    model = kind(random_state=rows.seed, device="cpu", n_threads=1, **settings)
    dev = np.arange(len(rows.train), len(rows.known))
    model.fit(X.iloc[rows.known], rows.y[rows.known], val_idxs=dev)
    return rows.error_of(np.asarray(model.predict(X.iloc[rows.test])).reshape(-1))


def frame_of(rows: Rows) -> Any:
    """The rows as a pandas frame, whose columns of words are categories."""
    import pandas as pd

    numbers = rows.numbers.copy()
    for column in numbers.T:
        known = column[rows.known]
        column[np.isnan(column)] = np.median(known[~np.isnan(known)]) if not np.isnan(known).all() else 0.0
    columns: dict[str, Any] = {f"number_{at}": column for at, column in enumerate(numbers.T)}
    columns |= {f"word_{at}": pd.Categorical(column.astype(str)) for at, column in enumerate(rows.codes.T)}
    return pd.DataFrame(columns)


def without_pytabkit() -> str | None:
    """Why they cannot be measured, None if they can."""
    if importlib.util.find_spec("pytabkit") is None:
        return "pytabkit is not installed: pip install pytabkit, which brings PyTorch"
    return None
