"""The diagnosis: numbers in, verdict and findings out. Pure functions."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .findings import Finding as Finding
    from .optimal import (
        Judgements as Judgements,
    )
    from .optimal import (
        Optimal as Optimal,
    )
    from .optimal import (
        optimal_of as optimal_of,
    )
    from .optimal import (
        optimal_of_soft_labels as optimal_of_soft_labels,
    )
    from .parse import parse_errors as parse_errors
    from .parse import parse_optimal as parse_optimal
    from .parse import parse_sizes as parse_sizes
    from .records import Diagnosis as Diagnosis
    from .sanity import not_finite as not_finite
    from .verdict import diagnose as diagnose
else:
    lazily(
        __name__,
        findings="Finding",
        optimal="Judgements Optimal optimal_of optimal_of_soft_labels",
        parse="parse_errors parse_optimal parse_sizes",
        records="Diagnosis",
        sanity="not_finite",
        verdict="diagnose",
    )
