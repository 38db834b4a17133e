"""`python -m dlrun` runs the `dlrun` command."""

from .cli import main

main()
