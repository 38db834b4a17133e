"""`dlrun config` and `dlrun schema`: print a config with all its keys, and which keys and values a config may have."""

from .options import ConfigFile, Json, Overrides


def config(file: ConfigFile, overrides: Overrides = None, as_json: Json = False) -> None:
    """Print a config with every key, and where each value came from: default, file or command line.

    Example: dlrun config configs/digits.yaml training.epochs=100
    """
    from ..config import resolved_yaml
    from ..experiment import read_config
    from .output import print_json

    loaded = read_config(file, overrides or ())
    if as_json:
        print_json({"config": loaded.config.to_dict(), "origins": loaded.origins})
    else:
        print(resolved_yaml(loaded), end="")


def schema() -> None:
    """Print the JSON Schema of a config, for editors and checkers.

    Example: dlrun schema > configs/schema.json
    """
    from ..config import json_schema
    from .output import print_json

    print_json(json_schema())
