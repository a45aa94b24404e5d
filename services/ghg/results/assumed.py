"""What a result takes for granted of a fuel where nobody can tell it better here. Pure.

Hydrogen burns without carbon dioxide; what its making gave off depends on how it was made, and the
sources name a factor for none of the ways (sources.md 4.5). So all of it is counted as the usual
one, and whoever burns another is told which that is. It follows from the energy that a result tells
by fuel, and is no part of its working.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from contracts.ghg import Amount
from contracts.values import plain
from services.ghg.factors.book import FactorBook
from services.ghg.factors.pinned import OTHER_FUELS
from services.ghg.findings.context import shown

HYDROGEN = "fuel.hydrogen"
MJ_PER_GJ = Decimal(1000)


def assumptions(energy: Iterable[Amount], as_of: date, book: FactorBook) -> tuple[str, ...]:
    """Sentences for who reads a result, none where nothing is taken for granted. Energy in MJ."""
    mj = sum((one.quantity for one in energy if one.item == HYDROGEN), Decimal(0))
    if mj <= 0:
        return ()
    factors = book.latest(OTHER_FUELS, as_of)
    upstream = factors.factor("hydrogen.upstream")
    return (
        f"What making {shown(mj / MJ_PER_GJ)} GJ of hydrogen gave off (scope 3.3) is counted at"
        f" {plain(upstream.value)} {upstream.unit} ({factors.factor_set}, {upstream.evidence}): as"
        " made of natural gas without storage of its carbon. Green hydrogen, of electrolysis on"
        " clean power, has no factor of its own here, and a factor of the row replaces only what"
        " hydrogen gives off where it burns (scope 1).",
    )
