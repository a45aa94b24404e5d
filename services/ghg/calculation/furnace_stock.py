"""Which stock of bought metal and scrap a remelting furnace drew on. Pure.

Source: sources.md 8 (R-34). A store has no process step, and rows of it are told where somebody
thought of it. Metal that the furnace alone melts is in its balance wherever its stock is told; of
stock that is told of the whole site, and that casting may have used as well, any part may be: a
furnace is found only where no part of it explains the difference.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum

from .metal import BOUGHT_METAL, CASTHOUSE, CLOSING, FURNACE, OPENING, SCRAP_IN, Account, ByItem

ZERO = Decimal(0)
COME = (*BOUGHT_METAL, SCRAP_IN)
"""What comes from outside, or from elsewhere, and may wait before it is melted."""


def with_stock(account: Account, by_item: ByItem) -> Account:
    """The account of a furnace with the stock that is its own though it is told elsewhere, and of
    what may be its own the part by which it comes out nearest. Where nothing went in but from
    stock, that went in."""
    concerned: list[Datum] = []
    fixed = least = most = ZERO
    for item in COME:
        users = {one.step for one in by_item.get(item, ()) if one.quantity > 0} & CASTHOUSE
        rows = [one for one in _elsewhere(item, by_item) if users == FURNACE or _open(one, users)]
        grew = _grew(rows)
        if users == FURNACE:
            fixed += grew
        else:
            least, most = least + min(grew, ZERO), most + max(grew, ZERO)
        concerned += rows
    left = account.difference_t - fixed
    stored = account.stored_t + fixed + min(max(left, least), most)
    entered = account.entered_t
    if entered == 0 and stored < 0:
        entered, stored = -stored, ZERO
    data = (*account.data, *(one.datum_id for one in concerned))
    return account._replace(entered_t=entered, stored_t=stored, data=data)


def _elsewhere(item: str, by_item: ByItem) -> Iterator[Datum]:
    """Rows of stock of an item at the casthouse that are not told at the furnace."""
    for day in (OPENING, CLOSING):
        for one in by_item.get(day, ()):
            if one.of == item and one.step in CASTHOUSE - FURNACE:
                yield one


def _open(stock: Datum, users: set[Step]) -> bool:
    """Whether a row is of the whole site, and the furnace may have used some of it."""
    return stock.step is Step.SITE and (not users or users >= FURNACE)


def _grew(rows: Sequence[Datum]) -> Decimal:
    return sum((one.quantity if one.item == CLOSING else -one.quantity for one in rows), ZERO)
