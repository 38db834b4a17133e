"""Many tasks at once, none of which is lost: in processes of this machine (`Here`), or on a cluster (`Cluster`).

It knows functions and their arguments, and nothing of trainings. Whatever trains many networks is given an `Executor`.
"""

from .here import Here
from .shared import Shared
from .tasks import Done, Executor, Lost, in_order, stop_wanted

__all__ = ["Done", "Executor", "Here", "Lost", "Shared", "in_order", "stop_wanted"]
