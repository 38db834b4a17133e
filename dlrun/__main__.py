"""`python -m dlrun` is `dlrun`."""

from .cli import main

main()
