"""The metal of a site as accounts: what enters a melt, leaves it, is lost, goes into stock. Pure.

Source: sources.md 8 (R-34) and 6. An account is of a group of steps: the casthouse (casting and
remelting, with what the cells tap) and semi-fabrication. What was recorded at `site` belongs to the
casthouse. Alumina has an account of its own, against the metal that it made.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step

from .activity import Datum

ZERO = Decimal(0)
TAPPED, CAST, SEMI = "output.liquid_metal", "output.cast_metal", "output.semi"
SCRAP_IN, SCRAP_OUT, RETURNED = "scrap.in", "output.scrap", "output.scrap_returned"
RECOVERED, IN_DROSS, LOST = "output.dross_metal", "waste.dross_aluminium", "loss.metal"
OPENING, CLOSING = "stock.opening", "stock.closing"
BOUGHT_ALUMINA, OWN_ALUMINA = "bought.alumina", "output.alumina"
BOUGHT_METAL = (
    "bought.liquid_metal",
    "bought.primary_metal",
    "bought.cast_metal",
    "bought.alloying",
)
METAL = frozenset({TAPPED, CAST, SEMI, SCRAP_IN, SCRAP_OUT, RECOVERED, *BOUGHT_METAL})
ALUMINA = frozenset({BOUGHT_ALUMINA, OWN_ALUMINA})
SEMIS = frozenset({Step.SEMI_FABRICATION})
CASTHOUSE = frozenset({Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING, Step.SITE})
ByItem = Mapping[str, Sequence[Datum]]


class Account(NamedTuple):
    """Tonnes of one group of steps. Of `left_t`, `products_t` are products and `dross_t` left in
    dross, of which `recovered_t` were won back. `may_leave_otherwise`: a part of what enters may be
    sold without a line of its own, so only too much coming out is wrong. `data` are the ids behind
    it."""

    where: str
    entered_t: Decimal
    left_t: Decimal
    products_t: Decimal
    dross_t: Decimal
    recovered_t: Decimal
    lost_t: Decimal
    stored_t: Decimal
    may_leave_otherwise: bool
    data: tuple[str, ...]

    @property
    def difference_t(self) -> Decimal:
        """What entered and is nowhere; below zero, what came from nowhere."""
        return self.entered_t - self.left_t - self.lost_t - self.stored_t


class Alumina(NamedTuple):
    """Alumina used, and the liquid metal it made, in t. With an own refinery a part of it may be
    sold without a line of its own."""

    alumina_t: Decimal
    metal_t: Decimal
    may_leave_otherwise: bool
    data: tuple[str, ...]


def accounts(by_item: ByItem) -> Sequence[Account]:
    """The accounts that can be drawn up: those where something enters and a product leaves."""
    drawn_up: list[Account] = []
    if CAST in by_item:
        drawn_up.append(_account("the casthouse", CASTHOUSE, (TAPPED,), CAST, False, by_item))
    if SEMI in by_item:
        own_cast = CAST in by_item
        drawn_up.append(_account("semi-fabrication", SEMIS, (CAST,), SEMI, own_cast, by_item))
    return [one for one in drawn_up if one.entered_t > 0 and one.products_t > 0]


def alumina_used(by_item: ByItem) -> Alumina | None:
    """Alumina against metal; None where the data do not tell both."""
    supplied = list(_of((BOUGHT_ALUMINA, OWN_ALUMINA), by_item))
    tapped = list(_of((TAPPED,), by_item))
    metal = _sum(tapped)
    if not supplied or metal <= 0:
        return None
    held = [one for one in _of((OPENING, CLOSING), by_item) if one.of in ALUMINA]
    used = _sum(supplied) - _stored(held)
    ids = tuple(one.datum_id for one in (*supplied, *held, *tapped))
    return Alumina(used, metal, OWN_ALUMINA in by_item, ids)


def _account(
    where: str,
    steps: frozenset[Step],
    fed_by: tuple[str, ...],
    product: str,
    may_leave_otherwise: bool,
    by_item: ByItem,
) -> Account:
    fed = list(_of(fed_by, by_item))
    entered = [one for one in _of((*BOUGHT_METAL, SCRAP_IN), by_item) if one.step in steps]
    products = [one for one in _of((product,), by_item) if one.step in steps]
    scrap = [one for one in _of((SCRAP_OUT, RETURNED), by_item) if one.step in steps]
    lost = [one for one in _of((LOST,), by_item) if one.step in steps]
    dross = {
        item: [one for one in by_item.get(item, ()) if one.step in steps]
        for item in (IN_DROSS, RECOVERED)
    }
    held = [
        one for one in _of((OPENING, CLOSING), by_item) if one.step in steps and one.of in METAL
    ]
    # Metal leaves a melt with its dross; what is won back from it was in there before.
    in_dross = max(_sum(data) for data in dross.values())
    concerned = (*fed, *entered, *products, *scrap, *lost, *dross[IN_DROSS], *dross[RECOVERED])
    return Account(
        where=where,
        entered_t=_sum(fed) + _sum(entered),
        left_t=_sum(products) + _sum(scrap) + in_dross,
        products_t=_sum(products),
        dross_t=in_dross,
        recovered_t=_sum(dross[RECOVERED]),
        lost_t=_sum(lost),
        stored_t=_stored(held),
        may_leave_otherwise=may_leave_otherwise,
        data=tuple(one.datum_id for one in (*concerned, *held)),
    )


def _of(items: tuple[str, ...], by_item: ByItem) -> Iterator[Datum]:
    for item in items:
        yield from by_item.get(item, ())


def _sum(data: Sequence[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)


def _stored(held: Sequence[Datum]) -> Decimal:
    """What stocks grew by."""
    return sum((one.quantity if one.item == CLOSING else -one.quantity for one in held), ZERO)
