"""Print a record as JSON: what `--json` prints."""

import json
import re

# All but what every terminal shows as it is; new lines stand between the parts of an object and in none of its strings.
PERHAPS_UNSEEN = re.compile(r"[^ -~\n]")


def print_json(record: object) -> None:
    """One strict JSON object, and a newline.

    Letters that a terminal obeys or that are not seen are written as \\u....: a script reads the same.
    """
    from ..store import encode, to_plain

    print(visible(encode(to_plain(record), indent=2).decode().rstrip("\n")))


def visible(text: str) -> str:
    """JSON with the same values, all of whose letters are printable."""
    return PERHAPS_UNSEEN.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)
