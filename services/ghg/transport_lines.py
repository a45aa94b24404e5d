"""Transport of what comes in (3.4): loaded distance times a factor by mode. Pure.

Source: sources.md 4.1. A leg is its mass times its kilometres; `of` names what it carries.
"""

from collections.abc import Iterable

from contracts.inventory import Scope

from .activity import Datum
from .lines import Line
from .tables import Tables, own, unsourced
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
        lines.append(
            Line(
                data=(datum.datum_id,),
                step=datum.step,
                scope=Scope.TRANSPORT,
                item=datum.item,
                activity=datum.quantity,
                unit="t*km",
                factor=factor,
                rule=RULE,
                kg=datum.quantity * factor.value,
                kind=datum.kind,
                doubts=doubts,
                uncertainty_percent=datum.uncertainty_percent,
            )
        )
    return lines
