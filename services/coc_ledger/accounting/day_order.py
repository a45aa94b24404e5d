"""The metal of a pool in the order of its days: what stock and lots would carry had nothing come
late. Pure.

On each day comes what came, is lost what was lost, leaves what left, and is claimed what was
claimed; metal that left before it came waits for it. The step's own emissions, as they were booked
by hand, are on all that left since those before them and on what is there at the end of their day.
Then stock and lots that no document claims yet carry what they would have; claimed lots carry what
their documents told, and the difference is `told otherwise`. The next stage follows.
Rules: sources.md 5.7, decisions/0010.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from contracts.custody import Account, Entry

from .accounts import NOTHING, Amount, Books, bounded, entry, held, less, minus, part, plus
from .lots import Claim, Day, Days, Lots
from .onward import NO_NEWS, ByDay, changed, followed, left_more, step_more


class InOrder(NamedTuple):
    """What is left of a pool's metal, gone through in the order of its days: in stock, as product
    and as scrap that no document claims, and what was lost, or missed by counts. `known_g` more of
    the step's own emissions are of metal whose footprint is known than were booked so. `claimed` is
    what the documents of each day would have been told, `onward` what went on to the next stage on
    each would have carried."""

    stock: Amount
    product: Amount
    scrap: Amount
    lost: Amount
    missed: Amount
    known_g: int
    claimed: Mapping[date, Amount]
    onward: Mapping[date, Amount] = {}


class Step(NamedTuple):
    """The step's own emissions that were booked on a day, and the kilograms that they are on: what
    left since those before them, and what is there at the end of their day."""

    grams: int
    kg: int
    on: date


def in_order(days: Days) -> InOrder:
    """See the head of the file."""
    told = {day: one.process for day, one in days.items() if any(one.process)}
    steps = _steps(told, _Walk(days, {})) if told else {}
    walk = _Walk(days, steps)
    known_g = walk.known_g - sum(one.emission_g for one in told.values())
    product, scrap, _ = walk.lots
    lost, missed = walk.gone
    return InOrder(walk.stock, product, scrap, lost, missed, known_g, walk.told, walk.onward)


def _steps(told: Mapping[date, Amount], walk: "_Walk") -> Mapping[date, Step]:
    """By day, the emissions that its lots have their part of."""
    found, since = dict[date, Step](), date.min
    for on in sorted(told):
        ours = [day for day in walk.out_kg if since < day <= on]
        kg = sum(walk.out_kg[day] for day in ours) + walk.left_kg[on]
        step = Step(told[on].emission_g + told[on].partial_g, kg, on)
        found, since = {**found, **dict.fromkeys(ours, step)}, on
    return found


NO_KG: Mapping[date, int] = {}
AWAY = 2
"""Which of the lots went on to the next stage, or had left of the periods before."""


class _Walk:
    """Through the days. `waiting` is metal that was lost, missed, or left before it came."""

    def __init__(self, days: Days, steps: Mapping[date, Step]) -> None:
        self.stock, self.gone = NOTHING, [NOTHING, NOTHING]
        self.lots = [NOTHING, NOTHING, NOTHING]
        self.waiting = [0, 0, 0, 0, 0]
        self.claims = (deque[Claim](), deque[Claim]())
        self.told, self.known_g, self.given = dict[date, Amount](), 0, 0
        self.onward, self.away = dict[date, Amount](), deque[tuple[date | None, int]]()
        self.out_kg, self.left_kg = dict[date, int](), dict[date, int]()
        for day in sorted(days):
            self._through(day, days[day], steps.get(day))

    def _through(self, day: date, one: Day, step: Step | None) -> None:
        self.stock = plus(self.stock, one.opened)
        self.stock = plus(self.stock, one.came)
        if one.counted_kg > 0:
            self.stock = plus(self.stock, Amount(one.counted_kg))
        away = one.onward_kg + one.short_kg  # lots of the periods before wait as well
        wanted = (one.lost_kg, max(0, -one.counted_kg), one.product_kg, one.scrap_kg, away)
        self.waiting = [kg + more for kg, more in zip(self.waiting, wanted, strict=True)]
        for at in (0, 1):
            if not self.waiting[at]:
                continue
            share = part(self.stock, max(0, min(self.waiting[at], self.stock.kg)))
            share = share._replace(emission_g=0, partial_g=0)
            self.stock, self.gone[at] = less(self.stock, share), plus(self.gone[at], share)
            self.waiting[at] -= share.kg
        self.away += ((day, one.onward_kg), (None, one.short_kg))
        shares = list(_shares(self.stock, self.waiting[2:]))
        for at, share in enumerate(shares):
            if share is NOTHING:
                continue
            self.stock = less(self.stock, share)
            lot = plus(share, self._of_step(step, share))
            self.lots[at] = plus(self.lots[at], lot)
            self.waiting[at + 2] -= share.kg
            if at == AWAY:
                self._went_on(lot)
        if step is not None and day == step.on:
            self.stock = plus(self.stock, self._split(step.grams - self.given, self.stock))
            self.given = 0
        self.out_kg[day] = sum(one.kg for one in shares)
        self.left_kg[day] = max(0, self.stock.kg)
        for at, claimed in enumerate((one.claimed, one.claimed_scrap)):
            self._claim(at, day, claimed)

    def _went_on(self, lot: Amount) -> None:
        """Metal that is away has its part of a lot by the day on which it left, the first first."""
        while self.away and lot.kg > 0:
            since, asked = self.away.popleft()
            taken = part(lot, min(asked, lot.kg)) if asked > 0 else NOTHING
            lot = less(lot, taken)
            if since is not None and asked > 0:
                self.onward[since] = plus(self.onward.get(since, NOTHING), taken)
            if taken.kg < asked:
                self.away.appendleft((since, asked - taken.kg))

    def _of_step(self, step: Step | None, lot: Amount) -> Amount:
        """What a lot has of the step's own emissions."""
        if step is None:
            return NOTHING
        grams = step.grams * lot.kg // step.kg if step.kg else 0
        self.given += grams
        return self._split(grams, lot)

    def _split(self, grams: int, lot: Amount) -> Amount:
        """Emissions of metal whose footprint is known, and of the rest."""
        known = grams * lot.known_kg // lot.kg if 0 <= lot.known_kg < lot.kg else grams
        self.known_g += known
        return Amount(emission_g=known, partial_g=grams - known)

    def _claim(self, at: int, day: date, claimed: Amount) -> None:
        """Claims have their part of a lot, the first first; those for which there is no metal yet
        wait for it."""
        lot, claims = self.lots[at], self.claims[at]
        if claimed.kg < 0:  # a claim that was made elsewhere is given back here
            lot = plus(lot, bounded(minus(claimed)))
        elif claimed.kg:
            claims.append((day, claimed.kg))
        while claims and lot.kg > 0:
            since, asked = claims.popleft()
            taken = part(lot, min(asked, lot.kg))
            lot, self.told[since] = less(lot, taken), plus(self.told.get(since, NOTHING), taken)
            if taken.kg < asked:
                claims.appendleft((since, asked - taken.kg))
        self.lots[at] = lot


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


