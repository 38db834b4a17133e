"""Words that are hostile to whoever reads them, in every place where a word may stand: shown, exported and harmless.

The reader is a terminal, a browser with scripts on, a viewer of Markdown, a spreadsheet, a template, Python itself.
Each word stands in names of columns, labels, cells, the target, files, tags and values of a config at once; then every
verb that shows or exports is asked.
"""

import ast
import csv
import io
import json
import re
import runpy
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

from .commands import faults_of, said
from .formats import LOADED
from .short_run import in_child

SCRIPT = "<script>document.title='pwned';window.pwned=1</script>"

WORDS = {
    "plain": "plain",
    "terminal: clear and set the title": "a\x1b[2J\x1b]0;owned\x07b",
    "terminal: C1 controls": "a\x9b31mb\x85c",
    "terminal: a link": "a\x1b]8;;http://evil.test\x1b\\b\x1b]8;;\x1b\\",
    "terminal: carriage return and backspace": "harmful\rharmless\x08",
    "bidi: override": "a\u202egpj.exe\u202c",
    "bidi: isolates": "a\u2066b\u2067c\u2069\u2069d",
    "Rich: markup and links": "[bold red]a[/] [link=http://evil.test]b[/link] [/]",
    "HTML: script": f"a{SCRIPT}",
    "HTML: an image that fails": "<img src=x onerror=window.pwned=1>",
    "HTML: out of an attribute": "\"'><svg/onload=window.pwned=1>",
    "HTML: out of a title and a script": f"</title></script></style>--></textarea>{SCRIPT}",
    "HTML: out of a style and a comment": f"*/}}--></style><!--><style>{SCRIPT}",
    "HTML: addresses": "javascript:window.pwned=1//http://evil.test/a.js",
    "Markdown: link and picture": "[a](javascript:window.pwned=1)![b](http://evil.test/t.png)",
    "Markdown: table and heading": "a | b # c\n| --- | `d` ~~e~~",
    "CSV: =": "=cmd|'/c calc'!A0",
    "CSV: +": "+HYPERLINK(1)",
    "CSV: @": "@SUM(1+1)",
    "CSV: -": "-2+3+cmd|' /C calc'!A0",
    "CSV: = in full width": "\uff1d1+1",
    "Markdown: out of a fence": f"a\n```\n{SCRIPT}\n# b",
    "template: Jinja": "{{7*7}}{% for x in y %}${7*7}",
    "template: format": "%s%n%d{0.__class__}{}",
    "Python: out of a string": "\"\"\"+open('canary','w').write('')+'''\\",
    "line separators": "a\u2028b\u2029c\x0bd",
    "zero and invisible": "a\x00b\u200bc\ufeffd",
}

# Those of which the verbs that take long are asked as well: one or two for each kind of reader.
LONG = (
    "terminal: clear and set the title",
    "bidi: override",
    "Rich: markup and links",
    "HTML: out of a title and a script",
    "Markdown: link and picture",
    "CSV: =",
)

# The quick form's.
FEW = ("HTML: out of a title and a script", "CSV: =")

FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf)", re.I)

# What no text on a terminal has: controls but for the new line, and what turns the direction of writing.
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")

# What Markdown shows letter by letter.
FENCED = re.compile(r"^(`{3,})\w*$.*?^\1$", re.M | re.S)

# Signs of Markdown that make something of what follows, without the backslash that takes that from them.
UNESCAPED = re.compile(r"(?<!\\)(?:\\\\)*(<script|<img|<svg|!?\[[^\]]*\]\((?:javascript|http://evil))", re.I)


