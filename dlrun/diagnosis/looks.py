"""The events that a runs folder remembers: each configuration scored on a dev set, each look at a test error.

`selection` counts them to say how much a chosen error may flatter itself; the store writes and reads them.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Scored:
    """A run's configuration was scored on a dev set; `candidates` are the epochs that the best was chosen among."""

    what: Literal["scored"]
    run_id: str
    data_sha256: str
    split_sha256: str
    config_sha256: str
    dev_error: float | None
    candidates: int
    time: str


@dataclass(frozen=True)
class Looked:
    """Somebody was shown a run's test error by a verb."""

    what: Literal["looked"]
    run_id: str
    data_sha256: str
    split_sha256: str
    verb: str
    time: str


Event = Scored | Looked
