"""The report: show records as tables on a terminal. Everything it shows can be rebuilt from a run folder."""

from .comparison import comparison_csv, comparison_markdown, metrics_csv, show_comparison
from .evidence import show_curve, show_decomposition
from .following import show_ledger, show_outcome, show_path, show_step
from .health import show_codes, show_explanation
from .probe import show_probe
from .progress import counting_display, share_display, training_display
from .qualifiers import show_refit
from .records import PlanShown, show_difference, show_garbage, show_run, show_verification
from .sweep import show_plan, show_sweep, sweep_csv, sweep_markdown
from .sweep_live import sweep_display
from .terminal import make_console, show_diagnosis, show_gradcheck, show_result, show_runs, show_step_sweep
from .text import say

__all__ = [
    "PlanShown",
    "comparison_csv",
    "comparison_markdown",
    "counting_display",
    "make_console",
    "metrics_csv",
    "say",
    "share_display",
    "show_codes",
    "show_comparison",
    "show_curve",
    "show_decomposition",
    "show_diagnosis",
    "show_difference",
    "show_explanation",
    "show_garbage",
    "show_gradcheck",
    "show_ledger",
    "show_outcome",
    "show_path",
    "show_plan",
    "show_probe",
    "show_refit",
    "show_result",
    "show_run",
    "show_runs",
    "show_step",
    "show_step_sweep",
    "show_sweep",
    "show_verification",
    "sweep_csv",
    "sweep_display",
    "sweep_markdown",
    "training_display",
]
