"""A trained network with the preparation of its rows, read from its run's folder: raw rows in, answers out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..data.new_rows import NewRows
from ..data.preparation import Preparation
from ..data.reading import Task
from ..data.records import DataFacts
from ..data.source_form import SourceForm
from ..errors import UsageError
from ..nn.evaluation import EVALUATION_ROWS, pieces
from ..nn.network import Network, Scratch, predict_logits
from ..nn.parameters import Parameters
from ..store import DATA, FORM, MODEL, Result, RunFolder, ending_of, read_manifest, require_sound

LOSS_OF_TASK = {"binary": "sigmoid", "multiclass": "softmax", "regression": "squared"}


@dataclass(frozen=True)
class Model:
    """A run's network, its parameters in the precision of training, and all that turns rows into its inputs.

    classes : labels as they were written in training, empty for a regression. target : the name of its column.
    """

    run_id: str
    network: Network
    parameters: Parameters
    preparation: Preparation
    form: SourceForm
    task: Task
    classes: tuple[str, ...]
    target: str

    def outputs(self, rows: NewRows) -> Array:
        """(k, K) float64 probabilities of the classes, or (k, 1) numbers in the target's own units."""
        dtype = self.parameters.flat.dtype
        scratch = Scratch(self.network, EVALUATION_ROWS, dtype)
        outputs = np.empty((len(rows.numbers), len(self.classes) or 1))
        for piece in pieces(len(outputs)):
            X = self.preparation.features(rows.numbers[piece], rows.codes[piece], dtype)
            logits = predict_logits(self.network, self.parameters, X, scratch).astype(np.float64)
            outputs[piece] = self._outputs_of(logits)
        return outputs

    def outputs_of_numbers(self, numbers: Array) -> Array:
        """The same of numbers (k, p) alone, NaN where missing, for a network without columns of words."""
        return self.outputs(NewRows(self.preparation.filled(numbers), np.empty((len(numbers), 0), np.int32), ()))

    def _outputs_of(self, logits: Array) -> Array:
        if self.task == "regression":
            return self.preparation.target_in_own_units(logits)
        if self.task == "binary":
            # exp(-log(1 + exp(-z))), which no z overflows.
            return np.asarray(np.exp(-np.logaddexp(0, np.hstack([logits, -logits]))))
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def load_model(folder: RunFolder) -> Model:
    """The model of a run that has ended. Raises StoreError, UsageError."""
    ending = ending_of(folder)
    if not isinstance(ending, Result):
        raise UsageError(f"{folder.id}: has no trained network yet; wait for its end, or dlrun resume {folder.id}")
    if ending.status == "diverged":
        raise UsageError(f"{folder.id}: its training diverged, and the network's answers are no numbers; train again")
    has_form = (folder.path / FORM).exists()
    require_sound(folder, {MODEL, DATA, *([FORM] if has_form else [])})
    arrays, facts = folder.read_arrays(MODEL), folder.read_record(DATA, DataFacts)
    preparation = Preparation.from_arrays(arrays)
    form = folder.read_record(FORM, SourceForm) if has_form else SourceForm.of_preparation(preparation, facts.target)
    activation = str(read_manifest(folder).identity.config["network"]["activation"])
    network, parameters = network_of_arrays(arrays, activation, LOSS_OF_TASK[facts.task])
    return Model(folder.id, network, parameters, preparation, form, facts.task, facts.classes, facts.target)


def network_of_arrays(arrays: Mapping[str, Array], activation: str, loss: str) -> tuple[Network, Parameters]:
    """The network whose weights are in model.npz, in their own precision."""
    depth = sum(name[0] == "W" and name[1:].isdigit() for name in arrays)
    sizes = (len(arrays["W1"]), *(arrays[f"W{layer}"].shape[1] for layer in range(1, depth + 1)))
    parameters = Parameters(sizes, arrays["W1"].dtype)
    for number, layer in enumerate(parameters.layers, start=1):
        layer.W[:], layer.b[:] = arrays[f"W{number}"], arrays[f"b{number}"]
    return Network(sizes, activation, loss), parameters
