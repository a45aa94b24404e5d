"""What went into a melt, of what was bought for it and what lay in stock. Pure.

Source: sources.md 4.1: an intensity is of what went in, not of what was paid for; decision 0019.
What a stock of bought metal or scrap grew by was not melted, what it fell by was. Eight engines
took all that was bought for melted, so that metal which lay in stock thinned what was tapped.

A store has no process step. Stock of bought metal that is told on both days at a step which bought
some is of that step; what is told elsewhere is shared among the steps by what they bought, in
masses and in lines (`stock_lines`) alike. Stock of scrap is of the kind that it says in
`scrap_kind`, melted at the step at which it is told. Where it says no kind it is of scrap from
outside, and where none was melted at that step, of that which was melted elsewhere. No mass may
share it where that is post-consumer scrap and other scrap, or of several melts: the next tonne
would move it, so there it must be told (`untold_t`). More than came cannot lie there: such a stock
is not used, and found (R-34).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum, Inventory

from .in_cells import lines_of, of_line
from .melts import CHARGED, SCRAP, ZERO, sum_t
from .metal import CAST, TAPPED, own_dross
from .scrap import Kind

DAYS = OPENING, CLOSING = "stock.opening", "stock.closing"
OLD, ROUND = Kind.POST_CONSUMER.value, Kind.INTERNAL.value
IN_CELLS = (Step.SITE, Step.ELECTROLYSIS)
MELTING = frozenset({Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING, Step.SEMI_FABRICATION})


class Held(NamedTuple):
    """The stocks of a good, and what fell of it in the year, in t: below zero where it grew, None
    where it is told on one day only."""

    data: Sequence[Datum]
    fell_t: Decimal | None


def held(data: Iterable[Datum]) -> Mapping[str, Held]:
    """Stocks by what they are of."""
    by_item: dict[str, list[Datum]] = {}
    for datum in data:
        by_item.setdefault(datum.of, []).append(datum)
    return {item: Held(stocks, _fell(stocks)) for item, stocks in by_item.items()}


class HeldScrap(NamedTuple):
    """Stocks of scrap of a `kind`, or of none told, at a step, or of the whole site; `lots` are
    what was melted that they may be of, `mixed` if some of these is post-consumer scrap and some
    is not, or is of another melt."""

    kind: str
    place: Step
    stock: Held
    lots: Sequence[Datum]
    mixed: bool

    @property
    def beyond(self) -> bool:
        """Whether it grew by more than came."""
        fell_t = self.stock.fell_t
        return fell_t is not None and sum_t(self.lots) + fell_t < 0

    @property
    def open_t(self) -> Decimal:
        """Tonnes by which it changed, where it must be told of which lots it is; or where what came
        out of it, and nothing else, may be in what cells tapped."""
        fell_t = self.stock.fell_t or ZERO
        alone = not self.lots and self.kind in ("", OLD) and self.place in IN_CELLS
        return abs(fell_t) if self.mixed or (alone and fell_t > 0) else ZERO


def held_scrap(data: Sequence[Datum]) -> Sequence[HeldScrap]:
    """Stocks of scrap by kind and place."""
    stocks: dict[tuple[str, Step], list[Datum]] = {}
    for one in data:
        if one.of == SCRAP and one.item in DAYS:
            place = one.step if one.step in MELTING else Step.SITE
            stocks.setdefault((one.scrap_kind, place), []).append(one)
    found: list[HeldScrap] = []
    for (kind, place), rows in stocks.items():
        stock = Held(rows, _fell(rows))
        every = _lots_of(kind, data)
        lots = [one for one in every if place in (one.step, Step.SITE)]
        told = kind or all(one.scrap_kind != OLD for one in every)
        if not kind and (stock.fell_t or ZERO) < 0 and not (told and lots):
            lots = every
        found.append(HeldScrap(kind, place, stock, lots, _mixed(lots if told else every, data)))
    return found


def _mixed(lots: Sequence[Datum], data: Iterable[Datum]) -> bool:
    if all(one.scrap_kind != OLD for one in lots):
        return False
    lines = lines_of(one for one in data if one.item == TAPPED)
    of = (tuple(of_line(one, lines)) if one.step is Step.ELECTROLYSIS else () for one in lots)
    return (
        len({(one.step, one.scrap_kind, one.of, *line) for one, line in zip(lots, of, strict=True)})
        > 1
    )


def untold_t(data: Sequence[Datum]) -> Decimal:
    """Tonnes by which stock of scrap changed of which it must be told what scrap it is of."""
    return sum((of.open_t for of in held_scrap(data)), ZERO)


def _lots_of(kind: str, data: Iterable[Datum]) -> list[Datum]:
    return [
        one
        for one in data
        if one.item == SCRAP
        and one.quantity > 0
        and (one.scrap_kind == kind if kind else one.scrap_kind != ROUND and not own_dross(one))
    ]


def fell_at(stock: Held, bought: Mapping[Step, Decimal]) -> Mapping[Step, Decimal]:
    """What fell of a stock, by the step that used it, in t (below zero: put there), of what each
    step bought. Nowhere is more put in stock than was bought, if that is so of all."""
    total = stock.fell_t or ZERO
    every = sum(bought.values(), ZERO)
    if every <= 0:
        return {min((one.step for one in stock.data), key=list(Step).index): total}
    own: dict[Step, Decimal] = {}
    for step, tonnes in bought.items():
        fell = _fell([one for one in stock.data if one.step is step])
        if tonnes > 0 and fell is not None and tonnes + fell >= 0:
            own[step] = fell
    rest = total - sum(own.values(), ZERO)
    left = {step: tonnes + own.get(step, ZERO) for step, tonnes in bought.items()}
    every = sum(left.values(), ZERO)
    if rest and not every:
        own, rest, left, every = {}, total, dict(bought), sum(bought.values(), ZERO)
    return {
        step: own.get(step, ZERO) + (rest * tonnes / every if rest else ZERO)
        for step, tonnes in left.items()
    }


def as_melted(inventory: Inventory) -> Inventory:
    """The year with each lot of bought metal and scrap in the tonnes of it that went in, and
    without the rows of stock that tell it."""
    rows = [one for one in inventory.data if one.of in CHARGED and one.item in DAYS]
    if not rows:
        return inventory  # nearly always
    year = _Year(inventory.data)
    for item, stock in held(one for one in rows if one.of != SCRAP).items():
        year.take(item, stock)
    for of in held_scrap(inventory.data):
        if of.stock.fell_t is not None and not of.beyond and not of.open_t:
            year.take_scrap(of)
    return inventory._replace(data=year.data())


class _Year:
    """Lots of a year, as stocks are taken off them or added to them."""

    def __init__(self, data: Sequence[Datum]) -> None:
        self._data = data
        self._lots = {one.datum_id: one for one in data if one.item in CHARGED and one.quantity > 0}
        self._more: list[Datum] = []
        self._used: set[str] = set()
        made = {one.step for one in data if one.item == CAST and one.quantity > 0}
        furnace = Step.REMELTING in made and Step.CASTING not in made
        self._usual = Step.REMELTING if furnace else Step.CASTING

    def data(self) -> list[Datum]:
        """All data; what was used of rows of stock is in the lots."""
        kept = (one for one in self._data if one.datum_id not in self._used)
        return [*(self._lots.get(one.datum_id, one) for one in kept), *self._more]

    def take(self, item: str, stock: Held) -> None:
        """A stock of bought metal."""
        lots = [one for one in self._lots.values() if one.item == item]
        bought: dict[Step, Decimal] = {}
        for one in lots:
            bought[one.step] = bought.get(one.step, ZERO) + one.quantity
        if stock.fell_t is None or sum_t(lots) + stock.fell_t < 0:
            return
        self._used.update(one.datum_id for one in stock.data)
        for step, fell in fell_at(stock, bought).items():
            here = [one for one in lots if one.step is step]
            if fell:
                self._change(here, fell, stock.data[0], step)

    def take_scrap(self, of: HeldScrap) -> None:
        """A stock of scrap. What nothing of its kind was melted with was melted alone."""
        self._used.update(one.datum_id for one in of.stock.data)
        lots = [self._lots[one.datum_id] for one in of.lots]
        self._change(lots, of.stock.fell_t or ZERO, of.stock.data[0], of.place)

    def _change(self, lots: Sequence[Datum], tonnes: Decimal, like: Datum, step: Step) -> None:
        """Each lot in proportion; one of its own where there is none."""
        every = sum_t(lots)
        if not every:
            place = step if step in MELTING else self._usual
            if tonnes > 0:
                self._more.append(like._replace(item=like.of, of="", step=place, quantity=tonnes))
        for one in lots:
            share = one.quantity * tonnes / every
            self._lots[one.datum_id] = one._replace(quantity=one.quantity + share)


def _fell(stocks: Sequence[Datum]) -> Decimal | None:
    days: dict[str, Decimal] = {}
    for one in stocks:
        days[one.item] = days.get(one.item, ZERO) + one.quantity
    return days[OPENING] - days[CLOSING] if len(days) == len(DAYS) else None
