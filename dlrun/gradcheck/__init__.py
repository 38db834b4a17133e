"""The gradient check: backpropagation against central differences, every parameter, in float64.

Bottom up: `reports` are what it says, `problem` says what is checked, `point` and `costs` what the cost is there,
`numeric` finds slopes by differences, many at a time, along lines that are `straight` or by `forward` passes (`loop`
one at a time), `measuring` sets kinks apart, `sampling` keeps to a time, `judging` gives verdicts, `check` makes one
report of it, as `options` ask. On top, `textbook`, `hypotheses`, `patterns` and `hints` say where and what;
`situations` and `walk` see to it that no path is left out; `sweep` shows the right step; `own_code` checks a person's
own gradient; `text` writes it out.
"""

from .check import check_problem
from .judging import EPSILON, GREAT, LIKELY_BUG, LOOK_CLOSER, judgement, relative_difference
from .loop import loop_gradient, numeric_gradient
from .numeric import MEMORY_BYTES, BlockDifferences
from .options import CheckOptions, Progress
from .own_code import check_gradients
from .problem import Problem, shipped_gradient
from .reports import GradientReport, Hint, NetworkReport, OwnReport, SweepReport, TensorCheck
from .sweep import EPSILONS, sweep
from .text import report_lines, sweep_lines
from .walk import check_config_network

__all__ = [
    "EPSILON",
    "EPSILONS",
    "GREAT",
    "LIKELY_BUG",
    "LOOK_CLOSER",
    "MEMORY_BYTES",
    "BlockDifferences",
    "CheckOptions",
    "GradientReport",
    "Hint",
    "NetworkReport",
    "OwnReport",
    "Problem",
    "Progress",
    "SweepReport",
    "TensorCheck",
    "check_config_network",
    "check_gradients",
    "check_problem",
    "judgement",
    "loop_gradient",
    "numeric_gradient",
    "relative_difference",
    "report_lines",
    "shipped_gradient",
    "sweep",
    "sweep_lines",
]
