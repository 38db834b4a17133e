"""`python -m tests.benchmarks.health`: which findings sick trainings raise, and how often healthy ones raise any.

Every kind of sickness is planted in one healthy config by a few keys, on several data sets with several seeds. A sick
run counts where it is sick: its train error, or its dev error, is 3 points or more above that of its healthy twin.
"""

import argparse
from collections import Counter
from pathlib import Path

from dlrun.diagnosis import Finding
from dlrun.records import BySplit

from .printed import table

SOURCES = {
    "digits": {"source": "digits"},
    "breast_cancer": {"source": "breast_cancer"},
    "wine": {"source": "wine"},
    "moons": {"source": "moons", "samples": 600, "noise": 0.25},
}
BASE = ("network.hidden=[32]", "training.learning_rate=0.005", "training.batch_size=32", "training.epochs=40")
HEALTHY = {
    "base": (),
    "two hidden layers": ("network.hidden=[32,32]",),
    "tanh, xavier": ("network.activation=tanh", "network.init=xavier", "network.hidden=[32,32]"),
    "sigmoid": ("network.activation=sigmoid", "network.init=glorot"),
    "momentum": ("training.optimizer=momentum", "training.learning_rate=0.1"),
    "dropout": ("regularization.keep_prob=0.8", "network.hidden=[64]"),
    "penalty": ("regularization.lambda=0.5",),
    "wide": ("network.hidden=[256,256]", "training.learning_rate=0.001"),
    "full batch, rmsprop": ("training.batch_size=full", "training.optimizer=rmsprop", "training.epochs=150"),
    "narrow, leaky": ("network.hidden=[16,8]", "network.activation=leaky_relu"),
}
# The keys that make it sick, and the code that names the cause.
SICK = {
    "zeros": (("network.init=zeros", "network.hidden=[32,32]"), {"symmetric-units"}),
    "init x10": (("network.init=normal", "network.init_scale=2"), {"init-scale"}),
    "init x.01": (("network.init=normal", "network.init_scale=0.002", "network.hidden=[32,32,32]"), {"init-scale"}),
    "rate x100": (("training.learning_rate=0.5",), {"learning-rate-too-high", "oscillation"}),
    "rate x1000": (("training.learning_rate=5",), {"learning-rate-too-high"}),
    "rate /300": (("training.learning_rate=0.000015",), {"learning-rate-too-low"}),
    "lambda 300": (("regularization.lambda=300",), {"penalty-dominates"}),
    "lambda 300, tanh": (
        ("regularization.lambda=300", "network.activation=tanh", "network.init=xavier"),
        {"penalty-dominates"},
    ),
    "keep 0.1": (("regularization.keep_prob=0.1", "network.hidden=[16,16]"), {"dropout-dominates"}),
    "deep sigmoid": (
        ("network.activation=sigmoid", "network.init=xavier", f"network.hidden={[32] * 8}"),
        {"vanishing-gradients"},
    ),
    "unscaled": (("data.normalize=false",), {"inputs-unscaled"}),
    "gd, too fast": (
        ("training.optimizer=gd", "training.batch_size=full", "training.learning_rate=8"),
        {"cost-not-monotone", "learning-rate-too-high", "oscillation"},
    ),
}  # fmt: skip
SICK_BY = 0.03


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.health", description=__doc__.split("\n\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args(arguments)
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    headers = ["config", "runs", "any finding", "any that fails", "codes"]
    print(table("Healthy trainings", headers, healthy_rows(seeds)))
    headers = ["planted", "runs that are sick", "cause named", "named first", "codes"]
    print(table("Sick trainings", headers, sick_rows(seeds)))


def healthy_rows(seeds: range) -> list[list[str]]:
    rows = []
    for name, keys in HEALTHY.items():
        told = [judged(source, keys, seed)[1] for source in SOURCES for seed in seeds]
        fails = [any(finding.severity == "fail" for finding in findings) for findings in told]
        rows.append([name, str(len(told)), str(sum(map(bool, told))), str(sum(fails)), codes_of(told)])
    return rows


def sick_rows(seeds: range) -> list[list[str]]:
    rows = []
    for name, (keys, causes) in SICK.items():
        told = []
        for source in SOURCES:
            for seed in seeds:
                sick, findings = judged(source, keys, seed)
                well, _ = judged(source, (), seed)
                if any(sick.of(part) - well.of(part) >= SICK_BY for part in ("train", "dev")):
                    told.append(findings)
        named = [any(finding.code in causes for finding in findings) for findings in told]
        first = [bool(findings) and findings[0].code in causes for findings in told]
        rows.append([name, str(len(told)), f"{sum(named)}", f"{sum(first)}", codes_of(told)])
    return rows


def codes_of(told: list[tuple[Finding, ...]]) -> str:
    counts = Counter(finding.code for findings in told for finding in findings)
    return ", ".join(f"{code} {count}" for code, count in counts.most_common())


def judged(source: str, keys: tuple[str, ...], seed: int) -> tuple[BySplit, tuple[Finding, ...]]:
    """Errors by split, and the findings of a training in memory."""
    import tempfile

    from dlrun.experiment import read_config
    from tests.trainings import run

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.yaml"
        data = ", ".join(f"{key}: {value}" for key, value in SOURCES[source].items())
        path.write_text(f"data: {{{data}}}\n")
        result = run(read_config(path, [*BASE, *keys, f"seed={seed}"]), Path(folder) / "runs")
    return result.errors, result.health


if __name__ == "__main__":
    main()
