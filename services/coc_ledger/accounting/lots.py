"""What moved a pool's stock, day by day, and whether a booking came late for lots that have left.
Pure.

A lot takes its part of what the stock carries at the moment in which it leaves. What is booked
afterwards for an earlier day (opening stock, a month's process emissions, a correction) came too
late for it. So what moved the stock is kept by day, as sums; where something comes late, the days
are gone through again (`day_order`). Rules: sources.md 5.7, decisions/0010.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from operator import le
from typing import NamedTuple

from contracts.coc import MovementBooked
from contracts.coc_late import (
    LateShared,
    OnwardDay,
    StageFollowed,
    StepMore,
    StepOfDays,
    ToldDay,
    ToldOtherwise,
)
from contracts.coc_movements import MovementsBooked, Ways
from contracts.custody import Account, Entry, MovementKind

from .accounts import (
    NOTHING,
    Amount,
    amount_of,
    grams_of,
    minus,
    plus,
)
from .onward import (
    NO_NEWS,
    NONE_ONWARD,
    NOT_FOLLOWED,
    ByDay,
    Followed,
    Onward,
    Rate,
    onward_of,
    rate_of,
)


class Day(NamedTuple):
    """What moved a pool's stock on a day: what periods before left, and what came, each with all
    that it carries; the step's own emissions that were booked by hand, known and in part as they
    were split; kilograms that were lost, that a count found, that left as product, as scrap, to the
    next stage; what documents claimed of both; by how much more had left of periods before than was
    there, each for itself."""

    opened: Amount = NOTHING
    came: Amount = NOTHING
    process: Amount = NOTHING
    lost_kg: int = 0
    counted_kg: int = 0
    product_kg: int = 0
    scrap_kg: int = 0
    onward_kg: int = 0
    claimed: Amount = NOTHING
    claimed_scrap: Amount = NOTHING
    short_kg: int = 0
    onward: Onward = NONE_ONWARD

    @property
    def gone_kg(self) -> int:
        """All that left the stock, whichever way."""
        shrunk = max(0, -self.counted_kg)
        return self.lost_kg + shrunk + self.product_kg + self.scrap_kg + self.onward_kg


NO_DAY = Day()
Days = Mapping[date, Day]
Claim = tuple[date, int]
"""What documents of a day claim, in kilograms."""
NO_DAYS: Days = {}


class Passed(NamedTuple):
    """The last day on which anything left, on which anything came, and on which the step's own
    emissions were booked; and the last one on which they ever were, also where they are taken back
    by now, since those of another day may stand."""

    left: date = date.min
    came: date = date.min
    step: date = date.min
    stepped: date = date.min


NOT_PASSED = Passed()
SOME_DAY = date.min + timedelta(days=1)
"""Something was booked, on a day that is not known: earlier than any other."""


class Lots(NamedTuple):
    """What is remembered of a pool's lots: its days, through which metal left and came, and whether
    something has come late since lots and stock were put in order; `shared`: that was done before,
    so what is given back has its part in the order of days as well. `known_g` of the step's own
    emissions were found then to be of metal whose footprint is known, beyond those booked so.
    `opened_kg` is the stock that each period before left, by its pool: below zero where more had
    left of it than was there. `followed` is what of its days the next stage was told,
    `entered` what it was told of its own by the stage before; `steps` is what verified results say
    of the step of metal that went on, by its days, as they were told last."""

    days: Days = NO_DAYS
    passed: Passed = NOT_PASSED
    late: bool = False
    shared: bool = False
    known_g: int = 0
    opened_kg: Mapping[str, int] = {}
    followed: ByDay = NO_NEWS
    entered: Mapping[date, Amount] = {}
    steps: Mapping[date, Rate] = {}


NO_LOTS = Lots()


# --- what a day's bookings are ---


def with_day(lots: Lots, day: date, more: Day) -> Lots:
    """With what moved on a day."""
    if more is NO_DAY:
        return lots
    one = lots.days.get(day, NO_DAY)
    summed = Day(
        plus(one.opened, more.opened),
        plus(one.came, more.came),
        plus(one.process, more.process),
        one.lost_kg + more.lost_kg,
        one.counted_kg + more.counted_kg,
        one.product_kg + more.product_kg,
        one.scrap_kg + more.scrap_kg,
        one.onward_kg + more.onward_kg,
        plus(one.claimed, more.claimed),
        plus(one.claimed_scrap, more.claimed_scrap),
        one.short_kg + more.short_kg,
        one.onward.with_(more.onward),
    )
    return lots._replace(days={**lots.days, day: summed})


def with_opening(lots: Lots, day: date, source: str, entries: Iterable[Entry]) -> Lots:
    """With what a period before left, or left otherwise. One that left less than nothing takes
    nothing off what another one left: its lots wait for metal, as all that left before it came."""
    made = of_movement(entries)
    if made is NO_DAY:
        return lots
    before = lots.opened_kg.get(source, 0)
    after = before + made.opened.kg
    kg, short_kg = max(0, after) - max(0, before), max(0, -after) - max(0, -before)
    lots = lots._replace(opened_kg={**lots.opened_kg, source: after})
    return with_day(lots, day, Day(opened=made.opened._replace(kg=kg), short_kg=short_kg))


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
    if Account.OPENING in by:
        return Day(opened=amount_of(stock))
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
        came=came,
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
    """What was told otherwise, as an amount: without mass, but for what documents claimed."""
    grams, partial = grams_of(told.emission_kgco2e), grams_of(told.partial_kgco2e)
    kg = told.kg if isinstance(told, ToldDay) else 0
    return Amount(kg, told.known_kg, grams, told.pre_kg, told.post_kg, partial)


def passed(
    event: MovementBooked | MovementsBooked, by: Passed, stock_kg: int
) -> tuple[Passed, bool]:
    """Through which days metal has left and come after a booking, out of a stock as it was before;
    and whether it came late. Metal is late for lots of later days, and for those that left before
    there was any, and so is a loss, which is other metal from its day on; both are late once the
    step's own emissions of their day are on what left. A lot is late once the stock is one of a
    later day; the step's own emissions are for what left since those before them; what is taken
    back may be for any."""
    if isinstance(event, MovementsBooked):
        return _passed_together(event, by, stock_kg)
    made = of_movement(event.entries, onward=event.moves_as is MovementKind.TO_STAGE)
    if made is NO_DAY:
        return by, False
    if event.kind is MovementKind.REVERSAL:
        return (_steps_taken_back(by) if any(made.process) else by), settled(by)
    if event.kind is MovementKind.PROCESS_EMISSIONS:
        since = by.step if by.step < event.day else date.min
        step, stepped = max(by.step, event.day), max(by.stepped, event.day)
        return by._replace(step=step, stepped=stepped), by.left > since or event.day < by.came
    if made.gone_kg > 0:
        lost = made.lost_kg > 0 or made.counted_kg < 0
        return _went(by, event.day, lost=lost)
    return _came(by, event.day, stock_kg)


def _steps_taken_back(by: Passed) -> Passed:
    """After some of the step's own emissions are taken back: which of them stand is not known here.
    Those booked next may be for all that left; what is of days before those is late as ever."""
    return by._replace(step=SOME_DAY)


def in_order(lots: Lots, known_g: int, event: LateShared) -> Lots:
    """After what came late is shared; so much more of the step's emissions is of known metal."""
    lots = lots._replace(late=False, shared=True, known_g=known_g + lots.known_g)
    return told_onward(lots, event.onward)


