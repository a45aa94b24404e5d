"""Whose carbon it was: anodes and paste of a site beside the metal that they made. Pure.

Source: sources.md 4.2. A site may have prebake cells beside Soederberg ones: each equation speaks
of the carbon and the metal of its own cells. Metal that names no technology is of the site's;
anodes are of prebake cells; paste that does not say whose it is, is of the Soederberg cells that
there are. Cells whose carbon nobody tells have none here: tier 1 stands in for it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from services.ghg.activity.inventory import Datum, Site

from .electrolysis import Stud
from .working import Doubt

ZERO = Decimal(0)
SOURCE = "sources.md 4.2"
ANODE, PASTE = "input.net_anode", "input.paste"
STUDS = frozenset(stud.value for stud in Stud)


class Burnt(NamedTuple):
    """The cells of one equation: prebake (`stud` None) or Soederberg; the data of their carbon,
    none where nobody told it, and of their metal, with the tonnes of both. `item` is what they
    burn; `technology` that of their own parameters, any where it is empty."""

    stud: Stud | None
    carbon: Sequence[Datum]
    carbon_t: Decimal
    metal: Sequence[Datum]
    item: str
    technology: str = ""
    doubts: tuple[Doubt, ...] = ()

    @property
    def metal_t(self) -> Decimal:
        """Tonnes of metal."""
        return total(self.metal)


def burnt(inputs: Iterable[Datum], metal: Sequence[Datum], site: Site) -> list[Burnt]:
    """Each process with its own carbon and metal."""
    anodes, paste = _carbon(inputs)
    made: dict[Stud | None, list[Datum]] = {}
    for datum in metal:
        made.setdefault(_stud(datum.technology or site.technology), []).append(datum)
    prebake = made.pop(None, [])
    studs = {stud: they for stud, they in made.items() if stud is not None}
    found: list[Burnt] = []
    if anodes:
        doubts = (ANODES_IN_SOEDERBERG,) if studs and not prebake else ()
        found.append(Burnt(None, anodes, total(anodes), prebake or metal, ANODE, doubts=doubts))
    elif prebake and (studs or not paste):
        found.append(Burnt(None, (), ZERO, prebake, ANODE))
    if paste and studs:
        found += _pastes(paste, studs, site)
    elif paste:
        doubts = (SOEDERBERG_METAL_UNKNOWN,) if anodes and metal else ()
        found.append(_of_unknown_cells(paste, metal, site, doubts))
    elif prebake or not anodes:
        found += [_soederberg(stud, (), ZERO, they) for stud, they in studs.items()]
    return found


def burnt_together(inputs: Iterable[Datum], metal: Sequence[Datum], site: Site) -> list[Burnt]:
    """As the first two engines had it: all metal of the site in each equation."""
    anodes, paste = _carbon(inputs)
    found: list[Burnt] = []
    if anodes:
        found.append(Burnt(None, anodes, total(anodes), metal, ANODE))
    if paste:
        found.append(_of_unknown_cells(paste, metal, site, ()))
    if metal and not found:
        found.append(Burnt(_stud(site.technology), (), ZERO, metal, ANODE))
    return found


def total(data: Iterable[Datum]) -> Decimal:
    """The sum of quantities."""
    return sum((datum.quantity for datum in data), ZERO)


ANODES_IN_SOEDERBERG = Doubt(
    "anodes_in_soederberg",
    "Baked anodes are consumed, but all cells are told to be Soederberg.",
    SOURCE,
)
SOEDERBERG_METAL_UNKNOWN = Doubt(
    "soederberg_metal_unknown",
    "Paste is burnt beside anodes, and no metal is told to be of Soederberg cells: what leaves them"
    " with dust was taken of all metal. Say the technology of each output.liquid_metal.",
    SOURCE,
)
STUD_UNKNOWN = Doubt(
    "stud_unknown",
    "Paste is burnt, but the cells are not told to be Soederberg: taken as VSS.",
    SOURCE,
)
PASTE_SHARED = Doubt(
    "paste_shared",
    "Which Soederberg cells burnt the paste is not told: it was shared by the metal they made.",
    SOURCE,
)


def _carbon(inputs: Iterable[Datum]) -> tuple[list[Datum], list[Datum]]:
    told = list(inputs)
    return [one for one in told if one.item == ANODE], [one for one in told if one.item == PASTE]


def _stud(technology: str | None) -> Stud | None:
    return Stud(technology) if technology in STUDS else None


def _soederberg(
    stud: Stud,
    paste: Sequence[Datum],
    paste_t: Decimal,
    metal: Sequence[Datum],
    doubts: tuple[Doubt, ...] = (),
) -> Burnt:
    return Burnt(stud, paste, paste_t, metal, PASTE, stud.value, doubts)


def _of_unknown_cells(
    paste: Sequence[Datum], metal: Sequence[Datum], site: Site, doubts: tuple[Doubt, ...]
) -> Burnt:
    stud = _stud(site.technology)
    if stud is None:
        doubts = (STUD_UNKNOWN, *doubts)
    return Burnt(stud or Stud.VERTICAL, paste, total(paste), metal, PASTE, doubts=doubts)


def _pastes(paste: Sequence[Datum], studs: dict[Stud, list[Datum]], site: Site) -> Iterable[Burnt]:
    """Paste by the cells that it names; what names none is shared by metal where there are two."""
    named: dict[Stud | None, list[Datum]] = {stud: [] for stud in studs}
    shared: list[Datum] = []
    for datum in paste:
        named.get(_stud(datum.technology or site.technology), shared).append(datum)
    if len(studs) == 1:
        [(stud, metal)] = studs.items()
        yield _soederberg(stud, paste, total(paste), metal)
        return
    metal_t = total(datum for they in studs.values() for datum in they)
    for stud, metal in studs.items():
        part = total(metal) / metal_t if metal_t else Decimal(1) / len(studs)
        carbon_t = total(named[stud]) + total(shared) * part
        doubts = (PASTE_SHARED,) if shared else ()
        yield _soederberg(stud, (*named[stud], *shared), carbon_t, metal, doubts)
