"""What contributors are told is so: commands, checks, versions and rooms."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import dlrun

ROOT = Path(__file__).parents[1]
CONTRIBUTING, CHANGELOG, README = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "CHANGELOG.md", "README.md")
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TEST_COMMANDS = re.findall(r"`pytest ([^`]+)`", CONTRIBUTING)
CHECKERS = ("ruff", "mypy")


def checks_of_ci(script):
    """The commands of a CI script that read the code without running it, by the program's name alone."""
    lines = [line.replace('"', "").split(maxsplit=1) for line in script.splitlines() if "/bin/" in line]
    named = [(line[0].rsplit("/", 1)[1], *line[1:]) for line in lines if "/bin/" in line[0]]
    return [" ".join(command) for command in named if command[0] in CHECKERS]


def checks_of_pre_commit(text):
    hooks = [hook for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]]
    assert all(hook["language"] == "system" and not hook["pass_filenames"] for hook in hooks)
    return [hook["entry"].removeprefix(".venv/bin/") for hook in hooks]


def test_a_commit_and_ci_are_judged_by_the_same_checks():
    ci = checks_of_ci((ROOT / ".ci" / "run").read_text())
    assert ci == ["ruff check .", "ruff format --check .", "mypy"]
    assert checks_of_pre_commit((ROOT / ".pre-commit-config.yaml").read_text()) == ci
    assert "```sh\n" + "\n".join(ci) + "\n```" in CONTRIBUTING


def test_a_check_of_ci_that_commits_lack_is_seen():
    assert checks_of_ci('"$venv/bin/ruff" check .\n"$venv/bin/pip" install x\n"$venv/bin/mypy" --strict\n') == [
        "ruff check .",
        "mypy --strict",
    ]


def test_the_type_checker_is_strict_and_leaves_no_file_out():
    settings = PROJECT["tool"]["mypy"]
    assert settings["strict"]
    assert settings["files"] == ["dlrun"]
    assert "exclude" not in settings
    assert not [
        row for row in settings["overrides"] if set(row) - {"module", "ignore_missing_imports", "follow_imports"}
    ]


def test_an_ignored_line_says_why_beside_it():
    lines = [line for path in (ROOT / "dlrun").rglob("*.py") for line in path.read_text().splitlines()]
    ignored = [line for line in lines if "type: ignore" in line]
    assert [line for line in ignored if not re.search(r"# type: ignore\[[\w, -]+\]  # \w+", line)] == []


def test_the_wheel_says_that_it_has_types():
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"]["dlrun"]
    assert (ROOT / "dlrun" / "py.typed").exists()


@pytest.mark.parametrize("command", TEST_COMMANDS)
def test_a_test_command_finds_tests(command):
    for pattern in command.split():
        assert list(ROOT.glob(pattern)), pattern


def test_every_test_file_belongs_to_a_command():
    named = {path for command in TEST_COMMANDS for pattern in command.split() for path in ROOT.glob(pattern)}
    assert {path.name for path in ROOT.glob("tests/test_*.py")} - {path.name for path in named} == set()


DESIGN = (ROOT / "docs" / "explanation" / "design.md").read_text(encoding="utf-8")


def test_every_room_has_its_tests_named_and_its_row_in_the_design():
    rooms = {path.parent.name for path in (ROOT / "dlrun").glob("*/__init__.py")}
    assert {room for room in rooms if f"| `dlrun/{room}/`" not in CONTRIBUTING} == set()
    assert {room for room in rooms if f"`{room}/`" not in DESIGN} == set()


def test_the_ladder_that_is_shown_is_the_one_that_is_held():
    from test_architecture import RUNGS

    table = DESIGN[DESIGN.index("| rung |") :].split("\n\n")[0]
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", table, re.M)
    named = {part.removesuffix("/").removesuffix(".py"): int(rung) for rung, parts in rows for part in parts_of(parts)}
    assert named == {part: rung for part, rung in RUNGS.items() if part != "__main__"}


def parts_of(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_the_released_version_is_the_same_wherever_it_is_said():
    released = re.findall(r"^## \[(\d[^]]*)\] - (\d{4}-\d\d-\d\d)$", CHANGELOG, re.M)[0]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], str(citation["date-released"])) == released
    assert re.search(r"^## \[Unreleased\]$", CHANGELOG, re.M)


def test_without_tags_the_version_is_the_one_that_comes_next():
    """It is written twice, for the build and for a clone that was never installed."""
    assert "version" in PROJECT["project"]["dynamic"]
    fallback = PROJECT["tool"]["setuptools_scm"]["fallback_version"]
    assert f'__version__ = "{fallback}"' in (ROOT / "dlrun" / "__init__.py").read_text()
    released = re.findall(r"^## \[(\d+)\.(\d+)\.\d+\]", CHANGELOG, re.M)[0]
    assert re.fullmatch(r"(\d+)\.(\d+)\.0\.dev0", fallback).groups() == (released[0], str(int(released[1]) + 1))
    assert dlrun.__version__.split(".dev")[0] in (fallback.split(".dev")[0], CHANGELOG.split("\n## [")[2].split("]")[0])


def test_what_is_linked_is_there():
    for page in ("README.md", "CONTRIBUTING.md", "docs/adding.md", "docs/python.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        linked = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
        assert [link for link in linked if not (ROOT / page).parent.joinpath(link).exists()] == []
    assert "CONTRIBUTING.md" in README
    assert "docs/adding.md" in README
