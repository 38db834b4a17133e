"""The gradient check: backpropagation against central differences, every parameter, in float64.

The modules, from the bottom up. `tables` and `tensor_checks` are what is said of one tensor, and how it is printed.
`problem` is what is checked; `point` and `costs` compute the cost there. `numeric` computes slopes by differences, many
at a time, along `straight` lines or by `forward` passes; `loop` does so one at a time. `measuring` separates kinks,
`sampling` limits the time, `judging` gives verdicts, and `check` makes one report, as `options` say. `textbook`,
`hypotheses`, `patterns` and `hints` say where a fault is and what it may be. `situations` and `walk` check all paths of
the code. `sweep` shows which step is right, and `own_code` checks a person's own gradient. `reports` and `sweep_report`
are what all of them return.
"""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .check import check_problem as check_problem
    from .judging import (
        EPSILON as EPSILON,
    )
    from .judging import (
        GREAT as GREAT,
    )
    from .judging import (
        LIKELY_BUG as LIKELY_BUG,
    )
    from .judging import (
        LOOK_CLOSER as LOOK_CLOSER,
    )
    from .judging import (
        judgement as judgement,
    )
    from .judging import (
        relative_difference as relative_difference,
    )
    from .loop import loop_gradient as loop_gradient
    from .loop import numeric_gradient as numeric_gradient
    from .numeric import MEMORY_BYTES as MEMORY_BYTES
    from .numeric import BlockDifferences as BlockDifferences
    from .options import CheckOptions as CheckOptions
    from .options import Progress as Progress
    from .own_code import check_gradients as check_gradients
    from .problem import Problem as Problem
    from .problem import shipped_gradient as shipped_gradient
    from .reports import (
        GradientReport as GradientReport,
    )
    from .reports import (
        NetworkReport as NetworkReport,
    )
    from .reports import (
        OwnReport as OwnReport,
    )
    from .reports import (
        report_lines as report_lines,
    )
    from .sweep import EPSILONS as EPSILONS
    from .sweep import sweep as sweep
    from .sweep_report import SweepReport as SweepReport
    from .sweep_report import sweep_lines as sweep_lines
    from .tensor_checks import Hint as Hint
    from .tensor_checks import TensorCheck as TensorCheck
    from .walk import check_config_network as check_config_network
else:
    lazily(
        __name__,
        check="check_problem",
        judging="EPSILON GREAT LIKELY_BUG LOOK_CLOSER judgement relative_difference",
        loop="loop_gradient numeric_gradient",
        numeric="MEMORY_BYTES BlockDifferences",
        options="CheckOptions Progress",
        own_code="check_gradients",
        problem="Problem shipped_gradient",
        reports="GradientReport NetworkReport OwnReport report_lines",
        sweep="EPSILONS sweep",
        sweep_report="SweepReport sweep_lines",
        tensor_checks="Hint TensorCheck",
        walk="check_config_network",
    )
