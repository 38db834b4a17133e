"""Checks what a person passes to the gradient check. Each message says where, what was found and what would do."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import UsageError

# What a person's functions take: arrays by name, or one array. They may return anything, so results are checked.
Arrays = Mapping[str, Array] | Array
CostFunction = Callable[[Any], object]
GradientOf = Callable[[Any], object]

SINGLE = "theta"  # the name of the array if there is only one


def arrays_of(parameters: object) -> tuple[dict[str, Array], bool]:
    """Float64 copies by name, and whether it was a single array. Raises UsageError if anything is not a real array."""
    single = not isinstance(parameters, Mapping)
    named = dict(parameters) if isinstance(parameters, Mapping) else {SINGLE: parameters}
    arrays = {name: real_array(f"parameters[{name!r}]", value) for name, value in named.items()}
    if not sum(array.size for array in arrays.values()):
        raise UsageError("parameters: found none; give a dict of arrays, or one array, with at least one entry")
    return {name: array for name, array in arrays.items() if array.size}, single


def real_array(where: str, value: object) -> Array:
    """A float64 copy, C-contiguous."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError
    except (TypeError, ValueError):
        description = f"{type(value).__name__}" + (f" of {value.dtype}" if isinstance(value, np.ndarray) else "")
        raise UsageError(f"{where}: found {description}; give an array of real numbers") from None
    array = np.array(array, np.float64, order="C")
    if not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise UsageError(f"{where}{list(index)}: found {array[index]}; every entry must be finite")
    return array


def handed_over(arrays: dict[str, Array], single: bool) -> dict[str, Array] | Array:
    return arrays[SINGLE] if single else arrays


def call_cost(cost: CostFunction, arrays: dict[str, Array], single: bool) -> tuple[float, float]:
    """The cost, and the rounding unit of its type. Raises UsageError if it is not one real number."""
    value = np.asarray(cost(handed_over(arrays, single)))
    if value.size != 1 or value.dtype.kind not in "fiub":
        description = f"an array of shape {value.shape}" if value.size != 1 else f"{value.dtype}"
        raise UsageError(
            f"cost(parameters): found {description}; return one number, such as the mean over the examples"
        )
    number = float(value.reshape(-1)[0])
    if not np.isfinite(number):
        raise UsageError(
            f"cost(parameters): found {number}; use parameters where the cost is finite, such as smaller weights"
        )
    unit = np.finfo(value.dtype).eps if value.dtype.kind == "f" else np.finfo(np.float64).eps
    return number, float(max(unit, np.finfo(np.float64).eps))


def require_repeatable(cost: CostFunction, arrays: dict[str, Array], single: bool) -> tuple[float, float]:
    """The cost and its rounding unit, called twice. Raises UsageError if they differ, or the parameters changed."""
    kept = {name: array.copy() for name, array in arrays.items()}
    value, unit = call_cost(cost, arrays, single)
    for name, array in arrays.items():
        if not np.array_equal(array, kept[name]):
            raise UsageError(f"cost(parameters): found that it changes {name}; change a copy instead")
    again, _ = call_cost(cost, arrays, single)
    if again != value:
        raise UsageError(
            f"cost(parameters): found {value!r} and then {again!r} at the same parameters; draw dropout masks and "
            "batches once, outside cost, and use them for every call"
        )
    return value, unit


def gradient_of(gradient: object, arrays: dict[str, Array], single: bool) -> dict[str, Array]:
    """The analytic gradient by parameter name. Raises UsageError for a missing name or another shape."""
    copies = {name: array.copy() for name, array in arrays.items()}
    given = gradient(handed_over(copies, single)) if callable(gradient) else gradient
    if single:
        given = {SINGLE: given}
    if not isinstance(given, Mapping):
        raise UsageError(
            f"gradient(parameters): found {type(given).__name__}; return a dict with an array for each parameter"
        )
    by_name = {}
    for name, array in arrays.items():
        key = next((key for key in (name, f"d{name}") if key in given), None)
        if key is None:
            have = ", ".join(map(str, given)) or "nothing"
            raise UsageError(f"gradient(parameters): found {have}, but no {name}; return it as {name!r} or 'd{name}'")
        by_name[name] = real_array(f"gradient(parameters)[{key!r}]", given[key])
        if by_name[name].shape != array.shape:
            raise UsageError(
                f"gradient(parameters)[{key!r}]: found shape {by_name[name].shape}; "
                f"return the shape of {name}, {array.shape}"
            )
    return by_name
