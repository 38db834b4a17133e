"""Show one training step on a terminal: each array with its shape and formula, wide ones cut.

`dlrun explain step` uses it. Text from outside is cleaned before it is shown.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from .text import say

if TYPE_CHECKING:
    from ..inspection.one_step import Quantity, TrainingStep

# Of a larger array only the first rows and columns are shown: six numbers and their distances fill a line of 80.
MOST_ROWS = MOST_COLUMNS = 6
NUMBER_WIDTH = 12

CONVENTIONS = {
    "rows": "an example is a row, and dZ is the slope of the mean loss",
    "columns": "an example is a column as in the course, and dZ is without the 1/m, which stands in dW and db",
}


def show_training_step(step: "TrainingStep", console: Console) -> None:
    """The forward pass, the cost, the backward pass and the update."""
    widths = "-".join(map(str, step.sizes))
    say(console, (f"{step.name or 'a training step'}", "bold"), f"  {widths} units, {step.activation}")
    say(console, f"the first step of a training in batches of {len(step.examples)}; {CONVENTIONS[step.convention]}")
    for place, row in enumerate(step.examples[:MOST_ROWS]):
        label = f", class {step.labels[place]}" if step.labels else ""
        say(console, f"example {place + 1}: row {row} of the training rows, counted from 0{label}")
    show_part("forward", step.forward, console)
    costs = step.costs
    heading("cost", console)
    say(console, f"loss     {digits(costs.loss)}  the mean of the examples' losses", whole=True)
    share = f"{costs.lambda_:g} / (2 x {costs.m_train} training rows) x {digits(costs.squares)}, all squared weights"
    say(console, f"penalty  {digits(costs.penalty)}  {share}", whole=True)
    say(console, f"cost     {digits(costs.cost)}  their sum", whole=True)
    show_part("backward", step.backward, console)
    rule = step.rule
    decay = f"; before it W becomes W (1 - rate {rule.weight_decay:g})" if rule.weight_decay else ""
    formula = f": {rule.formula}{decay}; all averages are 0 before it" if rule.formula else decay
    show_part("update", step.update, console, f"{rule.optimizer}, rate {rule.rate:g}{formula}")
    cut = [part for part in (*step.forward, *step.backward, *step.update) if is_cut(part)]
    if cut:
        say(
            console,
            f"of {len(cut)} arrays, such as {cut[0].name}, only the first {MOST_ROWS} rows and columns are shown;"
            " --json has all numbers with all digits",
        )


def heading(text: str, console: Console) -> None:
    console.print()
    say(console, (text, "bold"))


def show_part(name: str, parts: "Iterable[Quantity]", console: Console, sentence: str = "") -> None:
    """One of the three lists of arrays below a heading."""
    heading(name, console)
    if sentence:
        say(console, sentence)
    for part in parts:
        shape = " x ".join(map(str, part.shape))
        formula = f" = {part.formula}" if part.formula else ""
        say(console, (part.name, "bold"), f"{formula}  ({shape})", whole=True)
        for line in lines_of(part):
            say_line(line, console)


def say_line(line: str, console: Console) -> None:
    """A line with its blanks, never broken."""
    console.print(line, soft_wrap=True)


def lines_of(part: "Quantity") -> list[str]:
    """The numbers of a matrix or a vector, cut where it is large."""
    rows: Sequence[Sequence[Any]] = part.values if len(part.shape) > 1 else (part.values,)
    lines = [
        "".join(f"{digits(value):>{NUMBER_WIDTH}}" for value in row[:MOST_COLUMNS])
        + ("  ..." if len(row) > MOST_COLUMNS else "")
        for row in rows[:MOST_ROWS]
    ]
    return [*lines, f"{'...':>{NUMBER_WIDTH}}"] if len(rows) > MOST_ROWS else lines


def is_cut(part: "Quantity") -> bool:
    """Whether not all of its numbers are shown."""
    return part.shape[-1] > MOST_COLUMNS or (len(part.shape) > 1 and part.shape[0] > MOST_ROWS)


def digits(value: float) -> str:
    """A number with at most five digits, which is enough to follow by hand."""
    return f"{value + 0:.5g}"  # + 0: no -0
