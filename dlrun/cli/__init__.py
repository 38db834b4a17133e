"""The command line: one module per verb. A verb reads its options, makes one call, and shows the result."""

import os
import sys

# With more than one BLAS thread, the small products of dlrun's networks are slower, up to a hundredfold while another
# process is busy, and the last bits can change. NumPy's BLAS reads these variables when it is loaded. A value that the
# user has set is kept.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """The `dlrun` command."""
    open_closed_streams()
    for variable in BLAS_THREADS:
        os.environ.setdefault(variable, "1")
    from .app import run_command

    run_command()


def open_closed_streams() -> None:
    """Lead a standard stream that was closed, as by `>&-`, to nowhere: printing works, and no file gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
