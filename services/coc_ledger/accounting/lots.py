"""The metal of a pool in the order of its days: what stock and lots would carry had nothing come
late. Pure.

A lot takes its part of what the stock carries at the moment in which it leaves. What is booked
afterwards for an earlier day (opening stock, a month's process emissions, a correction) came too
late for it. So what moved the stock is kept by day, as sums, and where something comes late, it is
gone through again: on each day comes what came, is lost what was lost, leaves what left, and is
claimed what was claimed. Metal that left before it came waits for it. Then stock and lots that no
document claims yet carry what they would have; claimed lots carry what their documents told, and
the difference is `told otherwise`. Rules: sources.md 5.7, decisions/0010.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from contracts.coc import MovementBooked
from contracts.coc_late import ToldOtherwise
from contracts.coc_movements import MovementsBooked, Ways
from contracts.custody import Account, Entry, MovementKind

from .accounts import (
    NOTHING,
    Amount,
    Books,
    amount_of,
    bounded,
    entry,
    grams_of,
    held,
    less,
    minus,
    part,
    plus,
)


class Day(NamedTuple):
    """What moved a pool's stock on a day: what came, with all that it carries; the step's own
    emissions that were booked by hand, known and in part as they were split; kilograms that were
    lost, that a count found, that left as product, as scrap, to the next stage; what documents
    claimed of both."""

    came: Amount = NOTHING
    process: Amount = NOTHING
    lost_kg: int = 0
    counted_kg: int = 0
    product_kg: int = 0
    scrap_kg: int = 0
    onward_kg: int = 0
    claimed: Amount = NOTHING
    claimed_scrap: Amount = NOTHING

    @property
    def gone_kg(self) -> int:
        """All that left the stock, whichever way."""
        shrunk = max(0, -self.counted_kg)
        return self.lost_kg + shrunk + self.product_kg + self.scrap_kg + self.onward_kg


NO_DAY = Day()
Days = Mapping[date, Day]
NO_DAYS: Days = {}


class Lots(NamedTuple):
    """What is remembered of a pool's lots: its days, the last on which anything left, and whether
    something has come late since lots and stock were put in order."""

    days: Days = NO_DAYS
    left_through: date = date.min
    late: bool = False


NO_LOTS = Lots()


# --- what a day's bookings are ---


def with_day(lots: Lots, day: date, more: Day) -> Lots:
    """With what moved on a day."""
    if more is NO_DAY:
        return lots
    one = lots.days.get(day, NO_DAY)
    summed = Day(
        plus(one.came, more.came),
        plus(one.process, more.process),
        one.lost_kg + more.lost_kg,
        one.counted_kg + more.counted_kg,
        one.product_kg + more.product_kg,
        one.scrap_kg + more.scrap_kg,
        one.onward_kg + more.onward_kg,
        plus(one.claimed, more.claimed),
        plus(one.claimed_scrap, more.claimed_scrap),
    )
    return lots._replace(days={**lots.days, day: summed})


def of_movement(entries: Iterable[Entry], *, onward: bool = False) -> Day:
    """How a movement's entries move the stock; `onward`: to the next stage, or back from it."""
    by = {one.account: one for one in entries}
    stock = by.get(Account.STOCK)
    if stock is None:
        return NO_DAY
    if onward:
        return Day(onward_kg=-stock.kg)
    if Account.OUTFLOW in by:
        return Day(product_kg=-stock.kg)
    if Account.OUTFLOW_SCRAP in by:
        return Day(scrap_kg=-stock.kg)
    if Account.LOSSES in by:
        return Day(lost_kg=-stock.kg)
    if Account.UNEXPLAINED in by:
        return Day(counted_kg=stock.kg)
    if Account.PROCESS in by:
        return Day(process=amount_of(stock))
    return Day(came=amount_of(stock))


def of_ways(ways: Ways) -> Day:
    """The same of movements that were booked together."""
    came, kgs = NOTHING, dict.fromkeys(Account, 0)
    for (source, target), moved in ways.items():
        if source is Account.STOCK:
            kgs[target] += moved[0]
        elif source is Account.UNEXPLAINED:
            kgs[source] += moved[0]
        elif target is Account.STOCK:
            came = plus(came, Amount(*moved))
    return Day(
        came,
        lost_kg=kgs[Account.LOSSES],
        counted_kg=kgs[Account.UNEXPLAINED],
        product_kg=kgs[Account.OUTFLOW],
        scrap_kg=kgs[Account.OUTFLOW_SCRAP],
    )


def of_claim(entries: Iterable[Entry]) -> Day:
    """What a claim, or one that is given back, takes of what left."""
    by = {one.account: minus(amount_of(one)) for one in entries}
    claimed, scrap = by.get(Account.OUTFLOW), by.get(Account.OUTFLOW_SCRAP)
    if claimed is None and scrap is None:
        return NO_DAY
    return Day(claimed=claimed or NOTHING, claimed_scrap=scrap or NOTHING)


def gone_onward(event: MovementBooked) -> Amount:
    """What of the outflow a movement sends on to the next stage, or takes back from there."""
    if event.moves_as is not MovementKind.TO_STAGE:
        return NOTHING
    out = (amount_of(one) for one in event.entries if one.account is Account.OUTFLOW)
    return next(out, NOTHING)


def otherwise_of(told: ToldOtherwise) -> Amount:
    """What was told otherwise, as an amount without mass."""
    grams, partial = grams_of(told.emission_kgco2e), grams_of(told.partial_kgco2e)
    return Amount(0, told.known_kg, grams, told.pre_kg, told.post_kg, partial)


