"""The model of a run: its network and preparation, asked about new rows and handed on."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .asking import outputs_of_frame as outputs_of_frame
    from .model import Model as Model
    from .model import load_model as load_model
    from .networks import LOSS_OF_TASK as LOSS_OF_TASK
    from .networks import network_of_arrays as network_of_arrays
    from .predicting import Asked as Asked
    from .predicting import predict_file as predict_file
    from .records import ErrorsHere as ErrorsHere
    from .records import Noticed as Noticed
    from .records import Prediction as Prediction
    from .trust import Trust as Trust
    from .trust import trust_of as trust_of
else:
    lazily(
        __name__,
        asking="outputs_of_frame",
        model="Model load_model",
        networks="LOSS_OF_TASK network_of_arrays",
        predicting="Asked predict_file",
        records="ErrorsHere Noticed Prediction",
        trust="Trust trust_of",
    )
