"""A command starts at once: what each verb imports, what a room's names are, and templates that are compiled once."""

import ast
import importlib
import subprocess
import sys

import numpy as np
import pytest
from jinja2 import DictLoader, Environment

from dlrun.lazily import Room
from dlrun.report.page.compiled import Compiled
from tests.commands import ROOT

# Packages whose import takes 20 ms or more, and rooms of our own that a verb has no business in.
HEAVY = ("numpy", "pydantic", "rich", "jinja2", "yaml", "polars", "scipy", "sklearn", "joblib", "contourpy")

# Of each command, which heavy packages it may import, and how many modules of dlrun at most. The modules are those of
# today and a few more; before rooms had their names lazily, each verb but the help imported all of three hundred.
SHOWS = {"numpy", "pydantic", "rich"}
TRAINS = {"numpy", "pydantic", "rich", "jinja2", "yaml"}
COMMANDS = {
    "--help": ("--help", set(), 40),
    "train --help": ("train --help", {"pydantic"}, 40),
    "digits": ("train digits.yaml", TRAINS, 295),
    "moons": ("train moons.yaml", TRAINS | {"contourpy"}, 295),
    "diabetes": ("train diabetes.yaml", TRAINS, 295),
    "numbers": ("train numbers.yaml", TRAINS | {"polars", "contourpy"}, 300),
    "mixed": ("train mixed.yaml", TRAINS | {"polars"}, 300),
    "runs": ("runs", SHOWS, 105),
    "show": ("show digits", SHOWS, 130),
    "diagnose": ("diagnose digits", SHOWS, 160),
}

PROGRAM = """
import atexit, gc, sys
from dlrun.cli import main
begun = sum(generation["collections"] for generation in gc.get_stats())
atexit.register(lambda: print(*sys.modules, file=open("modules.txt", "w")))
atexit.register(lambda: print(sum(one["collections"] for one in gc.get_stats()) - begun, file=open("gc.txt", "w")))
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of short trainings, two of them of tables."""
    folder, rng = tmp_path_factory.mktemp("start"), np.random.default_rng(0)
    for name in ("digits", "moons", "diabetes", "numbers", "mixed"):
        table = name in ("numbers", "mixed")
        source = f"{name}.csv, target: y" if table else name
        (folder / f"{name}.yaml").write_text(f"data: {{source: {source}}}\ntraining: {{epochs: 2}}\n")
    lines = [f"{a:.3f},{b:.3f},{int(a + b > 0)}" for a, b in rng.normal(size=(100, 2))]
    (folder / "numbers.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    mixed = [f"{word},{line}" for word, line in zip(["red", "green", "blue", ""] * 25, lines, strict=True)]
    (folder / "mixed.csv").write_text("\n".join(["c,a,b,y", *mixed]) + "\n")
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_imports_what_it_needs(folder, name):
    words, may, most = COMMANDS[name]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    modules = (folder / "modules.txt").read_text().split()
    assert {module for module in modules if module in HEAVY} <= may
    assert sum(module.partition(".")[0] == "dlrun" for module in modules) <= most
    assert (folder / "gc.txt").read_text() == "0\n", "what is imported is looked through for garbage"


INITS = (ROOT / "dlrun").glob("*/__init__.py")
ROOMS = sorted(path.parent.name for path in INITS if "lazily(" in path.read_text(encoding="utf-8"))


def declared(room):
    """The names that a room has for type checkers, with the module of each."""
    tree = ast.parse((ROOT / "dlrun" / room / "__init__.py").read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    return {alias.name: node.module for node in block.body if node.module for alias in node.names}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_the_names_that_type_checkers_see(room):
    package = importlib.import_module(f"dlrun.{room}")
    assert declared(room) == package.__dict__["_homes"]
    for name, module in declared(room).items():
        home = importlib.import_module(f"dlrun.{room}.{module}")
        assert getattr(package, name) is getattr(home, name)


def test_a_name_that_a_room_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'dlrun\.store' has no attribute 'nothing'"):
        importlib.import_module("dlrun.store").nothing  # noqa: B018


def test_a_module_does_not_hide_the_function_of_its_name():
    program = "import dlrun.experiment.run; from dlrun.experiment import run; print(callable(run))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
    assert isinstance(importlib.import_module("dlrun.experiment"), Room)


def made(folder):
    jinja = Environment(loader=DictLoader({"page": "{{ who }} here"}), autoescape=True, bytecode_cache=Compiled(folder))
    return jinja.get_template("page").render(who="<all>")


@pytest.fixture
def compilations(monkeypatch):
    """The templates that Jinja compiles, one after the other."""
    compiled, compile_template = [], Environment.compile

    def counted(jinja, source, name=None, *more, **options):
        compiled.append(name)
        return compile_template(jinja, source, name, *more, **options)

    monkeypatch.setattr(Environment, "compile", counted)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    return compiled


def test_a_template_is_compiled_once(tmp_path, compilations):
    assert [made(tmp_path), made(tmp_path)] == ["&lt;all&gt; here"] * 2
    assert len(compilations) == 1
    assert [path.suffix for path in (tmp_path / "__pycache__").iterdir()] == [".jinja"]


def test_where_python_writes_no_bytecode_templates_are_not_written(tmp_path, compilations, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [made(tmp_path), made(tmp_path)] == ["&lt;all&gt; here"] * 2
    assert len(compilations) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path, compilations):
    (tmp_path / "__pycache__").write_text("a file where the folder should be")
    assert [made(tmp_path), made(tmp_path)] == ["&lt;all&gt; here"] * 2
    assert len(compilations) == 2
