"""Runs what the pages show: each command of a page, in order, in a folder of its own, and puts its output below it.

A block marked `{run}` holds shell commands, one a line; `{file} NAME` a file that they read; `{picture} NAME.svg words
for it` Python that draws with `pictures`, from what the commands have left. The role `value` is a figure of them inside
a sentence. Blocks are run before the page is parsed, so that a page is plain Markdown before and after.

What a page printed is kept by the content of the page and of the program, so that a build runs what has changed. The
words of all outputs are kept in docs/outputs: where they change, the build fails until the change is accepted.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
MADE, OUTPUTS = DOCS / "_made", DOCS / "outputs"

# The environment's word to accept outputs that have changed.
ACCEPT = "DLRUN_DOCS_ACCEPT"

BLOCK = re.compile(r"^```\{(run|picture|file)\} ?([^\n]*)\n((?::[a-z]+:[^\n]*\n)*)(.*?)^```$", re.M | re.S)
VALUE = re.compile(r"\{value\}`([^`\n]+)`")
OPTIONS = {"lines", "fails", "errors", "hidden", "silent"}
COMMAND_SECONDS = 120
PAGE_COLUMNS = 86

# A run syncs what it writes, for which a disk makes each command wait; a file system in memory does not.
MEMORY = Path("/dev/shm")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Block:
    """A block as it stands in a page. options : lines, the most that are shown; fails, the exit status expected (0
    without it); errors: standard error is shown too; silent: no output is shown; hidden: nothing is."""

    kind: str
    title: str
    options: dict[str, str]
    text: str


def blocks_of(page: str) -> Iterator[Block]:
    for kind, title, options, text in BLOCK.findall(page):
        named = dict(re.findall(r"^:([a-z]+): ?(.*)$", options, re.M))
        if set(named) - OPTIONS:
            raise ValueError(f"a {kind} block has an option that does not exist: {set(named) - OPTIONS}")
        yield Block(kind, title.strip(), named, text)


def program_hash() -> str:
    """A hash of all that an output may depend on, besides its page."""
    digest = hashlib.sha256()
    for folder, pattern in ((ROOT / "dlrun", "*.*"), (ROOT / "configs", "*"), (DOCS / "_ext", "pictures.py")):
        for path in sorted(folder.rglob(pattern)):
            if path.is_file() and path.suffix not in (".pyc", ".nbi", ".nbc"):
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def environment_in(folder: Path) -> dict[str, str]:
    """The variables of a command: `dlrun` and `python` are those of this build."""
    programs = folder / "programs"
    programs.mkdir()
    for name, words in (("dlrun", "-m dlrun"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        (programs / name).chmod(0o755)
    own = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1"}
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "LC_ALL": "C.UTF-8"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("DLRUN", "COLUMNS"))}
    return kept | own | single


def run_page(docname: str, page: str) -> dict[str, list[str]]:
    """What the commands of a page print and its values come to, in order; its pictures lie in MADE afterwards."""
    with tempfile.TemporaryDirectory(
        prefix="dlrun-docs-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None
    ) as temporary:
        folder, place = Path(temporary), Path(temporary) / "work"
        place.mkdir()
        shutil.copytree(ROOT / "configs", place / "configs")
        environment, printed = environment_in(folder), []
        for block in blocks_of(page):
            if block.kind == "file":
                (place / block.title).write_text(block.text, encoding="utf-8")
            elif block.kind == "run":
                printed.append("\0".join(run_command(line, block, place, environment) for line in commands_of(block)))
        drawn = [[picture_name(docname, block), block.text] for block in blocks_of(page) if block.kind == "picture"]
        asked = json.dumps({"pictures": drawn, "values": VALUE.findall(page), "into": str(MADE)})
        values: list[str] = []
        if drawn or VALUE.search(page):
            words = [sys.executable, str(DOCS / "_ext" / "pictures.py")]
            done = subprocess.run(
                words, input=asked, cwd=place, env=environment, capture_output=True, text=True, timeout=COMMAND_SECONDS
            )
            if done.returncode:
                raise ValueError(f"{docname}: a picture or a value fails:\n{done.stderr[-2000:]}")
            values = json.loads(done.stdout)
    return {"printed": printed, "values": values}


def commands_of(block: Block) -> list[str]:
    """The commands of a block; a line that ends in a backslash goes on."""
    return block.text.replace("\\\n", "\\\0").splitlines()


def run_command(line: str, block: Block, place: Path, environment: dict[str, str]) -> str:
    command = line.replace("\0", "\n")
    done = subprocess.run(
        ["bash", "-c", command], cwd=place, env=environment, capture_output=True, text=True, timeout=COMMAND_SECONDS
    )
    expected = int(block.options.get("fails", 0))
    if done.returncode != expected:
        raise ValueError(f"{command}: ends with {done.returncode} and not {expected}:\n{done.stderr}{done.stdout}")
    printed = done.stdout + (done.stderr if expected or "errors" in block.options else "")
    return printed.replace(str(place), "/home/you/networks").rstrip()


def picture_name(docname: str, block: Block) -> str:
    return f"{docname.replace('/', '-')}-{block.title.split()[0]}"


def outputs_of(docname: str, page: str, program: str) -> dict[str, list[str]]:
    """The outputs of a page, from an earlier build if neither it nor the program has changed."""
    blocks = list(blocks_of(page))
    content = json.dumps([[b.kind, b.title, b.options, b.text] for b in blocks] + [VALUE.findall(page), program])
    key = hashlib.sha256(content.encode()).hexdigest()[:20]
    kept = MADE / "kept" / f"{docname.replace('/', '-')}.json"
    pictures = [MADE / shade(picture_name(docname, b), s) for b in blocks if b.kind == "picture" for s in SHADES]
    if kept.exists() and all(path.exists() for path in pictures):
        earlier = json.loads(kept.read_text())
        if earlier["key"] == key:
            return dict(earlier["outputs"])
    began = time.monotonic()
    outputs = run_page(docname, page)
    logger.info(" %s: run in %.1f s", docname, time.monotonic() - began)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"key": key, "outputs": outputs}))
    return outputs


SHADES = ("light", "dark")


def shade(name: str, of: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}-{of}{dot}{suffix}"


def words_of(text: str) -> str:
    """The words of an output. Figures depend on the machine's last bits and on the clock, so they are all 0 here."""
    text = re.sub(r"\d{8}-\d{6}-([\w-]+?)-[0-9a-f]{4}\b", r"RUN-\1", text)
    text = re.sub(r"[0-9a-f]{12,}", "0", text)
    text = re.sub(r"(?<=\d)\.dev\d+\b", "", text)  # the version between two releases
    text = re.sub(r"[-+]?\d[\d.,:e+-]*(st|nd|rd|th)?", "0", text)
    text = re.sub(r"0%(\s+0%)+", "0%", text)  # an axis has more or fewer marks
    text = " ".join(re.sub(r"[░█▏▎▍▌▋▊▉▁-▇·├─┼┤│╌.]{2,}|[░█├┼┤│]", "█", text).split())
    # Which of several equal settings was the quickest is the clock's to say.
    return re.sub(r"(?:, the quickest of them|, and is quicker): .*?s a training, not 0 s\)", "", text)


