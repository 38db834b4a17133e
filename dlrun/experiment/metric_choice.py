"""Whether a run can be told in the measure that diagnosis.metric asks for; checked before it is trained."""

from ..config import LoadedConfig
from ..data import Dataset
from ..errors import ConfigError
from ..statistics.measures import MEASURES
from ..statistics.metrics import MOST_CURVES

# The measure of the result itself.
ERROR = "error"


def refuse_other_metric(loaded: LoadedConfig, dataset: Dataset) -> None:
    """Raises ConfigError where diagnosis.metric does not suit the task, the weights or the declared optimal error."""
    diagnosis = loaded.config.diagnosis
    if diagnosis.metric == ERROR:
        return
    own = f"{loaded.file}: diagnosis.metric: got {diagnosis.metric!r}"
    for_classes = dataset.task != "regression"
    fitting = [ERROR, *(word for word, measure in MEASURES.items() if measure.for_classes == for_classes)]
    if diagnosis.metric not in fitting:
        what = "classes" if for_classes else "numbers"
        raise ConfigError([f"{own}, and the target holds {what}; expected one of {', '.join(fitting)}"])
    if diagnosis.metric == "1 - auc" and len(dataset.classes) > MOST_CURVES:
        raise ConfigError([f"{own} for {len(dataset.classes)} classes; it is computed for {MOST_CURVES} at the most"])
    if dataset.train.weight is not None:
        raise ConfigError([f"{own}, which heeds no weights of rows; leave data.weight and training.class_weight out"])
    if isinstance(loaded.config.to_dict()["diagnosis"]["optimal_error"], dict):
        raise ConfigError([f"{own}; diagnosis.optimal_error is then a number in it, not counted or soft labels"])
