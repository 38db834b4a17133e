"""The diagnosis of errors without a run: what `dlrun diagnose --errors` and `dlrun.diagnose(errors=...)` answer."""

from ..diagnosis import Judgements, diagnose
from ..records import BySplit, Sizes
from .advise import advise
from .case import Case
from .records import RunDiagnosis


def diagnosis_of_figures(
    errors: BySplit[float], sizes: Sizes | None, optimal: float | Judgements | None, baseline: float | None
) -> RunDiagnosis:
    """The verdict on these errors, with advice. Raises UsageError for a value that cannot be an error."""
    diagnosis = diagnose(errors, sizes=sizes, optimal_error=optimal, baseline_error=baseline)
    return RunDiagnosis(run_id=None, diagnosis=diagnosis, advice=advise(Case(diagnosis)))
