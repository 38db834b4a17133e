"""The config: reads what a person writes in YAML, strictly, and explains every problem."""

from .loading import NAMELESS, LoadedConfig, config_from_dict, load_config
from .rendering import json_schema, resolved_yaml
from .schema import Config
from .words import Vocabulary

__all__ = [
    "NAMELESS",
    "Config",
    "LoadedConfig",
    "Vocabulary",
    "config_from_dict",
    "json_schema",
    "load_config",
    "resolved_yaml",
]
