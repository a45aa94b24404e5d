"""What of a scope's own emissions a tonne of each material bears, so that all that leaves bears all
of them, each once. Pure.

What the cells give off goes with the liquid metal that is sold, by its share of what was tapped;
the rest goes on to the casthouse. That and what the casthouse gives off goes with the cast metal
that is sold, by its share of what was cast; the rest goes on to the mill, and is borne there by the
product and by the scrap that leaves, by mass. What the mill gives off is on its product alone: CoC
scrap keeps the footprint of the metal that it was cut from (sources.md 4.8, `EF_source_metal`), and
what a works melts again itself leaves nobody. So does the result of a facility count (its
footprints of liquid and cast metal are these), but for scrap: under `co_product` that bears its
share of the mill as well, under `cut_off` nothing.

Rule: (sum over materials) what a tonne bears x tonnes that leave = what these steps gave off.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from contracts.custody import Material

ZERO, ONE = Decimal(0), Decimal(1)
CAST = frozenset({Material.COLD, Material.CASTHOUSE_PRODUCT})


class GivenOff(NamedTuple):
    """What a scope's steps of the metal stage give off themselves, in kg CO2e; `furnaces` is what
    of the casthouse's is of remelting."""

    cells: Decimal = ZERO
    casthouse: Decimal = ZERO
    mill: Decimal = ZERO
    furnaces: Decimal = ZERO


class Metal(NamedTuple):
    """Tonnes that a works tapped, cast and rolled in a year, of the first two what no step there
    went on with, scrap that left, and scrap that went back into its own furnaces."""

    tapped: Decimal = ZERO
    cast: Decimal = ZERO
    rolled: Decimal = ZERO
    liquid_left: Decimal = ZERO
    cast_left: Decimal = ZERO
    scrap: Decimal = ZERO
    returned: Decimal = ZERO

    @property
    def cut(self) -> Decimal:
        """What went through the mill."""
        return self.rolled + self.scrap + self.returned


def together(works: Iterable[Metal]) -> Metal:
    """The metal of all works of a scope. Where one has no next step and another has, what it makes
    is taken to go on there, as far as there is room for it."""
    every = list(works)
    summed = Metal(*(sum(tonnes, ZERO) for tonnes in zip(*every, strict=True)))
    liquid = _left(
        ((one.tapped, one.liquid_left, one.cast) for one in every if one.cast),
        sum((one.liquid_left for one in every if not one.cast), ZERO),
    )
    cast = _left(
        ((one.cast, one.cast_left, one.cut) for one in every if one.rolled),
        sum((one.cast_left for one in every if not one.rolled), ZERO),
    )
    summed = summed._replace(liquid_left=liquid, cast_left=cast)
    if summed.tapped and summed.rolled and not summed.cast:  # nobody says how it got to the mill
        left = max(summed.tapped - summed.cut, ZERO)
        return summed._replace(cast=summed.tapped, liquid_left=ZERO, cast_left=left)
    return summed


def _left(next_steps: Iterable[tuple[Decimal, Decimal, Decimal]], offered: Decimal) -> Decimal:
    """What leaves the scope, of works that have the next step themselves (made, of it left, made of
    it) and of what others offer them."""
    gone = room = ZERO
    for made, left, taken in next_steps:
        gone += left
        room += max(taken - (made - left), ZERO)
    return gone + max(offered - room, ZERO)


def per_tonne(material: Material, off: GivenOff, metal: Metal) -> Decimal | None:
    """Kilograms of CO2e that a tonne of a material bears; None where something was given off and
    nothing made of it, or where nothing of the kind happens here. Liquid metal of a furnace is told
    nowhere: where furnaces melt, and no tapped metal is told to have left, it is not known."""
    if material is Material.LIQUID:
        untold = bool(off.furnaces) and not metal.liquid_left
        return None if untold or not metal.tapped else off.cells / metal.tapped
    if (off.cells and not metal.tapped + metal.cast) or (off.casthouse and not metal.cast):
        return None
    if material is Material.SEMI and metal.rolled:
        return _of_the_mill(off, metal) + off.mill / metal.rolled
    if material is Material.SEMI and off.mill:
        return None
    if material is Material.PRE_CONSUMER_SCRAP and metal.rolled:
        return _of_the_mill(off, metal)
    if metal.cast:
        return _ingot(off, metal) / (metal.cast + (ZERO if metal.rolled else metal.scrap))
    return off.cells / metal.tapped if metal.tapped else None


def _ingot(off: GivenOff, metal: Metal) -> Decimal:
    """What all cast metal bears: of the cells what was not sold liquid."""
    kept = ONE - metal.liquid_left / metal.tapped if metal.tapped else ONE
    return off.cells * kept + off.casthouse


def _of_the_mill(off: GivenOff, metal: Metal) -> Decimal:
    """What a tonne that leaves the mill bears of the steps before it."""
    if not metal.cast:
        return ZERO
    onward = ONE - metal.cast_left / metal.cast
    return _ingot(off, metal) * onward / (metal.rolled + metal.scrap)
