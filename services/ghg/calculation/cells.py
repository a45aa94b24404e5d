"""How much metal the cells of a facility made: what their equations speak of per tonne. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum, Inventory, Site
from services.ghg.factors.pinned import BEFORE_NINTH, BEFORE_SEVENTH, BEFORE_SIXTH

from . import metal
from .flows import flows_of
from .in_cells import in_cells, line_of, lines_of, of_line
from .melts import CHARGED, LIQUID, sum_t
from .scrap import Kind
from .stored import as_melted
from .working import Doubt

ZERO = Decimal(0)
TAPPED = "output.liquid_metal"
CELLS = Step.ELECTROLYSIS
AT_CASTHOUSE = frozenset({CELLS, Step.CASTING, Step.REMELTING})


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
    it is taken off each of its line of cells in proportion; the sixth engine took it off all lines,
    the first five took it for made. So did the first six with what was cast of other metal, where
    tapped metal is told as cast alone."""
    found, tonnes = tapped(outputs, inventory.site, doubts)
    if engine in BEFORE_SIXTH or not tonnes:
        return found
    if engine not in BEFORE_NINTH:
        inventory = as_melted(inventory)
    if engine not in BEFORE_SEVENTH:
        if any(one.item == TAPPED for one in found):
            return _without_scrap(found, inventory)
        melted = _not_made(tonnes, inventory, engine)
    elif any(one.item == metal.SCRAP_IN and one.step is CELLS for one in inventory.data):
        melted = metal.melted_in_cells(metal.without_word(metal.by_item(inventory.data)))
    else:
        return found
    return _less(found, melted) if melted else found


def made_of_cast(inventory: Inventory, engine: str) -> list[Datum] | None:
    """What cells made, each with its tonnes, where tapped metal is told as cast alone; None where
    it is told itself, or nobody knows what cells made: before the seventh engine, which took all
    that was cast for it, and as long as something must be told (`Flows.untold`)."""
    if engine in BEFORE_SEVENTH or not told_as_cast(inventory):
        return None
    if flows_of(inventory, engine).untold:
        return None
    return made(inventory.data, inventory, engine, [])


def made_of_tapped(inventory: Inventory, engine: str) -> list[Datum] | None:
    """What cells made, each with its tonnes, where tapped metal is told: less scrap that is in it.
    None while nobody tells whether scrap is."""
    melted = inventory if engine in BEFORE_NINTH else as_melted(inventory)
    if in_cells(melted.data, only_cast=False).unread_t:
        return None
    found = [one for one in inventory.data if one.item == TAPPED]
    return made(found, inventory, engine, [])


def told_as_cast(inventory: Inventory) -> bool:
    """Whether of what cells tapped the cast alone is told."""
    if any(one.item == TAPPED for one in inventory.data):
        return False
    return bool(tapped(inventory.data, inventory.site, [])[0])


def _without_scrap(found: Sequence[Datum], inventory: Inventory) -> list[Datum]:
    """Tapped metal less what came of scrap in it, each of the lines of cells that it is told of.
    Post-consumer scrap first: what else is in all lines is shared by what it leaves of each."""
    less = list(found)
    if not any(one.item == metal.SCRAP_IN and one.step is CELLS for one in inventory.data):
        return less
    lines = lines_of(found)
    lots = in_cells(inventory.data, only_cast=False).within
    for lot in sorted(lots, key=lambda one: one.scrap_kind != Kind.POST_CONSUMER):
        of = set(of_line(lot, lines)) or set(lines)
        here = [place for place, one in enumerate(less) if line_of(one) in of]
        for place, one in zip(here, _less([less[at] for at in here], lot.quantity), strict=True):
            less[place] = one
    return less


def _less(found: Sequence[Datum], melted: Decimal) -> list[Datum]:
    """Each in proportion, no less than none."""
    tonnes = sum_t(found)
    melted = min(melted, tonnes)
    if not melted:
        return list(found)
    left = (max(one.quantity - melted * one.quantity / tonnes, ZERO) for one in found)
    return [one._replace(quantity=t) for one, t in zip(found, left, strict=True)]


def _not_made(tonnes: Decimal, inventory: Inventory, engine: str) -> Decimal:
    """What of metal that is told as cast alone cells did not make of alumina: all that is not what
    they are taken to have made, where that is known."""
    charged = [one for one in inventory.data if one.item in CHARGED and one.step in AT_CASTHOUSE]
    if not charged:
        return ZERO
    flows = flows_of(inventory, engine)
    bought = (one for one in charged if one.item == LIQUID and one.step is Step.CASTING)
    made = tonnes * flows.primary - sum_t(bought)
    if flows.cells_made_t is not None:
        made = flows.cells_made_t
    return ZERO if flows.untold else tonnes - max(made, ZERO)
