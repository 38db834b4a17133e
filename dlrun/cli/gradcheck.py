"""`dlrun gradcheck`: backpropagation against central differences, for the network of a config."""

from typing import Annotated

import typer

from ..errors import CheckFailed
from .options import ConfigFile, Json, Overrides, Quiet


def gradcheck(
    config: ConfigFile,
    overrides: Overrides = None,
    epsilon: Annotated[float, typer.Option("--epsilon", min=1e-12, max=0.1, help="The step.")] = 1e-5,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Check every gradient of a config's network against central differences, in float64.

    Example: dlrun gradcheck configs/digits.yaml --epsilon 1e-7
    """
    from ..experiment import check_gradients, read_config
    from ..report import counting_display, make_console, show_gradcheck
    from .output import print_json

    loaded = read_config(config, overrides or ())
    with counting_display("parameters", make_console(stderr=True), quiet=quiet) as progress:
        report = check_gradients(loaded, epsilon=epsilon, progress=progress)
    if as_json:
        print_json(report.to_dict())
    else:
        show_gradcheck(report.to_dict(), make_console())
    return 0 if report.passed else CheckFailed.exit_status
