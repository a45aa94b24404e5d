"""`python -m tests.benchmarks.multiplied FILE`: multiplies and sums an activity file with pandas.

What somebody writes who needs one number once: it knows one factor for each item, no units, and
checks nothing. It prints its seconds, its start-up left out.
"""

import sys
import time
from pathlib import Path

import pandas as pd

from services.ghg.activity.items import ITEMS


def multiplied_and_summed(file: Path) -> float:
    """Seconds from the file to the sum of all its lines."""
    factors = {slug: 1.0 + at / 100 for at, slug in enumerate(ITEMS)}
    started = time.perf_counter()
    lines = pd.read_csv(file, usecols=["item", "quantity"])
    total = (lines["quantity"] * lines["item"].map(factors)).sum()
    taken = time.perf_counter() - started
    if not total > 0:
        raise SystemExit("the file adds up to nothing")
    return taken


if __name__ == "__main__":
    print(multiplied_and_summed(Path(sys.argv[1])))
