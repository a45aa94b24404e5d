"""What of the metal cast is primary, and what must be told before anybody knows. Pure.

So that adding post-consumer scrap never raises mine to metal, and run-around scrap brings no credit
that nobody can follow (sources.md 4.1, 4.8, 6 [B15]; decision 0017). As the sixth engine had it
(`shared_cast`): with C cast, Q that and what left the melt as scrap, S post-consumer scrap whose
loss is told, less it, B all other metal that is told to have gone in, and p the share of tapped
metal in it but for run-around scrap, the primary metal cast is

    p B C / max(Q, B + S)

What differs is what B is, so that no tonne of post-consumer scrap moves it:

- Run-around scrap is of it as far as it is told to have come off elsewhere; so is that in cells and
  in what a furnace passes on. The rest is metal from nowhere, in Q alone.
- Of what a remelting furnace gave to casting, as `output.to_casting` tells it, other metal than
  post-consumer scrap comes first, in the mix in which it was charged. Where nobody tells it of a
  furnace with a cast of its own, it is what casting lacks; but where post-consumer scrap was melted
  anywhere, and that furnace melted run-around scrap that counts, it must be told. Without such
  scrap nothing that it gave is primary either way. Where of tapped metal the cast alone is told, it
  must be told of every such furnace: nothing else keeps it apart from what cells made.
- Scrap in cells is in what was tapped or beside it as it is told (`in_cells`).

Since the ninth engine S is also less the metal that left the melt with its dross, which that scrap
bears first, as it does a loss that nobody tells: dross is told of a melt and never of a kind of
scrap, so that C grows by A - a less what dross took of it, and so does S (decision 0019). Where of
tapped metal the cast alone is told, what cells made is in what was cast and in that dross.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum

from .in_cells import InCells
from .melts import LIQUID, ONE, OTHER_METAL, SCRAP, ZERO, Melt, recast_share
from .melts import sum_t as _sum
from .metal import own_dross
from .shared_cast import OLD, ROUND, Beside, Masses, SharedCast, left_open


class Passed(NamedTuple):
    """Tonnes that a remelting furnace gave to casting: of metal from outside (`other`), of `again`,
    run-around scrap that is told to have come off, of post-consumer scrap (`old`), and `every` one
    with what nobody tells of."""

    other: Decimal = ZERO
    again: Decimal = ZERO
    old: Decimal = ZERO
    every: Decimal = ZERO


class Round(NamedTuple):
    """Tonnes of run-around scrap: came `back` into the melt from elsewhere, `left` it and did not
    come again, were charged and came off `nowhere`; `spare` came off and may be in a furnace."""

    back: Decimal
    left: Decimal
    nowhere: Decimal
    spare: Decimal


class _Charge(NamedTuple):
    """What a melt at casting was charged with at its `steps`, scrap in cells as far as it came
    there; post-consumer scrap by step, and that whose loss nobody tells."""

    steps: tuple[Step, ...]
    lots: Sequence[Datum]
    old: Mapping[Step, Decimal]
    untold: Mapping[Step, Decimal]

    @property
    def bought(self) -> Decimal:
        """Liquid metal bought for casting, which is primary."""
        return _sum(one for one in self.lots if one.item == LIQUID and one.step is Step.CASTING)

    @property
    def other(self) -> Decimal:
        """Metal from outside that is not primary, post-consumer scrap included."""
        furnace = (one for one in self.lots if one.item == LIQUID and one.step is Step.REMELTING)
        return _outside(self.lots) + _sum(furnace)


def recast_of(melt: Melt, passed: Decimal | None) -> Decimal:
    """The share of what was remelted that was cast at casting: as told, else as `recast_share`."""
    own = melt.made.get(Step.REMELTING, ZERO)
    if passed is None or not melt.made.get(Step.CASTING):
        return recast_share(melt)
    return passed / (passed + own) if passed else ZERO


class Recast(NamedTuple):
    """The share of what was remelted that was cast at casting, and the least and the most that it
    may be, whatever was lost of post-consumer scrap of which nobody tells it."""

    share: Decimal
    least: Decimal
    most: Decimal

    @property
    def unread(self) -> frozenset[Step]:
        """The steps of whose product such a loss may have raised the footprint: casting took more
        of the furnace than it would have without that scrap, or the furnace kept more."""
        found = {Step.CASTING} if self.least < self.share else set[Step]()
        return frozenset(found | ({Step.REMELTING} if self.most > self.share else set()))


def recast_between(melt: Melt, cells: InCells, passed: Decimal | None, beside: Beside) -> Recast:
    """As `recast_of`, with scrap in cells that went beside what they tapped in what casting was
    given. More lost at casting and it seems to lack less; more lost in the furnace and that seems
    to have had more to spare."""
    if passed is not None or not (melt.made.get(Step.CASTING) and melt.made.get(Step.REMELTING)):
        share = recast_of(melt, passed)  # nothing is guessed
        return Recast(share, share, share)
    given = {**melt.charged, Step.CASTING: [*melt.at(Step.CASTING), *cells.beside]}

    def known(*steps: Step) -> Melt:
        open_ = [one for one in steps if one not in beside.told]
        rest = {
            step: [one for one in lots if one.scrap_kind != OLD or one.step not in open_]
            for step, lots in given.items()
        }
        return melt._replace(charged=rest)

    share = recast_share(known())
    if cells.unread_t:  # it may have gone to casting, or been tapped
        return Recast(share, ZERO, ONE)
    least = recast_share(known(Step.REMELTING))
    return Recast(share, least, recast_share(known(Step.CASTING, Step.ELECTROLYSIS)))


def primary_cast(melt: Melt, cells: InCells, passed: Decimal | None, beside: Beside) -> SharedCast:
    """The shares of a melt; `passed` is what a furnace is told to have given to casting."""
    charge = _charge(melt, cells, passed, beside)
    round_ = _round(charge, beside)
    if melt.only_cast:
        unknown, unpassed = charge.untold, _unpassed_of_cast(melt, passed)
        found = _of_cast(melt, charge, round_, _told(melt, passed, round_))
    else:
        within = Step.ELECTROLYSIS if cells.old_within_t else None
        unknown = {step: t for step, t in charge.untold.items() if step is within}
        unpassed = _unpassed(melt, cells, passed, round_)
        found = _of_tapped(melt, charge, passed, (cells, beside, round_))
    if found.primary and (unknown or cells.unread_t or unpassed):
        return SharedCast(ZERO, unknown_t=unknown, unread_t=cells.unread_t, unpassed_t=unpassed)
    return found


def _charge(melt: Melt, cells: InCells, passed: Decimal | None, beside: Beside) -> _Charge:
    """A furnace that casts nothing itself, and of which nobody tells what it gave, is a part of
    the melt at casting."""
    apart = passed is not None or bool(melt.made.get(Step.REMELTING))
    steps = (Step.CASTING,) if apart else (Step.CASTING, Step.REMELTING)
    lots = [one for step in steps for one in melt.at(step)]
    lots += [
        one if one.scrap_kind == OLD else one._replace(quantity=one.quantity * melt.gone)
        for one in cells.within
    ]
    lots += cells.beside
    every = (*steps, Step.ELECTROLYSIS)
    old = {at: _of_kind((one for one in lots if one.step is at), OLD) for at in every}
    untold = {at: tonnes for at, tonnes in old.items() if tonnes and at not in beside.told}
    return _Charge(steps, lots, old, untold)


def _round(charge: _Charge, beside: Beside) -> Round:
    """What came off at the melt itself is no metal that entered it."""
    again = _of_kind(charge.lots, ROUND)
    here = sum((beside.returned.get(step, ZERO) for step in charge.steps), ZERO)
    away = sum(beside.returned.values(), ZERO) - here
    back = min(max(again - here, ZERO), away)
    left = max(here - again, ZERO)
    return Round(back, left, max(again - here, ZERO) - back, away - back + left)


def _of_cast(melt: Melt, charge: _Charge, round_: Round, passed: Passed) -> SharedCast:
    """Where tapped metal is told as cast alone, cells made what nothing else makes up. Run-around
    scrap that came off at the mill was theirs; it is in what they are taken to have made. All that
    a furnace gave is something else, that in it as well: how much of it that is follows what else
    the furnace gave, and the more cells made, the more anode effects are of the metal cast."""
    others = charge.other + passed.every
    liquid = _made_by_cells(melt, charge, round_, passed) + charge.bought
    total = liquid + others + round_.nowhere
    if not total:
        return SharedCast(ZERO, beyond_t=round_.nowhere)
    borne = min(melt.dross_t(*charge.steps), _told_old(charge))
    return SharedCast(liquid / (total - borne), beyond_t=round_.nowhere)


def made_of_cast(melt: Melt, cells: InCells, passed: Decimal | None, beside: Beside) -> Decimal:
    """Tonnes that cells made where tapped metal is told as cast alone: what was cast, or left with
    dross, and nothing else makes up."""
    charge = _charge(melt, cells, passed, beside)
    round_ = _round(charge, beside)
    return _made_by_cells(melt, charge, round_, _told(melt, passed, round_))


def _made_by_cells(melt: Melt, charge: _Charge, round_: Round, passed: Passed) -> Decimal:
    others = charge.other + passed.every
    out = melt.tapped + melt.dross_t(*charge.steps)
    return max(out - others - charge.bought - round_.nowhere, ZERO)


def _told_old(charge: _Charge) -> Decimal:
    """Post-consumer scrap whose loss is told, less it."""
    return sum(charge.old.values(), ZERO) - sum(charge.untold.values(), ZERO)


def _of_tapped(
    melt: Melt, charge: _Charge, passed: Decimal | None, known: tuple[InCells, Beside, Round]
) -> SharedCast:
    _, _, round_ = known
    passing = Passed()
    of = _masses(melt, charge, passing, known)
    given = passed
    if given is None:  # no more than came out of the melt beyond all else that went in
        given = min(_spare(melt), max(of.out - of.entered, ZERO))
    if given:
        passing = _told(melt, given, round_)
        of = _masses(melt, charge, passing, known)
    every = max(of.out, of.entered - of.untold)
    if not every or not of.liquid:
        return left_open(of, ZERO)
    again, primary = round_.back + passing.again, of.liquid
    if again:
        furnace = ZERO if Step.REMELTING in charge.steps else _other(melt.at(Step.REMELTING))
        primary += of.liquid * again / (of.liquid + of.other - passing.other + furnace)
    return left_open(of, primary / every)


def _masses(
    melt: Melt, charge: _Charge, passed: Passed, known: tuple[InCells, Beside, Round]
) -> Masses:
    cells, beside, round_ = known
    old, untold = sum(charge.old.values(), ZERO), sum(charge.untold.values(), ZERO)
    within = cells.old_within_t + (cells.within_t - cells.old_within_t) * melt.gone
    liquid = max(melt.tapped - within, ZERO) + charge.bought
    other = charge.other - old + passed.other
    scrap = sum((beside.scrap.get(step, ZERO) for step in charge.steps), ZERO)
    dross = (melt.dross[step].told_t for step in charge.steps if step in melt.dross)
    borne = min(sum(dross, ZERO), old - untold)  # never more than the melt lost: see `out`
    return Masses(
        entered=liquid + other + round_.back + passed.again + old - borne + passed.old,
        out=melt.made.get(Step.CASTING, ZERO) + scrap + round_.left,
        drawn=max(-beside.stored, ZERO),
        stored=max(beside.stored, ZERO),
        told=old - untold - borne + passed.old,
        untold=untold,
        liquid=liquid,
        other=other,
    )


def _spare(melt: Melt) -> Decimal:
    """What a furnace that casts metal itself had to spare for casting, as masses have it."""
    recast = recast_share(melt)
    if not recast or recast == ONE:
        return ZERO
    return recast * melt.made.get(Step.REMELTING, ZERO) / (ONE - recast)


def _told(melt: Melt, given: Decimal | None, round_: Round) -> Passed:
    """What is in the tonnes that a furnace gave: post-consumer scrap last, so that adding some to
    what it casts itself takes nothing off the rest."""
    if not given:
        return Passed()
    into = melt.at(Step.REMELTING)
    old = _of_kind(into, OLD)
    rest = _sum(into) - old
    part = min(given, rest) / rest if rest else ZERO
    again = min(_of_kind(into, ROUND), round_.spare)
    return Passed(_other(into) * part, again * part, max(given - rest, ZERO), given)


def _other(into: Sequence[Datum]) -> Decimal:
    """What a furnace was charged with of metal from outside but post-consumer scrap."""
    return _outside(into) - _of_kind(into, OLD) + _sum(one for one in into if one.item == LIQUID)


def _outside(data: Iterable[Datum]) -> Decimal:
    """Metal that was not tapped and came from outside, without liquid metal; dross of somebody else
    is of it, as the accounts of R-34 have it, while own dross was in the melt before."""
    return _sum(
        one
        for one in data
        if one.item in OTHER_METAL
        or (one.item == SCRAP and one.scrap_kind != ROUND and not own_dross(one))
    )


def _unpassed(melt: Melt, cells: InCells, passed: Decimal | None, round_: Round) -> Decimal:
    """Tonnes charged to a furnace of which it must be told what it gave to casting: one that casts
    metal itself and melts run-around scrap that came off elsewhere, where post-consumer scrap was
    melted anywhere. Without such run-around nothing that it gives is primary."""
    if passed is not None or not melt.made.get(Step.REMELTING):
        return ZERO
    into = melt.at(Step.REMELTING)
    if not min(_of_kind(into, ROUND), round_.spare):
        return ZERO
    lots = (*melt.at(Step.CASTING), *into, *cells.within, *cells.beside)
    return _sum(into) if any(one.scrap_kind == OLD and one.quantity > 0 for one in lots) else ZERO


def _unpassed_of_cast(melt: Melt, passed: Decimal | None) -> Decimal:
    """The same where only the cast of tapped metal is told: what any furnace with a cast of its own
    gave would else be taken for made by cells."""
    alone = passed is None and melt.made.get(Step.REMELTING)
    return _sum(melt.at(Step.REMELTING)) if alone else ZERO


def _of_kind(lots: Iterable[Datum], kind: str) -> Decimal:
    return _sum(one for one in lots if one.scrap_kind == kind)