def told_onward(lots: Lots, days: Iterable[OnwardDay]) -> Lots:
    """After the next stage is told how what went on on some days stands by now."""
    after = {**lots.followed, **news_of(days)}
    return lots._replace(followed={day: one for day, one in after.items() if one != NOT_FOLLOWED})


def news_of(days: Iterable[OnwardDay]) -> ByDay:
    """The same in kilograms and grams."""
    return {
        one.day: Followed(otherwise_of(one), otherwise_of(one.enters), step_of(one.step))
        for one in days
    }


def step_of(more: StepMore) -> Amount:
    """What a step changed more, as an amount."""
    grams, partial = grams_of(more.emission_kgco2e), grams_of(more.partial_kgco2e)
    return Amount(known_kg=more.known_kg, emission_g=grams, partial_g=partial)


def went_onward(
    lots: Lots, event: MovementBooked, made: Day, *, by_hand: bool, stepped_kg: int
) -> Day:
    """What a change of stage moves, with what its day has to know of it (`onward.Onward`)."""
    before = lots.days.get(event.day, NO_DAY).onward
    return made._replace(onward=onward_of(event, before, by_hand=by_hand, stepped_kg=stepped_kg))


def with_step(lots: Lots, event: MovementBooked) -> Lots:
    """After a change of stage that says what verified results tell of its step."""
    if event.step is None:
        return lots
    return lots._replace(steps={**lots.steps, event.day: rate_of(event.step)})


