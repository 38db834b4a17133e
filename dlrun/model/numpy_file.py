"""A run's model as a Python file that needs NumPy alone, with its weights in an .npz beside it.

The file is a template, network_template.txt, in which the columns and the activation are filled in. It reads cells as
training did; what it cannot read is told before it is written.
"""

import io
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from .. import __version__
from ..data.cells.date_forms import DateForm
from ..data.cells.number_forms import NumberForm, pattern_of, signs_of
from ..data.cells.words import FLAGS
from ..data.new_words import FLAG_DIGITS
from ..data.preparation import MISSING_CODE, UNSEEN_CODE, codes_of_words
from ..errors import UsageError
from ..nn.activations import LEAKY_SLOPE
from .inputs import Input, fillings, inputs_of, largest_numbers, number_markers, texts_for_missing
from .literals import filled, listing, literal, table
from .model import Model
from .numpy_encodings import encoding_texts, kept_arrays

# Each activation as NumPy writes it, of Z.
FORMULAS = {
    "relu": "np.maximum(Z, 0)",
    "leaky_relu": f"np.maximum(Z, {LEAKY_SLOPE} * Z)",
    "tanh": "np.tanh(Z)",
    "sigmoid": "(1 + np.tanh(Z / 2)) / 2  # 1 / (1 + exp(-Z)), without its overflow",
    "identity": "Z",
}

# The signs of a date that polars has and strptime writes otherwise.
SIGNS = {"%.f": ".%f", "%,f": ",%f", "%#z": "%z"}

# The logits of one network and, by the loss, of the mean answer of an ensemble, whose Z has a first axis of members.
LOGITS = {
    "alone": "Z",
    "sigmoid": "log_mean(1 / (1 + np.exp(-Z))) - log_mean(1 / (1 + np.exp(Z)))",
    "softmax": "log_mean(softmax(Z))",
    "squared": "Z.mean(axis=0)",
}
LOG_MEAN = '''def log_mean(shares):
    """The logarithm of the mean over the members of the ensemble; none counts as 0, so that it is a number."""
    return np.log(np.maximum(shares.mean(axis=0), np.finfo(shares.dtype).tiny))


'''

CLASS_ANSWERS = '''def predict_proba(rows):
    """(m, K) probabilities of the classes, in the order of CLASSES; the temperature calibrates them."""
    logits = forward(features(columns_of(rows))).astype(float) / KEPT["temperature"]
    # For two classes there is one logit, z: the softmax of (0, z) is (1 - p, p) with p = 1 / (1 + exp(-z)).
    return softmax(np.hstack([0 * logits, logits]) if len(CLASSES) == 2 else logits)


def predict(rows):
    """(m,) the label of each row, as it was written in training."""
    return np.array(CLASSES)[predict_proba(rows).argmax(axis=1)]'''

CLASS_WRITING = """    shares = predict_proba(rows) if rows else np.empty((0, len(CLASSES)))
    writer.writerow(["prediction", *(f"probability {name}" for name in CLASSES)])
    for row in shares:
        writer.writerow([CLASSES[row.argmax()], *row.astype(np.float32)])"""

NUMBER_ANSWERS = '''def predict(rows):
    """(m,) the number of each row, in the target's own units."""
    logits = forward(features(columns_of(rows))).astype(float)
    return logits[:, 0] * KEPT["target_scale"] + KEPT["target_mean"]'''

NUMBER_WRITING = """    writer.writerow(["prediction"])
    writer.writerows([answer] for answer in (predict(rows) if rows else []))"""


