"""How much is measured: tiny to see that everything works, as promised, or longer."""

from typing import NamedTuple


class Size(NamedTuple):
    """Sizes of all benchmarks.

    `seconds`: each run of commands; `repeats`: runs whose median counts; `rows`: of the bulk;
    `events` over `subjects`: of the rebuild; `rate` commands/s for `latency_s`; `longest`: events
    of the longest stream.
    """

    name: str
    seconds: float
    repeats: int
    rows: int
    events: int
    subjects: int
    rate: int
    latency_s: float
    longest: int


QUICK = Size("quick", 0.4, 1, 3_000, 6_000, 300, 40, 4.0, 1_500)
BARS = Size("as promised", 3.0, 3, 100_000, 1_000_000, 50_000, 500, 60.0, 10_000)
LONG = Size("long", 10.0, 5, 1_000_000, 2_000_000, 50_000, 500, 600.0, 10_000)
