"""Metal of a pool that has its step in already, since a period before booked it by hand. Pure.

A period may book the emissions of its step by hand: they are in all that it leaves in stock. In the
next one verified results add the step to what documents claim; to that metal it is added no second
time. A lot takes its part of it with it as it leaves, as it does of all that the stock carries, and
a claim its part of the lot; where something comes late, it is found anew in the order of days
(`day_order`). Rules: sources.md 5.7, decisions/0010.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from contracts.coc import (
    BalanceCarried,
    DesignationReleased,
    MovementBooked,
    OutputDesignated,
)
from contracts.coc_corrections import BalanceCorrected
from contracts.coc_late import LateShared
from contracts.coc_movements import MovementsBooked
from contracts.custody import Account, Entry, Lot, MovementKind
from contracts.envelope import Event

from .accounts import NOTHING, Amount, Books, held
from .day_order import InOrder, in_order
from .lots import NO_DAY, Day, Days

PARTS = 1_000_000
"""Of a kilogram: shares of shares, however many, are rounded down without being seen."""
HALF = PARTS // 2
LOTS: Mapping[Account, Lot] = {Account.OUTFLOW: Lot.PRODUCT, Account.OUTFLOW_SCRAP: Lot.SCRAP}


class Stepped(NamedTuple):
    """Metal with the step in, in millionths of a kilogram: in stock, and of product and of scrap
    what left and no document claims. Claims are told it in whole kilograms: `rest` is by how much
    they were told less than their part, which the next ones have on top. `opened_kg` came so from
    the periods before. `told` is what claims that stand were told so, by their days,
    `lost` what was lost of it or missed by counts, `gone_on` what went on to the next stage."""

    stock: int = 0
    product: int = 0
    scrap: int = 0
    rest: int = 0
    opened_kg: int = 0
    told: Mapping[date, int] = {}
    lost: int = 0
    gone_on: int = 0

    def of(self, lot: Lot, kg: int, there_kg: int) -> int:
        """How many of some kilograms have the step in, of those that left as a lot and no document
        claims: rounded so that many claims add up to what there was."""
        return self._told(_share(self.unclaimed(lot), kg, there_kg), kg)

    def onward(self, kg: int, stock_kg: int) -> int:
        """The same of what goes on to the next stage, out of the stock."""
        return self._told(_share(self.stock, kg, stock_kg), kg)

    def left_kg(self, stock_kg: int) -> int:
        """Of the stock, in whole kilograms."""
        return min(max(0, stock_kg), max(0, self.stock + HALF) // PARTS)

    def _told(self, share: int, kg: int) -> int:
        """Metal without the step bears no rounding; more than that is what older claims, which took
        the pool's average, left over."""
        if not share and self.rest < PARTS:
            return 0
        return max(0, min(kg, (share + self.rest + HALF) // PARTS))

    def unclaimed(self, lot: Lot) -> int:
        """Of what left as a lot and no document claims."""
        return self.product if lot is Lot.PRODUCT else self.scrap

    def _with(self, lot: Lot, more: int) -> "Stepped":
        if lot is Lot.PRODUCT:
            return self._replace(product=self.product + more)
        return self._replace(scrap=self.scrap + more)

    def claimed(self, lot: Lot, kg: int, there_kg: int, told_kg: int) -> "Stepped":
        """After a claim of some kilograms of a lot, that was told so many with the step in."""
        share = _share(self.unclaimed(lot), kg, there_kg)
        return self._with(lot, -share)._replace(rest=self.rest + share - told_kg * PARTS)

    def given_back(self, lot: Lot, told_kg: int) -> "Stepped":
        """After a claim is given back; below zero, after it holds again."""
        return self._with(lot, told_kg * PARTS)

    def telling(self, day: date, kg: int) -> "Stepped":
        """After claims of a day were told so much more."""
        after = {**self.told, day: self.told.get(day, 0) + kg}
        return self._replace(told={on: told for on, told in after.items() if told})

    def went(self, kg: int, stock_kg: int, to: Account) -> "Stepped":
        """After some kilograms left the stock: as a lot, or for good."""
        share = _share(self.stock, kg, stock_kg)
        after = self._replace(stock=self.stock - share)
        if to in LOTS:
            return after._with(LOTS[to], share)
        return after._replace(lost=self.lost + share)

    def went_on(self, kg: int, stock_kg: int) -> "Stepped":
        """After some kilograms went on to the next stage."""
        share, told_kg = _share(self.stock, kg, stock_kg), self.onward(kg, stock_kg)
        rest = self.rest + share - told_kg * PARTS
        return self._replace(stock=self.stock - share, rest=rest, gone_on=self.gone_on + share)

    def opened(self, kg: int) -> "Stepped":
        """With more that a period before left so."""
        return self._replace(stock=self.stock + kg * PARTS, opened_kg=self.opened_kg + kg)

    def in_order(self, days: Days, opened_on: date) -> "Stepped":
        """As it had been in the order of days. What claims were told stays told: what they
        were told too little is made up for by what lies unclaimed anew, and by the next ones. What
        is lost no more, or did not go on to the next stage after all, was no claim's; nor was what
        is lost, or went on, since."""
        found = self._walk(days, opened_on)
        stock, product, scrap = found.stock.pre_kg, found.product.pre_kg, found.scrap.pre_kg
        lost = found.lost.pre_kg + found.missed.pre_kg
        gone_on = sum(one.pre_kg for one in found.onward.values())
        more = stock + product + scrap + lost + gone_on
        more -= self.stock + self.product + self.scrap + self.lost + self.gone_on
        rest = _left_over(self.rest, more)
        lots = self._replace(stock=stock, product=product, scrap=scrap)
        return lots._replace(rest=rest, lost=lost, gone_on=gone_on)

    def told_otherwise(self, days: Days, opened_on: date) -> Mapping[date, int]:
        """By how many kilograms more the claims of each day should have been told so, in the order
        of days; a kilogram is their rounding."""
        should = self._walk(days, opened_on).claimed if self.told or self.opened_kg else {}
        found = dict[date, int]()
        for day in sorted({*should, *self.told}):
            parts = should.get(day, NOTHING).pre_kg
            more = (parts + HALF) // PARTS - self.told.get(day, 0)
            if abs(more) > 1:
                found[day] = more
        return found

    def gone_onward(self, days: Days, opened_on: date) -> Mapping[date, int]:
        """Of what went on to the next stage on each day, how many kilograms should have had the
        step in, in the order of days."""
        if not self.opened_kg:
            return {}
        found = self._walk(days, opened_on).onward
        return {day: (one.pre_kg + HALF) // PARTS for day, one in found.items()}

    def _walk(self, days: Days, opened_on: date) -> InOrder:
        bare = {day: _bare(one) for day, one in days.items()}
        first = bare.get(opened_on, NO_DAY)
        opened = first.opened._replace(pre_kg=self.opened_kg * PARTS)
        bare[opened_on] = first._replace(opened=opened)
        return in_order(bare)


NONE_STEPPED = Stepped()


def _share(held_parts: int, kg: int, there_kg: int) -> int:
    """What some kilograms have of what is in the metal that is there: never more than they are."""
    if kg <= 0 or held_parts <= 0:
        return 0
    return min(held_parts * kg // there_kg if kg < there_kg else held_parts, kg * PARTS)


def _left_over(rest: int, more: int) -> int:
    """What is left to make up for, by which claims were told too little (below zero: too much),
    where so much more of their metal lies unclaimed. Their rounding is no more than a kilogram."""
    if abs(rest) <= PARTS:
        return rest
    return max(0, rest - max(0, more)) if rest > 0 else min(0, rest - min(0, more))


def _bare(day: Day) -> Day:
    """What moved on a day without what it carries: what comes has the step in where that is told
    of it, which goes through the days as recycled mass does."""
    came, claimed, scrap = (Amount(one.kg) for one in (day.came, day.claimed, day.claimed_scrap))
    opened = Amount(day.opened.kg)
    return day._replace(
        opened=opened, came=came, process=NOTHING, claimed=claimed, claimed_scrap=scrap
    )


def stepped_part(stepped: Stepped, books: Books, onward: Amount, of: Account) -> Fraction:
    """The part of the stock, or of a lot that left and no document claims, that has the step in;
    none where there is no metal. Each has its own: a document is told that of its lot."""
    stock = of is Account.STOCK
    there_kg = held(books, of).kg if stock else lot_kg(books, onward, LOTS[of])
    if there_kg <= 0:
        return Fraction(0)
    parts = stepped.stock if stock else stepped.unclaimed(LOTS[of])
    return Fraction(max(0, min(parts, there_kg * PARTS)), there_kg * PARTS)


def lot_kg(books: Books, onward: Amount, lot: Lot) -> int:
    """What left as a lot and no document claims."""
    account = next(one for one, which in LOTS.items() if which is lot)
    return held(books, account).kg - (onward.kg if lot is Lot.PRODUCT else 0)


def stepped_after(
    before: Stepped, event: Event, books: Books, onward: Amount, days: Days
) -> Stepped:
    """After an event; `books` and what of the outflow went `onward` are the pool's before it, the
    `days` those after it. Lots that left since a close that is corrected have their part of it."""
    if isinstance(event, BalanceCarried):
        return before.opened(event.stepped_kg) if event.stepped_kg else before
    if isinstance(event, BalanceCorrected):
        change = event.stepped_change_kg
        return before.opened(change).in_order(days, event.pool.period) if change else before
    if before == NONE_STEPPED and not isinstance(event, DesignationReleased):
        return before
    match event:
        case OutputDesignated():
            kg = sum(one.kg for one in event.entries if one.account is Account.OUTPUT_COC)
            kept = sum(one.carried.stepped_kg for one in event.from_closed if one.carried)
            there_kg = lot_kg(books, onward, event.lot)
            told_kg = event.carried.stepped_kg - kept
            return before.claimed(event.lot, kg, there_kg, told_kg).telling(event.day, told_kg)
        case DesignationReleased():
            kg = -event.stepped_kg if event.restored else event.stepped_kg
            if not kg:
                return before
            return before.given_back(_lot_of(event.entries), kg).telling(event.day, -kg)
        case MovementBooked():
            return _moved(before, event, held(books, Account.STOCK).kg)
        case MovementsBooked():
            return _all_moved(before, event, held(books, Account.STOCK).kg)
        case LateShared():
            return before.in_order(days, event.pool.period)
        case _:
            return before


def _lot_of(entries: Iterable[Entry]) -> Lot:
    return next((LOTS[one.account] for one in entries if one.account in LOTS), Lot.PRODUCT)


def _moved(before: Stepped, event: MovementBooked, stock_kg: int) -> Stepped:
    """What is taken back is put in the order of days before anything is told of it."""
    by = {one.account: one.kg for one in event.entries}
    kg = -by.get(Account.STOCK, 0)
    if kg <= 0 or event.kind is MovementKind.REVERSAL:
        return before
    if event.moves_as is MovementKind.TO_STAGE:
        return before.went_on(kg, stock_kg)
    to = next((one for one in by if one in LOTS), Account.LOSSES)
    return before.went(kg, stock_kg, to)


def _all_moved(before: Stepped, event: MovementsBooked, stock_kg: int) -> Stepped:
    """The same of movements that were booked together, one by one: each changes the average."""
    after = before
    for kg, to in _out_of_stock(event):
        if kg > 0:
            after = after.went(kg, stock_kg, to)
        stock_kg -= kg
    return after


def _out_of_stock(event: MovementsBooked) -> Iterator[tuple[int, Account]]:
    """Of each movement what leaves the stock, and where to; below zero, what comes into it."""
    for kg, source, target in zip(event.kg, event.sources, event.targets, strict=True):
        yield (kg, target) if source is Account.STOCK else (-kg, source)
