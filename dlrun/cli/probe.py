"""`dlrun probe`: look at a config's network before any training."""

from typing import Annotated

import typer

from ..errors import CheckFailed
from .options import ConfigFile, Json, Overrides


def probe(
    config: ConfigFile,
    overrides: Overrides = None,
    overfit_twenty: Annotated[
        bool, typer.Option("--overfit-twenty", help="Also check whether it can learn twenty rows by heart.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Show how activations and gradients change through the layers at the initial weights, for every init.

    Example: dlrun probe configs/vanishing_150.yaml network.activation=tanh
    """
    from ..experiment import read_config
    from ..inspection.probe import probe as probe_network
    from ..report import make_console, show_probe
    from .output import print_json

    report = probe_network(read_config(config, overrides or ()), overfit_twenty=overfit_twenty)
    if as_json:
        print_json(report)
    else:
        show_probe(report, make_console())
    finding = report.overfit_twenty.finding if report.overfit_twenty else None
    return CheckFailed.exit_status if finding and finding.severity == "fail" else 0
