"""The configs that dlrun comes with are at hand in any folder, and in what pip installs."""

import fnmatch
import json
import tomllib
from pathlib import Path

import pytest

import dlrun
from dlrun.places import CONFIGS, at_hand
from tests.commands import dlrun as command

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["digits", "digits.yaml", "configs/digits.yaml"])
def test_a_config_is_found_by_its_name_in_a_folder_without_it(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert at_hand(name) == str(CONFIGS / "digits.yaml")
    assert at_hand(Path(name)) == CONFIGS / "digits.yaml"
    assert at_hand(Path("configs/data/flowers.csv")) == CONFIGS / "data" / "flowers.csv"


@pytest.mark.parametrize(
    "name", ["x" * 300, "a\0b", "-", "nothing", "../digits.yaml", "configs/../places.py", "data", "/digits.yaml", ""]
)
def test_other_names_stay_what_they_are(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert at_hand(name) == name


def test_a_file_of_ones_own_comes_first_even_one_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("digits").mkdir()
    Path("wine.yaml").symlink_to("nowhere")
    assert at_hand("digits") == "digits"
    assert at_hand("wine.yaml") == "wine.yaml"
    assert at_hand(None) is None


def test_commands_and_python_take_them(tmp_path, monkeypatch):
    done = command("config", "flowers", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["config"]["name"] == "flowers"
    done = command("data", "configs/data/flowers.csv", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["rows"] == 300
    monkeypatch.chdir(tmp_path)
    assert dlrun.train("moons_underfit", ["training.epochs=1"]).errors.dev is not None


def test_what_pip_installs_has_every_one_of_them():
    package_data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    for folder, files in (("dlrun.configs", CONFIGS), ("dlrun.configs.data", CONFIGS / "data")):
        names = [file.name for file in files.iterdir() if file.is_file()]
        assert names
        assert all(any(fnmatch.fnmatch(name, pattern) for pattern in package_data[folder]) for name in names)
