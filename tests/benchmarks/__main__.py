"""`python -m tests.benchmarks [names] [--quick | --long]`: measure, print, keep.

Without names all are measured. The table goes to the terminal; the same as JSON, with the machine
and every single run, to var/bench/<date>.json. A missed bar does not fail the command: it is a
finding, and the note beside it says what stands in the way.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import orjson
from rich.console import Console

from infra import interpreter

from . import board, bulk, coc, cold, commands, ghg, latency, rebuild
from .figures import Figures, show
from .machine import FOLDER, described, processor_time, stolen_since
from .sizes import BARS, LONG, QUICK, Size

WIDE = 180

BENCHES: Mapping[str, Callable[[Size], Figures]] = {
    "commands": commands.run,
    "bulk": bulk.run,
    "rebuild": rebuild.run,
    "latency": latency.run,
    "board": board.run,
    "cold": cold.run,
    "ghg": ghg.run,
    "coc": coc.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHES)}; none = all")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="tiny: to see that all of it works")
    length.add_argument("--long", action="store_true", help="longer runs, more of them")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}: there are {', '.join(BENCHES)}")
    size = QUICK if chosen.quick else LONG if chosen.long else BARS
    out = Console(width=None if sys.stdout.isatty() else WIDE)
    machine = described()
    interpreter.settle()
    before = processor_time()
    figures: Figures = []
    for name in chosen.names or BENCHES:
        started = time.monotonic()
        out.print(f"{name} ...")
        figures += BENCHES[name](size)
        out.print(f"  took {time.monotonic() - started:.0f} s")
    machine["stolen_share"] = stolen_since(before)
    show(figures, out)
    out.print(f"  of the processor's time others took {machine['stolen_share']:.0%}")
    _keep(out, machine, size, figures)
    return 0


def _keep(out: Console, machine: dict[str, object], size: Size, figures: Figures) -> None:
    now = datetime.now(UTC)
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{now:%Y-%m-%dT%H%M%SZ}.json"
    kept = {
        "measured_at": now.isoformat(timespec="seconds"),
        "machine": machine,
        "size": size._asdict(),
        "figures": [figure.as_json() for figure in figures],
    }
    file.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    out.print(f"kept in {file.relative_to(FOLDER.parent.parent)}")


if __name__ == "__main__":
    sys.exit(main())
