"""What the README shows, a test runs; so are the examples of config, of mistakes and of exit statuses in the docs."""

import re
from pathlib import Path

import pytest
import yaml

from tests.commands import ROOT, typed

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG_PAGE, COMMAND_LINE_PAGE = (
    (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") for name in ("config.md", "command-line.md")
)
SHELL_LINES = [line for block in re.findall(r"```sh\n(.*?)```", README, re.S) for line in block.splitlines()]
COMMANDS = [line for line in SHELL_LINES if line.startswith("dlrun ")]
YAML_BLOCKS = re.findall(r"```yaml\n(.*?)```", README + CONFIG_PAGE, re.S)

# Two screens of a terminal or of a browser.
MOST_LINES = 120


def skeleton(text):
    """The words of each line. Figures depend on the machine's last bits and on the clock, so they are all 0 here, and
    bars are all of one length."""
    without_ids = re.sub(r"\d{8}-\d{6}-(\w+)-[0-9a-f]{4}", r"\1", text)
    without_figures = [re.sub(r"-?\d[\d.e+-]*", "0", line) for line in without_ids.splitlines()]
    return [" ".join(re.sub(r"[░█▏▎▍▌▋▊▉·├─┼┤│]+", "█", line).split()) for line in without_figures]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(command, clone):
    done = typed(command, clone)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_shipped_config_is_in_the_gallery():
    gallery = CONFIG_PAGE[CONFIG_PAGE.index("| config | what") : CONFIG_PAGE.index("All mistakes")]
    named = set(re.findall(r"`(\w+)`", gallery)) - {"mnist.npz", "npz"}
    assert named == {path.stem for path in (ROOT / "configs").glob("*.yaml")}


def test_the_digits_config_of_the_page_is_the_shipped_one():
    assert yaml.safe_load(YAML_BLOCKS[1]) == yaml.safe_load((ROOT / "configs" / "digits.yaml").read_text())


@pytest.mark.parametrize("block", YAML_BLOCKS)
def test_a_config_of_the_readme_can_be_read(block, tmp_path):
    from dlrun.experiment import read_config

    path = tmp_path / "c.yaml"
    path.write_text(block)
    read_config(path)


def test_the_mistakes_that_the_readme_shows_are_told_so(tmp_path, monkeypatch):
    from dlrun.errors import ConfigError
    from dlrun.experiment import read_config

    shown = re.search(r"```\n(configs/deep.yaml:9.*?)\n```", CONFIG_PAGE, re.S).group(1)
    lines = ["#"] * 14
    lines[0], lines[6], lines[8], lines[12], lines[13] = (
        "data: {source: digits}",
        "network:",
        "  keep_prob: 0.8",
        "regularization:",
        "  keep_prob: 1.2",
    )
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "deep.yaml").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        read_config(Path("configs/deep.yaml"))
    assert str(caught.value) == shown


def test_the_exit_statuses_of_the_readme_are_those_of_the_errors():
    from dlrun import errors
    from dlrun.cli.guard import BUG_STATUS, INTERRUPTED_STATUS, TERMINATED_STATUS

    table = COMMAND_LINE_PAGE[COMMAND_LINE_PAGE.index("| exit status |") :]
    listed = {int(status) for status in re.findall(r"^\| (\d+) \|", table, re.M)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DlrunError)]
    assert listed == {0, BUG_STATUS, INTERRUPTED_STATUS, TERMINATED_STATUS, *(kind.exit_status for kind in kinds)}


def test_the_output_that_the_readme_shows_is_what_the_commands_print(tmp_path):
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    sessions = re.findall(r"```\n\$ (dlrun .*?)\n(.*?)\n```", README, re.S)
    assert len(sessions) >= 1
    for command, shown in sessions:
        printed = skeleton(typed(command, tmp_path).stdout)
        assert printed[: len(skeleton(shown))] == skeleton(shown)


def test_the_readme_has_two_screens_and_no_dead_link():
    assert len(README.splitlines()) <= MOST_LINES
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) >= 8
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_page_on_gradient_checks_names_both_bugs_of_its_example():
    kept = (ROOT / "docs" / "outputs" / "explanation-checking-gradients.txt").read_text(encoding="utf-8")
    assert "times what it should be" in kept
