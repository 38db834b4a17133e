"""docs/adding.md is carried out on a copy of the project, and what it adds is then used.

An example's first line says where it goes: a file, and a place in it (above, below or instead of the first line that
begins so; or a new file).
"""

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
SECTIONS = dict(zip(*[iter(re.split(r"^## (An? .+)\n", PAGE, flags=re.M)[1:])] * 2, strict=True))
KINDS = (
    "An activation",
    "An init",
    "An optimizer",
    "A schedule",
    "An encoding",
    "A source",
    "A file format",
    "A finding of a training",
    "A finding of the data",
    "A remedy",
    "A refinement",
    "A verb",
    "An export",
)
MOST_FILES = 3
SCHEMA_COMMAND = "dlrun schema > configs/schema.json"


class Example(NamedTuple):
    """Lines that go into a file above, below or instead of the first line that begins with `anchor`; or a new file."""

    file: str
    place: str
    anchor: str
    text: str


def examples_of(section):
    found = []
    for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.M | re.S):
        if language == "sh":
            assert block.strip() == SCHEMA_COMMAND
            continue
        first, text = block.split("\n", 1)
        first = first.removeprefix("# ").removeprefix("<!-- ").removesuffix(" -->")
        file, place, anchor = re.fullmatch(r"(\S+), (new|above|below|instead of) ?(.*)", first).groups()
        found.append(Example(file, place, anchor, text))
    return found


def files_of(section):
    files = {example.file for example in examples_of(section)}
    return files | ({"configs/schema.json"} if SCHEMA_COMMAND in section else set())


