"""`dlrun gradcheck`: check backpropagation against central differences, for a config's network or a user's own code."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import CheckFailed, UsageError
from .options import Json, Overrides, Quiet, complete_configs

if TYPE_CHECKING:
    from ..gradcheck import NetworkReport, OwnReport


def gradcheck(
    what: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG|FILE.py",
            help="A YAML config; or a Python file, WHICH IS RUN, that defines parameters(), cost(parameters) and "
            "gradient(parameters).",
            autocompletion=complete_configs,
        ),
    ],
    overrides: Overrides = None,
    epsilon: Annotated[
        float, typer.Option("--epsilon", min=1e-12, max=0.1, help="The step; the course takes 1e-7, which is noisier.")
    ] = 1e-5,
    sweep: Annotated[bool, typer.Option("--sweep", help="Show the relative difference against the step.")] = False,
    examples: Annotated[int, typer.Option("--examples", min=1, help="Training rows to check on.")] = 8,
    after_steps: Annotated[
        int, typer.Option("--after-steps", min=0, help="Training steps before the second check.")
    ] = 20,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Sets of weights and masks to check.")] = 1,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", min=0, help="Sample parameters if a full check takes longer; 0: never.")
    ] = 60,
    memory_mib: Annotated[int, typer.Option("--memory-mib", min=1, help="The most memory for blocks of moves.")] = 64,
    quiet: Quiet = False,
    as_json: Json = False,
) -> int:
    """Check every gradient against central differences, in float64: exactly, tensor by tensor, in every situation.

    Example: dlrun gradcheck configs/digits.yaml, or dlrun gradcheck my_backprop.py
    """
    from ..report import counting_display, make_console, show_gradcheck, show_step_sweep
    from .output import print_json

    report: NetworkReport | OwnReport
    with counting_display("parameters", make_console(stderr=True), quiet=quiet) as progress:
        if what.suffix == ".py":
            if overrides or sweep:
                raise UsageError(f"{what}: a file of your own takes neither KEY=VALUE nor --sweep; leave them out")
            from .own_code import check_file

            report = check_file(what, epsilon=epsilon, max_seconds=max_seconds or None, progress=progress)
        else:
            from ..experiment import read_config
            from ..gradcheck import CheckOptions
            from ..inspection.gradients import check_gradients, sweep_epsilon

            options = CheckOptions(epsilon, examples, after_steps, seeds, max_seconds or None, memory_mib * 2**20)
            loaded = read_config(what, overrides or ())
            if sweep:
                swept = sweep_epsilon(loaded, options, progress=progress)
            else:
                report = check_gradients(loaded, options, progress=progress)
    if sweep:
        print_json(swept) if as_json else show_step_sweep(swept, make_console())
        return 0
    print_json(report) if as_json else show_gradcheck(report, make_console())
    return 0 if report.passed else CheckFailed.exit_status
