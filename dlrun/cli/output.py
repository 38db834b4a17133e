"""Print a record as JSON: what `--json` prints."""


def print_json(record: object) -> None:
    """One strict JSON object, and a newline."""
    from ..store import encode, to_plain

    print(encode(to_plain(record), indent=2).decode().rstrip("\n"))
