"""Standard output for scripts."""


def print_json(record: dict) -> None:
    """One strict JSON object, and a newline."""
    from ..store import encode

    print(encode(record, indent=2).decode().rstrip("\n"))
