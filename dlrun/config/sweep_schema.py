"""The schema of a `sweep:` section: its options, and which values a key of the config takes when it is varied.

It is the same schema as that of the config, asked for one key at a time, which is quick enough for 100,000 values.
"""

from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from . import kinds
from .keys import field_at, kind_of, leaf_paths
from .problems import KeyPath, dotted
from .schema import Section

# sobol, random : settings are drawn before anything is trained. tpe : Optuna proposes each by the results so far.
Sampler = Literal["sobol", "random", "tpe"]
SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)

# Drawn settings are held in memory and written down, about 200 bytes each.
MOST_TRIALS = 100_000

Trials = Annotated[int, Field(ge=1, le=MOST_TRIALS), kinds.Expects(f"an integer from 1 to {MOST_TRIALS}")]


class SweepOptions(Section):
    """The keys of a sweep: section that are not keys of the config."""

    trials: Trials | None = Field(None, description="Draw so many settings; null: train all of the grid.")
    sampler: Sampler | None = Field(None, description="How settings are drawn; null: sobol, evenly spread points.")
    sampler_seed: kinds.CountFromZero | None = Field(None, description="What the drawing follows from; null: 0.")
    early: kinds.Switch | None = Field(None, description="Whether trainings that fall behind are stopped early.")


OPTIONS = tuple(SweepOptions.model_fields)


class Refused(ValueError):
    """The schema does not take a value."""


def as_held(path: KeyPath, value: object) -> Any:
    """The value as a config holds it at a path, such as 1.0 for a 1. Raises Refused."""
    adapter = _adapter(path)
    try:
        return adapter.dump_python(adapter.validate_python(value), mode="json", by_alias=True)
    except ValidationError as error:
        raise Refused(str(error)) from None


@cache
def _adapter(path: KeyPath) -> TypeAdapter[Any]:
    field = field_at(path)
    assert field is not None, path
    kind: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return TypeAdapter(kind, config=ConfigDict(strict=True, allow_inf_nan=False))


def option_expects(name: str) -> str:
    """What an option takes, as the end of a sentence."""
    return kind_of(SweepOptions.model_fields[name]).whole + ", or null"


def sweep_json_schema() -> dict[str, Any]:
    """The section as JSON Schema: the options, and every key of the config with dots."""
    options: dict[str, Any] = SweepOptions.model_json_schema()["properties"]
    varied = {dotted(path): _varied(path) for path in leaf_paths() if path != ("name",)}
    return {
        "description": "What dlrun sweep trains many times; dlrun train trains the config without it.",
        "type": ["object", "null"],
        "properties": options | varied,
        "additionalProperties": False,
    }


def _varied(path: KeyPath) -> dict[str, Any]:
    """Any one value: a text such as 0,0.1 or 0..4, a list of values, or a single one."""
    field = field_at(path)
    assert field is not None, path
    return {"description": f"Values to try, as 0,0.1 or 0..4 or 1e-4..1:log or a list. {field.description}"}
