"""The metal of a site as accounts: what enters a melt, leaves it, is lost, goes into stock. Pure.

Source: sources.md 8 (R-34) and 6. An account is of a group of steps: the casthouse (casting and
remelting, with what the cells tap) and semi-fabrication. What was recorded at `site` belongs to the
casthouse. What is not metal is weighed against what it made (`supplies`).

Three things no source lays down and a mass alone does not say (`Reading`): they are read as the
accounts come out nearer, here and in what goes from step to step (`flows`) alike.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum

from .scrap import Kind

ZERO = Decimal(0)
TAPPED, CAST, SEMI = "output.liquid_metal", "output.cast_metal", "output.semi"
SCRAP_IN, SCRAP_OUT, RETURNED = "scrap.in", "output.scrap", "output.scrap_returned"
RECOVERED, IN_DROSS, LOST = "output.dross_metal", "waste.dross_aluminium", "loss.metal"
TO_CASTING = "output.to_casting"
OPENING, CLOSING, SOLD = "stock.opening", "stock.closing", "output.sold"
BOUGHT_METAL = (
    "bought.liquid_metal",
    "bought.primary_metal",
    "bought.cast_metal",
    "bought.alloying",
)
AT_CASTHOUSE, AT_FURNACE = "the casthouse", "the remelting furnace"
METAL = frozenset({TAPPED, CAST, SEMI, SCRAP_IN, SCRAP_OUT, RECOVERED, *BOUGHT_METAL})
SEMIS, FURNACE = frozenset({Step.SEMI_FABRICATION}), frozenset({Step.REMELTING})
CASTHOUSE = frozenset({Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING, Step.SITE})
ByItem = Mapping[str, Sequence[Datum]]


class Reading(NamedTuple):
    """How masses are read that can be read in two ways: scrap that was charged to cells as a part
    of what they tapped (`in_tapped`), else as charged beside it; cast metal in stock at the
    casthouse as finished (`finished`), to be sold or rolled, else as not yet in what was cast; and
    stock of semi-fabricated metal as a part of what was made (`rolled`), else as beside it. Nothing
    goes on from there: so that moves accounts alone, and no flow."""

    in_tapped: bool = True
    finished: bool = True
    rolled: bool = False


TOLD = Reading(in_tapped=False)
"""Scrap in cells is in what they tapped where it says so, and nowhere else."""


def is_told(datum: Datum) -> bool:
    """Whether a row of scrap that cells melted says if it is in what they tapped (`of`)."""
    return datum.of in (TAPPED, CAST)


def without_word(by_item: ByItem) -> ByItem:
    """The same as if no row of scrap said so."""
    scrap = by_item.get(SCRAP_IN, ())
    if not any(one.of for one in scrap):
        return by_item
    return {**by_item, SCRAP_IN: [one._replace(of="") for one in scrap]}


def _within(datum: Datum, read: Reading) -> bool:
    """Whether a row of scrap is in what cells tapped, as it says, else as it is read."""
    if datum.step is not Step.ELECTROLYSIS:
        return False
    return datum.of == TAPPED if is_told(datum) else read.in_tapped


class Account(NamedTuple):
    """Tonnes of one group of steps. Of `entered_t`, `fed_t` came from the step before it, `again_t`
    and `own_dross_t` are run-around scrap and own dross that went in once more. Of `left_t`,
    `products_t` are products, `returned_t` scrap that goes back and `dross_t` left in dross, of
    which `recovered_t` were won back. `data` are the ids behind it."""

    where: str
    entered_t: Decimal
    left_t: Decimal
    products_t: Decimal
    dross_t: Decimal
    recovered_t: Decimal
    lost_t: Decimal
    stored_t: Decimal
    fed_t: Decimal
    again_t: Decimal
    own_dross_t: Decimal
    returned_t: Decimal
    data: tuple[str, ...]

    @property
    def difference_t(self) -> Decimal:
        """What entered and is nowhere; below zero, what came from nowhere."""
        return self.entered_t - self.left_t - self.lost_t - self.stored_t


class Dross(NamedTuple):
    """Metal that left a step with its dross, in t: `left_t`, what is told to be in it or to have
    been won back of it, whichever is more (what was won back was in it before); and both together,
    `told_t`, of which it is no more."""

    left_t: Decimal
    told_t: Decimal


class Plant(NamedTuple):
    """All accounts as one, in t: metal that came in from outside and was not put in stock (what the
    cells tapped included), and what of it left as a product, as scrap or out of dross."""

    came_in_t: Decimal
    left_t: Decimal


def drawn_up(by_item: ByItem, read: Reading | None = None) -> Sequence[Account]:
    """The accounts of all that made a product, those of which nothing tells where its metal is
    from among them; as they come out nearest, where nobody says how to read them."""
    known = read or _nearest(by_item)
    return [one for one in _told(by_item, known) if one.products_t > 0]


def furnace(by_item: ByItem) -> Account | None:
    """The account of remelting alone, where somebody tells what it gave to casting (else a part of
    that of the casthouse alone); its products are that and what it cast."""
    given = by_item.get(TO_CASTING)
    if not given:
        return None
    found = _account(AT_FURNACE, FURNACE, ("", CAST), by_item, Reading())
    return found._replace(
        left_t=found.left_t + _sum(given),
        products_t=found.products_t + _sum(given),
        data=(*found.data, *(one.datum_id for one in given)),
    )


def without_product(by_item: ByItem) -> Sequence[Account]:
    """The accounts that metal entered and of which somebody tells that nothing was made: what they
    made is told, and is zero."""
    made = [by_item[item] for item in (CAST, SEMI) if item in by_item]
    if all(any(one.quantity for one in data) for data in made):
        return []  # nearly always
    every = _told(by_item, _nearest(by_item))
    return [one for one in every if one.products_t == 0 and one.entered_t > 0]


def _told(by_item: ByItem, known: Reading) -> Sequence[Account]:
    """The accounts of all of which somebody tells what they made."""
    found: list[Account] = []
    if CAST in by_item:
        found.append(_account(AT_CASTHOUSE, CASTHOUSE, (TAPPED, CAST), by_item, known))
    if SEMI in by_item:
        found.append(_account("semi-fabrication", SEMIS, (CAST, SEMI), by_item, known))
    return found


def by_item(data: Iterable[Datum]) -> ByItem:
    """Data by their item, each in the order given."""
    found: dict[str, list[Datum]] = {}
    for one in data:
        found.setdefault(one.item, []).append(one)
    return found


def tells_uncast(by_item: ByItem) -> bool:
    """Whether rows of stock tell what waits to be cast: of liquid metal, on both days. What is told
    of cast metal beside them was cast (decision 0018)."""
    return len({one.item for one in _of((OPENING, CLOSING), by_item) if one.of == TAPPED}) > 1


def reading(by_item: ByItem, *, believed: bool = True) -> Reading:
    """The reading by which the account that is furthest off is nearest. Where two are as near, what
    cells were charged with is in what they tapped, and stock at the casthouse is not yet cast. What
    rows of stock tell of that (`tells_uncast`) is `believed`, but by the first seven engines."""
    charged = any(one.step is Step.ELECTROLYSIS for one in by_item.get(SCRAP_IN, ()))
    held = any(lies_cast(one) for one in _of((OPENING, CLOSING), by_item))
    held = held and not (believed and tells_uncast(by_item))
    if not charged and not held:
        return Reading()
    return min(
        (
            Reading(in_tapped, finished)
            for in_tapped in ((True, False) if charged else (True,))
            for finished in ((False, True) if held else (True,))
        ),
        key=lambda one: _off(by_item, one),
    )


def reading_of_shares(by_item: ByItem, *, believed: bool = False) -> Reading:
    """As `reading` has it, but that whether scrap in cells is in what they tapped is asked with
    post-consumer scrap left out of what the casthouse was charged with, where nobody tells what it
    lost: as if all of it were lost. So no loss of such scrap turns that towards less primary metal:
    the more came of it, the sooner scrap in cells is read as beside what they tapped (decision
    0016)."""
    scrap = by_item.get(SCRAP_IN, ())
    told = {one.step for one in by_item.get(LOST, ()) if one.scrap_kind == Kind.POST_CONSUMER}
    known = [
        one
        for one in scrap
        if one.scrap_kind != Kind.POST_CONSUMER or one.step in told or one.step is Step.ELECTROLYSIS
    ]
    found = reading(by_item, believed=believed)
    if len(known) == len(scrap) or all(one.step is not Step.ELECTROLYSIS for one in known):
        return found
    without = reading({**by_item, SCRAP_IN: known}, believed=believed)
    return found._replace(in_tapped=without.in_tapped)


def stock_unread(by_item: ByItem) -> bool:
    """Whether what post-consumer scrap lost, which nobody tells, decides if cast metal in stock at
    the casthouse was cast already: whether that is read otherwise with all of it lost, or none of
    it there, than as masses stand. The more was lost, the more is missing, so it turns once."""
    told = {one.step for one in by_item.get(LOST, ()) if one.scrap_kind == Kind.POST_CONSUMER}
    scrap = by_item.get(SCRAP_IN, ())
    untold = [one for one in scrap if one.scrap_kind == Kind.POST_CONSUMER and one.step not in told]
    if not untold:
        return False
    known = [one for one in scrap if one not in untold]
    lost = [one._replace(item=LOST, scrap_kind="") for one in untold if not _within(one, TOLD)]
    every = [*by_item.get(LOST, ()), *lost]
    read = (by_item, {**by_item, LOST: every}, {**by_item, SCRAP_IN: known})
    return len({reading(one).finished for one in read}) > 1


def _nearest(by_item: ByItem) -> Reading:
    """The reading of accounts: as `reading` has it, which flows go by, with stock of
    semi-fabricated metal read as they come out nearest; in what was made, where both are as
    near."""
    known = reading(by_item)
    rolled = known._replace(rolled=True)
    return min((rolled, known), key=lambda one: _off(by_item, one))


def _off(by_item: ByItem, read: Reading) -> Decimal:
    """The tonnes by which the account that is furthest off is off."""
    return max((abs(one.difference_t) for one in _two_sided(by_item, read)), default=ZERO)


def lies_cast(datum: Datum) -> bool:
    """Whether it is stock of cast metal that does not lie at the mill."""
    return datum.of == CAST and datum.item in (OPENING, CLOSING) and datum.step not in SEMIS


def accounts(by_item: ByItem) -> Sequence[Account]:
    """The accounts that have two sides: something enters and a product leaves."""
    return _two_sided(by_item, _nearest(by_item))


def _two_sided(by_item: ByItem, read: Reading) -> Sequence[Account]:
    return [one for one in drawn_up(by_item, read) if one.entered_t > 0]


def own_part(by_item: ByItem) -> Decimal:
    """The part of what was tapped that cells made themselves: without scrap that they melted."""
    lots = [one for one in by_item.get(SCRAP_IN, ()) if one.step is Step.ELECTROLYSIS]
    tapped = _sum(by_item.get(TAPPED, ()))
    if not lots or not tapped:
        return Decimal(1)
    read = reading(by_item)
    scrap = _sum([one for one in lots if _within(one, read)])
    return max(tapped - scrap, ZERO) / tapped


def melted_in_cells(by_item: ByItem) -> Decimal:
    """Tonnes in what was tapped that cells did not make of alumina, as the sixth engine read it:
    what came of scrap that they melted, less what is told lost of its kind there."""
    scrap = [one for one in by_item.get(SCRAP_IN, ()) if one.step is Step.ELECTROLYSIS]
    if not scrap or TAPPED not in by_item or not reading_of_shares(by_item).in_tapped:
        return ZERO
    left: dict[str, Decimal] = {}
    for one in scrap:
        left[one.scrap_kind] = left.get(one.scrap_kind, ZERO) + one.quantity
    for one in by_item.get(LOST, ()):
        if one.step is Step.ELECTROLYSIS and one.scrap_kind in left:
            left[one.scrap_kind] -= one.quantity
    return sum((max(tonnes, ZERO) for tonnes in left.values()), ZERO)


def plant(by_item: ByItem) -> Plant | None:
    """The accounts as one; None where none can be drawn up. What goes from one to the other, round
    within them, or back in from their own dross, neither comes in nor leaves: adding up accounts
    would count a slab as made when it was cast and again when it was rolled.

    Run-around or own dross that is told as it goes in and not as it comes off is in what nothing
    tells of, where that is as much; else it was weighed with what left, and is taken off there as
    well, so that no more leaves than came in."""
    whole = accounts(by_item)
    if not whole:
        return None
    between = sum((one.fed_t for one in whole[1:]), ZERO)
    round_t = sum((one.again_t + one.own_dross_t for one in whole), ZERO)
    won = sum((one.recovered_t - one.own_dross_t for one in whole), ZERO)
    came_in = sum((one.entered_t - one.stored_t for one in whole), ZERO) - between - round_t
    left = sum((one.left_t - one.dross_t - one.returned_t for one in whole), ZERO) - between
    left += max(won, ZERO)
    untold = _came_off_untold(whole)
    if untold > sum((one.difference_t for one in whole), ZERO):
        left = max(left - untold, ZERO)
    return Plant(came_in, left)


def _came_off_untold(whole: Sequence[Account]) -> Decimal:
    """Tonnes of run-around and own dross that went in again beyond what is told to have come off.
    They come off one account and go into another, so all are looked at together."""
    again = sum((one.again_t - one.returned_t for one in whole), ZERO)
    dross = sum((one.own_dross_t - one.dross_t for one in whole), ZERO)
    return max(again, ZERO) + max(dross, ZERO)


def _account(
    where: str, steps: frozenset[Step], goods: tuple[str, str], by_item: ByItem, read: Reading
) -> Account:
    """What the step before made feeds these, but for what was sold of it. `goods` are that, and
    what these steps make."""
    fed_by, product = goods

    def here(*items: str) -> list[Datum]:
        return [one for one in _of(items, by_item) if one.step in steps]

    fed, left = list(by_item.get(fed_by, ())), sold(fed_by, by_item)
    scrap_in = [one for one in here(SCRAP_IN) if not _within(one, read)]
    entered = [*here(*BOUGHT_METAL), *scrap_in]
    products, scrap = here(product), here(SCRAP_OUT, RETURNED)
    lost = [one for one in here(LOST) if not _lost_before(one, by_item)]
    in_dross, recovered = here(IN_DROSS), here(RECOVERED)
    lying = METAL - {SEMI} if read.rolled else METAL
    held = [one for one in here(OPENING, CLOSING) if one.of in lying]
    if read.finished:  # what lies at the casthouse has left it, and not yet come to the mill
        cast = [one for one in _of((OPENING, CLOSING), by_item) if lies_cast(one)]
        held = [one for one in held if not lies_cast(one)] + (cast if fed_by == CAST else [])
    # Metal leaves a melt with its dross; what is won back from it was in there before.
    dross_t = max(_sum(in_dross), _sum(recovered))
    concerned = (*fed, *left, *entered, *products, *scrap, *lost, *in_dross, *recovered, *held)
    return Account(
        where=where,
        entered_t=_sum(fed) - _sum(left) + _sum(entered),
        left_t=_sum(products) + _sum(scrap) + dross_t,
        products_t=_sum(products),
        dross_t=dross_t,
        recovered_t=_sum(recovered),
        lost_t=_sum(lost),
        stored_t=_stored(held),
        fed_t=_sum(fed) - _sum(left),
        again_t=_sum([one for one in scrap_in if one.scrap_kind == Kind.INTERNAL]),
        own_dross_t=_sum([one for one in scrap_in if own_dross(one)]),
        returned_t=_sum(here(RETURNED)),
        data=tuple(one.datum_id for one in concerned),
    )


def _lost_before(lost: Datum, by_item: ByItem) -> bool:
    """Whether it was lost before metal was tapped: of scrap that is told to be in that."""
    if lost.step is not Step.ELECTROLYSIS or not lost.scrap_kind:
        return False
    lots = [one for one in by_item.get(SCRAP_IN, ()) if one.step is Step.ELECTROLYSIS]
    of = {one.of for one in lots if one.scrap_kind == lost.scrap_kind}
    return of == {TAPPED}


def sold(item: str, by_item: ByItem) -> list[Datum]:
    """What left the facility instead of going on to its next step."""
    return [one for one in by_item.get(SOLD, ()) if one.of == item]


def dross_of(data: Iterable[Datum]) -> Mapping[Step, Dross]:
    """Metal that left each step with its dross."""
    found: dict[Step, dict[str, Decimal]] = {}
    for one in data:
        if one.item in (IN_DROSS, RECOVERED):
            told = found.setdefault(one.step, {})
            told[one.item] = told.get(one.item, ZERO) + one.quantity
    return {
        step: Dross(max(told.values()), sum(told.values(), ZERO)) for step, told in found.items()
    }


def own_dross(datum: Datum) -> bool:
    """Whether scrap is the facility's own dross that goes in again; what is bought has a seller, or
    a factor."""
    return datum.scrap_kind == Kind.DROSS and not datum.supplier_id and datum.factor is None


def _of(items: tuple[str, ...], by_item: ByItem) -> Iterator[Datum]:
    for item in items:
        yield from by_item.get(item, ())


def _sum(data: Sequence[Datum]) -> Decimal:
    return sum((one.quantity for one in data), ZERO)


def _stored(held: Sequence[Datum]) -> Decimal:
    """What stocks grew by."""
    return sum((one.quantity if one.item == CLOSING else -one.quantity for one in held), ZERO)
