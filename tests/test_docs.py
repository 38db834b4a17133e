"""The documentation: everything has its page, every command shown is run, and a changed output is seen."""

import json
import re
import sys

import pytest

import dlrun
from tests.commands import ROOT

pytest.importorskip("sphinx")
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))

import reference  # noqa: E402
import running  # noqa: E402

MADE = reference.pages()
SOURCES = {
    name: path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if not (name := path.relative_to(DOCS).as_posix()).startswith(("_", "reference/made/"))
}
GOLDEN = ROOT / "tests" / "old_runs" / "golden"
LECTURES = [f"course/L{number:02}.md" for number in range(1, 15)]


def verbs():
    from dlrun.cli.app import VERBS

    return list(VERBS)


def keys():
    from dlrun.config.keys import leaf_paths

    return [".".join(path) for path in leaf_paths()]


def test_nothing_lacks_a_page():
    from dlrun.diagnosis.explain import codes

    missing = [f"verb {verb}" for verb in verbs() if f"# dlrun {verb}\n" not in MADE.get(f"{verb}.md", "")]
    missing += [f"key {key}" for key in keys() if f"### `{key}`\n" not in MADE["keys.md"]]
    missing += [f"finding {code}" for code in codes() if f"## {code}\n" not in MADE["findings.md"]]
    missing += [f"metric {name}" for name in reference.metric_names() if f"`{name}`" not in MADE["metrics.md"]]
    missing += [f"name {name}" for name in dlrun.__all__ if f"## {name}\n" not in MADE["api.md"]]
    missing += [f"record {name}" for name in reference.all_records() if f"## {name}\n" not in MADE["records.md"]]
    missing += [f"lecture {name}" for name in LECTURES if name not in SOURCES]
    assert missing == []


def test_a_verb_without_a_page_is_seen(monkeypatch):
    monkeypatch.delitem(MADE, "train.md")
    with pytest.raises(AssertionError, match="verb train"):
        test_nothing_lacks_a_page()


def test_every_option_of_a_verb_is_on_its_page():
    for verb, command in reference.verbs().items():
        assert [o for p in command.params for o in p.opts if o.startswith("--") and o not in MADE[f"{verb}.md"]] in (
            [],
            ["--help"],
        )


def test_the_metrics_are_those_of_the_report():
    from dlrun.report.metrics import NAMES

    assert set(reference.metric_names()) == set(NAMES) == set(reference.METRICS)


def keys_documented(verb):
    """The keys at the top of a verb's JSON that its page leads to."""
    records, beside = reference.PRINTED[verb]
    named = set(beside)
    for path in records:
        record = reference.named(path)
        named |= {key for key, _ in reference.keys_of(record, reference.hints(record))}
    return named


def printed():
    """What commands of an earlier version printed, by file: the oracle of the keys that are documented."""
    for path in sorted(GOLDEN.glob("*.json")):
        verb = re.split(r"[_.]", path.name)[0]
        yield pytest.param("diagnose" if verb == "figures" else verb, path, id=path.stem)


@pytest.mark.parametrize(("verb", "path"), list(printed()))
def test_every_key_that_a_verb_printed_is_documented(verb, path):
    if verb not in reference.PRINTED:
        pytest.skip(f"{path.name} is of no single verb")
    told = json.loads(path.read_text(encoding="utf-8"))
    told = told.get("printed", told)
    assert set(told) - {"error", "exit_status"} <= keys_documented(verb)


def test_each_verb_with_json_says_what_it_prints():
    with_json = {verb for verb, c in reference.verbs().items() if any("--json" in p.opts for p in c.params)}
    assert with_json <= set(reference.PRINTED)
    assert set(reference.PRINTED) <= set(verbs())


# Pages that other tests run, a block at a time.
RUN_ELSEWHERE = {"adding.md", "python.md"}


def commands_that_are_not_run(page):
    """Lines of a page's plain blocks that look like commands for dlrun."""
    plain = running.BLOCK.sub("", page)
    blocks = re.findall(r"^```(?:sh|console|shell|bash)?\n(.*?)^```", plain, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if re.match(r"(\$ )?dlrun ", line)]


@pytest.mark.parametrize("name", sorted(set(SOURCES) - RUN_ELSEWHERE))
def test_every_command_shown_is_run(name):
    assert commands_that_are_not_run(SOURCES[name]) == []


def test_a_command_that_is_not_run_is_seen():
    assert commands_that_are_not_run("```sh\ndlrun runs\n```\n```{run}\ndlrun gc\n```\n") == ["dlrun runs"]


@pytest.mark.parametrize("name", LECTURES)
def test_a_lecture_has_all_its_parts(name):
    page = SOURCES[name]
    headings = re.findall(r"^## (.*)$", page, re.M)
    assert headings == ["The idea", "The experiment", "What to look for", "Questions", "Beyond the lecture"]
    assert page.count("<details><summary>") == page.count("</details>") == 3
    kinds = [block.kind for block in running.blocks_of(page)]
    assert "run" in kinds
    assert "picture" in kinds
    # The recipe has no formula, whichever way examples are stored.
    assert re.search(r"^\|.*\| columns (\| rows|and rows) \|", page, re.M) or name == "course/L03.md"


