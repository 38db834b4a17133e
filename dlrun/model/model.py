"""A trained network with the preparation of its rows, read from its run's folder: raw rows in, answers out."""

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
from ..statistics.calibration import softmax
from ..store import (
    DATA,
    FORM,
    MODEL,
    PREDICTIONS,
    REFIT,
    REFIT_MODEL,
    Result,
    RunFolder,
    ending_of,
    read_manifest,
    require_sound,
    was_added,
)
from .networks import LOSS_OF_TASK, network_of_arrays
from .trust import Trust, trust_of


@dataclass(frozen=True)
class Model:
    """A run's network, its parameters in the precision of training, and all that turns rows into its inputs.

    classes : labels as they were written in training, empty for a regression. target : the name of its column.
    trust : how far its answers can be trusted, by the dev rows; None where the run did not keep its predictions.
    """

    run_id: str
    network: Network
    parameters: Parameters
    preparation: Preparation
    form: SourceForm
    task: Task
    classes: tuple[str, ...]
    target: str
    trust: Trust | None = None

    @property
    def temperature(self) -> float:
        """By which the logits of classes are divided, so that probabilities say how often an answer is right."""
        return 1.0 if self.trust is None else self.trust.temperature

    def outputs(self, rows: NewRows) -> Array:
        """(k, K) float64 calibrated probabilities of the classes, or (k, 1) numbers in the target's own units."""
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
        logits = logits / self.temperature
        if self.task == "binary":
            # exp(-log(1 + exp(-z))), which no z overflows.
            return np.asarray(np.exp(-np.logaddexp(0, np.hstack([logits, -logits]))))
        return softmax(logits)


def load_model(folder: RunFolder) -> Model:
    """The model of a run that has ended: what `dlrun refit` added, or its own. Raises StoreError, UsageError."""
    ending = ending_of(folder)
    if not isinstance(ending, Result):
        raise UsageError(f"{folder.id}: has no trained network yet; wait for its end, or dlrun resume {folder.id}")
    if ending.status == "diverged":
        raise UsageError(f"{folder.id}: its training diverged, and the network's answers are no numbers; train again")
    has_form, has_predictions = ((folder.path / name).exists() for name in (FORM, PREDICTIONS))
    optional = [name for name, present in ((FORM, has_form), (PREDICTIONS, has_predictions)) if present]
    network_files = (REFIT_MODEL, REFIT) if was_added(folder, REFIT) else (MODEL,)
    require_sound(folder, {*network_files, DATA, *optional})
    arrays, facts = folder.read_arrays(network_files[0]), folder.read_record(DATA, DataFacts)
    preparation = Preparation.from_arrays(arrays)
    form = folder.read_record(FORM, SourceForm) if has_form else SourceForm.of_preparation(preparation, facts.target)
    activation = str(read_manifest(folder).identity.config["network"]["activation"])
    network, parameters = network_of_arrays(arrays, activation, LOSS_OF_TASK[facts.task])
    trust = trust_of(folder.read_arrays(PREDICTIONS), facts.task) if has_predictions else None
    return Model(folder.id, network, parameters, preparation, form, facts.task, facts.classes, facts.target, trust)
