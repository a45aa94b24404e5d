"""Transport of what comes in (3.4): loaded distance times a factor by mode. Pure.

Source: sources.md 4.1. A leg is its mass times its kilometres; `of` names what it carries.
"""

from collections.abc import Iterable

from contracts.inventory import Scope
from services.ghg.activity.inventory import Datum
from services.ghg.factors.tables import Tables, own, unsourced

from .lines import Line, product
from .working import Doubt

RULE = "transport: tonne-kilometres by mode"


def transport_lines(data: Iterable[Datum], table: Tables) -> list[Line]:
    """A line for each leg, in t*km."""
    lines: list[Line] = []
    for datum in data:
        doubts: tuple[Doubt, ...] = ()
        factor = table.transport[datum.item]
        if datum.factor is not None:
            factor, doubts = own(datum), unsourced(datum)
        lines.append(product(datum, Scope.TRANSPORT, "t*km", factor, RULE, doubts=doubts))
    return lines
