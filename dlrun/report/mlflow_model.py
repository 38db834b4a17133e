"""Makes a model of MLflow of a run: its network as Python that needs NumPy alone, its signature, and no pickle.

`exports` sends it with the run. MLflow keeps the code as a file and runs it when the model is loaded.
"""

import warnings
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..data.columns import is_number
from ..model.inputs import inputs_of
from ..model.numpy_file import numpy_file, numpy_weights

if TYPE_CHECKING:
    from ..model import Model
    from ..model.inputs import Input

# The files of the network among the model's artifacts; the weights are found beside the network.
NETWORK, WEIGHTS = "network.py", "network.npz"

# What the model is called among the artifacts of its run.
MODEL_NAME = "model"


def save_mlflow_model(model: "Model", folder: Path) -> Path:
    """The folder of a model of MLflow, made in `folder`. Raises UsageError for a network without a formula."""
    from mlflow.pyfunc import save_model

    code = Template(files(__package__).joinpath("mlflow_model.txt").read_text(encoding="utf-8"))
    (folder / "code.py").write_text(code.substitute(run_id=model.run_id, version=__version__), encoding="utf-8")
    (folder / NETWORK).write_text(numpy_file(model, NETWORK), encoding="utf-8")
    (folder / WEIGHTS).write_bytes(numpy_weights(model))
    made = folder / MODEL_NAME
    with warnings.catch_warnings():
        # It asks for type hints, by which it would make a signature of its own.
        warnings.simplefilter("ignore")
        save_model(
            path=str(made),
            python_model=str(folder / "code.py"),
            artifacts={"network": str(folder / NETWORK), "weights": str(folder / WEIGHTS)},
            signature=signature_of(model),
            pip_requirements=["numpy", "pandas"],
        )
    return made


def _holds_words(column: "Input") -> bool:
    """Whether all of a column's levels are words; codes such as 3 and 5 may also come as numbers."""
    return column.kind == "word" and not any(is_number(word) for word in column.known)


def signature_of(model: "Model") -> Any:
    """What the model is given and what it answers.

    Columns may have any type, as in a file for dlrun predict: MLflow refuses whole numbers for a column of fractions.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType

    inputs = [
        ColSpec(DataType.string if _holds_words(column) else AnyType(), column.name, required=False)
        for column in inputs_of(model)
    ]
    answers = [ColSpec(DataType.double if model.task == "regression" else DataType.string, "prediction")]
    answers += [ColSpec(DataType.double, f"probability {name}") for name in model.classes]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(answers))
