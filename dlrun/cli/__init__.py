"""The command line: one module a verb, each with values in, one call, and one thing shown."""

import os

# More than one BLAS thread makes the small products of dlrun's networks slower, up to a hundredfold while another
# process is busy, and can change the last bits. NumPy's BLAS reads these as it loads; what a person sets by hand stays.
BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """The `dlrun` command."""
    for variable in BLAS_THREADS:
        os.environ.setdefault(variable, "1")
    from .app import run_command

    run_command()
