"""The import ladder holds: imports go to strictly lower rungs, in no circle, and to a rung's own packages alone."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "dlrun"

# The rooms that are to come have their place here before they have any code.
RUNGS = {
    "errors": 0,
    "lazily": 0,
    "places": 0,
    "damages": 0,
    "machine": 1,
    "records": 0,
    "arrays": 0,
    "nn": 1,
    "statistics": 1,
    "gradcheck": 2,
    "config": 2,
    "data": 2,
    "diagnosis": 3,
    "executor": 3,
    "advice": 4,
    "store": 5,
    "model": 6,
    "experiment": 7,
    "inspection": 8,
    "search": 9,
    "sweep": 10,
    "estimators": 8,
    "report": 11,
    "api": 12,
    "cli": 12,
    "__main__": 13,
}

# Packages beyond the standard library that a rung may import.
MAY_IMPORT = {
    "errors": set(),
    "lazily": set(),
    "places": set(),
    "damages": set(),
    "machine": set(),
    "records": {"_typeshed"},  # for the type checker alone; there is no such package
    "arrays": {"numpy"},
    "nn": {"numpy", "numba", "llvmlite"},
    "statistics": {"numpy", "scipy"},
    "gradcheck": {"numpy"},
    "config": {"pydantic", "pydantic_core", "yaml"},
    "data": {"numpy", "sklearn", "polars", "scipy", "charset_normalizer", "fastexcel", "h5py", "zstandard"},
    "diagnosis": {"numpy", "scipy"},
    "executor": {"numpy", "joblib", "distributed", "threadpoolctl", "scipy"},
    "advice": set(),
    "store": {"numpy", "pydantic"},
    "model": {"numpy", "onnx", "polars"},
    "experiment": {"numpy", "threadpoolctl"},
    "inspection": {"numpy"},
    "search": {"numpy", "sklearn"},
    "sweep": {"numpy", "scipy", "joblib", "optuna"},
    "estimators": {"numpy", "sklearn"},
    "api": set(),
    "report": {"rich", "jinja2", "markupsafe", "contourpy", "numpy", "mlflow", "tensorboardX"},
    "cli": {"typer", "click", "rich"},
    "__main__": set(),
}

STANDARD_LIBRARY = set(__import__("sys").stdlib_module_names)


def part_of(path: Path, package: Path = PACKAGE) -> str:
    """The rung name of a file: its first folder below the package, or its own stem at the top."""
    relative = path.relative_to(package)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported_modules(path: Path, package: Path = PACKAGE) -> list[str]:
    """Absolute dotted names of all that a file imports, wherever in the file it does so."""
    here = ("dlrun", *path.relative_to(package).parts[:-1])
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            stem = ".".join(filter(None, [base, node.module]))
            names += [f"{stem}.{alias.name}" for alias in node.names]
    return names


def violations(path: Path, package: Path = PACKAGE) -> list[str]:
    """Sentences naming each import of a file that climbs the ladder or leaves its packages."""
    part, found = part_of(path, package), []
    for name in imported_modules(path, package):
        root, *rest = name.split(".")
        if root == "dlrun":
            target = rest[0] if rest else ""
            if target in RUNGS and target != part and RUNGS[target] >= RUNGS[part]:
                found.append(f"{path.name}: {part} ({RUNGS[part]}) imports {target} ({RUNGS[target]})")
        elif root not in STANDARD_LIBRARY and root not in MAY_IMPORT[part]:
            found.append(f"{path.name}: {part} may not import {root}")
    return found


def python_files() -> list[Path]:
    """The modules in rooms. The version is a file of the build."""
    beside = (PACKAGE / "__init__.py", PACKAGE / "_version.py")
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path not in beside]


def test_every_module_stands_on_a_rung():
    assert {part_of(p) for p in python_files()} <= set(RUNGS)


def test_imports_go_down_the_ladder():
    assert [v for p in python_files() for v in violations(p)] == []


def test_the_ladder_check_sees_a_climbing_import(tmp_path):
    (tmp_path / "nn").mkdir()
    bad = tmp_path / "nn" / "bad.py"
    bad.write_text("def f():\n    from ..config import schema\n    import yaml\n")
    assert violations(bad, tmp_path) == ["bad.py: nn (1) imports config (2)", "bad.py: nn may not import yaml"]


def module_imports(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Every module by its dotted name, and the modules that it imports, wherever in the file it does so.

    Not those that the package itself names: it lends the names of its API when it is asked for one, and is itself
    imported for its version.
    """
    files = [path for path in package.rglob("*.py") if path != package / "__init__.py"]
    dotted = {path: ".".join(("dlrun", *path.relative_to(package).with_suffix("").parts)) for path in files}
    names = {path: name.removesuffix(".__init__") for path, name in dotted.items()}
    modules, graph = set(names.values()), {}
    for path, name in names.items():
        imported = imported_modules(path, package)
        graph[name] = {n if n in modules else n.rpartition(".")[0] for n in imported} & modules - {name}
    return graph


