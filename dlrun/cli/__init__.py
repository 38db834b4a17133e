"""The command line: one module per verb. A verb reads its options, makes one call, and shows the result."""

import gc
import os
import sys
import warnings

from ..machine import watch_imports
from .streams import let_writes_fail, open_closed_streams

# With more than one BLAS thread, the small products of dlrun's networks are slower, up to a hundredfold while another
# process is busy, and the last bits can change. NumPy's BLAS reads these variables when it is loaded. A value that the
# user has set is kept.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

# Objects that are made before any of them is looked through for garbage. A command's imports make 60,000 to 120,000,
# nearly all of which stay, and to look through them again and again takes 6% of the time of a short training.
OBJECTS_OF_IMPORTS = 150_000


def main() -> None:
    """The `dlrun` command."""
    spare_imports()
    open_closed_streams()
    let_writes_fail()
    if not sys.warnoptions:  # what a library warns of reaches a person as a finding, or not at all
        warnings.simplefilter("ignore")
    for variable in BLAS_THREADS:
        os.environ.setdefault(variable, "1")
    # Pydantic would read the entry points of every package that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    watch_imports()
    from .app import run_command

    run_command()


def spare_imports() -> None:
    """Collect garbage later the first time, and then as often as ever."""
    usual = gc.get_threshold()
    if usual[0] >= OBJECTS_OF_IMPORTS:
        return

    def as_ever(phase: str, info: dict[str, int]) -> None:
        gc.callbacks.remove(as_ever)
        gc.set_threshold(*usual)

    gc.callbacks.append(as_ever)
    gc.set_threshold(OBJECTS_OF_IMPORTS, *usual[1:])
