"""The records of a gradient check as plain lines of text: tables, the V-curve as a plot, and hints in words.

Each function takes the dict that a report's `to_dict` gives, so that a stored check reads as a fresh one does.
"""

import math
from collections.abc import Sequence

from .judging import GREAT, LIKELY_BUG, LOOK_CLOSER

SCALE = f"the course's scale: below {GREAT:g} great, below {LOOK_CLOSER:g} fine, below {LIKELY_BUG:g} look closer"
NAMES_SHOWN = 8  # more of them in one line is a wall of text
PLOT_COLUMN = 3  # characters an epsilon
CENTRAL_MARK, ONE_SIDED_MARK, BOTH_MARK = "*", "o", "@"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Columns as wide as their widest cell, two spaces between; `right` names those that stand flush right."""
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


def tensor_lines(tensors: Sequence[dict]) -> list[str]:
    """A row a tensor: shape, relative difference on the course's scale, verdict, and where it is furthest off.

    The two slopes there are shown where a tensor fails: elsewhere they are alike in every digit.
    """
    header = ["tensor", "shape", "difference", "scale", "verdict", "kinks", "furthest off"]
    failing = any(tensor["verdict"] == "fail" for tensor in tensors)
    rows = [tensor_row(tensor, failing) for tensor in tensors]
    return table([*header, "analytic", "numeric"] if failing else header, rows, frozenset({2, 5, 7, 8}))


def tensor_row(tensor: dict, failing: bool) -> list[str]:
    worst = tensor["worst"]
    return [
        tensor["name"],
        " x ".join(str(n) for n in tensor["shape"]),
        f"{tensor['relative_difference']:.1e}",
        tensor["judgement"],
        tensor["verdict"],
        str(tensor["n_kinks"]) if tensor["n_kinks"] else "",
        place(tensor["name"], worst["index"]),
        *([number(worst["analytic"]), number(worst["numeric"])] if failing else []),
    ]


def decided(tensors: Sequence[dict]) -> Sequence[dict]:
    """The tensors with a verdict; all, where none has one. Below the floor a relative difference says nothing."""
    return [tensor for tensor in tensors if tensor["verdict"] in ("pass", "fail")] or tensors


def situation_lines(situations: Sequence[dict]) -> list[str]:
    """A row a situation: which net, which penalty and masks, how much was checked, and the outcome."""
    rows = []
    for told in situations:
        worst = max(decided(told["tensors"]), key=lambda tensor: tensor["relative_difference"])
        keeps = "/".join(f"{keep:g}" for keep in dict.fromkeys(told["keep_probs"])) or "1"
        rows.append(
            [
                told["network"],
                told["name"],
                str(told["seed"]),
                f"{told['l2_lambda']:.3g}",
                keeps,
                str(told["n_checked"]),
                str(told["n_kinks"]),
                f"{worst['name']} {worst['relative_difference']:.1e}",
                told["verdict"],
            ]
        )
    header = ["net", "situation", "seed", "lambda", "keep", "checked", "kinks", "worst tensor", "verdict"]
    return table(header, rows, frozenset({2, 3, 4, 5, 6}))


def notes(told: dict) -> list[str]:
    """What a reader must know beside the verdict: sampling, kinks, and what could not be verified."""
    lines = []
    if told["sampled"]:
        lines.append(f"sampled, for want of time: {sample_of(told)}, as many of each tensor")
    if told["n_kinks"]:
        lines.append(f"kinks: {told['n_kinks']} parameters stand on one and were held to their one-sided slopes")
    if told.get("not_verified"):
        lines.append(f"not verified, neither passed nor failed: {listed(told['not_verified'])}")
    return lines


def sample_of(told: dict) -> str:
    """How much was left out: of one check its parameters, of many the situations that were cut short."""
    if "situations" not in told:
        return f"{told['n_checked']} of {told['n_parameters']} parameters"
    short = sum(situation["n_checked"] < situation["n_parameters"] for situation in told["situations"])
    return f"{short} of {len(told['situations'])} situations"


def listed(names: Sequence[str]) -> str:
    """Names with commas; of many, the first and the last, and how many."""
    if len(names) <= NAMES_SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[: NAMES_SHOWN - 1])} ... {names[-1]} ({len(names)} tensors)"


def hint_lines(told: dict) -> list[str]:
    """Where the fault is, and what it looks like."""
    lines, where = [], told.get("where")
    if where:
        parts = [f"layer {where['layer']}"] if where["layer"] is not None else []
        parts.append(place(where["tensor"], where["index"]))
        parts += [f"{word} {where[word]}" for word in ("row", "column", "unit") if where[word] is not None]
        lines.append(f"where: {', '.join(parts)}")
        lines.append(
            f"       analytic {number(where['analytic'])}, numeric {number(where['numeric'])}; {where['words']}"
        )
    for rank, hint in enumerate(told["hints"]):
        lines.append(f"{'looks like' if rank == 0 else 'or'}: {hint['words']}")
        lines.append(f"       {hint['evidence']}")
    return lines


def report_lines(told: dict) -> list[str]:
    """A whole report: of a network in its situations, of one check, or of a person's own gradient."""
    outcome = {"pass": "passed", "fail": "failed"}.get(told["verdict"], f"decided nothing ({told['verdict']})")
    counts = f"{told['n_checked']} of {told['n_parameters']} parameters, epsilon {told['epsilon']:g}"
    lines = [f"gradient check {outcome}", f"relative difference {told['relative_difference']:.1e} ({counts})", ""]
    lines += [*tensor_lines(told["tensors"]), SCALE]
    if told.get("situations"):
        lines += ["", *situation_lines(told["situations"])]
        failed = [s for s in told["situations"] if s["verdict"] == "fail"]
        if failed and failed[0] is not told["situations"][0]:
            lines += ["", f"{failed[0]['network']} net, {failed[0]['name']}:", *tensor_lines(failed[0]["tensors"])]
    extra = [*notes(told), *hint_lines(told)]
    return lines + (["", *extra] if extra else [])


