"""Reads sets of openml.org: the only source that needs a network, so it has a module of its own."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import DataError
from ..columns import row_places, text_or_numbers
from ..examples import Table
from ..preparation import MISSING_CODE


def read_openml(shown: str, *, target: str | int | None) -> Table:
    """A set of openml.org by its number or name (`openml:61`, `openml:iris`).

    Raises DataError whatever goes wrong, since the reasons (network, server, format) cannot be listed.
    """
    from sklearn.datasets import fetch_openml

    wanted = shown.partition(":")[2].strip()
    which = {"data_id": int(wanted)} if wanted.isdecimal() else {"name": wanted}
    column = "default-target" if target is None else target
    if not isinstance(column, str):
        raise DataError(f"data.target: got {target}; a set of OpenML needs its target by name")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            # Only the liac-arff reader and plain arrays work without pandas.
            bunch = fetch_openml(**which, target_column=column, as_frame=False, parser="liac-arff", n_retries=1)
        except Exception as problem:
            reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
            raise DataError(
                f"{shown}: could not be fetched ({reason}); OpenML needs a network connection and the set's number or"
                " exact name; or download it as .csv and give its path"
            ) from None
    return _from_openml(shown, bunch, tuple(str(warning.message).splitlines()[0] for warning in caught))


def _from_openml(shown: str, bunch: Mapping[str, Any], sentences: tuple[str, ...]) -> Table:
    data, target = bunch["data"], bunch["target"]
    if target is None or np.ndim(target) != 1:
        raise DataError(f"{shown}: has no single default target; name one with data.target")
    data = data.toarray() if hasattr(data, "toarray") else np.asarray(data)
    data = data.astype(np.float64, copy=False)
    names = tuple(map(str, bunch["feature_names"]))
    categories = {name: tuple(map(str, levels)) for name, levels in (bunch.get("categories") or {}).items()}
    is_code = np.array([name in categories for name in names], dtype=bool)
    codes = np.where(np.isnan(data[:, is_code]), MISSING_CODE, data[:, is_code]).astype(np.int32)
    code_names = tuple(name for name in names if name in categories)
    target_name = str((bunch.get("target_names") or ["target"])[0])
    return Table(
        shown,
        names,
        np.ascontiguousarray(data[:, ~is_code]),
        tuple(name for name in names if name not in categories),
        codes,
        code_names,
        tuple(categories[name] for name in code_names),
        row_places(shown),
        text_or_numbers(target_name, np.asarray(target)),
        warnings=sentences,
    )