class Elements(HTMLParser):
    """Counts the elements of a page with their attributes' names, and the addresses that it asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: Counter[tuple[str, ...]] = Counter()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.kinds[tag, *sorted({name for name, _ in attrs})] += 1
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]


def elements(text: str) -> Elements:
    found = Elements()
    found.feed(text)
    return found


def shown(folder: Path, words: tuple[str, ...] = tuple(WORDS), *, in_full: bool = True) -> dict:
    """Every word through every verb that shows or exports: {words, outputs, pages, losses}.

    in_full : pages are compared with those of a plain word, and looked at in a browser.
    """
    outputs, losses, pages, plain = 0, [], [], set()
    for name in LOADED:
        __import__(name)
    for number, what in enumerate(dict.fromkeys(("plain", *words)) if in_full else words):
        place = folder / str(number)
        met = meet(place, WORDS[what], in_full=in_full, takes_long=in_full and what in LONG)
        outputs += len(met["statuses"])
        losses += [f"{what}: {fault}" for fault in met["faults"]]
        own = sorted(place.glob("**/*.html"))
        pages += own
        kinds = {kind for path in own for kind in elements(path.read_text(encoding="utf-8")).kinds}
        plain = plain or {kind for kind in kinds if not any(name.startswith("on") for name in kind[1:])}
        losses += [f"{what}: a page has {kind}" for kind in kinds - plain if is_active(kind)]
        losses += [f"{what}: {fault}" for fault in faults_of_files(place)]
    if in_full:
        losses += browsed(folder, pages)
    return {"words": len(words), "outputs": outputs, "pages": len(pages), "losses": losses}


def is_active(kind: tuple[str, ...]) -> bool:
    """Whether an element can do something by itself."""
    tag, *names = kind
    return tag in ("script", "img", "iframe", "object", "embed", "link", "meta", "base", "form") or any(
        name.startswith("on") for name in names
    )


def meet(place: Path, word: str, *, in_full: bool, takes_long: bool) -> dict:
    """Writes the word wherever it may stand, and asks the verbs that show or export: {statuses, faults}.

    in_full : also those that judge a run further, keep it or hand it on.
    takes_long : also those that train learners beside the network, or load a large package.
    """
    table = write(place, word)
    statuses, faults = [], []

    def ask(
        *words: object, ending: str = "", statuses_right: tuple[int, ...] = (0,), variables: Mapping[str, str] = {}
    ) -> str:
        done = said(place, *words, environment=variables)
        statuses.append(done.status)
        wrong = faults_of(done, statuses_right)
        wrong += [f"writes {letter!r}" for letter in set(UNSEEN.findall(done.out + done.err))]
        faults.extend(f"dlrun {' '.join(map(repr, words[:3]))}: {fault}" for fault in wrong)
        if ending:
            (place / f"{len(statuses)}{ending}").write_text(done.out)
        return done.out

    ask("init", table, "-o", "made.yaml", "--target=-1", statuses_right=(0, 2, 3))
    ask("data", "t.yaml", "--html", "data.html")
    ask("train", "t.yaml")
    ask("train", "t.yaml", f"data.missing=[{json.dumps(word)}, '?']", "training.epochs=3", "-q")
    ask("tag", "latest", word, statuses_right=(0, 2, 3, 6))
    ask("train", "t.yaml", f"name={json.dumps(word)}", "-q", statuses_right=(0, 2, 3))
    ask("train", "t.yaml", f"data.target={json.dumps(word + 'x')}", statuses_right=(3,))
    ask("train", "t.yaml", f"{word}=1", statuses_right=(2, 3))
    ask("train", f"{word}.yaml".replace("\0", ""), statuses_right=(2, 3))
    ask("show", f"{word}?".replace("\0", ""), statuses_right=(2, 6))
    for verb in ("diagnose", "show", "report"):
        ask(verb, "latest")
    ask("runs")
    ask("runs", "--html")
    ask("show", "latest", "--metrics", "--csv", ending=".csv")
    runs = sorted(path.parent.name for path in place.glob("runs/2*/result.json"))[:2]
    ask("compare", *runs)
    ask("compare", *runs, "--csv", ending=".csv")
    ask("compare", *runs, "--md", ending=".md")
    ask("compare", *runs, "--html", "compare.html")
    ask("evaluate", "latest", table, statuses_right=(0, 3))
    ask("predict", "latest", table, "-o", "answers.jsonl", statuses_right=(0, 3))
    ask("export", "latest", "--card", "card.md", "--python", "network.py", statuses_right=(0, 2, 3))
    ask("export", "latest", "--onnx", "network.onnx", statuses_right=(0, 2, 3))
    ask("sweep", "t.yaml", f"data.missing=[{json.dumps(word)}],['?']", "-q", "--processes", "1")
    for form in ("csv", "md"):
        ask("compare", "sweep-t", f"--{form}", ending=f".{form}")
    if in_full:
        ask_more(ask, table, word.replace("\0", ""), runs)
    if takes_long:
        ask_what_takes_long(ask, runs[0])
    return {"statuses": statuses, "faults": faults}


def ask_more(ask: Callable[..., str], table: str, word: str, runs: list[str]) -> None:
    """The verbs that judge a run further, keep it, and hand it on; and the shell's completion."""
    ask("compare", "sweep-t", "--html", "settings.html")
    ask("config", "t.yaml")
    ask("probe", "t.yaml")
    ask("explain", "step", "t.yaml")
    ask("explain", word, statuses_right=(2,))
    ask("diff", *runs)
    ask("diagnose", "--history", "log.csv", statuses_right=(0, 2, 3))
    ask("diagnose", "--history", "log.csv", "--columns", f"train_loss={word},dev_loss=b", statuses_right=(0, 2, 3))
    ask("show", runs[0], "--json")
    ask("curve", runs[0], statuses_right=(0, 2, 3))
    ask("refit", runs[0])
    ask("predict", runs[0], table, "-o", "sure.csv", "--check", "--interval", "0.9", statuses_right=(0, 2, 3))
    ask("predict", runs[0], table, "-o", f"{word}.txt".lstrip("-/"), statuses_right=(2, 3))
    ask("predict", runs[0], table, "-o", "kept.csv", "--keep", word, statuses_right=(0, 2, 3))
    ask("predict", runs[0], table, f"--costs={word}", statuses_right=(2, 3))
    ask("export", runs[0], "--tensorboard", "board", statuses_right=(0, 2, 6))
    ask("resume", word, statuses_right=(0, 2, 6))
    ask("verify", runs[0])
    ask("rm", word, statuses_right=(0, 2, 6))
    ask("rm", runs[0])
    ask("restore", runs[0])
    ask("tag", runs[0], "--remove", word, statuses_right=(0, 2, 3, 6))
    for at, line in enumerate(("dlrun show ", f"dlrun train {word}", "dlrun compare ")):
        typed = {"_DLRUN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(1 + at % 2)}
        ask(variables=typed, statuses_right=(0, 1, 2))


def ask_what_takes_long(ask: Callable[..., str], run: str) -> None:
    """The verbs that train learners beside the network, or load a package that takes seconds."""
    ask("data", "t.yaml", "--suspects", "--html", "suspects.html", statuses_right=(0, 2, 3))
    ask("data", "t.yaml", "--gap", statuses_right=(0, 2, 3))
    ask("diagnose", run, "--reference")
    store = {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    ask("export", run, "--mlflow", "mlruns", variables=store, statuses_right=(0, 2, 6))


def write(place: Path, word: str) -> str:
    """A table full of the word, and its config. Returns the table's name, which has the word where a name can."""
    place.mkdir(parents=True)
    header = [f"{word}a", "b", word, "kind"]
    rows = [[at % 7, (at * 5) % 11, f"{word}{at % 2}", f"{word}{at % 3}" if at % 5 else word] for at in range(80)]
    made = io.StringIO()
    if controlled := any(unicodedata.category(letter) == "Cc" for letter in word):
        # Text with these is no table of text to dlrun; JSON has a way to write them.
        made.write(json.dumps([dict(zip(header, row, strict=True)) for row in rows]))
    else:
        csv.writer(made).writerows([header, *rows])
    name = "./" + re.sub(r"[/\0]", "", word)[:80] + (".json" if controlled else ".csv")
    (place / name).write_text(made.getvalue(), encoding="utf-8")
    data = {"source": name, "target": 2} | ({} if controlled else {"header": True})
    config = {"data": data, "network": {"width": 4}, "training": {"epochs": 2}}
    (place / "t.yaml").write_text(json.dumps(config))
    log = io.StringIO()
    losses = [[at, 1 / (at + 1), 1 / (at + 1) + 0.1] for at in range(9)]
    csv.writer(log).writerows([["epoch", word.replace("\0", ""), "b"], *losses])
    (place / "log.csv").write_text(log.getvalue(), encoding="utf-8")
    return name


def faults_of_files(place: Path) -> list[str]:
    """What is wrong with the files that were written: formulas, markup, code, a canary."""
    found = ["ran code"] if list(place.glob("**/canary")) else []
    for path in place.glob("*.csv"):
        if path.name[0].isdigit() and path.stem.isdigit():
            cells = [cell for row in csv.reader(io.StringIO(path.read_text())) for cell in row]
            formulas = [cell for cell in cells if FORMULA.match(cell) and not NUMBER.fullmatch(cell)]
            found += [f"a cell of {path.name} is the formula {cell!r}" for cell in formulas[:1]]
    for path in place.glob("*.md"):
        text = FENCED.sub("", path.read_text(encoding="utf-8"))
        found += [f"{path.name} has {match!r}" for match in UNESCAPED.findall(text)[:1]]
        found += [f"{path.name} writes {letter!r}" for letter in set(UNSEEN.findall(text))]
    if (code := place / "network.py").exists():
        ast.parse(code.read_text(encoding="utf-8"))
        status = in_child(lambda: runpy.run_path(str(code), run_name="imported"))
        found += [f"network.py ended with {status}"] if status else []
        found += ["network.py ran code"] if list(place.glob("**/canary")) or Path("canary").exists() else []
    return found


def browsed(folder: Path, pages: list[Path]) -> list[str]:
    """What pages do in a browser with scripts on, where there is one: a script that ran, a request, a message."""
    problems = folder / "problems"
    problems.write_text("")
    status = in_child(lambda: browse(pages, problems))
    return problems.read_text().splitlines() + ([f"the browser ended with {status}"] if status else [])


def browse(pages: list[Path], problems: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.browsing import CHROMIUM, look_at

    if CHROMIUM is None:
        return
    with sync_playwright() as started, problems.open("a") as file:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for path in pages:
            tab = browser.new_page()
            asked, complaints = look_at(tab, path)
            ran = tab.evaluate("() => window.pwned || document.title === 'pwned'")
            if asked or complaints or ran:
                file.write(f"{path.parent.name}/{path.name}: asked {asked}, said {complaints}, ran {ran}\n")
            tab.close()
        browser.close()
