"""Tables of figures that are never cut: where the window is narrow, in parts one below another."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Column as RichColumn
from rich.table import Table

Head = str | RichColumn


class Column(NamedTuple):
    """What stands below a head, line by line."""

    head: str
    cells: Sequence[str]


def uncut(head: str) -> RichColumn:
    """A column of figures in a table of words: what is too wide wraps elsewhere."""
    return RichColumn(escape(head), no_wrap=True)


def folded(head: str, *, whole: bool = False) -> RichColumn:
    """A column of words, or of ids: what is too wide goes on in the next line, never into dots.
    `whole`: other columns give way first."""
    return RichColumn(escape(head), overflow="fold", no_wrap=whole)


def fits(table: Table, out: Console, *, wrapped: bool = False) -> bool:
    """Whether a table has room: without a line that is wrapped, or (`wrapped`) a word."""
    needs = Measurement.get(out, out.options.update_width(10_000), table)
    return (needs.minimum if wrapped else needs.maximum) <= out.width


def show(names: Sequence[Column], figures: Sequence[Column], out: Console) -> None:
    """Figures beside the names of their lines, in as many tables as the width needs; each repeats
    the names. Names wrap, figures do not."""
    left = list(figures)
    while left:
        part, left = left[:1], left[1:]
        while left and fits(_table(names, [*part, left[0]]), out):
            part, left = [*part, left[0]], left[1:]
        out.print(_table(names, part))


def _table(names: Sequence[Column], figures: Sequence[Column]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for one in names:
        table.add_column(escape(one.head), overflow="fold")
    for one in figures:
        table.add_column(escape(one.head), no_wrap=True, overflow="fold")
    for row in zip(*(one.cells for one in (*names, *figures)), strict=True):
        table.add_row(*map(escape, row))
    return table