def carry_out(example, root):
    path = root / example.file
    if example.place == "new":
        assert not path.exists()
        path.write_text(example.text)
        return
    text, lines = example.text, path.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith(example.anchor))
    if example.place == "above" and path.suffix == ".py" and not text.startswith(" "):  # a definition, then
        text += "\n\n"
        while lines[at - 1].startswith("#"):  # a comment belongs to what stands below it
            at -= 1
    start, end = {"above": (at, at), "below": (at + 1, at + 1), "instead of": (at, at + 1)}[example.place]
    lines[start:end] = [text]
    path.write_text("".join(lines))


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The project with everything added."""
    root = tmp_path_factory.mktemp("copy")
    for name in ("dlrun", "configs"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("docs/reference/config.md", "tests/every_verb.txt", "pyproject.toml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for section in SECTIONS.values():
        for example in examples_of(section):
            carry_out(example, root)
    return root


def ours():
    return {name: module for name, module in sys.modules.items() if name == "dlrun" or name.startswith("dlrun.")}


@pytest.fixture(scope="module")
def app(copy):
    """The verbs of the copy."""
    before = ours()
    for name in before:
        del sys.modules[name]
    sys.path.insert(0, str(copy))
    yield importlib.import_module("dlrun.cli.app").app_with()
    assert Path(sys.modules["dlrun"].__file__).is_relative_to(copy)
    sys.path.remove(str(copy))
    for name in ours():
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture
def call(app, tmp_path, monkeypatch, capsys):
    """Calls a verb of the copy in an empty folder; gives the object that it prints, or its text."""
    monkeypatch.chdir(tmp_path)

    def called(verb, *arguments, in_json=True):
        status = app([verb, *map(str, arguments), *(["--json"] if in_json else [])], standalone_mode=False)
        printed = capsys.readouterr().out
        assert not status, printed
        return json.loads(printed) if in_json else printed

    return called


SMALL = """name: small
data: {source: xor, samples: 60, noise: 0.01}
network: {depth: 2, width: 8, activation: softsign, init: bengio}
training: {optimizer: sign, epochs: 3, batch_size: 32}
report: false
"""


def write(text=SMALL):
    Path("small.yaml").write_text(text)
    return "small.yaml"


def test_the_page_has_a_section_for_each_kind_of_thing():
    assert tuple(SECTIONS) == KINDS
    assert all(examples_of(section) and "\nTests: " in section for section in SECTIONS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_adding_one_touches_few_files_and_the_page_says_how_many(kind):
    files = files_of(SECTIONS[kind])
    assert len(files) <= MOST_FILES
    anchor = kind.lower().replace(" ", "-")
    assert re.search(rf"^\| \[.*\]\(#{anchor}\) \| {len(files)} \|", PAGE, re.M)


def test_what_is_added_reads_as_the_rest_does(copy):
    for check in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *check, "."], cwd=copy, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_an_activation_an_init_an_optimizer_a_schedule_and_a_source_are_trained_with(call):
    result = call("train", write())
    assert result["status"] == "finished"
    assert call("show", result["run_id"])["config"]["training"]["optimizer"] == "sign"
    assert call("resume", result["run_id"], "training.epochs=5")["epochs"] == 5
    paced = call("train", "small.yaml", "training.schedule=linear")
    rates = [line["learning_rate"] for line in call("show", paced["run_id"], "--metrics")["metrics"]]
    assert np.allclose(rates, 0.001 * np.array([5, 3, 1]) / 6)  # of the last step of each epoch, two to an epoch
    assert call("gradcheck", "small.yaml", "--max-seconds", "0")["passed"]
    assert call("probe", "small.yaml")["init"] == "bengio"


def test_an_encoding_is_trained_with_and_answered_but_exported_only_with_rows_of_its_own(call):
    from dlrun.errors import UsageError

    run = call("train", write(), "data.encoding=logarithm", "network.activation=relu")
    facts = json.loads((Path(run["run_dir"]) / "data.json").read_text())
    assert facts["encodings"] == {"x0": "logarithm", "x1": "logarithm"}
    Path("rows.csv").write_text("x0,x1\n0.5,-0.5\n")
    assert call("predict", run["run_id"], "rows.csv", "-o", "out.csv")["rows"] == 1
    for option, name, what in (("--onnx", "n.onnx", "nodes are"), ("--python", "n.py", "function is")):
        told = f"{option}: no {what} known for the encoding logarithm; train with one of robust, quantile"
        with pytest.raises(UsageError, match=told):
            call("export", run["run_id"], option, name)


def test_the_config_knows_the_new_words(call):
    from dlrun.errors import ConfigError

    words = call("schema", in_json=False)
    assert all(f'"{word}"' in words for word in ("softsign", "bengio", "sign", "linear"))
    with pytest.raises(ConfigError) as caught:
        call("config", write(SMALL.replace("xor", "xorr").replace("softsign", "softsing")))
    assert "did you mean xor?" in str(caught.value)
    assert "did you mean softsign?" in str(caught.value)
    with pytest.raises(ConfigError, match=r"data\.factor: not a setting of source xor; leave it out, or use a source"):
        call("config", write(SMALL.replace("noise: 0.01", "factor: 0.5")))


def test_the_rate_of_an_optimizer_is_judged_by_its_row(call):
    run = call("train", write(), "training.learning_rate=0.9", "training.epochs=30")
    [told] = [one for one in call("diagnose", run["run_id"])["findings"] if one["code"] == "learning-rate-too-high"]
    assert told["evidence"] == "sign moves each weight by about the learning rate, 0.9, a step"
    [item] = [one for one in call("diagnose", run["run_id"])["advice"] if one["code"] == "learning-rate-too-high"]
    assert item["change"] == {"training.learning_rate": 0.001}


def test_a_file_format_is_read_and_its_damage_told(call):
    import polars as pl

    from dlrun.errors import DataError

    x = np.arange(60) % 7
    pl.DataFrame({"x": x, "colour": ["red", "blue"] * 30, "y": x > 3}).write_avro("t.avro")
    config = write(SMALL.replace("source: xor, samples: 60, noise: 0.01", "source: t.avro"))
    known = call("show", call("train", config)["run_id"])
    assert known["status"] == "finished"
    Path("t.avro").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match=r"t\.avro: not an Avro file"):
        call("train", config)


def test_a_finding_of_a_training_is_told_explained_mended_and_silenced(call):
    run = call("train", write())
    told = call("diagnose", run["run_id"])
    assert ("few-steps", "fail") in [(finding["code"], finding["severity"]) for finding in told["findings"]]
    assert {"training.epochs": 100} in [item["change"] for item in told["advice"] if item["code"] == "few-steps"]
    assert call("explain", "few-steps")["text"].startswith("Too few steps")
    silent = call("train", write(), "diagnosis.ignore=[few-steps]")
    assert "few-steps" not in [finding["code"] for finding in call("diagnose", silent["run_id"])["findings"]]


def test_a_finding_of_the_data_is_told_and_explained(call):
    run = call("train", write(), "data.split={train: 50, dev: 5, test: 5}")
    [told] = [one for one in call("diagnose", run["run_id"])["findings"] if one["code"] == "few-dev-rows"]
    assert (told["evidence"], told["severity"]) == ("dev has 5 rows", "notice")
    assert call("explain", "few-dev-rows")["text"].startswith("Hardly any rows")


def test_a_remedy_is_advised_and_a_refinement_tried(call):
    overfit = ROOT / "configs" / "moons_overfit.yaml"
    call("train", overfit, "report=false", "training.batch_size=32", "training.epochs=200")
    advice = call("diagnose")["advice"]
    assert advice[0]["change"] == {"training.batch_size": 16}
    assert "noisier steps regularize" in advice[0]["why"]
    path = call("recipe", overfit, "report=false", "training.epochs=60", "--trainings", "3")
    assert "refine: longer memory" in json.dumps(path)


def test_a_verb_is_called_helped_and_among_those_that_a_test_runs(call, copy, app):
    run = call("train", write())
    assert call("where") == {"path": run["run_dir"]}
    assert call("where", "latest", in_json=False).strip() == run["run_dir"]
    assert "where" in [command.name for command in app.registered_commands]
    assert "\ndlrun where latest\n" in (copy / "tests" / "every_verb.txt").read_text()


def test_an_export_writes_what_was_measured_once(call):
    from dlrun.errors import StoreError

    run = call("train", write())
    done = call("export", run["run_id"], "--lines", "run.txt")
    assert done["exported"] == [{"to": "run.txt", "run": run["run_id"]}]
    lines = Path("run.txt").read_text().splitlines()
    assert sum("figure=error/dev " in line for line in lines) == 3
    with pytest.raises(StoreError, match=r"run\.txt: cannot be written"):
        call("export", run["run_id"], "--lines", "run.txt")
