"""What a melt at the casthouse is made of, and what of it was tapped: shares by mass. Pure.

Metal is primary that was tapped and nothing else, wherever other metal was charged: to the
casthouse, to a remelting furnace that casts none of its own (its metal is cast with the rest, and
so is what a furnace was charged with beyond what it cast, as far as casting has more than it was
given), or to cells. The first three engines looked at what was charged to casting.

Scrap is counted in that share by the metal that comes of it, or its loss would fall on what was
tapped as well: less what is told lost of its kind (`loss.metal`), and post-consumer scrap of which
nobody tells less its part of what the melt lost, which it bears first, up to what a melt usually
takes of it (decision 0013). So did the fifth engine; the four before it shared by what was
charged, and the sixth shares otherwise (`shared_cast`).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum

from . import metal
from .scrap import Kind

ZERO = Decimal(0)
ONE = Decimal(1)
OTHER_METAL = frozenset({"bought.primary_metal", "bought.cast_metal", "bought.alloying"})
"""Metal in a casthouse that was not tapped: cold metal and alloying elements; scrap is another."""
LIQUID, SCRAP = "bought.liquid_metal", "scrap.in"
CHARGED = OTHER_METAL | {LIQUID, SCRAP}
OWN_SCRAP = frozenset({Kind.INTERNAL.value, Kind.DROSS.value})


class Melt(NamedTuple):
    """What steps made in t, what metal they were charged with, and the tonnes that were tapped and
    went to be cast: the part `gone` of all, in which scrap that cells were charged with is
    (`within`) or not. With `only_cast` what was tapped is told as cast alone. `dross` is the metal
    that left each step with it, which the first eight engines did not look at."""

    made: Mapping[Step, Decimal]
    charged: Mapping[Step, Sequence[Datum]]
    tapped: Decimal
    gone: Decimal
    within: bool
    only_cast: bool
    dross: Mapping[Step, metal.Dross] = {}

    def at(self, step: Step) -> Sequence[Datum]:
        return self.charged.get(step, ())

    def dross_t(self, *steps: Step) -> Decimal:
        """Metal that left some steps with their dross."""
        return sum((self.dross[one].left_t for one in steps if one in self.dross), ZERO)


def recast_share(melt: Melt) -> Decimal:
    """The share of what was remelted that was cast at casting: all of it where remelting casts
    none, else what it was charged with and did not cast, as far as casting has more metal than it
    was given."""
    cast, own = melt.made.get(Step.CASTING, ZERO), melt.made.get(Step.REMELTING, ZERO)
    if not cast or not own:
        return ONE if cast else ZERO
    lacking = cast + melt.dross_t(Step.CASTING) - melt.tapped - sum_t(melt.at(Step.CASTING))
    beyond = sum_t(melt.at(Step.REMELTING)) - own - melt.dross_t(Step.REMELTING)
    spare = max(min(beyond, lacking), ZERO)
    return spare / (spare + own)


class Losses(NamedTuple):
    """What says how much post-consumer scrap was lost where nobody tells: the part of it that a
    melt usually takes, losses that are `told` of a kind, all data, and the tonnes `stored` of metal
    that was charged and is not yet cast."""

    usual: Decimal
    told: Sequence[Datum]
    data: Sequence[Datum]
    stored: Decimal


class OldLost(NamedTuple):
    """Tonnes of post-consumer scrap taken as lost: in `cells`, as a part of what they tapped, and
    in the `melt` that was cast."""

    cells: Decimal
    melt: Decimal


NOTHING_LOST = OldLost(ZERO, ZERO)


def net_of(
    charged: Mapping[Step, Sequence[Datum]], lost: Iterable[Datum]
) -> dict[Step, list[Datum]]:
    """What was charged, scrap less what is told lost of its kind at its step; no less than none."""
    told: dict[tuple[Step, str], Decimal] = {}
    for one in lost:
        key = one.step, one.scrap_kind
        told[key] = told.get(key, ZERO) + one.quantity
    left: dict[tuple[Step, str], Decimal] = {}
    for key, tonnes in told.items():
        step, kind = key
        lots = (one for one in charged.get(step, ()) if one.item == SCRAP)
        every = sum_t(one for one in lots if one.scrap_kind == kind)
        left[key] = max(every - tonnes, ZERO) / every if every else ONE
    return {
        step: [
            one._replace(quantity=one.quantity * left.get((step, one.scrap_kind), ONE))
            if one.item == SCRAP
            else one
            for one in data
        ]
        for step, data in charged.items()
    }


def old_lost(melt: Melt, recast: Decimal, of: Losses) -> OldLost:
    """Post-consumer scrap bears first what the melt lost, up to what one usually takes of it. What
    cells lost of it, and a melt of which only the cast is told, nobody can know: the usual part.
    A furnace that casts metal of its own passes on no loss: only what casting has too much."""
    steps = (Step.CASTING, Step.REMELTING) if recast == ONE else (Step.CASTING,)
    told = {one.step for one in of.told if one.scrap_kind == Kind.POST_CONSUMER}
    untold = {
        step: sum_t(one for one in melt.at(step) if one.scrap_kind == Kind.POST_CONSUMER)
        for step in (Step.ELECTROLYSIS, *steps)
        if step not in told
    }
    in_cells = untold.pop(Step.ELECTROLYSIS, ZERO) * melt.gone
    usual = (sum(untold.values(), ZERO) + (ZERO if melt.within else in_cells)) * of.usual
    if usual and not melt.only_cast:
        usual = min(usual, max(_melt_lost(melt, steps, of), ZERO))
    return OldLost(in_cells * of.usual if melt.within else ZERO, usual)


def _melt_lost(melt: Melt, steps: Sequence[Step], of: Losses) -> Decimal:
    """What was charged and neither cast, nor left as scrap, nor lies in stock. Run-around and own
    dross came off before they went in: they count where more came off."""
    charged = [one for step in steps for one in melt.at(step)]
    own = [one for one in charged if one.scrap_kind in OWN_SCRAP]
    beside = () if melt.within else melt.at(Step.ELECTROLYSIS)
    outside = sum_t(one for one in beside if one.scrap_kind not in OWN_SCRAP) * melt.gone
    entered = melt.tapped + outside + sum_t(charged) - sum_t(own)
    here = [one for one in of.data if one.step in steps]
    returned = sum_t(one for one in here if one.item == metal.RETURNED) - sum_t(own)
    left = sum_t(one for one in here if one.item == metal.SCRAP_OUT) + max(returned, ZERO)
    return entered - melt.made.get(Step.CASTING, ZERO) - left - of.stored


def primary_share(melt: Melt, recast: Decimal, old: OldLost) -> Decimal:
    """The share of liquid metal in what was cast; run-around and own dross count as nothing, as
    they are of the same mix."""
    cast, cells = melt.at(Step.CASTING), melt.at(Step.ELECTROLYSIS)
    bought = sum_t(one for one in cast if one.item == LIQUID)
    other = other_t(cast) + other_t(cells) * melt.gone + other_recast(melt, recast)
    other -= sum(old, ZERO)
    taken = sum_t(cells) * melt.gone - old.cells if melt.within else ZERO
    if melt.only_cast:  # what nothing else makes up is what the cells made
        taken = other + bought
    liquid = max(melt.tapped - taken, ZERO) + bought
    total = liquid + other
    return liquid / total if total else ZERO


def other_recast(melt: Melt, recast: Decimal) -> Decimal:
    """Metal that was not tapped here, in t, of that which was remelted and cast at casting."""
    melted = melt.at(Step.REMELTING)
    other = other_t(melted) + sum_t(one for one in melted if one.item == LIQUID)
    own, into = melt.made.get(Step.REMELTING, ZERO), sum_t(melted)
    if not recast or not own or not into:
        return other * recast
    return other * (recast * own / (ONE - recast)) / into


def other_t(data: Sequence[Datum]) -> Decimal:
    """Metal that was not tapped and came from outside."""
    return sum_t(
        one
        for one in data
        if one.item in OTHER_METAL or (one.item == SCRAP and one.scrap_kind not in OWN_SCRAP)
    )


def own_t(data: Iterable[Datum]) -> Decimal:
    """Run-around scrap and dross, in t."""
    return sum_t(one for one in data if one.scrap_kind in OWN_SCRAP)


def sum_t(data: Iterable[Datum]) -> Decimal:
    """All of some data, in t."""
    return sum((one.quantity for one in data), ZERO)
