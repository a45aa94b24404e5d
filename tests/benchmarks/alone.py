"""`python -m tests.benchmarks.alone DATA FILE YEARS`: the import of `ghg` in a process of its own.

Processes of a pool load the main module of whoever starts them: so this one loads nothing before it
knows that it is the first.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    from tests.benchmarks.ghg import main

    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
