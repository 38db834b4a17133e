"""The config: reads what a person writes in YAML, strictly, and explains every problem."""

from .loading import NAMELESS, LoadedConfig, config_from_dict, config_from_text, load_config, without_endings
from .rendering import json_schema, resolved_yaml, yaml_value
from .schema import Config
from .words import Vocabulary

__all__ = [
    "NAMELESS",
    "Config",
    "LoadedConfig",
    "Vocabulary",
    "config_from_dict",
    "config_from_text",
    "json_schema",
    "load_config",
    "resolved_yaml",
    "without_endings",
    "yaml_value",
]
