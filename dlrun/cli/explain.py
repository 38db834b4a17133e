"""`dlrun explain`: explain a finding's code on one screen."""

from typing import Annotated

import typer

from .options import Json


def complete_codes(incomplete: str) -> list[str]:
    """The codes of findings that begin so, for completion in the shell."""
    from ..diagnosis.explain import codes

    return [code for code in codes() if code.startswith(incomplete)]


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]", help="A finding's code; without one, all are listed.", autocompletion=complete_codes
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain a finding: what it is, how it is measured, why it happens, what to do and what to try.

    Example: dlrun explain vanishing-gradients
    """
    from ..diagnosis.explain import explain as explanation
    from ..diagnosis.explain import explanations
    from ..report import make_console, show_codes, show_explanation
    from .output import print_json

    if code is None:
        titles = {finding: text.split("\n")[0] for finding, text in explanations().items()}
        print_json({"codes": titles}) if as_json else show_codes(titles, make_console())
    else:
        text = explanation(code)
        print_json({"code": code, "text": text}) if as_json else show_explanation(code, text, make_console())
