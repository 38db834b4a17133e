"""The report: records in, terminal tables out. Everything it shows can be rebuilt from a run folder."""

from .progress import counting_display, training_display
from .terminal import make_console, show_diagnosis, show_gradcheck, show_result, show_runs, show_sweep

__all__ = [
    "counting_display",
    "make_console",
    "show_diagnosis",
    "show_gradcheck",
    "show_result",
    "show_runs",
    "show_sweep",
    "training_display",
]
