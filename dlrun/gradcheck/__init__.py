"""The gradient check: backpropagation against central differences, every parameter, in float64.

The modules, from the bottom up. `tables` and `tensor_checks` are what is said of one tensor, and how it is printed.
`problem` is what is checked; `point` and `costs` compute the cost there. `numeric` computes slopes by differences, many
at a time, along `straight` lines or by `forward` passes; `loop` does so one at a time. `measuring` separates kinks,
`sampling` limits the time, `judging` gives verdicts, and `check` makes one report, as `options` say. `textbook`,
`hypotheses`, `patterns` and `hints` say where a fault is and what it may be. `situations` and `walk` check all paths of
the code. `sweep` shows which step is right, and `own_code` checks a person's own gradient. `reports` and `sweep_report`
are what all of them return.
"""

from .check import check_problem
from .judging import EPSILON, GREAT, LIKELY_BUG, LOOK_CLOSER, judgement, relative_difference
from .loop import loop_gradient, numeric_gradient
from .numeric import MEMORY_BYTES, BlockDifferences
from .options import CheckOptions, Progress
from .own_code import check_gradients
from .problem import Problem, shipped_gradient
from .reports import GradientReport, NetworkReport, OwnReport, report_lines
from .sweep import EPSILONS, sweep
from .sweep_report import SweepReport, sweep_lines
from .tensor_checks import Hint, TensorCheck
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
