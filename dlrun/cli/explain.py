"""`dlrun explain`: explain a finding's code on one screen, or one training step of a config in numbers."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import Json, Overrides, complete_configs

# The word that asks for a training step; no finding has it as its code.
STEP = "step"


def complete_codes(incomplete: str) -> list[str]:
    """`step` and the codes of findings that begin so, for completion in the shell."""
    from ..diagnosis.explain import codes

    return [code for code in (STEP, *codes()) if code.startswith(incomplete)]


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE|step]",
            help="A finding's code, or step and a config; without one, all codes are listed.",
            autocompletion=complete_codes,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Argument(
            metavar="[CONFIG]",
            help="After step: a YAML config, such as configs/digits.yaml.",
            autocompletion=complete_configs,
        ),
    ] = None,
    overrides: Overrides = None,
    examples: Annotated[int, typer.Option("--examples", min=1, help="After step: the rows of its batch.")] = 2,
    columns: Annotated[
        bool, typer.Option("--columns", help="After step: with an example in each column, as in the course.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Explain a finding, or show the first training step of a config with all its numbers: Z, A, costs, dZ, dW, update.

    Example: dlrun explain vanishing-gradients, or dlrun explain step configs/moons_overfit.yaml --examples 2
    """
    from ..diagnosis.explain import explain as explanation
    from ..diagnosis.explain import explanations
    from ..report import make_console, show_codes, show_explanation
    from .output import print_json

    if code == STEP:
        explain_step(config, overrides or [], examples, columns, as_json)
    elif config is not None or columns:
        raise UsageError(f"explain {code or ''}".rstrip() + ": for a training step, dlrun explain step CONFIG")
    elif code is None:
        titles = {finding: text.split("\n")[0] for finding, text in explanations().items()}
        print_json({"codes": titles}) if as_json else show_codes(titles, make_console())
    elif Path(code).suffix in (".yaml", ".yml"):
        raise UsageError(f"{code}: a config, and no finding's code; its first training step: dlrun explain step {code}")
    else:
        text = explanation(code)
        print_json({"code": code, "text": text}) if as_json else show_explanation(code, text, make_console())


def explain_step(config: Path | None, overrides: list[str], examples: int, columns: bool, as_json: bool) -> None:
    """The first training step of a config. Raises UsageError without one."""
    from ..experiment import read_config
    from ..inspection.one_step import training_step
    from ..report import make_console
    from ..report.one_step import show_training_step
    from .output import print_json

    if config is None:
        raise UsageError("explain step: which config? such as dlrun explain step configs/moons_overfit.yaml")
    step = training_step(read_config(config, overrides), examples, "columns" if columns else "rows")
    print_json(step) if as_json else show_training_step(step, make_console())
