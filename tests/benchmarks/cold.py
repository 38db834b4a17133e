"""`python -m tests.benchmarks.cold`: `dlrun train configs/digits.yaml` from start to exit, beside a PyTorch script.

The commands take turns, each a fresh process with its own imports, as a person at a prompt would run them; neither is
pinned and each uses as many threads as it does by itself. `dlrun --help` is timed too.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import contest, machine
from .printed import table

ROUNDS = 7
ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "digits.yaml"
SCRIPT = Path(__file__).with_name("torch_script.py")


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    found = machine.facts(None)
    with tempfile.TemporaryDirectory() as runs_dir:
        seconds = contest_of(commands(options.config, runs_dir), options.rounds)
    ratio = {
        name: [own / its for own, its in zip(taken, seconds["dlrun train"], strict=True)]
        for name, taken in seconds.items()
    }
    rows = [[name, f"{contest.spread(taken)} s", str(contest.spread(ratio[name]))] for name, taken in seconds.items()]
    print(table(f"Whole commands on {options.config.name}, start to exit", ["", "wall time", "ratio"], rows))
    print(machine.sentence(found))
    if options.json:
        options.json.write_text(json.dumps({"machine": found, "seconds": seconds}, indent=1) + "\n", encoding="utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cold", description=__doc__.split("\n\n")[0])
    parser.add_argument("--config", type=Path, default=CONFIG, help="another config of the digits, trained by adam")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there")
    return parser.parse_args(arguments)


def commands(config: Path, runs_dir: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Each contestant's arguments and the variables set for it beside the usual ones."""
    from dlrun.config import load_config

    dlrun = [sys.executable, "-m", "dlrun"]
    script = [sys.executable, str(SCRIPT), json.dumps(settings(load_config(config).config))]
    return {
        "dlrun train": ([*dlrun, "train", str(config), "--runs-dir", runs_dir], {}),
        "PyTorch script": (script, {}),
        "PyTorch script, one thread": (script, {"OMP_NUM_THREADS": "1"}),
        "dlrun --help": ([*dlrun, "--help"], {}),
    }


def settings(config) -> dict:
    """What the PyTorch script has to know of a `Config`. Raises ValueError for one that it cannot follow."""
    follows = {
        "data.source": config.data.source == "digits",
        "data.split": not config.data.split.is_counts(),
        "network.activation": config.network.activation == "relu",
        "training.optimizer": config.training.optimizer == "adam",
        "training.learning_rate_decay": config.training.learning_rate_decay == 0,
        "training.batch_size": isinstance(config.training.batch_size, int),
        "regularization.patience_epochs": config.regularization.patience_epochs is None,
    }
    if cannot := [key for key, can in follows.items() if not can]:
        raise ValueError(f"--config: the PyTorch script cannot follow its {', '.join(cannot)}; give it another one")
    return {
        "seed": config.seed,
        "train_share": config.data.split.train,
        "dev_share": config.data.split.dev,
        "hidden": list(config.network.hidden_widths()),
        "keep_probs": list(config.keep_probs()),
        "lambda": config.regularization.lambda_,
        "learning_rate": config.training.learning_rate,
        "batch_size": config.training.batch_size,
        "epochs": config.training.epochs,
        "evaluate_every": config.training.evaluate_every,
    }


def contest_of(given: dict[str, tuple[list[str], dict[str, str]]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each command, round by round, after one round to fill the file cache."""
    seconds = {name: [] for name in given}
    for number in range(rounds + 1):
        for name, (command, variables) in given.items():
            taken = seconds_of(command, variables)
            if number > 0:
                seconds[name].append(taken)
    return seconds


def seconds_of(command: list[str], variables: dict[str, str]) -> float:
    """Wall time of one command. Raises CalledProcessError, its output shown, if it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()
    return taken


if __name__ == "__main__":
    main()
