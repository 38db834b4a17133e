"""The arguments and options of `dlrun sweep`, which has more than a screen can hold beside its body."""

from typing import Annotated

import typer

from .options import complete_configs, complete_overrides, complete_sweeps

SweepConfig = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONFIG]", help="A YAML config, perhaps with a sweep: section.", autocompletion=complete_configs
    ),
]
SweepWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUES]...",
        help="What is tried: lists (0,0.1,1), ranges (0..4, 1e-4..1:log), choices; seed=0..4 repeats each setting.",
        autocompletion=complete_overrides,
    ),
]
Trials = Annotated[
    int | None, typer.Option("--trials", min=1, help="Draw so many settings instead of training the whole grid.")
]
Sampler = Annotated[
    str | None, typer.Option("--sampler", help="How settings are drawn: sobol (default), random, or Optuna's tpe.")
]
SamplerSeed = Annotated[
    int | None, typer.Option("--sampler-seed", min=0, help="What the drawing follows from; 0 if left out.")
]
Early = Annotated[bool, typer.Option("--early", help="Stop the settings that do worse: successive halving.")]
Light = Annotated[
    bool, typer.Option("--light", help="Keep a line and the predictions of each training, and no run folder.")
]
Resume = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="SWEEP",
        help="Do what is missing of a sweep: an id, a name or latest. Words extend it.",
        autocompletion=complete_sweeps,
    ),
]
Retry = Annotated[bool, typer.Option("--retry", help="With --resume: do the failed trainings again.")]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="End at the first training that fails.")]
PlanOnly = Annotated[bool, typer.Option("--plan", help="Show what would be trained, and train nothing.")]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="WHERE",
        help="Train on a Dask cluster: tcp://HOST:8786, local:4, or a YAML file for dask-jobqueue.",
    ),
]