def check_words(docname: str, page: str, outputs: dict[str, list[str]]) -> None:
    """Compares the words of a page's outputs with those accepted; warns, which fails the build, where they differ."""
    commands = [command for block in blocks_of(page) if block.kind == "run" for command in commands_of(block)]
    printed = [one for block in outputs["printed"] for one in block.split("\0")]
    words = "".join(f"$ {c}\n{words_of(p)}\n" for c, p in zip(commands, printed, strict=True)).replace("\0", "\n")
    path = OUTPUTS / f"{docname.replace('/', '-')}.txt"
    accepted = path.read_text(encoding="utf-8") if path.exists() else ""
    if words == accepted or os.environ.get(ACCEPT):
        path.parent.mkdir(exist_ok=True)
        path.write_text(words, encoding="utf-8")
        return
    for old, new in zip(accepted.splitlines(), words.splitlines(), strict=False):
        if old != new:
            logger.warning("%s: an output has changed\nwas: %s\nis:  %s\n%s=1 accepts it", docname, old, new, ACCEPT)
            return
    logger.warning("%s: an output has come or gone; %s=1 accepts it", docname, ACCEPT)


def shown(docname: str, page: str, outputs: dict[str, list[str]]) -> str:
    """The page with its blocks replaced by what they print and draw."""
    printed, values = iter(outputs["printed"]), iter(outputs["values"])

    def replaced(match: re.Match[str]) -> str:
        block = next(blocks_of(match.group(0)))
        if block.kind == "run":
            return session(block, next(printed).split("\0"))
        return picture(docname, block) if block.kind == "picture" else listing(block)

    return VALUE.sub(lambda match: next(values), BLOCK.sub(replaced, page))


