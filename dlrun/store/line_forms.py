"""What a line of metrics and of trace must hold: a checksum says that nobody damaged it, not that dlrun wrote it.

Stands under the reading of a run's lines, so that who judges them can rely on every key. Files of lines that are not
named here have readers of their own.
"""

import sys
from collections.abc import Callable, Mapping

LineForm = Mapping[str, Callable[[object], bool]]


def is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) <= sys.float_info.max  # 1e999 is JSON, and infinite


def is_figure(value: object) -> bool:
    """A number, or None for one that left the finite ones or has no meaning there."""
    return value is None or is_number(value)


def are_layers(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(layer, dict) for layer in value)


def is_record(value: object) -> bool:
    return isinstance(value, dict)


COSTS = ("cost", "loss", "penalty", "train_loss", "dev_loss", "train_error", "dev_error")
EPOCH: LineForm = {
    "epoch": is_count,
    **dict.fromkeys(COSTS, is_figure),
    "learning_rate": is_number,
    "seconds": is_number,
}
LOOK: LineForm = {
    "epoch": is_count,
    **dict.fromkeys(("loss", "penalty", "penalty_share"), is_figure),
    "layers": are_layers,
}
ACTIVITY = ("activation_mean", "activation_spread", "dead_share", "saturated_share", "linear_share")
LAYER: LineForm = {
    "layer": is_count,
    "weight_norm": is_number,
    **dict.fromkeys(("gradient_norm", "update_ratio", *ACTIVITY), is_figure),
}
START: LineForm = {
    "prior_loss": is_figure,
    "greatest_mean": is_number,
    **dict.fromkeys(("least_spread", "greatest_spread"), is_figure),
}


def fault_of(name: str, record: dict, first: dict) -> str | None:
    """What is wrong with a line of the file `name`, if anything is; `first` is the file's first line."""
    if name == "metrics.jsonl":
        return misfit(record, EPOCH)
    if name == "trace.jsonl":
        return misfit(record, LOOK) or layers_misfit(record["layers"], first["layers"]) or start_misfit(record)
    return None


def misfit(record: dict, form: LineForm) -> str | None:
    """The first key of a form that a record lacks, or has with a value that it cannot have."""
    for key, fits in form.items():
        if key not in record:
            return f"it has no {key}"
        if not fits(record[key]):
            return f"its {key} is not what dlrun writes there"
    return None


def layers_misfit(layers: list[dict], first: list[dict]) -> str | None:
    """Layers are numbered from 1, and as many in every line."""
    for number, layer in enumerate(layers, start=1):
        if fault := misfit(layer, LAYER):
            return f"layer {number}: {fault}"
        if layer["layer"] != number:
            return f"layer {number}: it is numbered {layer['layer']}"
    return None if len(layers) == len(first) else f"it has {len(layers)} layers, and the first line {len(first)}"


def start_misfit(record: dict) -> str | None:
    """What training began with stands in the first line alone."""
    return misfit(record, {"start": is_record}) or misfit(record["start"], START) if "start" in record else None
