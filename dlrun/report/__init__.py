"""The report: records in, terminal tables out. Everything it shows can be rebuilt from a run folder."""

from .health import show_codes, show_explanation
from .probe import show_probe
from .progress import counting_display, training_display
from .records import show_difference, show_garbage, show_run, show_verification
from .terminal import make_console, show_diagnosis, show_gradcheck, show_result, show_runs, show_sweep

__all__ = [
    "counting_display",
    "make_console",
    "show_codes",
    "show_diagnosis",
    "show_difference",
    "show_explanation",
    "show_garbage",
    "show_gradcheck",
    "show_probe",
    "show_result",
    "show_run",
    "show_runs",
    "show_sweep",
    "show_verification",
    "training_display",
]
