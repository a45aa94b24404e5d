"""How much is measured: tiny to see that everything works, as promised, or longer."""

from typing import NamedTuple


class Size(NamedTuple):
    """Sizes of all benchmarks.

    `seconds`: each run of commands, of which there are `rounds`; `repeats`: of what takes longer;
    medians count; `rows`: of the bulk; `events` over `subjects`: of the rebuild; `rate` commands/s
    for `latency_s`; `longest`: events of the longest stream; `movements`: of the longest year of a
    pool; `joins`: members whose deadline is waited for.
    """

    name: str
    seconds: float
    rounds: int
    repeats: int
    rows: int
    events: int
    subjects: int
    rate: int
    latency_s: float
    longest: int
    movements: int
    joins: int


QUICK = Size("quick", 0.4, 1, 1, 3_000, 6_000, 300, 40, 4.0, 1_500, 6_000, 2)
BARS = Size("as promised", 0.6, 15, 3, 100_000, 1_000_000, 50_000, 500, 60.0, 10_000, 1_000_000, 30)
LONG = Size("long", 3.0, 15, 5, 1_000_000, 2_000_000, 50_000, 500, 600.0, 10_000, 10_000_000, 100)
