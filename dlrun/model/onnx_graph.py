"""A run's model as one ONNX graph: raw columns in, labels and probabilities out, the preparation inside.

The graph computes what `Model.outputs` computes, in the same precisions: numbers are scaled as doubles, since a number
such as 20240131 loses its last digits in float32, and the network runs in the precision of its training.
"""

import json
from typing import Any

import numpy as np

from .. import __version__
from ..data.preparation import UNSEEN_CODE, codes_of_words
from ..errors import UsageError
from ..nn.activations import LEAKY_SLOPE
from ..nn.parameters import Parameters
from .graph_builder import IR_VERSION, ML_DOMAIN, ML_OPSET, OPSET, GraphBuilder
from .inputs import Input, fillings, inputs_of, largest_numbers, number_markers
from .model import Model
from .onnx_dates import date_values
from .onnx_encodings import encoded, target_means

# Each activation as an ONNX operator and its attributes; None where the value stays as it is.
ACTIVATION_NODES: dict[str, tuple[str, dict[str, Any]] | None] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAKY_SLOPE}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "identity": None,
}

LABEL, PROBABILITIES, PREDICTION = "label", "probabilities", "prediction"


def onnx_bytes(model: Model) -> bytes:
    """The graph as the contents of an .onnx file. Raises UsageError for a network that ONNX has no operators for."""
    from onnx import TensorProto, checker, helper

    activation = model.network.activation
    if activation not in ACTIVATION_NODES and model.network.depth > 1:
        known = ", ".join(ACTIVATION_NODES)
        raise UsageError(f"--onnx: ONNX has no operator for the activation {activation}; train with one of {known}")
    inputs = inputs_of(model)
    graph = GraphBuilder((LABEL, PROBABILITIES, PREDICTION))
    names = {column.name: graph.new_name(column.name) for column in inputs}
    X = _prepared(graph, model, inputs, names)
    outputs = _answers(graph, model, _layers(graph, model, X))
    types = {column.name: TensorProto.STRING if column.is_text else TensorProto.DOUBLE for column in inputs}
    made = helper.make_graph(
        graph.nodes,
        "dlrun",
        [_value(names[column.name], types[column.name], ["rows", 1], _told(column)) for column in inputs],
        outputs,
        graph.constants,
        doc_string=_documentation(model),
    )
    proto = helper.make_model(
        made,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)],
        producer_name="dlrun",
        producer_version=__version__,
        doc_string=_documentation(model),
    )
    helper.set_model_props(proto, _metadata(model, inputs, names))
    checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString())


def _value(name: str, kind: int, shape: list[str | int], told: str) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, kind, shape, doc_string=told)


def _prepared(graph: GraphBuilder, model: Model, inputs: tuple[Input, ...], names: dict[str, str]) -> str:
    """X, as `Preparation.features` makes it."""
    dtype, numbers, words = model.parameters.flat.dtype, dict[str, str](), dict[str, str]()
    for column in inputs:
        given = names[column.name]
        if column.kind == "word":
            words[column.name] = _coded(graph, column, given)
        elif column.kind == "mark":
            numbers[column.name] = _as_mark(graph, column, given)
        elif column.kind == "date":
            numbers |= date_values(graph, column.name, given, column.form.date_parts)
        else:
            numbers[column.name] = given
    parts, further = _numbers(graph, model, inputs, numbers) if numbers else ([], [])
    for name, levels in zip(model.preparation.categorical_columns, model.preparation.levels, strict=True):
        if name in model.preparation.target_means:
            means = target_means(graph, name, model.preparation.target_means[name], words[name])
            further.append(graph.cast(means, dtype, f"{means}, in the network's precision"))
            continue
        rare = [UNSEEN_CODE] if name in model.preparation.rare_columns else []
        codes = np.array([[*codes_of_words(levels).tolist(), *rare]], dtype=np.int64)
        if codes.size:
            same = graph.node("Equal", [words[name], graph.constant(f"codes of {name}", codes)], f"{name}, one of")
            parts.append(graph.cast(same, dtype, f"{name}, one-hot"))
    parts += further
    return parts[0] if len(parts) == 1 else graph.node("Concat", parts, "X", axis=1)


