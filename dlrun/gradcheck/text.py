"""Writes the reports of a gradient check as lines of text: tables, the V-curve as a plot, and hints in words."""

import math
from collections.abc import Sequence

from .judging import GREAT, LIKELY_BUG, LOOK_CLOSER
from .reports import (
    FAIL,
    PASS,
    GradientReport,
    NetworkReport,
    OwnReport,
    SituationResult,
    SweepPoint,
    SweepReport,
    TensorCheck,
)

Report = GradientReport | OwnReport

SCALE = f"the course's scale: below {GREAT:g} great, below {LOOK_CLOSER:g} fine, below {LIKELY_BUG:g} look closer"
NAMES_SHOWN = 8  # more names in one line are hard to read
PLOT_COLUMN = 3  # characters an epsilon
CENTRAL_MARK, ONE_SIDED_MARK, BOTH_MARK = "*", "o", "@"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Columns as wide as their widest cell, two spaces between; `right` holds those aligned right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    cells = [
        [
            cell.rjust(w) if column in right else cell.ljust(w)
            for column, (cell, w) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    return ["  ".join(line).rstrip() for line in cells]


def place(name: str, index: Sequence[int]) -> str:
    return f"{name}[{', '.join(str(i) for i in index)}]"


def number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.6e}"


def tensor_lines(tensors: Sequence[TensorCheck]) -> list[str]:
    """A row for each tensor: shape, relative difference on the course's scale, verdict, and where it is furthest off.

    The two slopes there are shown only if a tensor fails: otherwise they are equal in every digit.
    """
    header = ["tensor", "shape", "difference", "scale", "verdict", "kinks", "furthest off"]
    failing = any(tensor.verdict == FAIL for tensor in tensors)
    rows = [tensor_row(tensor, failing) for tensor in tensors]
    return table([*header, "analytic", "numeric"] if failing else header, rows, frozenset({2, 5, 7, 8}))


def tensor_row(tensor: TensorCheck, failing: bool) -> list[str]:
    worst = tensor.worst
    return [
        tensor.name,
        " x ".join(str(n) for n in tensor.shape),
        f"{tensor.relative_difference:.1e}",
        tensor.judgement,
        tensor.verdict,
        str(tensor.n_kinks) if tensor.n_kinks else "",
        place(tensor.name, worst.index),
        *([number(worst.analytic), number(worst.numeric)] if failing else []),
    ]


def decided(tensors: Sequence[TensorCheck]) -> Sequence[TensorCheck]:
    """The tensors that passed or failed; all, if none did. Below the floor a relative difference says nothing."""
    return [tensor for tensor in tensors if tensor.verdict in (PASS, FAIL)] or tensors


def situation_lines(situations: Sequence[SituationResult]) -> list[str]:
    """A row for each situation: which net, penalty and masks, how much was checked, and the outcome."""
    rows = []
    for result in situations:
        setting, report = result.setting, result.report
        worst = max(decided(report.tensors), key=lambda tensor: tensor.relative_difference)
        keeps = "/".join(f"{keep:g}" for keep in dict.fromkeys(setting.keep_probs)) or "1"
        rows.append(
            [
                setting.network,
                setting.name,
                str(setting.seed),
                f"{setting.l2_lambda:.3g}",
                keeps,
                str(report.n_checked),
                str(report.n_kinks),
                f"{worst.name} {worst.relative_difference:.1e}",
                report.verdict,
            ]
        )
    header = ["net", "situation", "seed", "lambda", "keep", "checked", "kinks", "worst tensor", "verdict"]
    return table(header, rows, frozenset({2, 3, 4, 5, 6}))


def notes(report: Report) -> list[str]:
    """What a reader must know besides the verdict: sampling, kinks, and what could not be verified."""
    lines = []
    if report.sampled:
        lines.append(f"sampled, to keep to the time limit: {sample_of(report)}, as many of each tensor")
    if report.n_kinks:
        lines.append(f"kinks: {report.n_kinks} parameters are at one and were compared with their one-sided slopes")
    if isinstance(report, NetworkReport) and report.not_verified:
        lines.append(f"not verified, neither passed nor failed: {listed(report.not_verified)}")
    return lines


def sample_of(report: Report) -> str:
    """What was sampled: parameters of one check, or how many of several situations."""
    if not isinstance(report, NetworkReport):
        return f"{report.n_checked} of {report.n_parameters} parameters"
    short = sum(result.report.sampled for result in report.situations)
    return f"{short} of {len(report.situations)} situations"


def listed(names: Sequence[str]) -> str:
    """Names with commas; if they are many, the first ones, the last one, and the count."""
    if len(names) <= NAMES_SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[: NAMES_SHOWN - 1])} ... {names[-1]} ({len(names)} tensors)"