def numpy_file(model: Model, name: str) -> str:
    """The text of the file, which is to be called `name`. Raises UsageError for an activation without a formula."""
    activation, preparation = model.network.activation, model.preparation
    if activation not in FORMULAS and model.network.depth > 1:
        known = ", ".join(FORMULAS)
        raise UsageError(f"--python: no formula is known for the activation {activation}; train with one of {known}")
    is_ensemble, inputs = model.parameters.members > 1, inputs_of(model)
    missing = texts_for_missing(model.form.missing)
    words = zip(preparation.categorical_columns, preparation.levels, strict=True)
    one_hot = {
        name: codes_of_words(levels).tolist() + ([UNSEEN_CODE] if name in preparation.rare_columns else [])
        for name, levels in words
        if name not in preparation.target_means
    }
    has_flags = any(column.form.kind == "flag" for column in inputs)
    flags = {word: at for pair in (*FLAGS, FLAG_DIGITS, ("0.0", "1.0")) for at, word in enumerate(pair) if has_flags}
    plain = _number(NumberForm())
    alike = preparation.numeric_columns == model.form.features
    forms = {column.name: _form(column, missing) for column in inputs}
    stem = name.removesuffix(".py")
    template = Template(files(__package__).joinpath("network_template.txt").read_text(encoding="utf-8"))
    return template.substitute(
        run_id=model.run_id,
        version=__version__,
        file=name,
        stem=stem,
        functions="predict, predict_proba" if model.classes else "predict",
        target=literal(model.target),
        classes=listing(model.classes),
        names=_names(model),
        has_header=not model.form.without_header,
        features=_features(model),
        forms=table({column: form for column, form in forms.items() if form != plain}),
        plain=table(plain),
        numbers="FEATURES" if alike else listing(preparation.numeric_columns),
        one_hot=table(one_hot),
        **encoding_texts(preparation),
        missing=listing(missing),
        markers=list(number_markers(model)),
        flags=filled("{", [f"{literal(word)}: {at}" for word, at in flags.items()], "}"),
        end=model.network.depth + 1,
        activation=activation,
        formula=FORMULAS.get(activation, "Z"),
        logits=LOGITS[model.network.loss if is_ensemble else "alone"],
        log_mean=LOG_MEAN if is_ensemble and model.classes else "",
        answers=CLASS_ANSWERS if model.classes else NUMBER_ANSWERS,
        writing=CLASS_WRITING if model.classes else NUMBER_WRITING,
    )


def _names(model: Model) -> str:
    form = model.form
    return f'[f"x{{at}}" for at in range({len(form.names)})]' if form.without_header else listing(form.names)


def _features(model: Model) -> str:
    form = model.form
    others = tuple(name for name in form.names if name != form.target)
    return "[name for name in NAMES if name != TARGET]" if others == form.features else listing(form.features)


def numpy_weights(model: Model) -> bytes:
    """The .npz beside the file: the weights, and the numbers of the preparation."""
    preparation, arrays = model.preparation, dict[str, Any]()
    for number, layer in enumerate(model.parameters.layers, start=1):
        arrays |= {
            f"W{number}": layer.W,
            f"b{number}": layer.Wb[..., -1:, :] if model.parameters.members > 1 else layer.b,
        }
    gaps = [preparation.numeric_columns.index(name) for name in preparation.gap_columns]
    arrays |= {
        "temperature": np.array(model.temperature),
        "means": preparation.means,
        "scales": preparation.scales,
        "middles": fillings(preparation),
        "largest": largest_numbers(preparation),
        "gaps": np.array(gaps if preparation.medians is not None else [], dtype=np.int64),
        "target_mean": np.array(preparation.target_mean),
        "target_scale": np.array(preparation.target_scale),
    }
    arrays |= kept_arrays(preparation)
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    return memory.getvalue()


def columns_unread(model: Model) -> list[Input]:
    """The columns whose cells the file does not read as they stand in the source: dates strptime has no sign for."""
    dates = [column for column in inputs_of(model) if column.kind == "date"]
    return [column for column in dates if not _date(column.form.date)["pattern"]]


def _form(column: Input, missing: tuple[str, ...]) -> dict[str, Any]:
    """How a column is read, for FORMS."""
    if column.kind == "date":
        return {"kind": "date", **_date(column.form.date), "parts": column.form.date_parts}
    if column.kind == "mark" and not column.form.order:
        return {"kind": "flag"}
    if column.kind == "mark":
        return {"kind": "order", "known": {text: at for text, at in column.known.items() if at >= 0}}
    if column.kind == "word":
        known = {text: at for text, at in column.known.items() if at != MISSING_CODE or text not in missing}
        return {"kind": "word", "known": known}
    return _number(column.form.number or NumberForm())


def _number(number: NumberForm) -> dict[str, Any]:
    signs = {sign: plain for sign, plain in signs_of(number).items() if sign != number.unit}
    return {"kind": "number", "pattern": pattern_of(number), "unit": number.unit, "signs": signs}


def _date(form: DateForm | None) -> dict[str, str]:
    """The pattern of strptime, and what stands before and behind a cell for it; no pattern where it has none.

    A time of day is one of 1970-01-01, a week stands for its Monday. Python knows no quarters.
    """
    if form is None or "%q" in form.pattern:
        return {"pattern": "", "before": "", "behind": ""}
    pattern = form.pattern
    for sign, of_python in SIGNS.items():
        pattern = pattern.replace(sign, of_python)
    if not form.has_date:
        return {"pattern": f"%Y-%m-%d {pattern}", "before": "1970-01-01 ", "behind": ""}
    if "%V" in pattern:
        return {"pattern": f"{pattern}-%u", "before": "", "behind": "-1"}
    return {"pattern": pattern, "before": "", "behind": ""}