def test_no_import_goes_in_a_circle():
    TopologicalSorter(module_imports()).prepare()


def test_the_circle_check_sees_a_circle(tmp_path):
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / f"{name}.py").write_text(f"def f():\n    from .{other} import f\n")
    with pytest.raises(CycleError):
        TopologicalSorter(module_imports(tmp_path)).prepare()


def stores_parameters(path: Path, function: ast.FunctionDef, package: Path = PACKAGE) -> bool:
    """Whether it is the `__init__` of an estimator. scikit-learn takes the parameters from its signature and allows
    nothing in it but storing them, so that it is as long as they are many, and says nothing that needs a screen.
    """
    return function.name == "__init__" and path.is_relative_to(package) and part_of(path, package) == "estimators"


def too_long(path: Path, package: Path = PACKAGE) -> list[str]:
    """Sentences naming what does not fit: modules over 350 lines, functions over 60."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    found = [f"{path.name}: {lines} lines"] if lines > 350 else []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef) or stores_parameters(path, node, package):
            continue
        if node.end_lineno - node.lineno + 1 > 60:
            found.append(f"{path.name}:{node.name}: {node.end_lineno - node.lineno + 1} lines")
    return found


def test_functions_fit_on_a_screen_and_modules_hold_one_idea():
    assert [sentence for path in python_files() for sentence in too_long(path)] == []


def test_the_length_check_sees_a_long_function_and_a_long_module(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n" + "    x = 1\n" * 350)
    assert too_long(bad) == ["bad.py: 351 lines", "bad.py:f: 351 lines"]


def parameters_of(function: ast.FunctionDef) -> list[str]:
    """The names that a caller may give; the object or class itself is not counted."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    collected = [one for one in (arguments.vararg, arguments.kwarg) if one]
    return [one.arg for one in (*named, *collected) if one.arg not in ("self", "cls")]


def too_many_parameters(path: Path, package: Path = PACKAGE) -> list[str]:
    """Sentences naming functions with more than 7 parameters; what belongs together should travel as a record."""
    functions = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]
    counted = [function for function in functions if not stores_parameters(path, function, package)]
    counts = [(function.name, len(parameters_of(function))) for function in counted]
    return [f"{path.name}:{name}: {count} parameters" for name, count in counts if count > 7]


def test_arguments_that_belong_together_travel_together():
    """In `cli/` a parameter is an option that a person types, so its functions may have more."""
    files = [path for path in python_files() if part_of(path) != "cli"]
    assert [sentence for path in files for sentence in too_many_parameters(path)] == []


def test_the_parameter_check_sees_an_eighth_parameter(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text(
        "class C:\n    def f(self, a, b, c, d, *e, f, **g): ...\n    def g(self, a, b, c, d, e, f, *, g, h): ...\n"
    )
    assert too_many_parameters(bad) == ["bad.py:g: 8 parameters"]


def test_only_the_init_of_an_estimator_is_exempt(tmp_path):
    long = "(self, a, b, c, d, e, f, g, h):\n" + "        self.a = a\n" * 60
    for room, name, is_exempt in (
        ("estimators", "__init__", True),
        ("estimators", "f", False),
        ("nn", "__init__", False),
    ):
        module = tmp_path / room / "m.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(f"class C:\n    def {name}{long}")
        assert (too_long(module, tmp_path) == []) is is_exempt
        assert (too_many_parameters(module, tmp_path) == []) is is_exempt
