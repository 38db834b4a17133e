"""Whether a run can be told in the measure that diagnosis.metric asks for; checked before it is trained."""

from ..config import Config
from ..data import Dataset
from ..statistics.measures import MEASURES
from ..statistics.metrics import MOST_CURVES

# The measure of the result itself.
ERROR = "error"


def metric_fault(config: Config, dataset: Dataset) -> str | None:
    """Why diagnosis.metric does not suit the task, the weights or the declared optimal error; None where it does."""
    metric, for_classes = config.diagnosis.metric, dataset.task != "regression"
    if metric == ERROR:
        return None
    fitting = [ERROR, *(word for word, measure in MEASURES.items() if measure.for_classes == for_classes)]
    if metric not in fitting:
        what = "classes" if for_classes else "numbers"
        return f"got {metric!r}, and the target holds {what}; expected one of {', '.join(fitting)}"
    if metric == "1 - auc" and len(dataset.classes) > MOST_CURVES:
        return f"got {metric!r} for {len(dataset.classes)} classes; it is computed for {MOST_CURVES} at the most"
    if dataset.train.weight is not None:
        return f"got {metric!r}, which heeds no weights of rows; leave the weights out, or tell the error"
    if isinstance(config.to_dict()["diagnosis"]["optimal_error"], dict):
        return f"got {metric!r}; the optimal error is then a number in it, not counted or soft labels"
    return None
