"""`dlrun data`: show how the columns of a file or a config are read, before anything is trained."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..places import at_hand
from .options import Json, Overrides

if TYPE_CHECKING:
    from ..inspection.data_look import Asked

DataOrConfig = Annotated[
    Path,
    typer.Argument(
        metavar="FILE|CONFIG", help="A file of data such as titanic.csv, or a YAML config.", callback=at_hand
    ),
]


def data(
    file: DataOrConfig,
    overrides: Overrides = None,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the columns as a page of its own, to FILE.")
    ] = None,
    suspects: Annotated[
        bool, typer.Option("--suspects", help="Look for rows of train and dev whose labels may be wrong.")
    ] = False,
    gap: Annotated[
        bool,
        typer.Option("--gap", help="Measure what a random split hides: by data.group, data.order or the rows' order."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how each column is read: its kind, missing values, range or levels, and what a network gets of it.

    Then the split, the target's balance, and what is odd. A file without a config is read as dlrun init would have it.

    Example: dlrun data configs/data/flowers.csv data.target=blooms
    """
    from ..inspection.data_look import look_at_data
    from ..report import make_console, say
    from ..report.columns import show_data
    from .output import print_json
    from .report import write_page

    wanted: dict[Asked, bool] = {"suspects": suspects, "gap": gap}
    look = look_at_data(file, overrides or (), asked=[one for one, is_wanted in wanted.items() if is_wanted])
    if page is not None:
        from ..report.page import data_page

        write_page(page, data_page(look))
    if as_json:
        print_json(look)
        return
    show_data(look, make_console())
    if look.suspects is not None:
        from ..report.suspects import show_suspects

        show_suspects(look.suspects, make_console())
    if look.gap is not None:
        say(make_console(), (f"gap: {look.gap.sentence}", "yellow" if look.gap.is_told else ""))
    if page is not None:
        say(make_console(), "page: ", str(page), whole=True)
