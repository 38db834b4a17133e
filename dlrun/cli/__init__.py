"""The command line: one module per verb. A verb reads its options, makes one call, and shows the result."""

import os
import sys
import warnings

from ..machine import watch_imports
from .streams import let_writes_fail, open_closed_streams

# With more than one BLAS thread, the small products of dlrun's networks are slower, up to a hundredfold while another
# process is busy, and the last bits can change. NumPy's BLAS reads these variables when it is loaded. A value that the
# user has set is kept.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """The `dlrun` command."""
    open_closed_streams()
    let_writes_fail()
    if not sys.warnoptions:  # what a library warns of reaches a person as a finding, or not at all
        warnings.simplefilter("ignore")
    for variable in BLAS_THREADS:
        os.environ.setdefault(variable, "1")
    watch_imports()
    from .app import run_command

    run_command()