def test_the_outputs_of_every_page_that_runs_are_kept():
    running_pages = {name for name, page in SOURCES.items() if any(b.kind == "run" for b in running.blocks_of(page))}
    kept = {path.name for path in (DOCS / "outputs").glob("*.txt")}
    assert kept == {name.removesuffix(".md").replace("/", "-") + ".txt" for name in running_pages}


PAGE = """# A page

```{file} numbers.py
print("all is well, 0.25 s")
```

```{run}
:lines: 1
python numbers.py
echo again
```
"""


def test_a_page_is_run_and_shows_what_it_printed():
    outputs = running.run_page("page", PAGE)
    assert outputs == {"printed": ["all is well, 0.25 s\0again"], "values": []}
    shown = running.shown("page", PAGE, outputs)
    assert '`numbers.py`:\n\n```python\nprint("all is well, 0.25 s")\n```' in shown
    assert "```console\n$ python numbers.py\nall is well, 0.25 s\n$ echo again\nagain\n```" in shown


def test_a_long_command_is_shown_on_several_lines():
    command = "$ dlrun train configs/moons_overfit.yaml " + " ".join(f"training.word_{n}={n}" for n in range(9))
    lines = running.on_lines(command)
    assert len(lines) > 2
    assert max(map(len, lines)) <= running.PAGE_COLUMNS + 4
    assert " ".join(line.removesuffix("\\").strip() for line in lines) == command
    assert running.on_lines("$ dlrun runs") == ["$ dlrun runs"]


def test_a_command_that_fails_is_no_page():
    with pytest.raises(ValueError, match="false: ends with 1 and not 0"):
        running.run_page("page", "```{run}\nfalse\n```\n")
    assert running.run_page("page", "```{run}\n:fails: 1\nfalse\n```\n")["printed"] == [""]
    with pytest.raises(ValueError, match="an option that does not exist"):
        running.run_page("page", "```{run}\n:quietly:\ntrue\n```\n")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("60 epochs in 0.2 s", "60 epochs in 13 s", True),
        ("kept in runs/20261128-170229-moons-edc5", "kept in runs/20270101-000000-moons-0a1b", True),
        ("dev  ████├──┤  21.7 variance, high", "dev  ██├────┤  9.0 variance, high", True),
        ("low bias: train error is\n11.2 points", "low bias: train error\nis 9 points", True),
        ("0%   10%   20%", "0%   5%", True),
        ("2 others, the quickest of them: width=2 (0.1 s a training, not 0.3 s); so", "2 others; so", True),
        ("the 2nd look", "the 3rd look", True),
        ("made by dlrun 0.2.0, finished", "made by dlrun 0.2.0.dev17, finished", True),
        ("high variance", "low variance", False),
        ("kept: dev 3.1%", "dropped: dev 3.1%", False),
    ],
)
def test_words_change_where_the_meaning_does(one, other, same):
    assert (running.words_of(one) == running.words_of(other)) is same


def test_a_changed_output_is_told_and_can_be_accepted(tmp_path, monkeypatch):
    warnings = []
    monkeypatch.setattr(running, "OUTPUTS", tmp_path)
    monkeypatch.setattr(running.logger, "warning", lambda text, *words: warnings.append(text % words))
    page = "```{run}\ndlrun x\n```\n"
    monkeypatch.setenv(running.ACCEPT, "1")
    running.check_words("page", page, {"printed": ["high bias"], "values": []})
    monkeypatch.delenv(running.ACCEPT)
    running.check_words("page", page, {"printed": ["high bias"], "values": []})
    assert warnings == []
    running.check_words("page", page, {"printed": ["low bias"], "values": []})
    assert "was: high bias\nis:  low bias" in warnings[0]


def test_formulas_become_mathml():
    import mathematics

    assert "<mfrac>" in mathematics.tex2mathml(r"\frac{1}{m}")
    formulas = [one for name in LECTURES for one in re.findall(r"\$([^$\n]+)\$", formulas_of(SOURCES[name]))]
    assert len(formulas) > 100
    for formula in formulas:
        mathematics.tex2mathml(formula)


def formulas_of(page):
    """The text of a page without its blocks of code, where a $ is no formula."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S))


def test_a_slip_of_the_notes_is_named_where_it_belongs():
    """The pages say what is right: sigma with 1/m and divided by itself, the root in an init, no factor when asked."""
    scaling, init, dropout = (SOURCES[f"course/L{n}.md"] for n in ("09", "11", "06"))
    assert r"$\sigma^2 = \frac{1}{m} \sum_{i=1}^m (x^{(i)} - \mu)^2$" in scaling
    assert r"$x := \frac{x - \mu}{\sigma}$" in scaling
    assert r"randn $\cdot \sqrt{2 / n^{[l-1]}}$" in init
    assert r"| asked | $A^{[l]} = g(Z^{[l]})$ |" in dropout