class Shared(NamedTuple):
    """The entries by which stock, lost metal and lots that no document claims come to carry what
    they would in the order of days; what of it was told otherwise, and by the documents of each day
    on which any stand, in all. No mass is moved. `onward` are the days of which what went on to the
    next stage stands otherwise than it was told before, `went_on` is by how much more it carries in
    all."""

    entries: tuple[Entry, ...]
    told_otherwise: Amount
    by_day: Mapping[date, Amount]
    onward: ByDay = NO_NEWS
    went_on: Amount = NOTHING


def shared(
    books: Books,
    lots: Lots,
    onward: Amount,
    *,
    by_hand: bool = False,
    stepped: Mapping[date, int] = NO_KG,
) -> Shared:
    """What came late, shared, and how the next stage follows; `stepped` are the kilograms with the
    step in of what went on, by day. What of the step's own emissions was found to be of known metal
    when something was shared before is not moved again."""
    days, known_before_g = lots.days, lots.known_g
    found = in_order(days)
    stands = {
        day: followed(
            one.onward,
            found.onward.get(day, NOTHING),
            by_hand=by_hand,
            rate=lots.steps.get(day),
            stepped_kg=stepped.get(day, 0),
        )
        for day, one in days.items()
        if one.onward_kg > 0
    }
    news = changed(lots.followed, stands)
    more = step_more(lots.followed, news)
    went_on = plus(left_more(lots.followed, news), more)
    wanted = (
        (Account.STOCK, found.stock),
        (Account.OUTFLOW, plus(found.product, onward)),
        (Account.OUTFLOW_SCRAP, found.scrap),
        (Account.LOSSES, found.lost),
        (Account.UNEXPLAINED, found.missed),
    )
    known_g = found.known_g - known_before_g
    step = less(Amount(emission_g=-known_g, partial_g=known_g), more)
    changes = [(one, less(carried, held(books, one))._replace(kg=0)) for one, carried in wanted]
    changes.append((Account.PROCESS, step))
    told = minus(went_on)
    for _, change in changes:
        told = less(told, change)
    entries = tuple(entry(one, change) for one, change in changes if any(change))
    return Shared(entries, told, dict(_told_by_day(days, found)), news, went_on)


def _told_by_day(days: Days, found: InOrder) -> Iterator[tuple[date, Amount]]:
    """By how much the documents of each day should have told more of the mass that they claim."""
    for day, one in days.items():
        told = plus(one.claimed, one.claimed_scrap)
        if told.kg > 0:
            should = found.claimed.get(day, NOTHING)
            yield day, less(should, told)._replace(kg=told.kg)
