"""The model of a run: its network and preparation, asked about new rows and handed on."""

from .asking import outputs_of_frame
from .model import LOSS_OF_TASK, Model, load_model, network_of_arrays
from .predicting import Asked, predict_file
from .records import ErrorsHere, Noticed, Prediction
from .trust import Trust, trust_of

__all__ = [
    "LOSS_OF_TASK",
    "Asked",
    "ErrorsHere",
    "Model",
    "Noticed",
    "Prediction",
    "Trust",
    "load_model",
    "network_of_arrays",
    "outputs_of_frame",
    "predict_file",
    "trust_of",
]