def session(block: Block, printed: list[str]) -> str:
    """Commands and their outputs as a terminal shows them."""
    if "hidden" in block.options:
        return ""
    parts = []
    for command, output in zip(commands_of(block), printed, strict=True):
        lines = output.splitlines()
        if "lines" in block.options and len(lines) > int(block.options["lines"]):
            lines = [*lines[: int(block.options["lines"])], "..."]
        parts += [*on_lines(f"$ {command}".replace("\0", "\n")), *([] if "silent" in block.options else lines)]
    return "```console\n" + "\n".join(parts) + "\n```"


def on_lines(command: str) -> list[str]:
    """A long command on lines that a page is wide enough for, as one may type it."""
    if "\n" in command or '"' in command or len(command) <= PAGE_COLUMNS:
        return [command]
    lines = textwrap.wrap(command, PAGE_COLUMNS - 2, break_long_words=False, break_on_hyphens=False)
    return [lines[0] + " \\", *(f"    {line} \\" for line in lines[1:-1]), f"    {lines[-1]}"]


def listing(block: Block) -> str:
    """A file that the page's commands read."""
    language = {"py": "python", "yaml": "yaml"}.get(block.title.rpartition(".")[2], "text")
    code = f"```{language}\n{block.text}```"
    if "hidden" in block.options:
        return ""
    return f"`{block.title}`:\n\n{code}"


def picture(docname: str, block: Block) -> str:
    """The picture in both colour schemes, and the lines that draw it, folded."""
    words = block.title.partition(" ")[2]
    depth = "../" * docname.count("/")
    images = "\n".join(
        f"```{{image}} {depth}_made/{shade(picture_name(docname, block), of)}\n:alt: {words}\n:class: only-{of}\n```"
        for of in SHADES
    )
    code = (
        f'<details class="code"><summary>The lines that draw it</summary>\n\n```python\n{block.text}```\n\n</details>'
    )
    return f'<div class="picture">\n\n{images}\n\n</div>\n\n{code}'


def run_all(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Runs the pages that are to be read, some at a time, the longest first. What fails is told where it is read."""
    texts = {name: Path(env.doc2path(name)).read_text(encoding="utf-8") for name in docnames}
    wanted = [name for name, page in texts.items() if BLOCK.search(page) or VALUE.search(page)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in sorted(wanted, key=lambda name: -texts[name].count("\ndlrun ")):
            pool.submit(outputs_of, name, texts[name], app.config.dlrun_program)


def on_read(app: Sphinx, docname: str, source: list[str]) -> None:
    page = source[0]
    if not BLOCK.search(page) and not VALUE.search(page):
        return
    try:
        outputs = outputs_of(docname, page, app.config.dlrun_program)
    except (ValueError, subprocess.TimeoutExpired) as problem:
        logger.warning("%s: %s", docname, problem)
        app.env.note_reread()
        return
    check_words(docname, page, outputs)
    source[0] = shown(docname, page, outputs)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("dlrun_program", program_hash(), "env")
    app.connect("env-before-read-docs", run_all)
    app.connect("source-read", on_read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
