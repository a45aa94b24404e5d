"""What a benchmark says: figures beside their peers and bars, as a table and as JSON.

A bar is judged on medians as measured, never on rounded numbers. A figure without a bar is there to
explain the others.
"""

import statistics
from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.console import Console
from rich.table import Table


class Bar(NamedTuple):
    """What is promised: `times` the peer at least; or `most`, or `least`, of the own unit."""

    kind: Literal["times", "most", "least"]
    value: float

    def __str__(self) -> str:
        if self.kind == "times":
            return f">= {self.value:g} x"
        return f"{'<=' if self.kind == 'most' else '>='} {self.value:,.6g}"


class Figure(NamedTuple):
    """One line of the table. `runs` are all single measurements behind `ours` and `peer`."""

    name: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    bar: Bar | None = None
    runs: Sequence[float] = ()
    peer_runs: Sequence[float] = ()
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's: of runs in turn, the median of each pair's own ratio, in which a
        machine that was slow for a while was slow for both."""
        if self.peer and len(self.runs) == len(self.peer_runs):
            pairs = zip(self.runs, self.peer_runs, strict=True)
            return statistics.median(ours / peer for ours, peer in pairs)
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is reached; None when there is none."""
        if self.bar is None:
            return None
        if self.bar.kind == "most":
            return self.ours <= self.bar.value
        if self.bar.kind == "least":
            return self.ours >= self.bar.value
        return self.ratio is not None and self.ratio >= self.bar.value

    def as_json(self) -> dict[str, object]:
        """All of it, with what follows from it."""
        bar = None if self.bar is None else str(self.bar)
        return {**self._asdict(), "bar": bar, "ratio": self.ratio, "met": self.met}


Figures = list[Figure]


def at_least(times: float) -> Bar:
    """So many times the peer."""
    return Bar("times", times)


def at_most(value: float) -> Bar:
    """So much of the figure's own unit."""
    return Bar("most", value)


def reaches(value: float) -> Bar:
    """At least so much of the figure's own unit."""
    return Bar("least", value)


def figure(
    name: str,
    unit: str,
    runs: Sequence[float],
    peer_runs: Sequence[float] = (),
    peer_name: str = "",
    bar: Bar | None = None,
    note: str = "",
) -> Figure:
    """A figure from single measurements: medians of both sides."""
    peer = statistics.median(peer_runs) if peer_runs else None
    ours = statistics.median(runs)
    return Figure(name, ours, unit, peer, peer_name, bar, list(runs), list(peer_runs), note)


def show(figures: Sequence[Figure], out: Console) -> None:
    """The table, then the notes."""
    table = Table(title="Measured beside its peers")
    for heading in ("figure", "ours", "unit", "peer", "ratio", "bar", ""):
        justify: Literal["right", "left"] = "right" if heading in ("ours", "ratio") else "left"
        table.add_column(heading, justify=justify)
    for one in figures:
        peer = "" if one.peer is None else f"{_number(one.peer)} {one.peer_name}"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        judged = {None: "", True: "[green]met[/green]", False: "[red]missed[/red]"}[one.met]
        bar = "" if one.bar is None else str(one.bar)
        table.add_row(one.name, _number(one.ours), one.unit, peer, ratio, bar, judged)
    out.print(table)
    for one in figures:
        if one.note:
            out.print(f"  {one.name}: {one.note}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
