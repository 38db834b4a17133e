"""The words that a config may use and that other rooms know; no list of them stands here a second time.

Where the maths has a table, the words are its keys; the order is the order shown to a person. What rooms beside this
one and above it know is handed in as a `Vocabulary`.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from ..nn import activations, initializers, optimizers

ACTIVATIONS = tuple(activations.ACTIVATIONS)
INITIALIZERS = tuple(initializers.INITIALIZERS)
OPTIMIZERS = tuple(optimizers.OPTIMIZERS)
PARTS = ("train", "dev", "test")


@dataclass(frozen=True)
class Vocabulary:
    """The words that the config is checked against where they are known; an empty list leaves its keys unchecked.

    source_settings : of each source that has a name, the settings that it takes.
    file_suffixes : what the path of a source may end in, in small letters and with the dot.
    finding_codes : what diagnosis.ignore may hold.
    """

    source_settings: Mapping[str, Set[str]] = field(default_factory=dict)
    file_suffixes: tuple[str, ...] = ()
    finding_codes: tuple[str, ...] = ()

    def takers(self, setting: str) -> list[str]:
        """The sources that take a setting, in the order of their table."""
        return [word for word, settings in self.source_settings.items() if setting in settings]


NO_VOCABULARY = Vocabulary()
