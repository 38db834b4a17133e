"""`dlrun config` and `dlrun schema`: print a config with all its keys, and which keys and values a config may have."""

from .options import ConfigFile, Json, Overrides


def config(file: ConfigFile, overrides: Overrides = None, as_json: Json = False) -> None:
    """Print a config with every key, and where each value came from: default, file or command line.

    Where training.epochs or batch_size is auto, the data are read, and the number that it comes to is shown.

    Example: dlrun config configs/digits.yaml training.epochs=100
    """
    from ..config import resolved_yaml
    from ..experiment import read_config
    from ..experiment.auto import found_by
    from ..experiment.prepare import autos_found
    from .output import print_json

    loaded = read_config(file, overrides or ())
    found = autos_found(loaded)
    if as_json:
        told = {"config": loaded.config.to_dict(), "origins": loaded.origins}
        print_json(told | ({"auto": found.numbers} if found else {}))
    else:
        notes = {key: f"{number} {found_by(key, found.rows)}" for key, number in found.numbers.items()} if found else {}
        print(resolved_yaml(loaded, notes), end="")


def schema() -> None:
    """Print the JSON Schema of a config, for editors and checkers.

    Example: dlrun schema > schema.json
    """
    from ..config import json_schema
    from .output import print_json

    print_json(json_schema())