def sweep_lines(told: dict) -> list[str]:
    """The V-curve: its table, its plot, and the slopes of its flanks."""
    rows = [
        [f"{p['epsilon']:.1e}", f"{p['central']:.1e}", f"{p['one_sided']:.1e}", str(p["n_kinks"])]
        for p in told["points"]
    ]
    lines = table(["epsilon", "central", "one-sided", "kinks"], rows, frozenset({0, 1, 2, 3}))
    slopes = {name: "not seen" if s is None else f"{s:.2f}" for name, s in told["slopes"].items()}
    return [
        *lines,
        "",
        *plot_lines(told["points"]),
        "",
        f"slopes: truncation {slopes['truncation']} (eps^2: 2), round-off {slopes['round_off']} (1/eps: -1), "
        f"one-sided {slopes['one_sided']} (eps: 1)",
        f"least at epsilon {told['best_epsilon']:.0e}",
    ]


def plot_lines(points: Sequence[dict]) -> list[str]:
    """log10 of the relative difference, a row a decade, against epsilon, a column a point, small ones to the left."""
    points = sorted(points, key=lambda point: point["epsilon"])
    levels = [(decade(point["central"]), decade(point["one_sided"])) for point in points]
    seen = [level for pair in levels for level in pair if level is not None]
    if not seen:
        return ["every difference is 0"]
    lines = []
    for level in range(max(seen), min(seen) - 1, -1):
        marks = [mark(central == level, one_sided == level) for central, one_sided in levels]
        lines.append(f"1e{level:+03d} |" + "".join(m.center(PLOT_COLUMN) for m in marks).rstrip())
    lines.append("      +" + "-" * PLOT_COLUMN * len(points))
    ends = f"{points[0]['epsilon']:.0e}", f"{points[-1]['epsilon']:.0e}"
    lines.append("       " + ends[0] + ends[1].rjust(PLOT_COLUMN * len(points) - len(ends[0])))
    return [*lines, f"       epsilon; {CENTRAL_MARK} central, {ONE_SIDED_MARK} one-sided, {BOTH_MARK} both"]


def decade(value: float) -> int | None:
    return round(math.log10(value)) if value > 0 else None


def mark(central: bool, one_sided: bool) -> str:
    if central and one_sided:
        return BOTH_MARK
    return CENTRAL_MARK if central else ONE_SIDED_MARK if one_sided else " "
