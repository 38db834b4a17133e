"""The words that a config may use, taken from the rooms that define them, so that no list is written twice.

If the maths has a table, the words are its keys, in the order that a person sees. The words of rooms that this one may
not import come in as a `Vocabulary`.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from ..nn import activations, encodings, initializers, optimizers, schedules

ACTIVATIONS = tuple(activations.ACTIVATIONS)
INITIALIZERS = tuple(initializers.INITIALIZERS)
OUTPUT_BIASES = tuple(initializers.OUTPUT_BIASES)
OPTIMIZERS = tuple(optimizers.OPTIMIZERS)
SCHEDULES = tuple(schedules.SCHEDULES)
ENCODINGS = tuple(encodings.ENCODINGS)
LINEAR = initializers.LINEAR
STANDARD, PIECEWISE, TARGET = encodings.STANDARD, encodings.PIECEWISE, encodings.TARGET

# The section of what `dlrun sweep` does, and the key of the config that it is about.
SWEEP: Final = "sweep"
CONFIG: Final = "config"

# What is chosen once the table is known.
AUTO: Final = "auto"


@dataclass(frozen=True)
class Vocabulary:
    """The words that config values are checked against; with an empty list its keys are not checked.

    source_settings : for each source that has a name, the settings that it takes.
    file_suffixes : the endings that the path of a source may have, in small letters and with the dot.
    finding_codes : what diagnosis.ignore may hold.
    """

    source_settings: Mapping[str, Set[str]] = field(default_factory=dict)
    file_suffixes: tuple[str, ...] = ()
    finding_codes: tuple[str, ...] = ()

    def takers(self, setting: str) -> list[str]:
        """The sources that take a setting, in the order of their table."""
        return [word for word, settings in self.source_settings.items() if setting in settings]


NO_VOCABULARY = Vocabulary()
