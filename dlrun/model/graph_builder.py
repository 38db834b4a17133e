"""Builds an ONNX graph: nodes and constants with names that people read, none of them twice."""

from typing import Any

import numpy as np

from ..arrays import Array

# Operators of traditional machine learning, such as LabelEncoder, have a domain and a number of their own.
ML_DOMAIN = "ai.onnx.ml"
# Opset 17 goes with IR 8; newer ones are refused by runtimes of 2022 and before, and nothing here needs them.
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8


class GraphBuilder:
    """Collects the nodes and constants of a graph. Every value is called as the node that makes it.

    `reserved` are names that only `value` gives, for inputs and outputs.
    """

    def __init__(self, reserved: tuple[str, ...]):
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.names = set(reserved)

    def new_name(self, wanted: str) -> str:
        """The name, or where it is taken already, the name with a number."""
        name, count = wanted, 2
        while name in self.names:
            name, count = f"{wanted} ({count})", count + 1
        self.names.add(name)
        return name

    def constant(self, wanted: str, value: Array) -> str:
        """A constant array; returns its name."""
        from onnx import numpy_helper

        name = self.new_name(wanted)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def texts(self, wanted: str, words: tuple[str, ...]) -> str:
        """A constant list of words; returns its name."""
        from onnx import TensorProto, helper

        name = self.new_name(wanted)
        encoded = [word.encode() for word in words]
        self.constants.append(helper.make_tensor(name, TensorProto.STRING, [len(words)], encoded))
        return name

    def node(
        self, operator: str, inputs: list[str], wanted: str, *, domain: str = "", output: str = "", **kept: Any
    ) -> str:
        """A node of one output; returns the output's name, which is `output` or that of the node."""
        from onnx import helper

        name = self.new_name(wanted)
        made = output or name
        self.nodes.append(helper.make_node(operator, inputs, [made], name=name, domain=domain, **kept))
        return made

    def cast(self, value: str, dtype: Any, wanted: str, *, output: str = "") -> str:
        """The value as another type of number."""
        from onnx import helper

        return self.node("Cast", [value], wanted, output=output, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
