"""Draws the pictures of a page from the records of its runs, in both colour schemes, and finds its values.

Called as a program in the folder where the page's commands ran. It reads what is asked from standard input, and writes
the values to standard output. The lines of a page see every name of this module.
"""

import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("svg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart by all eyes; black and white where the background is the other.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
INK = {"light": "#1b1b1b", "dark": "#e8e8e8"}


class Run:
    """A finished run by its name, id or place in the order of its begin. metrics, trace : columns by name."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.result = json.loads((folder / "result.json").read_text())
        self.config = json.loads((folder / "run.json").read_text())["config"]
        self.epochs = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        trace = folder / "trace.jsonl"
        self.traced = [json.loads(line) for line in trace.read_text().splitlines()] if trace.exists() else []

    def __getattr__(self, split: str) -> float:
        """The error on train, dev or test, in percent."""
        if split not in ("train", "dev", "test"):
            raise AttributeError(split)
        return 100 * float(self.result["errors"][split])

    def column(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Epochs and values of a metric where it was measured."""
        pairs = [(line["epoch"], line[name]) for line in self.epochs if line[name] is not None]
        return np.array(pairs, float).T

    def layers(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Epochs (n,) and a traced figure of each layer (n, layers)."""
        epochs = np.array([line["epoch"] for line in self.traced])
        return epochs, np.array(
            [[np.nan if one[name] is None else one[name] for one in line["layers"]] for line in self.traced]
        )


def run(which: str | int) -> Run:
    """The newest run of a name, or the run at a place in the order of their begin."""
    folders = sorted(path.parent for path in Path("runs").glob("*/result.json"))
    if isinstance(which, int):
        return Run(folders[which])
    return Run([path for path in folders if re.fullmatch(rf"\d+-\d+-{which}-[0-9a-f]+", path.name)][-1])


def runs(name: str) -> list[Run]:
    """All runs of a name, the earliest first."""
    return [Run(p.parent) for p in sorted(Path("runs").glob(f"*-{name}-????/result.json"))]


def axes(columns: int = 1, rows: int = 1, height: float = 3.0, **options: Any) -> Any:
    """One or more places to draw in, of the width of a page."""
    _, made = plt.subplots(rows, columns, figsize=(7.2, height * rows), layout="constrained", **options)
    return made


def curves(at: Axes, of: Run, *names: str, words: Sequence[str] = (), **style: Any) -> None:
    """Metrics over the epochs; errors in percent."""
    for name, word in zip(names, words or names, strict=True):
        epochs, values = of.column(name)
        at.plot(epochs, 100 * values if name.endswith("error") else values, label=word, **style)
    at.set_xlabel("epoch")
    if names[0].endswith("error"):
        at.set_ylabel("error, %")
        at.set_ylim(bottom=0)


def boundary(at: Axes, of: Run, title: str = "") -> None:
    """For two inputs: the training rows and the line where the network is undecided, with the probability as shade."""
    import dlrun

    network = dlrun.load(of.folder)
    kept = np.load(of.folder / "split.npz")
    X, y = rows_of(of, kept["train"])
    low, high = X.min(0) - 0.4, X.max(0) + 0.4
    grid = np.stack(np.meshgrid(*(np.linspace(a, b, 120) for a, b in zip(low, high, strict=True))), -1)
    p = network.predict_proba(grid.reshape(-1, 2))[:, 1].reshape(120, 120)
    at.imshow(
        p,
        extent=(low[0], high[0], low[1], high[1]),
        origin="lower",
        cmap="PuOr",
        alpha=0.55,
        vmin=0,
        vmax=1,
        aspect="auto",
    )
    at.contour(grid[..., 0], grid[..., 1], p, [0.5], colors=[mpl.rcParams["text.color"]], linewidths=1.2)
    for label, colour, marker in ((0, COLOURS[1], "o"), (1, COLOURS[0], "s")):
        at.scatter(*X[y == label].T, s=14, color=colour, marker=marker, edgecolor="white", linewidth=0.4)
    at.set(title=title, xticks=[], yticks=[])


def rows_of(of: Run, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The inputs as the source has them, and labels, of rows of a run's source."""
    from dlrun.data import read_examples
    from dlrun.experiment import read_config
    from dlrun.experiment.prepare import random_streams, reading_of

    config = read_config(of.folder / "resolved.yaml").config
    examples = read_examples(reading_of(config.data), folder=Path("."), rng=random_streams(config.seed)["source"])
    return np.asarray(examples.numbers)[rows], np.asarray(examples.y)[rows]


def dataset(of: Run) -> Any:
    """The prepared data of a run: .train, .dev and .test, each with X and Y."""
    from dlrun.experiment import read_config
    from dlrun.experiment.prepare import prepare

    return prepare(read_config(of.folder / "resolved.yaml")).dataset


def weights(of: Run) -> dict[str, np.ndarray]:
    """The parameters that a run kept, by name."""
    import dlrun

    return dict(dlrun.load(of.folder).parameters_)


def snapshots(of: Run) -> dict[str, np.ndarray]:
    """A run's snapshots of its weights: the arrays of snapshots.npz by name."""
    with np.load(of.folder / "snapshots.npz") as kept:
        return dict(kept)


def output(command: str) -> Any:
    """What a command prints with --json."""
    import shlex
    import subprocess

    done = subprocess.run([*shlex.split(command), "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


STYLE: dict[str, Any] = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK["light"]),
    **dict.fromkeys(("axes.facecolor", "figure.facecolor", "savefig.facecolor"), "none"),
    "axes.prop_cycle": mpl.cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "font.family": "DejaVu Sans",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "dlrun",
}


def draw(lines: str, name: str) -> str:
    """The SVG that lines of a page draw, for the light scheme."""
    with mpl.rc_context(STYLE):
        exec(compile(lines, name, "exec"), globals().copy())
        stream = io.StringIO()
        plt.savefig(stream, metadata={"Date": None})
        plt.close("all")
    return stream.getvalue()


def main() -> None:
    asked = json.load(sys.stdin)
    into = Path(asked["into"])
    into.mkdir(exist_ok=True)
    for name, lines in asked["pictures"]:
        drawn, (stem, suffix) = draw(lines, name), name.rsplit(".", 1)
        for of, ink in INK.items():
            (into / f"{stem}-{of}.{suffix}").write_text(drawn.replace(INK["light"], ink), encoding="utf-8")
    print(json.dumps([str(eval(one, globals().copy())) for one in asked["values"]]))


if __name__ == "__main__":
    main()
