"""The config: reads what a person writes in YAML, strictly, and explains every problem."""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .loading import (
        NAMELESS as NAMELESS,
    )
    from .loading import (
        LoadedConfig as LoadedConfig,
    )
    from .loading import (
        config_from_dict as config_from_dict,
    )
    from .loading import (
        config_from_text as config_from_text,
    )
    from .loading import (
        load_config as load_config,
    )
    from .loading import (
        without_endings as without_endings,
    )
    from .rendering import json_schema as json_schema
    from .rendering import resolved_yaml as resolved_yaml
    from .rendering import yaml_value as yaml_value
    from .schema import Config as Config
    from .words import Vocabulary as Vocabulary
else:
    lazily(
        __name__,
        loading="NAMELESS LoadedConfig config_from_dict config_from_text load_config without_endings",
        rendering="json_schema resolved_yaml yaml_value",
        schema="Config",
        words="Vocabulary",
    )
