"""Whose the metal is that was cast of tapped and other metal: the share that is primary, as the
sixth engine had it; the seventh shares otherwise (`primary_cast`). Pure.

So that adding post-consumer scrap does not raise mine to metal, whatever it lost, but in the two
cases that decision 0016 names (sources.md 4.1, 6 [B15]). Let C be what was cast; Q that and what
left the melt as scrap; S the post-consumer scrap whose loss is told, less that loss; B all other
metal that is told to have gone in, without post-consumer scrap and what a stock of cast metal gave;
p the share of tapped metal in B. The primary metal cast is

    p B C / max(Q, B + S)

where post-consumer scrap of which nobody tells bears first all that the melt lost, so that only
what is lost beyond all of it is shared by mass, with the metal of S. Of A tonnes more, a of them
lost, C and Q grow by A - a; where it is told, S does too. C / Q does not fall, as C is no more than
Q; nor does C / (B + S), nor (C + A - a) / (B + S + A - a), as C is no more than B + S where that
is the greater. So no primary tonne less is cast, whatever a is.

What came out beyond all that went in (Q above B + S) is metal of which nobody tells where it is
from. It counts as none that was tapped, or scrap that lost something would only have to be added
for it to vanish. The fifth engine counted it, and let scrap bear no more than a usual loss
(`melts`).

Cast metal in stock at the casthouse is in none of these, whether it was cast or waits for it: what
lies there was not cast, what came from there was not tapped in the year whose emissions are shared,
and which of the two it is masses tell only where nobody asks what scrap lost. So rows of stock
change no primary share, and no loss of scrap turns how they are read. What masses leave open of
stock (`stored_old_t`, `stored_beyond_t`) is said.

Two things a difference does not tell: what was lost of a melt of which the cast alone is told, and
of scrap that cells melted. There is no figure then until somebody tells it: nothing is guessed.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from contracts.values import plain

from .melts import (
    LIQUID,
    NOTHING_LOST,
    ONE,
    ZERO,
    Melt,
    other_recast,
    other_t,
    own_t,
    primary_share,
)
from .melts import sum_t as _sum
from .scrap import Kind
from .working import Doubt

SOURCE = "sources.md 4.1, 6 [B15]"
GRAMS = 6
"""Digits of a tonne."""
LOST, UNUSUAL, UNKNOWN, BEYOND = (
    "old_scrap_lost",
    "old_scrap_loss_unusual",
    "old_scrap_loss_unknown",
    "cast_beyond_charged",
)
"""What the doubts here are about; R-34 finds the second and the third."""
OLD, ROUND = Kind.POST_CONSUMER.value, Kind.INTERNAL.value


class Beside(NamedTuple):
    """What did not stay in what was cast, in t by step: what left as `scrap`, what was `returned`
    to be melted again; `stored` was charged and is not yet cast (below zero: came out of stock), as
    R-34 reads it.
    `told` are the steps of which the loss of post-consumer scrap is told."""

    scrap: Mapping[Step, Decimal]
    returned: Mapping[Step, Decimal]
    stored: Decimal
    told: frozenset[Step]


class SharedCast(NamedTuple):
    """The share of the metal cast that is `primary`; the tonnes of post-consumer scrap that are
    taken as lost (`old_lost_t`) of those whose loss nobody tells (`old_untold_t`); the tonnes that
    came out beyond all that went in (`beyond_t`); and the tonnes of post-consumer scrap by step
    whose loss must be told before there is a share (`unknown_t`): `primary` is zero then. Of what
    lies uncast, `stored_old_t` are taken as of such scrap whose loss nobody tells, and
    `stored_beyond_t` lie there beyond all that went in (a part of `beyond_t`). Since the seventh
    engine there is no share either while nobody tells whether `unread_t` of scrap in cells are in
    what they tapped, or what of `unpassed_t` a furnace gave to casting (`primary_cast`); since the
    ninth, what scrap `unstored_t` of stock are of (`stored`)."""

    primary: Decimal
    old_lost_t: Decimal = ZERO
    old_untold_t: Decimal = ZERO
    beyond_t: Decimal = ZERO
    unknown_t: Mapping[Step, Decimal] = {}
    stored_old_t: Decimal = ZERO
    stored_beyond_t: Decimal = ZERO
    unread_t: Decimal = ZERO
    unpassed_t: Decimal = ZERO
    unstored_t: Decimal = ZERO


class Masses(NamedTuple):
    """Tonnes that `entered` the melt and came `out` of it, without stock, of which post-consumer
    scrap whose loss is told (less it) and `untold`; what stock gave (`drawn`) and what lies there
    uncast (`stored`); what of the rest is `liquid` metal and what `other`."""

    entered: Decimal
    out: Decimal
    drawn: Decimal
    stored: Decimal
    told: Decimal
    untold: Decimal
    liquid: Decimal
    other: Decimal


def shared_cast(melt: Melt, recast: Decimal, beside: Beside) -> SharedCast:
    """The shares of a melt, of which `recast` of what was remelted was cast at casting."""
    steps = (Step.CASTING, Step.REMELTING) if recast == ONE else (Step.CASTING,)
    old = {step: _old_t(melt, step) for step in (*steps, Step.ELECTROLYSIS)}
    untold = {step: tonnes for step, tonnes in old.items() if tonnes and step not in beside.told}
    unknown = untold
    if not melt.only_cast:
        unknown = {
            step: t for step, t in untold.items() if step is Step.ELECTROLYSIS and melt.within
        }
    if unknown:
        whole = primary_share(melt, recast, NOTHING_LOST)
        return SharedCast(ZERO, unknown_t=unknown) if whole else SharedCast(ZERO)
    if melt.only_cast:
        return SharedCast(primary_share(melt, recast, NOTHING_LOST))
    of = _masses(melt, recast, beside, old, untold)
    rest = of.entered - of.told - of.untold
    every = max(of.out, rest + of.told)
    made_of = of.liquid + of.other
    if not every or not made_of or rest <= 0:
        return left_open(of, ZERO)
    primary = of.liquid / every if rest == made_of else of.liquid * rest / (made_of * every)
    return left_open(of, primary)


def left_open(of: Masses, primary: Decimal) -> SharedCast:
    """A share with what its masses leave open: what was lost, and what came out beyond."""
    spare = of.entered + of.drawn - of.out
    lost = min(max(spare - of.stored, ZERO), of.untold)
    waiting = min(max(spare, ZERO), of.untold) - lost
    beyond = max(of.stored - spare, ZERO)
    of_stock = min(beyond, of.stored)
    return SharedCast(primary, lost, of.untold, beyond, {}, waiting, of_stock)


def doubts_of_cast(cast: SharedCast, usual_t: Decimal | None) -> Iterator[Doubt]:
    """How a cast was shared that no datum tells. `usual_t` are the tonnes that a melt usually
    takes of the post-consumer scrap whose loss nobody tells; None where none is asked for."""
    taken = _taken(cast)
    taken_t = round(cast.old_lost_t, GRAMS) + round(cast.stored_old_t, GRAMS)
    if taken_t and (usual_t is None or taken_t <= round(usual_t, GRAMS)):
        sentence = (
            f"{taken} are taken as lost of post-consumer scrap: nobody tells how much of it was."
            " Where it is known, tell it as loss.metal with scrap_kind post_consumer."
        )
        yield Doubt(LOST, sentence, SOURCE)
    elif taken_t and usual_t is not None:
        sentence = (
            f"{taken.replace('of what was melted', 'that the melt lost')} are taken as lost of"
            f" {plain(round(cast.old_untold_t, GRAMS))} t of post-consumer scrap, of which a melt"
            f" usually takes {plain(round(usual_t, GRAMS))} t: nobody tells whose loss it was, and"
            " the more of it was of tapped metal, the higher mine to metal is. Tell what was lost"
            " of that scrap as loss.metal with scrap_kind post_consumer, at the step that it was"
            " charged to; 0 where nothing was."
        )
        yield Doubt(UNUSUAL, sentence, SOURCE)
    yield from _beyond(cast)


def _taken(cast: SharedCast) -> str:
    """What post-consumer scrap bears of what was not cast."""
    parts = {
        "of what was melted": round(cast.old_lost_t, GRAMS),
        "that lie in stock as not yet cast": round(cast.stored_old_t, GRAMS),
    }
    return " and ".join(f"{plain(tonnes)} t {what}" for what, tonnes in parts.items() if tonnes)


def _beyond(cast: SharedCast) -> Iterator[Doubt]:
    """What came out beyond all that went in: cast, or in stock."""
    stored_t = round(cast.stored_beyond_t, GRAMS)
    cast_t = round(cast.beyond_t, GRAMS) - stored_t
    told: list[str] = []
    if cast_t > 0:
        told.append(
            f"{plain(cast_t)} t were cast beyond all metal that is told to have gone in: they"
            " count as no primary metal. Tell what they are of; run-around scrap of the mill as"
            " output.scrap_returned there."
        )
    if stored_t > 0:
        told.append(
            f"{plain(stored_t)} t of what lies in stock as not yet cast are beyond all metal that"
            " is told to have gone in: no metal in stock counts as cast, so they change nothing in"
            " mine to metal. Look at the masses, and whether that stock was in what was cast."
        )
    if told:
        yield Doubt(BEYOND, " ".join(told), f"{SOURCE}, R-34")


def _masses(
    melt: Melt,
    recast: Decimal,
    beside: Beside,
    old: Mapping[Step, Decimal],
    untold: Mapping[Step, Decimal],
) -> Masses:
    """Run-around scrap and own dross came off before they went in again: they are no metal that
    entered. What came off at the mill is, of the mix of the rest."""
    steps = tuple(step for step in old if step is not Step.ELECTROLYSIS)
    cells = melt.at(Step.ELECTROLYSIS)
    from_furnace, old_of_it = _recast_t(melt, recast)
    charged = sum((_sum(melt.at(step)) - own_t(melt.at(step)) for step in steps), ZERO)
    outside = ZERO if melt.within else (_sum(cells) - own_t(cells)) * melt.gone
    here = sum((beside.returned.get(step, ZERO) for step in steps), ZERO)
    away = sum(beside.returned.values(), ZERO) - here
    again = sum((_of_kind(melt, step, ROUND) for step in steps), ZERO)
    came_back = min(max(again - here, ZERO), away)
    left = sum((beside.scrap.get(step, ZERO) for step in steps), ZERO) + max(here - again, ZERO)
    every_old = sum(old.values(), ZERO) + old_of_it
    every_untold = sum(untold.values(), ZERO)
    casting = melt.at(Step.CASTING)
    bought = _sum(one for one in casting if one.item == LIQUID)
    other = other_t(casting) + other_t(cells) * melt.gone + other_recast(melt, recast)
    taken = _sum(cells) * melt.gone if melt.within else ZERO
    return Masses(
        entered=melt.tapped + outside + charged + from_furnace + came_back,
        out=melt.made.get(Step.CASTING, ZERO) + left,
        drawn=max(-beside.stored, ZERO),
        stored=max(beside.stored, ZERO),
        told=every_old - every_untold,
        untold=every_untold,
        liquid=max(melt.tapped - taken, ZERO) + bought,
        other=other - every_old,
    )


def _recast_t(melt: Melt, recast: Decimal) -> tuple[Decimal, Decimal]:
    """Tonnes that came to casting of a furnace that casts metal of its own, of the mix of what it
    was charged with; and what of these is post-consumer scrap."""
    into = _sum(melt.at(Step.REMELTING))
    if not recast or recast == ONE or not into:
        return ZERO, ZERO
    tonnes = recast * melt.made.get(Step.REMELTING, ZERO) / (ONE - recast)
    return tonnes, tonnes * _of_kind(melt, Step.REMELTING, OLD) / into


def _old_t(melt: Melt, step: Step) -> Decimal:
    part = melt.gone if step is Step.ELECTROLYSIS else ONE
    return _of_kind(melt, step, OLD) * part


def _of_kind(melt: Melt, step: Step, kind: str) -> Decimal:
    return _sum(one for one in melt.at(step) if one.scrap_kind == kind)
