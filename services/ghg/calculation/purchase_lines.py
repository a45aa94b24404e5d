"""Purchased goods (3.1), and what minerals give off on site (Scope 1). Pure.

Sources: sources.md 4.1, 4.5. A supplier's factor counts where there is one; else the default of the
material set, and the line is then of default data however well its mass was weighed (R-01). Metal
whose maker says nothing is world-average primary metal.
"""

from collections.abc import Iterable

from contracts.inventory import DataKind, Scope
from services.ghg.activity.inventory import Datum
from services.ghg.factors.tables import Tables, own, unsourced

from .lines import Line, product
from .working import Doubt

SUPPLIED = "purchased: the supplier's factor"
DEFAULT = "purchased: no factor of the supplier, a default stands in"
CALCINED = "carbon of a mineral that is driven off on site"


def purchase_lines(data: Iterable[Datum], table: Tables) -> list[Line]:
    """A line for each purchase, in t."""
    lines: list[Line] = []
    for datum in data:
        doubts: tuple[Doubt, ...] = ()
        if datum.factor is None:
            factor, rule, kind = table.bought[datum.item], DEFAULT, DataKind.DEFAULT
        else:
            factor, rule, kind = own(datum), SUPPLIED, datum.kind
            doubts = unsourced(datum)
        lines.append(product(datum, Scope.PURCHASED, "t", factor, rule, kind, doubts=doubts))
    return lines


def process_lines(data: Iterable[Datum], table: Tables) -> list[Line]:
    """A line for each mineral that loses its carbon on site (limestone, soda ash), in t. Other
    process inputs are in the equations of anodes and paste."""
    lines: list[Line] = []
    for datum in data:
        factor = table.process.get(datum.item)
        if factor is None:
            continue
        if datum.factor is not None:
            factor = own(datum)
        doubts = unsourced(datum) if factor.primary else ()
        lines.append(product(datum, Scope.DIRECT, "t", factor, CALCINED, doubts=doubts))
    return lines
