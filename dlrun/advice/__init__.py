"""The advice: from a diagnosis and its run's config to changes worth trying. Pure functions."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .advise import advise as advise
    from .case import Case as Case
    from .of_figures import diagnosis_of_figures as diagnosis_of_figures
    from .records import Advice as Advice
    from .records import RunDiagnosis as RunDiagnosis
else:
    lazily(
        __name__,
        advise="advise",
        case="Case",
        of_figures="diagnosis_of_figures",
        records="Advice RunDiagnosis",
    )
