"""`python -m castmark`."""

from .cli import main

if __name__ == "__main__":  # a process started from this one imports it again
    main()
