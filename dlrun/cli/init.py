"""`dlrun init`: write the config of a file of data."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..places import at_hand
from .options import Json, Overrides

if TYPE_CHECKING:
    from ..data.proposal import Named
    from ..inspection.first_look import FirstLook

DataFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A file of data, such as titanic.csv.", callback=at_hand)
]


def init(
    file: DataFile,
    overrides: Overrides = None,
    target: Annotated[str | None, typer.Option("--target", metavar="COLUMN", help="The column to predict.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="CONFIG", help="Where the config is written; FILE's name with .yaml."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a config that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write the config of a file of data: what to predict, columns to leave out, the split, network and training.

    It trains as it stands, and says why each choice is so. A KEY=VALUE says how the file is read: data.header=false.

    Example: dlrun init configs/data/flowers.csv --target blooms
    """
    from ..inspection.first_config import config_path, first_config
    from ..inspection.first_look import look_at_file, proposal_for
    from ..report import make_console, say
    from ..store import to_plain, write_whole
    from .output import print_json

    config = output or config_path(file)
    refuse_to_overwrite(config, file, force)
    look = look_at_file(file, overrides or ())
    chosen = target_of(look, target, may_ask=not as_json)
    proposal = proposal_for(look, chosen)
    text = first_config(look, proposal, config)
    write_whole(config, lambda written: written.write(text.encode()))
    following = command_line("train", config)
    if as_json:
        print_json({"config": str(config), "next": following, "text": text, "proposal": to_plain(proposal)})
        return
    console = make_console()
    say(console, f"{config}: predicts {chosen.name}" + (f" ({chosen.why})" if chosen.why else ""), whole=True)
    for name, why in proposal.drop:
        say(console, f"left out {name}: {why}")
    for remark in proposal.remarks:
        say(console, ("note: ", "yellow"), remark)
    say(console, "next: ", (following, "bold"), whole=True)


def command_line(verb: str, path: Path) -> str:
    """The command that a person types next, quoted for a shell."""
    import shlex

    return f"dlrun {verb} {shlex.quote(str(path))}"


def refuse_to_overwrite(config: Path, file: Path, force: bool) -> None:
    """Raise UsageError if a file is there already, or if the config would take the place of the data."""
    if config.is_dir():
        raise UsageError(f"{config}: is a folder; name a file with -o")
    if not config.exists():
        return
    if file.exists() and config.samefile(file):
        raise UsageError(f"{config}: is the data itself; name another file with -o")
    if not force:
        raise UsageError(f"{config}: is there already; --force overwrites it, -o names another file")


def target_of(look: "FirstLook", wanted: str | None, *, may_ask: bool) -> "Named":
    """The column to predict: as asked, as is plain, or as a person at the terminal answers. Raises UsageError."""
    from ..data.proposal import candidates, plain_target

    wanted = wanted if wanted is not None else look.wanted
    if look.has_own_target:
        if wanted is not None:
            raise UsageError(f"--target: {look.file} comes with its own target; leave --target out")
        return look.own_target()
    if wanted is not None:
        return look.find_target(wanted)
    if (plain := plain_target(look.columns)) is not None:
        return plain
    among = candidates(look.columns)
    if not among:
        raise UsageError(f"{look.file}: no column can be predicted: none holds classes or numbers that differ")
    from ..data.files import listed

    if not (may_ask and sys.stdin.isatty() and sys.stderr.isatty()):
        listing = listed(among)
        raise UsageError(f"{look.file}: which column is to be predicted? Say --target COLUMN; it may be {listing}")
    return look.find_target(asked(among), "chosen by hand")


def asked(among: Sequence[str]) -> str:
    """The answer of a person to the numbered candidates: one of the numbers, or a name."""
    from ..report import make_console, say

    console = make_console(stderr=True)
    say(console, "Which column is to be predicted?")
    for number, name in enumerate(among, start=1):
        say(console, f"{number:3}  {name}")
    console.print("Number or name: ", end="")
    if not (line := sys.stdin.readline()):
        raise typer.Abort
    answer = line.strip()
    number = int(answer) if answer.isdecimal() else 0
    return among[number - 1] if answer not in among and 1 <= number <= len(among) else answer
