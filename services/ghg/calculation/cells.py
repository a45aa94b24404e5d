"""How much metal the cells of a facility made: what their equations speak of per tonne. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.factors.pinned import BEFORE_SIXTH

from . import metal
from .working import Doubt

ZERO = Decimal(0)
TAPPED = "output.liquid_metal"


def tapped(
    outputs: Sequence[Datum], site: Site, doubts: list[Doubt]
) -> tuple[list[Datum], Decimal]:
    """The data that tell the tapped metal, and its tonnes. A site with cells that tells only what
    it cast takes that instead, with a doubt; one without cells made none."""
    found = [one for one in outputs if one.item == TAPPED]
    if not found and site.technology is not None:
        cast = (one for one in outputs if one.item == "output.cast_metal")
        found = [one for one in cast if one.step is Step.CASTING]
        if found and all(doubt.about != "tapped_metal_missing" for doubt in doubts):
            sentence = "Tapped metal is not given: the metal that was cast was taken for it."
            doubts.append(Doubt("tapped_metal_missing", sentence, "sources.md 4.2, 4.3"))
    return found, sum((one.quantity for one in found), ZERO)


def made(
    outputs: Sequence[Datum], inventory: Inventory, engine: str, doubts: list[Doubt]
) -> list[Datum]:
    """The data that tell the tapped metal, each with the tonnes that cells made of alumina: what
    their equations speak of is primary metal (sources.md 4.2, 4.3). What came of scrap that is in
    it is taken off each in proportion; the first five engines took it for made."""
    found, tonnes = tapped(outputs, inventory.site, doubts)
    in_cells = (
        one.item == metal.SCRAP_IN and one.step is Step.ELECTROLYSIS for one in inventory.data
    )
    if engine in BEFORE_SIXTH or not tonnes or not any(in_cells):
        return found
    melted = metal.melted_in_cells(metal.by_item(inventory.data))
    melted = min(melted, tonnes)
    return [one._replace(quantity=one.quantity - melted * one.quantity / tonnes) for one in found]
