"""The report: show records as tables on a terminal. Everything it shows can be rebuilt from a run folder."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .comparison import (
        comparison_csv as comparison_csv,
    )
    from .comparison import (
        comparison_markdown as comparison_markdown,
    )
    from .comparison import (
        metrics_csv as metrics_csv,
    )
    from .comparison import (
        show_comparison as show_comparison,
    )
    from .ended import (
        Beside as Beside,
    )
    from .ended import (
        show_result as show_result,
    )
    from .evidence import show_curve as show_curve
    from .evidence import show_decomposition as show_decomposition
    from .following import (
        show_ledger as show_ledger,
    )
    from .following import (
        show_outcome as show_outcome,
    )
    from .following import (
        show_path as show_path,
    )
    from .following import (
        show_step as show_step,
    )
    from .health import show_codes as show_codes
    from .health import show_explanation as show_explanation
    from .probe import show_probe as show_probe
    from .progress import (
        counting_display as counting_display,
    )
    from .progress import (
        share_display as share_display,
    )
    from .progress import (
        training_display as training_display,
    )
    from .qualifiers import show_refit as show_refit
    from .records import (
        PlanShown as PlanShown,
    )
    from .records import (
        show_difference as show_difference,
    )
    from .records import (
        show_garbage as show_garbage,
    )
    from .records import (
        show_run as show_run,
    )
    from .records import (
        show_verification as show_verification,
    )
    from .sweep import (
        show_plan as show_plan,
    )
    from .sweep import (
        show_sweep as show_sweep,
    )
    from .sweep import (
        sweep_csv as sweep_csv,
    )
    from .sweep import (
        sweep_markdown as sweep_markdown,
    )
    from .sweep_live import sweep_display as sweep_display
    from .terminal import (
        make_console as make_console,
    )
    from .terminal import (
        show_diagnosis as show_diagnosis,
    )
    from .terminal import (
        show_gradcheck as show_gradcheck,
    )
    from .terminal import (
        show_runs as show_runs,
    )
    from .terminal import (
        show_step_sweep as show_step_sweep,
    )
    from .text import say as say
else:
    lazily(
        __name__,
        comparison="comparison_csv comparison_markdown metrics_csv show_comparison",
        ended="Beside show_result",
        evidence="show_curve show_decomposition",
        following="show_ledger show_outcome show_path show_step",
        health="show_codes show_explanation",
        probe="show_probe",
        progress="counting_display share_display training_display",
        qualifiers="show_refit",
        records="PlanShown show_difference show_garbage show_run show_verification",
        sweep="show_plan show_sweep sweep_csv sweep_markdown",
        sweep_live="sweep_display",
        terminal="make_console show_diagnosis show_gradcheck show_runs show_step_sweep",
        text="say",
    )
