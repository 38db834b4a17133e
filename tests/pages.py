"""Runs whose pages are looked at, by the tests of the page and in a browser: one of each kind, trained briefly."""

from pathlib import Path

from dlrun.cli.compare import write_comparison
from dlrun.cli.report import write_page, write_report
from dlrun.cli.runs import write_index
from dlrun.experiment import read_config, run
from dlrun.inspection import compare, contents
from dlrun.inspection.data_look import look_at_data
from dlrun.report.page import data_page
from dlrun.store import RunFolder, list_runs

CONFIGS = Path(__file__).parents[1] / "configs"

# What a page must show as text: tags, ends of attributes, markup, entities, control and reordering characters.
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "[bold red]x[/]", "&amp;\x1b[2J\u202egnp")

SHORT = {
    "digits": ("training.epochs=4",),
    "moons_overfit": ("training.epochs=60",),
    "diabetes": ("training.epochs=20",),
    "vanishing_150": ("training.epochs=2", "network.depth=12", "network.width=8"),
}


def hostile_table(path: Path) -> None:
    """A CSV whose columns and classes have the hostile names."""
    cells = ['"' + name.replace('"', '""') + '"' for name in HOSTILE]
    lines = [",".join([*cells[:3], "target"])]
    lines += [f"{i % 7},{(i * 3) % 11},{(i * 5) % 13},{cells[i % 4]}" for i in range(120)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def train_all(folder: Path) -> dict[str, Path]:
    """Train the runs below `folder`; their pages by name, with "comparison", "columns" of data, and "index"."""
    runs_dir, pages = folder / "runs", {}
    hostile_table(folder / "hostile.csv")
    (folder / "hostile.yaml").write_text("data: {source: hostile.csv}\ntraining: {epochs: 3}\n")
    (folder / "wild.yaml").write_text(
        "data: {source: iris}\nnetwork: {activation: identity}\n"
        "training: {epochs: 50, learning_rate: 1.0e+9, optimizer: momentum}\n"
    )
    files = {name: (CONFIGS / f"{name}.yaml", overrides) for name, overrides in SHORT.items()}
    files |= {name: (folder / f"{name}.yaml", ()) for name in ("hostile", "wild")}
    for name, (file, overrides) in files.items():
        pages[name] = write_report(contents(run(read_config(file, overrides), runs_dir).folder))
    runs = [[RunFolder(page.parent)] for page in pages.values()]
    pages["comparison"] = write_comparison(folder / "comparison.html", compare(runs), runs_dir)
    pages["columns"] = write_page(folder / "columns.html", data_page(look_at_data(folder / "hostile.csv")))
    return pages | {"index": write_index(runs_dir, list_runs(runs_dir), runs_dir / "index.html")}