def hint_lines(report: NetworkReport | OwnReport) -> list[str]:
    """Where the fault is, and what it looks like."""
    lines, where = [], report.where
    if where:
        parts = [f"layer {where.layer}"] if where.layer is not None else []
        parts.append(place(where.tensor, where.index))
        coordinates = {"row": where.row, "column": where.column, "unit": where.unit}
        parts += [f"{word} {at}" for word, at in coordinates.items() if at is not None]
        lines.append(f"where: {', '.join(parts)}")
        lines.append(f"       analytic {number(where.analytic)}, numeric {number(where.numeric)}; {where.words}")
    for rank, hint in enumerate(report.hints):
        lines.append(f"{'looks like' if rank == 0 else 'or'}: {hint.words}")
        lines.append(f"       {hint.evidence}")
    return lines


def report_lines(report: Report) -> list[str]:
    """The complete report: of a network in its situations, of one check, or of a person's own gradient."""
    outcome = {"pass": "passed", "fail": "failed"}.get(report.verdict, f"decided nothing ({report.verdict})")
    counts = f"{report.n_checked} of {report.n_parameters} parameters, epsilon {report.epsilon:g}"
    lines = [f"gradient check {outcome}", f"relative difference {report.relative_difference:.1e} ({counts})", ""]
    lines += [*tensor_lines(report.tensors), SCALE]
    extra = notes(report)
    if isinstance(report, NetworkReport):
        lines += ["", *situation_lines(report.situations)]
        failed = report.failed_situations
        if failed and failed[0] is not report.situations[0]:
            setting, tensors = failed[0].setting, failed[0].report.tensors
            lines += ["", f"{setting.network} net, {setting.name}:", *tensor_lines(tensors)]
    if isinstance(report, NetworkReport | OwnReport):
        extra += hint_lines(report)
    return lines + (["", *extra] if extra else [])


def sweep_lines(report: SweepReport) -> list[str]:
    """The V-curve: its table, its plot, and the slopes of its flanks."""
    rows = [[f"{p.epsilon:.1e}", f"{p.central:.1e}", f"{p.one_sided:.1e}", str(p.n_kinks)] for p in report.points]
    lines = table(["epsilon", "central", "one-sided", "kinks"], rows, frozenset({0, 1, 2, 3}))
    slopes = report.slopes
    return [
        *lines,
        "",
        *plot_lines(report.points),
        "",
        f"slopes: truncation {exponent(slopes.truncation)} (eps^2: 2), round-off {exponent(slopes.round_off)} "
        f"(1/eps: -1), one-sided {exponent(slopes.one_sided)} (eps: 1)",
        f"least at epsilon {report.best_epsilon:.0e}",
    ]


def exponent(slope: float | None) -> str:
    return "not seen" if slope is None else f"{slope:.2f}"


def plot_lines(points: Sequence[SweepPoint]) -> list[str]:
    """log10 of the relative difference (a row for each decade) against epsilon (a column for each point)."""
    points = sorted(points, key=lambda point: point.epsilon)
    levels = [(decade(point.central), decade(point.one_sided)) for point in points]
    seen = [level for pair in levels for level in pair if level is not None]
    if not seen:
        return ["every difference is 0"]
    lines = []
    for level in range(max(seen), min(seen) - 1, -1):
        marks = [mark(central == level, one_sided == level) for central, one_sided in levels]
        lines.append(f"1e{level:+03d} |" + "".join(m.center(PLOT_COLUMN) for m in marks).rstrip())
    lines.append("      +" + "-" * PLOT_COLUMN * len(points))
    ends = f"{points[0].epsilon:.0e}", f"{points[-1].epsilon:.0e}"
    lines.append("       " + ends[0] + ends[1].rjust(PLOT_COLUMN * len(points) - len(ends[0])))
    return [*lines, f"       epsilon; {CENTRAL_MARK} central, {ONE_SIDED_MARK} one-sided, {BOTH_MARK} both"]


def decade(value: float) -> int | None:
    return round(math.log10(value)) if value > 0 else None


def mark(central: bool, one_sided: bool) -> str:
    if central and one_sided:
        return BOTH_MARK
    return CENTRAL_MARK if central else ONE_SIDED_MARK if one_sided else " "
