"""Fuels: what they give off where they burn (Scope 1), and before they arrive (3.3). Pure.

Sources: sources.md 4.1 (categories), IPCC 2006 volume 2 (factors, by lower heating value). A fuel
burnt in the plant that makes the facility's own power is a fuel like any other.
"""

from collections.abc import Iterable

from contracts.inventory import Scope
from services.ghg.activity.inventory import Datum
from services.ghg.factors.tables import Tables, own, unsourced

from .lines import Line, product
from .working import Doubt, Working

BURNT = "combustion: energy times CO2, CH4 and N2O"
BURNT_OWN = "combustion: the plant's own factor"
ARRIVED = "extraction, refining and delivery of a fuel"


def fuel_lines(data: Iterable[Datum], table: Tables) -> list[Line]:
    """Two lines for each datum, in MJ."""
    lines: list[Line] = []
    for datum in data:
        working: tuple[Working, ...] = ()
        doubts: tuple[Doubt, ...] = ()
        if datum.factor is None:
            fuel = table.fuels[datum.item]
            factor, rule, working = fuel.applied, BURNT, fuel.working
        else:
            factor, rule, doubts = own(datum), BURNT_OWN, unsourced(datum)
        lines.append(
            product(datum, Scope.DIRECT, "MJ", factor, rule, working=working, doubts=doubts)
        )
        factor = table.upstream[datum.item]
        lines.append(product(datum, Scope.FUEL_AND_POWER, "MJ", factor, ARRIVED))
    return lines
