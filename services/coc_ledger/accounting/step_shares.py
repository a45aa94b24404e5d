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

from collections.abc import Iterable, Sequence
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
    went on with, scrap that left, and scrap that went back into its own furnaces.

    What other works of its scope may have delivered: liquid metal, metal for its mill, metal that
    was cast again, and scrap; and what of its mill's metal is somebody else's (`slabs_in`). Of how
    much of what was tapped, and cast, nobody tells whether it left (`liquid_unsure`,
    `cast_unsure`)."""

    tapped: Decimal = ZERO
    cast: Decimal = ZERO
    rolled: Decimal = ZERO
    liquid_left: Decimal = ZERO
    cast_left: Decimal = ZERO
    scrap: Decimal = ZERO
    returned: Decimal = ZERO
    liquid_in: Decimal = ZERO
    cast_in: Decimal = ZERO
    cast_again: Decimal = ZERO
    scrap_in: Decimal = ZERO
    liquid_unsure: Decimal = ZERO
    cast_unsure: Decimal = ZERO
    slabs_in: Decimal = ZERO

    @property
    def cut(self) -> Decimal:
        """What went through the mill."""
        return self.rolled + self.scrap + self.returned


def together(works: Iterable[Metal]) -> Metal:
    """The metal of all works of a scope. What one left and another has taken in has not left; what
    was cast twice counts once, and scrap of one that another melted is melted again."""
    every = list(works)
    summed = Metal(*(sum(tonnes, ZERO) for tonnes in zip(*every, strict=True)))
    liquid = _passed([(one.liquid_left, one.liquid_in) for one in every])
    again = _passed([(one.cast_left, one.cast_again) for one in every])
    onward = _passed([(one.cast_left, one.cast_in) for one in every])
    melted = _passed([(one.scrap, one.scrap_in) for one in every])
    summed = summed._replace(
        liquid_left=summed.liquid_left - liquid,
        cast=summed.cast - again,
        cast_left=max(summed.cast_left - again - onward, ZERO),
        scrap=summed.scrap - melted,
        returned=summed.returned + melted,
    )
    own = summed.cut - summed.slabs_in
    rolls = summed.rolled and own > 0
    if summed.tapped and rolls and not summed.cast:  # nobody says how it got to the mill
        left = max(summed.tapped - own, ZERO)
        return summed._replace(cast=summed.tapped, liquid_left=ZERO, cast_left=left)
    return summed


def _passed(works: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """At most how much went from some works to others, of what each left and what each took in."""
    left = sum((one for one, _ in works), ZERO)
    taken = sum((one for _, one in works), ZERO)
    of_others = [left + taken - one - other for one, other in works]
    return min(left, taken, *of_others)


def unsure(material: Material, metal: Metal) -> bool:
    """Whether nobody tells how much of a material left before its next step."""
    if material is Material.LIQUID:
        return bool(metal.liquid_unsure)
    return material in CAST and bool(metal.cast_unsure)


def per_tonne(material: Material, off: GivenOff, metal: Metal) -> Decimal | None:
    """Kilograms of CO2e that a tonne of a material bears; None where something was given off and
    nothing made of it, or where nothing of the kind happens here. Liquid metal of a furnace is told
    nowhere: where furnaces melt, and no tapped metal is told to have left, it is not known; nor is
    what the next step bears wholly, as nobody tells how much of it left (`unsure`)."""
    if unsure(material, metal):
        return None
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
