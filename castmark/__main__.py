"""`python -m castmark`."""

from .cli import main

main()