def _coded(graph: GraphBuilder, column: Input, given: str) -> str:
    """The code of each word, as `Preparation.codes_of` gives them."""
    texts, codes = list(column.known), list(column.known.values())
    kept: dict[str, Any] = {"keys_strings": texts, "values_int64s": codes, "default_int64": UNSEEN_CODE}
    return graph.node("LabelEncoder", [given], f"{column.name}, its code", domain=ML_DOMAIN, **kept)


def _as_mark(graph: GraphBuilder, column: Input, given: str) -> str:
    """The number that a word of a flag or an order stands for, NaN for any other text."""
    texts = [text for text, number in column.known.items() if number >= 0]
    numbers = [float(column.known[text]) for text in texts]
    kept: dict[str, Any] = {"keys_strings": texts, "values_floats": numbers, "default_float": float("nan")}
    encoded = graph.node("LabelEncoder", [given], f"{column.name}, its number", domain=ML_DOMAIN, **kept)
    return graph.cast(encoded, np.float64, f"{column.name}, its number as a double")


def _numbers(
    graph: GraphBuilder, model: Model, inputs: tuple[Input, ...], numbers: dict[str, str]
) -> tuple[list[str], list[str]]:
    """The first inputs of numbers and the columns that mark their gaps; and the further inputs, which come last."""
    preparation, dtype = model.preparation, model.parameters.flat.dtype
    columns = [numbers[name] for name in preparation.numeric_columns]
    raw = columns[0] if len(columns) == 1 else graph.node("Concat", columns, "numbers", axis=1)
    largest = graph.constant("largest numbers", largest_numbers(preparation)[None])
    # A comparison with NaN is false, so that one condition finds missing and enormous numbers.
    known = graph.node("LessOrEqual", [graph.node("Abs", [raw], "sizes"), largest], "is known")
    plain = {column.name for column in inputs if column.kind == "number"}
    for marker in number_markers(model):
        row = [[marker if name in plain else np.nan for name in preparation.numeric_columns]]
        same = graph.node("Equal", [raw, graph.constant(f"marker {marker:g}", np.array(row))], f"is {marker:g}")
        known = graph.node(
            "And", [known, graph.node("Not", [same], f"is not {marker:g}")], f"is known, {marker:g} apart"
        )
    filled = graph.node("Where", [known, raw, graph.constant("middles", fillings(preparation)[None])], "filled")
    centred = graph.node("Sub", [filled, graph.constant("means", preparation.means[None])], "less the mean")
    scaled = graph.node("Div", [centred, graph.constant("scales", preparation.scales[None])], "scaled")
    first, more = encoded(graph, preparation, filled, scaled)
    parts = [graph.cast(first, dtype, f"{first}, in the network's precision")]
    further = [graph.cast(more, dtype, f"{more}, in the network's precision")] if more else []
    if preparation.gap_columns and preparation.medians is not None:
        places = [preparation.numeric_columns.index(name) for name in preparation.gap_columns]
        at = graph.constant("columns with gaps", np.array(places, dtype=np.int64))
        known_there = graph.node("Gather", [known, at], "is known, columns with gaps", axis=1)
        parts.append(graph.cast(graph.node("Not", [known_there], "is missing"), dtype, "is missing, 0 or 1"))
    return parts, further


def _layers(graph: GraphBuilder, model: Model, X: str) -> str:
    """The logits [N, K] of X [N, n]; of an ensemble, those of the mean of its members' answers."""
    members = model.parameters.members
    if members == 1:
        return _member(graph, model, model.parameters, X, "")
    each = [
        _member(graph, model, model.parameters.member(number), X, f"member {number + 1}, ") for number in range(members)
    ]
    if model.task == "regression":
        return graph.node("Mean", each, "mean of the members")
    if model.task == "multiclass":
        return _log_mean(graph, model, [graph.node("Softmax", [Z], f"softmax of {Z}", axis=1) for Z in each], "")
    shares = [graph.node("Sigmoid", [Z], f"sigmoid of {Z}") for Z in each]
    others = [graph.node("Sigmoid", [graph.node("Neg", [Z], f"less {Z}")], f"sigmoid of less {Z}") for Z in each]
    logarithms = [_log_mean(graph, model, shares, ""), _log_mean(graph, model, others, " of the first class")]
    return graph.node("Sub", logarithms, "log odds of the mean")


