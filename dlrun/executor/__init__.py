"""Many tasks at once, none of which is lost: in processes of this machine (`Here`), or on a cluster (`Cluster`).

It knows functions and their arguments, and nothing of trainings. Whatever trains many networks is given an `Executor`.
"""

from typing import TYPE_CHECKING

from ..lazily import lazily

if TYPE_CHECKING:
    from .here import Here as Here
    from .shared import Shared as Shared
    from .tasks import (
        Done as Done,
    )
    from .tasks import (
        Executor as Executor,
    )
    from .tasks import (
        Lost as Lost,
    )
    from .tasks import (
        in_order as in_order,
    )
    from .tasks import (
        stop_wanted as stop_wanted,
    )
else:
    lazily(
        __name__,
        here="Here",
        shared="Shared",
        tasks="Done Executor Lost in_order stop_wanted",
    )