class Came(NamedTuple):
    """Through which day lots have left after a booking, and whether it came late."""

    left_through: date
    late: bool


def came(event: MovementBooked | MovementsBooked, left: date, stock_kg: int) -> Came:
    """Whether a booking came late for lots that have left through a day, out of a stock as it was
    before. Metal is late for the lots of later days, and for those that left before there was any;
    what is taken back, and emissions, for those of its own day as well."""
    if isinstance(event, MovementsBooked):
        return _together(event, left, stock_kg)
    made = of_movement(event.entries, onward=event.moves_as is MovementKind.TO_STAGE)
    if made is NO_DAY:
        return Came(left, False)
    if event.kind is MovementKind.REVERSAL or event.kind is MovementKind.PROCESS_EMISSIONS:
        return Came(left, event.day <= left)
    if made.gone_kg > 0:
        return Came(max(left, event.day), False)
    return Came(left, event.day < left or (stock_kg < 0 and left > date.min))


def _together(event: MovementsBooked, left: date, stock_kg: int) -> Came:
    """The same of movements in the order in which they were booked."""
    late, stock, unexplained = False, Account.STOCK, Account.UNEXPLAINED
    for day, source, kg in zip(event.days, event.sources, event.kg, strict=True):
        if source is stock:
            stock_kg -= kg
            left = max(left, day)
        elif source is unexplained and kg < 0:
            stock_kg += kg
            left = max(left, day)
        else:
            late = late or day < left or (stock_kg < 0 and left > date.min)
            stock_kg += kg
    return Came(left, late)


# --- the order of days ---


class InOrder(NamedTuple):
    """What is left of a pool's metal, gone through in the order of its days: in stock, as product
    and as scrap that no document claims, and what was lost, or missed by counts. `known_g` more of
    the step's own emissions are of metal whose footprint is known than were booked so."""

    stock: Amount
    product: Amount
    scrap: Amount
    lost: Amount
    missed: Amount
    known_g: int


def in_order(days: Days) -> InOrder:
    """See the head of the file."""
    stock, lots, gone = NOTHING, [NOTHING, NOTHING, NOTHING], [NOTHING, NOTHING]
    waiting, asked, known_g = [0, 0, 0, 0, 0], [0, 0], 0
    for day in sorted(days):
        one = days[day]
        stock = plus(plus(stock, one.came), Amount(max(0, one.counted_kg)))
        step = _step(stock, one.process)
        stock, known_g = plus(stock, step), known_g + step.emission_g - one.process.emission_g
        wanted = (one.lost_kg, max(0, -one.counted_kg), one.product_kg, one.scrap_kg, one.onward_kg)
        waiting = [kg + more for kg, more in zip(waiting, wanted, strict=True)]
        for at in (0, 1):
            share = part(stock, max(0, min(waiting[at], stock.kg)))
            share = share._replace(emission_g=0, partial_g=0)
            stock, gone[at] = less(stock, share), plus(gone[at], share)
            waiting[at] -= share.kg
        for at, share in enumerate(_shares(stock, waiting[2:])):
            stock, lots[at] = less(stock, share), plus(lots[at], share)
            waiting[at + 2] -= share.kg
        for at, claimed in enumerate((one.claimed, one.claimed_scrap)):
            lots[at], asked[at] = _claimed(lots[at], asked[at], claimed)
    return InOrder(stock, lots[0], lots[1], gone[0], gone[1], known_g)


def _step(stock: Amount, process: Amount) -> Amount:
    """The step's own emissions, split as the metal is known that they are about."""
    whole = process.emission_g + process.partial_g
    if not 0 <= stock.known_kg < stock.kg:
        return Amount(emission_g=whole)
    known = whole * stock.known_kg // stock.kg
    return Amount(emission_g=known, partial_g=whole - known)


def _claimed(lot: Amount, asked: int, claimed: Amount) -> tuple[Amount, int]:
    """What is left once a day's claims had their part, and how much of them waits for metal."""
    if claimed.kg < 0:  # a claim that was made elsewhere is given back here
        return plus(lot, bounded(minus(claimed))), asked
    asked += claimed.kg
    taken = part(lot, max(0, min(asked, lot.kg)))
    return less(lot, taken), asked - taken.kg


def _shares(stock: Amount, wanted: Iterable[int]) -> Iterator[Amount]:
    """The lots of a day: each its part; where there is too little for all, in proportion."""
    asked = [max(0, kg) for kg in wanted]
    whole = sum(asked)
    there = max(0, min(whole, stock.kg))
    left = there
    for kg in asked:
        share = min(left, kg if there == whole else -(-kg * there // whole)) if whole else 0
        made = part(stock, share) if share else NOTHING
        stock, left = less(stock, made), left - share
        yield made


def shared(books: Books, days: Days, onward: Amount) -> tuple[tuple[Entry, ...], Amount]:
    """The entries by which stock, lost metal and lots that no document claims come to carry what
    they would in the order of days, and what of it was told otherwise. No mass is moved."""
    found = in_order(days)
    wanted = (
        (Account.STOCK, found.stock),
        (Account.OUTFLOW, plus(found.product, onward)),
        (Account.OUTFLOW_SCRAP, found.scrap),
        (Account.LOSSES, found.lost),
        (Account.UNEXPLAINED, found.missed),
    )
    step = Amount(emission_g=-found.known_g, partial_g=found.known_g)
    changes = [(one, less(carried, held(books, one))._replace(kg=0)) for one, carried in wanted]
    changes.append((Account.PROCESS, step))
    told = NOTHING
    for _, change in changes:
        told = less(told, change)
    return tuple(entry(one, change) for one, change in changes if any(change)), told