def with_steps(lots: Lots, told: Iterable[StepOfDays]) -> Lots:
    """After verified results tell the step of days."""
    news = {day: rate_of(one.step) for one in told for day in one.days}
    return lots._replace(steps={**lots.steps, **news})


def entered(lots: Lots, event: StageFollowed) -> Lots:
    """After what came in from the earlier stage carries otherwise: late for lots that have left,
    and for the step's own emissions, of which metal that is known by now has its part."""
    for one in event.days:
        more = otherwise_of(one)
        now = plus(lots.entered.get(one.day, NOTHING), more)
        lots = with_day(lots, one.day, Day(came=more))
        lots = lots._replace(entered={**lots.entered, one.day: now})
    return lots._replace(late=lots.late or settled(lots.passed))


def opened_late(entries: Iterable[Entry], by: Passed, stock_kg: int) -> bool:
    """Whether what the period before leaves comes late: lots have left by then, or it leaves less
    than nothing, since more had left than was there."""
    made = of_movement(entries)
    short = made.opened.kg < 0 or stock_kg < 0
    return made is not NO_DAY and (short or settled(by))


def _went(by: Passed, day: date, *, lost: bool) -> tuple[Passed, bool]:
    """What is lost leaves its emissions to the rest: that is other metal from then on. Where
    nothing left, it takes of known metal and of other as there is of them, and changes no split."""
    came = max(by.came, day) if lost else by.came
    late = day < max(by.came, by.stepped) or (lost and by.left > date.min and _for_lots(by, day))
    return by._replace(left=max(by.left, day), came=came), late


def _came(by: Passed, day: date, stock_kg: int) -> tuple[Passed, bool]:
    late = stock_kg < 0 or _for_lots(by, day)
    return by._replace(came=max(by.came, day)), late


def _for_lots(by: Passed, day: date) -> bool:
    """Whether what makes the stock another one is of a day before lots left, or of one whose own
    emissions of the step these have their part of, or the metal that was there."""
    return day < by.left or day <= by.stepped


def settled(by: Passed) -> bool:
    """Whether anything rests on what the stock was: lots that left, or how the step's own emissions
    were split into those of metal that is wholly known, and of the rest."""
    return max(by.left, by.stepped) > date.min


def _passed_together(event: MovementsBooked, by: Passed, stock_kg: int) -> tuple[Passed, bool]:
    """The same of movements in the order in which they were booked. In the order of days, out of
    metal that was there, behind the step's own emissions, nothing is late, and the sums tell the
    rest."""
    made = {day: of_ways(ways) for day, ways in event.totals.items()}
    there = stock_kg >= sum(one.gone_kg for one in made.values())
    counts = any(
        source is Account.UNEXPLAINED for ways in event.totals.values() for source, _ in ways
    )
    days = event.days
    in_order = days[0] >= max(by) and days[0] > by.stepped and all(map(le, days, days[1:]))
    if there and not counts and in_order:
        left = [day for day, one in made.items() if one.gone_kg]
        came = [day for day, one in made.items() if any(one.came) or one.lost_kg]
        return by._replace(left=max((by.left, *left)), came=max((by.came, *came))), False
    return _one_by_one(event, by, stock_kg)


def _one_by_one(event: MovementsBooked, by: Passed, stock_kg: int) -> tuple[Passed, bool]:
    """The same of movements in any order: sums alone would not tell."""
    late = False
    stock, unexplained, losses = Account.STOCK, Account.UNEXPLAINED, Account.LOSSES
    rows = zip(event.days, event.sources, event.targets, event.kg, strict=True)
    for day, source, target, kg in rows:
        if source is stock or (source is unexplained and kg < 0):
            by, its = _went(by, day, lost=source is unexplained or target is losses)
            stock_kg -= abs(kg)
        elif kg:
            by, its = _came(by, day, stock_kg)
            stock_kg += kg
        else:
            continue
        late = late or its
    return by, late
