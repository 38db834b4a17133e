"""The kinds of values that the schema's keys take, each with the words that a message uses for it.

A kind is a type, its limits, and an `Expects`. A message about a wrong value of the kind always ends in these words.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ..places import RUN_NAME, RUN_NAME_WORDS
from . import words

MAX_DEPTH = (
    1000  # A deeper dense network without shortcuts does not train; nearly always the number was meant as a width.
)
MAX_WIDTH = 100_000  # Two such layers hold 1e10 weights, 40 GB in float32.


@dataclass(frozen=True)
class Expects:
    """What a value should be, as the end of a sentence; `item` is the same for one item of a list.

    words : those that it may be, where it may be something else too.
    """

    whole: str
    item: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class OneOf:
    """Allows only the keys of a table, which `Literal` can do only for words that are written out."""

    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema that pydantic makes of `Literal[...]`."""
        return core_schema.literal_schema(list(self.words))


Text = Annotated[str, Field(min_length=1), Expects("text (in quotes if it looks like a number)")]
Name = Annotated[
    str,
    Field(pattern=rf"^{RUN_NAME}$"),
    Expects(RUN_NAME_WORDS),
]
Source = Annotated[
    Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=1)],
    Expects("the name of a bundled set such as digits, a path to a table, openml:NAME or an OpenML number"),
]
Column = Annotated[
    Annotated[str, Field(min_length=1)] | Annotated[int, Field()],
    Expects("a column's name (text) or position (an integer)"),
]
Columns = Annotated[
    tuple[Column, ...],
    Field(strict=False),
    Expects("a list of columns such as [id, date]", "a column's name (text) or position (an integer)"),
]
Texts = Annotated[
    tuple[str, ...],
    Field(strict=False),
    Expects('a list of texts such as ["", NA]', "text (in quotes if it looks like a number or null)"),
]
OrderedWords = Annotated[
    tuple[Annotated[tuple[str, ...], Field(strict=False, min_length=2)], ...],
    Field(strict=False),
    Expects("lists of words, each from the least to the greatest, such as [[small, medium, large]]"),
]
Codes = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(strict=False),
    Expects("a list of findings' codes such as [dead-units]", "a finding's code such as dead-units"),
]
Switch = Annotated[bool, Expects("true or false")]
Normalize = Annotated[bool | Literal["together"], Expects("true, false, or together (one mean and sigma for all)")]

Count = Annotated[int, Field(ge=1), Expects("an integer >= 1")]
CountFromZero = Annotated[int, Field(ge=0), Expects("an integer >= 0")]
ClassCount = Annotated[int, Field(ge=2), Expects("an integer >= 2")]
Depth = Annotated[int, Field(ge=1, le=MAX_DEPTH), Expects(f"an integer from 1 to {MAX_DEPTH} (layers with weights)")]
Width = Annotated[int, Field(ge=1, le=MAX_WIDTH), Expects(f"an integer from 1 to {MAX_WIDTH}")]
Widths = Annotated[
    tuple[Annotated[int, Field(ge=1, le=MAX_WIDTH)], ...],
    Field(strict=False, max_length=MAX_DEPTH - 1),
    Expects(f"a list of at most {MAX_DEPTH - 1} widths such as [64, 32]", f"an integer from 1 to {MAX_WIDTH}"),
]
Epochs = Annotated[Annotated[int, Field(ge=1)] | Literal["auto"], Expects("an integer >= 1, or auto")]
Threads = Annotated[Annotated[int, Field(ge=1)] | Literal["auto"], Expects("an integer >= 1, or auto")]
BatchSize = Annotated[Annotated[int, Field(ge=1)] | Literal["full", "auto"], Expects("an integer >= 1, full or auto")]

ClassWeights = Annotated[
    Literal["balanced"] | Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)],
    Expects("balanced, or labels with numbers > 0 such as {yes: 3}"),
]

Encodings = Annotated[
    Annotated[str, OneOf((*words.ENCODINGS, words.AUTO))]
    | Annotated[dict[str, Annotated[str, OneOf((*words.ENCODINGS, words.TARGET))]], Field(min_length=1)],
    Expects(
        f"one of {', '.join(words.ENCODINGS)}, {words.AUTO}, or columns with these such as {{price: quantile}}, or with"
        " target where they hold words (how bytes stand for characters is data.charset)",
        words=(*words.ENCODINGS, words.AUTO),
    ),
]

NotNegative = Annotated[float, Field(ge=0), Expects("a number >= 0")]
Positive = Annotated[float, Field(gt=0), Expects("a number > 0")]
Decay = Annotated[float, Field(ge=0, lt=1), Expects("a number with 0 <= it < 1")]
Fraction = Annotated[float, Field(ge=0, le=1), Expects("a number from 0 to 1 (a fraction, not a percentage)")]
BelowOne = Annotated[float, Field(ge=0, lt=1), Expects("a fraction with 0 <= it < 1")]
Angle = Annotated[float, Field(ge=0, le=180), Expects("degrees from 0 to 180")]
Share = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)],
    Expects("a ratio such as 0.2, or a whole number of examples"),
]

_KEEP_PROB = "0 < keep_prob <= 1 (1 means no dropout)"
_OneKeepProb = Annotated[float, Field(gt=0, le=1)]
KeepProb = Annotated[
    _OneKeepProb | Annotated[tuple[_OneKeepProb, ...], Field(strict=False)], Expects(_KEEP_PROB, _KEEP_PROB)
]

BagFraction = Annotated[float, Field(gt=0, le=1), Expects("0 < bag_fraction <= 1 (1 means all training rows)")]

Activation = Annotated[str, OneOf(words.ACTIVATIONS)]
Initializer = Annotated[str, OneOf(words.INITIALIZERS)]
OutputBias = Annotated[str, OneOf(words.OUTPUT_BIASES)]
Optimizer = Annotated[str, OneOf(words.OPTIMIZERS)]
Schedule = Annotated[str, OneOf(words.SCHEDULES)]
Keep = Literal["auto", "best", "last"]
Precision = Literal["float32", "float64"]
Task = Literal["auto", "binary", "multiclass", "regression"]
Decimal = Literal[".", ","]
Thousands = Literal[",", ".", " ", "'", "none"]
ExamplesIn = Literal["rows", "columns"]
Unlabeled = Literal["drop", "error"]
RareClasses = Literal["error", "drop", "merge"]
Duplicates = Literal["together", "apart"]
Metric = Literal["error", "balanced_error", "log_loss", "1 - auc", "rmse", "mae"]