def _log_mean(graph: GraphBuilder, model: Model, shares: list[str], of: str) -> str:
    """The logarithm of the mean of probabilities, none of which counts as 0."""
    least = np.array(np.finfo(model.parameters.flat.dtype).tiny, model.parameters.flat.dtype)
    mean = graph.node("Mean", shares, f"mean probability{of}")
    above = graph.node("Max", [mean, graph.constant(f"least probability{of}", least)], f"mean probability{of}, above 0")
    return graph.node("Log", [above], f"log of the mean{of}")


def _member(graph: GraphBuilder, model: Model, parameters: Parameters, X: str, of: str) -> str:
    """The logits [N, K] of one network: Z = A W + b, A' = g(Z), layer by layer. `of` begins the names of its nodes."""
    A, layers = X, parameters.layers
    made = ACTIVATION_NODES.get(model.network.activation)
    for number, layer in enumerate(layers, start=1):
        W, b = graph.constant(f"{of}W{number}", layer.W), graph.constant(f"{of}b{number}", layer.b)
        Z = graph.node("Gemm", [A, W, b], f"{of}layer {number}: Z = A W + b")
        if number == len(layers) or made is None:
            A = Z
        else:
            operator, kept = made
            A = graph.node(operator, [Z], f"{of}layer {number}: A = {model.network.activation}(Z)", **kept)
    return A


def _answers(graph: GraphBuilder, model: Model, logits: str) -> list[Any]:
    """The outputs of the graph, whose nodes are added."""
    from onnx import TensorProto

    z = graph.cast(logits, np.float64, "logits")
    if model.task == "regression":
        scale, mean = np.array(model.preparation.target_scale), np.array(model.preparation.target_mean)
        spread = graph.node("Mul", [z, graph.constant("target scale", scale)], "times the target's scale")
        graph.node("Add", [spread, graph.constant("target mean", mean)], "in own units", output=PREDICTION)
        return [_value(PREDICTION, TensorProto.DOUBLE, ["rows", 1], f"{model.target}, in its own units")]
    if model.temperature != 1:
        divisor = graph.constant("temperature", np.array(model.temperature))
        z = graph.node("Div", [z, divisor], "logits by the temperature")
    if model.task == "binary":
        # The softmax of (0, z) is (1 - p, p) with p the sigmoid of z.
        zeros = graph.node("Mul", [z, graph.constant("zero", np.array(0.0))], "logit of the first class")
        z = graph.node("Concat", [zeros, z], "logits of both classes", axis=1)
    shares = graph.node("Softmax", [z], "softmax", axis=1)
    graph.cast(shares, np.float32, "as float32", output=PROBABILITIES)
    place = graph.node("ArgMax", [shares], "place of the label", axis=1, keepdims=0)
    graph.node("Gather", [graph.texts("classes", model.classes), place], "label of the place", axis=0, output=LABEL)
    told = "the probability of each class, in this order: " + ", ".join(model.classes)
    return [
        _value(LABEL, TensorProto.STRING, ["rows"], f"{model.target}, as it was written in training"),
        _value(PROBABILITIES, TensorProto.FLOAT, ["rows", len(model.classes)], told),
    ]


def _told(column: Input) -> str:
    """What is to be known of an input."""
    return f"column {column.name!r}: {column.given}; {'an empty text' if column.is_text else 'NaN'} where missing"


def _documentation(model: Model) -> str:
    answers = f"one of {len(model.classes)} classes" if model.classes else "a number"
    return f"Answers rows with {model.target}, {answers}. The network of the dlrun run {model.run_id}."


def _metadata(model: Model, inputs: tuple[Input, ...], names: dict[str, str]) -> dict[str, str]:
    """What a program can read of the model: texts, and JSON where there is a list."""
    columns = [
        {"column": column.name, "input": names[column.name], "kind": column.kind, "given": column.given}
        for column in inputs
    ]
    return {
        "dlrun": __version__,
        "run_id": model.run_id,
        "opset": str(OPSET),
        "task": model.task,
        "target": model.target,
        "classes": json.dumps(model.classes, ensure_ascii=False),
        "inputs": json.dumps(columns, ensure_ascii=False),
        "missing": "NaN for a number or a day, an empty text for a word",
    }
